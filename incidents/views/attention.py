"""What needs somebody's attention now, over all active incidents that a person may see.

Works on rows that the Situation page has read already: five further queries, however many incidents.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone

from incidents.models import Audience, Incident, Task, TimelineEntry, Update, UpdateState
from incidents.response import called, regression
from incidents.severity import in_words, rule
from incidents.views.answers import room_of
from incidents.views.pictures import Picture
from roles import grants
from roles.catalog import SIGNS, Role
from roles.models import RoleAssignment, User

#: With more vacant seats than this on one incident, they are one line together.
MOST_GAPS_APART = 2
#: With more overdue tasks of others than this on one incident, they are one line together.
MOST_TASKS_APART = 2
#: A promise is worth a line when this share of its time is left.
SOON = 0.2


@dataclass(frozen=True)
class Button:
    """What closes the gap, on the same line: a link, or a form that posts."""

    label: str
    url: str
    is_post: bool = False
    is_main: bool = False


@dataclass(frozen=True)
class Item:
    tone: str
    icon: str
    what: str
    more: str = ""
    due_at: datetime | None = None
    buttons: tuple[Button, ...] = ()
    rank: int = field(default=5)


def items(pictures: Iterable[Picture], user: User, tasks: Iterable[Task] | None = None) -> list[Item]:
    """The lines of Needs attention, the loudest first. `tasks` are those of `tasks_of`, if read already."""
    listed = list(pictures)
    rights = _rights(listed, user)
    found = [item for picture in listed for item in _of(picture, user, rights[picture.incident.pk])]
    if user.is_staff:
        found += _calls(user)
    found += _regressions(user)
    found += _overdue(listed, user, rights, tasks_of(listed, user) if tasks is None else tasks)
    found += _parked(listed)
    return sorted(found, key=lambda item: item.rank)


def tasks_of(pictures: Iterable[Picture], user: User) -> list[Task]:
    """The open tasks of these incidents that are the reader's or past their time, what is due first; one query."""
    incidents = {picture.incident.pk: picture.incident for picture in pictures}
    wanted = Q(assignee=user) | Q(due_at__lte=timezone.now())
    rows = Task.objects.still_open().filter(wanted, incident__in=incidents).select_related("assignee")
    tasks = list(rows.order_by(F("due_at").asc(nulls_last=True), "priority", "pk"))
    for task in tasks:
        task.incident = incidents[task.incident_id]
    return tasks


def _rights(pictures: list[Picture], user: User) -> dict[int, frozenset[str]]:
    """What the reader may do on each; the same wherever they hold no seat."""
    unseated: frozenset[str] | None = None
    found = {}
    for picture in pictures:
        incident = picture.incident
        if picture.concerns(user):
            found[incident.pk] = grants.held_on_visible(user, incident)
            continue
        if unseated is None:
            unseated = grants.held_on_visible(user, incident)
        found[incident.pk] = unseated
    return found


def _of(picture: Picture, user: User, rights: frozenset[str]) -> Iterator[Item]:
    yield from _offers(picture, user)
    yield from _gaps(picture, rights)
    yield from _unanswered(picture, rights)
    yield from _promises(picture)
    yield from _updates(picture, user, rights)


def _gaps(picture: Picture, rights: frozenset[str]) -> Iterator[Item]:
    incident = picture.incident
    gaps = [slot for slot in picture.roster if slot.is_gap]
    tone = "bad" if incident.severity_rank <= 2 else "caution"
    rank = 0 if tone == "bad" else 3
    if len(gaps) > MOST_GAPS_APART:
        names = ", ".join(SIGNS[slot.role].short for slot in gaps)
        yield Item(
            tone,
            "users",
            f"{len(gaps)} roles are unassigned on {incident.key}.",
            names,
            buttons=(Button("Fill them", room_of(incident, seat=gaps[0].role), is_main=True),),
            rank=rank,
        )
        return
    for slot in gaps:
        buttons = []
        if "incidents.take_role" in rights:
            buttons.append(Button("Take it", reverse("incidents:take", args=[incident.key, slot.role]), is_post=True))
        if "incidents.assign_role" in rights:
            buttons.append(Button("Assign", room_of(incident, seat=slot.role), is_main=True))
        yield Item(
            tone,
            SIGNS[slot.role].icon,
            f"{slot.role.label} is unassigned on {incident.key}.",
            _asked(slot.offers) or f"For {in_words(incident.age)}.",
            buttons=tuple(buttons),
            rank=rank,
        )


