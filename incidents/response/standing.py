"""Where an incident stands, from its own rows: what somebody who joins needs first, and what they missed.

Reads only, with a constant number of queries, and only what the reader may read.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from incidents import readings
from incidents.models import (
    ActionState,
    AdviceRequest,
    AdviceState,
    CheckState,
    DecisionState,
    Incident,
    Kind,
    State,
    Task,
    TimelineEntry,
    Update,
)
from incidents.models.entry import GROUPS, TimelineEntryQuerySet
from notifications.prose import to_text
from roles.models import User

#: How many rows back the latest of each kind is looked for.
LOOK_BACK = 50
#: So many moments tell the story to somebody who comes late.
MOMENTS = 5
#: So much of a text is told in one line.
LONGEST_LINE = 240
_TOLD = (Kind.NOW, Kind.FINDING, Kind.DECISION, Kind.ACTION)
#: What tells the story where nobody has marked a key moment.
_LOUD = (*GROUPS["status"], Kind.DECISION, Kind.FINDING, Kind.UPDATE_PUBLISHED)


@dataclass(frozen=True)
class Line:
    """One thing as a person says it, with who said it and when, and how sure it is."""

    text: str
    who: User | None = None
    at: datetime | None = None
    tag: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Where:
    """Cause, now, next, and the rows that they were read from."""

    cause: Line | None
    now: Line | None
    next: tuple[Line, ...]
    finding: TimelineEntry | None
    decision: TimelineEntry | None
    action: TimelineEntry | None
    said: Update | None

    @property
    def newest(self) -> Line | None:
        """Whose words are the newest: they stand beside the heading."""
        lines = [line for line in (self.cause, self.now) if line is not None and line.at is not None]
        return max(lines, key=lambda line: line.at or timezone.now(), default=None)

    @property
    def is_known(self) -> bool:
        return bool(self.cause or self.now or self.next)


@dataclass(frozen=True)
class CatchUp:
    """All that somebody who comes late needs, on one page."""

    incident: Incident
    where: Where
    decisions: tuple[Line, ...]
    tasks: tuple[Task, ...]
    moments: tuple[TimelineEntry, ...]
    #: Whether somebody chose the moments; else they are the loudest rows.
    are_marked: bool
    questions: tuple[Line, ...]

    @property
    def said(self) -> Update | None:
        """What the public was told last."""
        return self.where.said


def where_we_are(incident: Incident, reader: User) -> Where:
    """Cause, now and next, as far as `reader` may know; six queries."""
    newest: dict[str, int] = {}
    latest: dict[str, TimelineEntry] = {}
    rows = _rows(incident, reader).filter(kind__in=_TOLD).order_by("-occurred_at", "-number")
    for kind, pk in rows.values_list("kind", "pk")[:LOOK_BACK]:
        newest.setdefault(kind, pk)
    # A few whole rows instead of fifty: their texts and data are long.
    found = list(TimelineEntry.objects.filter(pk__in=newest.values()).select_related("finding").order_by())
    for entry in readings.of(incident).join(found, "actor"):
        latest[entry.kind] = entry
    said = readings.of(incident).last_public
    return Where(
        cause=_cause(incident, latest.get(Kind.FINDING)),
        now=_now(incident, latest),
        next=_next(incident),
        finding=latest.get(Kind.FINDING),
        decision=latest.get(Kind.DECISION),
        action=latest.get(Kind.ACTION),
        said=said,
    )


def catch_up(incident: Incident, reader: User) -> CatchUp:
    """State, decisions, open tasks, moments and questions, as far as `reader` may know."""
    known = readings.open_on(incident, reader)
    rows = _rows(incident, reader).select_related("actor").order_by("-occurred_at", "-number")
    moments = list(rows.filter(key_moment__isnull=False)[:MOMENTS])
    return CatchUp(
        incident=incident,
        where=where_we_are(incident, reader),
        decisions=tuple(_said(entry) for entry in rows.filter(kind=Kind.DECISION)[:MOMENTS]),
        tasks=tuple(known.open_tasks),
        moments=tuple(moments or rows.filter(kind__in=_LOUD)[:MOMENTS]),
        are_marked=bool(moments),
        questions=(*_proposals(incident), *_advice(incident)),
    )


def _rows(incident: Incident, reader: User) -> TimelineEntryQuerySet:
    rows: TimelineEntryQuerySet = incident.entries.readable_by(reader, incident).filter(superseded_by=None)
    return rows


def _cause(incident: Incident, finding: TimelineEntry | None) -> Line | None:
    """What was confirmed, else the newest finding, which is likely at best."""
    cause = readings.of(incident).confirmed_cause
    if cause is not None:
        return Line(cause.title, cause.owner or cause.proposed_by, cause.settled_at, "confirmed", "ok")
    if finding is None:
        return None
    stated = getattr(finding, "finding", None)
    return _said(finding, tag="a guess" if stated and stated.confidence == "guess" else "likely", tone="caution")


def _now(incident: Incident, latest: dict[str, TimelineEntry]) -> Line | None:
    """What the scribe wrote last, else what is being done, else what was done last."""
    running = [action for action in readings.of(incident).actions if action.state == ActionState.RUNNING]
    running.sort(key=lambda action: action.started_at or action.proposed_at, reverse=True)
    if Kind.NOW in latest:
        return _said(latest[Kind.NOW])
    if running:
        titles = "; ".join(action.title for action in running)
        return Line(_cut(titles), running[0].executor, running[0].started_at, "running", "you")
    return _said(latest[Kind.ACTION]) if Kind.ACTION in latest else None


def _next(incident: Incident) -> tuple[Line, ...]:
    """What is waited for, the soonest first: what is verified, the next task due, the update that was promised."""
    looked_at = readings.of(incident)
    checks = [check for check in looked_at.checks if check.state in {CheckState.PENDING, CheckState.FAILED}]
    lines = []
    if checks:
        more = f" and {len(checks) - 1} more" if len(checks) > 1 else ""
        after = ", then Resolved" if incident.state == State.MONITORING else ""
        lines.append(Line(_cut(f"Verify: {checks[0].title}{more}{after}")))
    due = [(task.due_at, task.pk, task) for task in looked_at.open_tasks if task.due_at is not None]
    if due:
        task = min(due)[2]
        lines.append(Line(_cut(task.title), task.assignee, task.due_at))
    if promise := looked_at.next_public:
        lines.append(Line("Public update", None, promise.due_at))
    return tuple(lines)


def _proposals(incident: Incident) -> list[Line]:
    asked = [one for one in readings.of(incident).decisions if one.state == DecisionState.PROPOSED]
    return [Line(one.question, one.proposed_by, one.proposed_at, "to decide", "caution") for one in asked]


def _advice(incident: Incident) -> list[Line]:
    asked = AdviceRequest.objects.filter(incident=incident, state=AdviceState.ASKED).select_related("asked")
    return [Line(one.question, one.asked, one.asked_at, "asked", "caution" if one.is_urgent else "") for one in asked]


def _said(entry: TimelineEntry, *, tag: str = "", tone: str = "") -> Line:
    return Line(_cut(" ".join(to_text(entry.body).split())), entry.actor, entry.occurred_at, tag, tone)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1].rstrip()}…"
