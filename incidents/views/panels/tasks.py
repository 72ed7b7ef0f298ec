"""The board of tasks: three lanes, what nobody has and what is late on top. Two queries, however many tasks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from incidents import readings
from incidents.forms.tasks import TaskForm
from incidents.models import Incident, Task, TaskState
from incidents.models.task import Priority
from incidents.response import tasking
from incidents.views.desk import Desk
from roles.catalog import Holding
from roles.models import User

#: How many finished tasks a room shows; the page of the board shows all.
MOST_DONE = 8
LANES = {TaskState.TO_DO: "To do", TaskState.DOING: "Doing", TaskState.DONE: "Done"}


@dataclass(frozen=True)
class Ticket:
    """One task before one reader."""

    task: Task
    verbs: frozenset[str]

    @property
    def is_unowned(self) -> bool:
        return self.task.is_open and self.task.assignee_id is None

    @property
    def tone(self) -> str:
        return "bad" if self.is_unowned or self.task.is_overdue else ""

    @property
    def is_urgent(self) -> bool:
        return self.task.is_open and self.task.priority == Priority.URGENT

    @property
    def has_menu(self) -> bool:
        return bool(self.verbs)


@dataclass(frozen=True)
class Lane:
    state: str
    label: str
    tickets: Sequence[Ticket]
    count: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.tickets)


def shown(desk: Desk) -> dict[str, object]:
    """The board as a room shows it."""
    return {
        "lanes": lanes(desk.incident, desk.user, desk.may, most_done=MOST_DONE),
        "task_people": seated(desk.incident),
        "task_form": TaskForm(incident=desk.incident) if may_add(desk.incident, desk.may) else None,
    }


def may_add(incident: Incident, may: frozenset[str]) -> bool:
    """Whether a new task is taken here."""
    return "incidents.add_task" in may and incident.state not in tasking.ENDED


def lanes(incident: Incident, user: User, may: frozenset[str], *, most_done: int | None = None) -> list[Lane]:
    """The lanes with their tickets: one query, and one for people and services that were not met yet."""
    rows = readings.of(incident).tasks
    open_ones = [ticket_of(task, incident, user, may) for task in rows if task.is_open]
    done = [task for task in rows if task.state == TaskState.DONE]
    done.sort(key=lambda task: (task.ended_at is not None, task.ended_at, task.pk), reverse=True)
    done_ones = [ticket_of(task, incident, user, may) for task in done[:most_done]]
    counts = Counter(task.state for task in rows)
    open_ones.sort(key=lambda one: (not one.is_unowned, not one.task.is_overdue, one.task.priority, one.task.pk))
    by_state = {
        TaskState.TO_DO: [one for one in open_ones if one.task.state == TaskState.TO_DO],
        TaskState.DOING: [one for one in open_ones if one.task.state == TaskState.DOING],
        TaskState.DONE: done_ones,
    }
    return [Lane(state, label, by_state[state], counts.get(state, 0)) for state, label in LANES.items()]


def ticket_of(task: Task, incident: Incident, user: User, may: frozenset[str]) -> Ticket:
    """A task that was read with others of its incident."""
    task.incident = incident
    return Ticket(task, tasking.verbs_for(task, user, may))


def seated(incident: Incident) -> list[User]:
    """Who works here, each once: to them a ticket is given by two clicks."""
    seats = (seat for seat in incident.live_seats if seat.is_held and seat.kind != Holding.SHADOW)
    return list({seat.user_id: seat.user for seat in seats}.values())
