"""What follows from a severity, as data: who changes it, what makes no sense, and when others know of it."""

import time
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import severity
from incidents.conflicts import Overtaken
from incidents.models import SeverityRule
from incidents.response import coverage
from roles.models import AuditEvent, User
from roles.policy import SYSTEM
from tests import make


def test_a_rule_changes_for_open_incidents_too_and_the_change_is_kept(administrator: User) -> None:
    incident = make.make_incident(severity="SEV4")
    severity.change("SEV4", by=administrator, required_roles=["scribe", "commander"], review_within=timedelta(days=2))
    assert severity.rule("SEV4").required == ("commander", "scribe")
    assert [slot.role for slot in coverage.roster(incident) if slot.is_required] == ["commander", "scribe"]
    note = AuditEvent.objects.get(action="severity_rule.changed")
    assert (note.actor, note.subject) == (administrator, "SEV4")
    assert note.data == {
        "changed": {"required_roles": [["commander"], ["scribe", "commander"]], "review_within": [None, "2 days"]}
    }


def test_another_process_knows_within_five_seconds(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    severity.forget()
    assert severity.rule("SEV5").meaning == "Cosmetic."
    SeverityRule.objects.filter(severity="SEV5").update(meaning="A typing mistake.")  # as another process does
    assert severity.rule("SEV5").meaning == "Cosmetic."
    monkeypatch.setattr(severity, "_read_at", time.monotonic() - 5)
    assert severity.rule("SEV5").meaning == "A typing mistake."


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"required_roles": ["commander", "barista"]}, "required_roles"),
        ({"required_roles": ["scribe"]}, "required_roles"),
        ({"acknowledge_within": timedelta(seconds=5)}, "acknowledge_within"),
        ({"review_within": timedelta(days=400)}, "review_within"),
        ({"needs_approval": False, "needs_four_eyes": True}, "needs_four_eyes"),
        ({"meaning": ""}, "meaning"),
        ({"review": "perhaps"}, "review"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_field(
    administrator: User, columns: dict[str, object], field: str
) -> None:
    before = SeverityRule.objects.filter(severity="SEV1").values().get()
    with pytest.raises(ValidationError) as refusal:
        severity.change("SEV1", by=administrator, **columns)
    assert list(refusal.value.message_dict) == [field]
    assert SeverityRule.objects.filter(severity="SEV1").values().get() == before
    assert not AuditEvent.objects.exists()


def test_a_commander_changes_no_rule(commander: User) -> None:
    with pytest.raises(PermissionDenied):
        severity.change("SEV1", by=commander, meaning="Mine.")


def test_of_two_administrators_the_second_sees_both_versions(administrator: User) -> None:
    seen = SeverityRule.objects.get(severity="SEV3").version
    severity.change("SEV3", by=administrator, seen_version=seen, meaning="Part of it is lost.")
    with pytest.raises(Overtaken, match="Somebody changed SEV3 after you opened it") as refusal:
        severity.change(
            "SEV3", by=SYSTEM, seen_version=seen, meaning="Some are stopped.", review_within=timedelta(days=2)
        )
    told = refusal.value
    assert told.mine == {"meaning": "Some are stopped.", "review_within": "2 days"}
    assert told.theirs == {"meaning": "Part of it is lost.", "review_within": "nothing"}
    assert SeverityRule.objects.get(severity="SEV3").meaning == "Part of it is lost."
    severity.change("SEV3", by=SYSTEM, seen_version=told.version, meaning="Some are stopped.")
    assert severity.rule("SEV3").meaning == "Some are stopped."


def test_who_wants_what_is_there_already_is_not_overtaken(administrator: User) -> None:
    severity.change("SEV3", by=administrator, seen_version=1, meaning="Part of it is lost.")
    severity.change("SEV3", by=SYSTEM, seen_version=1, meaning="Part of it is lost.")
    assert AuditEvent.objects.filter(action="severity_rule.changed").count() == 1


def test_what_is_as_it_was_is_no_change(db: None) -> None:
    severity.change("SEV5", by=SYSTEM, meaning="Cosmetic.")
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("SEV3", "SEV2", "Needs Comms Lead, Scribe and Status page now; updates every 30 min; a review is required."),
        ("SEV2", "SEV1", "Needs Expert and Support now; updates every 20 min."),
        ("SEV4", "SEV5", "No update is promised."),
        ("SEV3", "SEV4", "Tech Lead no longer needed; updates every day."),
    ],
)
def test_a_change_of_severity_says_what_newly_holds(db: None, old: str, new: str, sentence: str) -> None:
    assert severity.consequence(old, new) == sentence


def test_each_level_is_explained_before_one_chooses_it(db: None) -> None:
    assert severity.terms("SEV1") == (
        "All seven roles; public update every 20 min; texts approved by somebody else; review required."
    )
    assert severity.terms("SEV5") == "Commander; no update is promised."


@pytest.mark.parametrize(
    ("minutes", "words"), [(20, "20 min"), (60, "1 h"), (90, "1 h 30 min"), (1440, "day"), (4320, "3 days")]
)
def test_spans_in_words(minutes: int, words: str) -> None:
    assert severity.in_words(timedelta(minutes=minutes)) == words
