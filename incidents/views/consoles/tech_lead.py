"""What the Technical Lead's console shows: causes, what is done about them, and the proof that it worked."""

from collections.abc import Mapping
from typing import Any

from incidents.views.desk import Desk
from incidents.views.duties import Fact, duties
from incidents.views.panels import (
    actions,
    advice,
    alerts,
    changes,
    escalations,
    evidence,
    findings,
    hypotheses,
    similar,
    team_questions,
    verification,
    workstreams,
)
from roles.catalog import Role

PANELS = (
    escalations,
    hypotheses,
    actions,
    verification,
    alerts,
    advice,
    evidence,
    workstreams,
    findings,
    changes,
    similar,
    team_questions,
)


def shown(desk: Desk) -> dict[str, object]:
    """Everything on this console."""
    context: dict[str, object] = {}
    for panel in PANELS:
        context |= panel.shown(desk)
    return {**context, "duties": duties(Role.TECH_LEAD, _facts(desk, context))}


def _facts(desk: Desk, context: Mapping[str, Any]) -> dict[str, Fact]:
    return {
        "Diagnose": _diagnosed(context),
        "Fix": _fixed(context),
        "Coordinate": _coordinated(context),
        "Verify": _verified(desk, context),
        "Explain": Fact("", "after resolve")
        if desk.incident.is_active
        else Fact("caution", "notes for review", "#findings"),
    }


def _diagnosed(context: Mapping[str, Any]) -> Fact:
    testing, confirmed, _ruled_out = context["hypothesis_lanes"]
    here = "#hypotheses"
    if confirmed.tickets:
        return Fact("ok", "cause confirmed", here)
    if testing.tickets:
        return Fact("you", f"{len(testing.tickets)} to test", here)
    return Fact("caution", "no hypothesis", here)


def _fixed(context: Mapping[str, Any]) -> Fact:
    lines = [*context["action_lines"], *context["older_action_lines"]]
    here = "#actions"
    states = [line.action.state for line in lines]
    if waiting := context["actions_waiting"]:
        return Fact("caution", f"{waiting} to approve", here)
    if running := states.count("running"):
        return Fact("you", f"{running} running", here)
    if done := states.count("done"):
        return Fact("ok", f"{done} done", here)
    return Fact("", "nothing done yet", here)


def _coordinated(context: Mapping[str, Any]) -> Fact:
    """What somebody lacks comes first, then reports and workstreams past their time, then what is asked."""
    rollup, asked, here = context["rollup"], len(context["advice_open"]), "#workstreams"
    if rollup.needs:
        return Fact("caution", f"{rollup.needs} need{'s' if rollup.needs == 1 else ''} help", here)
    if rollup.late:
        return Fact("caution", f"{rollup.late} report{'s' if rollup.late > 1 else ''} overdue", here)
    if rollup.overdue:
        return Fact("caution", f"{rollup.overdue} workstream{'s' if rollup.overdue > 1 else ''} overdue", here)
    if asked:
        return Fact("caution", f"{asked} request{'s' if asked > 1 else ''} open", "#advice")
    if rollup.waiting:
        return Fact("you", f"{rollup.waiting} report{'s' if rollup.waiting > 1 else ''} asked for", here)
    return Fact("ok", "no request open", here)


def _verified(desk: Desk, context: Mapping[str, Any]) -> Fact:
    lines, here = context["check_lines"], "#verification"
    if not lines:
        return Fact("", "from Monitoring on" if desk.incident.is_active else "nothing to verify", here)
    if context["checks_proven"]:
        return Fact("ok", "all verified", here)
    return Fact("caution", f"{context['checks_passing']} of {len(lines)} passing", here)
