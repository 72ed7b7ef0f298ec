"""What the Commander's console shows: what needs them, the roles to fill, moves, severity."""

from incidents import lifecycle
from incidents.communication import updates
from incidents.models import Kind, Severity, TimelineEntry
from incidents.response import candidates, staffing
from incidents.severity import RULES, rule
from incidents.views.consoles import drafts
from incidents.views.consoles.duties import Fact, duties
from incidents.views.desk import Desk
from roles.catalog import Role

#: How many people are proposed for a gap before "show all".
MOST_CANDIDATES = 3


def shown(desk: Desk) -> dict[str, object]:
    """Everything on the Commander's console."""
    incident = desk.incident
    roster = staffing.roster(incident)
    gaps = [slot for slot in roster if slot.is_gap]
    vacant = [slot for slot in roster if slot.is_vacant]
    pending = drafts.of(desk)
    offers = lifecycle.moves_for(incident, desk.may)
    return {
        "duties": duties(Role.COMMANDER, _facts(desk, gaps)),
        "pending": [one for one in pending if one.waits_for_reader],
        "others": [one for one in pending if not one.waits_for_reader],
        "gaps": gaps,
        "filling": _filling(desk, (gaps or vacant)[:1]) if incident.is_active else None,
        "vacant": vacant,
        "offers": offers,
        "rule": rule(incident.severity),
        "severities": [(severity, RULES[severity].meaning) for severity in Severity],
        "roster": roster,
        "held": [seat for slot in roster for seat in slot.holders],
    }


def _filling(desk: Desk, slots: list[staffing.Slot]) -> dict[str, object] | None:
    """The first gap, with the people who could close it."""
    if not slots or "incidents.assign_role" not in desk.may:
        return None
    slot = slots[0]
    people = candidates.for_role(desk.incident, slot.role)
    return {"slot": slot, "people": people[:MOST_CANDIDATES], "more": max(len(people) - MOST_CANDIDATES, 0)}


def _facts(desk: Desk, gaps: list[staffing.Slot]) -> dict[str, Fact]:
    incident = desk.incident
    open_roles = len(rule(incident.severity).required)
    decided = TimelineEntry.objects.filter(incident=incident, kind=Kind.DECISION).count()
    promised_at = updates.promised(incident) if incident.is_active else None
    return {
        "Lead": Fact("bad", f"{len(gaps)} of {open_roles} roles open")
        if gaps
        else Fact("ok", "all needed roles filled"),
        "Decide": Fact("ok", f"{decided} logged") if decided else Fact("", "none logged"),
        "Align": drafts.promise(promised_at, rule(incident.severity).update_every),
        "Debrief": Fact("", "after resolve") if incident.is_active else Fact("caution", "close it when reviewed"),
    }
