"""What people read when a seat is offered, silent, declined or tiring, and when they are called."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from incidents.models import Incident
from incidents.response import handover, paging, reminders, staffing
from notifications.models import Message
from roles.catalog import Role
from roles.models import User
from tests import make
from tests.worker import Worker

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Told = Callable[[], dict[str, str]]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def told(worker: Worker, db: None) -> Told:
    """`told()` answers the subjects of what was written since the last call, by user name."""
    seen: set[int] = set()

    def since_last_time() -> dict[str, str]:
        worker.run(but="deliver")
        fresh = list(Message.objects.exclude(pk__in=seen).filter(channel="email").select_related("user", "content"))
        seen.update(message.pk for message in fresh)
        return {message.user.username: message.content.subject for message in fresh if message.user}

    return since_last_time


def text_to(person: User) -> str:
    return str(Message.objects.filter(user=person, channel="email").latest("pk").content.text)


def sms_to(person: User) -> str:
    return str(Message.objects.filter(user=person, channel="sms").latest("pk").content.sms)


def test_a_handover_its_silence_and_its_refusal(
    clock: time_machine.Traveller, incident: Incident, commander: User, scribe: User, bystander: User, told: Told
) -> None:
    told()
    seat = incident.seats.get(user=scribe)
    handover.hand_over(seat, to=bystander, by=commander, brief={"situation": "Node three drains."})
    assert told() == {
        "ben": "You are asked to take over Scribe on INC-1",
        "elif": "Ben is asked to take Scribe on INC-1 over from you",
    }
    assert "Amara asks you to take Scribe on INC-1 over from Elif." in text_to(bystander)
    assert "Situation: Node three drains." in text_to(bystander)
    assert "You hold the seat until they accept." in text_to(scribe)
    clock.shift(timedelta(minutes=3))
    reminders.remind_of_offers()
    assert told() == {
        "ben": "Still waiting: You are asked to take over Scribe on INC-1",
        "amara": "Ben has not answered: Scribe on INC-1",
        "elif": "Ben has not answered: Scribe on INC-1",
    }
    staffing.decline(incident.seats.offered().get(), by=bystander, reason="I sleep.")
    assert told() == {"amara": "Ben declined: Scribe on INC-1", "elif": "Ben declined: Scribe on INC-1"}
    assert "Their word: I sleep." in text_to(commander)


def test_who_is_asked_no_more_is_told(incident: Incident, commander: User, bystander: User, told: Told) -> None:
    offer, _ = staffing.assign(incident, Role.SCRIBE, bystander, by=commander, offer=True)
    told()
    staffing.release(offer, by=commander)
    assert told() == {"ben": "You are no longer asked to be Scribe on INC-1"}


def test_those_at_work_read_who_took_a_vacant_seat(
    incident: Incident, commander: User, bystander: User, told: Told
) -> None:
    told()
    staffing.take(incident, Role.SCRIBE, by=bystander)
    assert told() == {"amara": "Ben took Scribe on INC-1"}


def test_a_tired_holder_and_the_commander_read_it(
    clock: time_machine.Traveller, incident: Incident, commander: User, scribe: User, told: Told
) -> None:
    told()
    clock.shift(timedelta(hours=2))
    reminders.tell_the_tired()
    subjects = told()
    assert subjects["elif"] == "Time to hand over: Scribe on INC-1"
    assert "Elif is Scribe for 2 h 0 min: time to hand over." in text_to(scribe)


def test_a_call_and_what_becomes_of_it(
    clock: time_machine.Traveller, incident: Incident, commander: User, bystander: User, told: Told
) -> None:
    make.make_user("second", qualified=[Role.SME])
    told()
    call = paging.page(incident, bystander, by=commander, role=Role.SME, message="You know the pool.")
    assert told() == {"ben": "[SEV1] INC-1: you are called as Subject Matter Expert"}
    assert "Without an answer by 12:05 UTC the next one is called." in text_to(bystander)
    assert len(sms_to(bystander)) < 160
    clock.shift(timedelta(minutes=5))
    paging.pass_on_unanswered()
    assert told() == {
        "amara": "INC-1: Ben did not answer",
        "second": "[SEV1] INC-1: you are called as Subject Matter Expert",
    }
    assert "Ben did not answer: Second is called as Subject Matter Expert." in text_to(commander)
    assert call.pk


def test_the_one_who_declines_a_call_is_named_as_such(
    incident: Incident, commander: User, bystander: User, told: Told
) -> None:
    call = paging.page(incident, bystander, by=commander)
    told()
    paging.decline(call, by=bystander)
    assert told() == {"amara": "INC-1: Ben declined"}
