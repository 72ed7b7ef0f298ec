"""What the timeline tells of a task: each change as a sentence, and who is told of it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from incidents import events
from incidents.models import Kind, Task
from roles.models import User
from roles.policy import Actor


def record(
    task: Task,
    kind: Kind,
    *,
    by: Actor,
    change: str,
    told: str,
    more: str = "",
    to: Iterable[User | None] = (),
) -> None:
    """Records the change as a sentence, and for whom it is."""
    events.record(
        task.incident,
        kind,
        by=by,
        body=f"{told}: {_ended(task.title)} {more or _circumstances(task, change)}".strip(),
        task=task.pk,
        title=task.title,
        change=change,
        assignee=task.assignee_id,
        name=str(task.assignee or ""),
        due=_clock(task.due_at),
        reason=more,
        tag="Task",
        to=list(dict.fromkeys(person.pk for person in to if person is not None)),
    )


def _circumstances(task: Task, change: str) -> str:
    """What stands behind the title: whose it is, and until when."""
    until = f"until {_clock(task.due_at)}" if task.due_at else ""
    match change:
        case "added":
            return _ended(
                ", ".join(filter(None, [f"For {task.assignee}" if task.assignee else "Nobody has it yet", until]))
            )
        case "assigned" | "extended":
            return _ended(until.capitalize())
        case "overdue":
            return _ended(f"{task.assignee or 'Nobody'} has it, {until.replace('until', 'due')}")
        case _:
            return ""


def named(names: Iterable[str]) -> str:
    """What was edited, as a sentence."""
    words = {"due_at": "time", "timebox": "time", "is_needed_to_close": "needed to close"}
    return _ended(", ".join(dict.fromkeys(words.get(name, name) for name in sorted(names))).capitalize())


def _clock(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%H:%M} UTC" if moment else ""


def _ended(sentence: str) -> str:
    return f"{sentence}." if sentence and sentence[-1] not in ".?!" else sentence
