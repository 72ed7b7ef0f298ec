"""Passing a held seat on: the giver writes a brief and stays until the receiver has read it and accepts.

Accepting is `staffing.accept`, which moves the seat and its rights at one instant. Where the holder is away,
the commander or an administrator passes the seat on at once, with a reason.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from incidents import events, readings
from incidents.conflicts import Conflict
from incidents.lifecycle import SHORTEST_REASON
from incidents.models import (
    Action,
    ActionState,
    Decision,
    DecisionState,
    Incident,
    IncidentRole,
    Kind,
    PromiseKind,
    Task,
    TaskState,
    Visibility,
)
from incidents.response import seating
from incidents.severity import rule
from notifications.prose import to_text
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import Actor, System, authorize

#: What a handover's brief tells, in this order.
BRIEF = ("situation", "impact", "running_actions", "open_decisions", "next_update")
LONGEST_PART = 2000


@transaction.atomic
def hand_over(
    seat: IncidentRole,
    *,
    to: User,
    by: Actor,
    brief: dict[str, str] | None = None,
    at_once: bool = False,
    reason: str = "",
) -> IncidentRole:
    """Asks `to` to take a held seat over, with a brief; returns their seat, offered.

    Until they accept, the giver holds the seat. A second asking takes the first one back. `at_once` seats them
    without asking, for a holder who is away: that needs a reason, and is not for one's own seat. Raises
    PermissionDenied as `authorize_handover` does, Conflict where the seat is not held any more.
    """
    authorize_handover(seat, by=by, at_once=at_once)
    incident = seat.incident
    seating.lock(incident)
    seating.check(incident, seat.role, to, seat.kind)
    acting_as = events.role_of(incident, by)
    seat.refresh_from_db()
    if not seat.is_held:
        raise Conflict(f"{seat.user} no longer holds {seat.get_role_display()}.")
    if incident.seats.held().filter(role=seat.role, user=to, kind=seat.kind).exists():
        raise Conflict(f"{to} holds {seat.get_role_display()} already.")
    reason = reason.strip()
    if at_once and not isinstance(by, System) and len(reason) < SHORTEST_REASON:
        raise Conflict(
            f"To pass {seat.user}'s seat on at once, say why in at least {SHORTEST_REASON} characters.",
            needed=["reason"],
        )
    seating.refuse_both_leads(incident, seat.role, to, seat.kind, by=by, reason=reason)
    _end_earlier(seat, to, by=by)
    successor = IncidentRole(
        incident=incident,
        role=seat.role,
        user=to,
        kind=seat.kind,
        offered_at=None if at_once else events.moment(),
        assigned_by=None if isinstance(by, System) else by,
        reason=reason[:200],
        takes_over=seat,
        brief={field: (brief or {}).get(field, "").strip()[:LONGEST_PART] for field in BRIEF},
    )
    if at_once:
        seating.renounce(seat)
        return seating.assume(successor, by=by, at=events.moment(), how="at once", follows=seat, acting_as=acting_as)
    successor.save(force_insert=True)
    seating.settle(incident, to)
    giver = {"giver": seat.user_id, "giver_name": str(seat.user), "brief": successor.brief}
    is_giver = not isinstance(by, System) and by.pk == seat.user_id
    told: dict[str, Any] = {} if is_giver else {"to": [seat.user_id]}
    events.record(incident, Kind.SEAT_OFFERED, by=by, **seating.facts(successor), **giver, **told)
    return successor


def authorize_handover(seat: IncidentRole, *, by: Actor, at_once: bool = False) -> None:
    """Raises PermissionDenied unless `by` may hand this seat over: the primary their own, the commander
    and administrators anybody's, a deputy none. At once, nobody their own."""
    incident = seat.incident
    is_own = not isinstance(by, System) and seat.user_id == by.pk and seat.kind == Holding.PRIMARY
    authorize(by, "incidents.view_incident" if is_own else "incidents.assign_role", incident)
    if not is_own and _is_only_deputy(incident, by):
        raise PermissionDenied("A deputy hands no seat over: the primary does.")
    if at_once and is_own:
        raise PermissionDenied("You stay until the next one accepts: your own seat is not passed on at once.")


