"""Past incidents like this one: what they have in common, what ended them, and who may read of them."""

import pytest
from django.utils import timezone

from incidents import search
from incidents.detection import sources
from incidents.models import Action, Alert, Hypothesis, Incident, IncidentLink
from incidents.response import similar
from roles.policy import SYSTEM
from tests import make


def indexed(**fields: object) -> Incident:
    incident = make.make_incident(**fields)
    search.index(incident)
    return incident


def listed(incident: Incident, reader: object) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.incident.title, one.reasons) for one in similar.to(incident, reader)]


def test_an_incident_on_the_same_service_is_listed_with_the_reason(incident, service, bystander):
    indexed(title="Something else entirely", services=[service])
    indexed(title="Nothing in common", services=[make.make_service("search")])
    assert listed(incident, bystander) == [("Something else entirely", ("Payments",))]


def test_an_incident_with_a_shared_label_is_listed_and_labels_of_everything_are_not(incident, bystander):
    source = sources.create("generic", "probe", by=SYSTEM)

    def ring(of: Incident, key: str, **labels: str) -> None:
        Alert.objects.create(source=source, dedup_key=key, status="firing", title="x", labels=labels, incident=of)

    alike, unlike = indexed(title="Ledger slow"), indexed(title="Search slow")
    ring(incident, "a", alertname="pool-full", severity="critical")
    ring(alike, "b", alertname="pool-full")
    ring(unlike, "c", severity="critical")
    assert listed(incident, bystander) == [("Ledger slow", ("alertname pool-full",))]


def test_an_incident_that_the_same_alert_opened_says_so(service, bystander):
    source = sources.create("generic", "probe", by=SYSTEM)
    make.make_incident(title="Before", state="resolved", source=source, dedup_key="checkout-5xx")
    again = make.make_incident(title="Again", source=source, dedup_key="checkout-5xx")
    assert listed(again, bystander) == [("Before", ("same alert",))]


def test_two_words_of_the_title_are_enough_and_one_is_not(incident, bystander):
    indexed(title="Card refunds fail")
    indexed(title="Card printing")
    assert listed(incident, bystander) == [("Card refunds fail", ("words card, fail",))]


def test_what_is_over_comes_first_with_what_ended_it(incident, service, bystander):
    indexed(title="Card payments fail in the EU again", services=[service])
    past = indexed(title="Ledger slow", services=[service], state="resolved")
    Hypothesis.objects.create(incident=past, title="Pool limit too low", state="confirmed")
    Hypothesis.objects.create(incident=past, title="Release 4.117", state="ruled_out")
    now = timezone.now()
    Action.objects.create(incident=past, title="Restart", state="failed", ended_at=now)
    Action.objects.create(incident=past, title="Raise the limit", state="done", effect="38% → 0", ended_at=now)
    first, second = similar.to(incident, bystander)
    assert (first.incident, first.cause, first.remedy) == (past, "Pool limit too low", "Raise the limit (38% → 0)")
    assert (second.is_over, second.cause, second.remedy) == (False, "", "")


def test_private_cancelled_and_drilled_incidents_are_not_listed(incident, service, bystander, administrator):
    indexed(title="A secret", services=[service], is_private=True)
    indexed(title="A false alarm", services=[service], state="cancelled")
    indexed(title="A drill", services=[service], kind="drill")
    assert listed(incident, bystander) == []
    assert listed(incident, administrator) == [("A secret", ("Payments",))]


def test_an_incident_linked_already_says_so(incident, service, bystander):
    other = indexed(title="Ledger slow", services=[service])
    assert [one.is_linked for one in similar.to(incident, bystander)] == [False]
    IncidentLink.objects.create(incident=incident, other=other)
    assert [one.is_linked for one in similar.to(incident, bystander)] == [True]


def test_at_most_five_are_listed_the_most_alike_first(incident, service, bystander):
    for number in range(6):
        indexed(title=f"Other {number}", services=[service], state="resolved")
    indexed(title="Card payments fail", services=[service], state="resolved")
    titles = [title for title, _ in listed(incident, bystander)]
    assert titles == ["Card payments fail", "Other 5", "Other 4", "Other 3", "Other 2"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_however_much_there_is(count, incident, service, bystander, django_assert_num_queries):
    for number in range(count):
        indexed(title=f"Card payments fail {number}", services=[service], state="resolved")
    with django_assert_num_queries(8):
        assert len(similar.to(incident, bystander)) == count
