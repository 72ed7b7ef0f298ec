"""Declaring: one required field, doubles shown first, nothing typed is lost."""

import re

import pytest
from django.urls import reverse

from incidents import taxonomy
from incidents.models import Incident, IncidentLink, State
from notifications.models import Message
from roles.catalog import Role
from roles.models import Qualification
from roles.policy import SYSTEM
from tests import make

DECLARE = "/declare/"
SIMILAR = "/declare/similar/"
HTMX = {"HX-Request": "true"}


def test_one_field_is_enough(bystander, client_of, db):
    answer = client_of(bystander).post(DECLARE, {"title": "Payouts are late", "severity": "SEV2"})
    incident = Incident.objects.get()
    assert answer["Location"] == reverse("incidents:room", args=[incident.key])
    assert (incident.title, incident.severity, incident.state, incident.declared_by) == (
        "Payouts are late",
        "SEV2",
        "investigating",
        bystander,
    )


def test_without_a_title_the_rest_stays(bystander, service, client_of):
    answer = client_of(bystander).post(
        DECLARE, {"title": " ", "severity": "SEV1", "summary": "Queue grows", "services": [service.slug]}
    )
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "Say in one line what is going wrong." in text
    assert "Queue grows" in text
    assert f'value="{service.slug}" checked' in text
    assert not Incident.objects.exists()


def test_a_double_is_shown_before_anything_is_opened(bystander, incident, service, client_of):
    typed = {"title": "Card payments fail again", "severity": "SEV1", "services": [service.slug]}
    answer = client_of(bystander).post(DECLARE, typed)
    assert answer.status_code == 409
    assert f"{incident.key} may already cover this." in answer.content.decode()
    assert Incident.objects.count() == 1
    assert client_of(bystander).post(DECLARE, {**typed, "is_new": "1"}).status_code == 302
    assert Incident.objects.count() == 2


def test_doubles_are_shown_as_one_types(bystander, incident, client_of):
    answer = client_of(bystander).get(
        DECLARE + "similar/", {"title": "card payments broken"}, headers={"HX-Request": "true"}
    )
    assert incident.key in answer.content.decode()


def test_a_private_incident_is_never_named_as_a_double(bystander, client_of, db):
    hidden = make.make_incident(title="Card payments leak", is_private=True)
    text = (
        client_of(bystander)
        .get(DECLARE + "similar/", {"title": "card payments leak"}, headers={"HX-Request": "true"})
        .content.decode()
    )
    assert hidden.key not in text


@pytest.mark.parametrize("kind", ["drill", "test"])
def test_a_drill_and_a_private_incident(kind, bystander, client_of, db):
    client_of(bystander).post(DECLARE, {"title": "Practice", "severity": "SEV3", "kind": kind, "is_private": "on"})
    incident = Incident.objects.get()
    assert (incident.kind, incident.is_private) == (kind, True)
    assert incident.is_visible_to(bystander)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({}, "Declare SEV2 and page 2"),
        ({"severity": "SEV4"}, "Declare SEV4 and page 2"),
        ({"is_private": "on"}, "Declare SEV2 and page 1"),
        ({"kind": "drill"}, "Start a SEV2 drill"),
        ({"kind": "backfilled"}, "Write SEV2 down"),
    ],
)
def test_the_button_says_whom_it_pages(chosen, said, bystander, client_of, worker):
    make.make_user("one", qualified=[Role.COMMANDER])
    make.make_user("two", qualified=[Role.COMMANDER], is_superuser=True)
    Qualification.objects.create(user=bystander, role=Role.COMMANDER, level=Qualification.Level.QUALIFIED)
    client = client_of(bystander)
    text = client.post(DECLARE, {"title": "", "severity": "SEV2", **chosen}).content.decode()
    assert f"data-consequence>{said}</button>" in text
    typed = {"title": "Payouts are late", "severity": "SEV2", "declared_at": "2001-02-03T04:05", **chosen}
    assert client.post(DECLARE, typed).status_code == 302
    worker.run(but="deliver")
    told = Message.objects.filter(content__is_sandbox=False).values("user").distinct().count()
    assert told == (int(said.rsplit(" ", 1)[1]) if "page" in said else 0)


def test_a_problem_is_reported_into_triage(bystander, client_of, db):
    client_of(bystander).post(DECLARE, {"title": "Odd noises", "severity": "SEV4", "state": "triage"})
    assert Incident.objects.get().state == "triage"


