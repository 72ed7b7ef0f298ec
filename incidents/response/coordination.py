"""Leading the experts' work: workstreams with a lead, members and a timebox, and what those who work on them
report: conditions, actions, needs. Questions to one expert are in `advice`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import events, mentions, readings
from incidents.conflicts import Conflict, refuse_overtaken
from incidents.models import CanReport, Incident, Kind, State, Workstream
from roles.models import User
from roles.policy import Actor, System, authorize

#: Longest text of each of a report's three fields.
LONGEST_FIELD = 500
LONGEST_NAME = 100
LONGEST_GOAL = 300
LONGEST_TIMEBOX = timedelta(hours=24)
#: The same words again within this time are the same report: a phone sent it twice.
SENT_TWICE = timedelta(minutes=2)
ENDED = frozenset({State.CLOSED, State.CANCELLED, State.MERGED})
#: How long a report that was asked for may take before it counts as late.
REPORT_WITHIN = timedelta(minutes=10)
#: What `change` may change.
EDITABLE = ("name", "goal", "lead")


@transaction.atomic
def start(
    incident: Incident,
    *,
    by: Actor,
    name: str,
    goal: str = "",
    lead: User | None = None,
    members: Iterable[User] = (),
    timebox: timedelta | None = None,
) -> Workstream:
    """Starts a part of the work; its time runs from now."""
    authorize(by, "incidents.coordinate", incident)
    name, goal = _named(name), _goal(goal)
    people = [person for person in (lead, *members) if person is not None]
    _check_people(incident, people)
    _check_timebox(timebox)
    _lock(incident)
    _refuse_namesake(incident, name)
    now = events.moment()
    stream = Workstream.objects.create(
        incident=incident,
        name=name,
        goal=goal,
        lead=lead,
        timebox=timebox,
        due_at=now + timebox if timebox else None,
        created_by=None if isinstance(by, System) else by,
        created_at=now,
    )
    stream.members.set(members)
    sentence = f"Workstream started: {name}" + (f", led by {lead}" if lead else "") + _for_so_long(timebox)
    events.record(
        incident, Kind.WORKSTREAM, by=by, body=f"{sentence}.", workstream=stream.pk, name=name, step="started"
    )
    return stream


@transaction.atomic
def change(
    stream: Workstream,
    *,
    by: Actor,
    seen_version: int | None = None,
    members: Iterable[User] | None = None,
    **wanted: object,
) -> Workstream:
    """Changes name, goal, lead (`EDITABLE`) or who works on it. Raises Overtaken where somebody else was first."""
    incident = stream.incident
    authorize(by, "incidents.coordinate", incident)
    if unknown := wanted.keys() - set(EDITABLE):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be changed here.")
    stream = _fresh(stream)
    _refuse_ended(stream)
    if "name" in wanted:
        wanted["name"] = _named(str(wanted["name"]))
    if "goal" in wanted:
        wanted["goal"] = _goal(str(wanted["goal"]))
    given = list(members) if members is not None else None
    lead = wanted.get("lead")
    _check_people(incident, [*([lead] if isinstance(lead, User) else []), *(given or [])])
    refuse_overtaken(stream, seen_version, wanted)
    if wanted.get("name", stream.name) != stream.name:
        _refuse_namesake(incident, str(wanted["name"]))
    changed = [name for name, value in wanted.items() if getattr(stream, name) != value]
    joins = given is not None and set(given) != set(stream.members.all())
    if not changed and not joins:
        return stream
    old_name = stream.name
    for name in changed:
        setattr(stream, name, wanted[name])
    stream.version += 1
    stream.save(update_fields=[*changed, "version"])
    if joins:
        stream.members.set(given or ())
    said = _what_changed(stream, old_name, changed, given if joins else None)
    events.record(incident, Kind.WORKSTREAM, by=by, body=said, workstream=stream.pk, name=stream.name, step="changed")
    return stream


@transaction.atomic
def give_time(stream: Workstream, *, by: Actor, timebox: timedelta | None) -> Workstream:
    """Gives it this long from now; None lifts the timebox."""
    incident = stream.incident
    authorize(by, "incidents.coordinate", incident)
    _check_timebox(timebox)
    stream = _fresh(stream)
    _refuse_ended(stream)
    stream.timebox = timebox
    stream.due_at = events.moment() + timebox if timebox else None
    stream.version += 1
    stream.save(update_fields=["timebox", "due_at", "version"])
    said = (
        f"{stream.name} has more time{_for_so_long(timebox)} from now."
        if timebox
        else f"{stream.name} has no timebox any more."
    )
    events.record(incident, Kind.WORKSTREAM, by=by, body=said, workstream=stream.pk, name=stream.name, step="timed")
    return stream


@transaction.atomic
def end(stream: Workstream, *, by: Actor, outcome: str = "") -> Workstream:
    """Ends it; what came of it is part of the row."""
    incident = stream.incident
    authorize(by, "incidents.coordinate", incident)
    stream = _fresh(stream)
    _refuse_ended(stream)
    stream.ended_at = events.moment()
    stream.report_asked_at = None
    stream.version += 1
    stream.save(update_fields=["ended_at", "report_asked_at", "version"])
    said = f"Workstream ended: {stream.name}." + (f" {outcome.strip()}" if outcome.strip() else "")
    events.record(incident, Kind.WORKSTREAM, by=by, body=said, workstream=stream.pk, name=stream.name, step="ended")
    return stream


@transaction.atomic
def ask_report(stream: Workstream, *, by: Actor) -> Workstream:
    """Asks lead and members how it goes; stands as waiting until one of them reports. Asked again while
    it waits changes nothing."""
    incident = stream.incident
    authorize(by, "incidents.coordinate", incident)
    stream = _fresh(stream)
    _refuse_ended(stream)
    people = _people_of(stream)
    if not people:
        raise Conflict(f"Nobody works on {stream.name} yet: name a lead first.", needed=["a lead or a member"])
    if stream.report_asked_at is not None:
        return stream
    stream.report_asked_at = events.moment()
    stream.save(update_fields=["report_asked_at"])
    events.record(
        incident,
        Kind.REPORT_ASKED,
        by=by,
        body=f"Report asked of {stream.name}: {', '.join(map(str, people))}.",
        to=[person.pk for person in people],
        workstream=stream.pk,
        name=stream.name,
    )
    return stream


@transaction.atomic
def report(
    incident: Incident,
    *,
    by: Actor,
    conditions: str,
    actions: str = "",
    needs: str = "",
    workstream: Workstream | None = None,
) -> CanReport:
    """Writes a CAN report: what one sees, does, and lacks. Answers what was asked of its workstream.

    The same words of the same person within two minutes are the same report, so that a phone may send again.
    """
    authorize(by, "incidents.add_entry", incident)
    told = {"conditions": conditions.strip(), "actions": actions.strip(), "needs": needs.strip()}
    if not told["conditions"]:
        raise ValidationError("Say what you see: conditions are the one field that is needed.")
    for name, text in told.items():
        if len(text) > LONGEST_FIELD:
            raise ValidationError(f"{name.capitalize()}: at most {LONGEST_FIELD} characters.")
    _lock(incident)
    if incident.state in ENDED:
        raise Conflict(f"{incident.key} is {incident.get_state_display()}: nothing is reported any more.")
    if workstream is not None and workstream.incident_id != incident.pk:
        raise ValidationError("This workstream belongs to another incident.")
    person = None if isinstance(by, System) else by
    now = events.moment()
    sent = {"workstream": workstream, "reported_by": person, **told}
    before = incident.can_reports.filter(**sent, reported_at__gt=now - SENT_TWICE).first()
    if before is not None:
        return before
    written = CanReport.objects.create(incident=incident, reported_at=now, **sent)
    if workstream is not None:
        Workstream.objects.filter(pk=workstream.pk).update(report_asked_at=None)
        workstream.report_asked_at = None
    body = _aloud(told)
    events.record(
        incident,
        Kind.CAN_REPORTED,
        by=by,
        body=body,
        tag=f"CAN report, {workstream}" if workstream else "CAN report",
        report=written.pk,
        workstream=workstream.pk if workstream else None,
        **{**told, **mentions.named_in(body, incident, by=by).as_data()},
    )
    return written


# --- questions --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stream:
    """A workstream with the newest report of each who reported on it, the newest first."""

    workstream: Workstream
    people: tuple[User, ...]
    reports: tuple[CanReport, ...]

    @property
    def newest(self) -> CanReport | None:
        return self.reports[0] if self.reports else None

    @property
    def needs(self) -> tuple[CanReport, ...]:
        """Reports whose writer still lacks something."""
        return tuple(report for report in self.reports if report.needs)

    @property
    def is_waiting(self) -> bool:
        """Whether a report was asked for and none has come."""
        return self.workstream.report_asked_at is not None

    @property
    def is_late(self) -> bool:
        """Whether a report was asked for ten minutes ago, and none has come."""
        asked_at = self.workstream.report_asked_at
        return asked_at is not None and asked_at <= timezone.now() - REPORT_WITHIN

    @property
    def is_overdue(self) -> bool:
        return self.workstream.due_at is not None and self.workstream.due_at <= timezone.now()


@dataclass(frozen=True)
class Rollup:
    """All that is reported, by workstream, and for those who report without one by person."""

    streams: tuple[Stream, ...]
    alone: tuple[CanReport, ...]
    ended: tuple[Workstream, ...]

    @property
    def needs(self) -> int:
        """How many newest reports name something that is lacking."""
        return sum(len(stream.needs) for stream in self.streams) + sum(1 for report in self.alone if report.needs)

    @property
    def waiting(self) -> int:
        return sum(1 for stream in self.streams if stream.is_waiting)

    @property
    def late(self) -> int:
        """How many reports were asked for ten minutes ago, and have not come."""
        return sum(1 for stream in self.streams if stream.is_late)

    @property
    def overdue(self) -> int:
        return sum(1 for stream in self.streams if stream.is_overdue)


def rollup(incident: Incident) -> Rollup:
    """Who reported what last: what lacks something first, then what is late, then the newest. Four queries."""
    looked_at = readings.of(incident)
    streams = looked_at.workstreams
    by_stream: dict[int | None, list[CanReport]] = {}
    for report_ in looked_at.newest_reports:
        by_stream.setdefault(report_.workstream_id, []).append(report_)
    shown = [
        Stream(stream, tuple(_people_of(stream)), tuple(by_stream.get(stream.pk, ())))
        for stream in streams
        if stream.ended_at is None
    ]
    shown.sort(key=lambda one: (not one.needs, not one.is_overdue, not one.is_waiting, -_age_rank(one.newest)))
    alone = sorted(by_stream.get(None, ()), key=lambda one: (not one.needs, -one.pk))
    return Rollup(tuple(shown), tuple(alone), tuple(stream for stream in streams if stream.ended_at is not None))


def streams_of(incident: Incident, person: User) -> list[Workstream]:
    """The open workstreams that somebody leads or works on."""
    open_now = incident.workstreams.filter(ended_at=None).select_related("lead").prefetch_related("members")
    return [stream for stream in open_now if person.pk in {one.pk for one in _people_of(stream)}]


# --- inside -----------------------------------------------------------------------------------


def _age_rank(report_: CanReport | None) -> int:
    return report_.pk if report_ else 0


def _people_of(stream: Workstream) -> list[User]:
    """Lead and members, each once, the lead first."""
    people = [*([stream.lead] if stream.lead else []), *stream.members.all()]
    return list({person.pk: person for person in people}.values())


def _aloud(told: dict[str, str]) -> str:
    """The report as one says it: 'Conditions: … Actions: … Needs: …'; what is empty is left out."""
    said = []
    for name, text in told.items():
        if text:
            said.append(f"{name.capitalize()}: {text}" + ("" if text[-1] in ".!?…" else "."))
    return " ".join(said)


def _what_changed(stream: Workstream, old_name: str, changed: list[str], members: list[User] | None) -> str:
    said = []
    if "name" in changed:
        said.append(f"{old_name} is now called {stream.name}.")
    if "lead" in changed:
        said.append(f"{stream.name} is led by {stream.lead}." if stream.lead else f"{stream.name} has no lead.")
    if "goal" in changed:
        said.append(f"Goal of {stream.name}: {stream.goal or 'none'}.")
    if members is not None:
        who = ", ".join(map(str, members)) or "nobody"
        said.append(f"On {stream.name}: {who}.")
    return " ".join(said)


def _for_so_long(timebox: timedelta | None) -> str:
    return f", {int(timebox.total_seconds() // 60)} min" if timebox else ""


def _lock(incident: Incident) -> None:
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    incident.refresh_from_db(fields=["state"])


def _fresh(stream: Workstream) -> Workstream:
    """The row as it is now, locked behind its incident's."""
    incident = stream.incident
    _lock(incident)
    found = Workstream.objects.select_for_update(of=("self",)).select_related("lead").get(pk=stream.pk)
    found.incident = incident
    return found


