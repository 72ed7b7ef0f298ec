"""Telling facts to the listeners: each once in effect, in order, and one bad row stops nothing for good."""

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from incidents import events, relay
from incidents.models import Incident, Kind, TimelineEntry
from notifications.models import Content, Message
from roles.models import User
from roles.policy import SYSTEM
from tests import make
from tests.worker import Worker

heard: list[tuple[str, int]] = []
refused: set[int] = set()


def first(entry: TimelineEntry) -> None:
    """A listener that takes everything."""
    heard.append(("first", entry.number))


def second(entry: TimelineEntry) -> None:
    """A listener that writes a row, and then cannot take some."""
    Content.objects.create(key=f"heard:{entry.pk}:{len(heard)}", topic="test")
    if entry.number in refused:
        raise ValueError(f"cannot take row {entry.number}")
    heard.append(("second", entry.number))


@pytest.fixture
def listeners(settings: Settings) -> None:
    heard.clear()
    refused.clear()
    settings.INCIDENT_LISTENERS = [f"{__name__}.first", f"{__name__}.second"]


@pytest.fixture
def noted(db: None, listeners: None) -> Incident:
    """An incident with three rows that nobody has heard."""
    incident = make.make_incident()
    for body in ("two", "three"):
        events.record(incident, Kind.NOTE, by=SYSTEM, body=body)
    return incident


def _rested(incident: Incident) -> None:
    """As if the pause after a failure were over."""
    incident.entries.update(retry_at=None)


def test_an_outage_of_minutes_parks_nothing(noted: Incident) -> None:
    refused.add(1)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(60):
            relay.drain(noted.pk)
            clock.shift(2)
        assert noted.entries.get(number=1).failures < relay.ATTEMPTS
        refused.clear()
        clock.shift(300)
        assert relay.drain(noted.pk) == 3


def test_each_row_goes_to_each_listener_oldest_first(noted: Incident) -> None:
    assert relay.drain(noted.pk) == 3
    assert heard == [(name, number) for number in (1, 2, 3) for name in ("first", "second")]
    assert not TimelineEntry.objects.untold().exists()


def test_a_told_row_is_not_told_again(noted: Incident) -> None:
    relay.drain(noted.pk)
    heard.clear()
    assert relay.drain(noted.pk) == 0
    assert heard == []


def test_rows_of_other_incidents_wait_for_their_own_turn(noted: Incident) -> None:
    other = make.make_incident()
    relay.drain(noted.pk)
    assert [entry.incident for entry in TimelineEntry.objects.untold()] == [other]


def test_a_row_that_fails_keeps_its_place_and_says_why(noted: Incident) -> None:
    refused.add(2)
    assert relay.drain(noted.pk) == 1
    stuck = noted.entries.get(number=2)
    assert (stuck.told_at, stuck.failures, stuck.parked_at) == (None, 1, None)
    assert stuck.trouble == f"{__name__}.second: ValueError: cannot take row 2"
    assert ("first", 3) not in heard
    refused.clear()
    assert relay.drain(noted.pk) == 0, "it rests"
    _rested(noted)
    assert relay.drain(noted.pk) == 2
    assert [number for name, number in heard if name == "second"] == [1, 2, 3]
    stuck.refresh_from_db()
    assert (stuck.trouble, stuck.told_at is not None) == ("", True)


def test_what_a_failed_listener_wrote_is_taken_back(noted: Incident) -> None:
    refused.add(1)
    relay.drain(noted.pk)
    assert not Content.objects.filter(topic="test").exists()
    refused.clear()
    _rested(noted)
    relay.drain(noted.pk)
    assert Content.objects.filter(topic="test").count() == 3


def test_after_five_failures_a_row_is_parked_and_the_next_go_on(noted: Incident) -> None:
    refused.add(2)
    told = []
    for _ in range(5):
        _rested(noted)
        told.append(relay.drain(noted.pk))
    assert told == [1, 0, 0, 0, 1]
    assert [number for name, number in heard if name == "second"] == [1, 3]
    assert list(TimelineEntry.objects.parked()) == [noted.entries.get(number=2)]
    assert not TimelineEntry.objects.untold().exists()
    assert relay.drain(noted.pk) == 0


def test_the_task_tells_and_wakes_open_rooms(noted: Incident, worker: Worker) -> None:
    assert worker.run() == ["incidents.tasks.dispatch"]
    assert worker.announced == [noted.pk]
    assert not TimelineEntry.objects.untold().exists()


def test_the_clock_finds_facts_whose_task_was_lost(noted: Incident, worker: Worker) -> None:
    worker.commit()
    worker.asked.clear()
    assert TimelineEntry.objects.untold().count() == 3
    worker.tick()
    assert not TimelineEntry.objects.untold().exists()


def test_told_twice_is_queued_once(incident: Incident, commander: User, tech_lead: User) -> None:
    """The product's own listeners: a crash after telling and before noting it repeats the telling."""
    events.record(incident, Kind.SEVERITY_CHANGED, by=SYSTEM, old="SEV2", new="SEV1")
    relay.drain(incident.pk)
    rows = list(Message.objects.order_by("pk").values_list("key", "address"))
    assert {address for _, address in rows} >= {commander.email, tech_lead.email}
    TimelineEntry.objects.update(told_at=None)
    assert relay.drain(incident.pk) == incident.entries.count()
    assert list(Message.objects.order_by("pk").values_list("key", "address")) == rows
