"""Decisions: recorded, proposed, objected to, and settled."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from incidents.conflicts import Conflict, Overtaken
from incidents.models import Decision, DecisionState, Incident, Kind, TimelineEntry
from incidents.response import deciding
from notifications.models import Message
from roles.models import User
from roles.policy import SYSTEM
from tests import make
from tests.worker import Worker

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OPTIONS = [{"text": "Fail over", "risk": "drops 400 payments"}, {"text": "Restore node by node", "risk": ""}]


def proposed(incident: Incident, by: User, **more: object) -> Decision:
    given = {"question": "Fail over to US?", "options": OPTIONS, "recommended": 1, "window": timedelta(minutes=5)}
    return deciding.propose(incident, by=by, **{**given, **more})  # type: ignore[arg-type]


def rows(incident: Incident) -> list[tuple[str, str]]:
    kinds = [kind for kind in Kind if kind.startswith("decision")]
    return list(incident.entries.filter(kind__in=kinds).order_by("number").values_list("kind", "body"))


def test_the_commander_records_a_decision_with_its_reason(incident: Incident, commander: User) -> None:
    decision = deciding.record(
        incident, by=commander, outcome="Restore node by node.", reason="Failover drops payments."
    )
    assert (decision.state, decision.decided_by) == (DecisionState.DECIDED, commander)
    assert rows(incident) == [("decision", "**Restore node by node.**\n\nWhy: Failover drops payments.")]


def test_nobody_but_the_commander_decides(incident: Incident, tech_lead: User, commander: User) -> None:
    decision = proposed(incident, tech_lead, window=None)
    with pytest.raises(PermissionDenied):
        deciding.decide(decision, by=tech_lead, outcome="Fail over")
    with pytest.raises(PermissionDenied):
        deciding.record(incident, by=tech_lead, outcome="Fail over")


def test_a_proposal_is_told_to_every_other_seat(
    incident: Incident, commander: User, tech_lead: User, shadow: User, bystander: User, worker: Worker
) -> None:
    worker.run()
    Message.objects.all().delete()
    proposed(incident, commander)
    worker.run()
    assert set(Message.objects.values_list("user_id", flat=True)) == {tech_lead.pk}
    body = Message.objects.filter(channel="email").get().content.text
    assert "1. Fail over (risk: drops 400 payments)\n2. Restore node by node, recommended" in body


@pytest.mark.parametrize("who", ["bystander", "shadow", "outsider"])
def test_those_without_a_seat_neither_propose_nor_object(
    who: str, incident: Incident, commander: User, request: pytest.FixtureRequest
) -> None:
    person = request.getfixturevalue(who)
    with pytest.raises(PermissionDenied):
        proposed(incident, person)
    with pytest.raises(PermissionDenied):
        deciding.object_to(proposed(incident, commander), by=person, text="No.")


def test_within_the_window_it_takes_a_reason_to_decide(incident: Incident, commander: User) -> None:
    with time_machine.travel(NOON, tick=False):
        decision = proposed(incident, commander)
        with pytest.raises(Conflict, match="Objections are asked for until 12:05 UTC") as refused:
            deciding.decide(decision, by=commander, outcome="Fail over", reason="now")
        assert refused.value.needed == ["Objections are asked for until 12:05 UTC."]
        settled = deciding.decide(decision, by=commander, outcome="Fail over", reason="Declines rise by the minute.")
    assert settled.state == DecisionState.DECIDED
    entry = TimelineEntry.objects.get(incident=incident, kind=Kind.DECISION)
    assert entry.data["unmet"] == ["Objections are asked for until 12:05 UTC."]


def test_a_standing_objection_must_be_answered_by_a_reason(incident: Incident, commander: User, sme: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        decision = proposed(incident, commander)
        deciding.object_to(decision, by=sme, text="The standby lags by 9 minutes.")
        clock.shift(timedelta(minutes=6))
        with pytest.raises(Conflict, match="Tomas objects: The standby lags by 9 minutes"):
            deciding.decide(decision, by=commander, outcome="Fail over")
        deciding.decide(decision, by=commander, outcome="Fail over", reason="Lag is shorter than the outage.")
    entry = TimelineEntry.objects.get(incident=incident, kind=Kind.DECISION)
    assert entry.data["objections"] == ["Tomas: The standby lags by 9 minutes."]


def test_a_second_objection_of_one_person_replaces_the_first_and_can_be_taken_back(
    incident: Incident, commander: User, sme: User
) -> None:
    decision = proposed(incident, commander)
    deciding.object_to(decision, by=sme, text="Lag.")
    objection = deciding.object_to(decision, by=sme, text="Lag of 9 minutes.")
    assert [one.text for one in decision.objections.all()] == ["Lag of 9 minutes."]
    with pytest.raises(PermissionDenied):
        deciding.take_back_objection(objection, by=commander)
    deciding.take_back_objection(objection, by=sme)
    assert deciding.in_the_way(Decision.objects.get(pk=decision.pk))[1:] == []


def test_after_the_window_nobody_objects_any_more(incident: Incident, commander: User, sme: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        decision = proposed(incident, commander)
        clock.shift(timedelta(minutes=5))
        with pytest.raises(Conflict, match="until 12:05 UTC"):
            deciding.object_to(decision, by=sme, text="Too late.")


def test_the_clock_closes_a_window_once(incident: Incident, commander: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        proposed(incident, commander)
        assert deciding.close_windows() == 0
        clock.shift(timedelta(minutes=5))
        assert (deciding.close_windows(), deciding.close_windows()) == (1, 0)
    assert rows(incident)[-1] == ("decision_closed", "Window closed on “Fail over to US?”: no strong objection.")


def test_a_decision_is_settled_once(incident: Incident, commander: User, deputy: User) -> None:
    decision = proposed(incident, commander, window=None)
    deciding.decide(decision, by=commander, outcome="Restore node by node.")
    with pytest.raises(Conflict, match="Amara has decided this at"):
        deciding.decide(decision, by=deputy, outcome="Fail over.")
    with pytest.raises(Conflict):
        deciding.withdraw(decision, by=commander)


def test_a_proposal_changed_meanwhile_is_read_again_before_it_is_decided(
    incident: Incident, commander: User, tech_lead: User
) -> None:
    decision = proposed(incident, tech_lead, window=None)
    seen = decision.version
    deciding.edit(decision, by=tech_lead, seen_version=seen, question="Fail over to Asia?", options=OPTIONS)
    with pytest.raises(Conflict, match="changed after you opened it"):
        deciding.decide(decision, by=commander, outcome="Yes.", seen_version=seen)


def test_of_two_who_edit_a_proposal_the_later_sees_both(incident: Incident, commander: User, tech_lead: User) -> None:
    decision = proposed(incident, tech_lead)
    deciding.edit(decision, by=commander, seen_version=1, question="Fail over to Asia?", options=OPTIONS)
    with pytest.raises(Overtaken) as late:
        deciding.edit(decision, by=tech_lead, seen_version=1, question="Fail over to Africa?", options=OPTIONS)
    assert (late.value.theirs["question"], late.value.mine["question"]) == (
        "Fail over to Asia?",
        "Fail over to Africa?",
    )


def test_somebody_elses_proposal_is_not_changed_or_taken_back(
    incident: Incident, tech_lead: User, sme: User, commander: User
) -> None:
    decision = proposed(incident, tech_lead)
    with pytest.raises(PermissionDenied):
        deciding.edit(decision, by=sme, question="Mine.")
    with pytest.raises(PermissionDenied):
        deciding.withdraw(decision, by=sme)
    assert deciding.withdraw(decision, by=commander).state == DecisionState.WITHDRAWN


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"question": "  "}, "needs a question"),
        ({"question": "x" * 301}, "at most 300"),
        ({"recommended": 2}, "one of the options"),
        ({"window": timedelta(hours=5)}, "at most 4 hours"),
        ({"options": [{"text": "a"}] * 7}, "At most 6 options"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(
    wrong: dict[str, object], sentence: str, incident: Incident, commander: User
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        proposed(incident, commander, **wrong)
    assert not Decision.objects.exists()


def test_nothing_is_decided_in_a_cancelled_incident(commander: User) -> None:
    over = make.make_incident(state="cancelled")
    with pytest.raises(Conflict, match="is Cancelled"):
        deciding.record(over, by=SYSTEM, outcome="Go on.")


def test_it_is_looked_at_again_in_the_future_only(incident: Incident, commander: User) -> None:
    with time_machine.travel(NOON, tick=False), pytest.raises(ValidationError, match="in the future"):
        deciding.record(incident, by=commander, outcome="Wait.", revisit_at=NOON - timedelta(minutes=1))
