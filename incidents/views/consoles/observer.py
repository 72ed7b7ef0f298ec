"""What somebody sees who works in no console of their own: where we are, what is asked of them, and the seats that
stand open. The Support Liaison's seat opens here too, with its duties."""

from incidents.models import Audience, Kind, TimelineEntry, Update, UpdateState
from incidents.response import coverage, helping, seating, standing
from incidents.views.consoles import drafts
from incidents.views.desk import Desk
from incidents.views.duties import Fact, Shown, duties
from incidents.views.panels import moves, tasks
from roles.catalog import Holding, Role

#: How many quotes are shown, and how many are counted.
MOST_QUOTES = 3
MOST_COUNTED = 99


def shown(desk: Desk) -> dict[str, object]:
    """What waits for them, and how to join."""
    incident, user = desk.incident, desk.user
    is_liaison = desk.seat == Role.SUPPORT_LIAISON and desk.is_working
    may_take = "incidents.take_role" in desk.may and incident.is_active
    vacant = [slot for slot in coverage.roster(incident) if slot.is_vacant] if may_take else []
    helped = helping.offers_of_help(incident).get(user.pk) if not desk.own else None
    said = _said(desk) if is_liaison else None
    quotes = _quotes(desk) if is_liaison else []
    return {
        "duties": _duties(desk, said, quotes) if desk.own_seat else [],
        "standing": standing.where_we_are(incident, user) if not desk.own or is_liaison else None,
        "vacant": vacant,
        "needs_reason": {slot.role for slot in vacant if seating.needs_reason_to_hold(incident, slot.role, user)},
        "offered": [seat for seat in incident.live_seats if seat.user_id == user.pk and not seat.is_held],
        "pending": [one for one in drafts.of(desk) if one.waits_for_reader],
        "helped": helped,
        "may_help": not desk.own and helped is None and incident.is_active and "incidents.add_entry" in desk.may,
        "is_shadow": desk.own_seat is not None and desk.own_seat.kind == Holding.SHADOW,
        "is_liaison": is_liaison,
        "said": said,
        "quotes": quotes[:MOST_QUOTES],
        "quote_count": len(quotes),
        **(tasks.shown(desk) if is_liaison else {}),
        **(moves.shown(desk) if "incidents.change_state" in desk.may else {}),
    }


def _said(desk: Desk) -> Update | None:
    """What the public was told last."""
    public = desk.incident.updates.filter(audience=Audience.PUBLIC, state=UpdateState.PUBLISHED)
    return public.order_by("-published_at").first()


def _quotes(desk: Desk) -> list[TimelineEntry]:
    """What customers say, in their words, the newest first."""
    rows = desk.incident.entries.readable_by(desk.user, desk.incident).filter(kind=Kind.QUOTE, superseded_by=None)
    return list(rows.select_related("actor").order_by("-occurred_at", "-number")[:MOST_COUNTED])


def _duties(desk: Desk, said: Update | None, quotes: list[TimelineEntry]) -> list[Shown]:
    """The five duties of the seat; only the Support Liaison's have their facts here."""
    if desk.seat != Role.SUPPORT_LIAISON or not desk.is_working:
        return duties(desk.seat, {})
    incident = desk.incident
    own = incident.tasks.still_open().filter(area=Role.SUPPORT_LIAISON).count()
    heard = f"{len(quotes)} heard" if quotes else "nobody quoted yet"
    told = Fact("ok", f"said {said.published_at:%H:%M}", "#say") if said and said.published_at else None
    over = not incident.is_active
    return duties(
        desk.seat,
        {
            "Inquiries": Fact("ok" if quotes else "", heard, "#quotes"),
            "Brief frontline": told or Fact("caution", "nothing said yet", "#say"),
            "Escalate": Fact("caution" if own else "", f"{own} open" if own else "nothing open", "#tasks"),
            "Feedback": Fact("", f"newest {quotes[0].occurred_at:%H:%M}" if quotes else "none yet", "#quotes"),
            "Follow-up": Fact("caution", "answer who wrote", "#quotes") if over else Fact("", "after resolve", "#say"),
        },
    )
