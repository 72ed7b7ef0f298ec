"""Corrected stamps: in order, not in the future, with a reason, and with what stood there before."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents import events, times
from incidents.conflicts import Conflict, Overtaken
from incidents.lifecycle import move
from incidents.models import Incident, Kind
from roles.models import User
from roles.policy import SYSTEM
from tests import make

REASON = "The graph shows it clearly."


@pytest.fixture
def told(db: None) -> Incident:
    """Resolved; each step twenty minutes after the one before, the first two hours ago."""
    start = timezone.now().replace(microsecond=0) - timedelta(hours=2)
    with events.dated(start):
        incident = make.make_incident()
    for step, verb in enumerate(("identify", "monitor", "resolve"), start=1):
        with events.dated(start + timedelta(minutes=20 * step)):
            move(incident, verb, by=SYSTEM, reason=REASON)
    return incident


def test_the_scribe_corrects_a_stamp_and_the_row_keeps_what_was_there(told: Incident) -> None:
    scribe = make.seat(told, "scribe", make.make_user("elif")).user
    before = told.mitigated_at
    assert before is not None
    entry = times.correct(told, by=scribe, reason=REASON, mitigated_at=before - timedelta(minutes=6))
    stored = Incident.objects.get()
    assert stored.mitigated_at == told.mitigated_at == before - timedelta(minutes=6)
    assert entry is not None
    assert (entry.kind, entry.actor, entry.data["reason"]) == (Kind.TIMES_CORRECTED, scribe, REASON)
    assert entry.data["before"] == {"mitigated_at": before.isoformat()}
    assert entry.data["after"] == {"mitigated_at": stored.mitigated_at.isoformat()}
    assert entry.body.startswith("Times corrected: Mitigated ")


@pytest.mark.parametrize(
    ("field", "minutes", "sentence"),
    [
        ("detected_at", 10, "cannot be before Detected"),
        ("identified_at", -25, "cannot be before Detected"),
        ("mitigated_at", 25, "cannot be before Mitigated"),
        ("resolved_at", -30, "cannot be before Mitigated"),
        ("resolved_at", 120, "Resolved cannot lie in the future"),
    ],
)
def test_times_out_of_order_are_refused_by_field(told: Incident, field: str, minutes: int, sentence: str) -> None:
    before = Incident.objects.values().get()
    with pytest.raises(ValidationError, match=sentence) as refusal:
        times.correct(told, by=SYSTEM, reason=REASON, **{field: getattr(told, field) + timedelta(minutes=minutes)})
    assert list(refusal.value.message_dict) == [field]
    assert Incident.objects.values().get() == before


def test_several_stamps_move_together(told: Incident) -> None:
    earlier = {name: getattr(told, name) - timedelta(hours=3) for name in ("detected_at", "declared_at")}
    times.correct(told, by=SYSTEM, reason=REASON, **earlier)
    stored = Incident.objects.get()
    assert {name: getattr(stored, name) for name in earlier} == earlier
    assert stored.opened_at == earlier["declared_at"]


def test_a_correction_says_why(told: Incident) -> None:
    with pytest.raises(Conflict, match="at least 10 characters why the times change") as refusal:
        times.correct(told, by=SYSTEM, reason=" because ", resolved_at=told.resolved_at + timedelta(minutes=1))
    assert refusal.value.needed == ["reason"]


def test_what_is_as_it_was_is_no_correction(told: Incident) -> None:
    rows = told.entries.count()
    assert times.correct(told, by=SYSTEM, reason="", resolved_at=told.resolved_at) is None
    assert told.entries.count() == rows


def test_a_time_that_has_not_come_yet_cannot_be_set(incident: Incident) -> None:
    with pytest.raises(Conflict, match="INC-1 is Investigating: it has no time for “Resolved” yet"):
        times.correct(incident, by=SYSTEM, reason=REASON, resolved_at=timezone.now())
    assert times.open_stamps(incident) == ["detected_at", "declared_at", "acknowledged_at"]


def test_a_step_that_was_skipped_gets_its_time_afterwards(db: None) -> None:
    incident = make.make_incident(severity="SEV4")
    move(incident, "resolve", by=SYSTEM)
    times.correct(incident, by=SYSTEM, reason=REASON, identified_at=incident.declared_at + timedelta(seconds=0))
    assert Incident.objects.get().identified_at is not None


def test_two_who_correct_at_once_keep_both_versions(told: Incident) -> None:
    at = told.resolved_at
    times.correct(told, by=SYSTEM, reason=REASON, seen_version=1, resolved_at=at + timedelta(minutes=1))
    with pytest.raises(Overtaken):
        times.correct(told, by=SYSTEM, reason=REASON, seen_version=1, resolved_at=at + timedelta(minutes=2))


def test_others_correct_nothing(incident: Incident, tech_lead: User, comms_lead: User, bystander: User) -> None:
    for person in (tech_lead, comms_lead, bystander):
        with pytest.raises(PermissionDenied):
            times.correct(incident, by=person, reason=REASON, detected_at=incident.detected_at - timedelta(hours=1))
    with pytest.raises(ValidationError, match="state_since: no such time"):
        times.correct(incident, by=SYSTEM, reason=REASON, state_since=timezone.now())
