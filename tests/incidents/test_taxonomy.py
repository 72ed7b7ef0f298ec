"""Types and questions: who may keep them, what makes no sense, and that it is written down."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import taxonomy
from incidents.models import CustomField, IncidentType
from roles.models import AuditEvent
from roles.policy import SYSTEM


def names(rows):
    return [str(row) for row in rows]


def test_an_administrator_keeps_types_and_it_is_written_down(administrator):
    security = taxonomy.add_type(by=administrator, name="Security breach", is_private=True)
    assert (security.slug, security.is_private) == ("security-breach", True)
    taxonomy.change_type(security, by=administrator, name="Security", is_active=False)
    assert names(taxonomy.catalogue().types) == ["Security"]
    assert taxonomy.catalogue().types_on_offer() == []
    changes = AuditEvent.objects.order_by("pk").values_list("actor", "action", "data")
    assert list(changes) == [
        (
            administrator.pk,
            "incident_type.added",
            {"slug": "security-breach", "name": "Security breach", "is_private": True},
        ),
        (
            administrator.pk,
            "incident_type.changed",
            {"slug": "security-breach", "name": "Security", "is_active": False},
        ),
    ]


def test_what_changes_nothing_is_not_written_down(administrator):
    security = taxonomy.add_type(by=SYSTEM, name="Security")
    region = taxonomy.add_field(by=SYSTEM, label="Region")
    AuditEvent.objects.all().delete()
    taxonomy.change_type(security, by=administrator, name="Security")
    taxonomy.change_field(region, by=administrator, label="Region", types=[])
    assert not AuditEvent.objects.exists()


def test_nobody_else_keeps_them(commander, bystander):
    security, region = taxonomy.add_type(by=SYSTEM, name="Security"), taxonomy.add_field(by=SYSTEM, label="Region")
    for person in (commander, bystander):
        for attempt in (
            lambda who: taxonomy.add_type(by=who, name="Mine"),
            lambda who: taxonomy.change_type(security, by=who, name="Mine"),
            lambda who: taxonomy.add_field(by=who, label="Mine"),
            lambda who: taxonomy.change_field(region, by=who, label="Mine"),
        ):
            with pytest.raises(PermissionDenied):
                attempt(person)
    assert names(IncidentType.objects.all()) == ["Security"]
    assert names(CustomField.objects.all()) == ["Region"]


@pytest.mark.parametrize(
    "about",
    [
        {"label": " "},
        {"label": "Region", "kind": "colour"},
        {"label": "Region", "kind": "choice"},
        {"label": "Region", "kind": "choice", "choices": ["EU", 3]},
        {"label": "Region", "needed_to": "identify"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(about, administrator):
    with pytest.raises(ValidationError):
        taxonomy.add_field(by=administrator, **about)
    assert not CustomField.objects.exists()


def test_a_name_is_given_once(administrator):
    taxonomy.add_type(by=administrator, name="Security")
    with pytest.raises(ValidationError):
        taxonomy.add_type(by=administrator, name="Security")


def test_slug_and_kind_of_a_question_stay(administrator):
    region = taxonomy.add_field(by=administrator, label="Region")
    with pytest.raises(ValidationError):
        taxonomy.change_field(region, by=administrator, kind="number")


def test_a_question_is_asked_of_its_types(administrator):
    security, party = (taxonomy.add_type(by=administrator, name=name) for name in ("Security", "Third party"))
    taxonomy.add_field(by=administrator, label="Region", position=1)
    vendor = taxonomy.add_field(by=administrator, label="Vendor", types=[party], position=2)
    known = taxonomy.catalogue()
    assert names(known.fields_of(party.pk)) == ["Region", "Vendor"]
    assert names(known.fields_of(security.pk)) == names(known.fields_of(None)) == ["Region"]
    taxonomy.change_field(vendor, by=administrator, is_active=False)
    assert names(taxonomy.catalogue().fields_of(party.pk)) == ["Region"]


def test_they_are_read_once(administrator, django_assert_num_queries):
    taxonomy.add_field(by=administrator, label="Region")
    with django_assert_num_queries(3):
        taxonomy.catalogue()
    with django_assert_num_queries(0):
        taxonomy.catalogue().fields_of(None)
