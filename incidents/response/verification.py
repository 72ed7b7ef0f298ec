"""Proof that it is over: checks that open when an incident enters monitoring, and that `resolve` asks for.

Linked alerts have to be quiet for a while; at SEV1 and SEV2 a named tester signs; the Technical Lead adds what
is to be measured. Going back from monitoring starts them anew. Probes of components come later.
"""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from incidents import events, readings
from incidents.conflicts import Conflict
from incidents.models import (
    ActionKind,
    ActionState,
    Alert,
    CheckKind,
    CheckState,
    Incident,
    IncidentKind,
    Kind,
    State,
    TimelineEntry,
    VerificationCheck,
)
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM, Actor, System, authorize, may

Checks = VerificationCheck.objects
C = CheckState
#: For how long linked alerts have to be quiet.
QUIET_FOR = 10
#: Up to this severity a named tester signs; at the worst one it is nobody who ran the fix.
SIGNED_TO_RANK = 2
OTHER_HANDS_TO_RANK = 1
ASKED = "Verification"
SETTLED = (C.PASSED, C.WAIVED)
FIRING = (Alert.Status.FIRING, Alert.Status.ACKNOWLEDGED)
SHORTEST_REASON = 10
LONGEST_TITLE = 200
LONGEST_NOTE = 300
LONGEST_READING = 100
LONGEST_WAIT = 24 * 60
#: States in which something is still to be proven.
OPEN_STATES = frozenset({State.INVESTIGATING, State.IDENTIFIED, State.MONITORING})


# --- what opens and closes by itself -----------------------------------------------------------


def on_event(entry: TimelineEntry) -> None:
    """Hears one fact; safe to repeat. Opens what has to be checked, and starts anew after a step back."""
    if entry.kind == Kind.MOVED and entry.data.get("old") == State.MONITORING:
        _start_anew(entry)
    if entry.kind in {Kind.MOVED, Kind.ALERT_LINKED, Kind.SEVERITY_CHANGED}:
        open_checks(entry.incident)


@transaction.atomic
def open_checks(incident: Incident) -> None:
    """Makes the checks that an incident in monitoring needs and has not; safe to repeat."""
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    if incident.state != State.MONITORING or incident.kind == IncidentKind.BACKFILLED:
        return
    present = set(incident.verification.values_list("kind", flat=True))
    made_at = events.moment()
    if CheckKind.ALERTS_QUIET not in present and incident.alerts.exists():
        check = Checks.create(
            incident=incident,
            kind=CheckKind.ALERTS_QUIET,
            title="Linked alerts quiet",
            minutes=QUIET_FOR,
            created_at=made_at,
        )
        _record(check, by=SYSTEM, sentence=f"To be verified: linked alerts quiet for {QUIET_FOR} min", tag=ASKED)
        _look(check, timezone.now())
    if CheckKind.SIGNED not in present and incident.severity_rank <= SIGNED_TO_RANK:
        tester = _proposed_tester(incident)
        check = Checks.create(
            incident=incident,
            kind=CheckKind.SIGNED,
            title="Tried by a tester",
            minutes=0,
            tester=tester,
            created_at=made_at,
        )
        asked = f"{tester} is asked to try it and sign" if tester else "somebody tries it and signs; name a tester"
        _record(check, by=SYSTEM, sentence=f"To be verified: {asked}", tag=ASKED, to=[tester.pk] if tester else [])


def _start_anew(entry: TimelineEntry) -> None:
    """Nothing that was proven or waived before a step back counts any more; a repeat leaves later work alone."""
    if entry.data.get("new") not in {State.INVESTIGATING, State.IDENTIFIED}:
        return
    before = Q(settled_at__lte=entry.occurred_at) | Q(holds_since__lte=entry.occurred_at)
    Checks.filter(before, incident=entry.incident).update(
        state=C.PENDING, holds_since=None, settled_at=None, settled_by=None, reading="", note=""
    )


def _proposed_tester(incident: Incident) -> User | None:
    """The Technical Lead, or at the worst severity the first expert who ran no fix."""
    seats = [seat for role in (Role.TECH_LEAD, Role.SME) for seat in incident.holders_of(role)]
    people = [seat.user for seat in seats if seat.kind != Holding.SHADOW]
    return next((person for person in people if not _ran_the_fix(incident, person)), None)


