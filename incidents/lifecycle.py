"""The life of an incident: how it opens, and the moves between its states.

A move is a line of `moves.MOVES`; `move` is the only function that changes a state.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from incidents import checks, events
from incidents.checks import Check
from incidents.conflicts import Conflict, refuse_overtaken
from incidents.models import (
    AlertSource,
    Incident,
    IncidentGrant,
    IncidentKind,
    IncidentType,
    KeyCounter,
    Kind,
    ReviewNeed,
    Service,
    Severity,
    State,
    TimelineEntry,
)
from incidents.moves import ASIDE, BY_VERB, MOVES, Move
from incidents.severity import consequence
from incidents.severity import rule as severity_rule
from incidents.stamps import refuse_disorder
from roles import grants
from roles.models import User
from roles.policy import Actor, System, authorize

S = State

#: How long after its end an incident may be reopened; later it is a new one.
REOPEN_WITHIN = timedelta(hours=24)
SHORTEST_REASON = 10


@dataclass(frozen=True)
class Offer:
    """A move that stands open now, with all that is looked at before it."""

    move: Move
    is_forward: bool
    checks: tuple[Check, ...]

    @property
    def unmet(self) -> tuple[str, ...]:
        """The sentences about what it still lacks."""
        return tuple(check.sentence for check in self.checks if not check.is_met)

    @property
    def met_count(self) -> int:
        return sum(check.is_met for check in self.checks)


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
    type: IncidentType | None = None,  # noqa: A002 - the column's name
    detected_at: datetime | None = None,
    source: AlertSource | None = None,
    dedup_key: str = "",
) -> Incident:
    """Opens an incident and records it; in `triage` where nobody has said yet that it is real. Some types
    open private.

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
    is_private = is_private or (type is not None and type.is_private)
    now = events.moment()
    incident = Incident(
        key=_next_key(),
        title=title,
        summary=summary.strip(),
        state=state,
        severity=severity,
        worst_severity=severity,
        kind=kind,
        type=type,
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


@transaction.atomic
def write_down(
    *,
    title: str,
    by: Actor,
    declared_at: datetime,
    detected_at: datetime | None = None,
    identified_at: datetime | None = None,
    mitigated_at: datetime | None = None,
    resolved_at: datetime | None = None,
    severity: str = Severity.SEV3,
    summary: str = "",
    services: Iterable[Service] = (),
    is_private: bool = False,
    type: IncidentType | None = None,  # noqa: A002 - the column's name
) -> Incident:
    """Writes down afterwards an incident as it went: of kind `backfilled`, with the stamps of then. Nobody is told.

    Raises what `open_incident` raises, and ValidationError by field where the stamps are out of order.
    """
    stamps = {
        "detected_at": detected_at or declared_at,
        "declared_at": declared_at,
        "identified_at": identified_at,
        "mitigated_at": mitigated_at,
        "resolved_at": resolved_at,
    }
    refuse_disorder(stamps, changed=frozenset(stamps))
    with events.dated(declared_at):
        incident = open_incident(
            title=title,
            by=by,
            severity=severity,
            summary=summary,
            services=services,
            kind=IncidentKind.BACKFILLED,
            is_private=is_private,
            type=type,
            detected_at=detected_at,
        )
    for verb, at in (("identify", identified_at), ("monitor", mitigated_at), ("resolve", resolved_at)):
        if at is not None:
            with events.dated(at):
                _walk(incident, BY_VERB[verb], incident.state, by=by)
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
def move(
    incident: Incident, verb: str, *, by: Actor, reason: str = "", seen: str = "", into: Incident | None = None
) -> TimelineEntry:
    """Moves the incident by one verb and returns the row that records it.

    `seen` is the state that the person was looking at: if it has changed since, nobody's click is
    taken for something else. Raises PermissionDenied, or Conflict with a sentence that names who
    moved it and when, or what is lacking. Unmet checks stop a move unless a reason is given, which
    is then part of the record; where the move must be explained anyway, the reason waives nothing.

    `into` is the incident in which a merged one goes on; ask `merging`, which sees to what follows from it.
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
    authorize(by, rule.permission_from(old), incident)
    incident.state = old
    if rule.needs_reason and len(reason) < SHORTEST_REASON:
        raise Conflict(f"To {verb} it, say why in at least {SHORTEST_REASON} characters.", needed=["reason"])
    if rule.needs_target != (into is not None):
        raise Conflict("Name the incident in which it goes on; only merging asks for one.", needed=["into"])
    if verb == "reopen" and not is_fresh(incident):
        raise Conflict(
            "It was resolved more than 24 hours ago: declare a new incident that names this one.",
            needed=["a new incident, recurrence_of this one"],
        )
    lacking = unmet(incident, verb)
    if lacking and rule.needs_reason:
        raise Conflict(f"Not yet: {' '.join(lacking)}", needed=lacking)
    if lacking and len(reason) < SHORTEST_REASON:
        raise Conflict(
            f"Not yet: {' '.join(lacking)} Give a reason of at least {SHORTEST_REASON} characters "
            "to go on all the same.",
            needed=lacking,
        )
    return _walk(incident, rule, old, by=by, reason=reason, lacking=lacking, into=into)


def _walk(
    incident: Incident,
    rule: Move,
    old: str,
    *,
    by: Actor,
    reason: str = "",
    lacking: Iterable[str] = (),
    into: Incident | None = None,
) -> TimelineEntry:
    """Changes state and stamps where nobody was quicker, and records it."""
    now = events.moment()
    changes: dict[str, object] = {"state": rule.target, "state_since": now} | dict.fromkeys(rule.clears)
    if rule.stamp:
        changes[rule.stamp] = now
    if into is not None:
        changes["merged_into"] = into
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
    more: dict[str, Any] = {"into": into.key} if into is not None else {}
    return events.record(
        incident, Kind.MOVED, by=by, body=reason, verb=rule.verb, old=old, new=rule.target, unmet=list(lacking), **more
    )


def is_fresh(incident: Incident) -> bool:
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
    """The moves open from the present state to somebody with the rights `may`: the next step on the road
    first, then the ways back, then those beside it."""
    return [
        Offer(rule, rule.is_forward_from(incident.state), tuple(checks.everything(incident, rule.verb)))
        for rule in _open_now(incident, may)
    ]


def next_move(incident: Incident, may: Iterable[str]) -> Offer | None:
    """The next step on the road, if it stands open."""
    first = next(iter(_open_now(incident, may)), None)
    if first is None or not first.is_forward_from(incident.state):
        return None
    return Offer(first, True, tuple(checks.everything(incident, first.verb)))


def _open_now(incident: Incident, may: Iterable[str]) -> list[Move]:
    rights, state = frozenset(may), incident.state
    found = [rule for rule in MOVES if state in rule.sources and rule.permission_from(state) in rights]
    if not is_fresh(incident):
        found = [rule for rule in found if rule.verb != "reopen"]
    asks_no_review = severity_rule(incident.worst_severity or incident.severity).review == ReviewNeed.NONE
    return sorted(
        found,
        key=lambda rule: (
            rule.target in ASIDE,
            not rule.is_forward_from(state),
            rule.verb == "review" and asks_no_review,
        ),
    )


@transaction.atomic
def change_severity(incident: Incident, severity: str, *, by: Actor, reason: str = "") -> TimelineEntry | None:
    """Changes how bad the incident is taken to be; None where it is so already. Moves nobody from a seat."""
    authorize(by, "incidents.change_state", incident)
    if severity not in Severity.values:
        raise ValidationError(f"{severity} is no severity; they run from SEV1 to SEV5.")
    now = Incident.objects.select_for_update().only("severity", "worst_severity", "state").get(pk=incident.pk)
    old = now.severity
    if old == severity:
        return None
    if now.state in {State.CANCELLED, State.MERGED, State.CLOSED}:
        raise Conflict(f"{incident.key} is {now.get_state_display()}: its severity stays.")
    incident.severity = severity
    incident.worst_severity = min(now.worst_severity or old, severity)
    incident.save(update_fields=["severity", "worst_severity"])
    return events.record(
        incident,
        Kind.SEVERITY_CHANGED,
        by=by,
        body=reason.strip(),
        old=old,
        new=severity,
        consequence=consequence(old, severity),
    )


#: What a person may edit in words, beside state and severity.
EDITABLE = ("title", "summary")


@transaction.atomic
def edit(incident: Incident, *, by: Actor, seen_version: int | None = None, **changes: str) -> TimelineEntry | None:
    """Changes title or summary; the row keeps the old text. None where nothing changed.

    `seen_version` is the version that the person had before them; raises Overtaken where others wrote since.
    """
    authorize(by, "incidents.change_state", incident)
    if unknown := changes.keys() - set(EDITABLE):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be edited.")
    changes = {name: value.strip() for name, value in changes.items()}
    if "title" in changes:
        changes["title"] = _one_line(changes["title"])
    now = Incident.objects.select_for_update().get(pk=incident.pk)
    refuse_overtaken(now, seen_version, changes)
    before = {name: getattr(now, name) for name, value in changes.items() if getattr(now, name) != value}
    if not before:
        return None
    after = {name: changes[name] for name in before}
    for name, value in (after | {"version": now.version + 1}).items():
        setattr(incident, name, value)
    incident.save(update_fields=[*before, "version"])
    return events.record(incident, Kind.EDITED, by=by, before=before, after=after)
