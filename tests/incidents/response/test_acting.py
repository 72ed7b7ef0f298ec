"""Actions on what we run: who proposes, clears and runs them, and what they did."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import lifecycle
from incidents.conflicts import Conflict, Overtaken
from incidents.models import Action, Incident, Kind
from incidents.response import acting, diagnosis
from notifications.models import Message
from roles.catalog import Role
from roles.grants import held
from roles.models import User
from roles.policy import SYSTEM
from tests import make
from tests.worker import Worker

#: Every step from every state at SEV1: where it leads, or None where it leads nowhere.
LEADS = {
    ("proposed", "approve"): "approved",
    ("proposed", "decline"): "declined",
    ("approved", "decline"): "declined",
    ("approved", "start"): "running",
    ("declined", "propose"): "proposed",
    ("running", "finish"): "done",
    ("running", "fail"): "failed",
    ("running", "revert"): "reverted",
    ("done", "revert"): "reverted",
    ("failed", "revert"): "reverted",
}
ROAD = {
    "proposed": (),
    "approved": ("approve",),
    "declined": ("decline",),
    "running": ("approve", "start"),
    "done": ("approve", "start", "finish"),
    "failed": ("approve", "start", "fail"),
    "reverted": ("approve", "start", "revert"),
}


@pytest.fixture
def action(incident: Incident, commander: User, tech_lead: User) -> Action:
    return acting.propose(incident, by=tech_lead, title="Restore the limit on 1c", undo="Set it back to 120.")


@pytest.fixture
def minor(service) -> Incident:
    return make.make_incident(severity="SEV3", services=[service], title="Webhooks are late")


def walked(action: Action, state: str) -> Action:
    for verb in ROAD[state]:
        action = acting.step(action, verb, by=SYSTEM, comment="Not now." if verb == "decline" else "")
    return action


def told(incident: Incident, *kinds: str) -> list[str]:
    rows = incident.entries.filter(kind__in=kinds or [Kind.ACTION, Kind.ACTION_CHANGED])
    return list(rows.order_by("number").values_list("body", flat=True))


@pytest.mark.parametrize("state", list(ROAD))
@pytest.mark.parametrize("verb", list(acting.BY_VERB))
def test_every_step_from_every_state(action: Action, commander: User, state: str, verb: str):
    action = walked(action, state)
    target = LEADS.get((state, verb))
    if target is None:
        with pytest.raises(Conflict):
            acting.step(action, verb, by=commander, comment="Not now.")
        action.refresh_from_db()
        assert action.state == state
    else:
        assert acting.step(action, verb, by=commander, comment="Not now.").state == target


@pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
def test_at_sev1_and_sev2_nothing_runs_before_it_is_approved(action: Action, tech_lead: User, severity: str):
    Incident.objects.update(severity=severity)
    with pytest.raises(Conflict) as refused:
        acting.step(action, "start", by=tech_lead)
    assert refused.value.needed == ["the commander's approval"]
    action.refresh_from_db()
    assert (action.state, action.started_at) == ("proposed", None)


def test_the_commander_clears_it_and_the_technical_lead_does_not(action: Action, tech_lead: User, commander: User):
    with pytest.raises(PermissionDenied):
        acting.step(action, "approve", by=tech_lead)
    approved = acting.step(action, "approve", by=commander)
    assert (approved.state, approved.approved_by) == ("approved", commander)
    assert acting.step(action, "start", by=tech_lead).state == "running"


def test_at_sev3_it_starts_unapproved_and_the_technical_lead_may_approve(minor: Incident, bystander: User):
    lead = make.seat(minor, Role.TECH_LEAD, make.make_user("dev")).user
    first = acting.propose(minor, by=bystander, title="Move the receivers")
    second = acting.propose(minor, by=bystander, title="Add a worker")
    assert acting.step(first, "start", by=bystander).state == "running"
    assert acting.step(second, "approve", by=lead).approved_by == lead
    assert acting.waiting(minor) == []


def test_raising_the_severity_holds_what_is_not_approved(minor: Incident, bystander: User):
    approved = acting.step(acting.propose(minor, by=bystander, title="One"), "approve", by=SYSTEM)
    proposed = acting.propose(minor, by=bystander, title="Two")
    lifecycle.change_severity(minor, "SEV2", by=SYSTEM)
    assert acting.step(approved, "start", by=bystander).state == "running"
    with pytest.raises(Conflict, match="SEV2"):
        acting.step(proposed, "start", by=bystander)
    assert acting.waiting(minor) == [proposed]


def test_only_who_carries_it_out_and_who_leads_run_it(
    action: Action, tech_lead: User, commander: User, sme: User, bystander: User
):
    action = acting.edit(walked(action, "approved"), by=tech_lead, executor=sme)
    assert action.state == "approved"
    with pytest.raises(PermissionDenied):
        acting.step(action, "start", by=bystander)
    running = acting.step(action, "start", by=sme)
    with pytest.raises(PermissionDenied):
        acting.step(running, "finish", by=bystander)
    assert acting.step(running, "finish", by=commander).state == "done"


def test_what_it_did_stands_beside_it_and_on_the_timeline(incident: Incident, action: Action, tech_lead: User):
    running = walked(action, "running")
    done = acting.step(running, "finish", by=tech_lead, effect="38% → 2.1%")
    assert done.effect == "38% → 2.1%"
    assert told(incident) == [
        "Proposed: Restore the limit on 1c (mitigation, medium risk)",
        "Approved: Restore the limit on 1c",
        "Started: Restore the limit on 1c",
        "Done: Restore the limit on 1c. 38% → 2.1%",
    ]
    assert incident.entries.filter(kind=Kind.ACTION).order_by("number").last().data["tag"] == "Done"


def test_declining_says_why_and_it_can_be_proposed_again(action: Action, commander: User, tech_lead: User):
    with pytest.raises(Conflict, match="Say why"):
        acting.step(action, "decline", by=commander)
    declined = acting.step(action, "decline", by=commander, comment="Payments in flight would be lost.")
    assert declined.comment == "Payments in flight would be lost."
    again = acting.step(declined, "propose", by=tech_lead)
    assert (again.state, again.comment) == ("proposed", "")


def test_the_commander_is_told_of_a_proposal_and_the_executor_of_the_answer(
    incident: Incident, commander: User, tech_lead: User, deputy: User, worker: Worker
):
    worker.run()
    before = set(Message.objects.values_list("pk", flat=True))
    action = acting.propose(incident, by=tech_lead, title="Restore the limit on 1c")
    worker.run()
    asked = Message.objects.exclude(pk__in=before)
    assert set(asked.values_list("address", flat=True)) == {
        commander.email, commander.phone, deputy.email, deputy.phone,
    }  # fmt: skip
    seen = set(Message.objects.values_list("pk", flat=True))
    acting.step(action, "approve", by=commander)
    worker.run()
    answers = Message.objects.exclude(pk__in=seen)
    assert set(answers.values_list("address", flat=True)) == {tech_lead.email, tech_lead.phone}


def test_what_is_reworded_after_approval_has_to_be_approved_again(action: Action, tech_lead: User, commander: User):
    approved = walked(action, "approved")
    reworded = acting.edit(approved, by=tech_lead, title="Restart the whole pool")
    assert (reworded.state, reworded.approved_by, reworded.approved_at) == ("proposed", None, None)
    with pytest.raises(Conflict, match="approved it"):
        acting.step(reworded, "start", by=tech_lead)


def test_nobody_approves_words_that_they_have_not_read(action: Action, tech_lead: User, commander: User):
    read = action.version
    acting.edit(action, by=tech_lead, title="Restart the whole pool")
    with pytest.raises(Conflict, match="read it again"):
        acting.step(action, "approve", by=commander, seen_version=read)


def test_of_two_who_edit_it_the_later_sees_both_versions(action: Action, tech_lead: User, commander: User):
    acting.edit(action, by=tech_lead, seen_version=1, undo="Set it to 120.")
    with pytest.raises(Overtaken):
        acting.edit(action, by=commander, seen_version=1, undo="Roll back.")


def test_what_runs_keeps_its_words(action: Action, tech_lead: User):
    running = walked(action, "running")
    with pytest.raises(Conflict, match="stay as they were"):
        acting.edit(running, by=tech_lead, title="Something else")
    assert acting.edit(running, by=tech_lead, undo="Set it to 120 by hand.").state == "running"


def test_others_do_not_reword_it(action: Action, sme: User):
    with pytest.raises(PermissionDenied):
        acting.edit(action, by=sme, title="Something else")


def test_two_who_start_it_at_once_start_it_once(action: Action, tech_lead: User, commander: User):
    approved = walked(action, "approved")
    stale = Action.objects.get(pk=approved.pk)
    acting.step(approved, "start", by=tech_lead)
    with pytest.raises(Conflict, match="is running"):
        acting.step(stale, "start", by=commander)


def test_an_impact_has_not_ended_while_an_action_runs(incident: Incident, action: Action, commander: User):
    walked(action, "running")
    assert acting.unmet(incident, "monitor") == ["“Restore the limit on 1c” is still running."]
    assert acting.unmet(incident, "identify") == []
    with pytest.raises(Conflict, match="still running"):
        lifecycle.move(incident, "monitor", by=commander)


def test_the_steps_offered_are_the_steps_allowed(
    incident: Incident, action: Action, commander: User, tech_lead: User, bystander: User
):
    def offered(person: User, one: Action) -> list[str]:
        return [step.verb for step in acting.steps_for(one, person, held(person, incident))]

    assert offered(commander, action) == ["approve", "decline"]
    assert offered(tech_lead, action) == []
    approved = walked(action, "approved")
    assert offered(commander, approved) == ["decline", "start"]
    assert offered(tech_lead, approved) == ["start"]
    assert offered(bystander, approved) == []


def test_words_that_make_no_sense_are_refused(incident: Incident, tech_lead: User, outsider: User):
    other = make.make_incident(title="Webhooks are late")
    foreign = diagnosis.propose(other, by=SYSTEM, title="A slow queue")
    for words in (
        {"title": " "},
        {"title": "x" * 301},
        {"title": "x", "kind": "magic"},
        {"title": "x", "risk": "none"},
        {"title": "x", "undo": "y" * 5001},
        {"title": "x", "executor": outsider},
        {"title": "x", "hypothesis": foreign},
    ):
        with pytest.raises(ValidationError):
            acting.propose(incident, by=tech_lead, **words)
    assert Action.objects.count() == 0
