"""The list of incidents: what is shown to whom, filtered how, at what cost."""

import pytest

from incidents.models import Severity, State
from incidents.views import listing
from roles.catalog import Role
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
        ("severity=SEV4", ["over"]),
        ("q=ledger", ["open"]),
        ("kind=drill", []),
        ("mine=on", ["over"]),
    ],
)
def test_filters(query, expected, bystander, client_of, db):
    named = {
        "open": make.make_incident(title="Ledger is slow"),
        "over": make.make_incident(title="Old one", severity=Severity.SEV4, state=State.RESOLVED),
    }
    make.seat(named["over"], Role.SCRIBE, bystander)
    assert keys(client_of(bystander).get(f"{LIST}?{query}")) == [named[name].key for name in expected]


def test_an_unknown_filter_value_is_named(bystander, client_of, db):
    text = client_of(bystander).get(f"{LIST}?severity=SEV9").content.decode()
    assert "SEV9" in text


def test_pages_follow_without_a_gap(bystander, client_of, monkeypatch, db):
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    made = [make.make_incident(title=f"Number {number}").key for number in range(5)]
    client, seen, query = client_of(bystander), [], ""
    while True:
        page = client.get(f"{LIST}?{query}")
        seen += keys(page)
        query = page.context["older"]
        if not query:
            break
    assert seen == made[::-1]


def test_the_list_costs_the_same_for_one_and_for_three(bystander, client_of, django_assert_num_queries, db):
    client = client_of(bystander)
    make.make_incident(title="One")
    client.get(LIST)
    with django_assert_num_queries(9):
        client.get(LIST)
    make.make_incident(title="Two")
    make.make_incident(title="Three")
    with django_assert_num_queries(9):
        client.get(LIST)
