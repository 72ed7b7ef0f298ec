"""Where a public update can be shown: the pages of an incident, with the states proposed for their components.

A page is linked when it already tells of the incident, or when one of its components stands on a
service that the incident names. Drills and tests see sandbox pages only, and real incidents the others.
"""

from incidents.communication.audiences import Place, PlaceComponent
from incidents.models import Incident, Severity, State
from statuspage.models import Component, ComponentStatus, StatusPage
from statuspage.models.component import RANK

#: What an ongoing incident of this severity proposes for the components that it concerns.
PROPOSED = {
    Severity.SEV1: ComponentStatus.MAJOR_OUTAGE,
    Severity.SEV2: ComponentStatus.PARTIAL_OUTAGE,
    Severity.SEV3: ComponentStatus.DEGRADED_PERFORMANCE,
}
_OVER = frozenset({State.RESOLVED, State.REVIEWING, State.CLOSED})


def places(incident: Incident) -> list[Place]:
    """The pages that an update of this incident can be shown on, linked ones first; three queries."""
    pages = StatusPage.objects.filter(is_sandbox=incident.is_sandboxed)
    services = set(incident.services.values_list("pk", flat=True))
    telling = set(incident.public_incidents.values_list("page", flat=True))
    found = []
    for page in pages.prefetch_related("components__services"):
        rows = tuple(_offered(incident, component, services) for component in page.components.all())
        is_linked = page.pk in telling or any(row.is_concerned for row in rows)
        found.append(Place(page.slug, page.name, is_linked, rows, tuple(ComponentStatus.choices)))
    return sorted(found, key=lambda place: not place.is_linked)


def _offered(incident: Incident, component: Component, services: set[int]) -> PlaceComponent:
    concerned = any(service.pk in services for service in component.services.all())
    proposed = proposal(incident, component.status) if concerned else ""
    return PlaceComponent(component.slug, component.name, component.status, proposed, concerned)


def proposal(incident: Incident, status: str) -> str:
    """The state proposed for a component that the incident concerns; empty where it should stay.

    While the incident goes on a proposal only ever worsens; once it is over the proposal is operational.
    """
    if incident.state in _OVER:
        return "" if status == ComponentStatus.OPERATIONAL else ComponentStatus.OPERATIONAL
    wanted = PROPOSED.get(Severity(incident.severity))
    return wanted if wanted is not None and RANK[wanted] > RANK[status] else ""
