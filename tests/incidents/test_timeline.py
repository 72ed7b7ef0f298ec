"""What people write into the timeline, how it is corrected, and how a tampered row is found."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents import events, lifecycle, timeline
from incidents.models import Incident, Kind, TimelineEntry
from incidents.models.entry import GROUPS, WRITTEN
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
