"""Who sits where: giving a seat, taking a vacant one, handing it over, giving it up.

Each function changes the seat, the guardian rows and the timeline in one transaction. A change of
holder is a new row; nobody is ever moved from a seat in silence.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from incidents import events
from incidents.lifecycle import Conflict
from incidents.models import Incident, IncidentGrant, IncidentRole, Kind, Severity, State
from incidents.severity import rule
from roles import grants
from roles.catalog import SHARED_ROLES, Holding, Role
from roles.models import RoleAssignment, User
from roles.policy import Actor, System, authorize, may

#: What a handover's brief tells, in this order.
BRIEF = ("situation", "impact", "running_actions", "open_decisions", "next_update")
#: At these severities any responder may take command while nobody has it; elsewhere they need the qualification.
COMMAND_OPEN_TO_ALL = frozenset({Severity.SEV1, Severity.SEV2})
ENDED = frozenset({State.CLOSED, State.CANCELLED, State.MERGED})


@transaction.atomic
def assign(
    incident: Incident,
    role: str,
    user: User,
    *,
    by: Actor,
    kind: str = Holding.PRIMARY,
    offer: bool = False,
    reason: str = "",
) -> tuple[IncidentRole, bool]:
    """Gives `user` a seat, at once, or as an offer to accept; returns the seat and whether it is new.

    Giving it to its present holder changes nothing. Raises Conflict where somebody else holds a
    single seat: that one is handed over or released first.
    """
    _may_assign(incident, role, by)
    _check(incident, role, user, kind)
    _lock(incident)
    present = incident.seats.live().filter(role=role, user=user, kind=kind).first()
    if present is not None and (present.is_held or offer):
        return present, False
    if kind == Holding.PRIMARY and not offer:
        _refuse_if_taken(incident, role)
    now = events.moment()
    if present is not None:
        return _assume(present, by=by, at=now), True
    seat = IncidentRole(
        incident=incident,
        role=role,
        user=user,
        kind=kind,
        offered_at=now if offer else None,
        assigned_by=None if isinstance(by, System) else by,
        reason=reason[:200],
    )
    if offer:
        seat.save(force_insert=True)
        _settle(incident, user)
        events.record(incident, Kind.SEAT_OFFERED, by=by, **_facts(seat))
        return seat, True
    return _assume(seat, by=by, at=now), True


@transaction.atomic
def take(incident: Incident, role: str, *, by: User) -> IncidentRole:
    """Takes a vacant seat for oneself; of two who try at once, the first wins and the other is told.

    Any responder may, but for the commander's seat: below SEV2 that needs who may fill it.
    """
    authorize(by, "incidents.take_role", incident)
    _check(incident, role, by, Holding.PRIMARY)
    _lock(incident)
    if any(seat.user_id == by.pk and seat.kind == Holding.PRIMARY for seat in incident.holders_of(role)):
        raise Conflict(f"You hold {Role(role).label} already.")
    _refuse_if_taken(incident, role)
    if role == Role.COMMANDER and incident.severity not in COMMAND_OPEN_TO_ALL and not _may_fill_command(incident, by):
        raise PermissionDenied(f"{Role(role).label} at {incident.severity} is for those who are qualified for it.")
    seat = incident.seats.live().filter(role=role, user=by, kind=Holding.PRIMARY).first() or IncidentRole(
        incident=incident, role=role, user=by, assigned_by=by
    )
    return _assume(seat, by=by, at=events.moment(), how="taken")


@transaction.atomic
def accept(seat: IncidentRole, *, by: User) -> IncidentRole:
    """Accepts an offer made to oneself."""
    incident = seat.incident
    authorize(by, "incidents.take_role", incident)
    if seat.user_id != by.pk:
        raise PermissionDenied(f"This seat was offered to {seat.user}.")
    _check(incident, seat.role, by, seat.kind)
    _lock(incident)
    seat.refresh_from_db()
    if seat.is_held:
        return seat
    if seat.renounced_at is not None:
        raise Conflict("This offer was taken back.")
    passes_on = seat.kind == Holding.PRIMARY and seat.role not in SHARED_ROLES
    handing_over = [
        other
        for other in incident.holders_of(seat.role)
        if passes_on and other.kind == Holding.PRIMARY and seat.assigned_by_id == other.user_id
    ]
    for other in handing_over:
        _renounce(other)  # type: ignore[arg-type]  # seats of an incident
    if seat.kind == Holding.PRIMARY:
        _refuse_if_taken(incident, seat.role)
    return _assume(
        seat, by=by, at=events.moment(), how="accepted", passed_on_by=handing_over[0].user if handing_over else None
    )


@transaction.atomic
def hand_over(seat: IncidentRole, *, to: User, by: Actor, brief: dict[str, str] | None = None) -> IncidentRole:
    """Passes a held seat on to somebody else, at once, with a brief; returns the new holder's seat.

    Raises PermissionDenied as `authorize_handover` does, or Conflict where the seat is not held any more.
    """
    authorize_handover(seat, by=by)
    incident = seat.incident
    _check(incident, seat.role, to, seat.kind)
    _lock(incident)
    acting_as = events.role_of(incident, by)
    seat.refresh_from_db()
    if not seat.is_held:
        raise Conflict(f"{seat.user} no longer holds {seat.get_role_display()}.")
    if seat.user_id == to.pk:
        raise Conflict(f"{to} holds {seat.get_role_display()} already.")
    _renounce(seat)
    told = {field: (brief or {}).get(field, "").strip() for field in BRIEF}
    successor = incident.seats.live().filter(role=seat.role, user=to, kind=seat.kind).first() or IncidentRole(
        incident=incident, role=seat.role, user=to, kind=seat.kind
    )
    if successor.is_held:
        raise Conflict(f"{to} holds {seat.get_role_display()} already.")
    successor.assigned_by = None if isinstance(by, System) else by
    successor.assumed_at = events.moment()
    successor.save()
    _settle(incident, to)
    events.record(
        incident,
        Kind.SEAT_HANDED_OVER,
        by=by,
        acting_as=acting_as,
        **_facts(successor),
        from_user=seat.user_id,
        from_name=str(seat.user),
        brief=told,
    )
    return successor


def authorize_handover(seat: IncidentRole, *, by: Actor) -> None:
    """Raises PermissionDenied unless `by` may hand this seat over: the primary their own, the commander
    and administrators anybody's, a deputy none."""
    incident = seat.incident
    is_own = not isinstance(by, System) and seat.user_id == by.pk and seat.kind == Holding.PRIMARY
    authorize(by, "incidents.view_incident" if is_own else "incidents.assign_role", incident)
    if not is_own and _is_only_deputy(incident, by):
        raise PermissionDenied("A deputy hands no seat over: the primary does.")


