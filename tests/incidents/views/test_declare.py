"""Declaring: one required field, doubles shown first, nothing typed is lost."""

from django.urls import reverse

from incidents.models import Incident
from roles.catalog import Role
from tests import make

DECLARE = "/declare/"


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


def test_a_drill_and_a_private_incident(bystander, client_of, db):
    client_of(bystander).post(DECLARE, {"title": "Practice", "severity": "SEV3", "is_drill": "on", "is_private": "on"})
    incident = Incident.objects.get()
    assert (incident.kind, incident.is_private) == ("drill", True)
    assert incident.is_visible_to(bystander)


def test_the_page_says_how_many_commanders_are_told(bystander, client_of, db):
    make.make_user("one", qualified=[Role.COMMANDER])
    make.make_user("two", qualified=[Role.COMMANDER])
    assert 'data-commanders="2"' in client_of(bystander).get(DECLARE).content.decode()


def test_a_stakeholder_may_not_declare(outsider, client_of):
    client = client_of(outsider)
    assert client.get(DECLARE).status_code == 403
    assert client.post(DECLARE, {"title": "Broken", "severity": "SEV1"}).status_code == 403
    assert not Incident.objects.exists()
