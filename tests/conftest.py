"""The cast of the suite and its surroundings: no socket, no broker, nothing left behind.

Every fixture below is a real row, made by the product's own work functions. All of the cast work on
`incident` (SEV1, investigating); ask only for those whom the test needs.
"""

import gc
import shutil
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection, models
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings
from pytest_django.plugin import blocking_manager_key

from incidentops.patience import PatientTask
from incidents import rhythm, severity, taxonomy
from incidents.models import Incident, Service, Update
from roles.models import User
from statuspage.models import StatusPage
from tests import cast, make, tables
from tests.worker import Worker

#: Suites that talk to real servers and browsers of their own.
WITH_SOCKETS = ("services", "browser")


def _has_sockets(request: pytest.FixtureRequest) -> bool:
    return any(request.node.get_closest_marker(name) for name in WITH_SOCKETS)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it again and again for garbage costs a tenth of the suite."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Sets up and runs each test in a frame with room below it, see `_with_room`."""
    if type(item) is pytest.Function:
        item.setup = partial(_with_room, item.setup)  # type: ignore[method-assign]
        item.runtest = partial(_with_room, item.runtest)  # type: ignore[method-assign]


def _with_room(call: Callable[[], None]) -> None:
    """CPython 3.11 keeps frames in chunks of 16 kB and gives the last one back at each return out of it: a loop that
    calls across such a border, as deep as Django's are, spends a quarter of its time in mmap. A frame that asks
    for a chunk of 2 MB leaves half of it to those below."""
    call()


_with_room.__code__ = _with_room.__code__.replace(co_stacksize=1 << 17)


# --- the database -----------------------------------------------------------------------------


TABLES = pytest.StashKey[sqlite3.Connection]()
SOWN = pytest.StashKey[list[models.Model]]()

if connection.vendor == "sqlite":

    @pytest.fixture(scope="session")
    def django_db_setup(
        request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: DjangoDbBlocker
    ) -> None:
        """A copy of a migrated database; see tests/tables.py."""
        with django_db_blocker.unblock():
            tables.empty()
            request.config.stash[TABLES] = tables.made(request.config.cache.mkdir("tables"))
            tables.fill(request.config.stash[TABLES])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
        """A test with real transactions empties all tables at its end: what migrations put there comes back."""
        yield
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction"):
            with item.config.stash[blocking_manager_key].unblock():
                tables.fill(item.config.stash[TABLES])

else:

    @pytest.fixture(scope="session")
    def django_db_setup(
        request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
    ) -> None:
        """As pytest-django makes it; what migrations put there is remembered."""
        with django_db_blocker.unblock():
            request.config.stash[SOWN] = tables.sown()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
        """As on SQLite: what migrations put there comes back after a test with real transactions."""
        yield
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction"):
            with item.config.stash[blocking_manager_key].unblock():
                tables.sow(item.config.stash[SOWN])


