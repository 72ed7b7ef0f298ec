"""Pages with the texts that new pages start with, and readers who asked to be told."""

import pytest

from incidents.models import Service
from roles.models import User
from roles.policy import SYSTEM
from statuspage import page_roles, pages
from statuspage.models import StatusPage, Subscriber
from tests import make


@pytest.fixture
def page(service: Service) -> StatusPage:
    """`halyard`, which lets moves of SEV3 to SEV5 out at once; `card-payments` stands on `payments`."""
    page = pages.create(slug="halyard", name="Halyard", by=SYSTEM, publishes_moves=["SEV3", "SEV4", "SEV5"])
    pages.add_component(page, slug="card-payments", name="Card payments", by=SYSTEM, services=[service])
    pages.add_component(page, slug="payouts", name="Payouts", by=SYSTEM)
    page.refresh_from_db()
    return page


@pytest.fixture
def reader(page: StatusPage) -> Subscriber:
    """A confirmed e-mail subscriber to everything."""
    return make.make_subscriber(page, "dana@nordlys.example")


@pytest.fixture
def keeper(page: StatusPage) -> User:
    """Holds the standing role of Status Page Manager on the page."""
    person = make.make_user("keeper")
    page_roles.assign(page, person, by=SYSTEM)
    return person
