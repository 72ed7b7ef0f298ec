"""Causes, actions and proofs as programs reach them."""

import pytest

from incidents import lifecycle
from incidents.models import Action, Incident, Kind, VerificationCheck
from incidents.response import acting, diagnosis, verification
from roles.models import User
from roles.policy import SYSTEM
from tests import make

REASON = "As the test has it."


@pytest.fixture
def at(incident: Incident) -> str:
    return f"incidents/{incident.key}"


@pytest.fixture
def action(incident: Incident, commander: User, tech_lead: User) -> Action:
    return acting.propose(incident, by=tech_lead, title="Restore the limit on 1c")


def test_a_hypothesis_goes_from_proposed_to_confirmed(call, at: str, tech_lead: User, sme: User):
    made = call(sme, "post", f"{at}/hypotheses/", {"title": "The pool limit", "owner": "priya"})
    assert (made.status_code, made.json()["state"], made.json()["owner"]) == (201, "open", "priya")
    path = f"{at}/hypotheses/{made.json()['id']}/"
    assert call(tech_lead, "patch", path, {"state": "testing"}).json()["state"] == "testing"
    refused = call(tech_lead, "patch", path, {"state": "confirmed"})
    assert (refused.status_code, refused.json()["needed"]) == (
        409,
        ["a finding, or a verdict of at least 10 characters"],
    )
    found = call(sme, "post", f"{at}/findings/", {"text": "1200 → 120", "hypothesis": made.json()["id"]})
    assert (found.status_code, found.json()["is_adopted"], found.json()["adopted_by"]) == (201, False, None)
    confirmed = call(tech_lead, "patch", path, {"state": "confirmed"}).json()
    assert (confirmed["state"], confirmed["settled_by"], confirmed["findings"]) == (
        "confirmed",
        "priya",
        [found.json()["id"]],
    )
    adopted = call(sme, "get", f"{at}/findings/").json()["results"][0]
    assert (adopted["is_adopted"], adopted["adopted_by"]) == (True, "priya")


def test_setting_the_state_that_it_has_changes_nothing(call, at: str, incident: Incident, tech_lead: User):
    row = diagnosis.propose(incident, by=tech_lead, title="The pool limit")
    before = incident.entries.count()
    assert call(tech_lead, "patch", f"{at}/hypotheses/{row.pk}/", {"state": "open"}).status_code == 200
    assert incident.entries.count() == before


def test_both_versions_come_back_to_the_later_of_two_editors(call, at: str, incident: Incident, tech_lead, sme):
    row = diagnosis.propose(incident, by=tech_lead, title="The pool limit")
    path = f"{at}/hypotheses/{row.pk}/"
    call(sme, "patch", path, {"detail": "Since 01:58.", "version": 1})
    later = call(tech_lead, "patch", path, {"detail": "Since the rollout.", "version": 1})
    assert later.status_code == 409
    row.refresh_from_db()
    assert row.detail == "Since 01:58."


def test_a_finding_names_only_what_is_of_its_incident(call, at: str, sme: User):
    foreign = diagnosis.propose(make.make_incident(title="Webhooks are late"), by=SYSTEM, title="A slow queue")
    answer = call(sme, "post", f"{at}/findings/", {"text": "Slow.", "hypothesis": foreign.pk})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["hypothesis"])


def test_findings_of_the_response_team_are_for_the_response_team(call, at: str, incident, sme, bystander: User):
    diagnosis.share(incident, by=sme, text="A customer's name is in the log.", visibility="room")
    diagnosis.share(incident, by=sme, text="The queue grows.")
    texts = [row["text"] for row in call(bystander, "get", f"{at}/findings/").json()["results"]]
    assert texts == ["The queue grows."]
    assert len(call(sme, "get", f"{at}/findings/").json()["results"]) == 2


def test_at_sev1_nothing_runs_before_it_is_approved(call, at: str, action: Action, commander, tech_lead: User):
    path = f"{at}/actions/{action.pk}/"
    for method, where, body in (("post", f"{path}start/", {}), ("patch", path, {"state": "running"})):
        refused = call(tech_lead, method, where, body)
        assert (refused.status_code, refused.json()["needed"]) == (409, ["the commander's approval"])
    assert call(tech_lead, "post", f"{path}approve/", {}).status_code == 403
    assert call(commander, "post", f"{path}approve/", {}).json()["approved_by"] == "amara"
    assert call(tech_lead, "post", f"{path}start/", {}).json()["state"] == "running"
    done = call(tech_lead, "post", f"{path}finish/", {"effect": "38% → 2.1%"}).json()
    assert (done["state"], done["effect"]) == ("done", "38% → 2.1%")


def test_a_state_set_by_patch_asks_for_what_its_address_asks(call, at: str, action: Action, commander: User):
    path = f"{at}/actions/{action.pk}/"
    assert call(commander, "patch", path, {"state": "declined"}).json()["needed"] == ["comment"]
    assert call(commander, "patch", path, {"state": "done"}).status_code == 409
    declined = call(commander, "patch", path, {"state": "declined", "comment": "Too early."}).json()
    assert (declined["state"], declined["comment"]) == ("declined", "Too early.")


