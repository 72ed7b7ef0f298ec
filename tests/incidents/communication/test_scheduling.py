"""Texts that go out by themselves at a time: once, only approved, and not after the incident has moved on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import lifecycle
from incidents.communication import scheduling, updates
from incidents.conflicts import Conflict
from incidents.models import Kind, Update
from roles.models import User
from roles.policy import SYSTEM
from tests import make

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def approved(
    clock: time_machine.Traveller, draft: Update, comms_lead: User, commander: User, page_manager: User
) -> Update:
    updates.submit(draft, by=comms_lead)
    return updates.approve(Update.objects.get(pk=draft.pk), by=commander)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def now(update: Update) -> Update:
    return Update.objects.get(pk=update.pk)


def test_an_approved_text_goes_out_at_its_time_once(
    clock: time_machine.Traveller, approved: Update, page_manager: User
) -> None:
    scheduling.schedule(approved, by=page_manager, at=NOON + minutes(30))
    fact = approved.incident.entries.get(kind=Kind.UPDATE_SCHEDULED)
    assert fact.body == "Card payments are failing: Goes out at 12:30 UTC by itself."
    clock.shift(minutes(29))
    assert scheduling.strike() == 0
    clock.shift(minutes(1))
    assert [scheduling.strike(), scheduling.strike()] == [1, 0]
    assert (now(approved).state, now(approved).publish_at) == ("published", None)
    assert approved.incident.entries.filter(kind=Kind.UPDATE_PUBLISHED).count() == 1


def test_it_is_taken_back(clock: time_machine.Traveller, approved: Update, page_manager: User) -> None:
    scheduling.schedule(approved, by=page_manager, at=NOON + minutes(30))
    scheduling.unschedule(now(approved), by=page_manager)
    scheduling.unschedule(now(approved), by=page_manager)
    clock.shift(minutes(60))
    assert scheduling.strike() == 0
    assert now(approved).state == "approved"
    assert approved.incident.entries.filter(kind=Kind.UPDATE_SCHEDULED).count() == 2


def test_sending_it_back_takes_the_time_back(
    clock: time_machine.Traveller, approved: Update, page_manager: User, commander: User
) -> None:
    scheduling.schedule(approved, by=page_manager, at=NOON + minutes(30))
    updates.send_back(now(approved), by=commander, comment="It has changed.")
    assert (now(approved).state, now(approved).publish_at) == ("draft", None)


def test_an_incident_that_ended_takes_the_time_back_and_says_so(
    clock: time_machine.Traveller, approved: Update, page_manager: User, commander: User, comms_lead: User
) -> None:
    scheduling.schedule(approved, by=page_manager, at=NOON + minutes(30))
    lifecycle.move(approved.incident, "resolve", by=SYSTEM, reason=make.REASON)
    assert scheduling.strike() == 0
    assert now(approved).publish_at is None
    fact = approved.incident.entries.filter(kind=Kind.UPDATE_SCHEDULED).order_by("-number").first()
    assert fact.body == "Card payments are failing: Did not go out by itself: INC-1 is resolved since."
    assert fact.data["to"] == sorted([comms_lead.pk, page_manager.pk, commander.pk])


@pytest.mark.parametrize("at", [NOON, NOON - minutes(1), NOON + timedelta(days=8)])
def test_a_time_that_is_past_or_too_far_is_refused(approved: Update, page_manager: User, at: datetime) -> None:
    with pytest.raises(ValidationError):
        scheduling.schedule(approved, by=page_manager, at=at)


def test_what_is_not_approved_is_not_scheduled(
    clock: time_machine.Traveller, draft: Update, page_manager: User
) -> None:
    with pytest.raises(Conflict, match="Only an approved text"):
        scheduling.schedule(draft, by=page_manager, at=NOON + minutes(30))


def test_a_text_is_not_scheduled_behind_what_it_promises(
    clock: time_machine.Traveller, approved: Update, page_manager: User
) -> None:
    Update.objects.filter(pk=approved.pk).update(next_update_at=NOON + minutes(20))
    with pytest.raises(ValidationError, match="12:20 UTC, which is before it would go out"):
        scheduling.schedule(approved, by=page_manager, at=NOON + minutes(30))


def test_who_may_not_publish_schedules_nothing(approved: Update, comms_lead: User, page_manager: User) -> None:
    with pytest.raises(PermissionDenied):
        scheduling.schedule(approved, by=comms_lead, at=NOON + minutes(30))
