"""What the clock does about seats: unanswered offers, tired holders, and seats of what is long over.

Each function looks for what is due, claims it by a guarded update, and is safe to repeat.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from incidents import events
from incidents.models import Incident, IncidentRole, Kind
from incidents.models.incident import ACTIVE
from incidents.response import candidates, seating
from incidents.severity import MAJOR
from roles.catalog import Holding, Role
from roles.policy import SYSTEM

#: How long an offer may wait before everybody concerned is reminded, once.
ANSWER_WITHIN = timedelta(minutes=3)
#: How long somebody holds a seat of a major incident before they are asked to hand over, and asked again.
TIRED_AFTER = timedelta(hours=2)


def remind_of_offers() -> int:
    """Reminds of offers that have waited for three minutes, once each: who was asked, and who waits for the answer."""
    now = timezone.now()
    waiting = IncidentRole.objects.offered().filter(told_at=None, offered_at__lte=now - ANSWER_WITHIN)
    rows = waiting.filter(incident__state__in=ACTIVE).exclude(kind=Holding.SHADOW)
    return sum(_remind(pk, now) for pk in rows.values_list("pk", flat=True))


@transaction.atomic
def _remind(pk: int, now: datetime) -> bool:
    seat = _read(pk)
    seating.lock(seat.incident)  # before the seat's row, as whoever answers the offer does
    if not IncidentRole.objects.offered().filter(pk=pk, told_at=None).update(told_at=now):
        return False
    giver: dict[str, Any] = {}
    if seat.takes_over:
        giver = {"giver": seat.takes_over.user_id, "giver_name": str(seat.takes_over.user)}
    minutes = int(ANSWER_WITHIN.total_seconds() // 60)
    events.record(
        seat.incident,
        Kind.SEAT_OFFERED,
        by=SYSTEM,
        body=f"{seat.user} has not answered the offer of {seat.get_role_display()} for {minutes} min",
        to=seating.who_asked(seat),
        is_reminder=True,
        brief=seat.brief,
        **giver,
        **seating.facts(seat),
    )
    return True


def end_stale_offers() -> int:
    """Ends offers that were open when their incident came to its end."""
    ended = IncidentRole.objects.offered().exclude(incident__state__in=ACTIVE)
    rows = ended.filter(offered_at__lte=F("incident__state_since"))
    return sum(_end_offer(pk) for pk in rows.values_list("pk", flat=True))


@transaction.atomic
def _end_offer(pk: int) -> bool:
    seat = _read(pk)
    seating.lock(seat.incident)
    seat.refresh_from_db()
    if seat.renounced_at is not None or seat.is_held:
        return False
    state = seat.incident.get_state_display().lower()
    seating.end_offer(seat, by=SYSTEM, why=f"{seat.incident.key} is {state}.")
    return True


def tell_the_tired() -> int:
    """Asks who has held a seat of a major incident for two hours, or into their own night, to hand over."""
    now = timezone.now()
    held = IncidentRole.objects.held().exclude(kind=Holding.SHADOW)
    rows = held.filter(
        Q(told_at=None) | Q(told_at__lte=now - TIRED_AFTER),
        incident__in=Incident.objects.active().filter(severity__in=MAJOR),
    )
    return sum(_tell_tired(seat, now) for seat in rows.select_related("user") if _is_tired(seat, now))


def _is_tired(seat: IncidentRole, now: datetime) -> bool:
    if seat.assumed_at is None:
        return False
    return now - (seat.told_at or seat.assumed_at) >= TIRED_AFTER or _fell_night(seat, now)


def _fell_night(seat: IncidentRole, now: datetime) -> bool:
    """Whether the holder's own night has begun since they sat down, or since they were last asked."""
    local = now.astimezone(seat.user.zone)
    if seat.assumed_at is None or not candidates.is_night(local):
        return False
    evening = local.replace(hour=candidates.NIGHT_FROM, minute=0, second=0, microsecond=0)
    began = evening if evening <= local else evening - timedelta(days=1)
    return max(seat.assumed_at, seat.told_at or seat.assumed_at) < began


@transaction.atomic
def _tell_tired(seat: IncidentRole, now: datetime) -> bool:
    before, seat = seat.told_at, _read(seat.pk)
    incident = seat.incident
    seating.lock(incident)
    if not IncidentRole.objects.held().filter(pk=seat.pk, told_at=before).update(told_at=now):
        return False
    commanding = {one.user_id for one in incident.holders_of(Role.COMMANDER) if one.kind == Holding.PRIMARY}
    minutes = int((now - (seat.assumed_at or now)).total_seconds() // 60)
    length = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
    night = f", and it is {now.astimezone(seat.user.zone):%H:%M} where they are" if _is_night_for(seat, now) else ""
    events.record(
        incident,
        Kind.HOLDER_TIRED,
        by=SYSTEM,
        body=f"{seat.user} is {seat.get_role_display()} for {length}{night}: time to hand over.",
        to=sorted({seat.user_id} | commanding),
        **seating.facts(seat),
    )
    return True


def _is_night_for(seat: IncidentRole, now: datetime) -> bool:
    return candidates.is_night(now.astimezone(seat.user.zone))


def end_old_seats() -> int:
    """Ends the seats of incidents that have been over for some days, and with them their rights."""
    before = timezone.now() - timedelta(days=settings.SEATS_END_AFTER_DAYS)
    rows = IncidentRole.objects.live().filter(incident__state__in=seating.ENDED, incident__state_since__lte=before)
    return sum(_end_seat(pk) for pk in rows.values_list("pk", flat=True))


@transaction.atomic
def _end_seat(pk: int) -> bool:
    seat = _read(pk)
    seating.lock(seat.incident)
    seat.refresh_from_db()
    if seat.renounced_at is not None:
        return False
    seating.renounce(seat)
    state = seat.incident.get_state_display().lower()
    body = f"{settings.SEATS_END_AFTER_DAYS} days after it was {state}"
    facts = seating.facts(seat)
    events.record(seat.incident, Kind.SEAT_RELEASED, by=SYSTEM, body=body, **facts, was_offer=False, is_quiet=True)
    return True


def _read(pk: int) -> IncidentRole:
    return IncidentRole.objects.select_related("incident", "user", "takes_over__user").get(pk=pk)  # type: ignore[return-value]
