"""The quick line: one typed line becomes the entry, the decision, the finding or the task that it says.

`shorthand` reads it; here it is written, by the work function whose it is.
"""

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import events, shorthand, timeline
from incidents.models import Incident, Kind, TimelineEntry, Visibility
from incidents.response import deciding, diagnosis, tasking
from incidents.shorthand import Line
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import System, authorize, may

#: Nobody means more than this by one line.
LONGEST_LINE = timeline.LONGEST_ENTRY


@transaction.atomic
def record(
    incident: Incident, line: str, *, by: User, visibility: str = Visibility.STAFF, now: datetime | None = None
) -> TimelineEntry:
    """Writes what the line says and answers the row of the timeline that tells of it.

    Raises a ValidationError of the field `line` that names what was not understood; the person still has the line.
    """
    authorize(by, "incidents.add_entry", incident)
    if len(line) > LONGEST_LINE:
        raise ValidationError({"line": f"A line has at most {LONGEST_LINE:,} characters."})
    try:
        said = shorthand.read(line, now=now or timezone.now())
    except shorthand.NotUnderstoodError as problem:
        raise ValidationError({"line": str(problem)}) from problem
    with _at(said.occurred_at):
        if said.kind == shorthand.TASK:
            return _task(incident, said, by=by)
        if said.kind == Kind.DECISION:
            return _decision(incident, said, by=by, visibility=visibility)
        if said.confidence:
            finding = diagnosis.share(
                incident, by=by, text=said.body, confidence=said.confidence, visibility=visibility
            )
            return finding.entry
        return timeline.add_entry(incident, by=by, kind=said.kind, body=said.body, visibility=visibility)


def _at(moment: datetime | None) -> AbstractContextManager[None]:
    """What the line tells happened when it says, not when it was typed."""
    return events.dated(moment) if moment else nullcontext()


def _decision(incident: Incident, said: Line, *, by: User, visibility: str) -> TimelineEntry:
    """A decision of who may decide; an entry that tells of one, where somebody else writes it down."""
    if visibility == Visibility.STAFF and may(by, "incidents.decide", incident):
        deciding.record(incident, by=by, outcome=said.body, reason=said.reason)
        return _newest(incident, Kind.DECISION)
    why = f"\n\nWhy: {said.reason}" if said.reason else ""
    return timeline.add_entry(
        incident,
        by=by,
        kind=Kind.DECISION,
        body=f"**{said.body}**{why}",
        visibility=visibility,
        reason=said.reason,
    )


def _task(incident: Incident, said: Line, *, by: User) -> TimelineEntry:
    tasking.add(
        incident,
        by=by,
        title=said.body,
        assignee=_person(incident, said.person, by=by) if said.person else None,
        timebox=said.timebox,
        due_at=said.due_at,
    )
    return _newest(incident, Kind.TASK_ADDED)


def _newest(incident: Incident, kind: Kind) -> TimelineEntry:
    return incident.entries.filter(kind=kind).order_by("-number")[0]


def _person(incident: Incident, name: str, *, by: User | System) -> User:
    """Who is meant by `@name`: a role's holder, a user name, or a first name that one responder has."""
    role = name.lower().replace("-", "_")
    if role in Role.values:
        holders = [seat.user for seat in incident.holders_of(role) if seat.kind != Holding.SHADOW]
        if not holders:
            raise ValidationError({"line": f"Nobody holds {Role(role).label} on {incident.key}."})
        holder: User = holders[0]
        return holder
    if name.lower() == "me" and not isinstance(by, System):
        return by
    people = User.objects.responders()
    found: list[User] = list(people.filter(username__iexact=name)) or list(people.filter(first_name__iexact=name)[:2])
    if not found:
        raise ValidationError({"line": f"No responder is called @{name}."})
    if len(found) > 1:
        raise ValidationError({"line": f"Several responders are called {name}: write their user name."})
    return found[0]
