"""Who sits where: giving a seat, taking a vacant one, answering an offer, giving it up.

Each function changes the seat, the guardian rows and the timeline in one transaction. A change of
holder is a new row; nobody is ever moved from a seat in silence. Passing a seat on is handover's.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from incidents import events
from incidents.conflicts import Conflict
from incidents.lifecycle import SHORTEST_REASON
from incidents.models import Incident, IncidentGrant, IncidentRole, Kind, Severity
from incidents.response import coverage, seating
from roles.catalog import SHARED_ROLES, Holding, Role
from roles.models import RoleAssignment, User
from roles.policy import Actor, System, authorize, may

#: At these severities any responder may take command while nobody has it; elsewhere they need the qualification.
COMMAND_OPEN_TO_ALL = frozenset({Severity.SEV1, Severity.SEV2})


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
    single seat: that one is handed over or released first. Who offers their own gives it up when it is accepted.
    """
    _may_assign(incident, role, by)
    seating.lock(incident)
    seating.check(incident, role, user, kind)
    present = incident.seats.live().filter(role=role, user=user, kind=kind).first()
    if present is not None and (present.is_held or offer):
        return present, False
    own = _own_single_seat(incident, role, kind, by) if offer else None
    if kind == Holding.PRIMARY and own is None:
        seating.refuse_if_taken(incident, role)
    seating.refuse_both_leads(incident, role, user, kind, by=by, reason=reason)
    now = events.moment()
    if present is not None:
        present.reason = reason.strip()[:200]
        return seating.assume(present, by=by, at=now), True
    seat = IncidentRole(
        incident=incident,
        role=role,
        user=user,
        kind=kind,
        offered_at=now if offer else None,
        assigned_by=None if isinstance(by, System) else by,
        reason=reason.strip()[:200],
        takes_over=own,
    )
    if offer:
        seat.save(force_insert=True)
        seating.settle(incident, user)
        why: dict[str, Any] = {"reason": seat.reason} if seat.reason else {}
        events.record(incident, Kind.SEAT_OFFERED, by=by, **seating.facts(seat), **why)
        return seat, True
    return seating.assume(seat, by=by, at=now), True


@transaction.atomic
def take(incident: Incident, role: str, *, by: User, reason: str = "") -> IncidentRole:
    """Takes a vacant seat for oneself; of two who try at once, the first wins and the other is told.

    Any responder may, but for the commander's seat: below SEV2 that needs who may fill it. The others who
    work there are told.
    """
    authorize(by, "incidents.take_role", incident)
    seating.lock(incident)
    seating.check(incident, role, by, Holding.PRIMARY)
    if any(seat.user_id == by.pk and seat.kind == Holding.PRIMARY for seat in incident.holders_of(role)):
        raise Conflict(f"You hold {Role(role).label} already.")
    seating.refuse_if_taken(incident, role)
    if not _is_open_to(incident, role, by):
        raise PermissionDenied(f"{Role(role).label} at {incident.severity} is for those who are qualified for it.")
    seating.refuse_both_leads(incident, role, by, Holding.PRIMARY, by=by, reason=reason)
    others = sorted({seat.user_id for seat in incident.live_seats if seat.is_held} - {by.pk})
    seat = incident.seats.live().filter(role=role, user=by, kind=Holding.PRIMARY).first() or IncidentRole(
        incident=incident, role=role, user=by, assigned_by=by
    )
    seat.reason = reason.strip()[:200]
    return seating.assume(seat, by=by, at=events.moment(), how="taken", to=others)


