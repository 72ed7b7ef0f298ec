"""The normal form of what monitoring tools say, whatever their own words are. Readers make it, alerts take it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime

LONGEST_TITLE = 300
LONGEST_BODY = 10_000
LONGEST_KEY = 255
MOST_LABELS = 64
LONGEST_LABEL = 500
SEVERITIES = ("critical", "error", "warning", "info")
#: How other tools call the four severities.
SEVERITY_WORDS = {
    **{severity: severity for severity in SEVERITIES},
    "fatal": "critical",
    "emergency": "critical",
    "disaster": "critical",
    "page": "critical",
    "crit": "critical",
    "p1": "critical",
    "high": "error",
    "major": "error",
    "err": "error",
    "p2": "error",
    "warn": "warning",
    "average": "warning",
    "minor": "warning",
    "p3": "warning",
    "information": "info",
    "informational": "info",
    "low": "info",
    "none": "info",
    "debug": "info",
    "p4": "info",
    "p5": "info",
}
#: Labels that may name the service, in the order in which they are believed.
HINT_LABELS = ("component", "statuspage_component", "service", "app", "job")
#: A moment further ahead than this is a broken clock, not a fact.
CLOCK_SKEW = timedelta(minutes=5)


class Unreadable(ValueError):  # noqa: N818  says what it is
    """The payload is not what this kind of source sends; the sentence says what is amiss."""


@dataclass(frozen=True)
class Signal:
    """One alert of one payload."""

    dedup_key: str
    status: str
    title: str
    severity: str = ""
    body: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    component_hint: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def text(value: object, *, longest: int) -> str:
    """Any plain value as text that every database takes: no NUL, no half characters, cut to `longest`."""
    if value is None or isinstance(value, dict | list):
        return ""
    whole = str(value).replace("\x00", "").encode("utf-8", "ignore").decode()
    return whole.strip()[:longest]


def line(value: object, *, longest: int) -> str:
    """As `text`, on one line."""
    return " ".join(text(value, longest=longest * 2).split())[:longest]


def pairs(value: object) -> dict[str, str]:
    """Labels as text → text, not more than are useful; empty for anything that is no mapping."""
    if not isinstance(value, Mapping):
        return {}
    found = {}
    for name, inner in list(value.items())[:MOST_LABELS]:
        if (known := line(name, longest=100)) and (said := text(inner, longest=LONGEST_LABEL)):
            found[known] = said
    return found


def severity(value: object) -> str:
    """One of the four severities, or empty where the word is not known."""
    return SEVERITY_WORDS.get(line(value, longest=40).lower(), "")


def hint(labels: Mapping[str, str]) -> str:
    """What the labels call the part that is concerned; empty where none does."""
    return next((labels[name][:200] for name in HINT_LABELS if labels.get(name)), "")


def moment(value: object) -> datetime | None:
    """A moment with its zone, from ISO 8601 text or seconds since 1970; None for what is none, or for
    the year 1, by which some tools say "still open". Never ahead of our own clock by more than a little."""
    found: datetime | None = None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            found = datetime.fromtimestamp(value, tz=UTC)
        elif isinstance(value, str):
            found = parse_datetime(value.strip())
    except (ValueError, OverflowError, OSError):
        return None
    if found is None or found.year < 1971:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        return None
    return found if found <= timezone.now() + CLOCK_SKEW else None


def address(value: object) -> str:
    """A link that people may follow: http or https only. Nothing here ever fetches it."""
    found = text(value, longest=1000)
    return found if found.lower().startswith(("https://", "http://")) and not any(map(str.isspace, found)) else ""
