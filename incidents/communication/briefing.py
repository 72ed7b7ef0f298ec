"""The inward listener: tells the people who work on an incident what they need to know of it.

Writes outbox rows under stable keys, nothing else. Nobody is told what they did themselves.
"""

from collections.abc import Iterable

from django.conf import settings

from incidents.models import Incident, IncidentKind, Kind, State, TimelineEntry, Update
from notifications import outbox
from roles import grants
from roles.catalog import Holding, Role
from roles.models import User


def on_event(entry: TimelineEntry) -> None:
    """Hears one fact; safe to repeat."""
    incident = entry.incident
    if incident.kind == IncidentKind.BACKFILLED:
        return
    if entry.kind == Kind.OPENED:
        _tell(entry, "opened", _who_could_command(incident))
    elif entry.kind in {Kind.MOVED, Kind.SEVERITY_CHANGED}:
        _tell(entry, "moved" if entry.kind == Kind.MOVED else "severity_changed", _at_work(incident))
    elif entry.kind in {Kind.SEAT_HELD, Kind.SEAT_OFFERED, Kind.SEAT_HANDED_OVER, Kind.SEAT_RELEASED}:
        _tell(entry, "seat", User.objects.filter(pk=entry.data["user"]))
        _tell(entry, "seat_passed_on", User.objects.filter(pk=entry.data.get("from_user")))
    elif entry.kind == Kind.UPDATE_SUBMITTED:
        _tell(entry, "approval_asked", _who_may(incident, "incidents.approve_update"), channels=["email"])
    elif entry.kind == Kind.UPDATE_APPROVED:
        _tell(entry, "approved", _who_may(incident, "incidents.publish_update"), channels=["email"])
    elif entry.kind == Kind.UPDATE_SENT_BACK:
        _tell(entry, "sent_back", _authors(entry), channels=["email"])


def _tell(
    entry: TimelineEntry,
    template: str,
    people: Iterable[User],
    *,
    channels: tuple[str, ...] | list[str] = ("email", "sms"),
) -> None:
    listeners = {person.pk: person for person in people if person.pk != entry.actor_id and person.is_active}
    if not listeners:
        return
    incident = entry.incident
    content = outbox.content(
        template=f"incidents/{template}",
        context={
            "key": incident.key,
            "title": incident.title,
            "summary": incident.summary,
            "severity": incident.severity,
            "state": State(entry.data["new"]).label if entry.kind == Kind.MOVED else incident.get_state_display(),
            "actor": str(entry.actor) if entry.actor else "",
            "body": entry.body,
            "at": entry.occurred_at,
            "data": entry.data,
            "role": Role(entry.data["role"]).label if "role" in entry.data else "",
            "entry_kind": entry.kind,
            "is_drill": incident.is_sandboxed,
            "url": f"{settings.SITE_URL}/incidents/{incident.key}/",
        },
        topic=f"incident:{incident.pk}",
        thread=f"incident-{incident.pk}",
        is_sandbox=incident.is_sandboxed,
        key=f"event:{entry.pk}:{template}",
    )
    for person in listeners.values():
        outbox.queue_person(person, key=f"event:{entry.pk}:{person.pk}", content=content, channels=channels)


def _who_could_command(incident: Incident) -> list[User]:
    """Those qualified as commander; on a private incident only those who may know of it."""
    return [person for person in User.objects.qualified(Role.COMMANDER) if incident.is_visible_to(person)]


def _at_work(incident: Incident) -> list[User]:
    return [seat.user for seat in incident.live_seats if seat.is_held]


def _who_may(incident: Incident, action: str) -> list[User]:
    workers = {seat.user for seat in incident.live_seats if seat.is_held and seat.kind != Holding.SHADOW}
    return [person for person in workers if action in grants.held(person, incident)]


def _authors(entry: TimelineEntry) -> list[User]:
    update = Update.objects.select_related("author", "edited_by").get(pk=entry.data["update"])
    return [person for person in (update.author, update.edited_by) if person is not None]
