"""Tasks: who does what by when.

A step is a line of `STEPS`; `_walk` is the only function that changes a state. A timebox runs from the moment
at which the task is given to somebody: until then it has no end. What is one's own (given to one, or added by
one) everybody may change; what is others', those who may assign.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import events
from incidents.conflicts import Conflict, refuse_overtaken
from incidents.models import Incident, Kind, Service, State, Task, TaskState
from incidents.models.task import ENDED, Priority
from incidents.response import task_facts, task_fields
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM, Actor, System, authorize

T = TaskState
#: How many overdue tasks one turn of the clock tells of.
BITE = 200


@dataclass(frozen=True)
class Step:
    """One verb: from which states it leads where, and how the timeline says it."""

    verb: str
    sources: frozenset[str]
    target: str
    told: str


STEPS: tuple[Step, ...] = (
    Step("start", frozenset({T.TO_DO, T.DONE, T.DROPPED}), T.DOING, "Started"),
    Step("finish", frozenset({T.TO_DO, T.DOING}), T.DONE, "Done"),
    Step("drop", frozenset({T.TO_DO, T.DOING}), T.DROPPED, "Dropped"),
    Step("put_back", frozenset({T.DOING, T.DONE, T.DROPPED}), T.TO_DO, "Put back to do"),
)
BY_VERB = {step.verb: step for step in STEPS}
#: Which verb brings a task into a state, wherever it comes from.
VERB_TO = {step.target: step.verb for step in STEPS}


@transaction.atomic
def add(
    incident: Incident,
    *,
    by: Actor,
    title: str,
    assignee: User | None = None,
    timebox: timedelta | None = None,
    due_at: datetime | None = None,
    area: str = "",
    priority: int = Priority.NORMAL,
    service: Service | None = None,
    detail: str = "",
    is_needed_to_close: bool = False,
) -> Task:
    """Adds a task, for oneself, for nobody yet, or with the right to assign for somebody else.

    It ends at `due_at`, or with its timebox, which runs from the assignment.
    """
    authorize(by, "incidents.add_task" if assignee is None or assignee == by else "incidents.assign_task", incident)
    _lock(incident)
    now = events.moment()
    task = Task(
        incident=incident,
        title=task_fields.title(title),
        detail=detail.strip(),
        priority=task_fields.priority(priority),
        area=task_fields.area(area),
        service=service,
        timebox=None if due_at else task_fields.timebox(timebox),
        due_at=due_at,
        is_needed_to_close=is_needed_to_close,
        created_by=None if isinstance(by, System) else by,
        created_at=now,
    )
    if assignee is not None:
        _give(task, assignee)
    task.save(force_insert=True)
    task_facts.record(task, Kind.TASK_ADDED, by=by, change="added", told="New task", to=[assignee])
    return task


@transaction.atomic
def take(task: Task, *, by: User) -> Task:
    """Takes a task that nobody has; of two who try at once the first wins and the other is told."""
    authorize(by, "incidents.add_task", task.incident)
    _lock(task.incident, task)
    if task.assignee_id == by.pk:
        return task
    if task.assignee is not None:
        raise Conflict(f"{task.assignee} has it since {task.assigned_at:%H:%M} UTC.", needed=["a task without owner"])
    _refuse_if_over(task)
    return _assign(task, by, by=by)


@transaction.atomic
def assign(task: Task, to: User | None, *, by: Actor) -> Task:
    """Gives the task to somebody, or with `to=None` takes it off its assignee. One's own one may give back."""
    _authorize_giving(task, to, by)
    _lock(task.incident, task)
    _authorize_giving(task, to, by)  # somebody else may have it by now
    _refuse_if_over(task)
    if (to.pk if to else None) == task.assignee_id:
        return task
    return _assign(task, to, by=by)


