"""What an alert does to us: it is noted under its key, opens an incident in triage or joins the open one
that the same source and key opened, and is acknowledged or linked by people. It never ends an incident.
Of one that ended less than a day ago it raises a regression; later it opens a new one, linked to the old.
"""

from contextlib import suppress

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from incidents import events, lifecycle, links
from incidents.detection.signal import Signal
from incidents.lifecycle import Conflict
from incidents.models import (
    Alert,
    AlertSource,
    Incident,
    Kind,
    LinkKind,
    Payload,
    Service,
    Severity,
    State,
)
from incidents.response import regression
from roles.models import User
from roles.policy import SYSTEM, Actor, authorize

Status = Alert.Status
#: How bad the incident is taken to be that an alert opens, until a person says otherwise.
SEVERITY_OF = {
    "critical": Severity.SEV2,
    "error": Severity.SEV3,
    "warning": Severity.SEV4,
    "info": Severity.SEV5,
}
#: Incidents on whose timeline an alert has nothing to say any more.
PAST = frozenset({State.CLOSED, State.CANCELLED, State.MERGED})
FIRING = frozenset({Status.FIRING, Status.ACKNOWLEDGED})


@transaction.atomic
def note(source: AlertSource, signal: Signal, *, payload: Payload, service: Service | None) -> Alert:
    """Takes one signal in: the row of its key, and what follows for an incident. Safe to repeat with the
    same payload, and with payloads that overtook each other: what came later says how it is now."""
    alert, is_new = Alert.objects.get_or_create(
        source=source,
        dedup_key=signal.dedup_key,
        defaults={**_words(signal, service), "status": signal.status, "payload": payload},
    )
    if is_new:
        before, severity_before = "", signal.severity
    else:
        alert = Alert.objects.select_for_update(of=["self"]).select_related("incident").get(pk=alert.pk)
        if alert.payload_id == payload.pk:
            return alert
        before, severity_before = alert.status, alert.severity
        alert.seen_count += 1
        alert.last_seen_at = timezone.now()
        if alert.payload_id is not None and payload.pk < alert.payload_id:
            alert.save(update_fields=["seen_count", "last_seen_at"])
            return alert
        _take_over(alert, signal, payload, service)
    alert.source = source
    has_changed = alert.status != before or alert.severity != severity_before
    if alert.status == Status.FIRING and regression.is_watched(alert.incident):
        _say_that_it_is_back(alert, has_changed=has_changed)
    elif alert.status in FIRING and source.opens_incidents:
        _bring_to_incident(alert, has_changed=has_changed)
    elif has_changed and alert.incident is not None and alert.incident.state not in PAST:
        _record(alert, by=SYSTEM)
    if has_changed:
        for path in settings.ALERT_LISTENERS:
            import_string(path)(alert)
    return alert


@transaction.atomic
def acknowledge(alert: Alert, *, by: User) -> Alert:
    """Says that somebody looks after a firing alert; the first to say so stands."""
    authorize(by, "incidents.declare_incident")
    alert = Alert.objects.select_for_update(of=["self"]).select_related("incident", "source").get(pk=alert.pk)
    if alert.status == Status.ACKNOWLEDGED:
        raise Conflict(f"{alert.acknowledged_by or 'Its source'} acknowledged it already.")
    if alert.status != Status.FIRING:
        raise Conflict(f"It is {alert.get_status_display().lower()}: there is nothing to acknowledge.")
    alert.status = Status.ACKNOWLEDGED
    alert.acknowledged_by = by
    alert.acknowledged_at = timezone.now()
    alert.save(update_fields=["status", "acknowledged_by", "acknowledged_at"])
    if alert.incident is not None and alert.incident.state not in PAST:
        _record(alert, by=by)
    return alert


@transaction.atomic
def link(alert: Alert, incident: Incident, *, by: User) -> Alert:
    """Makes the alert part of an incident; while that one is open, its further firings belong there."""
    authorize(by, "incidents.add_entry", incident)
    alert = Alert.objects.select_for_update(of=["self"]).select_related("incident", "source").get(pk=alert.pk)
    if alert.incident_id == incident.pk:
        return alert
    if incident.state in PAST:
        raise Conflict(f"{incident.key} is {incident.get_state_display()}: nothing more is linked to it.")
    if alert.incident is not None and alert.incident.is_active:
        raise Conflict("It is part of another incident that is still open.")
    alert.incident = incident
    alert.save(update_fields=["incident"])
    _record(alert, by=by)
    return alert


