"""Approved texts that go out at a chosen time by themselves, once."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents import events
from incidents.communication import cadence, promise_clock, updates
from incidents.conflicts import Conflict
from incidents.models import Incident, Kind, Update, UpdateState
from roles.catalog import Role
from roles.policy import SYSTEM, Actor, authorize

#: Further ahead nobody knows what will be true.
FURTHEST = timedelta(days=7)


@transaction.atomic
def schedule(update: Update, *, by: Actor, at: datetime, seen_version: int | None = None) -> Update:
    """Lets an approved text go out at a time; asked again, the new time counts.

    Raises PermissionDenied, ValidationError for a time that is past or too far, Conflict where it is not approved.
    """
    authorize(by, "incidents.publish_update", update.incident)
    now = events.moment()
    if at <= now:
        raise ValidationError("That time is past: publish it now, or choose a time ahead.")
    if at > now + FURTHEST:
        raise ValidationError("An update is scheduled for the next seven days at most.")
    update = _locked(update)
    if seen_version is not None and update.version != seen_version:
        raise Conflict("This text was changed after you opened it: read it again.")
    if update.state != UpdateState.APPROVED:
        raise Conflict("Only an approved text goes out by itself.", needed=["approval"])
    if update.next_update_at is not None and update.next_update_at <= at:
        raise ValidationError(
            f"It promises the next update by {update.next_update_at:%H:%M} UTC, which is before it would go out."
        )
    Update.objects.filter(pk=update.pk).update(publish_at=at, version=F("version") + 1)
    update.refresh_from_db()
    _note(update, by, f"Goes out at {at:%H:%M} UTC by itself.")
    return update


@transaction.atomic
def unschedule(update: Update, *, by: Actor) -> Update:
    """Takes the time back: the text stays approved, and waits for somebody to publish it. Safe to repeat."""
    authorize(by, "incidents.publish_update", update.incident)
    update = _locked(update)
    if update.publish_at is not None and update.state == UpdateState.APPROVED:
        _take_back(update, by, "Does not go out by itself any more.")
    return update


def strike() -> int:
    """Publishes what is due, once, and takes back what an ended incident has overtaken; answers how many went out."""
    waiting = Update.objects.filter(state=UpdateState.APPROVED, publish_at__isnull=False).select_related("incident")
    now = timezone.now()
    out = 0
    for update in waiting:
        if _is_overtaken(update):
            _drop(update.pk, f"{update.incident.key} is {update.incident.get_state_display().lower()} since.")
        elif update.publish_at is not None and update.publish_at <= now:
            out += _publish(update.pk, now)
    return out


def _publish(pk: int, now: datetime) -> bool:
    try:
        with transaction.atomic():
            update = _locked(Update.objects.get(pk=pk))
            if update.state != UpdateState.APPROVED or update.publish_at is None or update.publish_at > now:
                return False
            updates.publish(update, by=SYSTEM, seen_version=update.version)
    except (ValidationError, PermissionDenied) as refusal:
        why = " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)
        _drop(pk, why)
        return False
    return True


def _is_overtaken(update: Update) -> bool:
    return not update.incident.is_active and update.status not in cadence.LAST_WORDS


@transaction.atomic
def _drop(pk: int, why: str) -> None:
    update = _locked(Update.objects.get(pk=pk))
    if update.publish_at is None or update.state != UpdateState.APPROVED:
        return
    incident = update.incident
    told = {*promise_clock.writers(incident), *promise_clock.holders(incident, Role.STATUS_PAGE_MANAGER)}
    told |= set(promise_clock.holders(incident, Role.COMMANDER))
    _take_back(update, SYSTEM, f"Did not go out by itself: {why}", to=sorted(told))


def _take_back(update: Update, by: Actor, says: str, **more: Any) -> None:
    Update.objects.filter(pk=update.pk).update(publish_at=None, version=F("version") + 1)
    update.refresh_from_db()
    _note(update, by, says, **more)


def _note(update: Update, by: Actor, says: str, **more: Any) -> None:
    at = update.publish_at
    events.record(
        update.incident,
        Kind.UPDATE_SCHEDULED,
        by=by,
        body=f"{update.title or update.get_audience_display()}: {says}",
        publish_at=at.isoformat() if at else None,
        **updates.facts(update),
        **more,
    )


def _locked(update: Update) -> Update:
    Incident.objects.select_for_update().only("pk").get(pk=update.incident_id)
    return Update.objects.select_related("incident").get(pk=update.pk)
