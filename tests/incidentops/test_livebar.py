"""The live bar: what holders of a role on a bad incident see on every other page, and who is called."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from incidents.communication import updates
from incidents.models import Paging
from incidents.response import staffing
from roles.catalog import Role
from roles.policy import SYSTEM
from tests import make

HTMX = {"HX-Request": "true"}


def bar(person) -> str:
    return make.client_of(person).get(reverse("livebar"), headers=HTMX).content.decode()


def test_it_names_the_incident_the_seat_and_what_is_due(commander, page, incident, draft):

    updates.edit(draft, by=SYSTEM, seen_version=draft.version, next_update_at=timezone.now() + timedelta(minutes=20))
    updates.publish(draft, by=SYSTEM)
    text = bar(commander)
    assert incident.title in text
    assert "You are Commander" in text
    assert text.count("data-due") == 1


def test_nobody_without_a_seat_has_one(bystander, incident):
    assert "Your active incident" not in bar(bystander)


def test_a_seat_on_a_small_incident_is_no_reason(bystander):
    small = make.make_incident(severity="SEV3")
    make.seat(small, Role.COMMANDER, bystander)
    assert "Your active incident" not in bar(bystander)


def test_who_is_called_sees_it_on_every_page(bystander, commander, incident):
    Paging.objects.create(incident=incident, user=bystander, role=Role.SME, paged_by=commander)
    text = bar(bystander)
    assert f"You are called to {incident.key} as Subject Matter Expert." in text
    assert incident.title in text


def test_the_call_is_gone_once_answered(bystander, incident):
    Paging.objects.create(incident=incident, user=bystander, state="acknowledged")
    assert "called to" not in bar(bystander)


@pytest.mark.parametrize(("address", "is_there"), [("/incidents/", True), ("/", False), ("/incidents/{key}/", False)])
def test_situation_and_the_room_show_the_same_in_full(address, is_there, commander, incident, client_of):
    text = client_of(commander).get(address.format(key=incident.key)).content.decode()
    assert ('id="livebar"' in text) == is_there


def test_who_gives_up_the_seat_loses_the_bar(deputy, incident):
    assert incident.title in bar(deputy)
    incident.forget_seats()
    staffing.release(next(iter(incident.seats_held_by(deputy))), by=SYSTEM)
    assert incident.title not in bar(deputy)
