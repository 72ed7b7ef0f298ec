"""What the Commander's console shows: what waits, roles to fill, moves, decisions, the task board."""

from incidents import readings
from incidents.communication import cadence
from incidents.models import Incident, Kind
from incidents.response import coverage, staffing
from incidents.severity import rule
from incidents.views.consoles import drafts
from incidents.views.desk import Desk
from incidents.views.duties import Fact, duties
from incidents.views.panels import (
    access,
    boards,
    composer,
    curve,
    decisions,
    escalations,
    filling,
    follow_ups,
    moves,
    needs,
    pagings,
    severity,
    tasks,
    team_questions,
    workstreams,
)
from incidents.views.panels import cadence as cadence_panel
from roles.catalog import Role


def shown(desk: Desk) -> dict[str, object]:
    """Everything on the Commander's console."""
    incident = desk.incident
    roster = coverage.roster(incident)
    pending = drafts.of(desk)
    held = [seat for slot in roster for seat in slot.holders]
    return {
        "duties": duties(Role.COMMANDER, _facts(desk, [slot for slot in roster if slot.is_gap])),
        "pending": [one for one in pending if one.waits_for_reader],
        "others": [one for one in pending if not one.waits_for_reader],
        "held": held,
        "needs_reason_to_release": {seat.pk for seat in held if staffing.needs_reason_to_release(seat)},
        **decisions.shown(desk),
        **needs.shown(desk),
        **filling.shown(desk),
        **cadence_panel.shown(desk),
        **tasks.shown(desk),
        **workstreams.shown(desk),
        **pagings.shown(desk),
        **severity.shown(desk),
        **moves.shown(desk),
        **access.shown(desk),
        **composer.shown_where_needed(desk),
        **curve.shown(desk),
        **escalations.shown(desk),
        **follow_ups.shown(desk),
        **team_questions.shown(desk),
        **boards.shown(desk),
    }


def _facts(desk: Desk, gaps: list[coverage.Slot]) -> dict[str, Fact]:
    incident = desk.incident
    open_roles = len(rule(incident.severity).required)
    decided, _, _ = readings.of(incident).counted(desk.user).get(Kind.DECISION, (0, 0, 0))
    promised_at = cadence.promised(incident) if incident.is_active else None
    return {
        "Lead": Fact("bad", f"{len(gaps)} of {open_roles} roles open", "#filling")
        if gaps
        else Fact("ok", "all needed roles filled", "#held"),
        "Decide": Fact("ok", f"{decided} logged", "#decisions") if decided else Fact("", "none logged", "#decisions"),
        "Allocate": _allocated(incident),
        "Align": drafts.promise(promised_at, rule(incident.severity).update_every),
        "Debrief": Fact("", "after resolve")
        if incident.is_active
        else Fact("caution", "close it when reviewed", "#moves"),
    }


def _allocated(incident: Incident) -> Fact:
    """How the work is spread: overdue first, then without an owner."""
    rows = readings.of(incident).open_tasks
    overdue = sum(task.is_overdue for task in rows)
    unowned = sum(task.assignee_id is None for task in rows)
    if overdue:
        return Fact("bad", f"{overdue} task{'s' * (overdue > 1)} overdue", "#tasks")
    if unowned:
        return Fact("caution", f"{unowned} task{'s' * (unowned > 1)} unowned", "#tasks")
    return Fact("ok" if rows else "", f"{len(rows)} open, all owned" if rows else "no tasks", "#tasks")
