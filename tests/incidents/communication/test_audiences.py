"""Internal updates: whom they reach, once, and whom not."""

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from incidents.communication import updates
from incidents.communication.audiences import audience_of
from incidents.models import Incident, IncidentKind, Severity, Update
from notifications.models import Lane, Message
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make


def published(incident: Incident, *, by: User, **fields: object) -> Update:
    """An internal text that the commander has published."""
    return updates.publish(make.make_draft(incident, by=by, **fields), by=by)


@pytest.fixture
def minor(incident: Incident) -> Incident:
    """The incident at SEV4, where a commander publishes alone."""
    Incident.objects.update(severity=Severity.SEV4)
    return Incident.objects.get()


def test_every_responder_is_told_but_the_one_who_wrote_it(
    minor: Incident, commander: User, bystander: User, outsider: User
) -> None:
    make.make_user("gone", is_active=False)
    update = make.make_draft(minor, by=commander, body="We roll back.")
    assert audience_of(update).count(update).by_channel == {"email": 2}
    updates.publish(update, by=commander)
    message = Message.objects.get()
    assert (message.user, message.address, message.channel, message.lane) == (
        bystander, bystander.email, "email", Lane.BULK,
    )  # fmt: skip
    assert "We roll back." in message.content.text


def test_a_private_incident_is_told_to_those_who_may_see_it(bystander: User, administrator: User) -> None:
    private = make.make_incident(severity=Severity.SEV4, is_private=True)
    lead = make.seat(private, Role.COMMANDER, make.make_user("lead")).user
    published(private, by=lead)
    assert [message.user for message in Message.objects.all()] == [administrator]


def test_a_drill_stays_in_the_sandbox(bystander: User) -> None:
    drill = make.make_incident(severity=Severity.SEV4, kind=IncidentKind.DRILL)
    lead = make.seat(drill, Role.COMMANDER, make.make_user("lead")).user
    published(drill, by=lead)
    assert {message.content.is_sandbox for message in Message.objects.all()} == {True}


def test_an_audience_that_nobody_serves_is_a_sentence(incident: Incident, settings: Settings) -> None:
    settings.UPDATE_AUDIENCES = {name: settings.UPDATE_AUDIENCES[name] for name in ("public", "internal")}
    with pytest.raises(ValidationError, match="Updates can be for: public, internal"):
        updates.draft(incident, by=SYSTEM, body="x", audience="executive")
    assert not Update.objects.exists()
