"""Gaps in the record: each is found, says how it is closed, and is gone once it is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import events, lifecycle, timeline
from incidents.communication import updates
from incidents.models import Finding, Hypothesis, Incident, KeyMoment, Kind, Promise, Visibility
from incidents.response import acting, gaps, quick, tasking
from roles.policy import SYSTEM
from tests import make


def ago(minutes: float) -> timedelta:
    return timezone.now() - timedelta(minutes=minutes)


def found(incident: Incident, reader: object, kind: str) -> list[gaps.Gap]:
    incident.forget_seats()
    return [gap for gap in gaps.of(incident, reader) if gap.kind == kind]


@pytest.fixture
def night(commander, scribe):
    """An incident of SEV1, opened an hour ago, that amara commands and elif writes down."""
    with events.dated(ago(60)):
        incident = make.make_incident(title="Ledger is slow", summary="One in five payments fails.")
        make.seat(incident, "commander", commander)
        make.seat(incident, "scribe", scribe)
    return incident


def say(incident: Incident, minutes: float, by: object, body: str = "Seen.", kind: str = Kind.NOTE) -> object:
    with events.dated(ago(minutes)):
        return timeline.add_entry(incident, by=by, body=body, kind=kind)


def test_silent_stretches_are_named_and_filled_in_at_their_time(night, scribe):
    for minutes in (52, 45, 30, 21, 12, 3):
        say(night, minutes, scribe)
    [gap] = found(night, scribe, "silence")
    start = ago(45)
    assert gap.sentence == f"Nothing recorded from {start:%H:%M} to {ago(30):%H:%M}"
    assert (gap.label, gap.line) == ("Fill in", f"@{start:%H:%M} ")
    with events.dated(ago(38)):
        quick.record(night, "We wait for the bank", by=scribe)
    assert found(night, scribe, "silence") == []


def test_what_the_product_writes_is_no_word_of_anybody(night, scribe):
    say(night, 52, scribe)
    for minutes in (44, 36, 28, 20, 12, 4):
        with events.dated(ago(minutes)):
            events.record(night, Kind.ALERT_LINKED, by=SYSTEM, body="5xx")
    assert [gap.sentence for gap in found(night, scribe, "silence")] == [f"Nothing recorded since {ago(52):%H:%M}"]


def test_below_sev2_half_an_hour_is_no_silence(night, scribe):
    Incident.objects.filter(pk=night.pk).update(severity="SEV3")
    night.refresh_from_db()
    say(night, 35, scribe)
    say(night, 10, scribe)
    assert found(night, scribe, "silence") == []


def test_silence_ends_with_the_incident(scribe):
    with events.dated(ago(600)):
        incident = make.make_incident(state="resolved")
    assert found(incident, scribe, "silence") == []


def test_a_decision_wants_its_reason(night, commander, scribe):
    say(night, 8, commander, "Restore node by node", Kind.DECISION)
    say(night, 7, commander, "No failover, because it drops 400 payments", Kind.DECISION)
    quick.record(night, "/d Wake the vendor because nobody else knows the pool", by=commander)
    [gap] = found(night, scribe, "reason")
    assert gap.sentence == "Why “Restore node by node”?"
    assert (gap.label, gap.line) == ("Ask Amara", "@amara why “Restore node by node”?")
    timeline.supersede(
        night.entries.get(body="Restore node by node"), by=scribe, body="Restore node by node. Why: it is safe."
    )
    assert found(night, scribe, "reason") == []


def test_a_task_wants_an_owner(night, commander, scribe):
    task = tasking.add(night, by=scribe, title="Stop the config rollout in US and APAC")
    [gap] = found(night, scribe, "task")
    assert (gap.tone, gap.sentence) == ("bad", "“Stop the config rollout in US and APAC” has no owner")
    assert gap.line == "@amara who takes “Stop the config rollout in US and APAC”?"
    tasking.assign(task, commander, by=scribe)
    assert found(night, scribe, "task") == []


def test_an_action_wants_its_effect(night, tech_lead, scribe, commander):
    action = acting.propose(night, by=SYSTEM, title="Roll checkout back")
    night.actions.filter(pk=action.pk).update(state="done", executor=tech_lead, ended_at=ago(3))
    [gap] = found(night, scribe, "effect")
    assert (gap.sentence, gap.label) == ("What did “Roll checkout back” change?", "Ask Priya")
    night.actions.update(effect="no effect")
    assert found(night, scribe, "effect") == []


def test_a_finding_wants_its_confidence(night, sme, scribe):
    quick.record(night, "/f The pool empties within 40 s. @amara", by=sme)
    quick.record(night, "/f No lock behind it, certain", by=sme)
    [gap] = found(night, scribe, "confidence")
    assert (gap.sentence, gap.label) == ("How sure is “The pool empties within 40 s”?", "Ask Tomas")


def test_a_move_waved_through_wants_to_be_a_key_moment(night, commander, scribe):
    row = events_of_a_waved_move(night, commander)
    [gap] = found(night, scribe, "waved")
    assert gap.sentence == "Moved to Monitoring with 2 checks open"
    assert gap.anchor == f"entry-{row.number}"
    KeyMoment.objects.create(entry=row, marked_by=scribe)
    assert found(night, scribe, "waved") == []


def events_of_a_waved_move(incident: Incident, by: object) -> object:
    """As `lifecycle.move` records one that a reason has waived."""
    return events.record(
        incident,
        Kind.MOVED,
        by=by,
        body="The bank says so.",
        verb="monitor",
        old="investigating",
        new="monitoring",
        unmet=["An action runs.", "A check waits."],
    )


def test_impact_wants_to_be_stated(incident, commander, scribe):
    [gap] = found(incident, scribe, "impact")
    assert (gap.sentence, gap.label) == ("The impact is not stated", "Ask Amara")
    lifecycle.edit(incident, by=commander, summary="One in five payments fails.")
    assert found(incident, scribe, "impact") == []


def test_a_promise_that_has_passed_is_late(night, page, comms_lead, scribe):
    text = make.make_draft(night, by=SYSTEM, page=page, next_update_at=timezone.now() + timedelta(minutes=5))
    updates.publish(updates.approve(updates.submit(text, by=SYSTEM), by=SYSTEM), by=SYSTEM)
    assert found(night, scribe, "promise") == []
    Promise.objects.filter(incident=night, audience="public", kind="next").update(due_at=ago(2))
    [gap] = found(night, scribe, "promise")
    assert (gap.tone, gap.sentence) == ("bad", f"The public update promised for {ago(2):%H:%M} is late")


def test_where_nobody_can_be_asked_the_question_is_noted(scribe):
    incident = make.make_incident(title="Nobody commands")
    [gap] = found(incident, scribe, "impact")
    assert (gap.label, gap.line) == ("Note it", "Open: who is affected, and how badly?")


def test_rows_for_the_response_team_raise_no_question_outside_it(night, commander, scribe, bystander):
    timeline.add_entry(night, by=commander, body="Tell the lawyers", kind=Kind.DECISION, visibility=Visibility.ROOM)
    assert len(found(night, scribe, "reason")) == 1
    assert found(night, bystander, "reason") == []


def test_many_gaps_cost_no_more_than_one(night, commander, scribe, django_assert_num_queries):
    def add() -> None:
        say(night, 5, commander, "Restore", Kind.DECISION)
        quick.record(night, "/f Seen", by=scribe)
        tasking.add(night, by=scribe, title="Look")

    add()
    for times in range(2):
        night.forget_seats()
        list(night.live_seats)
        assert night.invited_ids == frozenset()
        with django_assert_num_queries(5):
            assert len([gap for gap in gaps.of(night, scribe) if gap.kind == "task"]) == 1 + 2 * times
        add()
        add()


def test_no_gap_where_all_is_written_down(commander, scribe):
    incident = make.make_incident(summary="One in five payments fails.")
    assert gaps.of(incident, scribe) == []
    assert not Finding.objects.exists()
    assert not Hypothesis.objects.exists()
