"""Promises: made when an incident is declared and by each update, moved by severity, settled by what goes out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import lifecycle
from incidents.communication import cadence, pacing, promise_clock, punctuality, updates
from incidents.conflicts import Conflict
from incidents.models import Incident, Kind, Promise, Update
from notifications.models import Message
from roles.models import User
from roles.policy import SYSTEM
from statuspage import component_status
from statuspage.models import StatusPage
from tests import make
from tests.worker import Worker

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Traveller = time_machine.Traveller


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def declared(clock: Traveller, page: StatusPage, incident: Incident, worker: Worker) -> Incident:
    """The SEV1 of the cast, declared at noon, its facts heard."""
    worker.run()
    return incident


def owed(incident: Incident, audience: str = "public") -> list[tuple[str, str, float]]:
    """Kind, page and minute after noon of each open promise."""
    rows = Promise.objects.still_open().filter(incident=incident, audience=audience)
    return [(row.kind, row.page, (row.due_at - NOON).total_seconds() / 60) for row in rows]


def settled(incident: Incident, audience: str = "public") -> list[tuple[str, str]]:
    rows = Promise.objects.filter(incident=incident, audience=audience).exclude(state="open")
    return [(row.kind, row.state) for row in rows.order_by("pk")]


def say(incident: Incident, page: StatusPage | None, **words: object) -> Update:
    return updates.publish(make.make_draft(incident, by=SYSTEM, page=page, **words), by=SYSTEM)


# --- made ---------------------------------------------------------------------------------------


def test_declaring_owes_the_public_a_first_word_within_five_minutes(declared: Incident, commander: User) -> None:
    assert owed(declared) == [("first", "", 5.0)]
    assert cadence.promised(declared) == NOON + minutes(5)


def test_hearing_of_it_twice_owes_nothing_twice(declared: Incident) -> None:
    for entry in declared.entries.all():
        cadence.on_event(entry)
        cadence.on_event(entry)
    assert owed(declared) == [("first", "", 5.0)]


def test_nothing_is_owed_while_nobody_has_said_that_it_is_real(
    clock: Traveller, page: StatusPage, worker: Worker
) -> None:
    suspected = make.make_incident(state="triage")
    worker.run()
    assert not Promise.objects.exists()
    clock.shift(minutes(8))
    lifecycle.move(suspected, "declare", by=SYSTEM)
    worker.run()
    assert owed(suspected) == [("first", "", 13.0)]


def test_an_incident_that_no_page_concerns_owes_the_public_nothing(
    clock: Traveller, page: StatusPage, worker: Worker
) -> None:
    inner = make.make_incident(services=[make.make_service("wiki")])
    worker.run()
    assert owed(inner) == []


def test_what_is_written_down_afterwards_owes_nothing(clock: Traveller, page: StatusPage, worker: Worker) -> None:
    old = lifecycle.write_down(title="Long ago", severity="SEV1", by=SYSTEM, declared_at=NOON - minutes(600))
    worker.run()
    say(old, page)
    assert not Promise.objects.exists()


def test_insiders_are_owed_as_soon_as_there_is_anybody_to_tell(
    clock: Traveller, page: StatusPage, commander: User, incident: Incident, worker: Worker
) -> None:
    worker.run()
    assert owed(incident, "internal") == [("first", "", 15.0)]


# --- kept ---------------------------------------------------------------------------------------


def test_an_update_keeps_what_was_promised_and_promises_the_next(
    clock: Traveller, declared: Incident, page: StatusPage
) -> None:
    clock.shift(minutes(4))
    first = say(declared, page, components={"card-payments": "major_outage"}, next_update_at=NOON + minutes(22))
    assert settled(declared) == [("first", "kept")]
    assert owed(declared) == [("next", "halyard", 22.0)]
    clock.shift(minutes(18))
    say(declared, page)
    assert Promise.objects.get(made_by=first).state == "kept"  # at the very minute
    assert owed(declared) == [("next", "halyard", 42.0)]  # names no time: the rhythm of SEV1 counts
    clock.shift(minutes(21))
    third = say(declared, page)
    assert [state for _, state in settled(declared)] == ["kept", "kept", "late"]
    assert Promise.objects.get(kept_by=third).settled_at == NOON + minutes(43)


def test_a_first_word_that_names_no_component_owes_who_is_affected(
    clock: Traveller, declared: Incident, page: StatusPage
) -> None:
    clock.shift(minutes(3))
    say(declared, page, next_update_at=NOON + minutes(20))
    assert sorted(owed(declared)) == [("next", "halyard", 20.0), ("scope", "", 8.0)]
    clock.shift(minutes(4))
    say(declared, page, components={"card-payments": "major_outage"})
    assert settled(declared) == [("first", "kept"), ("next", "kept"), ("scope", "kept")]


def test_one_text_for_several_audiences_keeps_the_promise_to_each(
    clock: Traveller, page: StatusPage, incident: Incident, commander: User, worker: Worker
) -> None:
    worker.run()
    clock.shift(minutes(5))
    say(incident, page, also_for=["internal"], next_update_at=NOON + minutes(25))
    assert (settled(incident), settled(incident, "internal")) == ([("first", "kept")], [("first", "kept")])
    assert owed(incident, "internal") == [("next", "", 25.0)]


def test_two_pages_are_promised_apart(clock: Traveller, declared: Incident, page: StatusPage) -> None:
    other = make.make_page("fjord", services=list(declared.services.all()))
    say(declared, page, components={"card-payments": "major_outage"}, next_update_at=NOON + minutes(10))
    say(declared, other, components={"card-payments": "major_outage"}, next_update_at=NOON + minutes(15))
    assert owed(declared) == [("next", "halyard", 10.0), ("next", "fjord", 15.0)]
    clock.shift(minutes(12))
    say(declared, other)
    assert owed(declared)[0] == ("next", "halyard", 10.0)


# --- moved --------------------------------------------------------------------------------------


def test_a_worse_severity_brings_what_is_promised_forward_and_a_milder_one_leaves_what_was_said(
    clock: Traveller, page: StatusPage, worker: Worker, service: object
) -> None:
    incident = make.make_incident(severity="SEV3", services=[service])
    worker.run()
    assert owed(incident) == []
    say(incident, page, next_update_at=NOON + minutes(60))
    clock.shift(minutes(10))
    lifecycle.change_severity(incident, "SEV1", by=SYSTEM)
    worker.run()
    assert owed(incident) == [("next", "halyard", 30.0)]
    clock.shift(minutes(5))
    lifecycle.change_severity(incident, "SEV4", by=SYSTEM)
    worker.run()
    assert owed(incident) == [("next", "halyard", 30.0)]


def test_a_milder_severity_puts_off_what_nobody_was_told_and_lifts_what_it_does_not_ask(
    clock: Traveller, page: StatusPage, incident: Incident, commander: User, worker: Worker
) -> None:
    worker.run()
    say(incident, None)
    assert owed(incident, "internal") == [("next", "", 30.0)]
    lifecycle.change_severity(incident, "SEV2", by=SYSTEM)
    worker.run()
    assert owed(incident, "internal") == [("next", "", 60.0)]
    lifecycle.change_severity(incident, "SEV4", by=SYSTEM)
    worker.run()
    assert owed(incident, "internal") == owed(incident) == []
    assert (settled(incident)[-1], settled(incident, "internal")[-1]) == (("first", "lifted"), ("next", "lifted"))


def test_a_changed_impact_makes_an_update_due_at_once(clock: Traveller, declared: Incident, page: StatusPage) -> None:
    say(declared, page, components={"card-payments": "major_outage"}, next_update_at=NOON + minutes(60))
    clock.shift(minutes(10))
    assert cadence.due_at_once(declared) == 1
    assert owed(declared) == [("next", "halyard", 15.0)]
    assert cadence.due_at_once(declared) == 0


def test_a_component_set_by_hand_makes_an_update_due_at_once(
    clock: Traveller, declared: Incident, page: StatusPage
) -> None:
    say(declared, page, components={"card-payments": "major_outage"}, next_update_at=NOON + minutes(60))
    card_payments = page.components.get(slug="card-payments")
    clock.shift(minutes(10))
    component_status.set_status(card_payments, "major_outage", by=SYSTEM)
    assert owed(declared) == [("next", "halyard", 60.0)]
    component_status.set_status(card_payments, "partial_outage", by=SYSTEM)
    assert owed(declared) == [("next", "halyard", 15.0)]


# --- ended --------------------------------------------------------------------------------------


def test_the_end_lifts_what_was_ahead_and_breaks_what_was_overdue(
    clock: Traveller, page: StatusPage, incident: Incident, commander: User, worker: Worker
) -> None:
    worker.run()
    clock.shift(minutes(8))
    lifecycle.move(incident, "resolve", by=SYSTEM, reason=make.REASON)
    worker.run()
    assert (settled(incident), settled(incident, "internal")) == ([("first", "broken")], [("first", "lifted")])
    assert cadence.promised(incident) is None
    clock.shift(minutes(60))
    assert promise_clock.strike() == 0


def test_a_resolving_update_promises_nothing(clock: Traveller, declared: Incident, page: StatusPage) -> None:
    say(declared, page, status="resolved", body="Card payments work again since 11:58 UTC. No payment was lost.")
    assert owed(declared) == []


def test_reopening_starts_the_clocks_anew(
    clock: Traveller, declared: Incident, page: StatusPage, worker: Worker
) -> None:
    say(declared, page)
    lifecycle.move(declared, "resolve", by=SYSTEM, reason=make.REASON)
    worker.run()
    assert owed(declared) == []
    clock.shift(minutes(30))
    lifecycle.move(declared, "reopen", by=SYSTEM, reason="It came back at half past.")
    worker.run()
    assert owed(declared) == [("first", "", 35.0)]


# --- told ---------------------------------------------------------------------------------------


def kinds(incident: Incident) -> list[str]:
    told = {Kind.PROMISE_NEAR, Kind.PROMISE_LATE, Kind.PROMISE_BROKEN}
    return [entry.kind for entry in incident.entries.order_by("number") if entry.kind in told]


def test_who_writes_is_reminded_then_the_room_then_who_commands(
    clock: Traveller, declared: Incident, page: StatusPage, commander: User, comms_lead: User, worker: Worker
) -> None:
    say(
        declared,
        page,
        components={"card-payments": "major_outage"},
        next_update_at=NOON + minutes(20),
        also_for=["internal"],
    )
    worker.run()
    Message.objects.all().delete()
    clock.move_to(NOON + minutes(15) - timedelta(seconds=1))
    assert promise_clock.strike() == 0
    clock.shift(timedelta(seconds=1))
    assert [promise_clock.strike(), promise_clock.strike()] == [2, 0]  # the public's, and the insiders' that it named
    worker.run()
    near = declared.entries.filter(kind=Kind.PROMISE_NEAR).first()
    assert near.body == "The public update on halyard is due at 12:20 UTC, in 5 min."
    assert (near.data["to"], near.actor) == ([comms_lead.pk], None)
    sms = [message.content.sms for message in Message.objects.filter(user=comms_lead, channel="sms")]
    assert sum(f"{declared.key} SEV1. {near.body}" in text for text in sms) == 1
    clock.move_to(NOON + minutes(20))
    assert [promise_clock.strike(), promise_clock.strike()] == [2, 0]
    clock.move_to(NOON + minutes(25))
    assert [promise_clock.strike(), promise_clock.strike()] == [2, 0]
    worker.run()
    broken = declared.entries.filter(kind=Kind.PROMISE_BROKEN).first()
    assert broken.body == "The public update on halyard was due at 12:20 UTC: nothing has gone out for 5 min since."
    assert broken.data["to"] == [commander.pk]
    assert set(Message.objects.filter(user=commander, lane="urgent").values_list("channel", flat=True)) == {
        "email",
        "sms",
    }
    clock.shift(minutes(60))
    assert promise_clock.strike() == 0


def test_the_reminder_brings_one_draft_to_start_from(
    clock: Traveller, declared: Incident, page: StatusPage, comms_lead: User, worker: Worker
) -> None:
    say(declared, page, components={"card-payments": "major_outage"}, next_update_at=NOON + minutes(20))
    worker.run()
    clock.move_to(NOON + minutes(15))
    promise_clock.strike()
    [draft] = Update.objects.filter(key__startswith="promise:", audience="public")
    assert (draft.state, draft.page, draft.status, draft.title) == (
        "draft",
        "halyard",
        "investigating",
        "Card payments are failing",
    )
    assert draft.next_update_at == NOON + minutes(40)
    assert "{" not in draft.body
    out = say(declared, page)
    worker.run()
    draft.refresh_from_db()
    assert (draft.state, out.state) == ("discarded", "published")


def test_who_is_writing_already_gets_no_second_draft(
    clock: Traveller, declared: Incident, page: StatusPage, comms_lead: User, worker: Worker
) -> None:
    worker.run()
    make.make_draft(declared, by=comms_lead, page=page)
    clock.move_to(NOON + minutes(4))
    promise_clock.strike()
    assert not Update.objects.filter(key__startswith="promise:", audience="public").exists()


def test_while_nobody_commands_those_who_could_are_told(clock: Traveller, declared: Incident, worker: Worker) -> None:
    qualified = make.make_user("dev", qualified=["commander"])
    clock.move_to(NOON + minutes(10))
    promise_clock.strike()
    assert declared.entries.get(kind=Kind.PROMISE_BROKEN).data["to"] == [qualified.pk]


def test_after_a_suspend_only_the_latest_is_told(clock: Traveller, declared: Incident, commander: User) -> None:
    clock.shift(timedelta(hours=3))
    promise_clock.strike()
    promise_clock.strike()
    assert kinds(declared) == ["promise_broken"]
    body = declared.entries.get(kind=Kind.PROMISE_BROKEN).body
    assert body == "The first public update was due at 12:05 UTC: nothing has gone out for 2 h 55 min since."


def test_a_clock_that_goes_back_tells_nothing_twice(clock: Traveller, declared: Incident) -> None:
    clock.move_to(NOON + minutes(5))
    assert promise_clock.strike() == 1
    clock.move_to(NOON + minutes(2))
    assert promise_clock.strike() == 0
    clock.move_to(NOON + minutes(6))
    assert promise_clock.strike() == 0
    assert kinds(declared) == ["promise_late"]


def test_a_promise_made_by_a_clock_that_was_ahead_is_due_an_interval_from_now(
    clock: Traveller, declared: Incident, page: StatusPage
) -> None:
    clock.shift(timedelta(hours=5))
    say(declared, page)
    clock.move_to(NOON + minutes(10))
    promise_clock.strike()
    assert owed(declared)[-1] == ("next", "halyard", 30.0)


# --- a slower rhythm ----------------------------------------------------------------------------


def test_a_slower_rhythm_can_be_promised_when_the_incident_is_long(
    clock: Traveller, declared: Incident, comms_lead: User, worker: Worker
) -> None:
    clock.shift(minutes(119))
    with pytest.raises(Conflict, match="In the first 2 h of SEV1 updates come every 20 min"):
        pacing.set_rhythm(declared, by=comms_lead, audience="public", every=minutes(60))
    assert pacing.choices(declared) == []
    clock.shift(minutes(1))
    assert pacing.choices(declared) == [minutes(20), minutes(30), minutes(45), minutes(60)]
    with pytest.raises(ValidationError, match="from 20 min to 1 h"):
        pacing.set_rhythm(declared, by=comms_lead, audience="public", every=minutes(90))
    pacing.set_rhythm(declared, by=comms_lead, audience="public", every=minutes(60), reason="The vendor works on it.")
    assert cadence.interval(declared, "public") == minutes(60)
    entry = declared.entries.get(kind=Kind.RHYTHM_CHANGED)
    assert entry.body == "Public page: updates every 1 h from now on. The vendor works on it."
    assert (entry.data["old"], entry.data["new"]) == (20, 60)


def test_a_slower_rhythm_puts_off_what_nobody_was_told_and_not_what_was_said(
    clock: Traveller, declared: Incident, page: StatusPage, comms_lead: User
) -> None:
    clock.shift(minutes(125))
    say(declared, page, components={"card-payments": "major_outage"}, next_update_at=NOON + minutes(145))
    pacing.set_rhythm(declared, by=comms_lead, audience="public", every=minutes(60))
    assert owed(declared) == [("next", "halyard", 145.0)]
    say(declared, page)
    pacing.set_rhythm(declared, by=comms_lead, audience="public", every=minutes(45))
    assert owed(declared) == [("next", "halyard", 185.0)]
    assert declared.entries.filter(kind=Kind.RHYTHM_CHANGED).count() == 2


def test_a_rhythm_ends_when_it_gets_worse(clock: Traveller, page: StatusPage, worker: Worker, service: object) -> None:
    incident = make.make_incident(severity="SEV2", services=[service])
    worker.run()
    clock.shift(minutes(130))
    pacing.set_rhythm(incident, by=SYSTEM, audience="public", every=minutes(90))
    clock.shift(minutes(1))
    lifecycle.change_severity(incident, "SEV1", by=SYSTEM)
    assert cadence.interval(incident, "public") == minutes(20)


def test_nobody_else_chooses_the_rhythm(declared: Incident, tech_lead: User, bystander: User) -> None:
    for person in (tech_lead, bystander):
        with pytest.raises(PermissionDenied):
            pacing.set_rhythm(declared, by=person, audience="public", every=minutes(60))


# --- figures ------------------------------------------------------------------------------------


def test_the_share_of_kept_promises(clock: Traveller, declared: Incident, page: StatusPage, worker: Worker) -> None:
    for at in (4, 24, 50):
        clock.move_to(NOON + minutes(at))
        say(declared, page, components={"card-payments": "major_outage"})
    clock.move_to(NOON + minutes(90))
    lifecycle.move(declared, "resolve", by=SYSTEM, reason=make.REASON)
    worker.run()
    figures = punctuality.of_incident(declared, "public")
    assert (figures.kept, figures.late, figures.broken, figures.lifted) == (2, 1, 1, 0)
    assert (figures.percent, punctuality.over_all(audience="public").percent) == (50, 50)
    Incident.objects.update(kind="drill")
    assert punctuality.over_all().rate is None