@transaction.atomic
def accept(seat: IncidentRole, *, by: User, reason: str = "") -> IncidentRole:
    """Accepts an offer made to oneself; where it takes over from somebody, they leave at the same instant."""
    incident = seat.incident
    authorize(by, "incidents.take_role", incident)
    if seat.user_id != by.pk:
        raise PermissionDenied(f"This seat was offered to {seat.user}.")
    seating.lock(incident)
    seating.check(incident, seat.role, by, seat.kind)
    seat.refresh_from_db()
    if seat.is_held:
        return seat
    if seat.renounced_at is not None:
        seating.refuse_if_taken(incident, seat.role)
        raise Conflict("This offer was taken back.")
    seating.refuse_both_leads(incident, seat.role, by, seat.kind, by=by, reason=reason or seat.reason)
    giver = incident.seats.held().filter(offered_to=seat).select_related("user").first()
    if giver is not None:
        giver.incident = incident
        seating.renounce(giver)
    if seat.kind == Holding.PRIMARY:
        seating.refuse_if_taken(incident, seat.role)
    return seating.assume(seat, by=by, at=events.moment(), how="accepted", follows=giver)


@transaction.atomic
def decline(seat: IncidentRole, *, by: User, reason: str = "") -> IncidentRole:
    """Says no to an offer made to oneself, with a word if one likes; who asked and the commander are told."""
    incident = seat.incident
    authorize(by, "incidents.view_incident", incident)
    if seat.user_id != by.pk:
        raise PermissionDenied(f"This seat was offered to {seat.user}.")
    seating.lock(incident)
    seat.refresh_from_db()
    if seat.is_held:
        raise Conflict(f"You hold {seat.get_role_display()}: give it up instead.")
    if seat.renounced_at is not None:
        return seat
    seating.end_offer(seat, by=by, why=reason.strip(), is_declined=True, to=seating.who_asked(seat))
    return seat


@transaction.atomic
def release(seat: IncidentRole, *, by: Actor, reason: str = "") -> IncidentRole:
    """Ends a seat or takes an offer back; one's own, or anybody's for who may assign.

    The commander's seat is never left empty while service is being restored: hand it over instead. The last
    holder of a role that the severity asks for gives it up with a reason.
    """
    incident = seat.incident
    _may_release(seat, by)
    seating.lock(incident)
    seat.refresh_from_db()
    _may_release(seat, by)  # an offer that was accepted meanwhile is not its giver's any more
    if seat.renounced_at is not None:
        raise Conflict(f"{seat.user} has given up {seat.get_role_display()} already.")
    if not seat.is_held:
        if not isinstance(by, System) and seat.user_id == by.pk:
            return decline(seat, by=by, reason=reason)
        seating.end_offer(seat, by=by, why=reason.strip())
        return seat
    if seat.role == Role.COMMANDER and seat.kind == Holding.PRIMARY and incident.is_active:
        raise Conflict("Somebody must command while the incident goes on: hand the seat over instead.")
    if needs_reason_to_release(seat) and not isinstance(by, System) and len(reason.strip()) < SHORTEST_REASON:
        raise Conflict(
            f"{incident.severity} asks for a {seat.get_role_display()}: hand the seat over, "
            f"or say why it may stay empty in at least {SHORTEST_REASON} characters.",
            needed=["a successor or a reason"],
        )
    acting_as = events.role_of(incident, by)
    seating.renounce(seat)
    facts = seating.facts(seat)
    events.record(
        incident, Kind.SEAT_RELEASED, by=by, body=reason.strip(), acting_as=acting_as, **facts, was_offer=False
    )
    return seat


@transaction.atomic
def delegate_approval(seat: IncidentRole, *, by: Actor, may_approve: bool) -> IncidentRole:
    """Lets the Communication Lead approve updates beside the commander, or takes that back."""
    incident = seat.incident
    authorize(by, "incidents.delegate_approval", incident)
    if seat.role != Role.COMMS_LEAD or not seat.is_held:
        raise Conflict("Approval can be delegated to a Communication Lead who holds the seat.")
    if seat.may_approve != may_approve:
        seat.may_approve = may_approve
        seat.save(update_fields=["may_approve"])
        incident.forget_seats()
        says = "may approve updates beside the commander" if may_approve else "no longer approves updates"
        events.record(
            incident,
            Kind.APPROVAL_DELEGATED,
            by=by,
            body=f"{seat.user} {says}",
            to=[seat.user_id],
            delegated=may_approve,
            **seating.facts(seat),
        )
    return seat