def _ran_the_fix(incident: Incident, person: User) -> bool:
    """Whether somebody else must try it: at SEV1, for who carried out what ended it."""
    if incident.severity_rank > OTHER_HANDS_TO_RANK:
        return False
    fixes = incident.actions.filter(state=ActionState.DONE).exclude(kind=ActionKind.DIAGNOSTIC)
    return fixes.filter(executor=person).exists()


def settle_quiet() -> None:
    """By the clock: passes each check whose alerts have been quiet long enough. Safe to repeat."""
    due = Checks.filter(kind=CheckKind.ALERTS_QUIET, incident__state=State.MONITORING).exclude(state__in=SETTLED)
    for pk in list(due.values_list("pk", flat=True)):
        _look_again(pk)


def on_alert(alert: Alert) -> None:
    """An alert changed: what counts as quiet is looked at again at once."""
    if alert.incident is None or alert.incident.state != State.MONITORING:
        return
    quiet = Checks.filter(kind=CheckKind.ALERTS_QUIET, incident=alert.incident).exclude(state=C.WAIVED)
    for pk in list(quiet.values_list("pk", flat=True)):
        _look_again(pk)


@transaction.atomic
def _look_again(pk: int) -> None:
    # The incident first, as whoever settles a check does: two who lock the other way round wait for each other.
    incident = Incident.objects.select_for_update().get(pk=Checks.values_list("incident", flat=True).get(pk=pk))
    check = Checks.select_for_update(of=["self"]).get(pk=pk)
    check.incident = incident
    if check.incident.state == State.MONITORING and check.state != C.WAIVED:
        _look(check, timezone.now())


def _look(check: VerificationCheck, now: datetime) -> None:
    """Brings a check of alerts in line with them; only passing, and failing after that, is a fact."""
    alerts = list(check.incident.alerts.all())
    firing = [alert for alert in alerts if alert.status in FIRING]
    before = (check.state, check.holds_since, check.reading)
    was_passed = check.state == C.PASSED
    if firing:
        check.state, check.holds_since, check.settled_at = C.FAILED, None, None
        check.reading = f"{len(firing)} firing"
    elif not was_passed:
        check.holds_since = check.holds_since or max((alert.last_seen_at for alert in alerts), default=now)
        check.state, check.reading = C.PENDING, "quiet"
        if now - check.holds_since >= timedelta(minutes=check.minutes):
            check.state, check.settled_at = C.PASSED, now
            check.reading = f"quiet {check.minutes} min"
    if before == (check.state, check.holds_since, check.reading):
        return
    check.save(update_fields=["state", "holds_since", "settled_at", "reading"])
    if was_passed and firing:
        _record(check, by=SYSTEM, sentence=f"Not proven any more: {firing[0].title} fires again", tag="Failing")
    elif check.state == C.PASSED and not was_passed:
        _record(check, by=SYSTEM, sentence=f"Linked alerts quiet for {check.minutes} min", tag="Passed")


# --- what people do ------------------------------------------------------------------------------


@transaction.atomic
def add(
    incident: Incident,
    *,
    by: Actor,
    title: str,
    kind: str = CheckKind.MEASURED,
    minutes: int = 0,
    tester: User | None = None,
) -> VerificationCheck:
    """Adds something to measure, or something for a named tester to try. `minutes` is how long it has to hold."""
    authorize(by, "incidents.verify", incident)
    incident = _locked(incident)
    if kind not in {CheckKind.MEASURED, CheckKind.SIGNED}:
        raise ValidationError("A check is measured, or signed by a tester; alerts are watched by themselves.")
    title = " ".join(title.split())
    if not title:
        raise ValidationError("A check needs a title: what is measured, and from where on is it well?")
    if len(title) > LONGEST_TITLE:
        raise ValidationError(f"A title has at most {LONGEST_TITLE} characters.")
    if not 0 <= minutes <= LONGEST_WAIT:
        raise ValidationError("How long it has to hold is between 0 minutes (once) and a day.")
    if tester is not None:
        _check_tester(incident, tester)
    check = Checks.create(
        incident=incident,
        kind=kind,
        title=title,
        minutes=minutes if kind == CheckKind.MEASURED else 0,
        tester=tester if kind == CheckKind.SIGNED else None,
        created_by=None if isinstance(by, System) else by,
        created_at=events.moment(),
    )
    people = [tester.pk] if tester is not None and kind == CheckKind.SIGNED else []
    _record(check, by=by, sentence=f"To be verified: {title}", tag=ASKED, to=people)
    return check


