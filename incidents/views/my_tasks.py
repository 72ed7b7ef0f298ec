"""Everything that waits for one person over all incidents: calls, offers, questions, reports, tasks; the most
urgent first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from incidents.communication import questions
from incidents.models import (
    AdviceRequest,
    AdviceState,
    Incident,
    IncidentRole,
    Task,
    TeamQuestion,
    TeamQuestionState,
    Workstream,
)
from incidents.models.task import ENDED, Priority
from incidents.response import called, coverage, tasking, verification
from incidents.views.answers import room_of
from roles import grants
from roles.catalog import SIGNS, Holding, Role
from roles.models import User
from roles.requests import SignedInRequest

MOST = 100
#: What the page can be narrowed to, as the chips call it.
VIEWS = {"": "Everything", "tasks": "Tasks", "asked": "Asked of me", "unowned": "Without owner"}
#: Buttons of a task on this page, in the order of a task's life; the rest is on its own page.
STEPS = {"acknowledge": "I am on it", "take": "Take it", "start": "Start", "finish": "Done", "extend": "15 min more"}


@dataclass(frozen=True)
class Button:
    """A form that posts to `url`, or with `is_link` a way there."""

    label: str
    url: str
    verb: str = ""
    is_main: bool = False
    is_link: bool = False


@dataclass(frozen=True)
class Item:
    """One thing that waits."""

    kind: str
    icon: str
    what: str
    detail: str
    incident: Incident
    due_at: datetime | None
    buttons: tuple[Button, ...]
    is_urgent: bool = False
    href: str = ""

    @property
    def is_late(self) -> bool:
        return self.due_at is not None and self.due_at <= timezone.now()

    @property
    def tone(self) -> str:
        return "bad" if self.is_late else "caution" if self.is_urgent else ""


@dataclass(frozen=True)
class Group:
    """Items of one urgency."""

    key: str
    title: str
    items: tuple[Item, ...]


@require_safe
def mine(request: SignedInRequest) -> HttpResponse:
    """The page: twelve queries, however much waits."""
    user = request.user
    view = request.GET.get("show", "")
    view = view if view in VIEWS else ""
    seen = Incident.objects.visible_to(user)
    tasks = list(Task.objects.waiting_for(user).select_related("incident", "assignee")[:MOST])
    asked = [
        *_calls(user),
        *_offers(user, seen),
        *_questions(user, seen),
        *_team_questions(user, seen),
        *_reports(user, seen),
        *_signatures(user, seen),
    ]
    free_rows = Task.objects.free_for(user).select_related("incident", "assignee")
    unowned = list(free_rows.order_by("priority", "created_at")[:MOST])
    rights = _rights(user, [task.incident for task in [*tasks, *unowned]])
    own = [_of_task(task, user, rights) for task in tasks]
    free = [_of_task(task, user, rights) for task in unowned]
    shown = {"": [*asked, *own], "tasks": own, "asked": asked, "unowned": []}[view]
    counts = {"tasks": len(own), "asked": len(asked), "unowned": len(free)}
    counts[""] = sum(counts.values())
    context = {
        "groups": list(_grouped(shown, free if view in {"", "unowned"} else [])),
        "views": [
            (
                key,
                label,
                {"": len(asked) + len(own) + len(free), "tasks": len(own), "asked": len(asked)}.get(key, len(free)),
            )
            for key, label in VIEWS.items()
        ],
        "view": view,
    }
    return render(request, "incidents/my_tasks.html", context)


def _grouped(items: Iterable[Item], free: Iterable[Item]) -> Iterator[Group]:
    """Late or urgent first, then by the clock, then the rest; what nobody has stands last."""
    listed = sorted(items, key=lambda item: (item.due_at is None, item.due_at or timezone.now(), not item.is_urgent))
    now = [item for item in listed if item.is_late or item.is_urgent]
    due = [item for item in listed if item not in now and item.due_at is not None]
    rest = [item for item in listed if item not in now and item.due_at is None]
    for key, title, found in (
        ("now", "Now", now),
        ("due", "By the clock", due),
        ("open", "Open", rest),
        ("free", "Nobody has it yet", list(free)),
    ):
        if found:
            yield Group(key, title, tuple(found))


def _rights(user: User, incidents: Iterable[Incident]) -> dict[int, frozenset[str]]:
    by_pk = {incident.pk: incident for incident in incidents}
    coverage.read_seats(by_pk.values())
    return {pk: grants.held_on_visible(user, incident) for pk, incident in by_pk.items()}


def _of_task(task: Task, user: User, rights: dict[int, frozenset[str]]) -> Item:
    incident = task.incident
    may = rights[incident.pk]
    verbs = tasking.verbs_for(task, user, may)
    wanted = [verb for verb in STEPS if verb in verbs]
    if task.due_at is None and "extend" in wanted:
        wanted.remove("extend")
    if "take" in wanted or task.state == "doing":
        wanted = [verb for verb in wanted if verb != "start" and (verb != "finish" or "take" not in wanted)]
    url = reverse("incidents:task_step", args=[incident.key, task.pk])
    buttons = [Button(STEPS[verb], url, verb, is_main=place == 0) for place, verb in enumerate(wanted)]
    return Item(
        kind="task",
        icon="task",
        what=task.title,
        detail=", ".join(
            filter(None, [task.get_state_display(), "needed to close" if task.is_needed_to_close else ""])
        ),
        incident=incident,
        due_at=task.due_at,
        buttons=tuple(buttons),
        is_urgent=task.priority == Priority.URGENT,
        href=f"{reverse('incidents:task', args=[incident.key, task.pk])}?from=mine" if "edit" in verbs else "",
    )


def _calls(user: User) -> Iterator[Item]:
    """Calls that wait for an answer, and seats that answered ones lead to."""
    calls = called.of(user)
    for call in calls.waiting:
        incident = call.incident
        role = f" as {Role(call.role).label}" if call.role else ""
        yield Item(
            kind="call",
            icon="phone",
            what=f"You are called to {incident.key}{role}",
            detail=call.message or (f"by {call.paged_by}" if call.paged_by else ""),
            incident=incident,
            due_at=call.due_at,
            buttons=(
                Button("I am on it", reverse("incidents:answer_call", args=[incident.key, call.pk]), is_main=True),
                Button("I cannot", reverse("incidents:decline_call", args=[incident.key, call.pk])),
            ),
            is_urgent=True,
        )
    for seat in calls.to_take:
        call, incident = seat.call, seat.call.incident
        take = reverse("incidents:take", args=[incident.key, call.role])
        url = room_of(incident, seat=call.role) if seat.needs_reason else take
        yield Item(
            kind="seat",
            icon=SIGNS[call.role].icon,
            what=f"You are on it: {incident.key} waits for you as {Role(call.role).label}",
            detail=f"you answered the call at {call.answered_at:%H:%M} UTC",
            incident=incident,
            due_at=None,
            buttons=(Button("Take the seat", url, is_main=True, is_link=seat.needs_reason),),
            is_urgent=True,
        )


def _offers(user: User, seen: QuerySet[Incident]) -> Iterator[Item]:
    """Seats that are offered, and those that somebody hands over: the brief is read before one accepts."""
    offers = IncidentRole.objects.live().filter(user=user, assumed_at=None, incident__in=seen)
    rows = offers.exclude(incident__state__in=ENDED).select_related("incident", "assigned_by", "takes_over__user")
    for offer in rows:
        incident, giver = offer.incident, offer.takes_over and offer.takes_over.user
        brief = room_of(incident, seat=offer.role, anchor=f"offer-{offer.pk}")
        accept = Button("Accept", reverse("incidents:accept", args=[incident.key, offer.pk]), is_main=True)
        yield Item(
            kind="offer",
            icon="swap" if giver else SIGNS[offer.role].icon,
            what=(
                f"{giver} hands {offer.get_role_display()} over to you"
                if giver
                else f"You are asked to be {offer.get_role_display()}"
            ),
            detail=f"by {offer.assigned_by}" if offer.assigned_by and offer.assigned_by != giver else "",
            incident=incident,
            due_at=None,
            buttons=(
                Button("Read the brief", brief, is_main=True, is_link=True) if giver else accept,
                Button("Decline", reverse("incidents:decline", args=[incident.key, offer.pk])),
            ),
            is_urgent=True,
        )


def _questions(user: User, seen: QuerySet[Incident]) -> Iterator[Item]:
    """Questions to answer: at the Expert's console for who sits there, else on the question's own page."""
    seats = IncidentRole.objects.held().exclude(kind=Holding.SHADOW).filter(user=user, role=Role.SME)
    asked = AdviceRequest.objects.filter(asked=user, state=AdviceState.ASKED, incident__in=seen)
    rows = asked.annotate(at_console=Exists(seats.filter(incident=OuterRef("incident"))))
    for one in rows.select_related("incident", "asked_by"):
        console = room_of(one.incident, seat=Role.SME, anchor="questions")
        own_page = reverse("incidents:question", args=[one.incident.key, one.pk])
        yield Item(
            kind="question",
            icon="help",
            what=one.question,
            detail=f"asked by {one.asked_by}" if one.asked_by else "",
            incident=one.incident,
            due_at=one.due_at,
            buttons=(Button("Answer", console if one.at_console else own_page, is_main=True, is_link=True),),
            is_urgent=one.is_urgent,
        )


def _signatures(user: User, seen: QuerySet[Incident]) -> Iterator[Item]:
    """What the reader is asked to try and sign before an incident is said to be over."""
    for check in verification.waiting_for(user).filter(incident__in=seen):
        incident = check.incident
        yield Item(
            kind="signature",
            icon="check",
            what=f"Try it and sign: {check.title}",
            detail="before it is resolved",
            incident=incident,
            due_at=None,
            buttons=(Button("Open", room_of(incident), is_main=True, is_link=True),),
        )


def _team_questions(user: User, seen: QuerySet[Incident]) -> Iterator[Item]:
    """Questions to the team that are theirs to answer."""
    rows = TeamQuestion.objects.filter(owner=user, state=TeamQuestionState.OPEN, incident__in=seen)
    for asked in rows.select_related("incident", "asked_by").order_by("pk")[:MOST]:
        page = reverse("incidents:team_questions", args=[asked.incident.key])
        yield Item(
            kind="team_question",
            icon="chat",
            what=f"Question to the team: {asked.question}",
            detail=f"asked by {asked.asked_by or asked.asked_name or 'somebody'}",
            incident=asked.incident,
            due_at=asked.asked_at + questions.OVERDUE_AFTER,
            buttons=(Button("Answer", f"{page}#team-question-{asked.pk}", is_main=True, is_link=True),),
            href=page,
        )


def _reports(user: User, seen: QuerySet[Incident]) -> Iterator[Item]:
    """Workstreams that the reader leads or works on, whose report was asked for and has not come."""
    theirs = Q(lead=user) | Q(pk__in=user.workstreams.values("pk"))
    asked = Workstream.objects.filter(theirs, ended_at=None, report_asked_at__isnull=False, incident__in=seen)
    for stream in asked.exclude(incident__state__in=ENDED).select_related("incident"):
        incident = stream.incident
        url = f"{reverse('incidents:can', args=[incident.key])}?{urlencode({'workstream': stream.pk})}"
        yield Item(
            kind="report",
            icon="chat",
            what=f"Report on {stream.name}: conditions, actions, needs",
            detail=f"asked for at {stream.report_asked_at:%H:%M} UTC",
            incident=incident,
            due_at=None,
            buttons=(Button("Report", url, is_main=True, is_link=True),),
        )
