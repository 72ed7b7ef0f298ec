"""The strip of five duties on top of a console, each with the one fact that we know of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from roles.responsibilities import Duty, duties_of

ICONS = {"bad": "warn", "caution": "clock", "ok": "ok", "you": "half", "": "minus"}


@dataclass(frozen=True)
class Fact:
    """A few words, their tone, and where on the page (`#tasks`) or elsewhere the work is done."""

    tone: str
    words: str
    href: str = ""


@dataclass(frozen=True)
class Shown:
    duty: Duty
    fact: Fact | None

    @property
    def tone(self) -> str:
        return self.fact.tone if self.fact else ""

    @property
    def icon(self) -> str:
        return ICONS[self.tone]


def duties(role: str, facts: Mapping[str, Fact]) -> list[Shown]:
    """The role's duties in their order; those without a known fact stand alone."""
    return [Shown(duty, facts.get(duty.word)) for duty in duties_of(role)]
