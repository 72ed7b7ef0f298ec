"""What waits for the commander, in one queue."""

from datetime import UTC, datetime, timedelta

import time_machine

from incidents import events
from incidents.models import Incident, Paging, PagingState
from incidents.response import acting, coordination, deciding, tasking
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def room(incident: Incident, person: User) -> str:
    return make.client_of(person).get(f"/incidents/{incident.key}/?seat=commander").content.decode()


def test_nothing_waits_and_it_says_so(incident: Incident, commander: User) -> None:
    assert "Nothing waits for you." in room(incident, commander)


def test_an_action_at_sev1_waits_with_its_risk_and_its_way_back(
    incident: Incident, commander: User, tech_lead: User
) -> None:
    action = acting.propose(
        incident, by=tech_lead, title="Restore the limit on eu-west-1c", undo="Set it back to 120", risk="high"
    )
    page = room(incident, commander)
    assert "Restore the limit on eu-west-1c" in page
    assert "Taken back by: Set it back to 120" in page
    assert "High risk" in page
    make.client_of(commander).post(f"/incidents/{incident.key}/actions/{action.pk}/approve/", {"version": "1"})
    action.refresh_from_db()
    assert (action.state, action.approved_by) == ("approved", commander)
    assert "Nothing waits for you." in room(incident, commander)


def test_tasks_that_are_late_or_nobodys_are_named(incident: Incident, commander: User, sme: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        tasking.add(incident, by=SYSTEM, title="Stop the rollout")
        tasking.add(incident, by=SYSTEM, title="Count lost payments", assignee=sme, timebox=timedelta(minutes=10))
        assert "No owner: Stop the rollout" in room(incident, commander)
        assert "Overdue: Count lost payments" not in room(incident, commander)
        clock.shift(timedelta(minutes=10))
        assert "Overdue: Count lost payments" in room(incident, commander)


def test_a_proposal_waits_until_it_is_decided(incident: Incident, commander: User, tech_lead: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        proposal = deciding.propose(incident, by=tech_lead, question="Fail over?", window=timedelta(minutes=5))
        clock.shift(timedelta(minutes=6))
        deciding.close_windows()
        page = room(incident, commander)
        assert "no objection" in page
        assert f"/decisions/{proposal.pk}/decide/" in page
        deciding.decide(proposal, by=commander, outcome="No.")
        assert f"/decisions/{proposal.pk}/decide/" not in room(incident, commander)


def test_a_decision_comes_back_at_its_time(incident: Incident, commander: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        deciding.record(incident, by=commander, outcome="Wait.", revisit_at=NOON + timedelta(minutes=15))
        assert "Look again: Wait." not in room(incident, commander)
        clock.shift(timedelta(minutes=15))
        assert "Look again: Wait." in room(incident, commander)


def test_a_call_that_nobody_answered_is_named_until_the_seat_is_filled(incident: Incident, commander: User) -> None:
    called = make.make_user("mei")
    Paging.objects.create(incident=incident, user=called, role=Role.SME, state=PagingState.UNANSWERED)
    assert "Mei did not answer, and nobody is left to page" in room(incident, commander)
    make.seat(incident, Role.SME, make.make_user("tomas"))
    assert "did not answer" not in room(incident, commander)


def test_what_a_report_needs_is_named_until_the_next_one_needs_nothing(
    incident: Incident, commander: User, sme: User
) -> None:
    coordination.report(incident, by=sme, conditions="Queue drains", needs="read access to the ledger")
    assert "needs: read access to the ledger" in room(incident, commander)
    coordination.report(incident, by=sme, conditions="Queue is empty")
    assert "needs: read access" not in room(incident, commander)


def test_the_queue_asks_no_more_with_three_of_each_than_with_one(
    incident: Incident, commander: User, sme: User, tech_lead: User, django_assert_max_num_queries
) -> None:
    client = make.client_of(commander)
    counts = []
    for number in range(3):
        with events.dated(NOON + timedelta(minutes=number)):
            tasking.add(incident, by=SYSTEM, title=f"Task {number}")
            deciding.propose(incident, by=tech_lead, question=f"Question {number}?")
            acting.propose(incident, by=tech_lead, title=f"Action {number}")
            coordination.report(incident, by=sme, conditions="Seen", needs=f"help {number}")
        client.get(f"/incidents/{incident.key}/console/?seat=commander", headers={"HX-Request": "true"})
        with django_assert_max_num_queries(90) as asked:
            client.get(f"/incidents/{incident.key}/console/?seat=commander", headers={"HX-Request": "true"})
        counts.append(len(asked))
    assert counts[1:] == counts[:-1]
