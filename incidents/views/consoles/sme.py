"""What the Expert's console shows: questions, findings, a report in three fields, own work, what is known to help."""

from collections.abc import Mapping, Sequence
from typing import Any

from incidents.models import ActionState, Confidence, Finding, HypothesisState, Service
from incidents.response import coordination, diagnosis
from incidents.views.desk import Desk
from incidents.views.duties import Fact, duties
from incidents.views.panels import changes, evidence, questions, similar
from incidents.views.panels.tasks import ticket_of
from roles.catalog import Holding, Role
from roles.models import Team

PANELS = (questions, similar, changes, evidence)
#: So many of one's own findings are shown.
MOST_FINDINGS = 5


def shown(desk: Desk) -> dict[str, object]:
    """Everything on this console."""
    incident = desk.incident
    context: dict[str, object] = {}
    for panel in PANELS:
        context |= panel.shown(desk)
    own = [seat.user for seat in incident.holders_of(Role.SME) if seat.kind == Holding.SHADOW]
    found = diagnosis.findings_for(incident, desk.user).filter(found_by=desk.user).order_by("-found_at", "-pk")
    tasks = incident.tasks.still_open().filter(assignee=desk.user).select_related("assignee", "service")
    running = (ActionState.APPROVED, ActionState.RUNNING)
    context |= {
        "own_findings": list(found[:MOST_FINDINGS]),
        "may_share": "incidents.propose_action" in desk.may and incident.state not in diagnosis.PAST,
        "finding_causes": list(incident.hypotheses.exclude(state=HypothesisState.RULED_OUT)),
        "services_here": _services(desk),
        "finding_confidences": Confidence.choices,
        "own_tickets": [ticket_of(task, incident, desk.user, desk.may) for task in tasks],
        "own_actions": list(incident.actions.filter(executor=desk.user, state__in=running)),
        "own_streams": coordination.streams_of(incident, desk.user),
        "last_report": incident.can_reports.filter(reported_by=desk.user).first(),
        "shadows": own,
    }
    return {**context, "duties": duties(Role.SME, _facts(desk, context))}


def _services(desk: Desk) -> list[tuple[Service, bool]]:
    """What the incident is about, and whether it is the reader's own team that owns it: own ones first."""
    teams = set(Team.objects.filter(members=desk.user).values_list("pk", flat=True))
    found = [(service, service.team_id in teams) for service in desk.incident.services.select_related("team")]
    return sorted(found, key=lambda pair: not pair[1])


def _facts(desk: Desk, context: Mapping[str, Any]) -> dict[str, Fact]:
    over = not desk.incident.is_active
    return {
        "Analyse": _analysed(context["own_findings"]),
        "Advise": _advised(context["questions"], context["questions_answered"]),
        "Troubleshoot": _troubleshot(context),
        "Contribute": Fact("caution", "notes for review", "#share") if over else Fact("", "after resolve"),
        "Teach": _taught(context["shadows"], over=over),
    }


def _analysed(findings: Sequence[Finding]) -> Fact:
    if not findings:
        return Fact("caution", "no finding yet", "#share")
    return Fact("ok", f"{len(findings)} finding{'s' if len(findings) > 1 else ''}", "#share")


def _advised(open_now: Sequence[Any], answered: Sequence[Any]) -> Fact:
    if open_now:
        tone = "bad" if any(one.is_urgent for one in open_now) else "caution"
        return Fact(tone, f"{len(open_now)} question{'s' if len(open_now) > 1 else ''} open", "#questions")
    return Fact("ok", f"{len(answered)} answered", "#questions") if answered else Fact("", "none asked", "#questions")


def _troubleshot(context: Mapping[str, Any]) -> Fact:
    running = [action for action in context["own_actions"] if action.state == ActionState.RUNNING]
    count = len(context["own_tickets"]) + len(running)
    if late := sum(1 for ticket in context["own_tickets"] if ticket.task.is_overdue):
        return Fact("bad", f"{late} task{'s' if late > 1 else ''} late", "#work")
    return Fact("you", f"{count} under way", "#work") if count else Fact("", "nothing on you", "#work")


def _taught(shadows: Sequence[Any], *, over: bool) -> Fact:
    if shadows:
        names = ", ".join(person.first_name or str(person) for person in shadows)
        return Fact("", f"{len(shadows)} shadow{'s' if len(shadows) > 1 else ''}: {names}", "#shadows")
    return Fact("", "no shadow" if over else "after resolve")
