"""Private incidents by need to know: who sees one, who is invited, and that sight ends at once."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from pytest_django import Settings

from incidents import access, relay
from incidents.conflicts import Conflict
from incidents.models import Incident, Kind
from notifications.models import Message
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make


def test_a_private_incident_is_gone_at_once_for_those_without_a_seat(
    incident: Incident, commander: User, scribe: User, bystander: User, client_of: Callable[[User], Client]
) -> None:
    room = f"/incidents/{incident.key}/"
    reader = client_of(bystander)
    assert reader.get(room).status_code == 200
    access.make_private(incident, by=commander, reason="A colleague is involved.")
    assert reader.get(room).status_code == 404
    assert {person: Incident.objects.visible_to(person).count() for person in (commander, scribe, bystander)} == {
        commander: 1,
        scribe: 1,
        bystander: 0,
    }
    entry = incident.entries.latest("number")
    assert (entry.kind, entry.body, entry.data["is_private"]) == (
        Kind.ACCESS_CHANGED,
        "Private now: only its seats and those invited see it. A colleague is involved.",
        True,
    )
    access.make_public(incident, by=commander)
    assert reader.get(room).status_code == 200


def test_what_is_private_already_stays_without_a_second_row(incident: Incident, commander: User) -> None:
    access.make_private(incident, by=commander)
    rows = incident.entries.count()
    assert access.make_private(Incident.objects.get(), by=commander) is None
    assert incident.entries.count() == rows


def test_an_invitation_opens_a_private_incident_and_taking_it_back_closes_it(
    incident: Incident, commander: User, bystander: User
) -> None:
    access.make_private(incident, by=commander)
    access.invite(incident, bystander, by=commander)
    assert incident.is_visible_to(bystander)
    assert incident.is_in_room(bystander)
    access.uninvite(incident, bystander, by=commander)
    assert not incident.is_visible_to(bystander)
    assert not incident.is_in_room(bystander)


def test_an_invited_stakeholder_sees_that_incident_and_no_other(
    incident: Incident, commander: User, outsider: User, client_of: Callable[[User], Client]
) -> None:
    other = make.make_incident(title="Webhooks are late")
    access.invite(incident, outsider, by=commander)
    assert list(Incident.objects.visible_to(outsider)) == [incident]
    client = client_of(outsider)
    assert client.get(f"/incidents/{incident.key}/").status_code == 200
    assert client.get(f"/incidents/{other.key}/").status_code == 404


def test_who_holds_a_seat_goes_on_seeing_it_without_the_invitation(
    incident: Incident, commander: User, scribe: User
) -> None:
    access.make_private(incident, by=commander)
    access.invite(incident, scribe, by=commander)
    access.uninvite(incident, scribe, by=commander)
    assert incident.is_visible_to(scribe)


def test_the_invited_are_told_and_nobody_else(
    incident: Incident, commander: User, bystander: User, settings: Settings
) -> None:
    settings.INCIDENT_LISTENERS = ["incidents.communication.briefing.on_event"]
    relay.drain(incident.pk)
    Message.objects.all().delete()
    access.make_private(incident, by=commander)
    access.invite(incident, bystander, by=commander)
    relay.drain(incident.pk)
    assert [(one.user, one.channel, one.content.subject) for one in Message.objects.all()] == [
        (bystander, "email", "INC-1 is shared with you: Card payments fail in the EU")
    ]
    assert "by Amara" in Message.objects.get().content.text


def test_an_invitation_stands_once_and_is_taken_back_once(incident: Incident, commander: User, bystander: User) -> None:
    access.invite(incident, bystander, by=commander)
    assert access.invite(incident, bystander, by=commander) is None
    access.uninvite(incident, bystander, by=commander)
    with pytest.raises(Conflict, match="Ben is not invited"):
        access.uninvite(incident, bystander, by=commander)


def test_only_the_commander_manages_access(
    incident: Incident, commander: User, tech_lead: User, scribe: User, shadow: User, bystander: User, outsider: User
) -> None:
    for person in (tech_lead, scribe, shadow, bystander, outsider):
        for act in (
            lambda by: access.make_private(incident, by=by),
            lambda by: access.make_public(incident, by=by),
            lambda by: access.invite(incident, outsider, by=by),
            lambda by: access.uninvite(incident, outsider, by=by),
        ):
            with pytest.raises(PermissionDenied):
                act(person)
    assert not Incident.objects.get().is_private


def test_who_sees_a_private_incident_is_listed_with_the_reason(
    incident: Incident, commander: User, scribe: User, outsider: User
) -> None:
    make.seat(incident, Role.SME, make.make_user("mei"), offer=True)
    access.invite(incident, scribe, by=commander)
    access.invite(incident, outsider, by=SYSTEM)
    assert [(one.user.username, one.why, one.is_invited) for one in access.who_sees(incident)] == [
        ("amara", "Incident Commander", False),
        ("elif", "Scribe", True),
        ("mei", "Subject Matter Expert, offered", False),
        ("lucia", "Invited", True),
    ]
