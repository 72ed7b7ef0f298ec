"""Sorting an incident on its page: who sees the form, what it asks, and that nothing typed is lost."""

import pytest

from incidents import classification, taxonomy
from roles.policy import SYSTEM
from tests import make

HTMX = {"HX-Request": "true"}


@pytest.fixture
def party(db):
    kind = taxonomy.add_type(by=SYSTEM, name="Third party")
    taxonomy.add_field(by=SYSTEM, label="Vendor", types=[kind], needed_to="close")
    taxonomy.add_field(by=SYSTEM, label="Customers", kind="number")
    return kind


def address(incident):
    return f"/incidents/{incident.key}/sorting/"


def form(incident, **fields):
    return {"version": classification.version_of(incident), "type": "", "tags": "", **fields}


def test_it_is_sorted_by_form(tech_lead, incident, service, party, client_of):
    answer = client_of(tech_lead).post(
        address(incident),
        form(
            incident,
            type="third-party",
            tags="Limits, eu",
            services=[service.slug],
            **{"answer-vendor": "A bank", "answer-customers": "3"},
        ),
    )
    assert answer["Location"] == address(incident)
    incident.refresh_from_db()
    assert (incident.type, incident.answers) == (party, {"vendor": "A bank", "customers": 3})
    text = client_of(tech_lead).get(address(incident), headers=HTMX).content.decode()
    assert 'value="A bank"' in text
    assert 'value="eu, limits"' in text
    assert "Needed to close it." in text


def test_only_what_is_asked_of_the_type_stands_there(commander, incident, party, client_of):
    text = client_of(commander).get(address(incident)).content.decode()
    assert "Customers" in text
    assert "Vendor" not in text


def test_a_refused_form_comes_back_as_typed(commander, incident, party, client_of):
    typed = form(incident, type="third-party", tags="limits", **{"answer-customers": "many", "answer-vendor": "A bank"})
    answer = client_of(commander).post(address(incident), typed, headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "A number." in text
    assert 'value="many"' in text
    assert 'value="A bank"' in text
    answer = client_of(commander).post(address(incident), form(incident, tags="!!!"))
    assert (answer.status_code, 'value="!!!"' in answer.content.decode()) == (409, True)
    assert not incident.entries.filter(kind="classified").exists()


def test_the_later_of_two_editors_gets_both_versions(commander, incident, client_of, db):
    typed = form(incident, tags="mine")
    classification.classify(incident, by=SYSTEM, tags=["theirs"])
    answer = client_of(commander).post(address(incident), typed)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "mine" in text
    assert "theirs" in text


def test_others_read_it(bystander, incident, party, client_of):
    classification.classify(incident, by=SYSTEM, type=party, tags=["limits"], answers={"vendor": "A bank"})
    text = client_of(bystander).get(address(incident)).content.decode()
    for words in ("Third party", "limits", "Vendor", "A bank"):
        assert words in text
    assert '<button class="btn primary">Save' not in text
    assert client_of(bystander).post(address(incident), form(incident, tags="mine")).status_code == 403


def test_it_costs_the_same_for_one_and_for_three(commander, client_of, django_assert_num_queries, incident):
    def add(number):
        kind = taxonomy.add_type(by=SYSTEM, name=f"Type {number}")
        taxonomy.add_field(by=SYSTEM, label=f"Question {number}")
        classification.classify(incident, by=SYSTEM, type=kind, tags=[f"tag{n}" for n in range(number)])

    client = client_of(commander)
    add(1)
    client.get(address(incident), headers=HTMX)
    with django_assert_num_queries(12):
        client.get(address(incident), headers=HTMX)
    add(2)
    add(3)
    make.make_service("webhooks")
    client.get(address(incident), headers=HTMX)
    with django_assert_num_queries(12):
        client.get(address(incident), headers=HTMX)
