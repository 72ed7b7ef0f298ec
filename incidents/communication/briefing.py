"""The inward listener: tells the people who work on an incident what they need to know of it.

Writes outbox rows under stable keys, nothing else. Nobody is told what they did themselves.
"""

from collections.abc import Callable, Iterable

from django.conf import settings

from incidents.communication import talking
from incidents.models import Incident, IncidentKind, Kind, Paging, State, TimelineEntry, Update, Visibility
from incidents.models.entry import WRITTEN
from incidents.response import paging, task_links
from incidents.severity import MAJOR
from notifications import links, outbox
from roles import grants
from roles.catalog import Holding, Role
from roles.models import User

BOTH = ("email", "sms")
MAIL = ("email",)
#: Facts that are addressed: kind → template and channels. The work functions put whom into the row, as `to`.
ADDRESSED: dict[str, tuple[str, tuple[str, ...]]] = {
    Kind.SEAT_OFFERED: ("offer", BOTH),
    Kind.SEAT_HELD: ("seat_taken", MAIL),
    Kind.SEAT_RELEASED: ("offer_declined", BOTH),
    Kind.HOLDER_TIRED: ("holder_tired", BOTH),
    Kind.ACCESS_CHANGED: ("access_changed", MAIL),
    Kind.MERGED_IN: ("merged_in", BOTH),
    Kind.PAGED: ("paged", BOTH),
    Kind.PAGING_PASSED_ON: ("paging_passed_on", BOTH),
    Kind.TASK_ADDED: ("task", BOTH),
    Kind.TASK_CHANGED: ("task", BOTH),
    Kind.TASK_OVERDUE: ("task_overdue", BOTH),
    Kind.DECISION_PROPOSED: ("decision_proposed", BOTH),
    Kind.DECISION_OBJECTED: ("decision_objected", BOTH),
    Kind.ACTION_CHANGED: ("action", BOTH),
    Kind.ADVICE_ASKED: ("advice_asked", BOTH),
    Kind.ADVICE_ANSWERED: ("advice_answered", MAIL),
    Kind.ADVICE_PASSED_ON: ("advice_asked", BOTH),
    Kind.REPORT_ASKED: ("report_asked", BOTH),
    Kind.VERIFICATION: ("verification", MAIL),
    Kind.REGRESSION: ("regression", BOTH),
    Kind.QUESTION_ASKED: ("team_question", MAIL),
    Kind.QUESTION_ANSWERED: ("team_answer", MAIL),
    Kind.POINTS_APPROVED: ("points", MAIL),
    Kind.POINTS_NUDGED: ("points", BOTH),
    Kind.PROMISE_NEAR: ("promise_near", BOTH),
    Kind.PROMISE_LATE: ("promise_late", MAIL),
    Kind.PROMISE_BROKEN: ("promise_broken", BOTH),
    Kind.UPDATE_SCHEDULED: ("update_scheduled", MAIL),
    Kind.APPROVAL_DELEGATED: ("approval_delegated", BOTH),
    Kind.SIGNAL: ("signal", BOTH),
    Kind.ESCALATED: ("escalated", BOTH),
    Kind.ESCALATION_CHANGED: ("escalation_changed", BOTH),
    Kind.ESCALATION_BREACHED: ("escalation_breached", BOTH),
    Kind.FOLLOWED_UP: ("follow_up_waits", MAIL),
}
#: Facts about a seat, told to whose seat it is.
SEATS = frozenset({Kind.SEAT_HELD, Kind.SEAT_OFFERED, Kind.SEAT_HANDED_OVER, Kind.SEAT_RELEASED})
#: Facts that people hear who may not open the room: what support says.
SHARED = frozenset({Kind.POINTS_APPROVED, Kind.POINTS_NUDGED})
#: What people write names others by `@`.
MENTIONING = frozenset({*WRITTEN, Kind.ATTACHED, Kind.CAN_REPORTED})


