"""Decisions by API."""

from datetime import timedelta

from incidents.models import Incident
from incidents.response import deciding
from roles.models import User
from tests import make


def path_of(incident: Incident) -> str:
    return f"/api/v1/incidents/{incident.key}/decisions/"


def test_a_proposal_goes_from_question_over_objection_to_outcome(
    incident: Incident, commander: User, tech_lead: User, sme: User
) -> None:
    made = make.api_of(tech_lead).post(
        path_of(incident),
        {
            "question": "Fail over to US?",
            "options": [{"text": "Fail over", "risk": "drops payments"}, {"text": "Wait"}],
            "recommended": 0,
            "window_seconds": 120,
        },
        content_type="application/json",
    )
    proposal = made.json()
    assert (made.status_code, proposal["state"], proposal["proposed_by"]) == (201, "proposed", "priya")
    assert proposal["options"] == [{"text": "Fail over", "risk": "drops payments"}, {"text": "Wait", "risk": ""}]
    one = f"{path_of(incident)}{proposal['id']}/"
    objected = make.api_of(sme).post(f"{one}objections/", {"text": "It lags."}, content_type="application/json")
    assert [one["text"] for one in objected.json()["objections"]] == ["It lags."]
    early = make.api_of(commander).post(f"{one}decide/", {"outcome": "Fail over"}, content_type="application/json")
    assert (early.status_code, len(early.json()["needed"])) == (409, 2)
    done = make.api_of(commander).post(
        f"{one}decide/",
        {"outcome": "Fail over", "reason": "It lags less than we lose."},
        content_type="application/json",
    )
    assert (done.status_code, done.json()["state"], done.json()["decided_by"]) == (200, "decided", "amara")


def test_an_outcome_alone_is_recorded_at_once(incident: Incident, commander: User) -> None:
    answer = make.api_of(commander).post(
        path_of(incident), {"outcome": "Wait.", "reason": "The fix is near."}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (201, "decided", "The fix is near.")


def test_neither_question_nor_outcome_is_malformed(incident: Incident, commander: User) -> None:
    answer = make.api_of(commander).post(path_of(incident), {}, content_type="application/json")
    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "Give a question to propose, or an outcome to record.",
    )


def test_one_takes_ones_own_objection_back(incident: Incident, commander: User, sme: User) -> None:
    proposal = deciding.propose(incident, by=commander, question="Fail over?", window=timedelta(minutes=5))
    deciding.object_to(proposal, by=sme, text="It lags.")
    one = f"{path_of(incident)}{proposal.pk}/objections/"
    assert make.api_of(commander).delete(one).status_code == 404
    assert make.api_of(sme).delete(one).json()["objections"][0]["withdrawn_at"] is not None


def test_a_list_asks_no_more_with_three_than_with_one(
    incident: Incident, commander: User, sme: User, django_assert_num_queries
) -> None:
    client = make.api_of(commander)
    client.get(path_of(incident))  # the first request of a token notes when it was used
    for question in ("One?", "Two?", "Three?"):
        proposal = deciding.propose(incident, by=commander, question=question, window=timedelta(minutes=5))
        deciding.object_to(proposal, by=sme, text="No.")
        with django_assert_num_queries(6):
            client.get(path_of(incident))
