"""Customers who cannot wait: who has them, by when, and who is paged where nobody says so."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents.communication import customer_reports, customers, escalations
from incidents.conflicts import Conflict
from incidents.models import (
    CustomerAccount,
    CustomerEscalation,
    CustomerTier,
    Incident,
    Kind,
    Paging,
    PagingState,
    TimelineEntry,
)
from incidents.response import paging
from notifications.models import Message
from roles.policy import SYSTEM
from tests import make


def late(escalation: CustomerEscalation) -> None:
    CustomerEscalation.objects.filter(pk=escalation.pk).update(acknowledge_by=timezone.now() - timedelta(seconds=1))


def kinds(incident: Incident) -> list[str]:
    wanted = {Kind.ESCALATED, Kind.ESCALATION_CHANGED, Kind.ESCALATION_BREACHED, Kind.PAGED, Kind.PAGING_ANSWERED}
    rows = TimelineEntry.objects.filter(incident=incident, kind__in=wanted).order_by("number")
    return [row.kind for row in rows]


def mails(address: str) -> list[str]:
    rows = Message.objects.filter(address=address).order_by("pk")
    return [one.content.subject for one in rows]


@pytest.fixture
def escalation(incident, tech_lead, liaison) -> CustomerEscalation:
    return escalations.escalate(incident, by=liaison, title="Are Nordlys bookings charged?")


def test_the_holder_of_the_owner_role_is_told_and_may_say_so_in_time(incident, escalation, tech_lead, liaison, worker):
    assert (escalation.owner, escalation.state) == (tech_lead, "new")
    worker.run()
    assert "A customer cannot wait on INC-1: Are Nordlys bookings charged?" in mails("priya@nordlys.example")
    escalations.acknowledge(escalation, by=tech_lead)
    worker.run()
    assert (escalation.state, escalation.acknowledged_by) == ("acknowledged", tech_lead)
    assert "INC-1: taken care of, Are Nordlys bookings charged?" in mails("noor@nordlys.example")
    assert escalations.breach_due() == 0


def test_only_leads_acknowledge_and_only_support_escalates(incident, escalation, liaison, comms_lead):
    with pytest.raises(PermissionDenied):
        escalations.acknowledge(escalation, by=liaison)
    with pytest.raises(PermissionDenied):
        escalations.escalate(incident, by=comms_lead, title="Me too")


@pytest.mark.parametrize(
    ("tier", "urgency", "minutes"),
    [("", "now", 5), ("", "soon", 15), ("", "normal", 60), ("enterprise", "soon", 10), ("starter", "soon", 15)],
)
def test_the_time_comes_from_urgency_and_tier(db, tier, urgency, minutes):
    account = CustomerAccount(name="Nordlys", tier=CustomerTier.objects.filter(slug=tier).first())
    assert escalations.wait_of(urgency, account) == timedelta(minutes=minutes)


def test_unacknowledged_it_pages_the_technical_lead_exactly_once(incident, escalation, tech_lead, worker):
    assert escalations.breach_due() == 0
    late(escalation)
    assert (escalations.breach_due(), escalations.breach_due()) == (1, 0)
    call = Paging.objects.get()
    escalation.refresh_from_db()
    assert (call.user, call.role, escalation.paging) == (tech_lead, "tech_lead", call)
    assert call.message == "Customer escalation: Are Nordlys bookings charged?"
    worker.tick()
    worker.tick()
    assert kinds(incident) == [Kind.ESCALATED, Kind.PAGED, Kind.ESCALATION_BREACHED]
    assert sum("you are called" in subject for subject in mails("priya@nordlys.example")) == 1


def test_with_nobody_in_the_seat_the_best_candidate_is_paged(incident, liaison, worker):
    make.make_user("dev", qualified=["tech_lead"])
    late(escalations.escalate(incident, by=liaison, title="On sale at 04:00"))
    assert escalations.breach_due() == 1
    assert Paging.objects.get().user.username == "dev"


def test_with_nobody_to_page_the_liaison_is_told_so(incident, liaison, worker):
    late(escalations.escalate(incident, by=liaison, title="On sale at 04:00", owner_role="commander"))
    Paging.objects.all().delete()
    assert escalations.breach_due() == 1
    entry = TimelineEntry.objects.get(kind=Kind.ESCALATION_BREACHED)
    assert liaison.pk in entry.data["to"] or Paging.objects.exists()


def test_the_link_of_the_call_acknowledges_it(incident, escalation, tech_lead, client, worker):
    late(escalation)
    escalations.breach_due()
    worker.run()
    call = Paging.objects.get()
    client.post(f"/paging/{paging.token_of(call)}/", {"answer": "yes"})
    worker.run()
    escalation.refresh_from_db()
    assert (escalation.state, escalation.acknowledged_by) == ("acknowledged", tech_lead)


def test_who_is_called_next_and_answers_has_it(incident, escalation, tech_lead, worker):
    dev = make.make_user("dev", qualified=["tech_lead"])
    late(escalation)
    escalations.breach_due()
    paging.decline(Paging.objects.get(), by=tech_lead)
    paging.acknowledge(Paging.objects.get(user=dev), by=dev, through="room")
    worker.run()
    escalation.refresh_from_db()
    assert (escalation.state, escalation.owner) == ("acknowledged", dev)


def test_acknowledging_in_the_room_ends_the_call(incident, escalation, tech_lead, worker):
    late(escalation)
    escalations.breach_due()
    escalation.refresh_from_db()
    escalations.acknowledge(escalation, by=tech_lead)
    assert Paging.objects.get().state == PagingState.WITHDRAWN


def test_an_answer_reaches_who_escalated(incident, escalation, tech_lead, worker):
    with pytest.raises(ValidationError, match="Write what the customer can be told"):
        escalations.answer(escalation, by=tech_lead, outcome=" ")
    escalations.answer(escalation, by=tech_lead, outcome="No: declined payments are not charged.")
    worker.run()
    assert escalation.acknowledged_by == tech_lead
    assert "INC-1: answered, Are Nordlys bookings charged?" in mails("noor@nordlys.example")
    with pytest.raises(Conflict, match="answered already"):
        escalations.withdraw(escalation, by=SYSTEM)


def test_a_report_is_escalated_once_at_a_time(incident, liaison):
    account = customers.keep(
        CustomerAccount(), by=SYSTEM, name="Nordlys", tier=CustomerTier.objects.get(slug="enterprise")
    )
    report = customer_reports.record(incident, by=SYSTEM, symptom="Charged?", account_name="Nordlys")
    first = escalations.escalate(incident, by=liaison, title="Charged?", report=report)
    assert first.account == account
    assert first.acknowledge_by - first.opened_at == timedelta(minutes=10)
    with pytest.raises(Conflict, match="escalated already"):
        escalations.escalate(incident, by=liaison, title="Charged?", report=report)
    escalations.withdraw(first, by=liaison)
    assert escalations.escalate(incident, by=liaison, title="Charged?", report=report).pk != first.pk


def test_nobody_is_paged_for_an_incident_that_is_over(incident, escalation):
    late(escalation)
    Incident.objects.update(state="resolved")
    assert escalations.breach_due() == 0
