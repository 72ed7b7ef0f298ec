"""What tests of the outbox need: a text, a way to queue it, and a channel that does as it is told."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Protocol

import pytest

from notifications import channels, outbox
from notifications.channels.base import Channel, Letter, Outcome, ProviderAway, Result
from notifications.models import Content, Lane, Message


class Script(Channel):
    """A channel that answers from a list, then takes everything; it remembers what it was handed."""

    chunk = 5

    def __init__(self) -> None:
        self.answers: list[Result | Exception] = []
        self.handed: list[Letter] = []
        self.is_away = False
        self.opened = 0
        self.found: str | None = None

    @property
    def provider(self) -> str:
        return "script"

    def open(self) -> None:
        self.opened += 1
        if self.is_away:
            raise ProviderAway("nobody answers")

    def send(self, letters: Iterable[Letter]) -> Iterator[Result]:
        for letter in letters:
            self.handed.append(letter)
            answer = self.answers.pop(0) if self.answers else Result(Outcome.SENT)
            if isinstance(answer, Exception):
                raise answer
            yield answer
            if answer.outcome is Outcome.LATER or answer.is_provider_trouble:
                return

    def find(self, letter: Letter, *, since: timedelta) -> str | None:
        return self.found

    @property
    def addresses(self) -> list[str]:
        return [letter.address for letter in self.handed]


class Queue(Protocol):
    def __call__(
        self, *addresses: str, channel: str = ..., lane: Lane = ..., content: Content = ..., **fields: object
    ) -> list[Message]: ...


@pytest.fixture
def text(db: None) -> Content:
    """A text for a list that can be left."""
    return Content.objects.create(
        key="update:1",
        topic="update:1",
        subject="[Identified] Card payments recovering",
        text="About 2% still fail.\n\nUnsubscribe: https://ops.example/s/halyard/unsubscribe/x-own-token-x/\n",
        html='<p>About 2% still fail.</p><a href="https://ops.example/s/halyard/unsubscribe/x-own-token-x/">Leave</a>',
        sms="Halyard: about 2% still fail. ops.example/m/x-own-token-x",
        list_name="halyard",
        thread="incident-284",
        sender="Halyard status <status@halyard.example>",
        unsubscribe_url="https://ops.example/s/halyard/unsubscribe/x-own-token-x/",
    )


@pytest.fixture
def queue(text: Content) -> Queue:
    """`queue("a@x.example", lane=…)` queues the text to each address and answers the rows."""

    def put(
        *addresses: str, channel: str = "email", lane: Lane = Lane.BULK, content: Content = text, **fields: object
    ) -> list[Message]:
        rows = []
        for address in addresses:
            row = outbox.queue(
                key=f"{content.key}:{channel}:{address}",
                channel=channel,
                address=address,
                content=content,
                lane=lane,
                token=f"t-{Message.objects.count()}",
            )
            assert row is not None
            if fields:
                Message.objects.filter(pk=row.pk).update(**fields)
                row.refresh_from_db()
            rows.append(row)
        return rows

    return put


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Stands in for every provider."""
    channel = Script()
    for name in channels.CHANNELS:
        monkeypatch.setitem(channels.CHANNELS, name, lambda: channel)
    return channel


@pytest.fixture
def letter(text: Content) -> Callable[..., Letter]:
    """`letter("a@x.example")` is a claimed message to that address."""

    def make(address: str, *, number: int = 7, content: Content = text, lane: Lane = Lane.BULK) -> Letter:
        return Letter(number, f"key-{number}", address, f"own-{number}", lane, 1, content)

    return make
