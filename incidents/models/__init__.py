"""Rows of the incident: what broke, who works on it, what happened, what is said, what called."""

from incidents.models.alert import Alert, AlertSource, Payload
from incidents.models.answer import KeptAnswer
from incidents.models.attachment import Attachment
from incidents.models.classification import CustomField, IncidentType, SavedView, Tag
from incidents.models.connection import ChangeEvent, IncidentLink, LinkKind, SearchWord
from incidents.models.coordination import AdviceRequest, AdviceState, CanReport, Workstream
from incidents.models.decision import Decision, DecisionState, Objection
from incidents.models.diagnosis import (
    Action,
    ActionKind,
    ActionState,
    Confidence,
    Finding,
    Hypothesis,
    HypothesisState,
    Risk,
)
from incidents.models.entry import KeyMoment, Kind, TimelineEntry, TimelineHead, Visibility
from incidents.models.incident import ACTIVE, Incident, IncidentGrant, IncidentKind, KeyCounter, Severity, State
from incidents.models.look import Look
from incidents.models.paging import Paging, PagingState
from incidents.models.seat import IncidentRole, RoleWaiver
from incidents.models.service import Service
from incidents.models.severity_rule import ReviewNeed, SeverityRule
from incidents.models.task import OPEN_TASKS, Priority, Task, TaskState
from incidents.models.update import Audience, PublicStatus, Update, UpdateState
from incidents.models.verification import CheckKind, CheckState, VerificationCheck

__all__ = [
    "ACTIVE",
    "OPEN_TASKS",
    "Action",
    "ActionKind",
    "ActionState",
    "AdviceRequest",
    "AdviceState",
    "Alert",
    "AlertSource",
    "Attachment",
    "Audience",
    "CanReport",
    "ChangeEvent",
    "CheckKind",
    "CheckState",
    "Confidence",
    "CustomField",
    "Decision",
    "DecisionState",
    "Finding",
    "Hypothesis",
    "HypothesisState",
    "Incident",
    "IncidentGrant",
    "IncidentKind",
    "IncidentLink",
    "IncidentRole",
    "IncidentType",
    "KeptAnswer",
    "KeyCounter",
    "KeyMoment",
    "Kind",
    "LinkKind",
    "Look",
    "Objection",
    "Paging",
    "PagingState",
    "Payload",
    "Priority",
    "PublicStatus",
    "ReviewNeed",
    "Risk",
    "RoleWaiver",
    "SavedView",
    "SearchWord",
    "Service",
    "Severity",
    "SeverityRule",
    "State",
    "Tag",
    "Task",
    "TaskState",
    "TimelineEntry",
    "TimelineHead",
    "Update",
    "UpdateState",
    "VerificationCheck",
    "Visibility",
    "Workstream",
]
