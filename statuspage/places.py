"""Where a public update can be shown: the pages of an incident, with what is proposed for their components."""

from incidents.communication.audiences import Place, PlaceComponent
from incidents.models import Incident
from statuspage import linking
from statuspage.models import ComponentStatus, StatusPage


def places(incident: Incident) -> list[Place]:
    """The pages that an update of this incident can be shown on, linked ones first."""
    linked = {page.pk for page in linking.pages_of(incident)}
    pages = StatusPage.objects.filter(is_sandbox=incident.is_sandboxed).prefetch_related("components")
    found = [_place(page, incident, is_linked=page.pk in linked) for page in pages]
    return sorted(found, key=lambda place: not place.is_linked)


def _place(page: StatusPage, incident: Incident, *, is_linked: bool) -> Place:
    status = linking.PUBLIC_STATUS.get(incident.state, "")
    proposed = linking.proposal(page, incident, status) if is_linked else {}
    concerned = {component.pk for component in linking.affected(page, incident)} if is_linked else set()
    return Place(
        slug=page.slug,
        name=page.name,
        is_linked=is_linked,
        components=tuple(
            PlaceComponent(
                slug=component.slug,
                name=component.name,
                status=component.status,
                proposed=proposed.get(component.slug, ""),
                is_concerned=component.pk in concerned,
            )
            for component in page.components.all()
        ),
        statuses=tuple(ComponentStatus.choices),
    )
