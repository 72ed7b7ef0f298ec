"""What the rules of style look at, and what they say of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from incidents.models import Audience, PublicStatus, StyleLevel

#: Audiences that have not been in the room: what they read stands in plain words and names nothing internal.
OUTSIDE = frozenset({Audience.PUBLIC, Audience.EXECUTIVE, Audience.SUPPORT})
#: Public statuses in which the incident goes on.
GOING_ON = frozenset({PublicStatus.INVESTIGATING, PublicStatus.IDENTIFIED, PublicStatus.MONITORING})

Part = Literal["title", "body"]


@dataclass(frozen=True)
class Draft:
    """A text before it goes out, with the facts that it must agree with.

    `components` are slug → status that it would set; `facts` what the incident says of itself, newest first;
    `internal_names` and `people` what outsiders must not read; `must_not_say` lines of the talking points.
    """

    body: str
    title: str = ""
    audience: str = Audience.PUBLIC
    status: str = ""
    severity: str = ""
    language: str = "en"
    components: Mapping[str, str] = field(default_factory=dict)
    next_update_at: datetime | None = None
    is_update_due: bool = False  # somebody has to be promised a next time
    now: datetime | None = None
    last_said: str = ""
    facts: tuple[str, ...] = ()
    internal_names: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    must_not_say: tuple[str, ...] = ()

    @property
    def is_outside(self) -> bool:
        return self.audience in OUTSIDE

    @property
    def is_english(self) -> bool:
        return self.language.partition("-")[0].lower() == "en"

    @property
    def goes_on(self) -> bool:
        """Whether the incident is not over for who reads this; without a status, it goes on."""
        return not self.status or self.status in GOING_ON


@dataclass(frozen=True)
class Finding:
    """One thing that a rule says of a text: where (`start` to `end` of `part`), why, and what would mend it.

    `fix` takes the place of the span; an empty one takes it away; None where a person has to think.
    """

    rule: str
    level: str
    start: int
    end: int
    message: str
    fix: str | None = None
    part: Part = "body"

    @property
    def blocks(self) -> bool:
        return self.level == StyleLevel.BLOCK


#: What a rule finds before its level is known: (start, end, message, fix, part).
Hit = tuple[int, int, str, str | None, Part]
Look = Callable[[Draft], Iterator[Hit]]


@dataclass(frozen=True)
class Rule:
    """One built-in rule: for whom it counts, how strictly, and what looks for it."""

    code: str
    says: str
    look: Look
    level: str = StyleLevel.ADVISE
    audiences: frozenset[str] = OUTSIDE
    english_only: bool = True
