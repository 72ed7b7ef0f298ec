"""The stage of the journeys: a page with its texts, an alert source, people with accounts and no seat yet."""

import pytest
from django.test import Client

from incidents.detection import sources
from incidents.models import Service
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM
from statuspage import pages
from statuspage.models import StatusPage
from tests import make
from tests.worker import Worker


@pytest.fixture
def page(service: Service, worker: Worker) -> StatusPage:
    """`halyard`, published; `card-payments` stands on `payments`; moves from SEV3 on go out at once."""
    page = pages.create(slug="halyard", name="Halyard", by=SYSTEM, publishes_moves=["SEV3", "SEV4", "SEV5"])
    pages.add_component(page, slug="card-payments", name="Card payments", by=SYSTEM, services=[service])
    pages.add_component(page, slug="payouts", name="Payouts", by=SYSTEM)
    worker.run()
    return StatusPage.objects.get()


@pytest.fixture
def alert_url(db: None) -> str:
    """Where the monitoring of this installation posts, without the host."""
    source = sources.create("alertmanager", "prometheus", by=SYSTEM)
    return sources.url_of(source, by=SYSTEM).partition("/in/")[2].join(["/in/", ""])


@pytest.fixture
def amara(db: None) -> User:
    return make.make_user("amara", qualified=[Role.COMMANDER])


@pytest.fixture
def jonas(db: None) -> User:
    return make.make_user("jonas", qualified=[Role.COMMS_LEAD])


@pytest.fixture
def kenji(db: None) -> User:
    return make.make_user("kenji", qualified=[Role.STATUS_PAGE_MANAGER])


@pytest.fixture
def visitor() -> Client:
    """A browser in which nobody is signed in, and which has no cookie."""
    return Client(enforce_csrf_checks=True)
