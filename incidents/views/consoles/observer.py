"""What somebody sees who works in no console of their own: where we are, and the seats that stand open."""

from incidents.models import Audience, Kind, TimelineEntry, UpdateState
from incidents.response import staffing
from incidents.views.consoles import drafts
from incidents.views.consoles.duties import duties
from incidents.views.desk import Desk

_TOLD = (Kind.FINDING, Kind.DECISION, Kind.ACTION)


def shown(desk: Desk) -> dict[str, object]:
    """Where the incident stands, from its own rows, and how to join."""
    incident = desk.incident
    latest: dict[str, TimelineEntry] = {}
    rows = incident.entries.filter(kind__in=_TOLD, superseded_by=None).select_related("actor")
    for entry in rows.order_by("-occurred_at")[:30]:
        latest.setdefault(entry.kind, entry)
    public = incident.updates.filter(audience=Audience.PUBLIC, state=UpdateState.PUBLISHED)
    return {
        "duties": duties(desk.seat, {}) if desk.own_seat else [],
        "finding": latest.get(Kind.FINDING),
        "decision": latest.get(Kind.DECISION),
        "action": latest.get(Kind.ACTION),
        "said": public.order_by("-published_at").first(),
        "vacant": [slot for slot in staffing.roster(incident) if slot.is_vacant] if incident.is_active else [],
        "offered": [seat for seat in incident.live_seats if seat.user_id == desk.user.pk and not seat.is_held],
        "pending": [one for one in drafts.of(desk) if {"approve", "publish", "send_back"} & one.steps],
    }