def test_what_was_reworded_is_not_approved_unread(call, at: str, action: Action, commander, tech_lead: User):
    path = f"{at}/actions/{action.pk}/"
    call(tech_lead, "patch", path, {"title": "Restart the pool", "version": 1})
    assert call(commander, "post", f"{path}approve/", {"version": 1}).status_code == 409
    assert call(commander, "post", f"{path}approve/", {"version": 2}).status_code == 200


def test_a_refused_half_of_a_patch_undoes_the_other(call, at: str, action: Action, commander: User):
    path = f"{at}/actions/{action.pk}/"
    assert call(commander, "patch", path, {"title": "Something else", "state": "running"}).status_code == 409
    action.refresh_from_db()
    assert action.title == "Restore the limit on 1c"


@pytest.mark.parametrize("body", [{"state": "exploded"}, {"risk": "none"}, {"executor": "nobody"}, {"colour": "red"}])
def test_what_makes_no_sense_is_malformed(call, at: str, action: Action, commander: User, body: dict[str, str]):
    assert call(commander, "patch", f"{at}/actions/{action.pk}/", body).status_code == 400


def test_actions_of_another_incident_are_not_there(call, action: Action, commander: User):
    other = make.make_incident(title="Webhooks are late")
    assert call(commander, "post", f"incidents/{other.key}/actions/{action.pk}/approve/", {}).status_code == 404


def test_the_moves_name_what_runs_and_what_is_not_verified(call, at: str, incident, action, commander, worker):
    for verb in ("approve", "start"):
        acting.step(action, verb, by=SYSTEM)
    lifecycle.move(incident, "monitor", by=SYSTEM, reason=REASON)
    worker.run()
    answer = call(commander, "post", f"{at}/moves/", {"verb": "resolve"})
    assert answer.status_code == 409
    assert "“Restore the limit on 1c” is still running." in answer.json()["needed"]
    assert "Not verified: Tried by a tester, Priya has not signed." in answer.json()["needed"]


def test_checks_are_added_read_signed_and_waived(call, at: str, incident: Incident, tech_lead, sme, worker):
    made = call(tech_lead, "post", f"{at}/verification/", {"title": "Declines under 1%"})
    assert (made.status_code, made.json()["kind"], made.json()["state"]) == (201, "measured", "pending")
    path = f"{at}/verification/{made.json()['id']}/"
    assert call(sme, "patch", path, {"state": "passed", "reading": "0.4%"}).status_code == 403
    passed = call(tech_lead, "patch", path, {"state": "passed", "reading": "0.4%"}).json()
    assert (passed["state"], passed["reading"], passed["settled_by"]) == ("passed", "0.4%", "priya")
    lifecycle.move(incident, "monitor", by=SYSTEM, reason=REASON)
    worker.run()
    signed = f"{at}/verification/{VerificationCheck.objects.get(kind='signed').pk}/"
    assert call(tech_lead, "patch", signed, {"tester": "tomas"}).json()["tester"] == "tomas"
    assert call(tech_lead, "patch", signed, {"state": "passed"}).status_code == 403
    assert call(sme, "patch", signed, {"state": "passed", "note": "Ten payments"}).json()["state"] == "passed"
    assert call(tech_lead, "patch", signed, {"state": "waived", "note": REASON}).status_code == 409
    assert call(tech_lead, "patch", signed, {}).status_code == 400


def test_alerts_are_not_settled_by_hand(call, at: str, incident: Incident, tech_lead: User):
    watched = VerificationCheck.objects.create(incident=incident, kind="alerts_quiet", title="Linked alerts quiet")
    path = f"{at}/verification/{watched.pk}/"
    assert call(tech_lead, "patch", path, {"state": "passed"}).status_code == 409
    assert call(tech_lead, "patch", path, {"state": "waived", "note": REASON}).json()["state"] == "waived"


@pytest.mark.parametrize("many", [1, 3])
@pytest.mark.parametrize("name", ["hypotheses", "findings", "actions", "verification"])
def test_a_list_costs_the_same_for_one_and_for_three(
    call, at: str, incident: Incident, sme: User, django_assert_num_queries, name: str, many: int
):
    cause = diagnosis.propose(incident, by=sme, title="Cause")
    for number in range(many):
        if name == "hypotheses" and number:
            diagnosis.propose(incident, by=sme, title=f"Cause {number}", owner=sme)
        if name == "findings":
            diagnosis.share(incident, by=sme, text="Seen.", hypothesis=cause)
        if name == "actions":
            acting.propose(incident, by=sme, title="Act", hypothesis=cause)
        if name == "verification":
            verification.add(incident, by=SYSTEM, title="Seen")
    call(sme, "get", f"{at}/{name}/")
    expected = {"hypotheses": 6, "findings": 5, "actions": 4, "verification": 4}[name]
    with django_assert_num_queries(expected):
        assert len(call(sme, "get", f"{at}/{name}/").json()["results"]) == many


def test_what_was_done_by_api_stands_in_the_timeline(call, at: str, incident: Incident, tech_lead: User):
    call(tech_lead, "post", f"{at}/actions/", {"title": "Roll back", "kind": "rollback", "risk": "low"})
    row = incident.entries.get(kind=Kind.ACTION_CHANGED)
    assert (row.actor, row.body) == (tech_lead, "Proposed: Roll back (rollback, low risk)")