def _asked(offers: tuple[RoleAssignment, ...]) -> str:
    return f"Offered to {', '.join(str(seat.user) for seat in offers)}." if offers else ""


def _offers(picture: Picture, user: User) -> Iterator[Item]:
    for seat in picture.incident.live_seats:
        if seat.user_id == user.pk and not seat.is_held:
            yield Item(
                "you",
                SIGNS[seat.role].icon,
                f"You are offered {seat.get_role_display()} on {picture.incident.key}.",
                f"By {seat.assigned_by}." if seat.assigned_by else "",
                buttons=(
                    Button("Decline", reverse("incidents:release", args=[picture.incident.key, seat.pk]), is_post=True),
                    Button(
                        "Accept",
                        reverse("incidents:accept", args=[picture.incident.key, seat.pk]),
                        is_post=True,
                        is_main=True,
                    ),
                ),
                rank=1,
            )


def _calls(user: User) -> Iterator[Item]:
    """Calls that wait for the reader's own answer, and seats that those answered lead to."""
    calls = called.of(user)
    for call in calls.waiting:
        wanted = f" as {call.get_role_display()}" if call.role else ""
        yield Item(
            "bad",
            "phone",
            f"You are called to {call.incident.key}{wanted}.",
            " ".join(filter(None, [f"By {call.paged_by}." if call.paged_by else "", call.message])),
            due_at=call.due_at,
            buttons=(
                Button("Open", room_of(call.incident)),
                Button(
                    "I am on it",
                    reverse("incidents:answer_call", args=[call.incident.key, call.pk]),
                    is_post=True,
                    is_main=True,
                ),
            ),
            rank=-1,
        )
    for seat in calls.to_take:
        call, role = seat.call, seat.call.get_role_display()
        take = reverse("incidents:take", args=[call.incident.key, call.role])
        url = room_of(call.incident, seat=call.role) if seat.needs_reason else take
        yield Item(
            "you",
            SIGNS[call.role].icon,
            f"You are on it: {call.incident.key} waits for you as {role}.",
            f"You answered the call at {call.answered_at:%H:%M} UTC.",
            buttons=(Button("Take the seat", url, is_post=not seat.needs_reason, is_main=True),),
            rank=0,
        )


def _unanswered(picture: Picture, rights: frozenset[str]) -> Iterator[Item]:
    """Calls of others that nobody has answered yet, for who may call."""
    if "incidents.page_responder" not in rights:
        return
    for slot in picture.roster:
        for call in slot.calls:
            yield Item(
                "caution",
                "bell",
                f"{call.user} has not answered the call to {picture.incident.key}."
                + (" The next one is called in" if call.due_at else ""),
                f"Wanted as {SIGNS[slot.role].short}.",
                due_at=call.due_at,
                buttons=(Button("Open", room_of(picture.incident, seat=slot.role)),),
                rank=2,
            )


def _regressions(user: User) -> Iterator[Item]:
    """What fires again after it was resolved, and nobody has said anything to yet."""
    lately = timezone.now() - regression.WATCHED_FOR
    if not Incident.objects.filter(state__in=regression.WATCHED, resolved_at__gte=lately).exists():
        return
    for entry in regression.unanswered(user):
        incident = entry.incident
        again = f"{reverse('incidents:declare')}?recurrence_of={incident.key}"
        yield Item(
            "bad",
            "history",
            f"{incident.key} may be back.",
            entry.body,
            buttons=(Button("Declare again", again), Button("Look at it", room_of(incident), is_main=True)),
            rank=0,
        )


