"""What a change of severity does to the seats: what is newly needed is offered to the best candidate, and what is
needed no more may be released. Nobody is moved from a seat by it (product rules, sections 2 and 8).
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from incidents.models import Incident, IncidentKind, IncidentRole, Kind, TimelineEntry
from incidents.response import candidates, coverage, seating, staffing
from incidents.response.candidates import Candidate
from incidents.severity import MAJOR, rule, rules
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM

#: For so long after the severity was lowered, what it needs no more is put to the commander.
HINTED_FOR = timedelta(minutes=30)


def on_event(entry: TimelineEntry) -> None:
    """Hears that the severity was raised and offers each role that it newly asks for. Safe to repeat: a role that was
    offered since is not offered again."""
    old, new = str(entry.data.get("old", "")), str(entry.data.get("new", ""))
    if entry.kind != Kind.SEVERITY_CHANGED or not is_raised(old, new):
        return
    with transaction.atomic():
        incident = Incident.objects.get(pk=entry.incident_id)
        seating.lock(incident)
        for role in Role:
            if role in rule(new).required and role not in rule(old).required:
                _offer(incident, role, since=entry.recorded_at)


def is_raised(old: str, new: str) -> bool:
    """Whether `new` is the worse of two severities: the lower number."""
    return old in rules() and new in rules() and new < old


def spared(incident: Incident) -> list[IncidentRole]:
    """Seats and offers of roles that the severity asked for until it was lowered within the last half hour, and that
    it asks for no more; for the commander to release or keep. One query."""
    changes = incident.entries.filter(kind=Kind.SEVERITY_CHANGED, recorded_at__gt=timezone.now() - HINTED_FOR)
    before = {str(data.get("old", "")) for data in changes.values_list("data", flat=True)} & rules().keys()
    if not before or not incident.is_active:
        return []
    gone = {role for old in before for role in rule(old).required} - set(rule(incident.severity).required)
    return [
        seat
        for seat in incident.live_seats
        if isinstance(seat, IncidentRole) and seat.role in gone and seat.kind != Holding.SHADOW
    ]


# --- inside -----------------------------------------------------------------------------------


def _offer(incident: Incident, role: Role, *, since: datetime) -> None:
    """Offers it where nobody sits there, is asked or called, and somebody fits. The commander hears of silence."""
    if incident.kind == IncidentKind.BACKFILLED or not coverage.is_needed(incident, role):
        return
    asked = incident.seats.filter(role=role, offered_at__gte=since).exists()
    called = incident.pagings.waiting().filter(role=role).exists()
    if asked or called or any(seat.role == role and seat.kind != Holding.SHADOW for seat in incident.live_seats):
        return
    chosen = _best(incident, role)
    if chosen is not None:
        staffing.assign(incident, role, chosen, by=SYSTEM, offer=True, reason=f"{incident.severity} asks for it")


def _best(incident: Incident, role: Role) -> User | None:
    """The first of the candidates who is trained for it or owns what broke, has no other seat or offer here, was not
    asked for this one before, and can see the incident. Nobody is woken for what is not major."""
    busy = {seat.user_id for seat in incident.live_seats}
    asked_before = set(incident.seats.filter(role=role).values_list("user", flat=True))
    for one in candidates.for_role(incident, role):
        if one.user.pk in busy | asked_before or not _fits(one, role):
            continue
        if one.is_woken and incident.severity not in MAJOR:
            continue
        return one.user
    return None


def _fits(one: Candidate, role: Role) -> bool:
    is_able = one.is_qualified or (role == Role.SME and bool(one.owns))
    return is_able and not (one.needs_reason or one.is_let_in or one.is_waiting)
