"""The life of an incident: how it opens, and the moves between its states.

A move is a line of `MOVES`; `move` is the only function that changes a state. Buttons, tests and the
diagram of the docs come from the table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from incidents import events
from incidents.models import (
    AlertSource,
    Incident,
    IncidentGrant,
    IncidentKind,
    KeyCounter,
    Kind,
    Service,
    Severity,
    State,
    TimelineEntry,
)
from roles import grants
from roles.models import User
from roles.policy import Actor, System, authorize

S = State
#: States in which service is being restored.
WORKING = frozenset({S.INVESTIGATING, S.IDENTIFIED, S.MONITORING})
ENDED = frozenset({S.RESOLVED, S.REVIEWING, S.CLOSED})

#: How long after its end an incident may be reopened; later it is a new one.
REOPEN_WITHIN = timedelta(hours=24)
SHORTEST_REASON = 10


class Conflict(ValidationError):  # noqa: N818 - it reads as what it is: two wishes that do not go together
    """The state forbids it. `needed` lists what would have to be true; the doors answer 409."""

    def __init__(self, message: str, *, needed: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.needed = list(needed)


@dataclass(frozen=True)
class Move:
    """One verb: from which states it leads where, what it stamps, and whether it must be explained.

    `clears` names the stamps that stop being true: what was mitigated breaks again.
    """

    verb: str
    sources: frozenset[str]
    target: str
    stamp: str = ""
    clears: tuple[str, ...] = ()
    needs_reason: bool = False
    is_forward: bool = True
    permission: str = "incidents.change_state"

    @property
    def label(self) -> str:
        """What its button says."""
        return LABELS[self.verb]


MOVES: tuple[Move, ...] = (
    Move("declare", frozenset({S.TRIAGE}), S.INVESTIGATING, stamp="declared_at"),
    Move(
        "investigate",
        frozenset({S.IDENTIFIED, S.MONITORING}),
        S.INVESTIGATING,
        clears=("identified_at", "mitigated_at"),
        is_forward=False,
    ),
    Move(
        "identify",
        frozenset({S.INVESTIGATING, S.MONITORING}),
        S.IDENTIFIED,
        stamp="identified_at",
        clears=("mitigated_at",),
    ),
    Move("monitor", frozenset({S.INVESTIGATING, S.IDENTIFIED}), S.MONITORING, stamp="mitigated_at"),
    Move("resolve", WORKING, S.RESOLVED, stamp="resolved_at"),
    Move(
        "reopen",
        frozenset({S.RESOLVED, S.REVIEWING}),
        S.INVESTIGATING,
        clears=("identified_at", "mitigated_at", "resolved_at"),
        needs_reason=True,
        is_forward=False,
    ),
    Move("close", frozenset({S.RESOLVED, S.REVIEWING}), S.CLOSED, stamp="closed_at"),
    Move("cancel", frozenset({S.TRIAGE, S.INVESTIGATING}), S.CANCELLED, stamp="cancelled_at", needs_reason=True),
)
BY_VERB = {move.verb: move for move in MOVES}
LABELS = {
    "declare": "Declare",
    "investigate": "Back to Investigating",
    "identify": "Move to Identified",
    "monitor": "Move to Monitoring",
    "resolve": "Resolve",
    "reopen": "Reopen",
    "close": "Close",
    "cancel": "Cancel incident",
}


@dataclass(frozen=True)
class Offer:
    """A move that stands open now, with the sentences about what it still lacks."""

    move: Move
    unmet: tuple[str, ...]


@transaction.atomic
def open_incident(
    *,
    title: str,
    by: Actor,
    severity: str = Severity.SEV3,
    summary: str = "",
    services: Iterable[Service] = (),
    state: str = State.INVESTIGATING,
    kind: str = IncidentKind.REAL,
    is_private: bool = False,
    detected_at: datetime | None = None,
    source: AlertSource | None = None,
    dedup_key: str = "",
) -> Incident:
    """Opens an incident and records it; in `triage` where nobody has said yet that it is real.

    Raises PermissionDenied, or ValidationError where title, severity, state or kind make no sense or
    the alert key already has an open incident.
    """
    authorize(by, "incidents.declare_incident")
    title = _one_line(title)
    if severity not in Severity.values:
        raise ValidationError(f"{severity} is no severity; they run from SEV1 to SEV5.")
    if state not in {State.TRIAGE, State.INVESTIGATING}:
        raise ValidationError("An incident opens in triage or investigating.")
    if kind not in IncidentKind.values:
        raise ValidationError(f"{kind} is no kind of incident.")
    now = events.moment()
    incident = Incident(
        key=_next_key(),
        title=title,
        summary=summary.strip(),
        state=state,
        severity=severity,
        kind=kind,
        is_private=is_private,
        declared_by=None if isinstance(by, System) else by,
        source=source,
        dedup_key=dedup_key,
        opened_at=now,
        state_since=now,
        detected_at=min(detected_at or now, now),  # a tool's clock may be ahead of ours
        declared_at=now if state == State.INVESTIGATING else None,
    )
    try:
        with transaction.atomic():
            incident.save(force_insert=True)
    except IntegrityError as problem:
        raise Conflict("This alert already has an open incident.") from problem
    incident.services.set(services)
    if is_private and not isinstance(by, System):
        incident.invited.add(by)
        _let_see(incident, by)
    events.record(incident, Kind.OPENED, by=by, body=title, state=state, severity=severity, kind=kind)
    return incident


def _one_line(title: str) -> str:
    """The title as it is stored; raises ValidationError for one that is empty or too long."""
    line = " ".join(title.split())
    if not line:
        raise ValidationError("An incident needs a title: one line on what is seen.")
    if len(line) > 200:
        raise ValidationError("A title has at most 200 characters; put the rest into the summary.")
    return line


def _let_see(incident: Incident, person: User) -> None:
    grants.sync(person, incident, incident.seats_held_by(person), grants=IncidentGrant, invited=True)


def _next_key() -> str:
    """The next INC-number; the counter's row is locked until the transaction ends."""
    KeyCounter.objects.get_or_create(pk=1)
    counter = KeyCounter.objects.select_for_update().get(pk=1)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"INC-{counter.last}"