def _overdue(
    pictures: list[Picture], user: User, rights: dict[int, frozenset[str]], tasks: Iterable[Task]
) -> Iterator[Item]:
    """Tasks past their time: one's own, and those of others for who may assign them."""
    by_pk = {picture.incident.pk: picture for picture in pictures}
    others: dict[int, list[Task]] = {}
    for task in tasks:
        if not task.is_overdue:
            continue
        if task.assignee_id == user.pk:
            yield _late(task, by_pk[task.incident_id], f"Your task “{task.title}” is overdue:", "caution", rank=1)
        elif "incidents.assign_task" in rights[task.incident_id]:
            others.setdefault(task.incident_id, []).append(task)
    for number, late in others.items():
        picture = by_pk[number]
        if len(late) > MOST_TASKS_APART:
            button = Button("Open tasks", room_of(picture.incident, anchor="tasks"))
            what = f"{len(late)} tasks are overdue on {picture.incident.key}."
            yield Item("caution", "task", what, buttons=(button,), rank=3)
            continue
        for task in late:
            whose = f"{task.assignee}'s task" if task.assignee else "The task"
            yield _late(task, picture, f"{whose} “{task.title}” is overdue:", "caution", rank=3)


def _late(task: Task, picture: Picture, what: str, tone: str, *, rank: int) -> Item:
    return Item(
        tone,
        "task",
        what,
        picture.incident.key,
        due_at=task.due_at,
        buttons=(Button("Open task", room_of(picture.incident, anchor="tasks")),),
        rank=rank,
    )


def _promises(picture: Picture) -> Iterator[Item]:
    if picture.promised_at is None:
        return
    left = picture.promised_at - timezone.now()
    if left < timedelta():
        yield Item(
            "bad",
            "clock",
            f"The public update on {picture.incident.key} is overdue:",
            due_at=picture.promised_at,
            buttons=(Button("Open", room_of(picture.incident, seat=Role.COMMS_LEAD)),),
            rank=1,
        )
    elif left < SOON * (picture.update_every or timedelta(minutes=30)):
        yield Item(
            "caution",
            "clock",
            f"Public update on {picture.incident.key} due in",
            due_at=picture.promised_at,
            buttons=(Button("Open", room_of(picture.incident, seat=Role.COMMS_LEAD)),),
            rank=2,
        )


def _updates(picture: Picture, user: User, rights: frozenset[str]) -> Iterator[Item]:
    incident = picture.incident
    four_eyes = rule(incident.severity).needs_four_eyes
    for update in picture.pending:
        audience = "Public" if update.audience == Audience.PUBLIC else update.get_audience_display()
        name = f"{audience} update on {incident.key}"
        if update.state == UpdateState.SUBMITTED and "incidents.approve_update" in rights:
            if not (four_eyes and update.was_written_by(user)):
                yield Item(
                    "caution",
                    "cl",
                    f"{name} waits for your approval.",
                    _from(update),
                    buttons=(Button("Review draft", room_of(incident, anchor=f"update-{update.pk}")),),
                    rank=2,
                )
        elif update.state == UpdateState.APPROVED and "incidents.publish_update" in rights:
            yield Item(
                "caution",
                "sp",
                f"{name} is approved and not yet published.",
                _from(update),
                buttons=(Button("Publish it", room_of(incident, anchor=f"update-{update.pk}")),),
                rank=2,
            )


def _from(update: Update) -> str:
    return f"From {update.author}." if update.author else "Drafted by IncidentOps."


def _parked(pictures: list[Picture]) -> list[Item]:
    """Facts that a listener could not take five times: somebody was perhaps not told."""
    by_pk = {picture.incident.pk: picture.incident for picture in pictures}
    rows = TimelineEntry.objects.parked().filter(incident__in=by_pk).order_by().values_list("incident")
    return [
        Item(
            "bad",
            "offline",
            f"{number} fact{'s' if number > 1 else ''} of {by_pk[pk].key} could not be passed on.",
            "Messages or the public page may be missing it.",
            buttons=(Button("Open", room_of(by_pk[pk])),),
            rank=1,
        )
        for pk, number in rows.annotate(number=Count("pk"))
    ]
