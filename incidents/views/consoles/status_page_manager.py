"""What the Status Page Manager's console shows: what is approved and not out, and what the pages say now."""

from django.urls import reverse

from incidents.communication.audiences import Place, places_of
from incidents.models import Alert, Audience, UpdateState
from incidents.views.consoles import drafts
from incidents.views.desk import Desk
from incidents.views.duties import Fact, duties
from incidents.views.panels import composer
from roles.catalog import Role


def shown(desk: Desk) -> dict[str, object]:
    """Everything on the Status Page Manager's console."""
    pending = drafts.of(desk)
    ready = [one for one in pending if one.update.state == UpdateState.APPROVED]
    places = places_of(desk.incident, Audience.PUBLIC)
    shown_pages = [place for place in places if place.is_linked] or places
    return {
        "duties": duties(Role.STATUS_PAGE_MANAGER, _facts(desk, ready, shown_pages)),
        "pending": sorted(pending, key=lambda one: "publish" not in one.steps),
        "ready": ready,
        "pages": shown_pages,
        **composer.shown(desk),
    }


def _facts(desk: Desk, ready: list[drafts.Draft], pages: list[Place]) -> dict[str, Fact]:
    incident = desk.incident
    broken = sum(one.status != "operational" for page in pages for one in page.components)
    first = f"#shown-{pages[0].slug}" if pages else "#composer"
    firing = Alert.objects.filter(incident=incident, status=Alert.Status.FIRING).count()
    last = incident.updates.filter(audience=Audience.PUBLIC, state=UpdateState.PUBLISHED).order_by("-published_at")
    told = last.first()
    return {
        "Page": Fact("caution", f"{broken} not operational", first) if broken else Fact("ok", "all operational", first),
        "Updates": Fact("caution", f"{len(ready)} to publish", "#ready")
        if ready
        else Fact("ok", "nothing to publish", "#ready"),
        "Subscribers": Fact("ok", f"told {told.published_at:%H:%M}", "#ready")
        if told and told.notify and told.published_at
        else Fact("", "not told yet", "#composer"),
        "Monitors": Fact("caution", f"{firing} firing", reverse("incidents:alerts"))
        if firing
        else Fact("ok", "quiet", reverse("incidents:alerts")),
        "Maintenance": _maintenance(pages, first),
    }


def _maintenance(pages: list[Place], href: str) -> Fact:
    planned = sum(one.status == "under_maintenance" for page in pages for one in page.components)
    return Fact("you", f"{planned} in maintenance", href) if planned else Fact("", "none running", href)
