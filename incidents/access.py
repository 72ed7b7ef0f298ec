"""Who may know of an incident: whether it is private, and who is invited beside those who hold a seat.

Sight ends at once: `visible_to` asks the rows that are written here.
"""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents import events
from incidents.conflicts import Conflict
from incidents.models import Incident, IncidentGrant, Kind, TimelineEntry
from roles import grants
from roles.models import User
from roles.policy import Actor, authorize

MANAGE = "incidents.manage_access"


class Sight(NamedTuple):
    """One person who sees a private incident, and why."""

    user: User
    why: str
    is_invited: bool


@transaction.atomic
def make_private(incident: Incident, *, by: Actor, reason: str = "") -> TimelineEntry | None:
    """From now on only those with a seat or an invitation, and administrators, know of it; None where it is so."""
    return _set_private(incident, True, by=by, reason=reason)


@transaction.atomic
def make_public(incident: Incident, *, by: Actor, reason: str = "") -> TimelineEntry | None:
    """From now on every responder sees it, with all that was written so far; None where it is so."""
    return _set_private(incident, False, by=by, reason=reason)


@transaction.atomic
def invite(incident: Incident, person: User, *, by: Actor) -> TimelineEntry | None:
    """Lets somebody see the incident, a stakeholder too; they are told. None where they are invited already."""
    authorize(by, MANAGE, incident)
    if not person.is_active:
        raise ValidationError(f"{person} has no account that is in use.")
    _lock(incident)
    if person.pk in incident.invited_ids:
        return None
    incident.invited.add(person)
    _settle(incident, person)
    return events.record(
        incident,
        Kind.ACCESS_CHANGED,
        by=by,
        body=f"{person} invited.",
        to=[person.pk],
        invited=person.pk,
    )


@transaction.atomic
def uninvite(incident: Incident, person: User, *, by: Actor) -> TimelineEntry:
    """Takes an invitation back; who holds a seat goes on seeing the incident by it."""
    authorize(by, MANAGE, incident)
    _lock(incident)
    if person.pk not in incident.invited_ids:
        raise Conflict(f"{person} is not invited.")
    incident.invited.remove(person)
    _settle(incident, person)
    return events.record(
        incident, Kind.ACCESS_CHANGED, by=by, body=f"Invitation of {person} taken back.", uninvited=person.pk
    )


def who_sees(incident: Incident) -> list[Sight]:
    """The people who see it though it is private, administrators aside: seats, then offers, then invitations."""
    found: dict[int, Sight] = {}
    for seat in sorted(incident.live_seats, key=lambda seat: not seat.is_held):
        why = f"{seat.get_role_display()}{'' if seat.is_held else ', offered'}"
        found.setdefault(seat.user_id, Sight(seat.user, why, seat.user_id in incident.invited_ids))
    # Most are open to all and nobody is invited: then there is nobody to read.
    for person in incident.invited.order_by("first_name", "username") if incident.invited_ids else ():
        found.setdefault(person.pk, Sight(person, "Invited", True))
    return list(found.values())


def _set_private(incident: Incident, is_private: bool, *, by: Actor, reason: str) -> TimelineEntry | None:
    authorize(by, MANAGE, incident)
    _lock(incident)
    # Only where it was the other way round: of two who press at once, one has changed nothing.
    if not Incident.objects.filter(pk=incident.pk, is_private=not is_private).update(is_private=is_private):
        incident.is_private = is_private
        return None
    incident.is_private = is_private
    says = "Private now: only its seats and those invited see it." if is_private else "Open now to every responder."
    return events.record(
        incident,
        Kind.ACCESS_CHANGED,
        by=by,
        body=f"{says} {reason.strip()}".strip(),
        is_private=is_private,
    )


def _lock(incident: Incident) -> None:
    """One change of access at a time per incident; what was read of it before is read again."""
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    incident.forget_invited()
    incident.forget_seats()


def _settle(incident: Incident, person: User) -> None:
    """Brings the rights of one person in line with their invitation, and with what they hold or are offered."""
    incident.forget_invited()
    is_offered = any(seat.user_id == person.pk for seat in incident.live_seats)
    grants.sync(
        person,
        incident,
        incident.seats_held_by(person),
        grants=IncidentGrant,
        invited=is_offered or person.pk in incident.invited_ids,
    )