@transaction.atomic
def release(seat: IncidentRole, *, by: Actor, reason: str = "") -> IncidentRole:
    """Ends a seat or takes an offer back; one's own, or anybody's for who may assign.

    The commander's seat is never left empty while service is being restored: hand it over instead.
    """
    incident = seat.incident
    is_own = not isinstance(by, System) and seat.user_id == by.pk
    authorize(by, "incidents.view_incident" if is_own else "incidents.assign_role", incident)
    _lock(incident)
    seat.refresh_from_db()
    if seat.renounced_at is not None:
        raise Conflict(f"{seat.user} has given up {seat.get_role_display()} already.")
    last_in_command = (
        seat.role == Role.COMMANDER and seat.is_held and seat.kind == Holding.PRIMARY and incident.is_active
    )
    if last_in_command:
        raise Conflict("Somebody must command while the incident goes on: hand the seat over instead.")
    was_held = seat.is_held
    acting_as = events.role_of(incident, by)
    _renounce(seat)
    events.record(
        incident,
        Kind.SEAT_RELEASED,
        by=by,
        body=reason.strip(),
        acting_as=acting_as,
        **_facts(seat),
        was_offer=not was_held,
    )
    return seat


@transaction.atomic
def delegate_approval(seat: IncidentRole, *, by: Actor, may_approve: bool) -> IncidentRole:
    """Lets the Communication Lead approve updates beside the commander, or takes that back."""
    incident = seat.incident
    authorize(by, "incidents.assign_role", incident)
    if seat.role != Role.COMMS_LEAD or not seat.is_held:
        raise Conflict("Approval can be delegated to a Communication Lead who holds the seat.")
    if seat.may_approve != may_approve:
        seat.may_approve = may_approve
        seat.save(update_fields=["may_approve"])
        incident.forget_seats()
        events.record(incident, Kind.EDITED, by=by, delegated=may_approve, **_facts(seat))
    return seat


# --- questions --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """One of the seven places in the roster: who sits there, who is asked, and whether it is missed."""

    role: Role
    holders: tuple[RoleAssignment, ...]
    offers: tuple[RoleAssignment, ...]
    is_required: bool

    @property
    def is_vacant(self) -> bool:
        return not any(seat.kind != Holding.SHADOW for seat in self.holders)

    @property
    def is_gap(self) -> bool:
        """Vacant though the severity asks for it."""
        return self.is_vacant and self.is_required


def roster(incident: Incident) -> list[Slot]:
    """The seven slots in the catalogue's order, without a query beyond the incident's seats."""
    required = rule(incident.severity).required if incident.is_active else ()
    return [
        Slot(
            role=role,
            holders=tuple(incident.holders_of(role)),
            offers=tuple(seat for seat in incident.live_seats if seat.role == role and seat.state == "offered"),
            is_required=role in required,
        )
        for role in Role
    ]


def roles_to_give(incident: Incident, by: User) -> list[Role]:
    """The roles that `by` may give to somebody here now: all for the commander, the commander's own while it
    is vacant for those who may fill it, else none."""
    if incident.state in ENDED or not by.is_staff:
        return []
    if may(by, "incidents.assign_role", incident):
        return list(Role)
    is_open = not incident.is_filled(Role.COMMANDER) and may(by, "incidents.take_role", incident)
    return [Role.COMMANDER] if is_open and _may_fill_command(incident, by) else []


