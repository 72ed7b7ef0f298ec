"""What the clock does about seats: each once, however often it strikes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pytest_django import Settings

from incidents import lifecycle
from incidents.models import Incident, IncidentRole, Kind, Severity
from incidents.response import coverage, handover, reminders, staffing
from notifications.models import Message
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM, may
from tests import make
from tests.worker import Worker

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def strike(job: object, times: int = 3) -> list[int]:
    return [job() for _ in range(times)]  # type: ignore[operator]


# --- offers -----------------------------------------------------------------------------------


def test_an_offer_unanswered_for_three_minutes_is_told_once_and_seats_nobody(
    clock: time_machine.Traveller, incident: Incident, commander: User, bystander: User
) -> None:
    offer, _ = staffing.assign(incident, Role.SCRIBE, bystander, by=commander, offer=True)
    clock.shift(timedelta(seconds=179))
    assert reminders.remind_of_offers() == 0
    clock.shift(timedelta(seconds=1))
    assert strike(reminders.remind_of_offers) == [1, 0, 0]
    entry = incident.entries.last()
    assert (entry.kind, entry.body) == (Kind.SEAT_OFFERED, "Ben has not answered the offer of Scribe for 3 min")
    assert (entry.data["user"], entry.data["to"], entry.data["is_reminder"]) == (bystander.pk, [commander.pk], True)
    incident.forget_seats()
    slot = next(one for one in coverage.roster(incident) if one.role == Role.SCRIBE)
    assert (slot.unanswered, slot.is_gap) == (offer, True)
    assert staffing.accept(offer, by=bystander).told_at is None


def test_an_unanswered_handover_reminds_both_and_the_giver_stays(
    clock: time_machine.Traveller, incident: Incident, commander: User, scribe: User, bystander: User
) -> None:
    handover.hand_over(incident.seats.get(user=scribe), to=bystander, by=scribe, brief={"situation": "Quiet."})
    clock.shift(timedelta(minutes=3))
    assert strike(reminders.remind_of_offers) == [1, 0, 0]
    entry = incident.entries.last()
    assert set(entry.data["to"]) == {commander.pk, scribe.pk}
    assert (entry.data["user"], entry.data["giver_name"], entry.data["brief"]["situation"]) == (
        bystander.pk,
        "Elif",
        "Quiet.",
    )
    assert incident.seats.held().get(role=Role.SCRIBE).user == scribe


def test_shadows_are_not_pressed(clock: time_machine.Traveller, incident: Incident, commander: User) -> None:
    staffing.assign(incident, Role.SCRIBE, make.make_user(), by=commander, kind=Holding.SHADOW, offer=True)
    clock.shift(timedelta(minutes=5))
    assert reminders.remind_of_offers() == 0


def test_offers_end_with_the_incident_and_those_made_afterwards_stay(
    clock: time_machine.Traveller, incident: Incident, commander: User, bystander: User
) -> None:
    offer, _ = staffing.assign(incident, Role.SCRIBE, bystander, by=commander, offer=True)
    assert reminders.end_stale_offers() == 0
    clock.shift(timedelta(minutes=1))
    lifecycle.move(incident, "resolve", by=commander, reason=make.REASON)
    clock.shift(timedelta(minutes=1))
    debrief = handover.hand_over(incident.seats.held().get(role=Role.COMMANDER), to=bystander, by=commander)
    assert strike(reminders.end_stale_offers) == [1, 0, 0]
    offer.refresh_from_db()
    debrief.refresh_from_db()
    assert (offer.state, debrief.state) == ("renounced", "offered")
    assert incident.entries.last().body == "INC-1 is resolved."


# --- tired holders ----------------------------------------------------------------------------


def test_after_two_hours_the_holder_and_the_commander_are_told_and_again_after_two_more(
    clock: time_machine.Traveller, incident: Incident, commander: User, scribe: User
) -> None:
    clock.shift(timedelta(minutes=119))
    assert reminders.tell_the_tired() == 0
    clock.shift(timedelta(minutes=1))
    assert strike(reminders.tell_the_tired) == [2, 0, 0]
    rows = list(incident.entries.filter(kind=Kind.HOLDER_TIRED).order_by("number"))
    assert [row.body for row in rows] == [
        "Amara is Incident Commander for 2 h 0 min: time to hand over.",
        "Elif is Scribe for 2 h 0 min: time to hand over.",
    ]
    assert [row.data["to"] for row in rows] == [[commander.pk], sorted([commander.pk, scribe.pk])]
    clock.shift(timedelta(minutes=119))
    assert reminders.tell_the_tired() == 0
    clock.shift(timedelta(minutes=1))
    assert reminders.tell_the_tired() == 2


def test_at_nightfall_where_they_are_holders_are_told_once(clock: time_machine.Traveller, incident: Incident) -> None:
    make.seat(incident, Role.SCRIBE, make.make_user("kenji", time_zone="Asia/Tokyo"))  # 21:00 there
    clock.shift(timedelta(minutes=59))
    assert reminders.tell_the_tired() == 0
    clock.shift(timedelta(minutes=1))
    assert strike(reminders.tell_the_tired) == [1, 0, 0]
    assert "for 1 h 0 min, and it is 22:00 where they are" in incident.entries.last().body


def test_who_sits_down_at_night_is_not_told_of_it(clock: time_machine.Traveller, incident: Incident) -> None:
    make.seat(incident, Role.SCRIBE, make.make_user("hana", time_zone="Pacific/Auckland"))  # 01:00 there
    clock.shift(timedelta(minutes=90))
    assert reminders.tell_the_tired() == 0


@pytest.mark.parametrize("severity", [Severity.SEV3, Severity.SEV5])
def test_minor_incidents_tire_nobody(clock: time_machine.Traveller, severity: str, db: None) -> None:
    minor = make.make_incident(severity=severity)
    make.seat(minor, Role.COMMANDER, make.make_user())
    clock.shift(timedelta(hours=9))
    assert reminders.tell_the_tired() == 0


def test_shadows_and_what_is_over_tire_nobody(
    clock: time_machine.Traveller, incident: Incident, commander: User, shadow: User
) -> None:
    lifecycle.move(incident, "resolve", by=commander, reason=make.REASON)
    clock.shift(timedelta(hours=3))
    assert reminders.tell_the_tired() == 0


# --- what is long over ------------------------------------------------------------------------


def test_a_week_after_the_end_seats_and_their_rights_end_and_nobody_is_written_to(
    clock: time_machine.Traveller, settings: Settings, worker: Worker, db: None
) -> None:
    settings.SEATS_END_AFTER_DAYS = 7
    incident = make.make_incident()
    person = make.seat(incident, Role.SCRIBE, make.make_user()).user
    for verb in ("identify", "monitor", "resolve", "close"):
        lifecycle.move(incident, verb, by=SYSTEM, reason=make.REASON)
    clock.shift(timedelta(days=7, seconds=-1))
    assert reminders.end_old_seats() == 0
    assert may(person, "incidents.supersede_entry", Incident.objects.get())
    clock.shift(timedelta(seconds=1))
    worker.run(but="deliver")
    told = Message.objects.count()
    assert strike(reminders.end_old_seats) == [1, 0, 0]
    worker.run(but="deliver")
    assert Message.objects.count() == told
    assert not may(person, "incidents.supersede_entry", Incident.objects.get())
    assert IncidentRole.objects.get().renounced_at == NOON + timedelta(days=7)
    assert incident.entries.last().data["is_quiet"] is True