@transaction.atomic
def move(incident: Incident, verb: str, *, by: Actor, reason: str = "", seen: str = "") -> TimelineEntry:
    """Moves the incident by one verb and returns the row that records it.

    `seen` is the state that the person was looking at: if it has changed since, nobody's click is
    taken for something else. Raises PermissionDenied, or Conflict with a sentence that names who
    moved it and when, or what is lacking. Unmet checks stop a move unless a reason is given, which
    is then part of the record; where the move must be explained anyway, the reason waives nothing.
    """
    rule = BY_VERB.get(verb)
    authorize(by, rule.permission if rule else "incidents.change_state", incident)
    if rule is None:
        raise ValidationError(f"{verb} is no move; they are {', '.join(BY_VERB)}.")
    reason = reason.strip()
    old = Incident.objects.select_for_update().values_list("state", flat=True).get(pk=incident.pk)
    if old not in rule.sources or (seen and seen != old):
        raise Conflict(
            _who_was_first(incident, rule, old), needed=[S(state).label for state in S if state in rule.sources]
        )
    if rule.needs_reason and len(reason) < SHORTEST_REASON:
        raise Conflict(f"To {verb} it, say why in at least {SHORTEST_REASON} characters.", needed=["reason"])
    if verb == "reopen" and not _is_fresh(incident):
        raise Conflict("It was resolved more than 24 hours ago: declare a new incident.")
    lacking = unmet(incident, verb)
    if lacking and rule.needs_reason:
        raise Conflict(f"Not yet: {' '.join(lacking)}", needed=lacking)
    if lacking and not reason:
        raise Conflict(f"Not yet: {' '.join(lacking)} Give a reason to go on all the same.", needed=lacking)
    now = events.moment()
    changes: dict[str, object] = {"state": rule.target, "state_since": now} | dict.fromkeys(rule.clears)
    if rule.stamp:
        changes[rule.stamp] = now
    try:
        with transaction.atomic():
            is_moved = Incident.objects.filter(pk=incident.pk, state=old).update(**changes) == 1
    except IntegrityError as problem:
        raise Conflict(
            f"Its alert has opened another incident since: {rule.verb} that one, or work there."
        ) from problem
    if not is_moved:
        raise Conflict(_who_was_first(incident, rule, old))
    for name, value in changes.items():
        setattr(incident, name, value)
    return events.record(incident, Kind.MOVED, by=by, body=reason, verb=verb, old=old, new=rule.target, unmet=lacking)


