"""Which pages an incident concerns, and what it would have them show.

An incident names services, a page shows components that stand on them: this module is the bridge,
and only proposes. Nothing here writes.
"""

from incidents.models import Incident, PublicStatus, Severity, State
from statuspage.models import Component, ComponentStatus, PublicIncident, StatusPage
from statuspage.models.component import is_worse

#: What a page says of an incident in this state, unless somebody says otherwise.
PUBLIC_STATUS: dict[str, str] = {
    State.INVESTIGATING: PublicStatus.INVESTIGATING,
    State.IDENTIFIED: PublicStatus.IDENTIFIED,
    State.MONITORING: PublicStatus.MONITORING,
    State.RESOLVED: PublicStatus.RESOLVED,
}
#: How bad the components of the incident's services are taken to be at first.
FIRST_STATUS: dict[str, str] = {
    Severity.SEV1: ComponentStatus.MAJOR_OUTAGE,
    Severity.SEV2: ComponentStatus.PARTIAL_OUTAGE,
    Severity.SEV3: ComponentStatus.DEGRADED_PERFORMANCE,
}


def pages_of(incident: Incident) -> list[StatusPage]:
    """The pages that tell of the incident, and those with a component on one of its services.

    A private incident concerns only pages that tell of it already; drills and tests only sandbox
    pages, real incidents only the others.
    """
    pages = StatusPage.objects.filter(is_sandbox=incident.is_sandboxed)
    telling = pages.filter(incidents__incident=incident)
    if not incident.is_private:
        telling |= pages.filter(components__services__incidents=incident)
    return list(telling.distinct().order_by("pk"))


def fits(page: StatusPage, incident: Incident) -> bool:
    """Whether the incident may be told of on the page at all: drills and tests stay in the sandbox."""
    return page.is_sandbox == incident.is_sandboxed


def affected(page: StatusPage, incident: Incident) -> list[Component]:
    """The page's components that stand on a service of the incident, in the page's order."""
    return list(Component.objects.filter(page=page, services__incidents=incident).distinct())


def proposal(page: StatusPage, incident: Incident, status: str) -> dict[str, str]:
    """Component slug → status that a public update with `status` would set.

    When it begins, by severity and only for the worse; when it is over, operational again for what
    this incident, and no other, had brought down.
    """
    if status == PublicStatus.INVESTIGATING:
        first = FIRST_STATUS.get(incident.severity)
        return {
            component.slug: first
            for component in affected(page, incident)
            if first is not None and is_worse(first, component.status)
        }
    if status == PublicStatus.RESOLVED:
        down = Component.objects.filter(
            page=page, intervals__ended_at=None, intervals__public_incident__incident=incident
        ).exclude(status=ComponentStatus.OPERATIONAL)
        return {component.slug: ComponentStatus.OPERATIONAL.value for component in down.distinct()}
    return {}


def told(page: StatusPage, incident: Incident) -> PublicIncident | None:
    """The incident as this page tells it; None where it does not."""
    return PublicIncident.objects.filter(page=page, incident=incident).first()
