"""What a channel is: it takes claimed messages and says of each what became of it.

A channel knows nothing of the database; claiming, suppression, back-off and recording are `delivery`'s.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import Enum
from typing import NamedTuple, Self

from notifications.models import Content


class Letter(NamedTuple):
    """A claimed message on its way. A tuple, since a fan-out makes very many of them."""

    id: int
    key: str
    address: str
    token: str
    lane: str
    attempt: int
    content: Content


class Outcome(Enum):
    """What one try came to."""

    SENT = "sent"  # the provider took it
    RETRY = "retry"  # not taken, for a reason that may pass; the try counts
    LATER = "later"  # not taken, the provider is away or asks to wait; the try does not count
    REFUSED = "refused"  # not taken, and trying again is no use
    UNCERTAIN = "uncertain"  # handed over, but no answer came: it may have gone out
    UNTRIED = "untried"  # never handed over; goes back to the queue as it was


class Result(NamedTuple):
    """What became of one letter.

    `is_provider_trouble` counts towards the provider's breaker; `suppress` names the reason why this
    address should not be written to again; `after` is how long the provider asks us to wait.
    """

    outcome: Outcome
    code: str = ""
    detail: str = ""
    provider_id: str = ""
    is_provider_trouble: bool = False
    suppress: str = ""
    after: timedelta | None = None


class ProviderAway(Exception):  # noqa: N818  a state of affairs, not a mistake
    """The provider cannot be reached or refuses us altogether; no letter was touched."""


class Channel(ABC):
    """A road that messages take. Used as a context manager; `open` is called before anything is claimed."""

    #: How many letters to hand over between two records: what a crash may repeat.
    chunk = 20

    @property
    @abstractmethod
    def provider(self) -> str:
        """The account that the breaker counts for."""

    @abstractmethod
    def send(self, letters: Iterable[Letter]) -> Iterator[Result]:
        """Hands the letters over and yields one result each, in their order.

        Takes the next letter only when it is about to be sent. May end early; what has no result counts
        as untried. Raises nothing that a provider can cause.
        """

    def find(self, letter: Letter, *, since: timedelta) -> str | None:
        """The provider's id of a letter that it took although its answer was lost; None if not known."""
        return None

    def open(self) -> None:  # noqa: B027  most roads need no opening
        """Gets ready to send; raises ProviderAway. Safe to call again, and then reconnects if need be."""

    def close(self) -> None:  # noqa: B027  nor closing
        """Lets go of connections."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
