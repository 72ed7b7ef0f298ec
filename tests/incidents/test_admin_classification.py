"""Types, questions and tags in the admin: by whom they are kept, and that it is written down."""

import pytest

from incidents import classification, taxonomy
from incidents.models import CustomField, Incident, IncidentType
from roles.models import AuditEvent
from roles.policy import SYSTEM
from tests import make

TYPES, FIELDS, TAGS = (f"/admin/incidents/{name}/" for name in ("incidenttype", "customfield", "tag"))


@pytest.fixture
def keeper(administrator, client_of):
    return client_of(administrator)


def test_a_type_is_made_and_changed(keeper):
    keeper.post(f"{TYPES}add/", {"name": "Third party", "position": "1", "is_active": "on"})
    made = IncidentType.objects.get()
    assert (made.slug, made.is_private, made.is_active) == ("third-party", False, True)
    path = f"{TYPES}{made.pk}/change/"
    answer = keeper.post(path, {**make.form_of(keeper.get(path)), "name": "Vendors", "is_private": "on"})
    assert answer.status_code == 302
    made.refresh_from_db()
    assert (made.name, made.slug, made.is_private) == ("Vendors", "third-party", True)
    assert [event.action for event in AuditEvent.objects.order_by("pk")] == [
        "incident_type.added",
        "incident_type.changed",
    ]


def test_a_question_is_made_and_changed(keeper):
    party = taxonomy.add_type(by=SYSTEM, name="Third party")
    typed = {"label": "Vendor", "kind": "choice", "choices": "A\n B \n\n", "needed_to": "close", "position": "0"}
    answer = keeper.post(f"{FIELDS}add/", {**typed, "types": [party.pk], "is_active": "on"})
    assert answer.status_code == 302
    made = CustomField.objects.get()
    assert (made.slug, made.choices, list(made.types.all())) == ("vendor", ["A", "B"], [party])
    path = f"{FIELDS}{made.pk}/change/"
    changed = {**make.form_of(keeper.get(path)), "choices": "A", "types": [], "kind": "number"}
    assert keeper.post(path, changed).status_code == 302
    made.refresh_from_db()
    assert (made.choices, made.kind, list(made.types.all())) == (["A"], "choice", [])


def test_a_question_that_makes_no_sense_comes_back_as_typed(keeper):
    typed = {"label": "Vendor", "kind": "choice", "choices": "", "position": "0", "is_active": "on"}
    answer = keeper.post(f"{FIELDS}add/", typed)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "Say what there is to choose from." in text
    assert 'value="Vendor"' in text
    assert not CustomField.objects.exists()


def test_nobody_else_keeps_them(commander, bystander, client_of):
    made, asked = taxonomy.add_type(by=SYSTEM, name="Security"), taxonomy.add_field(by=SYSTEM, label="Region")
    for person in (commander, bystander):
        client = client_of(person)
        for path in (f"{TYPES}{made.pk}/change/", f"{FIELDS}{asked.pk}/change/", f"{TYPES}add/", f"{FIELDS}add/"):
            assert client.get(path).status_code in {302, 403}, path
            assert client.post(path, {"name": "Mine", "label": "Mine"}).status_code in {302, 403}, path
    assert (IncidentType.objects.get().name, CustomField.objects.get().label) == ("Security", "Region")


def test_nothing_is_deleted(keeper):
    made = taxonomy.add_type(by=SYSTEM, name="Security")
    assert keeper.post(f"{TYPES}{made.pk}/delete/", {"post": "yes"}).status_code == 403
    assert IncidentType.objects.exists()


def test_tags_of_private_incidents_are_not_listed(bystander, incident, client_of):
    classification.classify(make.make_incident(title="Open"), by=SYSTEM, tags=["limits"])
    classification.classify(incident, by=SYSTEM, tags=["zanzibar"])
    Incident.objects.filter(pk=incident.pk).update(is_private=True)
    text = client_of(bystander).get(TAGS).content.decode()
    assert "limits" in text
    assert "zanzibar" not in text
