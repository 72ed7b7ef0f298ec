"""Working payloads off: claimed by one worker, tried again after a failure, shown after the fifth."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.detection import alerts, reading
from incidents.models import Alert, AlertSource, Payload
from tests.incidents.detection.payloads import alertmanager

State = Payload.State


@pytest.fixture
def payload(prometheus: AlertSource) -> Payload:
    return Payload.objects.create(source=prometheus, body=json.dumps(alertmanager()).encode())


def now_of(payload: Payload) -> Payload:
    return Payload.objects.get(pk=payload.pk)


def test_what_another_worker_has_claimed_is_left_alone(payload: Payload):
    Payload.objects.update(due_at=timezone.now() + timedelta(seconds=30), attempts=1)
    reading.work_off(payload.pk)
    assert (now_of(payload).state, Alert.objects.count()) == (State.RECEIVED, 0)


def test_a_claim_that_lapsed_is_taken_over(payload: Payload):
    Payload.objects.update(due_at=timezone.now() - timedelta(seconds=1), attempts=1)
    reading.work_off(payload.pk)
    assert (now_of(payload).state, now_of(payload).attempts) == (State.DONE, 2)


def test_a_failure_is_tried_again_and_shown_after_the_fifth(payload: Payload, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(alerts, "note", fail)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        waits = []
        for _ in range(5):
            reading.work_off(payload.pk)
            waits.append(round((now_of(payload).due_at - timezone.now()).total_seconds()))
            reading.work_off(payload.pk)  # too early: changes nothing
            clock.shift(timedelta(minutes=5))
    assert waits[:4] == [5, 10, 20, 40]
    assert (now_of(payload).state, now_of(payload).attempts) == (State.FAILED, 5)
    assert now_of(payload).trouble == "RuntimeError: the disk is gone"


def test_workers_that_die_five_times_leave_a_failure_and_no_loop(payload: Payload):
    Payload.objects.update(attempts=5)
    reading.work_off(payload.pk)
    assert (now_of(payload).state, Alert.objects.count()) == (State.FAILED, 0)
    assert "five tries" in now_of(payload).trouble


def test_a_kind_that_nothing_reads_any_more_is_kept_with_the_reason(payload: Payload):
    AlertSource.objects.update(kind="gone")
    reading.work_off(payload.pk)
    assert (now_of(payload).state, now_of(payload).trouble) == (State.UNREADABLE, "Nothing here reads gone.")


def test_one_bad_alert_does_not_keep_an_earlier_one_from_being_taken(prometheus: AlertSource, monkeypatch):
    body = alertmanager("a")
    body["alerts"].append(alertmanager("b")["alerts"][0])
    payload = Payload.objects.create(source=prometheus, body=json.dumps(body).encode())
    note, seen = alerts.note, []

    def fail_once(source: AlertSource, signal, **rest):
        seen.append(signal.dedup_key)
        if seen == ["a", "b"]:
            raise RuntimeError("once")
        return note(source, signal, **rest)

    monkeypatch.setattr(alerts, "note", fail_once)
    reading.work_off(payload.pk)
    assert [alert.dedup_key for alert in Alert.objects.all()] == ["a"]
    Payload.objects.update(due_at=timezone.now())
    reading.work_off(payload.pk)
    assert now_of(payload).state == State.DONE
    assert sorted(Alert.objects.values_list("dedup_key", "seen_count")) == [("a", 1), ("b", 1)]