@pytest.fixture(autouse=True)
def no_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever tries to connect is refused, and the test fails, however well the product took it."""
    if _has_sockets(request):
        yield
        return
    tried: list[str] = []

    def refuse(_: object, address: object, *__: object) -> None:
        tried.append(str(address))
        raise ConnectionRefusedError(f"no test of this suite opens a socket: {address}")

    def refuse_name(host: object, *_: object, **__: object) -> None:
        tried.append(str(host))
        raise socket.gaierror(f"no test of this suite looks up a name: {host}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse_name)
    yield
    assert tried == []


@pytest.fixture(autouse=True)
def worker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """Celery, as tests see it: `worker.run()` does what was asked for, `worker.tick()` is the clock."""
    stand_in = Worker()
    if _has_sockets(request):
        return stand_in

    def note(task: PatientTask, args: object = None, kwargs: object = None, **options: object) -> None:
        stand_in.note(task.name, args, kwargs, options)

    monkeypatch.setattr(PatientTask, "apply_async", note)
    monkeypatch.setattr("incidents.tasks.live", SimpleNamespace(announce=stand_in.announced.append))
    return stand_in


@pytest.fixture(autouse=True)
def own_folders(request: pytest.FixtureRequest, settings: Settings) -> Iterator[None]:
    """What one test publishes and sends, the next does not find; limits start anew."""
    if _has_sockets(request):
        yield
        return
    folder = django_settings.VAR_DIR / "tests" / uuid4().hex
    settings.PUBLISH_DIR = folder / "published"
    settings.SENT_DIR = folder / "sent"
    settings.ATTACHMENT_DIR = folder / "attachments"
    # Django puts its own in place for tests: this is what the product does where no mail server is set.
    settings.EMAIL_BACKEND = "notifications.channels.file.EmailBackend"
    cache.clear()
    yield
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def seeded_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts with the rules of a new installation, known already; what one changes, the next does not see."""
    monkeypatch.setattr(severity, "_known", dict(severity.SEEDS))
    monkeypatch.setattr(severity, "_read_at", float("inf"))
    monkeypatch.setattr(rhythm, "_known", dict(rhythm.SEEDS))
    monkeypatch.setattr(rhythm, "_read_at", float("inf"))
    monkeypatch.setattr(taxonomy, "_known", taxonomy.Catalogue())
    monkeypatch.setattr(taxonomy, "_read_at", float("inf"))


@pytest.fixture
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """A live stream that ends after its first word: whether one is let in is decided before."""

    async def one_word(*_: object, **__: object) -> AsyncIterator[bytes]:
        yield b": ping\n\n"

    monkeypatch.setattr("incidents.live.Hub.stream", one_word)


# --- what it is about -------------------------------------------------------------------------


@pytest.fixture
def service(db: None) -> Service:
    return make.make_service("payments")


@pytest.fixture
def incident(service: Service) -> Incident:
    """SEV1, investigating, on the service `payments`; opened by the product itself."""
    return make.make_incident(services=[service])


@pytest.fixture
def page(service: Service) -> StatusPage:
    """The public page `halyard`, whose first component stands on the service `payments`."""
    return make.make_page(services=[service])


@pytest.fixture
def draft(incident: Incident, page: StatusPage, comms_lead: User) -> Update:
    """A public text that the Communication Lead has written and not yet submitted."""
    return make.make_draft(incident, by=comms_lead, page=page)


# --- the cast ---------------------------------------------------------------------------------


@pytest.fixture
def commander(incident: Incident) -> User:
    return cast.seated(incident, "commander")


@pytest.fixture
def comms_lead(incident: Incident) -> User:
    return cast.seated(incident, "comms_lead")


@pytest.fixture
def tech_lead(incident: Incident) -> User:
    return cast.seated(incident, "tech_lead")


@pytest.fixture
def sme(incident: Incident) -> User:
    return cast.seated(incident, "sme")


@pytest.fixture
def scribe(incident: Incident) -> User:
    return cast.seated(incident, "scribe")


@pytest.fixture
def liaison(incident: Incident) -> User:
    return cast.seated(incident, "liaison")


@pytest.fixture
def page_manager(incident: Incident) -> User:
    return cast.seated(incident, "page_manager")


@pytest.fixture
def deputy(incident: Incident) -> User:
    """Deputy commander."""
    return cast.deputy(incident)


@pytest.fixture
def shadow(incident: Incident) -> User:
    """Shadows the commander: sees all, may do nothing by it."""
    return cast.shadow(incident)


@pytest.fixture
def former_holder(incident: Incident) -> User:
    """Was deputy commander, and gave it up."""
    return cast.former_holder(incident)


@pytest.fixture
def bystander(db: None) -> User:
    """A responder without a seat."""
    return cast.bystander()


@pytest.fixture
def outsider(db: None) -> User:
    """Has an account, and nothing is shared with them."""
    return cast.outsider()


@pytest.fixture
def administrator(db: None) -> User:
    return cast.administrator()


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """`client_of(person)` is a browser in which they are signed in."""
    return make.client_of


@pytest.fixture
def api_of() -> Callable[[User], Client]:
    """`api_of(person)` is a program with a token of theirs."""
    return make.api_of
