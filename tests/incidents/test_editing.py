"""The severity and the words of an incident: who changes them, what is kept, and two at once."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import lifecycle
from incidents.conflicts import Conflict, Overtaken
from incidents.models import Incident, Severity, State
from roles.models import User
from roles.policy import SYSTEM
from tests import make


def test_the_commander_changes_the_severity(incident: Incident, commander: User) -> None:
    entry = lifecycle.change_severity(incident, "SEV3", by=commander, reason=" One region only. ")
    assert entry is not None
    assert (entry.kind, entry.body, entry.data["old"], entry.data["new"]) == (
        "severity_changed",
        "One region only.",
        "SEV1",
        "SEV3",
    )
    assert entry.data["consequence"] == (
        "Comms Lead, Expert, Scribe, Support and Status page no longer needed; updates every 1 h."
    )
    assert Incident.objects.get().severity == incident.severity == "SEV3"
    assert [seat.user for seat in Incident.objects.get().live_seats] == [commander]


def test_the_same_severity_is_no_fact(incident: Incident, commander: User) -> None:
    rows = incident.entries.count()
    assert lifecycle.change_severity(incident, "SEV1", by=commander) is None
    assert incident.entries.count() == rows


@pytest.mark.parametrize("state", [State.CLOSED, State.CANCELLED])
def test_the_severity_of_what_is_over_stays(db: None, state: str) -> None:
    stale = make.make_incident()
    for verb in make.ROAD[state]:
        lifecycle.move(Incident.objects.get(), verb, by=SYSTEM, reason=make.REASON)
    with pytest.raises(Conflict, match="its severity stays"):
        lifecycle.change_severity(stale, Severity.SEV4, by=SYSTEM)


def test_a_severity_that_does_not_exist_is_refused(incident: Incident, commander: User) -> None:
    with pytest.raises(ValidationError, match="SEV0 is no severity"):
        lifecycle.change_severity(incident, "SEV0", by=commander)


def test_others_change_neither_severity_nor_words(
    incident: Incident, comms_lead: User, scribe: User, bystander: User
) -> None:
    for person in (comms_lead, scribe, bystander):
        with pytest.raises(PermissionDenied):
            lifecycle.change_severity(incident, "SEV5", by=person)
        with pytest.raises(PermissionDenied):
            lifecycle.edit(incident, by=person, title="All is well")
    stored = Incident.objects.get()
    assert (stored.severity, stored.title) == ("SEV1", "Card payments fail in the EU")


def test_an_edit_keeps_the_old_words(incident: Incident, commander: User) -> None:
    entry = lifecycle.edit(incident, by=commander, title="  Cards fail\neverywhere ", summary="Since 11:50.")
    assert entry is not None
    assert entry.data == {
        "before": {"title": "Card payments fail in the EU", "summary": ""},
        "after": {"title": "Cards fail everywhere", "summary": "Since 11:50."},
    }
    stored = Incident.objects.get()
    assert (stored.title, stored.summary) == ("Cards fail everywhere", "Since 11:50.")
    assert stored.version == 2
    assert lifecycle.edit(stored, by=commander, title="Cards fail everywhere") is None


def test_two_who_edit_the_words_at_once_keep_both_versions(incident: Incident, commander: User, deputy: User) -> None:
    seen = Incident.objects.get()
    lifecycle.edit(incident, by=commander, seen_version=1, title="Cards fail in Germany")
    with pytest.raises(Overtaken) as refusal:
        lifecycle.edit(seen, by=deputy, seen_version=1, title="Cards fail in Austria")
    assert (refusal.value.mine, refusal.value.theirs, refusal.value.version) == (
        {"title": "Cards fail in Austria"},
        {"title": "Cards fail in Germany"},
        2,
    )
    assert Incident.objects.get().title == "Cards fail in Germany"
    lifecycle.edit(seen, by=deputy, seen_version=2, title="Cards fail in Austria")
    assert Incident.objects.get().title == "Cards fail in Austria"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": " "}, "needs a title"),
        ({"title": "x" * 201}, "at most 200"),
        ({"state": "closed"}, "state cannot be edited"),
    ],
)
def test_an_edit_that_makes_no_sense_changes_nothing(
    incident: Incident, commander: User, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        lifecycle.edit(incident, by=commander, **changes)
    stored = Incident.objects.get()
    assert (stored.title, stored.state) == ("Card payments fail in the EU", State.INVESTIGATING)
