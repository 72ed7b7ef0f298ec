"""Chat rooms: whereto, what each answer means, order, and a room that refuses too often."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import Settings

from notifications import chat_hooks, http, outbox
from notifications.channels import chat
from notifications.channels.base import Outcome
from notifications.listening import FactKind, MessageFact
from notifications.models import ChatHook, Content, Message, State
from tests.worker import Worker

URL = "https://hooks.slack.example/services/T0/B0/secret-k7Qx"
pytestmark = pytest.mark.django_db


class Service:
    """The chat service as the channel sees it: takes what comes, or answers what it is told to."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, object]]] = []
        self.answer: http.Answer | Exception = http.Answer(200, {}, b"ok")

    def fetch(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str], budget_s: float) -> http.Answer:
        self.posts.append((url, json.loads(body)))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    stand_in = Service()
    monkeypatch.setattr(http, "fetch", stand_in.fetch)
    return stand_in


@pytest.fixture
def hook(db: None) -> ChatHook:
    return chat_hooks.add(kind="slack", name="#inc-payments", url=URL)


@pytest.fixture
def say(hook: ChatHook) -> Callable[..., Message]:
    def queue(text: str = "News", *, is_sandbox: bool = False, to: ChatHook = hook) -> Message:
        content = Content.objects.create(
            key=f"c:{text}:{is_sandbox}", topic="t", text=text, chat={"slack": {"text": text}}, is_sandbox=is_sandbox
        )
        made = outbox.queue(
            key=f"k:{text}:{is_sandbox}:{to.pk}",
            channel="chat",
            address=chat_hooks.address_of(to),
            content=content,
            lane=outbox.Lane.BULK,
        )
        assert made is not None
        return made

    return queue


def test_the_room_gets_what_is_meant_for_its_kind(
    hook: ChatHook, say: Callable[..., Message], service: Service, worker: Worker
) -> None:
    message = say("Payments recover")
    worker.run()
    message.refresh_from_db()
    assert message.state == State.SENT
    assert service.posts == [(URL, {"text": "Payments recover"})]


def test_no_row_holds_the_address(hook: ChatHook, say: Callable[..., Message]) -> None:
    assert say().address == f"hook:{hook.public_id}"
    assert "secret" not in ChatHook.objects.values_list("url_sealed", flat=True).get()
    assert chat_hooks.host_of(hook) == "hooks.slack.example/…k7Qx"


def test_from_a_sandbox_it_goes_to_a_file(
    say: Callable[..., Message], service: Service, worker: Worker, settings: Settings
) -> None:
    say("Drill", is_sandbox=True)
    worker.run()
    assert service.posts == []
    (file,) = settings.SENT_DIR.glob("*chat-*.json")
    assert json.loads(file.read_text())["payload"] == {"slack": {"text": "Drill"}}


def test_a_room_without_an_address_goes_to_a_file(
    say: Callable[..., Message], service: Service, worker: Worker, settings: Settings
) -> None:
    message = say("Tried out", to=chat_hooks.add(kind="slack", name="#try"))
    worker.run()
    message.refresh_from_db()
    assert (message.state, service.posts) == (State.SENT, [])
    assert len(list(settings.SENT_DIR.glob("*chat-*.json"))) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 410, 302])
def test_a_refusal_is_final_and_shows_on_the_room(
    status: int, hook: ChatHook, say: Callable[..., Message], service: Service, worker: Worker
) -> None:
    service.answer = http.Answer(status, {}, b"no_service")
    message = say()
    worker.run()
    message.refresh_from_db()
    hook.refresh_from_db()
    assert (message.state, message.code, len(service.posts)) == (State.FAILED, str(status), 1)
    assert hook.trouble == f"The chat answered {status}: no_service."
    assert (hook.failures, hook.is_active) == (1, True)
    assert hook.failed_at is not None


