"""What the Scribe's console shows: the line that records, the gaps, the tasks of all, and the report as it fills."""

from datetime import timedelta

from django.utils import timezone

from incidents import shorthand
from incidents.models import Kind, TaskState
from incidents.response.gaps import Gap
from incidents.response.reporting import Report
from incidents.views.desk import Desk
from incidents.views.duties import Fact, duties
from incidents.views.panels import gaps, report, tasks
from incidents.views.panels.tasks import Ticket
from roles.catalog import Role
from roles.models import RoleAssignment

#: "Where we are" older than this is worth a look.
STALE_AFTER = timedelta(minutes=15)
MOST_DONE = 4
LONGEST_PREFILL = 500


def shown(desk: Desk) -> dict[str, object]:
    """Everything on the Scribe's console."""
    found = gaps.shown(desk)
    listed: list[Gap] = [gap for gap, _ in found["gaps"]]  # type: ignore[attr-defined]
    compiled = report.shown(desk, listed)
    board = tasks.shown(desk)
    tickets = _tracked(board["lanes"])  # type: ignore[arg-type]
    return {
        "duties": duties(Role.SCRIBE, _facts(desk, listed, tickets, compiled["report"])),  # type: ignore[arg-type]
        "commands": shorthand.COMMANDS,
        "typed": desk.request.GET.get("line", "")[:LONGEST_PREFILL],
        "tickets": tickets,
        "handover": _handover(desk),
        **found,
        **compiled,
        **board,
    }


def _tracked(lanes: list[tasks.Lane]) -> list[Ticket]:
    """Open tasks as the board orders them, and the newest that are done."""
    by_state = {lane.state: list(lane.tickets) for lane in lanes}
    open_ones = [*by_state[TaskState.TO_DO], *by_state[TaskState.DOING]]
    open_ones.sort(key=lambda one: (not one.is_unowned, not one.task.is_overdue))
    return [*open_ones, *by_state[TaskState.DONE][:MOST_DONE]]


def _handover(desk: Desk) -> dict[str, object] | None:
    """Who takes this seat over, or from whom it came, with the note that goes with it."""
    own = desk.own_seat
    if own is None:
        return None
    live: list[RoleAssignment] = desk.incident.live_seats
    offer = next((seat for seat in live if getattr(seat, "takes_over_id", None) == own.pk and not seat.is_held), None)
    seat = offer or own
    note = {name.replace("_", " ").capitalize(): text for name, text in getattr(seat, "brief", {}).items() if text}
    if not note and offer is None:
        return None
    return {"to": offer.user if offer else None, "since": seat.offered_at, "note": note.items()}


def _facts(desk: Desk, found: list[Gap], tickets: list[Ticket], compiled: Report) -> dict[str, Fact]:
    rows = desk.incident.entries.readable_by(desk.user, desk.incident).filter(superseded_by=None)
    now = rows.filter(kind=Kind.NOW).order_by("-occurred_at").values_list("occurred_at", flat=True).first()
    return {
        "Log": _log(found, rows.count()),
        "Track actions": _tracking(tickets),
        "Keep current": _current(desk, timezone.now() - now if now else None),
        "Report": Fact("ok" if compiled.percent == 100 else "you", f"{compiled.percent}% compiled", "#report"),
        "Knowledge": Fact("", "after resolve"),
    }


def _log(found: list[Gap], entries: int) -> Fact:
    silent = sum(gap.kind == "silence" for gap in found)
    if silent:
        return Fact("caution", f"{silent} silent stretch{'es' * (silent > 1)}", "#gaps")
    return Fact("you", f"{entries} entries", "#record")


def _tracking(tickets: list[Ticket]) -> Fact:
    late = sum(one.task.is_overdue for one in tickets)
    unowned = sum(one.is_unowned for one in tickets)
    if late:
        return Fact("bad", f"{late} overdue", "#tasks")
    if unowned:
        return Fact("caution", f"{unowned} without owner", "#tasks")
    count = sum(one.task.is_open for one in tickets)
    return Fact("ok", f"{count} open, all owned" if count else "none open", "#tasks")


def _current(desk: Desk, age: timedelta | None) -> Fact:
    address = f"?seat={desk.seat}&line=/now+#record"
    if age is None:
        return Fact("caution" if desk.incident.is_active else "", "not written yet", address)
    minutes = int(age.total_seconds()) // 60
    words = f"{minutes} min old" if minutes < 120 else f"{minutes // 60} h old"
    return Fact("caution" if age > STALE_AFTER and desk.incident.is_active else "ok", words, address)