def on_event(entry: TimelineEntry) -> None:
    """Hears one fact; safe to repeat."""
    incident = entry.incident
    if incident.kind == IncidentKind.BACKFILLED:
        return
    if people := entry.data.get("to"):
        _tell_addressed(entry, people)
    if entry.kind == Kind.OPENED:
        _tell(entry, "opened", _who_could_command(incident))
    elif entry.kind in {Kind.MOVED, Kind.SEVERITY_CHANGED}:
        _tell(entry, "moved" if entry.kind == Kind.MOVED else "severity_changed", _at_work(incident))
    elif entry.kind in SEATS and not entry.data.get("is_quiet"):
        _tell(entry, "seat", User.objects.filter(pk=entry.data["user"]))
        _tell(entry, "seat_passed_on", User.objects.filter(pk=entry.data.get("from_user")))
    elif entry.kind == Kind.UPDATE_SUBMITTED:
        channels = BOTH if incident.severity in MAJOR else MAIL
        _tell(entry, "approval_asked", _who_may(incident, "incidents.approve_update"), channels=channels)
    elif entry.kind == Kind.UPDATE_APPROVED:
        _tell(entry, "approved", _who_may(incident, "incidents.publish_update"), channels=["email"])
    elif entry.kind == Kind.UPDATE_SENT_BACK:
        _tell(entry, "sent_back", _authors(entry), channels=["email"])


def _tell_addressed(entry: TimelineEntry, people: list[int]) -> None:
    """Tells those whom the fact names, if they may know of the incident."""
    template, channels = ("mentioned", BOTH) if entry.kind in MENTIONING else ADDRESSED[entry.kind]
    may_hear = talking.may_read if entry.kind in SHARED else Incident.is_visible_to
    listed = [person for person in User.objects.filter(pk__in=people) if may_hear(entry.incident, person)]
    if entry.visibility == Visibility.ROOM:
        listed = [person for person in listed if entry.incident.is_in_room(person)]
    _tell(entry, template, listed, channels=channels, token=lambda person: _token(entry, person))


def _token(entry: TimelineEntry, person: User) -> str:
    """What lets `person` answer without signing in. It stands in their own message, not in the row."""
    if entry.kind in {Kind.TASK_ADDED, Kind.TASK_CHANGED}:
        return task_links.token_of(entry.data["task"], person)
    call = Paging.objects.filter(pk=entry.data["paging"]).first() if entry.kind == Kind.PAGED else None
    return paging.token_of(call) if call else ""


def _tell(
    entry: TimelineEntry,
    template: str,
    people: Iterable[User],
    *,
    channels: tuple[str, ...] | list[str] = ("email", "sms"),
    token: Callable[[User], str] = lambda person: "",
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
            "role": Role(entry.data["role"]).label if entry.data.get("role") else "",
            "entry_kind": entry.kind,
            "is_drill": incident.is_sandboxed,
            "url": f"{settings.SITE_URL}/incidents/{incident.key}/",
            "desk_url": f"{settings.SITE_URL}/support/incidents/{incident.key}/",
            "update_url": f"{settings.SITE_URL}/incidents/{incident.key}/updates/{entry.data.get('update', '')}/",
            "answer_url": f"{settings.SITE_URL}/paging/{links.TOKEN_MARK}/",
            "task_url": f"{settings.SITE_URL}/tasks/{links.TOKEN_MARK}/",
        },
        topic=f"incident:{incident.pk}",
        thread=f"incident-{incident.pk}",
        is_sandbox=incident.is_sandboxed,
        key=f"event:{entry.pk}:{template}",
    )
    for person in listeners.values():
        outbox.queue_person(
            person, key=f"event:{entry.pk}:{person.pk}", content=content, channels=channels, token=token(person)
        )


def _who_could_command(incident: Incident) -> list[User]:
    """Those qualified as commander; on a private incident only those who may know of it."""
    return [person for person in User.objects.qualified(Role.COMMANDER) if incident.is_visible_to(person)]


def called_by_opening(by: User, *, is_private: bool) -> list[User]:
    """Whom `on_event` will tell when `by` opens an incident, said before there is one."""
    people = User.objects.qualified(Role.COMMANDER).exclude(pk=by.pk)
    return [person for person in people if person.is_superuser or not is_private]


def _at_work(incident: Incident) -> list[User]:
    return [seat.user for seat in incident.live_seats if seat.is_held]


def _who_may(incident: Incident, action: str) -> list[User]:
    workers = {seat.user for seat in incident.live_seats if seat.is_held and seat.kind != Holding.SHADOW}
    return [person for person in workers if action in grants.held(person, incident)]


def _authors(entry: TimelineEntry) -> list[User]:
    update = Update.objects.select_related("author", "edited_by").get(pk=entry.data["update"])
    return [person for person in (update.author, update.edited_by) if person is not None]