@transaction.atomic
def acknowledge(task: Task, *, by: Actor) -> Task:
    """The assignee says: I am on it. Saying so twice changes nothing."""
    authorize(by, "incidents.add_task", task.incident)
    _refuse_unless_theirs(task, by)
    _lock(task.incident, task)
    _refuse_unless_theirs(task, by)
    if task.acknowledged_at is not None:
        return task
    _refuse_if_over(task)
    task.acknowledged_at = events.moment()
    task.save(update_fields=["acknowledged_at"])
    task_facts.record(task, Kind.TASK_CHANGED, by=by, change="acknowledged", told="On it")
    return task


@transaction.atomic
def start(task: Task, *, by: Actor) -> Task:
    """Somebody works on it now; who starts what nobody has, takes it."""
    return _walk(task, "start", by=by)


@transaction.atomic
def finish(task: Task, *, by: Actor) -> Task:
    """It is done."""
    return _walk(task, "finish", by=by)


@transaction.atomic
def drop(task: Task, *, by: Actor, reason: str) -> Task:
    """It is not needed any more, with the reason why."""
    return _walk(task, "drop", by=by, reason=reason)


@transaction.atomic
def put_back(task: Task, *, by: Actor) -> Task:
    """It wants doing after all, or later."""
    return _walk(task, "put_back", by=by)


def step(task: Task, verb: str, *, by: Actor, reason: str = "") -> Task:
    """One step by its verb."""
    if verb not in BY_VERB:
        raise ValidationError(f"{verb} is no step of a task; they are {', '.join(BY_VERB)}.")
    with transaction.atomic():
        return _walk(task, verb, by=by, reason=reason)


@transaction.atomic
def edit(task: Task, *, by: Actor, seen_version: int | None = None, **changes: object) -> Task:
    """Changes words, priority, area, service or time. A new time is watched anew.

    Setting `due_at` ends the timebox, and setting the timebox lets it run from the assignment.
    """
    _authorize_change(task, by)
    wanted = task_fields.checked(changes)
    _lock(task.incident, task)
    _authorize_change(task, by)
    refuse_overtaken(task, seen_version, wanted)
    wanted |= _times(task, wanted)
    changed = [name for name, value in wanted.items() if getattr(task, name) != value]
    if not changed:
        return task
    for name in changed:
        setattr(task, name, wanted[name])
    if "due_at" in changed:
        task.told_overdue_at = None
    task.version += 1
    task.save(update_fields=[*changed, "told_overdue_at", "version"])
    task_facts.record(
        task,
        Kind.TASK_CHANGED,
        by=by,
        change="edited",
        told="Changed",
        to=[task.assignee],
        more=task_facts.named(changed),
    )
    return task


@transaction.atomic
def extend(task: Task, length: timedelta, *, by: Actor) -> Task:
    """Gives it more time, counted from its end, or from now where that has passed."""
    _authorize_change(task, by)
    if not timedelta() < length <= task_fields.LONGEST_TIMEBOX:
        raise ValidationError("More time is between a minute and 30 days.")
    _lock(task.incident, task)
    _authorize_change(task, by)
    _refuse_if_over(task)
    task.due_at = max(task.due_at or events.moment(), events.moment()) + length
    if task.timebox is not None:
        task.timebox += length
    task.told_overdue_at = None
    task.version += 1
    task.save(update_fields=["due_at", "timebox", "told_overdue_at", "version"])
    task_facts.record(task, Kind.TASK_CHANGED, by=by, change="extended", told="More time", to=[task.assignee])
    return task


@transaction.atomic
def change(
    task: Task,
    *,
    by: Actor,
    seen_version: int | None = None,
    state: str | None = None,
    reason: str = "",
    **changes: object,
) -> Task:
    """Several changes at once, all or none: words and time, whose it is (`assignee`), and the state."""
    gives = "assignee" in changes
    to = changes.pop("assignee", None)
    if changes:
        task = edit(task, by=by, seen_version=seen_version, **changes)
    if gives:
        task = assign(task, to, by=by)  # type: ignore[arg-type]  # a person or None, as the doors check
    if state is not None and state != task.state:
        task = step(task, VERB_TO[state], by=by, reason=reason)
    return task


