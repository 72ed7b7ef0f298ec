"""The short-cut in front of Django: who gets a stream there, who is passed on, and what a stream costs."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from django.test import Client

from incidents import live, timeline
from incidents.models import Incident
from incidents.views.stream import LiveStreams
from roles import tokens
from roles.models import ApiToken, User
from roles.policy import SYSTEM
from tests import cast, make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks often, and never for a broker."""

    async def deaf(self: live.Hub) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(live.Hub, "_listen", deaf)
    monkeypatch.setattr(live, "LOOK_EVERY", 0.05)


class Connection:
    """One request to the short-cut, as a web server makes it; `chunks` is what was answered so far."""

    def __init__(self, path: str, *, cookie: str = "", token: str = "", query: str = "", last: str = "") -> None:
        headers = [(b"host", b"127.0.0.1")]
        if cookie:
            headers.append((b"cookie", cookie.encode()))
        if token:
            headers.append((b"authorization", f"Bearer {token}".encode()))
        if last:
            headers.append((b"last-event-id", last.encode()))
        self.scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "scheme": "http",
            "server": ("127.0.0.1", 80),
        }
        self.messages: list[dict[str, object]] = []
        self.was_passed_on = False
        self._left = asyncio.Event()
        self._heard = asyncio.Event()

    async def open(self) -> "Connection":
        self._running = asyncio.ensure_future(LiveStreams(self._django)(self.scope, self._receive, self._send))
        return self

    async def leave(self) -> None:
        self._left.set()
        await asyncio.wait_for(self._running, 5)

    async def until(self, is_there: Callable[["Connection"], object]) -> None:
        async def wait() -> None:
            while not is_there(self):
                self._heard.clear()
                await self._heard.wait()

        await asyncio.wait_for(wait(), 5)

    @property
    def status(self) -> int:
        return int(str(self.messages[0]["status"]))

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.messages[0]["headers"]}

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.messages[1:]).decode()

    async def _django(self, scope: object, receive: object, send: object) -> None:
        self.was_passed_on = True

    async def _receive(self) -> dict[str, object]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, object]) -> None:
        self.messages.append(message)
        self._heard.set()


def cookie_of(client: Client) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def page_of(incident: Incident) -> str:
    return f"/incidents/{incident.key}/stream/"


def note(incident: Incident, body: str) -> int:
    return timeline.add_entry(incident, by=SYSTEM, body=body).number


def is_passed_on(path: str, **how: str) -> bool:
    async def ask() -> bool:
        connection = await Connection(path, **how).open()
        await asyncio.wait_for(connection._running, 5)
        return connection.was_passed_on and not connection.messages

    return asyncio.run(ask())


def test_a_room_is_streamed_to_who_has_signed_in(commander, incident):
    cookie = cookie_of(make.client_of(commander))

    async def watch() -> Connection:
        connection = await Connection(page_of(incident), cookie=cookie).open()
        await connection.until(lambda one: "event: ping" in one.text)
        await asyncio.to_thread(note, incident, "Node three is drained.")
        await connection.until(lambda one: "Node three is drained." in one.text)
        await connection.leave()
        return connection

    connection = asyncio.run(watch())
    assert connection.status == 200
    assert connection.headers == {
        "content-type": "text/event-stream",
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
    }


def test_a_program_is_streamed_to_by_token(commander, incident):
    token = tokens.make(commander)
    note(incident, "Missed.")

    async def watch() -> str:
        connection = await Connection(f"/api/v1/incidents/{incident.key}/stream", token=token, query="after=0").open()
        await connection.until(lambda one: "Missed." in one.text)
        await connection.leave()
        return connection.text

    assert '"body": "Missed."' in asyncio.run(watch())


def test_nothing_is_missed_though_the_stream_was_cut_and_rows_came_meanwhile(commander, incident):
    cookie = cookie_of(make.client_of(commander))

    async def watch() -> list[str]:
        first = await Connection(page_of(incident), cookie=cookie).open()
        await first.until(lambda one: "event: ping" in one.text)
        await asyncio.to_thread(note, incident, "Row 1")
        await first.until(lambda one: "Row 1" in one.text)
        await first.leave()
        last = [line for line in first.text.splitlines() if line.startswith("id: ")][-1].removeprefix("id: ")
        for body in ("Row 2", "Row 3"):
            await asyncio.to_thread(note, incident, body)
        # The page still names where it began; what the browser says of itself counts.
        again = await Connection(page_of(incident), cookie=cookie, query="after=1", last=last).open()
        await again.until(lambda one: "Row 3" in one.text)
        await asyncio.to_thread(note, incident, "Row 4")
        await again.until(lambda one: "Row 4" in one.text)
        await again.leave()
        return [f"Row {number}" for number in range(1, 5) if f"Row {number}" in again.text]

    assert asyncio.run(watch()) == ["Row 2", "Row 3", "Row 4"]