def test_what_is_over_is_written_down_with_its_times(bystander, client_of, db):
    typed = {"title": "Last night", "severity": "SEV3", "kind": "backfilled"}
    answer = client_of(bystander).post(DECLARE, typed)
    assert answer.status_code == 400
    assert "Say when it began." in answer.content.decode()
    times = {"declared_at": "2001-02-03T04:05", "resolved_at": "2001-02-03T03:05"}
    answer = client_of(bystander).post(DECLARE, typed | times)
    assert answer.status_code == 409
    assert 'value="2001-02-03T03:05"' in answer.content.decode()
    client_of(bystander).post(DECLARE, typed | times | {"resolved_at": "2001-02-03T05:05"})
    incident = Incident.objects.get()
    assert (incident.kind, incident.state, f"{incident.resolved_at:%H:%M}") == ("backfilled", "resolved", "05:05")


def test_a_private_type_opens_private(bystander, client_of, db):
    taxonomy.add_type(by=SYSTEM, name="Security", is_private=True)
    client_of(bystander).post(DECLARE, {"title": "Names leak", "severity": "SEV2", "type": "security"})
    incident = Incident.objects.get()
    assert (incident.type.slug, incident.is_private, incident.is_visible_to(bystander)) == ("security", True, True)


def test_what_was_typed_is_added_to_the_one_that_covers_it(bystander, incident, client_of):
    typed = {"title": "Card payments fail again", "summary": "Also in Spain.", "severity": "SEV1"}
    answer = client_of(bystander).post(DECLARE, {**typed, "add_to": incident.key})
    assert answer["Location"] == reverse("incidents:room", args=[incident.key])
    assert Incident.objects.count() == 1
    entry = incident.entries.get(kind="note")
    assert (entry.body, entry.actor) == ("Card payments fail again\n\nAlso in Spain.", bystander)


def test_nothing_is_added_to_an_incident_that_one_may_not_see(bystander, incident, client_of):
    Incident.objects.update(is_private=True)
    answer = client_of(bystander).post(DECLARE, {"title": "Card payments", "severity": "SEV1", "add_to": incident.key})
    assert answer.status_code == 404
    assert not incident.entries.filter(kind="note").exists()


def test_what_came_back_is_linked_to_what_it_was(bystander, client_of, service):
    old = make.make_incident(title="Payouts are late", state=State.RESOLVED, severity="SEV3", services=[service])
    client = client_of(bystander)
    text = client.get(f"{DECLARE}?recurrence_of={old.key}").content.decode()
    assert f"{old.key} came back." in text
    assert 'value="Payouts are late"' in text
    assert f'value="{service.slug}" checked' in text
    client.post(DECLARE, {"title": "Payouts are late again", "severity": "SEV3", "recurrence_of": old.key})
    link = IncidentLink.objects.get()
    assert (link.other, link.kind, link.linked_by) == (old, "recurrence_of", bystander)


def test_what_ended_lately_is_offered_as_come_back(bystander, client_of, db):
    old = make.make_incident(title="Payouts are late", state=State.RESOLVED, severity="SEV3")
    text = client_of(bystander).get(SIMILAR, {"title": "payouts late again"}, headers=HTMX).content.decode()
    assert f"{old.key} was like this." in text
    assert "may already cover this" not in text


def test_no_more_than_four_fields_stand_open(bystander, client_of, service):
    text = client_of(bystander).get(DECLARE).content.decode()
    opened = text[text.index('<form class="sheet-form') : text.index('<details class="more"')]
    assert set(re.findall(r'name="(\w+)"', opened)) - {"csrfmiddlewaretoken", "is_new"} == {
        "title",
        "severity",
        "services",
        "summary",
    }
    assert opened.count("required") == 1


def test_the_page_costs_the_same_for_one_and_for_three(bystander, client_of, django_assert_num_queries, db):
    client = client_of(bystander)

    def add(number):
        make.make_service(f"service{number}")
        make.make_user(f"commander{number}", qualified=[Role.COMMANDER])
        make.make_incident(title="Payouts are late", services=[])

    add(1)
    client.get(DECLARE)
    for _ in (1, 2):
        with django_assert_num_queries(12):
            client.get(DECLARE)
        with django_assert_num_queries(6):
            client.get(SIMILAR, {"title": "payouts late"}, headers=HTMX)
        add(2 + _ * 2)
        add(3 + _ * 2)


def test_a_stakeholder_may_not_declare(outsider, client_of):
    client = client_of(outsider)
    assert client.get(DECLARE).status_code == 403
    assert client.post(DECLARE, {"title": "Broken", "severity": "SEV1"}).status_code == 403
    assert not Incident.objects.exists()
