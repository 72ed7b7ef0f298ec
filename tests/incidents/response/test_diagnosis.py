"""Hypotheses and findings: what may be the cause, and what speaks for it."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import events
from incidents.conflicts import Conflict, Overtaken
from incidents.models import Attachment, Hypothesis, Incident, Kind
from incidents.response import diagnosis
from notifications.models import Message
from roles.models import User
from roles.policy import SYSTEM
from tests import make
from tests.worker import Worker

PROOF = "The config diff names it."
#: Every step from every state: where it leads, or None where it leads nowhere.
LEADS = {
    ("open", "test"): "testing",
    ("open", "confirm"): "confirmed",
    ("open", "rule-out"): "ruled_out",
    ("testing", "confirm"): "confirmed",
    ("testing", "rule-out"): "ruled_out",
    ("testing", "reopen"): "open",
    ("confirmed", "reopen"): "open",
    ("ruled_out", "reopen"): "open",
}
ROAD = {"open": (), "testing": ("test",), "confirmed": ("confirm",), "ruled_out": ("rule-out",)}


@pytest.fixture
def hypothesis(incident: Incident, tech_lead: User) -> Hypothesis:
    return diagnosis.propose(incident, by=tech_lead, title="Ledger pool limit cut to 120", owner=tech_lead)


def told(incident: Incident) -> list[str]:
    return list(incident.entries.filter(kind=Kind.HYPOTHESIS).order_by("number").values_list("body", flat=True))


def test_a_responder_without_a_seat_says_what_may_be_the_cause(incident: Incident, bystander: User):
    hypothesis = diagnosis.propose(incident, by=bystander, title="  Release  4.118 ", detail="Went out at 02:05.")
    assert (hypothesis.title, hypothesis.state, hypothesis.proposed_by) == ("Release 4.118", "open", bystander)
    assert told(incident) == ["Hypothesis: Release 4.118"]


def test_an_outsider_says_nothing(incident: Incident, outsider: User):
    with pytest.raises(PermissionDenied):
        diagnosis.propose(incident, by=outsider, title="Release 4.118")
    assert Hypothesis.objects.count() == 0


def test_the_same_cause_stands_on_the_board_once(incident: Incident, hypothesis: Hypothesis, sme: User):
    with pytest.raises(Conflict, match="already"):
        diagnosis.propose(incident, by=sme, title="ledger pool limit cut to 120")


@pytest.mark.parametrize("state", list(ROAD))
@pytest.mark.parametrize("verb", list(diagnosis.BY_VERB))
def test_every_step_from_every_state(hypothesis: Hypothesis, tech_lead: User, state: str, verb: str):
    for one in ROAD[state]:
        hypothesis = diagnosis.step(hypothesis, one, by=SYSTEM, verdict=PROOF)
    target = LEADS.get((state, verb))
    if target is None:
        with pytest.raises(Conflict):
            diagnosis.step(hypothesis, verb, by=tech_lead, verdict=PROOF)
        hypothesis.refresh_from_db()
        assert hypothesis.state == state
    else:
        assert diagnosis.step(hypothesis, verb, by=tech_lead, verdict=PROOF).state == target


def test_it_is_confirmed_with_evidence_only(incident: Incident, hypothesis: Hypothesis, tech_lead: User, sme: User):
    with pytest.raises(Conflict) as refused:
        diagnosis.step(hypothesis, "confirm", by=tech_lead, verdict="Yes.")
    assert refused.value.needed == ["a finding, or a verdict of at least 10 characters"]
    finding = diagnosis.share(incident, by=sme, text="1200 → 120 on all nodes.", hypothesis=hypothesis)
    assert not finding.is_adopted
    confirmed = diagnosis.step(hypothesis, "confirm", by=tech_lead)
    finding.refresh_from_db()
    assert (confirmed.state, confirmed.settled_by, finding.is_adopted) == ("confirmed", tech_lead, True)
    row = incident.entries.get(kind=Kind.HYPOTHESIS, data__state="confirmed")
    assert (row.body, row.data["tag"], row.data["evidence"]) == (
        "Confirmed: Ledger pool limit cut to 120",
        "Confirmed",
        [finding.pk],
    )


def test_a_verdict_that_names_the_proof_is_evidence(incident: Incident, hypothesis: Hypothesis, tech_lead: User):
    diagnosis.step(hypothesis, "confirm", by=tech_lead, verdict="Diff, wait queue and timing agree")
    assert told(incident)[-1] == "Confirmed: Ledger pool limit cut to 120. Diff, wait queue and timing agree"


def test_ruling_out_says_why(hypothesis: Hypothesis, tech_lead: User):
    with pytest.raises(Conflict, match="speaks against"):
        diagnosis.step(hypothesis, "rule-out", by=tech_lead, verdict="  ")
    assert diagnosis.step(hypothesis, "rule-out", by=tech_lead, verdict="No effect").verdict == "No effect"


def test_what_is_opened_again_has_no_verdict(hypothesis: Hypothesis, tech_lead: User):
    diagnosis.step(hypothesis, "rule-out", by=tech_lead, verdict="No effect")
    again = diagnosis.step(hypothesis, "reopen", by=tech_lead)
    assert (again.state, again.verdict, again.settled_at, again.settled_by) == ("open", "", None, None)


def test_the_second_of_two_who_settle_it_is_told(hypothesis: Hypothesis, tech_lead: User, sme: User):
    stale = Hypothesis.objects.get(pk=hypothesis.pk)
    diagnosis.step(hypothesis, "confirm", by=tech_lead, verdict=PROOF)
    with pytest.raises(Conflict, match="is confirmed"):
        diagnosis.step(stale, "rule-out", by=sme, verdict="No effect")


def test_of_two_who_edit_it_the_later_sees_both_versions(hypothesis: Hypothesis, tech_lead: User, sme: User):
    diagnosis.edit(hypothesis, by=sme, seen_version=1, detail="Since 01:58.")
    with pytest.raises(Overtaken) as refused:
        diagnosis.edit(hypothesis, by=tech_lead, seen_version=1, detail="Since the rollout.")
    assert (refused.value.mine, refused.value.theirs) == ({"detail": "Since the rollout."}, {"detail": "Since 01:58."})


def test_an_owner_is_somebody_who_may_be_there(hypothesis: Hypothesis, tech_lead: User, outsider: User):
    with pytest.raises(ValidationError, match="not a responder"):
        diagnosis.edit(hypothesis, by=tech_lead, owner=outsider)


def test_a_finding_is_an_entry_with_its_confidence(incident: Incident, sme: User, service):
    finding = diagnosis.share(
        incident,
        by=sme,
        text="The queue empties within 40 s.",
        recommendation="Go on with 1c.",
        confidence="certain",
        service=service,
    )
    entry = incident.entries.get(kind=Kind.FINDING)
    assert (finding.entry, finding.found_by, finding.found_at) == (entry, sme, entry.occurred_at)
    assert entry.body == "The queue empties within 40 s.\n\nRecommendation: Go on with 1c."
    assert (entry.data["tag"], entry.data["confidence"], entry.data["service"]) == (
        "High confidence",
        "certain",
        "payments",
    )


def test_who_is_named_in_a_finding_is_told(incident: Incident, tech_lead: User, sme: User, worker: Worker):
    diagnosis.share(incident, by=sme, text="@priya: the queue empties.")
    worker.run()
    assert incident.entries.get(kind=Kind.FINDING).data["to"] == [tech_lead.pk]
    told = Message.objects.filter(address=tech_lead.email).order_by("pk").last()
    assert told.content.subject.startswith(incident.key)


def test_a_finding_lies_in_the_past_or_now(incident: Incident, sme: User):
    later = events.moment().replace(year=2199)
    with pytest.raises(ValidationError, match="future"):
        diagnosis.share(incident, by=sme, text="It breaks.", occurred_at=later)


def test_a_finding_brings_the_file_that_was_not_placed_yet(incident: Incident, sme: User):
    file = Attachment.objects.create(incident=incident, public_id="x" * 12, name="wait.png", size=1, digest="0")
    finding = diagnosis.share(incident, by=sme, text="See the queue.", attachment=file)
    file.refresh_from_db()
    assert file.entry == finding.entry


def test_a_finding_stands_for_a_hypothesis_of_its_own_incident(incident: Incident, hypothesis: Hypothesis, sme: User):
    other = make.make_incident(title="Webhooks are late")
    with pytest.raises(ValidationError, match="another incident"):
        diagnosis.share(other, by=sme, text="Slow.", hypothesis=hypothesis)
    finding = diagnosis.share(incident, by=sme, text="Slow.")
    assert diagnosis.attach(finding, hypothesis, by=sme).hypothesis == hypothesis
    diagnosis.step(hypothesis, "confirm", by=SYSTEM)
    with pytest.raises(Conflict, match="confirmed by it"):
        diagnosis.attach(finding, None, by=sme)


def test_the_diagnosis_of_what_is_cancelled_stays(hypothesis: Hypothesis, tech_lead: User):
    Incident.objects.update(state="cancelled")
    with pytest.raises(Conflict, match="cancelled"):
        diagnosis.step(hypothesis, "test", by=tech_lead)