def test_after_five_refusals_the_room_is_off_and_the_packages_above_hear_it_once(
    hook: ChatHook, say: Callable[..., Message], service: Service, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[MessageFact] = []
    monkeypatch.setattr("notifications.listening.tell", heard.append)
    service.answer = http.Answer(404, {}, b"")
    for number in range(7):
        say(f"News {number}")
    worker.run()
    hook.refresh_from_db()
    assert hook.is_active is False
    assert len(service.posts) == chat_hooks.MOST_REFUSALS
    assert [(fact.kind, fact.address) for fact in heard] == [(FactKind.CHAT_OFF, f"hook:{hook.public_id}")]
    assert Message.objects.filter(code="off").count() == 2


def test_what_goes_through_takes_the_trouble_away(
    hook: ChatHook, say: Callable[..., Message], service: Service, worker: Worker
) -> None:
    chat_hooks.failed(hook, "The chat answered 404.", is_refusal=True)
    say()
    worker.run()
    hook.refresh_from_db()
    assert (hook.trouble, hook.failures, hook.failed_at) == ("", 0, None)


def test_a_service_that_asks_to_slow_down_is_asked_again_when_it_said(
    hook: ChatHook, say: Callable[..., Message], service: Service, worker: Worker
) -> None:
    service.answer = http.Answer(429, {"retry-after": "30"}, b"")
    message = say()
    before = timezone.now()
    worker.run()
    message.refresh_from_db()
    assert (message.state, message.attempts, message.code) == (State.QUEUED, 0, "429")
    assert before + timedelta(seconds=30) <= message.due_at <= before + timedelta(seconds=65)


def test_what_comes_later_waits_for_what_was_put_off(
    hook: ChatHook, say: Callable[..., Message], service: Service, worker: Worker
) -> None:
    service.answer = http.Answer(429, {"retry-after": "30"}, b"")
    first, second = say("first"), say("second")
    worker.run()
    worker.run()
    second.refresh_from_db()
    assert [body for _, body in service.posts] == [{"text": "first"}]
    assert second.state == State.QUEUED
    service.answer = http.Answer(200, {}, b"")
    Message.objects.update(due_at=timezone.now())
    worker.tick()
    first.refresh_from_db()
    second.refresh_from_db()
    assert [body for _, body in service.posts[1:]] == [{"text": "first"}, {"text": "second"}]


def test_a_room_that_waits_does_not_hold_up_another(
    hook: ChatHook, say: Callable[..., Message], service: Service, worker: Worker
) -> None:
    service.answer = http.Answer(429, {"retry-after": "30"}, b"")
    say("first")
    worker.run()
    other = chat_hooks.add(kind="slack", name="#other", url="https://hooks.slack.example/other")
    service.answer = http.Answer(200, {}, b"")
    message = say("elsewhere", to=other)
    worker.run()
    message.refresh_from_db()
    assert message.state == State.SENT


def test_a_broken_service_is_tried_again(
    hook: ChatHook, say: Callable[..., Message], service: Service, worker: Worker
) -> None:
    service.answer = http.Answer(503, {}, b"")
    message = say()
    worker.run()
    message.refresh_from_db()
    hook.refresh_from_db()
    assert (message.state, message.attempts) == (State.QUEUED, 1)
    assert (hook.failures, hook.trouble) == (0, "The chat answered 503.")


def test_a_service_that_hangs_may_have_it_so_it_is_not_sent_twice(
    hook: ChatHook, say: Callable[..., Message], service: Service, worker: Worker
) -> None:
    service.answer = http.OutboundError("ReadTimeout: the answer took too long", may_have_arrived=True)
    message = say()
    worker.run()
    message.refresh_from_db()
    hook.refresh_from_db()
    assert message.state == State.UNKNOWN
    assert "took too long" in hook.trouble


def test_a_service_that_cannot_be_reached_is_tried_again(
    say: Callable[..., Message], service: Service, worker: Worker
) -> None:
    service.answer = http.OutboundError("No connection", may_have_arrived=False)
    message = say()
    worker.run()
    message.refresh_from_db()
    assert (message.state, message.code) == (State.QUEUED, "silence")


def test_an_address_that_leads_inward_is_refused(
    hook: ChatHook, say: Callable[..., Message], service: Service, worker: Worker
) -> None:
    service.answer = http.Blocked("hooks.slack.example leads to an address that is not allowed.")
    message = say()
    worker.run()
    message.refresh_from_db()
    hook.refresh_from_db()
    assert (message.state, message.code) == (State.FAILED, "blocked")
    assert "not allowed" in hook.trouble


def test_nothing_is_sent_to_a_room_that_was_switched_off(
    hook: ChatHook, say: Callable[..., Message], service: Service, worker: Worker
) -> None:
    message = say()
    chat_hooks.switch(hook, False)
    worker.run()
    message.refresh_from_db()
    assert (message.state, message.code, service.posts) == (State.FAILED, "off", [])


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("0.4", 1), ("99999", 3600), ("nonsense", 5), ("", 5), ("nan", 5), ("Sat, 01 Jan 2000 00:00:00 GMT", 1)],
)
def test_how_long_a_service_asks_us_to_wait(value: str, seconds: float) -> None:
    answer = http.Answer(429, {"retry-after": value}, b"")
    result = chat.verdict(answer)
    assert (result.outcome, result.after) == (Outcome.LATER, timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "url", ["http://hooks.slack.example/x", "ftp://x.example/", "https://user:word@x.example/", "hello", "https://x/ y"]
)
def test_an_address_that_is_none_is_refused_when_it_is_typed(url: str) -> None:
    with pytest.raises(ValidationError):
        chat_hooks.add(kind="slack", name="#x", url=url)


def test_a_new_address_starts_with_a_clean_slate(hook: ChatHook) -> None:
    chat_hooks.failed(hook, "The chat answered 404.", is_refusal=True)
    hook.refresh_from_db()
    chat_hooks.change(hook, url="https://hooks.slack.example/new")
    hook.refresh_from_db()
    assert (hook.trouble, hook.failures) == ("", 0)
    assert chat_hooks.url_of(hook) == "https://hooks.slack.example/new"
