"""Facts: one row each, numbered without gaps, chained, and asked to be told."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from incidents import events
from incidents.models import Incident, Kind
from incidents.response import handover, staffing
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make
from tests.worker import Asked, Worker

LONG_AGO = datetime(2025, 12, 24, 18, 0, tzinfo=UTC)


def test_rows_are_numbered_per_incident_without_gaps(db: None) -> None:
    first, second = make.make_incident(), make.make_incident()
    for incident in (first, second, first, first):
        events.record(incident, Kind.NOTE, by=SYSTEM, body="seen")
    assert list(first.entries.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert list(second.entries.values_list("number", flat=True)) == [1, 2]


def test_each_row_carries_the_digest_of_the_one_before(incident: Incident, commander: User) -> None:
    events.record(incident, Kind.NOTE, by=commander, body="seen")
    opened, seated, noted = incident.entries.all()
    assert opened.digest_before == ""
    assert (seated.digest_before, noted.digest_before) == (opened.digest, seated.digest)
    assert len({opened.digest, seated.digest, noted.digest}) == 3


def test_the_digest_read_back_is_the_digest_that_was_written(incident: Incident) -> None:
    entry = events.record(
        incident,
        Kind.NOTE,
        by=SYSTEM,
        body="Größe 5 µs, “quoted”\r\n\u2028 and 😀",
        numbers=[1, 2.5, -0.125],
        nested={"b": None, "a": [True, {"z": "ü"}]},
        kind="a kind of its own",
    )
    entry.refresh_from_db()
    assert events.digest_of(entry) == entry.digest


def test_a_row_says_in_which_role_somebody_acted(
    incident: Incident, commander: User, deputy: User, shadow: User, bystander: User
) -> None:
    make.seat(incident, Role.SCRIBE, commander)
    assert events.record(incident, Kind.NOTE, by=commander, body="x").actor_role == Role.COMMANDER
    assert events.record(incident, Kind.NOTE, by=deputy, body="x").actor_role == Role.COMMANDER
    assert events.record(incident, Kind.NOTE, by=shadow, body="x").actor_role == ""
    assert events.record(incident, Kind.NOTE, by=bystander, body="x").actor_role == ""
    assert events.record(incident, Kind.NOTE, by=SYSTEM, body="x").actor_role == ""


def test_whoever_hands_a_seat_over_acts_in_it(incident: Incident, commander: User, bystander: User) -> None:
    seat = handover.hand_over(incident.seats.get(user=commander), to=bystander, by=commander)
    asked = incident.entries.get(kind=Kind.SEAT_OFFERED)
    assert (asked.actor, asked.actor_role) == (commander, Role.COMMANDER)
    staffing.accept(seat, by=bystander)
    handed = incident.entries.get(kind=Kind.SEAT_HANDED_OVER)
    assert (handed.actor, handed.actor_role) == (bystander, Role.COMMANDER)
    scribe = make.seat(incident, Role.SCRIBE, make.make_user("elif"))
    staffing.release(scribe, by=scribe.user, reason="My shift ends.")
    released = incident.entries.get(kind=Kind.SEAT_RELEASED)
    assert (released.actor, released.actor_role) == (scribe.user, Role.SCRIBE)


def test_a_fact_asks_for_its_listeners_once_it_is_committed(incident: Incident, worker: Worker) -> None:
    worker.commit()
    worker.asked.clear()
    events.record(incident, Kind.NOTE, by=SYSTEM, body="x")
    assert worker.asked == []
    worker.commit()
    assert worker.asked == [Asked("incidents.tasks.dispatch", (incident.pk,))]


def test_a_fact_that_is_rolled_back_asks_for_nothing(incident: Incident, worker: Worker) -> None:
    worker.commit()
    worker.asked.clear()
    rows = incident.entries.count()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        events.record(incident, Kind.NOTE, by=SYSTEM, body="x")
        raise ZeroDivisionError
    worker.commit()
    assert worker.asked == []
    assert incident.entries.count() == rows


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_a_transaction_is_an_error() -> None:
    incident = make.make_incident()
    assert not connection.in_atomic_block
    with pytest.raises(RuntimeError, match="outside a transaction"):
        events.record(incident, Kind.NOTE, by=SYSTEM, body="x")
    assert incident.entries.count() == 1


def test_what_is_written_down_later_says_when_it_happened_and_when_it_was_written(incident: Incident) -> None:
    before = timezone.now()
    with events.dated(LONG_AGO):
        assert events.moment() == LONG_AGO
        entry = events.record(incident, Kind.NOTE, by=SYSTEM, body="x")
        said = events.record(incident, Kind.NOTE, by=SYSTEM, body="x", occurred_at=LONG_AGO - timedelta(hours=1))
    assert entry.occurred_at == LONG_AGO
    assert entry.recorded_at >= before
    assert said.occurred_at == LONG_AGO - timedelta(hours=1)
    assert events.moment() >= before
