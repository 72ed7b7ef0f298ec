"""Drills and tests never leave the sandbox, and what is written down afterwards calls nobody: all roads out at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import access, lifecycle
from incidents.conflicts import Conflict
from incidents.models import Incident, IncidentKind, Service, Update
from incidents.response import merging, paging
from notifications import channels
from notifications.channels.file import File
from notifications.models import Content, Message
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM
from statuspage.models import PublicIncident, StatusPage, Subscriber
from tests import make
from tests.worker import Worker

SANDBOXED = [IncidentKind.DRILL, IncidentKind.TEST]


@pytest.fixture
def sandbox(service: Service) -> StatusPage:
    return make.make_page("rehearsal", services=[service], is_sandbox=True, publishes_moves=["SEV4"])


@pytest.fixture
def reader(page: StatusPage) -> Subscriber:
    StatusPage.objects.filter(pk=page.pk).update(publishes_moves=["SEV4"])
    return make.make_subscriber(page)


def played(service: Service, kind: str) -> Incident:
    """An incident of the kind, through all that tells somebody something."""
    lead = make.make_user("lead", qualified=[Role.COMMANDER])
    incident = make.make_incident(kind=kind, severity="SEV4", services=[service])
    make.seat(incident, Role.COMMANDER, lead)
    make.seat(incident, Role.SCRIBE, make.make_user("pen"))
    access.invite(incident, make.make_user("guest", is_staff=False), by=SYSTEM)
    paging.page(incident, make.make_user("called"), by=SYSTEM, role=Role.SME)
    lifecycle.change_severity(incident, "SEV3", by=SYSTEM)
    lifecycle.change_severity(incident, "SEV4", by=SYSTEM)
    lifecycle.move(incident, "identify", by=SYSTEM)
    return incident


@pytest.mark.parametrize("kind", SANDBOXED)
def test_all_that_a_drill_says_goes_to_files(
    worker: Worker, service: Service, page: StatusPage, sandbox: StatusPage, reader: Subscriber, kind: str
) -> None:
    played(service, kind)
    worker.run()
    told = {message.user.username for message in Message.objects.select_related("user") if message.user}
    assert told >= {"lead", "pen", "guest", "called"}
    assert set(Content.objects.values_list("is_sandbox", flat=True)) == {True}
    assert not Message.objects.filter(address=reader.address).exists()
    assert type(channels.make("sms", is_sandbox=True)) is File


@pytest.mark.parametrize("kind", SANDBOXED)
def test_only_the_sandbox_page_tells_of_a_drill(
    worker: Worker, service: Service, page: StatusPage, sandbox: StatusPage, kind: str
) -> None:
    played(service, kind)
    worker.run()
    assert set(Update.objects.values_list("page", flat=True)) == {"rehearsal"}
    assert set(PublicIncident.objects.values_list("page__slug", flat=True)) <= {"rehearsal"}


def test_a_real_incident_is_not_told_in_the_sandbox(
    worker: Worker, service: Service, page: StatusPage, sandbox: StatusPage
) -> None:
    make.make_incident(severity="SEV4", services=[service])
    worker.run()
    assert set(Update.objects.values_list("page", flat=True)) == {"halyard"}


@pytest.mark.parametrize("kind", SANDBOXED)
def test_a_drill_and_a_real_incident_are_never_merged(db: None, kind: str) -> None:
    drill, real = make.make_incident(kind=kind), make.make_incident()
    for pair in ((drill, real), (real, drill)):
        with pytest.raises(Conflict, match="A drill stays in the sandbox"):
            merging.merge(*pair, by=SYSTEM, reason="The same pool is behind both.")


def test_what_is_written_down_afterwards_calls_nobody_and_is_drafted_quietly(
    worker: Worker, service: Service, page: StatusPage, bystander: User
) -> None:
    make.make_user("lead", qualified=[Role.COMMANDER])
    make.make_subscriber(page)
    start = timezone.now() - timedelta(days=3)
    incident = lifecycle.write_down(
        title="Cards failed on Friday",
        by=bystander,
        services=[service],
        declared_at=start,
        mitigated_at=start + timedelta(minutes=30),
        resolved_at=start + timedelta(minutes=40),
    )
    access.invite(incident, make.make_user("guest"), by=SYSTEM)
    worker.run()
    assert not Message.objects.exists()