def suggestions(alert: Alert, user: User) -> list[Incident]:
    """Open incidents that the alert may be part of, closest first: those that name its service."""
    rows = Incident.objects.active().visible_to(user).order_by("severity", "-opened_at")
    if alert.service_id is None:
        return []
    return [incident for incident in rows.filter(services=alert.service_id)[:4] if incident != alert.incident][:3]


def _words(signal: Signal, service: Service | None) -> dict[str, object]:
    return {
        "severity": signal.severity,
        "title": signal.title,
        "body": signal.body,
        "labels": signal.labels,
        "links": signal.links,
        "component_hint": signal.component_hint,
        "service": service,
        "starts_at": signal.starts_at,
        "ends_at": signal.ends_at,
    }


def _take_over(alert: Alert, signal: Signal, payload: Payload, service: Service | None) -> None:
    """Writes what the newest signal says into the row of its key; an acknowledgement outlasts repeats."""
    for name, value in _words(signal, service).items():
        setattr(alert, name, value)
    stays_acknowledged = alert.status == Status.ACKNOWLEDGED and signal.status == Status.FIRING
    if not stays_acknowledged:
        alert.status = signal.status
        if signal.status == Status.FIRING:
            alert.acknowledged_by = None
            alert.acknowledged_at = None
    alert.payload = payload
    alert.save()


def _say_that_it_is_back(alert: Alert, *, has_changed: bool) -> None:
    """Raises the regression the first time; what changes after that is noted as any alert is."""
    if regression.note(alert) is None and has_changed:
        _record(alert, by=SYSTEM)


def _bring_to_incident(alert: Alert, *, has_changed: bool) -> None:
    """Joins the open incident, or opens one in triage; a mere repeat leaves no trace on the timeline."""
    if alert.incident is not None and alert.incident.is_active:
        if has_changed:
            _record(alert, by=SYSTEM)
        return
    was_no_incident = alert.incident is not None and alert.incident.state == State.CANCELLED and not has_changed
    if alert.status != Status.FIRING or was_no_incident:
        return
    before, alert.incident = alert.incident, _open_one(alert) or _opened(alert)
    alert.save(update_fields=["incident"])
    if before is not None and before.resolved_at is not None:
        with suppress(Conflict):  # linked already, or the old one is private and must not be told of
            links.link(alert.incident, before, by=SYSTEM, kind=LinkKind.RECURRENCE_OF)
    _record(alert, by=SYSTEM)


def _open_one(alert: Alert) -> Incident | None:
    """The open incident that this source and key opened."""
    return Incident.objects.active().filter(source=alert.source, dedup_key=alert.dedup_key).first()


def _opened(alert: Alert) -> Incident:
    """A new incident in triage; or the one that another worker has opened for the same key just now."""
    try:
        return lifecycle.open_incident(
            title=alert.title[:200].strip(),
            summary=alert.body,
            severity=severity_of(alert),
            services=[alert.service] if alert.service else [],
            state=State.TRIAGE,
            detected_at=alert.starts_at,
            source=alert.source,
            dedup_key=alert.dedup_key,
            by=SYSTEM,
        )
    except ValidationError:
        if (first := _open_one(alert)) is None:
            raise
        return first


def severity_of(alert: Alert) -> str:
    """What the alert's own severity means here; the source's where it names none."""
    return SEVERITY_OF.get(alert.severity) or alert.source.severity or Severity.SEV3


def _record(alert: Alert, *, by: Actor) -> None:
    if alert.incident is None:
        return
    word = alert.get_status_display().lower()
    events.record(
        alert.incident,
        Kind.ALERT_LINKED,
        by=by,
        body=f"{alert.title}: {word} ({alert.source})",
        alert=alert.pk,
        title=alert.title,
        status=str(alert.status),
        severity=alert.severity,
        source=alert.source.name,
        service=alert.service.slug if alert.service else "",
        hint=alert.component_hint,
    )
