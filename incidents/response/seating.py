"""What every change of a seat shares: the lock, what makes sense now, and the row with its rights and its fact.

Whether somebody may do it is asked by the modules that call this.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from incidents import events
from incidents.conflicts import Conflict
from incidents.lifecycle import SHORTEST_REASON
from incidents.models import Incident, IncidentGrant, IncidentRole, Kind, PagingState, Severity, State
from roles import grants
from roles.catalog import SHARED_ROLES, Holding, Role
from roles.models import User
from roles.policy import Actor, System

ENDED = frozenset({State.CLOSED, State.CANCELLED, State.MERGED})
#: At SEV1 who commands does not lead the fix as well, unless somebody says why.
APART_AT_SEV1 = frozenset({Role.COMMANDER, Role.TECH_LEAD})


def check(incident: Incident, role: str, user: User, kind: str) -> None:
    """Raises ValidationError where such a seat makes no sense, Conflict where the incident is over."""
    if role not in Role.values:
        raise ValidationError(f"{role} is no role; the seven are {', '.join(Role.values)}.")
    if kind not in Holding.values:
        raise ValidationError(f"{kind} is no way to hold a role; they are {', '.join(Holding.values)}.")
    if not (user.is_active and user.is_staff):
        raise ValidationError(f"{user} is not an active responder.")
    if incident.state in ENDED:
        raise Conflict(f"{incident.key} is {incident.get_state_display()}: its seats do not change any more.")


def lock(incident: Incident) -> None:
    """One change of seats at a time per incident; its state, its severity and its seats are read again."""
    columns = ("state", "severity")
    row = Incident.objects.select_for_update().values_list(*columns).get(pk=incident.pk)
    for name, value in zip(columns, row, strict=True):
        setattr(incident, name, value)
    incident.forget_seats()


def refuse_if_taken(incident: Incident, role: str) -> None:
    """Raises Conflict where somebody holds a role that has one holder."""
    if role in SHARED_ROLES:
        return
    for seat in incident.holders_of(role):
        if seat.kind == Holding.PRIMARY:
            since = f"{seat.assumed_at:%H:%M} UTC"
            raise Conflict(f"{seat.user} holds {Role(role).label} since {since}.", needed=["hand over or release"])


def needs_reason_to_hold(incident: Incident, role: str, user: User) -> bool:
    """Whether `user` would command and lead the fix at once, at SEV1."""
    if incident.severity != Severity.SEV1 or role not in APART_AT_SEV1:
        return False
    held = {seat.role for seat in incident.seats_held_by(user) if seat.kind == Holding.PRIMARY}
    return bool(held & (APART_AT_SEV1 - {Role(role)}))


def refuse_both_leads(incident: Incident, role: str, user: User, kind: str, *, by: Actor, reason: str) -> None:
    """Raises Conflict where one person would command and lead the fix at SEV1, and nobody says why."""
    if isinstance(by, System) or kind != Holding.PRIMARY or len(reason.strip()) >= SHORTEST_REASON:
        return
    if needs_reason_to_hold(incident, role, user):
        raise Conflict(
            f"At SEV1 the {Role.COMMANDER.label} does not lead the fix as well. "
            f"Ask somebody else, or say why in at least {SHORTEST_REASON} characters.",
            needed=["reason"],
        )


def assume(
    seat: IncidentRole,
    *,
    by: Actor,
    at: datetime,
    how: str = "",
    follows: IncidentRole | None = None,
    acting_as: str | None = None,
    **data: Any,
) -> IncidentRole:
    """Seats the person from now on, in the place of `follows` if given; the other offers of a single seat end."""
    incident = seat.incident
    seat.assumed_at = at
    seat.told_at = None
    try:
        with transaction.atomic():
            seat.save()
    except IntegrityError as problem:
        raise Conflict(f"Somebody else has just taken {seat.get_role_display()}.") from problem
    settle(incident, seat.user)
    if seat.role == Role.COMMANDER:
        Incident.objects.filter(pk=incident.pk, acknowledged_at=None).update(acknowledged_at=at)
    told = facts(seat) | ({"reason": seat.reason} if seat.reason else {})
    if follows is None:
        events.record(incident, Kind.SEAT_HELD, by=by, acting_as=acting_as, **told, how=how, **data)
    else:
        passed = {"from_user": follows.user_id, "from_name": str(follows.user), "brief": seat.brief}
        events.record(incident, Kind.SEAT_HANDED_OVER, by=by, acting_as=acting_as, **told, **passed, how=how, **data)
    is_single = seat.kind == Holding.PRIMARY and seat.role not in SHARED_ROLES
    if is_single:
        _end_other_offers(seat, by=by)
    _end_calls(seat, is_single=is_single)
    return seat


def renounce(seat: IncidentRole) -> None:
    """Ends a seat or an offer, with its rights; the caller records it."""
    seat.renounced_at = events.moment()
    seat.save(update_fields=["renounced_at"])
    settle(seat.incident, seat.user)


def end_offer(seat: IncidentRole, *, by: Actor, why: str = "", **data: Any) -> None:
    """Takes an offer back and records it."""
    renounce(seat)
    events.record(seat.incident, Kind.SEAT_RELEASED, by=by, body=why, **facts(seat), was_offer=True, **data)


def settle(incident: Incident, user: User) -> None:
    """Brings the guardian rows of one person in line with the seats they hold now."""
    incident.forget_seats()
    grants.sync(
        user,
        incident,
        incident.seats_held_by(user),
        grants=IncidentGrant,
        invited=_is_invited(incident, user),
    )


def facts(seat: IncidentRole) -> dict[str, Any]:
    """What each row about a seat tells of it."""
    return {"seat": seat.pk, "role": seat.role, "holding": seat.kind, "user": seat.user_id, "name": str(seat.user)}


def who_asked(seat: IncidentRole) -> list[int]:
    """Who waits for the answer to an offer: the commander, who made it, and whose seat it is."""
    waiting = {one.user_id for one in seat.incident.holders_of(Role.COMMANDER) if one.kind == Holding.PRIMARY}
    if seat.assigned_by_id:
        waiting.add(seat.assigned_by_id)
    if seat.takes_over:
        waiting.add(seat.takes_over.user_id)
    return sorted(waiting - {seat.user_id})


def _end_other_offers(seat: IncidentRole, *, by: Actor) -> None:
    """Who was asked for a seat that is taken now need not answer any more."""
    same = seat.incident.seats.offered().filter(role=seat.role, kind=seat.kind).exclude(pk=seat.pk)
    for other in same.select_related("user"):
        other.incident = seat.incident
        end_offer(other, by=by, why=f"{seat.user} has it.")


def _end_calls(seat: IncidentRole, *, is_single: bool) -> None:
    """Who sits down has answered their call; nobody else need answer one for a single seat that is taken."""
    calls = seat.incident.pagings.waiting()
    calls.filter(user=seat.user).update(
        state=PagingState.ACKNOWLEDGED, answered_at=seat.assumed_at, answered_through="room"
    )
    if is_single:
        calls.filter(role=seat.role).update(state=PagingState.WITHDRAWN)
    seat.incident.forget_seats()


def _is_invited(incident: Incident, user: User) -> bool:
    """Invited people, and on a private incident those who are offered a seat, may look."""
    offered = any(seat.user_id == user.pk for seat in incident.live_seats)
    return offered or incident.invited.filter(pk=user.pk).exists()
