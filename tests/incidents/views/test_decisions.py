"""Deciding in the room."""

from datetime import timedelta

from incidents.models import Decision, Incident
from incidents.response import deciding
from roles.models import User
from tests import make


def test_the_commander_logs_a_decision_from_the_console(incident: Incident, commander: User) -> None:
    client = make.client_of(commander)
    assert "What did you decide?" in client.get(f"/incidents/{incident.key}/").content.decode()
    answer = client.post(
        f"/incidents/{incident.key}/decisions/",
        {"outcome": "Restore node by node.", "reason": "No loss.", "revisit": "30"},
    )
    assert answer.status_code == 302
    decision = Decision.objects.get()
    assert (decision.outcome, decision.reason, decision.revisit_at is not None) == (
        "Restore node by node.",
        "No loss.",
        True,
    )
    assert "Restore node by node." in client.get(f"/incidents/{incident.key}/").content.decode()


def test_every_seat_sees_a_proposal_and_may_object(incident: Incident, commander: User, liaison: User) -> None:
    client = make.client_of(liaison)
    assert "Any strong objection?" not in client.get(f"/incidents/{incident.key}/").content.decode()
    proposal = deciding.propose(incident, by=commander, question="Fail over?", window=timedelta(minutes=5))
    page = client.get(f"/incidents/{incident.key}/").content.decode()
    assert "Any strong objection?" in page
    assert f"/decisions/{proposal.pk}/decide/" not in page
    client.post(f"/incidents/{incident.key}/decisions/{proposal.pk}/object/", {"text": "Support is not ready."})
    assert [str(one) for one in proposal.objections.all()] == ["Support is not ready."]


def test_a_bystander_sees_no_poll(incident: Incident, commander: User, bystander: User) -> None:
    deciding.propose(incident, by=commander, question="Fail over?", window=timedelta(minutes=5))
    page = make.client_of(bystander).get(f"/incidents/{incident.key}/").content.decode()
    assert "/object/" not in page


def test_a_refused_decision_keeps_what_was_typed(incident: Incident, commander: User) -> None:
    proposal = deciding.propose(incident, by=commander, question="Fail over?", window=timedelta(minutes=5))
    answer = make.client_of(commander).post(
        f"/incidents/{incident.key}/decisions/{proposal.pk}/decide/", {"outcome": "Yes, to US.", "reason": "Now."}
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Objections are asked for until" in page
    assert "Yes, to US." in page


def test_options_are_read_from_the_rows_that_were_filled(incident: Incident, commander: User) -> None:
    make.client_of(commander).post(
        f"/incidents/{incident.key}/decisions/propose/",
        {
            "question": "How do we restore?",
            "option_0": "Fail over",
            "risk_0": "drops payments",
            "option_1": "Node by node",
            "recommended": "1",
            "window": "5",
        },
    )
    decision = Decision.objects.get()
    assert decision.options == [
        {"text": "Fail over", "risk": "drops payments"},
        {"text": "Node by node", "risk": ""},
    ]
    assert (decision.recommended, decision.closes_at - decision.proposed_at) == (1, timedelta(minutes=5))
