"""The list of incidents: what is shown to whom, filtered how, at what cost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import classification, lifecycle, taxonomy
from incidents.models import Incident, Severity, State
from incidents.views import listing
from roles.catalog import Role
from roles.policy import SYSTEM
from tests import make

LIST = "/incidents/"


def keys(answer):
    return [incident.key for incident in answer.context["incidents"]]


def test_newest_first_and_only_what_one_may_see(bystander, outsider, client_of, db):
    first, second = make.make_incident(title="One"), make.make_incident(title="Two")
    make.make_incident(title="Hidden", is_private=True)
    assert keys(client_of(bystander).get(LIST)) == [second.key, first.key]
    assert keys(client_of(outsider).get(LIST)) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=active", ["open"]),
        ("state=resolved", ["over"]),
        ("state=resolved,investigating", ["over", "open"]),
        ("severity=SEV4", ["over"]),
        ("severity=SEV1&severity=SEV4", ["over", "open"]),
        ("q=ledg", ["open"]),
        ("q=slow+ledger&severity=SEV4", []),
        ("kind=drill", []),
        ("mine=on", ["over"]),
        ("type=third-party", ["open"]),
        ("tag=limits", ["open"]),
        ("tag=Limits&state=resolved", []),
        ("service=payments", ["over"]),
        ("private=on", []),
        ("since=2001-01-01&until=2001-01-31", []),
        ("since=2001-01-01", ["over", "open"]),
        ("until=2001-01-01", []),
        ("field-region=EU", ["open"]),
        ("field-region=US", []),
        ("field-is-partial=no", ["open"]),
        ("field-customers=3", ["over"]),
        ("sort=oldest", ["open", "over"]),
        ("field-invented=1", ["over", "open"]),
    ],
)
def test_filters(query, expected, bystander, client_of, service, worker):
    party = taxonomy.add_type(by=SYSTEM, name="Third party")
    taxonomy.add_field(by=SYSTEM, label="Region", kind="choice", choices=["EU", "US"])
    taxonomy.add_field(by=SYSTEM, label="Customers", kind="number")
    taxonomy.add_field(by=SYSTEM, label="Is partial", kind="yes_no")
    named = {
        "open": make.make_incident(title="Ledger is slow"),
        "over": make.make_incident(
            title="Old one", severity=Severity.SEV4, state=State.RESOLVED, services=[service], type=None
        ),
    }
    answers = {"region": "EU", "is-partial": False}
    classification.classify(named["open"], by=SYSTEM, type=party, tags=["limits"], answers=answers)
    classification.classify(named["over"], by=SYSTEM, answers={"customers": 3})
    make.seat(named["over"], Role.SCRIBE, bystander)
    worker.run()
    assert keys(client_of(bystander).get(f"{LIST}?{query}")) == [named[name].key for name in expected]


def test_an_unknown_filter_value_is_named(bystander, client_of, db):
    make.make_incident(title="One")
    answer = client_of(bystander).get(f"{LIST}?severity=SEV9&state=active&since=never&past=x&q=%00")
    assert "SEV9 is none" in answer.content.decode()
    assert len(keys(answer)) == 1


@pytest.mark.parametrize(("sort", "order"), [("", [4, 3, 2, 1, 0]), ("oldest", [0, 1, 2, 3, 4])])
def test_pages_follow_without_a_gap(sort, order, bystander, client_of, monkeypatch, db):
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    made = [
        make.make_incident(title=f"Number {n}", severity=Severity.SEV1 if n % 2 else Severity.SEV3) for n in range(5)
    ]
    client, seen, query = client_of(bystander), [], f"sort={sort}&state=active"
    while True:
        page = client.get(f"{LIST}?{query}")
        seen += keys(page)
        query = page.context["older"]
        if not query:
            break
    assert seen == [made[n].key for n in order]


def test_what_is_declared_meanwhile_moves_no_page(bystander, client_of, monkeypatch, db):
    monkeypatch.setattr(listing, "PAGE_SIZE", 1)
    first, second = make.make_incident(title="One"), make.make_incident(title="Two")
    client = client_of(bystander)
    page = client.get(LIST)
    make.make_incident(title="Three")
    assert keys(page) == [second.key]
    assert keys(client.get(f"{LIST}?{page.context['older']}")) == [first.key]


def test_what_is_written_down_later_stands_where_it_happened(bystander, client_of, db):
    new = make.make_incident(title="New")
    old = lifecycle.write_down(title="Old", declared_at=timezone.now() - timedelta(days=9), by=bystander)
    client = client_of(bystander)
    assert keys(client.get(LIST)) == [new.key, old.key]
    assert keys(client.get(f"{LIST}?past={new.pk}")) == [old.key]
    assert keys(client.get(f"{LIST}?sort=oldest&past={old.pk}")) == [new.key]


@pytest.mark.parametrize("query", ["q=zanzibar", "private=on", "tag=zanzibar", "state=active", "field-region=zanzibar"])
def test_filters_do_not_tell_of_private_incidents(query, bystander, commander, incident, client_of, worker):
    taxonomy.add_field(by=SYSTEM, label="Region")
    classification.classify(incident, by=SYSTEM, tags=["zanzibar"], answers={"region": "zanzibar"})
    Incident.objects.update(is_private=True, title="Zanzibar")
    worker.run()
    hidden, seen = (client_of(person).get(f"{LIST}?{query}") for person in (bystander, commander))
    assert (keys(hidden), keys(seen)) == ([], [incident.key])
    assert incident.key not in hidden.content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [("", "No incident yet"), ("q=nothing", "No incident fits"), ("past={last}", "That was the last one")],
)
def test_an_empty_list_says_why(query, sentence, bystander, client_of, db):
    last = make.make_incident(title="Only one").pk if query else 0
    assert sentence in client_of(bystander).get(f"{LIST}?{query.format(last=last)}").content.decode()


def test_the_list_costs_the_same_for_one_and_for_three(bystander, client_of, django_assert_num_queries, db):
    client = client_of(bystander)
    make.make_incident(title="One")
    client.get(LIST)
    with django_assert_num_queries(16):
        client.get(LIST)
    make.make_incident(title="Two")
    make.make_incident(title="Three")
    with django_assert_num_queries(16):
        client.get(LIST)