@transaction.atomic
def assign(check: VerificationCheck, tester: User, *, by: Actor) -> VerificationCheck:
    """Names who tries it."""
    authorize(by, "incidents.verify", check.incident)
    row = _row(check)
    if row.kind != CheckKind.SIGNED:
        raise Conflict("Only what is signed has a tester.")
    if row.state in SETTLED:
        raise Conflict(f"It is {row.get_state_display().lower()} already.", needed=["an open check"])
    _check_tester(row.incident, tester)
    if row.tester_id == tester.pk:
        return row
    row.tester, row.state = tester, C.PENDING
    row.save(update_fields=["tester", "state"])
    _record(row, by=by, sentence=f"{tester} is asked to try it: {row.title}", tag=ASKED, to=[tester.pk])
    return row


@transaction.atomic
def sign(check: VerificationCheck, *, by: Actor, works: bool = True, note: str = "") -> VerificationCheck:
    """The named tester says that it works, or that it does not and what they saw. Nobody else may."""
    authorize(by, "incidents.view_incident", check.incident)
    row = _row(check)
    if row.kind != CheckKind.SIGNED:
        raise Conflict("Only what is tried by a tester is signed.")
    if not isinstance(by, System) and row.tester_id != by.pk:
        raise PermissionDenied(f"It is signed by its tester{f', {row.tester}' if row.tester else '; name one'}.")
    if row.state in SETTLED:
        raise Conflict(f"It is {row.get_state_display().lower()} already.", needed=["an open check"])
    if not isinstance(by, System):
        _check_tester(row.incident, by)
    note = _note(note)
    if not works and not note:
        raise Conflict("Say what does not work.", needed=["note"])
    _settle(row, C.PASSED if works else C.FAILED, by=by, note=note)
    who = row.tester or "The tester"
    sentence = (
        f"{who} tried it, and it works: {row.title}" if works else f"{who} tried it, and it does not work: {row.title}"
    )
    _record(row, by=by, sentence=_joined(sentence, note), tag="Signed" if works else "Failing")
    return row


@transaction.atomic
def read(check: VerificationCheck, *, by: Actor, reading: str, holds: bool) -> VerificationCheck:
    """Enters what was read off, and whether it is well. What has to hold for a while passes with a good reading
    that comes so many minutes after the first one."""
    authorize(by, "incidents.verify", check.incident)
    row = _row(check)
    if row.kind != CheckKind.MEASURED:
        raise Conflict("Only what is measured has a reading to enter.")
    if row.state == C.WAIVED:
        raise Conflict("It is waived already.", needed=["an open check"])
    reading = " ".join(reading.split())
    if not reading:
        raise ValidationError("Write what you read off: “2.1%”.")
    if len(reading) > LONGEST_READING:
        raise ValidationError(f"A reading has at most {LONGEST_READING} characters.")
    now = events.moment()
    row.reading = reading
    row.holds_since = (row.holds_since or now) if holds else None
    has_held = holds and now - (row.holds_since or now) >= timedelta(minutes=row.minutes)
    state = C.PASSED if has_held else C.PENDING if holds else C.FAILED
    _settle(row, state, by=by)
    tag = {C.PASSED: "Passed", C.PENDING: "Holds so far", C.FAILED: "Failing"}[state]
    _record(row, by=by, sentence=f"{row.title}: {reading}", tag=tag)
    return row


