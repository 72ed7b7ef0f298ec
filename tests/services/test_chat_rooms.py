"""Chat rooms against a real server: one that takes, refuses, asks to slow down, hangs, and leads elsewhere."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest
from django.utils import timezone
from pytest_django import Settings

from notifications import chat_hooks, delivery, http, outbox
from notifications.channels import chat
from notifications.models import ChatHook, Content, Lane, Message, State

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
DRAINED_WITHIN_S = 10.0


@dataclass
class Room:
    """A webhook that notes what is posted, and what it answers next."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs_s: float = 0.0
    posts: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    types: list[str] = field(default_factory=list)


@pytest.fixture
def room(settings: Settings) -> Iterator[Room]:
    """A server on a network that the operator opened."""
    settings.OUTBOUND_ALLOWED_NETS = [ip_network("127.0.0.1/32")]
    made = Room()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.posts.append((self.path, json.loads(body)))
            made.types.append(self.headers["Content-Type"])
            time.sleep(made.hangs_s)
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"no_service" if made.status >= 400 else b"ok")

        def log_message(self, *_: object) -> None:
            """Nothing: the tests' own output is enough."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/services/T0/B0/k7Qx"
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def hook(room: Room) -> ChatHook:
    return chat_hooks.add(kind="slack", name="#inc", url=room.url)


def say(hook: ChatHook, text: str) -> Message:
    content = Content.objects.create(key=f"c:{text}", topic="t", text=text, chat={"slack": {"text": text}})
    made = outbox.queue(
        key=f"k:{text}", channel="chat", address=chat_hooks.address_of(hook), content=content, lane=Lane.BULK
    )
    assert made is not None
    return made


def drained(message: Message) -> Message:
    delivery.drain(Lane.BULK, "chat", seconds=DRAINED_WITHIN_S)
    message.refresh_from_db()
    return message


def test_what_is_posted_arrives_as_json_in_order(room: Room, hook: ChatHook) -> None:
    messages = [say(hook, f"Käse {number}") for number in range(3)]
    assert drained(messages[-1]).state == State.SENT
    assert [body["text"] for _, body in room.posts] == ["Käse 0", "Käse 1", "Käse 2"]
    assert room.types[0].startswith("application/json")


def test_a_room_that_is_gone_shows_it_and_is_off_after_five(room: Room, hook: ChatHook) -> None:
    room.status = 404
    for number in range(6):
        say(hook, f"News {number}")
    delivery.drain(Lane.BULK, "chat", seconds=DRAINED_WITHIN_S)
    hook.refresh_from_db()
    assert (hook.is_active, hook.trouble, len(room.posts)) == (False, "The chat answered 404: no_service.", 5)


def test_a_room_that_asks_to_slow_down_is_left_alone_as_long_as_it_said(room: Room, hook: ChatHook) -> None:
    room.status, room.headers = 429, {"Retry-After": "2"}
    first, second = say(hook, "first"), say(hook, "second")
    asked_at = timezone.now()
    assert drained(first).state == State.QUEUED
    assert (first.due_at - asked_at).total_seconds() >= 2
    room.status, room.headers = 200, {}
    ends_at = time.monotonic() + 15
    while drained(second).state != State.SENT and time.monotonic() < ends_at:
        time.sleep(0.2)
    assert [body["text"] for _, body in room.posts] == ["first", "first", "second"]


def test_a_room_that_hangs_is_given_up_in_time_and_not_posted_to_twice(
    room: Room, hook: ChatHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "BUDGET_S", 0.5)
    room.hangs_s = 2.0
    started = time.monotonic()
    message = drained(say(hook, "slow"))
    assert time.monotonic() - started < 1.9
    assert (message.state, len(room.posts)) == (State.UNKNOWN, 1)
    hook.refresh_from_db()
    assert hook.trouble


def test_a_redirect_inward_is_not_followed(room: Room, hook: ChatHook) -> None:
    room.status, room.headers = 302, {"Location": "http://169.254.169.254/latest/meta-data/"}
    message = drained(say(hook, "elsewhere"))
    assert (message.state, message.code, len(room.posts)) == (State.FAILED, "302", 1)


def test_a_room_inside_is_not_posted_to_where_no_network_is_open(
    room: Room, hook: ChatHook, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOWED_NETS = []
    message = drained(say(hook, "inward"))
    assert (message.state, message.code, room.posts) == (State.FAILED, "blocked", [])


def test_nobody_listens_and_it_is_tried_again(hook: ChatHook, room: Room) -> None:
    chat_hooks.change(hook, url="http://127.0.0.1:9/closed")
    message = drained(say(hook, "nobody"))
    assert (message.state, message.code, message.attempts) == (State.QUEUED, "silence", 1)
    with pytest.raises(http.OutboundError):
        http.fetch("POST", "http://127.0.0.1:9/closed", budget_s=1.0)
