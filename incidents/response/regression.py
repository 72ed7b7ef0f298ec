"""The day after: an alert that fires again within 24 hours of its incident's end is a regression of that incident.

It is said in the room and to those who led; nothing is reopened by itself. What fires later opens a new incident,
linked to the old one (`detection.alerts`).
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from incidents import events
from incidents.models import Alert, Incident, Kind, LinkKind, State, TimelineEntry
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM

WATCHED_FOR = timedelta(hours=24)
#: Ended, and open to being reopened; what is closed is a matter of a new incident.
WATCHED = (State.RESOLVED, State.REVIEWING)


def is_watched(incident: Incident | None, now: datetime | None = None) -> bool:
    """Whether a firing alert of this incident is a regression of it."""
    if incident is None or incident.state not in WATCHED or incident.resolved_at is None:
        return False
    return (now or timezone.now()) - incident.resolved_at <= WATCHED_FOR


@transaction.atomic
def note(alert: Alert) -> TimelineEntry | None:
    """Says once per alert and resolution that it fires again; None where that was said already, or is none."""
    if alert.incident is None or alert.status != Alert.Status.FIRING:
        return None
    incident = Incident.objects.select_for_update().get(pk=alert.incident.pk)
    if not is_watched(incident):
        return None
    resolved_at = incident.resolved_at.isoformat() if incident.resolved_at else ""
    said = incident.entries.filter(kind=Kind.REGRESSION, data__alert=alert.pk, data__resolved_at=resolved_at)
    if said.exists():
        return None
    return events.record(
        incident,
        Kind.REGRESSION,
        by=SYSTEM,
        body=f"{alert.title} fires after this was resolved.",
        tag="Regression",
        alert=alert.pk,
        title=alert.title,
        source=alert.source.name,
        resolved_at=resolved_at,
        state=str(incident.state),
        to=_who_led(incident),
    )


def standing(incident: Incident) -> list[TimelineEntry]:
    """The regressions since its end, newest first, while it can still be reopened; no query before its end."""
    if not is_watched(incident):
        return []
    resolved_at = incident.resolved_at.isoformat() if incident.resolved_at else ""
    return list(incident.entries.filter(kind=Kind.REGRESSION, data__resolved_at=resolved_at).order_by("-number"))


def unanswered(user: User) -> list[TimelineEntry]:
    """The newest regression of each incident that `user` may see, neither reopened nor declared anew: one query."""
    rows = TimelineEntry.objects.filter(
        kind=Kind.REGRESSION,
        incident__in=Incident.objects.visible_to(user).filter(
            state__in=WATCHED, resolved_at__gte=timezone.now() - WATCHED_FOR
        ),
    ).exclude(incident__linked_from__kind=LinkKind.RECURRENCE_OF)
    newest: dict[int, TimelineEntry] = {}
    for row in rows.select_related("incident").order_by("-pk"):
        ended = row.incident.resolved_at
        if ended is not None and row.data.get("resolved_at") == ended.isoformat():
            newest.setdefault(row.incident_id, row)
    return list(newest.values())


def _who_led(incident: Incident) -> list[int]:
    """Ids of those who command or lead the technical work, deputies with them."""
    seats = [seat for role in (Role.COMMANDER, Role.TECH_LEAD) for seat in incident.holders_of(role)]
    return sorted({seat.user_id for seat in seats if seat.kind != Holding.SHADOW})
