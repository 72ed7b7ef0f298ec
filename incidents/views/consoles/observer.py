"""What somebody sees who works in no console of their own: where we are, and the seats that stand open."""

from incidents.response import staffing
from incidents.views.consoles import drafts
from incidents.views.consoles.duties import duties
from incidents.views.desk import Desk
from incidents.views.where import where_we_are


def shown(desk: Desk) -> dict[str, object]:
    """What waits for them, and how to join."""
    incident = desk.incident
    return {
        "duties": duties(desk.seat, {}) if desk.own_seat else [],
        "standing": None if desk.own else where_we_are(incident),
        "vacant": [slot for slot in staffing.roster(incident) if slot.is_vacant] if incident.is_active else [],
        "offered": [seat for seat in incident.live_seats if seat.user_id == desk.user.pk and not seat.is_held],
        "pending": [one for one in drafts.of(desk) if one.waits_for_reader],
    }
