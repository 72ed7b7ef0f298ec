"""The demo organisation is what the first start promises, and nothing of it reaches anybody."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from incidentops import demo
from incidents import timeline
from incidents.models import Alert, AlertSource, Incident, TimelineEntry, Update, UpdateState
from notifications.models import Message
from roles.catalog import Role
from roles.models import Qualification, User
from roles.policy import GLOBAL_ACTIONS
from statuspage.models import Component, Interval, PublicIncident, StatusPage, Subscriber
from tests import prepared
from tests.worker import Worker

NAMES = [
    "amara",
    "jonas",
    "priya",
    "tomas",
    "mei",
    "elif",
    "sam",
    "noor",
    "kenji",
    "ben",
    "lucia",
    "olu",
    "hana",
    "dev",
]
QUALIFIED = {
    "amara": Role.COMMANDER,
    "jonas": Role.COMMS_LEAD,
    "priya": Role.TECH_LEAD,
    "elif": Role.SCRIBE,
    "noor": Role.SUPPORT_LIAISON,
    "kenji": Role.STATUS_PAGE_MANAGER,
}


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[object]]:
    """The organisation, loaded once; what loading asked to be done after its commit."""

    def load() -> list[object]:
        demo.load(password="harbour-lights")
        return list(connection.run_on_commit)

    yield from prepared.once(django_db_blocker, load)


@pytest.fixture
def halyard(loaded: list[object], db: None) -> StatusPage:
    connection.run_on_commit = list(loaded)
    return StatusPage.objects.get(slug="halyard")


def test_fourteen_people_work_there_and_nobody_administers(halyard: StatusPage) -> None:
    people = User.objects.all()
    assert {person.username for person in people} == set(NAMES)
    assert all(
        person.is_staff and not person.is_superuser and person.check_password("harbour-lights") for person in people
    )


def test_each_is_qualified_for_what_was_promised(halyard: StatusPage) -> None:
    found = Qualification.objects.filter(level__gte=Qualification.Level.QUALIFIED)
    assert {row.user.username: row.role for row in found.select_related("user")} == QUALIFIED


def test_two_of_them_run_the_sources(halyard: StatusPage) -> None:
    able = {person.username for person in User.objects.all() if all(person.has_perm(name) for name in GLOBAL_ACTIONS)}
    assert able == {"amara", "kenji"}
    assert sorted(AlertSource.objects.values_list("kind", flat=True)) == ["alertmanager", "generic"]


def test_the_page_has_its_components_manager_and_readers(halyard: StatusPage) -> None:
    assert halyard.components.count() == 12
    assert halyard.groups.count() == 4
    assert halyard.publishes_moves == ["SEV3", "SEV4", "SEV5"]
    assert User.objects.get(username="kenji").has_perm("statuspage.publish_page", halyard)
    readers = Subscriber.objects.confirmed().filter(page=halyard, amount=Subscriber.Amount.ALL)
    assert readers.filter(channel="email", address__endswith="@subscribers.example").count() == 40
    assert readers.filter(channel="sms", address__startswith="+1500555").count() == 6


def test_tonight_is_as_it_was_drawn(halyard: StatusPage) -> None:
    found = {incident.key: (incident.severity, incident.state) for incident in Incident.objects.all()}
    assert found == {
        "INC-231": ("SEV3", "closed"),
        "INC-281": ("SEV4", "investigating"),
        "INC-283": ("SEV3", "monitoring"),
        "INC-284": ("SEV1", "identified"),
        "INC-285": ("SEV3", "merged"),
    }
    worst = Incident.objects.get(key="INC-284")
    assert timedelta(minutes=44) < timezone.now() - worst.opened_at < timedelta(minutes=46)
    assert not worst.is_filled(Role.SUPPORT_LIAISON)
    assert all(worst.is_filled(role) for role in Role if role != Role.SUPPORT_LIAISON)
    assert [update.author.username for update in Update.objects.filter(state=UpdateState.SUBMITTED)] == ["jonas"]
    shown = dict(Component.objects.exclude(status="operational").values_list("slug", "status"))
    assert shown == {
        "card-payments": "major_outage",
        "checkout-api": "partial_outage",
        "webhooks": "degraded_performance",
    }


def test_every_timeline_holds_and_was_written_as_it_happened(halyard: StatusPage) -> None:
    for incident in Incident.objects.all():
        assert timeline.first_broken(incident) is None
        rows = list(incident.entries.all())
        assert [row for row in rows if row.recorded_at != row.occurred_at and row.supersedes is None] == []
        assert max(row.occurred_at for row in rows) <= timezone.now()


def test_nothing_of_it_is_sent_or_told(halyard: StatusPage, worker: Worker) -> None:
    assert not TimelineEntry.objects.untold().exists()
    worker.run()
    worker.tick()
    assert Message.objects.count() == 0


def test_the_past_is_marked_as_demo_and_ninety_days_long(halyard: StatusPage) -> None:
    past = PublicIncident.objects.filter(incident=None)
    assert past.count() > 5
    assert all(incident.is_demo for incident in past)
    oldest = Interval.objects.earliest("started_at").started_at
    assert timedelta(days=30) < timezone.now() - oldest < timedelta(days=90)


def test_the_past_is_the_same_each_time(halyard: StatusPage) -> None:
    first = list(Interval.objects.filter(public_incident__incident=None).values_list("started_at", "status"))
    assert len(first) > 5
    for model in (PublicIncident, Interval):
        model.objects.all().delete()
    demo.history.write(halyard, timezone.now())
    assert list(Interval.objects.values_list("started_at", "status")) == first


def test_alerts_of_tonight_are_there_to_be_looked_at(halyard: StatusPage) -> None:
    assert Alert.objects.filter(status=Alert.Status.FIRING).count() >= 3
    linked = Alert.objects.filter(incident__key="INC-284").values_list("status", flat=True)
    assert list(linked) == [Alert.Status.RESOLVED, Alert.Status.RESOLVED]
