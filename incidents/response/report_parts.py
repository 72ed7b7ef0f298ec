"""What sections of the report are made of: one section, the rows that the reader may read, and words for times."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from incidents.models import Incident, Kind, TimelineEntry
from roles.models import User

#: How a timeline row reads, as a sentence: the pages know it.
Tell = Callable[[TimelineEntry], str]


@dataclass(frozen=True)
class Section:
    """One part of the report: its lines in Markdown, the same as data, and what it still lacks."""

    key: str
    title: str
    lines: tuple[str, ...]
    data: object
    lacks: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """Its lines in one."""
        return "\n".join(self.lines)

    @property
    def state(self) -> str:
        """filled, partly (something is there and something lacks) or empty."""
        if not self.lacks:
            return "filled"
        return "partly" if self.lines else "empty"


class Record:
    """The timeline as the reader may read it, read once; of what was corrected, what stands in its place.

    `is_brief` reads only the rows that other sections are made of.
    """

    def __init__(self, incident: Incident, reader: User, *, is_brief: bool = False) -> None:
        self.is_in_room = incident.is_in_room(reader)
        readable = incident.entries.readable_by(reader, incident).filter(superseded_by=None)
        wanted = readable.filter(Q(kind=Kind.DECISION) | Q(key_moment__isnull=False)) if is_brief else readable
        self.rows = list(wanted.select_related("actor", "key_moment").order_by("occurred_at", "number"))
        self.total = readable.count() if is_brief else len(self.rows)


def plain(text: str) -> str:
    """On one line, so that nothing in it becomes a heading or a list of the report."""
    return " ".join(text.split())


def name(user: User | None) -> str:
    """Who did it."""
    return str(user) if user else "IncidentOps"


def clock(moment: datetime | None) -> str:
    """02:33, in UTC; empty for no moment."""
    return f"{moment.astimezone(UTC):%H:%M}" if moment else ""


def day(moment: datetime) -> str:
    """23 Nov 2026, 02:33 UTC."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def iso(moment: datetime | None) -> str | None:
    """For programs."""
    return moment.isoformat() if moment else None


def lasted(length: timedelta) -> str:
    """44 min; 2 h 5 min; 3 d 4 h."""
    minutes = max(int(length.total_seconds()), 0) // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"
