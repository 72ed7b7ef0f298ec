"""Links of messages about tasks: signed for one person and one task, they let that person say "I am on it"."""

from incidents.models import Task
from notifications import links
from roles.models import User

_TOKENS = "task"


def token_of(task_id: int, person: User) -> str:
    """What stands in the link of a message: it lets this person answer about this task, without signing in."""
    return links.sign(_TOKENS, f"{task_id}-{person.pk}")


def by_token(token: str) -> tuple[Task, User] | None:
    """The task that a link is about, and whose link it is; None for a forged or cut one."""
    task_id, _, person_id = (links.read(_TOKENS, token) or "").partition("-")
    if not (task_id.isdecimal() and person_id.isdecimal()):
        return None
    task = Task.objects.select_related("incident", "assignee").filter(pk=task_id).first()
    person = User.objects.filter(pk=person_id, is_active=True).first()
    return (task, person) if task and person else None
