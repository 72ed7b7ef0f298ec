"""The admin's doors to incidents, a file for each kind of work."""

from incidents.admin import (
    alerts,
    classification,
    coordination,
    decisions,
    diagnosis,
    incidents,
    paging,
    record,
    rules,
    style,
    talking,
    tasks,
    updates,
)

__all__ = [
    "alerts",
    "classification",
    "coordination",
    "decisions",
    "diagnosis",
    "incidents",
    "paging",
    "record",
    "rules",
    "style",
    "talking",
    "tasks",
    "updates",
]