def test_django_answers_whoever_may_not_watch(outsider, commander, incident):
    path = page_of(incident)
    assert is_passed_on(path)
    assert is_passed_on(path, cookie="session=invented")
    assert is_passed_on(path, cookie=cookie_of(make.client_of(outsider)))
    # A token opens the programs' door, not the page's.
    assert is_passed_on(path, token=tokens.make(commander))
    assert is_passed_on(f"/api/v1/incidents/{incident.key}/stream", token="iop_0_invented")
    assert is_passed_on("/incidents/", cookie=cookie_of(make.client_of(commander)))


def test_the_stream_of_a_private_room_is_for_its_seats_and_shadows(incident):
    seated = {name: cast.seated(incident, name) for name in cast.SEATED} | {"shadow": cast.shadow(incident)}
    others = {"former holder": cast.former_holder(incident), "bystander": cast.bystander(), "outsider": cast.outsider()}
    Incident.objects.update(is_private=True)
    cookies = {name: cookie_of(make.client_of(person)) for name, person in (seated | others).items()}

    async def is_streamed(cookie: str) -> bool:
        connection = await Connection(page_of(incident), cookie=cookie).open()
        word = asyncio.ensure_future(connection.until(lambda one: "event: ping" in one.text))
        await asyncio.wait({word, connection._running}, return_when=asyncio.FIRST_COMPLETED)
        word.cancel()
        await connection.leave()
        return not connection.was_passed_on

    async def ask() -> dict[str, bool]:
        return {name: await is_streamed(cookie) for name, cookie in cookies.items()}

    assert asyncio.run(ask()) == {name: name in seated for name in cookies}


def test_who_signed_out_is_passed_on_and_an_open_stream_ends(commander, incident, monkeypatch):
    monkeypatch.setattr(live, "ASK_EVERY", 0.0)
    monkeypatch.setattr(live, "PING_EVERY", 0.05)
    client = make.client_of(commander)
    cookie = cookie_of(client)

    async def watch() -> Connection:
        connection = await Connection(page_of(incident), cookie=cookie).open()
        await connection.until(lambda one: "event: ping" in one.text)
        await asyncio.to_thread(client.logout)
        await asyncio.wait_for(connection._running, 5)
        return connection

    assert asyncio.run(watch()).text.endswith("event: closed\ndata: {}\n\n")
    assert is_passed_on(page_of(incident), cookie=cookie)


def test_a_revoked_token_ends_its_stream(commander, incident, monkeypatch):
    monkeypatch.setattr(live, "ASK_EVERY", 0.0)
    monkeypatch.setattr(live, "PING_EVERY", 0.05)
    token = tokens.make(commander)

    async def watch() -> Connection:
        connection = await Connection(f"/api/v1/incidents/{incident.key}/stream", token=token).open()
        await connection.until(lambda one: "event: ping" in one.text)
        await asyncio.to_thread(ApiToken.objects.all().delete)
        await asyncio.wait_for(connection._running, 5)
        return connection

    assert asyncio.run(watch()).text.endswith("event: closed\ndata: {}\n\n")


def test_who_has_too_many_streams_is_told_when_to_come_back(commander, incident, monkeypatch):
    monkeypatch.setattr(live, "MOST_STREAMS_PER_PERSON", 1)
    cookie = cookie_of(make.client_of(commander))

    async def watch() -> Connection:
        first = await Connection(page_of(incident), cookie=cookie).open()
        await first.until(lambda one: "event: ping" in one.text)
        second = await Connection(page_of(incident), cookie=cookie).open()
        await asyncio.wait_for(second._running, 5)
        await first.leave()
        return second

    refused = asyncio.run(watch())
    assert refused.status == 503
    assert refused.headers["retry-after"] == "30"


def test_open_streams_have_no_thread_each(incident, monkeypatch):
    monkeypatch.setattr(live, "MOST_STREAMS_PER_PERSON", 40)
    watcher: User = make.make_user("wei")
    cookie = cookie_of(make.client_of(watcher))

    async def watch() -> int:
        before = threading.active_count()
        connections = [await Connection(page_of(incident), cookie=cookie).open() for _ in range(20)]
        for connection in connections:
            await connection.until(lambda one: "event: ping" in one.text)
        more = threading.active_count() - before
        for connection in connections:
            await connection.leave()
        return more

    # The two of the hub.
    assert asyncio.run(watch()) <= 2
