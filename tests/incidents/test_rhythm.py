"""How often whom is told, as data: what a new installation says, who changes it, and what makes no sense."""

import time
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import rhythm, severity
from incidents.conflicts import Overtaken
from incidents.models import UpdatePolicy
from roles.models import AuditEvent, User
from roles.policy import SYSTEM


def row(name: str = "SEV1", audience: str = "public") -> UpdatePolicy:
    return UpdatePolicy.objects.get(severity=name, audience=audience)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def test_a_new_installation_has_a_row_for_each_severity_and_audience_and_they_are_the_seeds(db: None) -> None:
    rhythm.forget()
    assert rhythm.policies() == rhythm.SEEDS
    assert len(rhythm.SEEDS) == 20


@pytest.mark.parametrize(
    ("name", "first", "scope", "every", "later"),
    [("SEV1", 5, 5, 20, 60), ("SEV2", 10, 10, 30, 90), ("SEV3", None, None, 60, 240), ("SEV4", None, None, 1440, None)],
)
def test_the_public_hears_as_often_as_the_scheme_says(
    name: str, first: int | None, scope: int | None, every: int, later: int | None
) -> None:
    given = rhythm.policy(name)
    assert [given.first_within, given.scope_within, given.every, given.later_every] == [
        None if number is None else minutes(number) for number in (first, scope, every, later)
    ]
    assert given.later_after == (minutes(120) if later else None)


def test_a_severity_repeats_what_its_policies_say(administrator: User) -> None:
    rhythm.change(row(), by=administrator, every=minutes(15), first_within=minutes(4))
    rule = severity.rule("SEV1")
    assert (rule.update_every, rule.first_post, rule.update_every_later) == (minutes(15), minutes(4), minutes(60))
    assert rule.executive_every == minutes(30)
    note = AuditEvent.objects.get(action="update_policy.changed")
    assert (note.actor, note.subject) == (administrator, "SEV1, Public page")
    assert note.data == {"changed": {"every": [20, 15], "first_within": [5, 4]}}


def test_another_process_knows_within_five_seconds(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    rhythm.forget()
    assert rhythm.policy("SEV5").every is None
    UpdatePolicy.objects.filter(severity="SEV5", audience="public").update(every=minutes(600))
    assert rhythm.policy("SEV5").every is None
    monkeypatch.setattr(rhythm, "_read_at", time.monotonic() - 5)
    assert rhythm.policy("SEV5").every == minutes(600)


@pytest.mark.parametrize(
    ("spans", "field"),
    [
        ({"every": timedelta(seconds=5)}, "every"),
        ({"every": timedelta(days=31), "later_every": timedelta(days=31)}, "every"),
        ({"first_within": None}, "scope_within"),
        ({"later_after": None}, "later_after"),
        ({"later_every": None}, "later_every"),
        ({"later_every": timedelta(minutes=10)}, "later_every"),
        ({"every": None}, "every"),
    ],
)
def test_a_rhythm_that_makes_no_sense_is_refused_by_field(
    administrator: User, spans: dict[str, timedelta | None], field: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        rhythm.change(row(), by=administrator, **spans)
    assert field in refusal.value.message_dict
    assert row().every == minutes(20)
    assert not AuditEvent.objects.exists()


def test_who_saw_an_older_version_is_told_and_nothing_is_overwritten(administrator: User) -> None:
    seen = row().version
    rhythm.change(row(), by=SYSTEM, seen_version=seen, every=minutes(25))
    with pytest.raises(Overtaken):
        rhythm.change(row(), by=administrator, seen_version=seen, every=minutes(40))
    assert row().every == minutes(25)


def test_a_commander_changes_no_rhythm(commander: User) -> None:
    with pytest.raises(PermissionDenied):
        rhythm.change(row(), by=commander, every=minutes(40))
