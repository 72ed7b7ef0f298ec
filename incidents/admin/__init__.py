"""The admin's doors to incidents, a file for each kind of work."""

from incidents.admin import (
    alerts,
    classification,
    coordination,
    customers,
    decisions,
    diagnosis,
    incidents,
    inside,
    paging,
    record,
    rules,
    style,
    talking,
    tasks,
    templates,
    updates,
)

__all__ = [
    "alerts",
    "classification",
    "coordination",
    "customers",
    "decisions",
    "diagnosis",
    "incidents",
    "inside",
    "paging",
    "record",
    "rules",
    "style",
    "talking",
    "tasks",
    "templates",
    "updates",
]
