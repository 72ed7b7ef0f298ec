"""What people write into the timeline, how it is corrected, and how a tampered row is found."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from pytest_django import Settings

from incidents import events, lifecycle, timeline
from incidents.conflicts import Conflict
from incidents.models import Incident, KeyMoment, Kind, TimelineEntry, TimelineHead, Visibility
from incidents.models.entry import GROUPS, WRITTEN
from incidents.response import deciding, diagnosis, handover
from incidents.timeline import Fault
from roles.models import User
from tests import make


@pytest.fixture
def told(incident: Incident, commander: User) -> Incident:
    """An incident with six rows, of which the third is a note."""
    timeline.add_entry(incident, by=commander, body="Payments fail since 11:50.")
    timeline.add_entry(incident, by=commander, body="We roll back.", kind=Kind.DECISION)
    lifecycle.move(incident, "identify", by=commander)
    timeline.add_entry(incident, by=commander, body="Rolled back.", kind=Kind.ACTION)
    return incident


# --- writing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WRITTEN)
def test_any_responder_writes_entries(incident: Incident, bystander: User, kind: Kind) -> None:
    entry = timeline.add_entry(incident, by=bystander, body="  It began at noon. ", kind=kind)
    assert (entry.kind, entry.body, entry.actor) == (kind, "It began at noon.", bystander)


def test_an_entry_may_tell_of_the_past(incident: Incident, bystander: User) -> None:
    earlier = timezone.now() - timedelta(minutes=20)
    entry = timeline.add_entry(incident, by=bystander, body="It began.", occurred_at=earlier)
    assert entry.occurred_at == earlier < entry.recorded_at


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"body": " \n"}, "needs a text"),
        ({"body": "x" * 20_001}, "at most 20,000"),
        ({"body": "x", "kind": "moved"}, "moved is not written by hand"),
        ({"body": "x", "kind": "nonsense"}, "nonsense is not written by hand"),
        ({"body": "x", "occurred_at": timezone.now() + timedelta(days=1)}, "cannot lie in the future"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(
    incident: Incident, bystander: User, fields: dict, sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        timeline.add_entry(incident, by=bystander, **fields)
    assert incident.entries.count() == 1


def test_outsiders_write_nothing(incident: Incident, outsider: User) -> None:
    with pytest.raises(PermissionDenied):
        timeline.add_entry(incident, by=outsider, body="Hello?")
    assert incident.entries.count() == 1


# --- correcting -------------------------------------------------------------------------------


def test_the_scribe_corrects_an_entry_and_the_old_text_is_kept(told: Incident, scribe: User) -> None:
    wrong = told.entries.get(number=3)
    right = timeline.supersede(wrong, by=scribe, body=" Payments fail since 11:40. ")
    assert (right.supersedes, right.body, right.occurred_at) == (wrong, "Payments fail since 11:40.", wrong.occurred_at)
    assert TimelineEntry.objects.get(pk=wrong.pk).body == "Payments fail since 11:50."
    assert timeline.first_broken(told) is None


def test_nobody_but_the_scribe_corrects(told: Incident, commander: User, comms_lead: User, bystander: User) -> None:
    for person in (commander, comms_lead, bystander):
        with pytest.raises(PermissionDenied):
            timeline.supersede(told.entries.get(number=3), by=person, body="Never happened.")


def test_an_entry_is_corrected_once_then_its_correction_is(told: Incident, scribe: User) -> None:
    first = timeline.supersede(told.entries.get(number=3), by=scribe, body="11:40.")
    with pytest.raises(ValidationError, match="corrected already"):
        timeline.supersede(told.entries.get(number=3), by=scribe, body="11:45.")
    assert timeline.supersede(first, by=scribe, body="11:45.").supersedes == first


def test_what_the_product_recorded_is_not_corrected(told: Incident, scribe: User) -> None:
    moved = told.entries.get(kind=Kind.MOVED)
    with pytest.raises(ValidationError, match="not corrected by hand"):
        timeline.supersede(moved, by=scribe, body="It never moved.")


def test_every_kind_falls_under_one_filter() -> None:
    listed = [kind for kinds in GROUPS.values() for kind in kinds]
    assert sorted(listed) == sorted(Kind)


# --- the proof --------------------------------------------------------------------------------


def test_an_untouched_timeline_holds(told: Incident) -> None:
    assert told.entries.count() == 6
    assert timeline.first_broken(told) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "Payments are fine."},
        {"data": {"forged": True}},
        {"kind": Kind.FINDING},
        {"actor": None},
        {"actor_role": "scribe"},
        {"occurred_at": timezone.now() - timedelta(days=1)},
        {"recorded_at": timezone.now() - timedelta(days=1)},
        {"digest": "0" * 64},
        {"digest_before": "0" * 64},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_tampered_row_is_named(told: Incident, changes: dict[str, Any]) -> None:
    TimelineEntry.objects.filter(incident=told, number=3).update(**changes)
    broken = timeline.first_broken(told)
    assert broken is not None
    assert broken.number == 3


def test_a_row_whose_digest_was_made_to_fit_breaks_the_next_one(told: Incident) -> None:
    row = told.entries.get(number=3)
    row.body = "Payments are fine."
    TimelineEntry.objects.filter(pk=row.pk).update(body=row.body, digest=events.digest_of(row))
    broken = timeline.first_broken(told)
    assert broken is not None
    assert broken.number == 4


def test_a_row_that_was_taken_out_is_missed(told: Incident) -> None:
    told.entries.filter(number=3).delete()
    broken = timeline.first_broken(told)
    assert broken is not None
    assert broken.number == 4


def test_a_row_moved_to_another_incident_is_found_in_both(told: Incident) -> None:
    other = make.make_incident(title="Another one")
    TimelineEntry.objects.filter(incident=told, number=3).update(incident=other, number=2)
    assert timeline.first_broken(told) == told.entries.get(number=4)
    assert timeline.first_broken(other) == other.entries.get(number=2)


def test_telling_a_row_does_not_break_the_chain(told: Incident) -> None:
    told.entries.update(told_at=timezone.now(), failures=2, trouble="was tried twice")
    assert timeline.first_broken(told) is None


# --- the end of the chain ---------------------------------------------------------------------


def test_a_last_row_that_was_taken_away_is_missed(told: Incident) -> None:
    told.entries.get(number=6).delete()
    assert timeline.first_broken(told) is None
    assert timeline.first_fault(told) == Fault(6, "row 6 and what came after it, up to row 6, are gone")


def test_what_is_written_after_a_row_was_taken_away_does_not_hide_it(told: Incident, commander: User) -> None:
    told.entries.get(number=6).delete()
    assert timeline.add_entry(told, by=commander, body="Business as usual.").number == 7
    assert timeline.first_fault(told) == Fault(7, "row 7 (note) is not as it was written")


def test_a_whole_new_chain_does_not_carry_our_seal(told: Incident) -> None:
    last = told.entries.get(number=6)
    last.body = "Nothing was done."
    last.digest = events.digest_of(last)
    last.save()
    head = TimelineHead.objects.get(incident=told)
    assert timeline.first_fault(told) == Fault(6, "row 6 is not the one that was sealed as the last")
    TimelineHead.objects.update(digest=last.digest, seal=events.seal_of(head, key="somebody else's key"))
    assert timeline.first_fault(told) == Fault(6, "row 6 was not sealed by this installation")


def test_a_timeline_without_its_head_is_no_proof(told: Incident) -> None:
    TimelineHead.objects.all().delete()
    assert timeline.first_fault(told) == Fault(6, "row 6 is the last, and nothing says that it was")


def test_a_seal_holds_after_the_secret_key_was_changed(told: Incident, settings: Settings) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one, long enough to be taken for a key of fifty"
    assert timeline.first_fault(told) is None


# --- for the response team alone --------------------------------------------------------------


def test_only_the_response_team_writes_for_itself(incident: Incident, scribe: User, bystander: User) -> None:
    entry = timeline.add_entry(incident, by=scribe, body="The customer is Nordlys.", visibility="room")
    assert entry.visibility == Visibility.ROOM
    assert timeline.first_fault(incident) is None
    with pytest.raises(PermissionDenied, match="response team"):
        timeline.add_entry(incident, by=bystander, body="Which customer?", visibility="room")
    with pytest.raises(ValidationError, match="staff or room"):
        timeline.add_entry(incident, by=scribe, body="For whom?", visibility="everybody")


def test_a_correction_is_for_whom_its_entry_was(incident: Incident, scribe: User) -> None:
    entry = timeline.add_entry(incident, by=scribe, body="The customer is Nordlis.", visibility="room")
    assert timeline.supersede(entry, by=scribe, body="The customer is Nordlys.").visibility == Visibility.ROOM


def test_who_may_read_a_row_does_not_change_unseen(incident: Incident, scribe: User) -> None:
    timeline.add_entry(incident, by=scribe, body="The customer is Nordlys.", visibility="room")
    incident.entries.filter(visibility="room").update(visibility="staff")
    fault = timeline.first_fault(incident)
    assert fault is not None
    assert fault.sentence.startswith("row 3 (note)")


# --- key moments ------------------------------------------------------------------------------


def test_a_key_moment_is_marked_once_and_unmarked(told: Incident, commander: User) -> None:
    entry = told.entries.get(number=4)
    assert timeline.mark(entry, by=commander) == timeline.mark(entry, by=commander)
    assert KeyMoment.objects.get().marked_by == commander
    timeline.unmark(entry, by=commander)
    timeline.unmark(entry, by=commander)
    assert KeyMoment.objects.count() == 0
    assert timeline.first_fault(told) is None


def test_those_who_do_not_lead_mark_nothing(told: Incident, comms_lead: User, sme: User, bystander: User) -> None:
    for person in (comms_lead, sme, bystander):
        with pytest.raises(PermissionDenied):
            timeline.mark(told.entries.get(number=4), by=person)
        with pytest.raises(PermissionDenied):
            timeline.unmark(told.entries.get(number=4), by=person)


def test_a_mark_goes_on_to_the_correction(told: Incident, scribe: User) -> None:
    entry = told.entries.get(number=4)
    timeline.mark(entry, by=scribe)
    corrected = timeline.supersede(entry, by=scribe, body="We roll back to 4.117.")
    assert [moment.entry for moment in KeyMoment.objects.all()] == [corrected]
    with pytest.raises(Conflict, match="mark the newer one"):
        timeline.mark(entry, by=scribe)


def test_a_finding_says_what_its_correction_says(told: Incident, tech_lead: User, scribe: User) -> None:
    found = diagnosis.share(told, by=tech_lead, text="Pool at 120.", recommendation="Raise it.", confidence="certain")
    corrected = timeline.supersede(found.entry, by=scribe, body="Pool at 110.\n\nRecommendation: Raise it to 1,200.")
    found.refresh_from_db()
    assert (found.entry, found.text, found.recommendation) == (corrected, "Pool at 110.", "Raise it to 1,200.")
    assert corrected.data["tag"] == found.entry.data["tag"]


def test_a_decision_says_what_its_correction_says(told: Incident, commander: User, scribe: User) -> None:
    at = timezone.now() + timedelta(minutes=20)
    decided = deciding.record(told, by=commander, outcome="Fail over.", reason="It is quickest.", revisit_at=at)
    entry = told.entries.get(kind=Kind.DECISION, superseded_by=None, data__decision=decided.pk)
    again = f"To be looked at again at {at:%H:%M} UTC."
    assert entry.body == f"**Fail over.**\n\nWhy: It is quickest.\n\n{again}"
    body = entry.body.replace("Fail over.", "Fail over to eu-west-2.").replace("quickest", "cheapest")
    corrected = timeline.supersede(entry, by=scribe, body=body)
    decided.refresh_from_db()
    assert (decided.outcome, decided.reason) == ("Fail over to eu-west-2.", "It is cheapest.")
    assert (decided.question, decided.revisit_at, decided.decided_by) == ("Fail over to eu-west-2.", at, commander)
    assert corrected.body == f"**Fail over to eu-west-2.**\n\nWhy: It is cheapest.\n\n{again}"
    assert (corrected.data["decision"], corrected.data["reason"]) == (decided.pk, "It is cheapest.")
    assert timeline.first_fault(told) is None


def test_a_correction_in_plain_words_is_told_as_a_decision_and_keeps_what_was_asked(
    told: Incident, commander: User, scribe: User
) -> None:
    asked = deciding.propose(told, by=commander, question="Fail over?")
    decided = deciding.decide(asked, by=commander, outcome="Yes.", reason="It is quickest.")
    entry = told.entries.get(kind=Kind.DECISION, data__decision=decided.pk)
    corrected = timeline.supersede(entry, by=scribe, body="Yes, **at once**.")
    decided.refresh_from_db()
    assert (decided.question, decided.outcome, decided.reason) == ("Fail over?", "Yes, **at once**.", "")
    assert corrected.data["question"] == "Fail over?"


@pytest.mark.parametrize(
    ("body", "sentence"), [("Why: nobody knows.", ""), ("** **", "Say what was decided"), ("x" * 2001, "at most 2,000")]
)
def test_a_correction_that_decides_nothing_changes_nothing(
    told: Incident, commander: User, scribe: User, body: str, sentence: str
) -> None:
    decided = deciding.record(told, by=commander, outcome="Fail over.")
    entry = told.entries.get(kind=Kind.DECISION, data__decision=decided.pk)
    if sentence:
        with pytest.raises(ValidationError, match=sentence):
            timeline.supersede(entry, by=scribe, body=body)
        body = "Fail over."
    else:
        timeline.supersede(entry, by=scribe, body=body)
    decided.refresh_from_db()
    assert decided.outcome == body


def test_a_decision_that_was_only_written_down_is_corrected_like_any_note(told: Incident, scribe: User) -> None:
    written = timeline.add_entry(told, by=scribe, kind=Kind.DECISION, body="We wait.")
    assert timeline.supersede(written, by=scribe, body="We wait until noon.").body == "We wait until noon."


def test_a_brief_is_not_filled_with_what_is_for_the_team(told: Incident, scribe: User) -> None:
    timeline.add_entry(told, by=scribe, kind=Kind.NOW, body="Two nodes are back.")
    timeline.add_entry(told, by=scribe, kind=Kind.NOW, body="planted", visibility="room")
    assert handover.brief_of(told)["situation"] == "Two nodes are back."
