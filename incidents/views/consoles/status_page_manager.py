"""What the Status Page Manager's console shows: what is approved and not out, and what the pages say now."""

from incidents.communication.audiences import places_of
from incidents.models import Audience, UpdateState
from incidents.views.consoles import comms_lead, drafts
from incidents.views.consoles.duties import Fact, duties
from incidents.views.desk import Desk
from roles.catalog import Role


def shown(desk: Desk) -> dict[str, object]:
    """Everything on the Status Page Manager's console."""
    pending = drafts.of(desk)
    ready = [one for one in pending if one.update.state == UpdateState.APPROVED]
    places = places_of(desk.incident, Audience.PUBLIC)
    return {
        "duties": duties(
            Role.STATUS_PAGE_MANAGER,
            {"Updates": Fact("caution", f"{len(ready)} to publish") if ready else Fact("ok", "nothing to publish")},
        ),
        "pending": sorted(pending, key=lambda one: "publish" not in one.steps),
        "ready": ready,
        "pages": [place for place in places if place.is_linked] or places,
        **comms_lead.composer(desk),
    }