def may_pass_on_at_once(seat: IncidentRole, *, by: User) -> bool:
    """Whether `by` may replace the holder without waiting for the next one's answer."""
    try:
        authorize_handover(seat, by=by, at_once=True)
    except PermissionDenied:
        return False
    return True


def brief_of(incident: Incident) -> dict[str, str]:
    """The five parts of a brief as the rows tell them, for the giver to put right. Five queries."""
    # The brief is for all staff to read: what is for the response team alone stays out of it.
    latest = incident.entries.filter(kind__in=[Kind.NOW, Kind.FINDING], superseded_by=None, visibility=Visibility.STAFF)
    words = {entry.kind: entry.body for entry in latest.order_by("occurred_at", "number")}
    situation = words.get(Kind.NOW) or words.get(Kind.FINDING) or incident.summary or incident.title
    services = ", ".join(service.name for service in incident.services.all())
    impact = f"{incident.severity}, {incident.get_state_display()}. {rule(incident.severity).meaning}"
    running = incident.actions.filter(state__in=[ActionState.RUNNING, ActionState.APPROVED]).select_related("executor")
    doing = incident.tasks.filter(state=TaskState.DOING).select_related("assignee")
    lines = [_line(action) for action in running] + [_line(task) for task in doing]
    questions = incident.decisions.filter(state=DecisionState.PROPOSED)
    told = {
        "situation": situation,
        "impact": f"{impact} Affected: {services}." if services else impact,
        "running_actions": "\n".join(lines),
        "open_decisions": "\n".join(_question(decision) for decision in questions),
        "next_update": _promise(incident),
    }
    return {field: to_text(told[field]).strip()[:LONGEST_PART] for field in BRIEF}


def _line(work: Action | Task) -> str:
    """'Restore the limit (Priya Raman, by 03:01 UTC)'."""
    if isinstance(work, Action):
        who = str(work.executor) if work.executor else "nobody yet"
        return f"{work.title} ({who}, {work.get_state_display().lower()})"
    due = f", by {work.due_at:%H:%M} UTC" if work.due_at else ""
    return f"{work.title} ({work.assignee or 'nobody yet'}{due})"


def _question(decision: Decision) -> str:
    until = f" (objections until {decision.closes_at:%H:%M} UTC)" if decision.closes_at else ""
    return f"{decision.question}{until}"


def _promise(incident: Incident) -> str:
    known = readings.of(incident)
    if promise := known.next_public:
        first = "First public" if promise.kind == PromiseKind.FIRST else "Public"
        return f"{first} update by {promise.due_at:%H:%M} UTC."
    return "Nothing is promised." if known.last_public else "Nothing has been said in public yet."


def _end_earlier(seat: IncidentRole, to: User, *, by: Actor) -> None:
    """Takes back an earlier asking: of another person for this seat, of this person for this role."""
    incident = seat.incident
    earlier = incident.seats.offered().filter(role=seat.role, kind=seat.kind).select_related("user")
    for offer in earlier:
        if offer.takes_over_id == seat.pk or offer.user_id == to.pk:
            offer.incident = incident
            if offer.user_id == to.pk:
                seating.renounce(offer)  # asked anew in the same breath: told once
            else:
                seating.end_offer(offer, by=by, why=f"{to} is asked instead.")


def _is_only_deputy(incident: Incident, by: Actor) -> bool:
    """Whether `by` may assign here only through a deputy's seat."""
    if isinstance(by, System) or by.is_superuser:
        return False
    commands = [seat for seat in incident.seats_held_by(by) if seat.role == Role.COMMANDER]
    return all(seat.kind != Holding.PRIMARY for seat in commands)
