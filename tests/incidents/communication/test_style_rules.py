"""Rules of style as the organisation keeps them, and what they do to a text on its way out."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents.communication import consistency, style_rules, updates
from incidents.communication.consistency import Draft
from incidents.conflicts import Conflict, Overtaken
from incidents.models import Incident, StyleRule, UpdateState
from roles.models import User
from roles.policy import SYSTEM
from statuspage.models import StatusPage
from tests import make

pytestmark = pytest.mark.django_db

CALM = "Some card payments fail."


def rules_of(body: str, **about: object) -> list[tuple[str, str, str | None]]:
    found = consistency.findings(Draft(body=body, **about))  # type: ignore[arg-type]
    return [(one.rule, body[one.start : one.end], one.fix) for one in found]


def test_a_forbidden_word_is_found_as_a_word_and_not_inside_one() -> None:
    style_rules.add(by=SYSTEM, code="no-acme", patterns=["Acme"], message="We do not name providers.")
    assert rules_of("Payments through ACME fail.") == [("no-acme", "ACME", None)]
    assert rules_of("Payments for acmeology courses fail.") == []


def test_our_word_for_a_thing_is_put_in_with_a_click_as_it_was_written() -> None:
    style_rules.add(by=SYSTEM, code="cards", how="term", patterns=["plastic"], fix="card", message="We say card.")
    assert rules_of("Plastic payments fail.") == [("cards", "Plastic", "Card")]


def test_a_pattern_of_ones_own_is_found() -> None:
    style_rules.add(by=SYSTEM, code="shop", how="pattern", patterns=[r"shop-\w+x"], message="Internal.", level="block")
    assert rules_of("The shop-abx fails.") == [("shop", "shop-abx", None)]


def test_a_pattern_that_would_run_for_ever_finds_nothing_and_stops() -> None:
    StyleRule.objects.create(code="slow", how="pattern", patterns=[r"(a|aa)+\Z"], message="Slow.")
    assert rules_of("Payments fail: " + "a" * 60 + "!") == []


@pytest.mark.parametrize(
    ("about", "field"),
    [
        ({"patterns": []}, "patterns"),
        ({"patterns": ["("], "how": "pattern"}, "patterns"),
        ({"patterns": ["x*"], "how": "pattern"}, "patterns"),
        ({"patterns": ["plastic"], "how": "term"}, "fix"),
        ({"patterns": ["x"], "audiences": ["martians"]}, "audiences"),
        ({"patterns": ["x"], "message": ""}, "message"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_field(about: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        style_rules.add(by=SYSTEM, code="odd", **{"message": "Why.", **about})
    assert field in refusal.value.message_dict


def test_a_name_is_taken_once_and_never_that_of_a_built_in_rule() -> None:
    style_rules.add(by=SYSTEM, code="once", patterns=["x1"], message="Why.")
    for code in ("once", "host"):
        with pytest.raises(ValidationError):
            style_rules.add(by=SYSTEM, code=code, patterns=["x1"], message="Why.")


def test_a_responder_keeps_no_rules(bystander: User) -> None:
    with pytest.raises(PermissionDenied):
        style_rules.add(by=bystander, code="mine", patterns=["x"], message="Why.")
    assert make.client_of(bystander).get("/settings/words/style/").status_code == 200
    assert make.client_of(bystander).post("/settings/words/style/eta/", {"level": "off"}).status_code == 403


def test_two_who_change_one_rule_are_told(administrator: User) -> None:
    rule = style_rules.add(by=SYSTEM, code="once", patterns=["x1"], message="Why.")
    style_rules.change(rule, by=administrator, seen_version=1, message="Because.")
    with pytest.raises(Overtaken):
        style_rules.change(rule, by=administrator, seen_version=1, message="Otherwise.")


def test_a_built_in_rule_is_turned_off_or_made_to_block(administrator: User) -> None:
    body = "Cards fail and should be back within the hour."
    assert [rule for rule, *_ in rules_of(body)] == ["eta"]
    make.client_of(administrator).post("/settings/words/style/eta/", {"level": "off"})
    assert rules_of(body) == []
    style_rules.set_level("eta", "block", by=administrator)
    assert [one.blocks for one in consistency.findings(Draft(body=body))] == [True]


def test_what_blocks_is_neither_submitted_nor_published(incident: Incident, page: StatusPage) -> None:
    draft = make.make_draft(incident, by=SYSTEM, page=page, body="Cards fail on db-03.prod.internal.")
    for step in (updates.submit, updates.publish):
        with pytest.raises(Conflict, match="machines") as refusal:
            step(draft, by=SYSTEM)
        assert refusal.value.needed == ["host"]
    draft.refresh_from_db()
    assert draft.state == UpdateState.DRAFT


def test_what_advises_goes_out(incident: Incident, page: StatusPage) -> None:
    draft = make.make_draft(incident, by=SYSTEM, page=page, body="Cards fail and should be back within the hour.")
    assert updates.submit(draft, by=SYSTEM).state == UpdateState.SUBMITTED


def test_every_further_audience_counts(incident: Incident) -> None:
    text = "The host db-03.prod.internal fails."
    inside = updates.draft(incident, by=SYSTEM, audience="internal", body=text)
    assert consistency.blocking_in(inside) == []
    both = updates.draft(incident, by=SYSTEM, audience="internal", also_for=["executive"], body=text)
    assert [one.rule for one in consistency.blocking_in(both)] == ["host"]


def test_the_composer_is_told_while_one_types(incident: Incident, comms_lead: User, page: StatusPage) -> None:
    path = f"/incidents/{incident.key}/updates/check/"
    answer = make.client_of(comms_lead).post(
        path, {"audience": "public", "page": page.slug, "status": "investigating", "body": "Outages on pg-primary-01."}
    )
    text = answer.content.decode()
    assert "pg-primary-01" in text
    assert "Does not go out so." in text
    assert not incident.updates.exists()


def test_by_api_a_text_is_checked_with_its_spans(bystander: User) -> None:
    answer = make.client_of(bystander).post(
        "/api/v1/consistency/check/", {"body": "Cards fail since 02:14."}, content_type="application/json"
    )
    assert answer.json() == {
        "findings": [
            {
                "rule": "time-zone",
                "level": "advise",
                "part": "body",
                "start": 17,
                "end": 22,
                "message": "Whose clock? Readers sit in many zones.",
                "fix": "02:14 UTC",
            }
        ]
    }


def test_by_api_rules_are_kept_by_those_who_may(administrator: User, bystander: User) -> None:
    given = {"code": "no-acme", "patterns": ["Acme"], "message": "We name no providers."}
    path = "/api/v1/style-rules/"
    assert make.client_of(bystander).post(path, given, content_type="application/json").status_code == 403
    client = make.client_of(administrator)
    made = client.post(path, given, content_type="application/json").json()
    changed = client.patch(f"{path}{made['id']}/", {"level": "block"}, content_type="application/json").json()
    assert (changed["level"], changed["version"]) == ("block", 2)
    assert client.delete(f"{path}{made['id']}/").status_code == 204
    assert client.get(path).json()["results"] == []