def tell_overdue() -> int:
    """Tells assignee and commander of each task that ran out of time, once; returns how many. Safe to repeat."""
    due = Task.objects.overdue().filter(told_overdue_at=None).exclude(incident__state__in=ENDED)
    return sum(_tell_one(task) for task in due.select_related("incident", "assignee").order_by("due_at")[:BITE])


def unmet(incident: Incident, verb: str) -> list[str]:
    """What closing still lacks: tasks that were said to be needed for it. Named in settings.INCIDENT_CHECKS."""
    if verb != "close":
        return []
    needed = incident.tasks.still_open().filter(is_needed_to_close=True)
    return [f"The task “{title}” is open and needed to close." for title in needed.values_list("title", flat=True)]


# --- questions --------------------------------------------------------------------------------


def is_own(task: Task, user: User) -> bool:
    """Given to `user`, or added by them."""
    return user.pk in {task.assignee_id, task.created_by_id}


def verbs_for(task: Task, user: User, may: frozenset[str]) -> frozenset[str]:
    """What `user`, whose rights on the incident are `may`, could do with the task now."""
    if task.incident.state in ENDED or "incidents.add_task" not in may:
        return frozenset()
    assigns = "incidents.assign_task" in may
    changes = assigns or is_own(task, user)
    verbs = {one.verb for one in STEPS if task.state in one.sources and changes}
    if changes:
        verbs.add("edit")
    if not task.is_open:
        return frozenset(verbs)
    if changes:
        verbs.add("extend")
    if task.assignee_id is None:
        verbs |= {"take", *(verb for verb in ("start", "finish") if task.state in BY_VERB[verb].sources)}
    elif task.assignee_id == user.pk:
        verbs |= {"give_back"} | ({"acknowledge"} if task.acknowledged_at is None else set())
    if assigns:
        verbs.add("assign")
    return frozenset(verbs)


# --- inside -----------------------------------------------------------------------------------


def _lock(incident: Incident, task: Task | None = None) -> None:
    """One change at a time per incident; the task is read anew, and an incident that is over refuses."""
    state = Incident.objects.select_for_update().values_list("state", flat=True).get(pk=incident.pk)
    if state in ENDED:
        raise Conflict(f"{incident.key} is {State(state).label}: its tasks do not change any more.")
    if task is not None:
        task.refresh_from_db(from_queryset=Task.objects.select_related("assignee"))
        task.incident = incident


def _authorize_giving(task: Task, to: User | None, by: Actor) -> None:
    """Taking what nobody has and giving back one's own are everybody's; the rest is for who may assign."""
    takes = to is not None and to == by and task.assignee_id is None
    gives_back = to is None and not isinstance(by, System) and task.assignee_id == by.pk
    authorize(by, "incidents.add_task" if takes or gives_back else "incidents.assign_task", task.incident)


def _refuse_unless_theirs(task: Task, by: Actor) -> None:
    if not isinstance(by, System) and task.assignee_id != by.pk:
        raise PermissionDenied(f"{task.assignee or 'Nobody'} has this task: only who has it can say so.")


def _authorize_change(task: Task, by: Actor, *, of_nobody: bool = False) -> None:
    """Own tasks everybody may change, `of_nobody` also those without an assignee; others' who may assign."""
    own = not isinstance(by, System) and (is_own(task, by) or (of_nobody and task.assignee_id is None))
    authorize(by, "incidents.add_task" if own else "incidents.assign_task", task.incident)


