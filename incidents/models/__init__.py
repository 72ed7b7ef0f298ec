"""Rows of the incident: what broke, who works on it, what happened, what is said, what called."""

from incidents.models.alert import Alert, AlertSource, Payload
from incidents.models.answer import KeptAnswer
from incidents.models.entry import Kind, TimelineEntry
from incidents.models.incident import ACTIVE, Incident, IncidentGrant, IncidentKind, KeyCounter, Severity, State
from incidents.models.seat import IncidentRole
from incidents.models.service import Service
from incidents.models.update import Audience, PublicStatus, Update, UpdateState

__all__ = [
    "ACTIVE",
    "Alert",
    "AlertSource",
    "Audience",
    "Incident",
    "IncidentGrant",
    "IncidentKind",
    "IncidentRole",
    "KeptAnswer",
    "KeyCounter",
    "Kind",
    "Payload",
    "PublicStatus",
    "Service",
    "Severity",
    "State",
    "TimelineEntry",
    "Update",
    "UpdateState",
]