@transaction.atomic
def waive(check: VerificationCheck, *, by: Actor, reason: str) -> VerificationCheck:
    """Does without it, and says why."""
    authorize(by, "incidents.verify", check.incident)
    row = _row(check)
    if row.state in SETTLED:
        raise Conflict(f"It is {row.get_state_display().lower()} already.", needed=["an open check"])
    reason = _note(reason)
    if len(reason) < SHORTEST_REASON:
        raise Conflict(f"Say in at least {SHORTEST_REASON} characters why it is not needed.", needed=["reason"])
    _settle(row, C.WAIVED, by=by, note=reason)
    _record(row, by=by, sentence=_joined(f"Not verified: {row.title}", reason), tag="Waived")
    return row


# --- questions --------------------------------------------------------------------------------


def unmet(incident: Incident, verb: str) -> list[str]:
    """Each thing that is not verified, when somebody says that it is over; named in settings.INCIDENT_CHECKS."""
    if verb != "resolve":
        return []
    return [_lacks(check) for check in readings.of(incident).checks if check.state not in SETTLED]


def _lacks(check: VerificationCheck) -> str:
    if check.kind == CheckKind.SIGNED:
        return (
            f"Not verified: {check.title}, {f'{check.tester} has not signed' if check.tester else 'nobody is named'}."
        )
    if check.state == C.FAILED:
        return f"Not verified: {check.title}, {check.reading}."
    return f"Not verified: {check.title}{f' for {check.minutes} min' if check.minutes else ''}."


def may_sign(check: VerificationCheck, user: User) -> bool:
    """Whether the signature is theirs to give now."""
    return check.kind == CheckKind.SIGNED and check.state not in SETTLED and check.tester_id == user.pk


def to_sign(incident: Incident, user: User) -> list[VerificationCheck]:
    """What waits for the signature of `user`; no query before monitoring."""
    if incident.state != State.MONITORING:
        return []
    return [check for check in readings.of(incident).checks if may_sign(check, user)]


def waiting_for(user: User) -> QuerySet[VerificationCheck]:
    """What waits for the signature of `user` in all incidents that are being watched, the oldest first."""
    rows = Checks.filter(kind=CheckKind.SIGNED, tester=user, incident__state=State.MONITORING)
    return rows.exclude(state__in=SETTLED).select_related("incident").order_by("created_at")


# --- inside -----------------------------------------------------------------------------------


def _locked(incident: Incident) -> Incident:
    fresh = Incident.objects.select_for_update().get(pk=incident.pk)
    if fresh.state not in OPEN_STATES:
        raise Conflict(
            f"{fresh.key} is {fresh.get_state_display().lower()}: there is nothing to verify.",
            needed=[State.MONITORING.label],
        )
    return fresh


def _row(check: VerificationCheck) -> VerificationCheck:
    incident = _locked(check.incident)
    row = Checks.select_for_update(of=["self"]).select_related("tester").get(pk=check.pk)
    row.incident = incident
    return row


def _check_tester(incident: Incident, tester: User) -> None:
    if not (tester.is_staff and may(tester, "incidents.view_incident", incident)):
        raise ValidationError(f"{tester} is not a responder on this incident.")
    if _ran_the_fix(incident, tester):
        raise Conflict(
            f"{tester} ran the fix: at {incident.severity} somebody else tries it.", needed=["another tester"]
        )


def _settle(row: VerificationCheck, state: str, *, by: Actor, note: str = "") -> None:
    row.state, row.note = state, note
    row.settled_by = None if isinstance(by, System) else by
    row.settled_at = events.moment()
    row.save(update_fields=["state", "note", "settled_by", "settled_at", "reading", "holds_since"])


def _note(text: str) -> str:
    line = " ".join(text.split())
    if len(line) > LONGEST_NOTE:
        raise ValidationError(f"At most {LONGEST_NOTE} characters; share a finding for the rest.")
    return line


def _joined(sentence: str, words: str) -> str:
    return f"{sentence.rstrip('.')}. {words}" if words else sentence


def _record(
    check: VerificationCheck, *, by: Actor, sentence: str, tag: str, to: list[int] | None = None
) -> TimelineEntry:
    return events.record(
        check.incident,
        Kind.VERIFICATION,
        by=by,
        body=sentence,
        tag=tag,
        check=check.pk,
        check_kind=str(check.kind),
        state=str(check.state),
        title=check.title,
        reading=check.reading,
        to=to or [],
    )
