"""What waits for the reader, most pressing first: each with the button that settles it, or a way to where it is.

Drafts, proposals and gaps have panels of their own on the console; here they are counted and named.
"""

from dataclasses import dataclass
from datetime import datetime

from incidents import readings
from incidents.communication import questions
from incidents.models import (
    Action,
    AdviceRequest,
    AdviceState,
    Kind,
    Paging,
    PagingState,
    Risk,
    TimelineEntry,
)
from incidents.response import acting, offering
from incidents.views.desk import Desk
from incidents.views.panels import decisions
from roles.catalog import SIGNS, Role

RISKS = [Risk.HIGH, Risk.MEDIUM, Risk.LOW]


@dataclass(frozen=True)
class Need:
    """One thing that waits: its look, a sentence, since or until when, and where it is settled."""

    tone: str
    icon: str
    sentence: str
    detail: str = ""
    due_at: datetime | None = None
    since: datetime | None = None
    href: str = ""
    label: str = "Open"


def shown(desk: Desk) -> dict[str, object]:
    """The queue; a constant number of queries."""
    polls = decisions.polls(desk)
    needs = [*_overdue(desk), *_calls(desk), *_decisions(desk), *_regressions(desk), *_lacks(desk), *_spared(desk)]
    needs += _asked(desk)
    actions = waiting_actions(desk)
    return {
        "needs": needs,
        "waiting_actions": actions,
        "polls": polls,
        "others_waiting": len(needs) + len(actions) + len(polls),
    }


def waiting_actions(desk: Desk) -> list[Action]:
    """Actions that cannot run before the reader approves them, riskiest first."""
    if "incidents.approve_action" not in desk.may:
        return []
    return sorted(acting.waiting(desk.incident), key=lambda action: (RISKS.index(Risk(action.risk)), action.pk))


def _overdue(desk: Desk) -> list[Need]:
    """Tasks past their time, and tasks without an owner."""
    rows = readings.of(desk.incident).open_tasks
    found = []
    for task in [task for task in rows if task.is_overdue or task.assignee_id is None][:6]:
        if task.is_overdue:
            who = f"{task.assignee}" if task.assignee else "nobody's"
            found.append(Need("bad", "task", f"Overdue: {task.title}", who, due_at=task.due_at, href="#tasks"))
        else:
            found.append(
                Need("caution", "task", f"No owner: {task.title}", since=task.created_at, href="#tasks", label="Assign")
            )
    return found


def _calls(desk: Desk) -> list[Need]:
    """Calls that nobody has answered, and nobody is left to answer."""
    last: dict[int, Paging] = {}
    for call in readings.of(desk.incident).pagings:
        last[call.user_id] = call
    return [
        Need("bad", "phone", f"{call.user} did not answer, and nobody is left to page", since=call.paged_at,
             href=f"?seat={call.role}" if call.role else "#pagings", label="Find somebody")
        for call in last.values()
        if call.state == PagingState.UNANSWERED and not (call.role and desk.incident.is_filled(call.role))
    ]  # fmt: skip


def _decisions(desk: Desk) -> list[Need]:
    """Decisions whose time has come to be looked at again."""
    if "incidents.decide" not in desk.may:
        return []
    again = readings.of(desk.incident).due_decisions
    return [
        Need(
            "caution",
            "decide",
            f"Look again: {one.outcome}",
            one.reason,
            since=one.revisit_at,
            href="#decisions",
            label="Decide anew",
        )
        for one in again[:3]
    ]


def _regressions(desk: Desk) -> list[Need]:
    """Alerts that fire again after it was resolved."""
    if desk.incident.resolved_at is None:
        return []
    rows = TimelineEntry.objects.filter(
        incident=desk.incident, kind=Kind.REGRESSION, occurred_at__gte=desk.incident.resolved_at
    )
    return [
        Need("bad", "warn", entry.body, since=entry.occurred_at, href="#moves", label="Reopen")
        for entry in rows.order_by("-number")[:2]
    ]


def _lacks(desk: Desk) -> list[Need]:
    """What reports say they need, and questions that nobody answers."""
    found = []
    for report in readings.of(desk.incident).newest_reports:
        if report.needs:
            who = report.workstream or report.reported_by
            found.append(
                Need("caution", "users", f"{who} needs: {report.needs}", since=report.reported_at, href="#workstreams")
            )
    open_ended = AdviceRequest.objects.filter(incident=desk.incident, state=AdviceState.UNANSWERED)
    found += [
        Need("caution", "chat", f"Nobody answered: {one.question}", since=one.due_at, href=f"?seat={Role.TECH_LEAD}")
        for one in open_ended[:3]
    ]
    return found[:6]


def _spared(desk: Desk) -> list[Need]:
    """Seats that the severity asks for no more since it was lowered: to release, or to keep."""
    if "incidents.assign_role" not in desk.may:
        return []
    severity = desk.incident.severity
    return [
        Need(
            "",
            SIGNS[seat.role].icon,
            f"{severity} needs no {seat.get_role_display()} any more",
            f"{seat.user} {'holds the seat' if seat.is_held else 'is asked'}: release it, or leave it as it is.",
            since=seat.assumed_at or seat.offered_at,
            href=f"?seat={seat.role}",
            label="Release",
        )
        for seat in offering.spared(desk.incident)
    ]


def _asked(desk: Desk) -> list[Need]:
    """Questions to the team that wait for too long."""
    late = [one for one in readings.of(desk.incident).team_questions if questions.is_overdue(one)]
    return [
        Need(
            "bad",
            "chat",
            f"Late: {one.question}",
            f"{one.owner} has it" if one.owner else "nobody has it",
            since=one.asked_at,
            href="#team-questions",
            label="Answer",
        )
        for one in late[:3]
    ]
