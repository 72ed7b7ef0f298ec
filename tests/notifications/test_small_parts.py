"""Links, addresses, suppressions, limits, turns and the clock."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from notifications import addresses, clock, limits, links, suppressions, turns, upkeep
from notifications.models import Bucket, Callback, Content, Lane, Message, State, Suppression
from tests.notifications.conftest import Queue
from tests.worker import Asked, Worker

# --- links ------------------------------------------------------------------------------------


@given(st.text(max_size=60) | st.integers())
def test_a_signed_value_is_read_back(value: str | int) -> None:
    token = links.sign("leave", value)
    assert links.read("leave", token) == str(value)
    assert addresses.is_usable("webhook", f"https://x.example/{token}/")


def test_a_link_is_short_enough_for_an_sms() -> None:
    assert len(links.sign("leave", 1234567)) <= 24


@pytest.mark.parametrize("change", ["x{}", "{}x", "1{}", "é{}", "{}é", "."])
def test_a_changed_token_is_worth_nothing(change: str) -> None:
    assert links.read("leave", change.format(links.sign("leave", 7))) is None


@given(st.text(max_size=80))
def test_nothing_that_is_typed_is_a_token(text: str) -> None:
    assert links.read("leave", text) is None


def test_a_token_serves_one_purpose() -> None:
    assert links.read("confirm", links.sign("leave", 7)) is None


def test_a_token_grows_old_only_where_it_matters() -> None:
    with time_machine.travel(timezone.now() - timedelta(days=8)):
        token = links.sign("confirm", 7, timed=True)
    assert links.read("confirm", token) == "7"
    assert links.read("confirm", token, max_age=timedelta(days=9)) == "7"
    assert links.read("confirm", token, max_age=timedelta(days=7)) is None
    assert links.read("confirm", links.sign("confirm", 7), max_age=timedelta(days=7)) is None


def test_a_token_survives_a_change_of_the_key(settings: Settings) -> None:
    token = links.sign("leave", 7)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "new" * 20
    assert links.read("leave", token) == "7"
    settings.SECRET_KEY_FALLBACKS = []
    assert links.read("leave", token) is None


# --- addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "address", "expected"),
    [
        ("email", " Dana@Nordlys.Example ", "dana@nordlys.example"),
        ("email", "dana@Käse.example", "dana@xn--kse-qla.example"),
        ("sms", "+1 (555) 010-0142", "+15550100142"),
        ("webhook", " https://X.example/Path ", "https://X.example/Path"),
    ],
)
def test_an_address_has_one_form(channel: str, address: str, expected: str) -> None:
    assert addresses.normal(channel, address) == expected


@pytest.mark.parametrize(
    ("channel", "address", "expected"),
    [
        ("email", "dana@nordlys.example", "d•••@nordlys.example"),
        ("email", "d@nordlys.example", "d•••@nordlys.example"),
        ("sms", "+15550100142", "+1555•••42"),
        ("sms", "12345", "•••"),
        ("webhook", "https://u:pw@hooks.merx.example/secret?k=1", "https://hooks.merx.example/•••"),
    ],
)
def test_a_masked_address_can_be_recognised_and_not_used(channel: str, address: str, expected: str) -> None:
    assert addresses.masked(channel, address) == expected


# --- suppressions -----------------------------------------------------------------------------


def test_suppressing_twice_keeps_the_first_reason(db: None) -> None:
    suppressions.suppress("email", "A@x.example", list_name="halyard", reason=Suppression.Reason.BOUNCED)
    suppressions.suppress("email", "a@x.example ", list_name="halyard")
    assert [(row.address, row.reason) for row in Suppression.objects.all()] == [("a@x.example", "bounced")]


def test_coming_back_to_one_list_leaves_what_stands_for_all(db: None) -> None:
    suppressions.suppress("email", "a@x.example", list_name="halyard")
    suppressions.suppress("email", "a@x.example", reason=Suppression.Reason.BOUNCED)
    assert suppressions.unsuppress("email", "a@x.example", list_name="halyard") == 1
    assert suppressions.is_suppressed("email", "a@x.example", list_name="halyard")


def test_a_suppression_is_of_one_channel_and_list(db: None) -> None:
    suppressions.suppress("email", "a@x.example", list_name="halyard")
    assert suppressions.found("email", ["a@x.example", "b@x.example"], lists=["halyard", "nordlys", ""]) == {
        ("a@x.example", "halyard")
    }
    assert not suppressions.is_suppressed("sms", "a@x.example", list_name="halyard")


# --- limits -----------------------------------------------------------------------------------


def test_a_bucket_gives_what_it_holds_and_fills_with_time(db: None) -> None:
    with time_machine.travel(timezone.now(), tick=False) as now:
        taken = [limits.take("subscribe:1", capacity=3, per=timedelta(minutes=1)) for _ in range(5)]
        assert taken == [True, True, True, False, False]
        now.shift(timedelta(seconds=19))
        assert not limits.take("subscribe:1", capacity=3, per=timedelta(minutes=1))
        now.shift(timedelta(seconds=2))
        assert limits.take("subscribe:1", capacity=3, per=timedelta(minutes=1))
        assert not limits.take("subscribe:1", capacity=3, per=timedelta(minutes=1))
        now.shift(timedelta(days=1))
        assert [limits.take("subscribe:1", capacity=3, per=timedelta(minutes=1)) for _ in range(4)].count(True) == 3


def test_buckets_are_apart_and_a_clock_set_back_gives_nothing(db: None) -> None:
    with time_machine.travel(timezone.now(), tick=False) as now:
        assert limits.take("a", capacity=1, per=timedelta(minutes=1))
        assert limits.take("b", capacity=1, per=timedelta(minutes=1))
        now.shift(timedelta(hours=-1))
        assert not limits.take("a", capacity=1, per=timedelta(minutes=1))


def test_full_buckets_are_forgotten(db: None) -> None:
    limits.take("old", capacity=1, per=timedelta(minutes=1))
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        limits.take("new", capacity=1, per=timedelta(minutes=1))
        assert limits.forget(older_than=timedelta(days=2)) == 1
    assert [bucket.name for bucket in Bucket.objects.all()] == ["new"]


# --- turns ------------------------------------------------------------------------------------


def test_who_asks_while_others_are_at_it_has_them_go_round_once_more() -> None:
    rounds: list[int] = []

    def work() -> bool:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            inner = [turns.run("key", lambda: rounds.append(99) is None), turns.run("key", pytest.fail)]
            assert inner == [True, True]
        return True

    turns.AT_ONCE, before = 1, turns.AT_ONCE
    try:
        assert turns.run("key", work) is True
    finally:
        turns.AT_ONCE = before
    assert rounds == [0, 1]


def test_work_that_breaks_gives_its_turn_back() -> None:
    def broken() -> bool:
        raise ValueError

    for _ in range(turns.AT_ONCE + 1):
        with pytest.raises(ValueError):
            turns.run("broken", broken)


def test_no_more_threads_than_allowed_work_at_once() -> None:
    gate, at_work, most = threading.Event(), [], []

    def work() -> bool:
        at_work.append(1)
        most.append(len(at_work))
        gate.wait(5)
        at_work.pop()
        return True

    threads = [threading.Thread(target=turns.run, args=("threads", work)) for _ in range(turns.AT_ONCE + 3)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(5)
    assert max(most) <= turns.AT_ONCE


# --- the clock --------------------------------------------------------------------------------


def test_the_clock_asks_for_every_road_on_which_something_is_due(queue: Queue, worker: Worker) -> None:
    queue("a@x.example", "b@x.example")
    queue("+15550100001", channel="sms", lane=Lane.URGENT)
    queue("c@x.example", lane=Lane.URGENT, due_at=timezone.now() + timedelta(minutes=1))
    worker.commit()
    worker.asked.clear()
    clock.tick()
    assert worker.asked == [
        Asked("notifications.tasks.deliver_urgent", ("sms",)),
        Asked("notifications.tasks.deliver_bulk", ("email",)),
    ]


def test_the_clock_finds_reports_that_nobody_worked_off(db: None, worker: Worker) -> None:
    long_ago = timezone.now() - timedelta(seconds=10)
    waiting = Callback.objects.create(provider="twilio", digest="a", kind="status", body={}, received_at=long_ago)
    Callback.objects.create(provider="twilio", digest="b", kind="status", body={}, received_at=long_ago, failures=5)
    Callback.objects.create(provider="twilio", digest="c", kind="status", body={})
    clock.tick()
    assert worker.asked == [Asked("notifications.tasks.work_off", (waiting.pk,))]


def test_the_clock_has_providers_asked_about_the_unknown_once_a_minute(queue: Queue, worker: Worker) -> None:
    queue("+15550100001", channel="sms", state=State.UNKNOWN, settled_at=timezone.now())
    worker.commit()
    worker.asked.clear()
    clock.tick()
    clock.tick()
    assert worker.asked == [Asked("notifications.tasks.reconcile")]


def test_what_is_old_and_settled_is_deleted_once_a_day(queue: Queue) -> None:
    long_ago = timezone.now() - timedelta(days=100)
    old = Content.objects.create(key="old", topic="old", text="x", created_at=long_ago)
    queue("a@x.example", content=old, queued_at=long_ago, state=State.SENT)
    (waiting,) = queue("b@x.example", queued_at=long_ago)
    Callback.objects.create(provider="twilio", digest="a", kind="status", body={}, received_at=long_ago)
    upkeep.retire()
    assert list(Message.objects.all()) == [waiting]
    assert [content.key for content in Content.objects.all()] == ["update:1"]
    assert not Callback.objects.exists()