def _walk(task: Task, verb: str, *, by: Actor, reason: str = "") -> Task:
    rule = BY_VERB[verb]
    _authorize_change(task, by, of_nobody=verb in {"start", "finish"})
    reason = " ".join(reason.split())
    if verb == "drop" and not reason:
        raise Conflict("To drop a task, say why it is not needed any more.", needed=["reason"])
    _lock(task.incident, task)
    _authorize_change(task, by, of_nobody=verb in {"start", "finish"})
    if task.state == rule.target:
        raise Conflict(f"“{task.title}” is {task.get_state_display().lower()} already.")
    if task.state not in rule.sources:
        raise Conflict(
            f"“{task.title}” is {task.get_state_display().lower()}: put it back first.",
            needed=[T(state).label for state in T if state in rule.sources],
        )
    was_given = verb == "start" and task.assignee_id is None and not isinstance(by, System)
    if was_given:
        _give(task, by)  # type: ignore[arg-type]  # a person, as just asked
    if verb == "start" and task.acknowledged_at is None:
        task.acknowledged_at = events.moment()
    now = events.moment()
    is_moved = Task.objects.filter(pk=task.pk, state=task.state).update(
        state=rule.target,
        ended_at=None if rule.target in {T.TO_DO, T.DOING} else now,
        assignee=task.assignee_id,
        assigned_at=task.assigned_at,
        due_at=task.due_at,
        acknowledged_at=task.acknowledged_at,
    )
    if not is_moved:
        raise Conflict(f"Somebody has just changed “{task.title}”.")
    task.refresh_from_db(fields=["state", "ended_at"])
    task_facts.record(task, Kind.TASK_CHANGED, by=by, change=verb, told=rule.told, more=reason, to=[task.assignee])
    return task


def _assign(task: Task, to: User | None, *, by: Actor) -> Task:
    before = task.assignee
    if to is None:
        task.assignee = None
        task.assigned_at = task.acknowledged_at = None
        if task.timebox is not None:
            task.due_at = None
    else:
        _give(task, to)
        task.acknowledged_at = events.moment() if to == by else None
    task.told_overdue_at = None
    task.save(update_fields=["assignee", "assigned_at", "acknowledged_at", "due_at", "told_overdue_at"])
    told = "Without owner" if to is None else "Taken" if to == by else f"Given to {to}"
    task_facts.record(task, Kind.TASK_CHANGED, by=by, change="assigned", told=told, to=[to, before])
    return task


def _give(task: Task, to: User) -> None:
    """Writes the assignee; the timebox starts to run."""
    if not (to.is_active and to.is_staff and task.incident.is_visible_to(to)):
        raise ValidationError(f"{to} is no responder who can see {task.incident.key}.")
    task.assignee = to
    task.assigned_at = events.moment()
    if task.timebox is not None:
        task.due_at = task.assigned_at + task.timebox


def _refuse_if_over(task: Task) -> None:
    if not task.is_open:
        raise Conflict(f"“{task.title}” is {task.get_state_display().lower()}: put it back first.")


def _times(task: Task, wanted: dict[str, object]) -> dict[str, object]:
    """What follows for the other of timebox and end, where one of them is set anew."""
    if "due_at" in wanted and wanted["due_at"] != task.due_at:
        return {"timebox": None}
    timebox = wanted.get("timebox", task.timebox)
    if timebox == task.timebox:
        return {"due_at": task.due_at}
    runs = isinstance(timebox, timedelta) and task.assigned_at is not None
    return {"due_at": task.assigned_at + timebox if runs else None}  # type: ignore[operator]  # both are there


def _tell_one(task: Task) -> bool:
    now = timezone.now()
    with transaction.atomic():
        # Before the task's row, as whoever changes it does: two who lock the other way round wait for each other.
        Incident.objects.select_for_update().only("pk").get(pk=task.incident_id)
        claimed = Task.objects.overdue().filter(pk=task.pk, told_overdue_at=None, due_at=task.due_at)
        if not claimed.update(told_overdue_at=now):
            return False
        commanders = [seat.user for seat in task.incident.holders_of(Role.COMMANDER) if seat.kind == Holding.PRIMARY]
        task_facts.record(
            task, Kind.TASK_OVERDUE, by=SYSTEM, change="overdue", told="Overdue", to=[task.assignee, *commanders]
        )
    return True
