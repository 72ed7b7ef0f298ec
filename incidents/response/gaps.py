"""Gaps in the record: what somebody will ask for afterwards and nobody has written down.

Reads only, five queries however long the incident is. Each gap says what is missing, and how it is closed: by a line
for the scribe to finish (`line`), or by going there (`anchor`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from django.db.models import Q, QuerySet
from django.utils import timezone

from incidents import readings
from incidents.models import (
    ActionState,
    Incident,
    Kind,
    State,
    TimelineEntry,
)
from incidents.models.entry import GROUPS
from incidents.severity import MAJOR
from notifications.prose import to_text
from roles.catalog import Holding, Role
from roles.models import User

#: Longer than this without a word of anybody is a gap: at SEV1 and SEV2, and below.
SILENCE = {True: timedelta(minutes=10), False: timedelta(minutes=30)}
#: Older stretches than so many are history that nobody remembers.
MOST_SILENCES = 4
LONGEST_QUOTE = 60
_WHY = ("because", "why", "reason", "since ", "so that", "in order")
_NAME = re.compile(r"\s*(?<!\S)@[\w.+-]*\w")
#: The loudest first.
_ORDER = ("bad", "caution", "")


@dataclass(frozen=True)
class Gap:
    """One thing that is missing, and what closes it."""

    kind: str
    tone: str
    icon: str
    sentence: str
    detail: str
    label: str
    line: str = ""
    anchor: str = ""
    at: datetime | None = None


def of(incident: Incident, reader: User) -> list[Gap]:
    """What the record lacks, as far as `reader` may read it, the loudest first."""
    rows = incident.entries.readable_by(reader, incident).filter(superseded_by=None)
    found = [
        *_late_promise(incident),
        *_tasks(incident),
        *_words(incident, rows),
        *_actions(incident),
        *_silences(incident, rows),
        *_impact(incident),
    ]
    return sorted(found, key=lambda gap: _ORDER.index(gap.tone))


def _late_promise(incident: Incident) -> Iterator[Gap]:
    promise = readings.of(incident).next_public
    if promise is not None and promise.due_at <= timezone.now():
        due = promise.due_at
        who = _holder(incident, Role.COMMS_LEAD) or _holder(incident, Role.COMMANDER)
        yield Gap(
            "promise",
            "bad",
            "clock",
            f"The public update promised for {_clock(due)} is late",
            "The page says when it comes",
            *_ask(who, f"when does the update promised for {_clock(due)} go out?"),
            at=due,
        )


def _tasks(incident: Incident) -> Iterator[Gap]:
    commander = _holder(incident, Role.COMMANDER)
    for task in incident.tasks.still_open().filter(assignee=None):
        yield Gap(
            "task",
            "bad",
            "warn",
            f"“{_short(task.title)}” has no owner",
            f"Task, open {_minutes(task.age)}",
            *_ask(commander, f"who takes “{_short(task.title)}”?"),
            anchor=f"task-{task.pk}",
            at=task.created_at,
        )


def _words(incident: Incident, rows: "QuerySet[TimelineEntry]") -> Iterator[Gap]:
    """Decisions without reason, findings without confidence, moves waved through: one query."""
    told = rows.filter(kind__in=[Kind.DECISION, Kind.FINDING, Kind.MOVED])
    for entry in told.select_related("actor", "finding", "key_moment").order_by("occurred_at", "number"):
        at = _clock(entry.occurred_at)
        anchor = f"entry-{entry.number}"
        if entry.kind == Kind.DECISION and not _says_why(entry):
            yield Gap(
                "reason",
                "caution",
                "help",
                f"Why “{_quote(entry)}”?",
                f"Decision at {at} gives no reason",
                *_ask(entry.actor, f"why “{_quote(entry)}”?"),
                anchor=anchor,
                at=entry.occurred_at,
            )
        elif entry.kind == Kind.FINDING and not hasattr(entry, "finding"):
            yield Gap(
                "confidence",
                "caution",
                "help",
                f"How sure is “{_quote(entry)}”?",
                f"Finding at {at} says no confidence",
                *_ask(entry.actor, f"how sure is “{_quote(entry)}”: guess, likely or certain?"),
                anchor=anchor,
                at=entry.occurred_at,
            )
        elif entry.kind == Kind.MOVED and entry.data.get("unmet") and not hasattr(entry, "key_moment"):
            count = len(entry.data["unmet"])
            yield Gap(
                "waved",
                "caution",
                "shield",
                f"Moved to {State(entry.data['new']).label} with {count} check{'s' * (count > 1)} open",
                f"At {at}: mark it as a key moment, so that the report carries it",
                "Read it",
                anchor=anchor,
                at=entry.occurred_at,
            )


def _actions(incident: Incident) -> Iterator[Gap]:
    done = incident.actions.filter(state=ActionState.DONE, effect="").select_related("executor", "proposed_by")
    for action in done:
        yield Gap(
            "effect",
            "caution",
            "help",
            f"What did “{_short(action.title)}” change?",
            f"Action {'at ' + _clock(action.ended_at) if action.ended_at else 'done'} names no effect",
            *_ask(action.executor or action.proposed_by, f"what did “{_short(action.title)}” change?"),
            at=action.ended_at,
        )


def _silences(incident: Incident, rows: "QuerySet[TimelineEntry]") -> Iterator[Gap]:
    """Stretches in which nobody wrote and nothing was said, the newest few."""
    spoken = rows.filter(Q(actor__isnull=False) | Q(kind__in=GROUPS["comms"])).order_by("occurred_at")
    start, end = incident.opened_at, incident.ended_at or timezone.now()
    times = [start, *(at for at in spoken.values_list("occurred_at", flat=True) if start < at < end), end]
    longest = SILENCE[incident.severity in MAJOR]
    found = [(one, other) for one, other in pairwise(times) if other - one > longest]
    for one, other in found[-MOST_SILENCES:]:
        is_now = other == end and incident.is_active
        yield Gap(
            "silence",
            "caution",
            "clock",
            f"Nothing recorded since {_clock(one)}"
            if is_now
            else f"Nothing recorded from {_clock(one)} to {_clock(other)}",
            f"{_minutes(other - one)} without a word",
            "Fill in",
            line=f"@{one.astimezone(UTC):%H:%M} " if _is_near(one) else "",
            anchor="" if _is_near(one) else "timeline",
            at=one,
        )


def _impact(incident: Incident) -> Iterator[Gap]:
    if not incident.summary.strip():
        who = _holder(incident, Role.COMMANDER) or _holder(incident, Role.TECH_LEAD)
        yield Gap(
            "impact",
            "caution",
            "help",
            "The impact is not stated",
            "Who is affected, and how badly",
            *_ask(who, "who is affected, and how badly?"),
        )


def _ask(who: User | None, question: str) -> tuple[str, str]:
    """The button and the line it starts: a question that reaches them, or one for the record."""
    if who is None:
        return "Note it", f"Open: {question}"
    return f"Ask {who.first_name or who}", f"@{who.username} {question}"


def _holder(incident: Incident, role: str) -> User | None:
    return next((seat.user for seat in incident.holders_of(role) if seat.kind != Holding.SHADOW), None)


def _says_why(entry: TimelineEntry) -> bool:
    return bool(entry.data.get("reason")) or any(word in entry.body.lower() for word in _WHY)


def _is_near(moment: datetime) -> bool:
    """Whether a time of day alone names this moment."""
    return timezone.now() - moment < timedelta(days=1)


def _quote(entry: TimelineEntry) -> str:
    # A question names who is asked, and nobody else.
    return _short(_NAME.sub("", to_text(entry.body).split("\n", 1)[0]))


def _short(text: str) -> str:
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1].rstrip()}…"


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M}"


def _minutes(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