def _is_fresh(incident: Incident) -> bool:
    """Whether its end is near enough to be taken back."""
    return incident.resolved_at is None or events.moment() - incident.resolved_at <= REOPEN_WITHIN


def _who_was_first(incident: Incident, rule: Move, current: str) -> str:
    """The sentence for whoever came too late, or pressed what the state never allowed."""
    last = (
        TimelineEntry.objects.filter(incident=incident, kind__in=[Kind.MOVED, Kind.OPENED])
        .select_related("actor")
        .order_by("-number")
        .first()
    )
    where = f"{incident.key} is {S(current).label}"
    if last is not None and last.kind == Kind.MOVED:
        where += f" since {last.recorded_at:%H:%M} UTC, moved by {last.actor or 'IncidentOps'}"
    if current in rule.sources:
        return f"{where}: look at it again before you {rule.verb} it."
    return f"{where}: {rule.verb} does not lead on from there."


def unmet(incident: Incident, verb: str) -> list[str]:
    """Sentences about what the move still lacks, from all checks that the settings name."""
    return [sentence for path in settings.INCIDENT_CHECKS for sentence in import_string(path)(incident, verb)]


def moves_for(incident: Incident, may: Iterable[str]) -> list[Offer]:
    """The moves open from the present state to somebody with the rights `may`, forward ones first."""
    rights = frozenset(may)
    open_now = [rule for rule in MOVES if incident.state in rule.sources and rule.permission in rights]
    if not _is_fresh(incident):
        open_now = [rule for rule in open_now if rule.verb != "reopen"]
    open_now.sort(key=lambda rule: not rule.is_forward or rule.verb == "cancel")
    return [Offer(rule, tuple(unmet(incident, rule.verb))) for rule in open_now]


@transaction.atomic
def change_severity(incident: Incident, severity: str, *, by: Actor, reason: str = "") -> TimelineEntry | None:
    """Changes how bad the incident is taken to be; None where it is so already. Moves nobody from a seat."""
    authorize(by, "incidents.change_state", incident)
    if severity not in Severity.values:
        raise ValidationError(f"{severity} is no severity; they run from SEV1 to SEV5.")
    now = Incident.objects.select_for_update().only("severity", "state").get(pk=incident.pk)
    old = now.severity
    if old == severity:
        return None
    if now.state in {State.CANCELLED, State.MERGED, State.CLOSED}:
        raise Conflict(f"{incident.key} is {now.get_state_display()}: its severity stays.")
    Incident.objects.filter(pk=incident.pk).update(severity=severity)
    incident.severity = severity
    return events.record(incident, Kind.SEVERITY_CHANGED, by=by, body=reason.strip(), old=old, new=severity)


#: What a person may edit in words, beside state and severity.
EDITABLE = ("title", "summary")


@transaction.atomic
def edit(incident: Incident, *, by: Actor, **changes: str) -> TimelineEntry | None:
    """Changes title or summary; the row keeps the old text. None where nothing changed."""
    authorize(by, "incidents.change_state", incident)
    if unknown := changes.keys() - set(EDITABLE):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be edited.")
    changes = {name: value.strip() for name, value in changes.items()}
    if "title" in changes:
        changes["title"] = _one_line(changes["title"])
    before = {name: getattr(incident, name) for name, value in changes.items() if getattr(incident, name) != value}
    if not before:
        return None
    for name in before:
        setattr(incident, name, changes[name])
    incident.save(update_fields=list(before))
    return events.record(incident, Kind.EDITED, by=by, before=before, after={name: changes[name] for name in before})
