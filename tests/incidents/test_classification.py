"""Sorting an incident: type, tags, services, answers; by whom, in which words, and what two do at once."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import classification, lifecycle, taxonomy
from incidents.conflicts import Conflict, Overtaken
from incidents.models import Kind, State
from roles.policy import SYSTEM
from tests import make


@pytest.fixture
def security(db):
    return taxonomy.add_type(by=SYSTEM, name="Security", is_private=True)


@pytest.fixture
def region(db):
    return taxonomy.add_field(by=SYSTEM, label="Region", kind="choice", choices=["EU", "US"], needed_to="resolve")


def told(incident):
    return list(incident.entries.filter(kind=Kind.CLASSIFIED).values_list("body", flat=True))


def test_all_of_it_in_one_row(commander, incident, security, region):
    webhooks = make.make_service("webhooks")
    classification.classify(
        incident,
        by=commander,
        type=security,
        tags=["EU Wide", "limits", "eu-wide", " "],
        services=[webhooks],
        answers={"region": "EU"},
    )
    incident.refresh_from_db()
    assert incident.type == security
    assert list(incident.tags.values_list("name", flat=True)) == ["eu-wide", "limits"]
    assert list(incident.services.all()) == [webhooks]
    assert incident.answers == {"region": "EU"}
    assert told(incident) == ["Type: Security. Tags: eu-wide, limits. Affected: Webhooks. Region: EU."]


def test_what_is_not_said_stays_and_nothing_new_writes_no_row(commander, incident, region, service):
    classification.classify(incident, by=commander, tags=["limits"])
    assert classification.classify(incident, by=commander, tags=["limits"], services=[service]) is None
    classification.classify(incident, by=commander, answers={"region": "EU"})
    classification.classify(incident, by=commander, answers={"region": ""})
    incident.refresh_from_db()
    assert (list(incident.tags.values_list("name", flat=True)), incident.answers) == (["limits"], {})
    assert told(incident) == ["Tags: limits.", "Region: EU.", "Region: no answer."]


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("text", " eu-west ", "eu-west"),
        ("number", "3.0", 3),
        ("number", 2.5, 2.5),
        ("choice", "EU", "EU"),
        ("date", "2026-03-27", "2026-03-27"),
        ("link", "https://tickets.example/7", "https://tickets.example/7"),
        ("yes_no", "yes", True),
        ("yes_no", False, False),
    ],
)
def test_an_answer_is_kept_as_its_kind_has_it(kind, given, kept, commander, incident):
    taxonomy.add_field(by=SYSTEM, label="Asked", kind=kind, choices=["EU"])
    classification.classify(incident, by=commander, answers={"asked": given})
    incident.refresh_from_db()
    assert incident.answers == {"asked": kept}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text", "x" * 501),
        ("text", ["a"]),
        ("text", "a\x00b"),
        ("number", "many"),
        ("number", "inf"),
        ("number", "1e400"),
        ("number", True),
        ("choice", "Mars"),
        ("date", "27.3.2026"),
        ("link", "javascript:alert(1)"),
        ("yes_no", "perhaps"),
        ("yes_no", 1),
        ("yes_no", {}),
    ],
)
def test_what_cannot_be_an_answer_is_refused(kind, given, commander, incident):
    taxonomy.add_field(by=SYSTEM, label="Asked", kind=kind, choices=["EU"])
    with pytest.raises(ValidationError):
        classification.classify(incident, by=commander, answers={"asked": given})
    incident.refresh_from_db()
    assert incident.answers == {}
    assert told(incident) == []


def test_what_no_question_asks_is_refused(commander, incident, security):
    taxonomy.add_field(by=SYSTEM, label="Reported to", types=[security])
    with pytest.raises(ValidationError, match="not asked"):
        classification.classify(incident, by=commander, answers={"reported-to": "the office"})
    classification.classify(incident, by=commander, type=security, answers={"reported-to": "the office"})
    with pytest.raises(ValidationError, match="not asked"):
        classification.classify(incident, by=commander, answers={"invented": "1"})


@pytest.mark.parametrize("tags", [["!!!"], ["x" * 41], [f"tag{number}" for number in range(13)]])
def test_what_is_no_tag_is_refused(tags, commander, incident):
    with pytest.raises(ValidationError):
        classification.classify(incident, by=commander, tags=tags)


def test_who_may_not_sort_it(bystander, sme, shadow, incident):
    for person in (bystander, sme, shadow):
        with pytest.raises(PermissionDenied):
            classification.classify(incident, by=person, tags=["mine"])


def test_of_two_editors_the_second_is_shown_both_versions(commander, scribe, incident, region):
    seen = classification.version_of(incident)
    classification.classify(incident, by=scribe, answers={"region": "EU"}, seen_version=seen)
    with pytest.raises(Overtaken) as refused:
        classification.classify(incident, by=commander, answers={"region": "US"}, seen_version=seen)
    assert (refused.value.mine["Region"], refused.value.theirs["Region"]) == ("US", "EU")
    classification.classify(incident, by=commander, answers={"region": "US"}, seen_version=refused.value.version)
    assert told(incident) == ["Region: EU.", "Region: US."]


def test_the_same_wish_twice_is_no_conflict(commander, scribe, incident):
    seen = classification.version_of(incident)
    classification.classify(incident, by=scribe, tags=["limits"], seen_version=seen)
    assert classification.classify(incident, by=commander, tags=["limits"], seen_version=seen) is None


def test_a_merged_incident_is_sorted_no_more(administrator, incident):
    type(incident).objects.filter(pk=incident.pk).update(state=State.MERGED)
    with pytest.raises(Conflict):
        classification.classify(incident, by=administrator, tags=["late"])


def test_a_question_holds_up_the_move_that_it_names(commander, incident, region):
    assert classification.unmet(incident, "resolve") == ["“Region” is not answered."]
    assert classification.unmet(incident, "close") == []
    assert "“Region” is not answered." in lifecycle.unmet(incident, "resolve")
    classification.classify(incident, by=commander, answers={"region": "EU"})
    assert classification.unmet(incident, "resolve") == []


def test_a_private_type_opens_private(bystander, outsider, security):
    incident = lifecycle.open_incident(title="Names have leaked", type=security, by=bystander)
    assert (incident.is_private, incident.type) == (True, security)
    assert incident.is_visible_to(bystander)
    assert not incident.is_visible_to(make.make_user("someone"))