def read_seats(incidents: Iterable[Incident]) -> None:
    """Reads the live seats of many incidents in one query, as each would read its own."""
    listed = list(incidents)
    by_incident: dict[int, list[IncidentRole]] = {incident.pk: [] for incident in listed}
    seats = IncidentRole.objects.live().filter(incident__in=by_incident)
    for seat in seats.select_related("user", "assigned_by").order_by("assumed_at", "pk"):
        by_incident[seat.incident_id].append(seat)
    for incident in listed:
        incident.__dict__["live_seats"] = by_incident[incident.pk]


# --- inside -----------------------------------------------------------------------------------


def _may_assign(incident: Incident, role: str, by: Actor) -> None:
    """The commander assigns; while nobody commands, the declarer and the qualified may fill that seat."""
    vacant_command = role == Role.COMMANDER and not incident.is_filled(Role.COMMANDER)
    if vacant_command and not isinstance(by, System):
        authorize(by, "incidents.take_role", incident)
        if _may_fill_command(incident, by):
            return
    authorize(by, "incidents.assign_role", incident)


def _may_fill_command(incident: Incident, by: User) -> bool:
    """Who may fill the commander's seat while it is vacant: the declarer, the qualified, administrators."""
    if by.is_superuser or incident.declared_by_id == by.pk:
        return True
    return by in User.objects.qualified(Role.COMMANDER).filter(pk=by.pk)


def _is_only_deputy(incident: Incident, by: Actor) -> bool:
    """Whether `by` may assign here only through a deputy's seat."""
    if isinstance(by, System) or by.is_superuser:
        return False
    commands = [seat for seat in incident.seats_held_by(by) if seat.role == Role.COMMANDER]
    return all(seat.kind != Holding.PRIMARY for seat in commands)


def _check(incident: Incident, role: str, user: User, kind: str) -> None:
    if role not in Role.values:
        raise ValidationError(f"{role} is no role; the seven are {', '.join(Role.values)}.")
    if kind not in Holding.values:
        raise ValidationError(f"{kind} is no way to hold a role; they are {', '.join(Holding.values)}.")
    if not (user.is_active and user.is_staff):
        raise ValidationError(f"{user} is not an active responder.")
    if incident.state in ENDED:
        raise Conflict(f"{incident.key} is {incident.get_state_display()}: its seats do not change any more.")


def _lock(incident: Incident) -> None:
    """One change of seats at a time per incident; what was read of them before is read again."""
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    incident.forget_seats()


def _refuse_if_taken(incident: Incident, role: str) -> None:
    if role in SHARED_ROLES:
        return
    for seat in incident.holders_of(role):
        if seat.kind == Holding.PRIMARY:
            since = f"{seat.assumed_at:%H:%M} UTC"
            raise Conflict(f"{seat.user} holds {Role(role).label} since {since}.", needed=["hand over or release"])


def _assume(
    seat: IncidentRole, *, by: Actor, at: datetime, how: str = "", passed_on_by: User | None = None
) -> IncidentRole:
    seat.assumed_at = at
    try:
        with transaction.atomic():
            seat.save()
    except IntegrityError as problem:
        raise Conflict(f"Somebody else has just taken {seat.get_role_display()}.") from problem
    _settle(seat.incident, seat.user)
    first = seat.role == Role.COMMANDER and Incident.objects.filter(pk=seat.incident_id, acknowledged_at=None)
    if first:
        first.update(acknowledged_at=seat.assumed_at)
    facts = _facts(seat) | {"how": how}
    if passed_on_by is not None:
        facts |= {"from_user": passed_on_by.pk, "from_name": str(passed_on_by)}
    events.record(seat.incident, Kind.SEAT_HELD, by=by, **facts)
    return seat


def _renounce(seat: IncidentRole) -> None:
    seat.renounced_at = events.moment()
    seat.save(update_fields=["renounced_at"])
    _settle(seat.incident, seat.user)


def _settle(incident: Incident, user: User) -> None:
    """Brings the guardian rows of one person in line with the seats they hold now."""
    incident.forget_seats()
    grants.sync(
        user,
        incident,
        incident.seats_held_by(user),
        grants=IncidentGrant,
        invited=_is_invited(incident, user),
    )


def _is_invited(incident: Incident, user: User) -> bool:
    """Invited people, and on a private incident those who are offered a seat, may look."""
    offered = any(seat.user_id == user.pk for seat in incident.live_seats)
    return offered or incident.invited.filter(pk=user.pk).exists()


def _facts(seat: IncidentRole) -> dict[str, Any]:
    return {"seat": seat.pk, "role": seat.role, "holding": seat.kind, "user": seat.user_id, "name": str(seat.user)}


def sync_all(incidents: Iterable[Incident]) -> int:
    """Writes the guardian rows of all seats anew, after the policy table changed; returns the people seen."""
    seen = 0
    for incident in incidents:
        people = {seat.user for seat in incident.live_seats} | set(incident.invited.all())
        stray = User.objects.filter(pk__in=IncidentGrant.objects.filter(content_object=incident).values("user"))
        for person in people | set(stray):
            _settle(incident, person)
            seen += 1
    return seen
