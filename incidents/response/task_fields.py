"""What a task may hold: each function answers the value as it is stored, or raises a sentence."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError

from incidents.models.task import Priority
from roles.catalog import Role

LONGEST_TITLE = 300
LONGEST_TIMEBOX = timedelta(days=30)
#: What an edit may change.
EDITABLE = frozenset({"title", "detail", "priority", "area", "service", "timebox", "due_at", "is_needed_to_close"})


def checked(changes: Mapping[str, object]) -> dict[str, Any]:
    """All changes of one edit."""
    if unknown := changes.keys() - EDITABLE:
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be edited.")
    return {name: _CHECKS[name](value) if name in _CHECKS else value for name, value in changes.items()}


def title(text: object) -> str:
    """One line."""
    line = " ".join(str(text).split())
    if not line:
        raise ValidationError("A task needs a title: what is to be done.")
    if len(line) > LONGEST_TITLE:
        raise ValidationError(f"A title has at most {LONGEST_TITLE} characters; put the rest into the detail.")
    return line


def detail(text: object) -> str:
    """As typed, without the white space around it."""
    return str(text).strip()


def priority(value: object) -> int:
    """1, 2 or 3."""
    if value not in Priority.values:
        raise ValidationError(f"{value} is no priority; they are 1 (urgent), 2 (normal) and 3 (later).")
    return int(str(value))


def area(value: object) -> str:
    """A role, or empty."""
    if value and value not in Role.values:
        raise ValidationError(f"{value} is no role; the seven are {', '.join(Role.values)}.")
    return str(value or "")


def timebox(value: object) -> timedelta | None:
    """A length, or None for none."""
    if value is None:
        return None
    if not isinstance(value, timedelta) or not timedelta() < value <= LONGEST_TIMEBOX:
        raise ValidationError("A timebox is between a minute and 30 days.")
    return value


_CHECKS: Mapping[str, Callable[[object], object]] = {
    "title": title,
    "detail": detail,
    "priority": priority,
    "area": area,
    "timebox": timebox,
}
