"""Claim, sift, send, record, back off."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from notifications import breaker, delivery, outbox, suppressions, upkeep
from notifications.channels.base import Outcome, Result
from notifications.models import Attempt, Breaker, Content, Lane, Message, State, Suppression
from tests.notifications.conftest import Queue, Script

BUSY = Result(Outcome.LATER, "429", "Too many requests", after=timedelta(seconds=5))
GONE = Result(Outcome.REFUSED, "550", "5.1.1 no such user", suppress=Suppression.Reason.BOUNCED)
GREY = Result(Outcome.RETRY, "450", "4.2.0 greylisted")
LOST = Result(Outcome.UNCERTAIN, "silence", "no answer", is_provider_trouble=True)
PASSES = Result(Outcome.RETRY, "452", "4.3.1 mailbox full")


def state_of(message: Message) -> tuple[str, int]:
    message.refresh_from_db()
    return message.state, message.attempts


def make_due(*messages: Message) -> None:
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(due_at=timezone.now())


# --- claiming ---------------------------------------------------------------------------------


def test_what_one_claims_another_does_not_get(queue: Queue) -> None:
    queue("a@x.example", "b@x.example")
    first = delivery.claim(Lane.BULK, "email")
    second = delivery.claim(Lane.BULK, "email")
    assert [letter.address for letter in first.letters] == ["a@x.example", "b@x.example"]
    assert second.letters == []


def test_the_try_is_counted_before_it_is_made(queue: Queue) -> None:
    (message,) = queue("a@x.example")
    delivery.claim(Lane.BULK, "email")
    assert state_of(message) == (State.SENDING, 1)


def test_a_claim_takes_only_what_is_due_in_its_lane_and_channel(queue: Queue) -> None:
    queue("a@x.example", lane=Lane.URGENT)
    queue("+15550100001", channel="sms")
    queue("late@x.example", due_at=timezone.now() + timedelta(minutes=1))
    (due,) = queue("b@x.example")
    assert [letter.id for letter in delivery.claim(Lane.BULK, "email").letters] == [due.pk]


def test_a_row_worn_by_tries_is_claimed_alone(queue: Queue) -> None:
    queue("a@x.example", "b@x.example", attempts=2)
    (fresh,) = queue("c@x.example")
    assert [letter.id for letter in delivery.claim(Lane.BULK, "email").letters] == [fresh.pk]
    assert len(delivery.claim(Lane.BULK, "email", is_worn=True).letters) == 1


def test_the_oldest_goes_first(queue: Queue) -> None:
    now = timezone.now()
    (second,) = queue("b@x.example", due_at=now - timedelta(seconds=5))
    (first,) = queue("a@x.example", due_at=now - timedelta(seconds=9))
    claimed = delivery.claim(Lane.BULK, "email")
    assert {letter.id for letter in claimed.letters} == {first.pk, second.pk}


# --- at send time -----------------------------------------------------------------------------


def test_who_unsubscribed_after_it_was_queued_gets_nothing(queue: Queue, script: Script) -> None:
    stays, leaves = queue("a@x.example", "b@x.example")
    suppressions.suppress("email", "B@x.example", list_name="halyard")
    delivery.drain(Lane.BULK, "email")
    assert script.addresses == ["a@x.example"]
    assert state_of(stays) == (State.SENT, 1)
    assert state_of(leaves) == (State.SUPPRESSED, 1)


def test_leaving_one_list_leaves_the_others(queue: Queue, script: Script, text: Content) -> None:
    other = Content.objects.create(key="other", topic="other", text="Hello", list_name="nordlys")
    queue("a@x.example", content=other)
    suppressions.suppress("email", "a@x.example", list_name="halyard")
    delivery.drain(Lane.BULK, "email")
    assert script.addresses == ["a@x.example"]


def test_a_dead_address_gets_nothing_from_any_list(queue: Queue, script: Script) -> None:
    (message,) = queue("a@x.example")
    suppressions.suppress("email", "a@x.example", reason=Suppression.Reason.BOUNCED)
    delivery.drain(Lane.BULK, "email")
    assert script.handed == []
    assert state_of(message)[0] == State.SUPPRESSED


def test_what_was_withdrawn_does_not_go_out(queue: Queue, script: Script) -> None:
    (message,) = queue("a@x.example")
    assert outbox.cancel(topic="update:1") == 1
    delivery.drain(Lane.BULK, "email")
    assert script.handed == []
    assert state_of(message) == (State.CANCELLED, 0)


@pytest.mark.parametrize(
    ("lane", "minutes", "expected"),
    [(Lane.URGENT, 29, State.SENT), (Lane.URGENT, 31, State.CANCELLED), (Lane.BULK, 31, State.SENT)],
)
def test_an_urgent_message_half_an_hour_old_is_dropped_with_a_note(
    queue: Queue, script: Script, lane: Lane, minutes: int, expected: State
) -> None:
    (message,) = queue("a@x.example", lane=lane, queued_at=timezone.now() - timedelta(minutes=minutes))
    delivery.drain(lane, "email")
    assert state_of(message)[0] == expected
    assert bool(message.detail) == (expected == State.CANCELLED)


def test_an_urgent_message_for_later_is_as_old_as_its_time(text: Content, script: Script) -> None:
    then = timezone.now() + timedelta(hours=2)
    outbox.queue(key="k", channel="email", address="a@x.example", content=text, due_at=then)
    with time_machine.travel(then + timedelta(seconds=1)):
        delivery.drain(Lane.URGENT, "email")
    assert script.addresses == ["a@x.example"]


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("email", "a@x.example\r\nBcc: b@x.example"),
        ("email", "a@x.example>\r\nDATA"),
        ("email", "no address"),
        ("email", '"a b"@x.example'),
        ("sms", "15550100001"),
        ("sms", "+1555010000x"),
        ("webhook", "ftp://x.example/"),
    ],
)
def test_an_address_that_could_break_out_is_never_handed_over(
    queue: Queue, script: Script, channel: str, address: str
) -> None:
    (message,) = queue(address, channel=channel)
    delivery.drain(Lane.BULK, channel)
    assert script.handed == []
    assert state_of(message)[0] == State.FAILED


# --- what became of it ------------------------------------------------------------------------


def test_a_whole_queue_goes_out_once(queue: Queue, script: Script) -> None:
    addresses = [f"s{number}@x.example" for number in range(23)]
    queue(*addresses)
    assert delivery.drain(Lane.BULK, "email") is True
    assert script.addresses == addresses
    assert set(Message.objects.values_list("state", "attempts")) == {(State.SENT, 1)}


def test_a_bulk_message_sent_at_once_needs_no_attempt_row_and_an_urgent_one_has_it(
    queue: Queue, script: Script
) -> None:
    queue("a@x.example")
    (urgent,) = queue("b@x.example", lane=Lane.URGENT)
    delivery.drain(Lane.BULK, "email")
    delivery.drain(Lane.URGENT, "email")
    assert list(Attempt.objects.values_list("message", "outcome")) == [(urgent.pk, "sent")]


def test_one_refusal_does_not_stop_the_others(queue: Queue, script: Script) -> None:
    gone, fine = queue("gone@x.example", "fine@x.example")
    script.answers = [GONE]
    delivery.drain(Lane.BULK, "email")
    assert state_of(gone)[0] == State.FAILED
    assert gone.detail == "5.1.1 no such user"
    assert state_of(fine)[0] == State.SENT
    assert suppressions.is_suppressed("email", "gone@x.example", list_name="anything")


def test_what_may_pass_is_tried_five_times_and_then_given_up(queue: Queue, script: Script) -> None:
    (message,) = queue("a@x.example")
    script.answers = [PASSES] * 9
    for tries in range(1, 6):
        make_due(message)
        delivery.drain(Lane.BULK, "email")
        assert state_of(message) == (State.QUEUED if tries < 5 else State.FAILED, tries)
    make_due(message)
    delivery.drain(Lane.BULK, "email")
    assert len(script.handed) == 5
    assert message.tries.count() == 5


@pytest.mark.parametrize(("attempt", "longest"), [(1, 5), (2, 15), (3, 60), (4, 300), (5, 900)])
def test_the_wait_grows_with_each_try_and_is_spread(attempt: int, longest: int) -> None:
    waits = [delivery.back_off(attempt, PASSES).total_seconds() for _ in range(200)]
    assert 0 <= min(waits) < longest / 4
    assert longest * 3 / 4 < max(waits) <= longest


def test_a_greylisting_server_is_left_alone_for_five_minutes(queue: Queue, script: Script) -> None:
    (message,) = queue("a@x.example")
    script.answers = [GREY]
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        delivery.drain(Lane.BULK, "email")
        clock.shift(timedelta(minutes=4, seconds=59))
        delivery.drain(Lane.BULK, "email")
        assert len(script.handed) == 1
        clock.shift(timedelta(seconds=32))
        delivery.drain(Lane.BULK, "email")
    assert state_of(message) == (State.SENT, 2)


def test_a_bulk_message_without_an_answer_stays_unknown(queue: Queue, script: Script) -> None:
    (message,) = queue("a@x.example")
    script.answers = [LOST]
    delivery.drain(Lane.BULK, "email")
    assert state_of(message) == (State.UNKNOWN, 1)


def test_an_urgent_message_without_an_answer_is_sent_again_after_a_minute(queue: Queue, script: Script) -> None:
    (message,) = queue("a@x.example", lane=Lane.URGENT)
    script.answers = [LOST]
    with time_machine.travel(timezone.now(), tick=False) as clock:
        delivery.drain(Lane.URGENT, "email")
        assert state_of(message) == (State.QUEUED, 1)
        clock.shift(timedelta(seconds=59))
        delivery.drain(Lane.URGENT, "email")
        assert len(script.handed) == 1
        clock.shift(timedelta(seconds=2))
        delivery.drain(Lane.URGENT, "email")
    assert state_of(message) == (State.SENT, 2)


def test_a_carrier_that_asks_to_wait_costs_no_try_and_the_rest_waits_too(queue: Queue, script: Script) -> None:
    first, second = queue("a@x.example", "b@x.example")
    script.answers = [BUSY]
    assert delivery.drain(Lane.BULK, "email") is True
    assert script.addresses == ["a@x.example"]
    assert state_of(first) == (State.QUEUED, 0)
    assert first.due_at > timezone.now() + timedelta(seconds=4)
    assert state_of(second) == (State.QUEUED, 0)


def test_a_slow_channel_is_given_less_so_that_little_is_in_flight(
    queue: Queue, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(*[f"s{number}@x.example" for number in range(5)])
    recorded: list[int] = []
    record = delivery.record
    monkeypatch.setattr(delivery, "RECORD_WITHIN_S", 0.0)
    monkeypatch.setattr(
        delivery, "record", lambda claimed, results: (recorded.append(len(results)), record(claimed, results))
    )
    delivery.drain(Lane.BULK, "email")
    assert recorded == [1] * 5
    assert set(Message.objects.values_list("state", "attempts")) == {(State.SENT, 1)}


def test_a_defect_of_a_channel_costs_one_message_one_try(queue: Queue, script: Script) -> None:
    before, struck, after = queue("a@x.example", "b@x.example", "c@x.example")
    script.answers = [Result(Outcome.SENT), RuntimeError("defect")]
    delivery.drain(Lane.BULK, "email")
    assert state_of(before) == (State.SENT, 1)
    assert state_of(struck) == (State.QUEUED, 1)
    assert "RuntimeError" in struck.detail
    assert state_of(after) == (State.SENT, 1)
    assert script.addresses == ["a@x.example", "b@x.example", "c@x.example"]


def test_a_row_that_another_settled_meanwhile_is_not_written_over(queue: Queue) -> None:
    (message,) = queue("a@x.example")
    claimed = delivery.claim(Lane.BULK, "email")
    Message.objects.filter(pk=message.pk).update(state=State.DELIVERED, lease_until=None)
    delivery.record(claimed, [(claimed.letters[0], GREY)])
    assert state_of(message)[0] == State.DELIVERED


# --- when something dies ----------------------------------------------------------------------


def test_a_lapsed_lease_is_taken_back_and_the_message_sent(queue: Queue, script: Script) -> None:
    (message,) = queue("a@x.example")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        delivery.claim(Lane.BULK, "email")
        assert upkeep.reclaim() == 0
        clock.shift(timedelta(seconds=31))
        assert upkeep.reclaim() == 1
        delivery.drain(Lane.BULK, "email")
    assert state_of(message) == (State.SENT, 2)


def test_an_urgent_lease_lapses_within_fifteen_seconds(queue: Queue) -> None:
    queue("a@x.example", lane=Lane.URGENT)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        delivery.claim(Lane.URGENT, "email")
        clock.shift(timedelta(seconds=15, milliseconds=1))
        assert upkeep.reclaim() == 1


def test_a_bulk_sms_whose_worker_died_is_not_sent_again_by_itself(queue: Queue) -> None:
    (bulk,) = queue("+15550100001", channel="sms")
    (urgent,) = queue("+15550100002", channel="sms", lane=Lane.URGENT)
    delivery.claim(Lane.BULK, "sms")
    delivery.claim(Lane.URGENT, "sms")
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert upkeep.reclaim() == 2
    assert state_of(bulk) == (State.UNKNOWN, 1)
    assert state_of(urgent) == (State.QUEUED, 1)


def test_a_lease_from_before_the_clock_was_set_back_lapses_too(queue: Queue) -> None:
    (message,) = queue("a@x.example")
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        Message.objects.filter(pk=message.pk).update(due_at=timezone.now())
        delivery.claim(Lane.BULK, "email")
    assert upkeep.reclaim() == 1
    assert state_of(message)[0] == State.QUEUED


def test_a_message_that_kills_its_worker_is_given_up_and_its_neighbours_go_out(queue: Queue, script: Script) -> None:
    poison, *neighbours = queue("poison@x.example", "a@x.example", "b@x.example")
    sent: list[int] = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(20):
            for is_worn in (False, True):
                claimed = delivery.claim(Lane.BULK, "email", is_worn=is_worn)
                if any(letter.id == poison.pk for letter in claimed.letters):
                    break  # the worker dies here
                delivery.record(claimed, [(letter, Result(Outcome.SENT)) for letter in claimed.letters])
                sent += [letter.id for letter in claimed.letters]
            clock.shift(timedelta(seconds=31))
            upkeep.reclaim()
    assert state_of(poison) == (State.FAILED, 5)
    assert sorted(sent) == [message.pk for message in neighbours]


# --- the breaker ------------------------------------------------------------------------------


def test_while_the_provider_is_away_rows_wait_untouched(queue: Queue, script: Script) -> None:
    (message,) = queue("a@x.example")
    script.is_away = True
    assert delivery.drain(Lane.BULK, "email") is True
    assert state_of(message) == (State.QUEUED, 0)
    assert Breaker.objects.get().trouble == "nobody answers"


def test_five_failures_open_the_breaker_and_a_probe_closes_it(queue: Queue, script: Script) -> None:
    (message,) = queue("a@x.example")
    script.is_away = True
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(7):
            delivery.drain(Lane.BULK, "email")
        assert script.opened == 5
        clock.shift(timedelta(seconds=16))
        delivery.drain(Lane.BULK, "email")
        assert script.opened == 6
        delivery.drain(Lane.BULK, "email")
        assert script.opened == 6
        script.is_away = False
        clock.shift(timedelta(seconds=16))
        delivery.drain(Lane.BULK, "email")
    assert state_of(message) == (State.SENT, 1)
    assert breaker.allows("script")
    assert Breaker.objects.get().failures == 0


def test_refused_addresses_do_not_open_the_breaker(queue: Queue, script: Script) -> None:
    queue(*[f"s{number}@x.example" for number in range(8)])
    script.answers = [GONE] * 8
    delivery.drain(Lane.BULK, "email")
    assert not Breaker.objects.exists()


def test_silence_on_the_line_counts_and_sends_the_rest_back(queue: Queue, script: Script) -> None:
    lost, waiting = queue("a@x.example", "b@x.example")
    script.answers = [LOST, BUSY]
    delivery.drain(Lane.BULK, "email")
    assert state_of(lost) == (State.UNKNOWN, 1)
    assert state_of(waiting) == (State.QUEUED, 0)
    assert Breaker.objects.get().failures == 1


# --- sandbox and reconciling ------------------------------------------------------------------


def test_what_comes_from_a_sandbox_goes_to_files_whatever_is_configured(
    queue: Queue, script: Script, settings: object
) -> None:
    drill = Content.objects.create(key="drill", topic="drill", text="Drill", sms="Drill", is_sandbox=True)
    (mail,) = queue("a@x.example", content=drill)
    (sms,) = queue("+15550100001", channel="sms", content=drill)
    delivery.drain(Lane.BULK, "email")
    delivery.drain(Lane.BULK, "sms")
    assert script.handed == []
    assert state_of(mail) == (State.SENT, 1)
    assert mail.provider_id.endswith(".eml")
    assert state_of(sms) == (State.SENT, 1)
    assert sms.provider_id.endswith(".json")


def test_the_provider_is_asked_what_became_of_an_unknown_message(queue: Queue, script: Script) -> None:
    (message,) = queue("+15550100001", channel="sms", state=State.UNKNOWN, settled_at=timezone.now())
    assert delivery.reconcile() == 0
    assert state_of(message)[0] == State.UNKNOWN
    script.found = "SM1"
    assert delivery.reconcile() == 1
    assert state_of(message)[0] == State.SENT
    assert message.provider_id == "SM1"


def test_a_drain_that_runs_out_of_time_says_so(queue: Queue, script: Script) -> None:
    queue("a@x.example")
    assert delivery.drain(Lane.BULK, "email", seconds=-1) is False
    assert delivery.drain(Lane.BULK, "email", is_stopping=lambda: True) is False
    assert script.handed == []