# --- questions --------------------------------------------------------------------------------


def may_take(incident: Incident, role: str, *, by: User) -> bool:
    """Whether `by` could sit down there now: nobody holds a single seat, and it is open to them."""
    is_taken = role not in SHARED_ROLES and any(seat.kind == Holding.PRIMARY for seat in incident.holders_of(role))
    if is_taken or incident.state in seating.ENDED:
        return False
    return may(by, "incidents.take_role", incident) and _is_open_to(incident, role, by)


def needs_reason_to_release(seat: RoleAssignment) -> bool:
    """Whether the severity asks for this role and nobody would be left in it."""
    if not isinstance(seat, IncidentRole) or seat.kind == Holding.SHADOW:
        return False
    if not coverage.is_needed(seat.incident, seat.role):
        return False
    holders = seat.incident.holders_of(seat.role)
    return not any(other.pk != seat.pk and other.kind != Holding.SHADOW for other in holders)


def roles_to_give(incident: Incident, by: User) -> list[Role]:
    """The roles that `by` may give to somebody here now: all for the commander, the commander's own while it
    is vacant for those who may fill it, else none."""
    if incident.state in seating.ENDED or not by.is_staff:
        return []
    if may(by, "incidents.assign_role", incident):
        return list(Role)
    is_open = not incident.is_filled(Role.COMMANDER) and may(by, "incidents.take_role", incident)
    return [Role.COMMANDER] if is_open and _may_fill_command(incident, by) else []


# --- inside -----------------------------------------------------------------------------------


def _may_assign(incident: Incident, role: str, by: Actor) -> None:
    """The commander assigns; while nobody commands, the declarer and the qualified may fill that seat."""
    vacant_command = role == Role.COMMANDER and not incident.is_filled(Role.COMMANDER)
    if vacant_command and not isinstance(by, System):
        authorize(by, "incidents.take_role", incident)
        if _may_fill_command(incident, by):
            return
    authorize(by, "incidents.assign_role", incident)


def _is_open_to(incident: Incident, role: str, by: User) -> bool:
    """Below SEV2 the commander's seat is for those who may fill it; all others are for every responder."""
    return role != Role.COMMANDER or incident.severity in COMMAND_OPEN_TO_ALL or _may_fill_command(incident, by)


def _may_fill_command(incident: Incident, by: User) -> bool:
    """Who may fill the commander's seat while it is vacant: the declarer, the qualified, administrators."""
    if by.is_superuser or incident.declared_by_id == by.pk:
        return True
    return by in User.objects.qualified(Role.COMMANDER).filter(pk=by.pk)


def _own_single_seat(incident: Incident, role: str, kind: str, by: Actor) -> IncidentRole | None:
    """The seat that somebody offers to another because they hold it themselves."""
    if isinstance(by, System) or role in SHARED_ROLES or kind != Holding.PRIMARY:
        return None
    return incident.seats.held().filter(role=role, user=by, kind=kind).first()


def _may_release(seat: IncidentRole, by: Actor) -> None:
    """One's own seat everybody may end, and an offer of one's own; others' who may assign."""
    is_own = not isinstance(by, System) and by.pk in _parties(seat)
    authorize(by, "incidents.view_incident" if is_own else "incidents.assign_role", seat.incident)


def _parties(seat: IncidentRole) -> set[int | None]:
    """Who may end this seat or offer without being the commander: its holder, and for an offer who gives the seat."""
    if seat.is_held:
        return {seat.user_id}
    return {seat.user_id, seat.takes_over.user_id if seat.takes_over else None}


def sync_all(incidents: Iterable[Incident]) -> int:
    """Writes the guardian rows of all seats anew, after the policy table changed; returns the people seen."""
    seen = 0
    for incident in incidents:
        people = {seat.user for seat in incident.live_seats} | set(incident.invited.all())
        stray = User.objects.filter(pk__in=IncidentGrant.objects.filter(content_object=incident).values("user"))
        for person in people | set(stray):
            seating.settle(incident, person)
            seen += 1
    return seen
