"""Shorthand: one typed line, read as what it says. Reads only; `response.quick` writes what was meant.

-5m /finding The pool empties within 40 s
@02:41 /decision Restore node by node because failover drops 400 payments
/action @priya restore 1c by 03:01
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from incidents.models import Kind

#: What a task is asked for by; everything else is a kind of entry.
TASK = "task"


class NotUnderstoodError(ValueError):
    """A sentence that says which part of the line makes no sense."""


@dataclass(frozen=True)
class Command:
    """One word after the slash: its short form, what it writes, and what is said of it in the menu."""

    word: str
    short: str
    kind: str
    icon: str
    hint: str


COMMANDS: tuple[Command, ...] = (
    Command("decision", "d", Kind.DECISION, "decide", "what was decided, because …"),
    Command("action", "a", Kind.ACTION, "task", "/action @priya restore 1c by 03:01"),
    Command("finding", "f", Kind.FINDING, "sme", "what was seen, guess, likely or certain"),
    Command("now", "n", Kind.NOW, "pin", "rewrite “Where we are”"),
    Command("quote", "q", Kind.QUOTE, "chat", "from the bridge, word for word"),
    Command("task", "t", TASK, "users", "what is to be done, in 15m"),
)
_BY_WORD: Mapping[str, Command] = {name: command for command in COMMANDS for name in (command.word, command.short)}
#: Further than this back, a time at the start of a line is more likely a slip.
FURTHEST_BACK = timedelta(days=7)
LONGEST_TASK = timedelta(days=30)

#: A path is no command: /var/log.
_SLASH = re.compile(r"/(?P<word>[^\s/.]*)(?:\s+(?P<rest>.*))?\Z", re.DOTALL)
_BACK = re.compile(r"[-−](?P<length>\d\S*)(?:\s+(?P<rest>.*))?\Z", re.DOTALL)
_CLOCK = re.compile(r"@?(?P<clock>\d{1,2}:\d{2})(?:\s+(?P<rest>.*))?\Z", re.DOTALL)
_AT = re.compile(r"@(?P<clock>\d\S*)(?:\s|\Z)")
_LENGTH = re.compile(r"(?:(?P<hours>\d{1,3})h)?(?:(?P<minutes>\d{1,4})m(?:in)?)?\Z", re.IGNORECASE)
_LOOKS_LIKE_LENGTH = re.compile(r"\d+[a-z]+\d*[a-z]*\Z", re.IGNORECASE)
_PERSON = re.compile(r"(?<!\S)@(?P<name>[\w.+-]*[\w])(?=\s|\Z|[,:])")
_BY = re.compile(r"\s+by\s+(?P<clock>\d{1,2}:\d{2})(?:\s*UTC)?\s*[.]?\Z", re.IGNORECASE)
_IN = re.compile(r"\s+(?:in|for|within)\s+(?P<length>\d+[a-z]\S*)\s*\Z", re.IGNORECASE)
_SURE = re.compile(r"\s*[,;(]\s*(?P<word>guess|likely|certain)\)?\s*[.]?\Z", re.IGNORECASE)
_BECAUSE = re.compile(r"[,.;]?\s+because\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """What a typed line says."""

    kind: str
    body: str
    occurred_at: datetime | None = None
    reason: str = ""
    person: str = ""  # as typed: a user name, a first name or a role
    due_at: datetime | None = None
    timebox: timedelta | None = None
    confidence: str = ""  # guess, likely or certain, where it was said


def is_shorthand(text: str) -> bool:
    """Whether a line says more than its own words: it starts with a command or with a time."""
    text = text.strip()
    if _SLASH.match(text) or _CLOCK.match(text) or _AT.match(text):
        return True
    back = _BACK.match(text)
    return back is not None and _LOOKS_LIKE_LENGTH.match(back["length"]) is not None


def read(text: str, *, now: datetime) -> Line:
    """Reads a line typed at `now`; raises NotUnderstoodError. Times of day are UTC."""
    occurred_at, rest = _time(text.strip(), now)
    command, rest = _command(rest)
    if occurred_at is None:
        occurred_at, rest = _time(rest, now)
    if not rest:
        raise NotUnderstoodError(f"Write what happened after {'/' + command.word if command else 'the time'}.")
    if command is None:
        return Line(Kind.NOTE, rest, occurred_at)
    if command.kind == Kind.DECISION:
        outcome, _, reason = _split(_BECAUSE, rest)
        if not outcome:
            raise NotUnderstoodError("Write what was decided before “because”.")
        return Line(command.kind, outcome, occurred_at, reason=reason)
    if command.kind == Kind.FINDING and (sure := _SURE.search(rest)) and sure.start():
        return Line(command.kind, rest[: sure.start()], occurred_at, confidence=sure["word"].lower())
    if command.kind in {Kind.ACTION, TASK}:
        return _work(command, rest, occurred_at, now)
    return Line(command.kind, rest, occurred_at)


def _command(text: str) -> tuple[Command | None, str]:
    found = _SLASH.match(text)
    if found is None:
        return None, text
    command = _BY_WORD.get(found["word"].lower())
    if command is None:
        known = ", ".join(f"/{one.word}" for one in COMMANDS)
        raise NotUnderstoodError(f"/{found['word'][:30]} is no command; they are {known}.")
    return command, (found["rest"] or "").strip()


def _time(text: str, now: datetime) -> tuple[datetime | None, str]:
    """The time that a line starts with, and what follows it."""
    if found := _CLOCK.match(text):
        return _last(found["clock"], now), (found["rest"] or "").strip()
    if found := _AT.match(text):
        raise NotUnderstoodError(f"@{found['clock'][:20]} is no time of day; write it as @02:41, in UTC.")
    found = _BACK.match(text)
    if found is None or not _LOOKS_LIKE_LENGTH.match(found["length"]):
        return None, text
    back = _length(found["length"], f"-{found['length']}", "-5m, -1h or -1h30m")
    if back > FURTHEST_BACK:
        raise NotUnderstoodError(f"-{found['length']} is more than a week back: add it under “Earlier”, with its date.")
    return now - back, (found["rest"] or "").strip()


def _work(command: Command, text: str, occurred_at: datetime | None, now: datetime) -> Line:
    """An action or a task: whose it is and until when stand in the words."""
    due_at = timebox = None
    padded = f" {text}"
    if found := _BY.search(padded):
        padded = padded[: found.start()]
        due_at = _next(found["clock"], occurred_at or now)
    elif found := _IN.search(padded):
        padded = padded[: found.start()]
        timebox = _length(found["length"], found["length"], "in 15m or in 1h")
        if not timedelta() < timebox <= LONGEST_TASK:
            raise NotUnderstoodError(f"“in {found['length']}” is no time for a task: from a minute to 30 days.")
    people = list(_PERSON.finditer(padded))
    if len(people) > 1:
        raise NotUnderstoodError(f"One person has a task: @{people[0]['name']} or @{people[1]['name']}?")
    if people:
        padded = padded[: people[0].start()] + padded[people[0].end() :].lstrip(",:")
    title = " ".join(padded.split())
    if not title:
        raise NotUnderstoodError(f"Write what is to be done after /{command.word}.")
    person = people[0]["name"] if people else ""
    is_task = command.kind == TASK or person or due_at or timebox
    return Line(TASK if is_task else command.kind, title, occurred_at, person=person, due_at=due_at, timebox=timebox)


def _split(pattern: re.Pattern[str], text: str) -> tuple[str, str, str]:
    found = pattern.search(f" {text}")
    if found is None:
        return text, "", ""
    return text[: max(found.start() - 1, 0)].strip(), found.group().strip(), text[found.end() - 1 :].strip()


def _length(text: str, shown: str, ways: str) -> timedelta:
    found = _LENGTH.match(text)
    if found is None or not (found["hours"] or found["minutes"]):
        raise NotUnderstoodError(f"{shown[:20]} is no length of time; write {ways}.")
    return timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))


def _of_day(clock: str, day: datetime) -> datetime:
    """A time of day, in UTC, on the day of `day`."""
    hours, minutes = (int(part) for part in clock.split(":"))
    if hours > 23 or minutes > 59:
        raise NotUnderstoodError(f"{clock} is no time of day; they run from 00:00 to 23:59, in UTC.")
    return day.astimezone(UTC).replace(hour=hours, minute=minutes, second=0, microsecond=0)


def _last(clock: str, now: datetime) -> datetime:
    """The last such moment: yesterday's, where today's is still to come."""
    at = _of_day(clock, now)
    return at if at <= now else at - timedelta(days=1)


def _next(clock: str, start: datetime) -> datetime:
    """The first such moment after `start`: tomorrow's, where today's is over."""
    at = _of_day(clock, start)
    return at if at > start else at + timedelta(days=1)