def _refuse_ended(stream: Workstream) -> None:
    if stream.incident.state in ENDED:
        raise Conflict(f"{stream.incident.key} is {stream.incident.get_state_display()}: its work is over.")
    if stream.ended_at is not None:
        raise Conflict(f"{stream.name} ended at {stream.ended_at:%H:%M} UTC.")


def _refuse_namesake(incident: Incident, name: str) -> None:
    if incident.state in ENDED:
        raise Conflict(f"{incident.key} is {incident.get_state_display()}: its work is over.")
    if incident.workstreams.filter(name=name).exists():
        raise Conflict(f"{incident.key} has a workstream called {name} already.", needed=["another name"])


def _check_people(incident: Incident, people: Iterable[User]) -> None:
    for person in people:
        if not (person.is_active and person.is_staff):
            raise ValidationError(f"{person} is not an active responder.")
        if not incident.is_visible_to(person):
            raise Conflict(
                f"{person} cannot see this private incident: invite them first.", needed=[f"an invitation for {person}"]
            )


def _check_timebox(timebox: timedelta | None) -> None:
    if timebox is not None and not timedelta(minutes=1) <= timebox <= LONGEST_TIMEBOX:
        raise ValidationError("A timebox lasts from one minute to 24 hours.")


def _named(name: str) -> str:
    line = " ".join(name.split())
    if not line:
        raise ValidationError("A workstream needs a name: what is worked on.")
    if len(line) > LONGEST_NAME:
        raise ValidationError(f"A name has at most {LONGEST_NAME} characters.")
    return line


def _goal(goal: str) -> str:
    line = " ".join(goal.split())
    if len(line) > LONGEST_GOAL:
        raise ValidationError(f"A goal has at most {LONGEST_GOAL} characters.")
    return line
