"""Timeline rows: append-only, hash-chained, and at the same time the queue that listeners drain."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from incidents.models.incident import Incident
from roles.models import User


class Kind(models.TextChoices):
    """What a timeline row tells."""

    OPENED = "opened", "Opened"
    MOVED = "moved", "Moved"
    SEVERITY_CHANGED = "severity_changed", "Severity changed"
    EDITED = "edited", "Edited"
    SEAT_OFFERED = "seat_offered", "Role offered"
    SEAT_HELD = "seat_held", "Role taken on"
    SEAT_RELEASED = "seat_released", "Role given up"
    SEAT_HANDED_OVER = "seat_handed_over", "Role handed over"
    ALERT_LINKED = "alert_linked", "Alert"
    UPDATE_DRAFTED = "update_drafted", "Update drafted"
    UPDATE_SUBMITTED = "update_submitted", "Update submitted"
    UPDATE_APPROVED = "update_approved", "Update approved"
    UPDATE_SENT_BACK = "update_sent_back", "Update sent back"
    UPDATE_PUBLISHED = "update_published", "Update published"
    UPDATE_DISCARDED = "update_discarded", "Update discarded"
    NOTE = "note", "Note"
    DECISION = "decision", "Decision"
    ACTION = "action", "Action"
    FINDING = "finding", "Finding"
    NOW = "now", "Where we are"
    QUOTE = "quote", "Quote"
    ATTACHED = "attached", "Evidence"
    TIMES_CORRECTED = "times_corrected", "Times corrected"
    ACCESS_CHANGED = "access_changed", "Access changed"
    LINKED = "linked", "Linked"
    MERGED_IN = "merged_in", "Merged in"
    CLASSIFIED = "classified", "Classified"
    SEAT_WAIVED = "seat_waived", "Role not needed"
    HOLDER_TIRED = "holder_tired", "Time to hand over"
    PAGED = "paged", "Paged"
    PAGING_ANSWERED = "paging_answered", "Answered the call"
    PAGING_PASSED_ON = "paging_passed_on", "Call passed on"
    TASK_ADDED = "task_added", "Task added"
    TASK_CHANGED = "task_changed", "Task changed"
    TASK_OVERDUE = "task_overdue", "Task overdue"
    DECISION_PROPOSED = "decision_proposed", "Decision proposed"
    DECISION_OBJECTED = "decision_objected", "Objection"
    DECISION_CLOSED = "decision_closed", "Objection window closed"
    HYPOTHESIS = "hypothesis", "Hypothesis"
    ACTION_CHANGED = "action_changed", "Action changed"
    ADVICE_ASKED = "advice_asked", "Advice asked"
    ADVICE_ANSWERED = "advice_answered", "Advice given"
    ADVICE_PASSED_ON = "advice_passed_on", "Question passed on"
    WORKSTREAM = "workstream", "Workstream"
    REPORT_ASKED = "report_asked", "Report asked"
    CAN_REPORTED = "can_reported", "CAN report"
    VERIFICATION = "verification", "Verification"
    REGRESSION = "regression", "Regression"
    UPDATE_EDITED = "update_edited", "Update edited"
    UPDATE_SCHEDULED = "update_scheduled", "Update scheduled"
    UPDATE_RESENT = "update_resent", "Sent again to who missed it"
    APPROVAL_DELEGATED = "approval_delegated", "Approval delegated"
    PROMISE_NEAR = "promise_near", "Update due soon"
    PROMISE_LATE = "promise_late", "Update late"
    PROMISE_BROKEN = "promise_broken", "Promise broken"
    RHYTHM_CHANGED = "rhythm_changed", "Rhythm changed"
    QUESTION_ASKED = "question_asked", "Question to the team"
    QUESTION_ANSWERED = "question_answered", "Question answered"
    BOARD_SHARED = "board_shared", "Board link"
    POINTS_WRITTEN = "points_written", "Talking points written"
    POINTS_APPROVED = "points_approved", "Talking points"
    POINTS_NUDGED = "points_nudged", "Frontline reminded"
    CUSTOMER_REPORTED = "customer_reported", "Customer report"
    SIGNAL = "signal", "Customers signal"
    ESCALATED = "escalated", "Escalation"
    ESCALATION_CHANGED = "escalation_changed", "Escalation changed"
    ESCALATION_BREACHED = "escalation_breached", "Escalation unanswered"
    FEEDBACK = "feedback", "Feedback"
    FOLLOWED_UP = "followed_up", "Followed up"


#: What people write themselves; the rest is written by the work functions.
WRITTEN = (Kind.NOTE, Kind.DECISION, Kind.ACTION, Kind.FINDING, Kind.NOW, Kind.QUOTE)

#: Filter of the timeline (and `data-kind` of its rows) → kinds.
GROUPS: dict[str, tuple[Kind, ...]] = {
    "status": (Kind.OPENED, Kind.MOVED, Kind.SEVERITY_CHANGED, Kind.MERGED_IN, Kind.REGRESSION),
    "decision": (Kind.DECISION, Kind.DECISION_PROPOSED, Kind.DECISION_OBJECTED, Kind.DECISION_CLOSED),
    "action": (Kind.ACTION, Kind.ACTION_CHANGED, Kind.TASK_ADDED, Kind.TASK_CHANGED, Kind.TASK_OVERDUE),
    "finding": (
        Kind.FINDING,
        Kind.NOTE,
        Kind.NOW,
        Kind.QUOTE,
        Kind.ATTACHED,
        Kind.HYPOTHESIS,
        Kind.ADVICE_ASKED,
        Kind.ADVICE_ANSWERED,
        Kind.CAN_REPORTED,
        Kind.VERIFICATION,
    ),
    "comms": (
        Kind.UPDATE_DRAFTED,
        Kind.UPDATE_SUBMITTED,
        Kind.UPDATE_APPROVED,
        Kind.UPDATE_SENT_BACK,
        Kind.UPDATE_PUBLISHED,
        Kind.UPDATE_DISCARDED,
        Kind.UPDATE_SCHEDULED,
        Kind.UPDATE_RESENT,
        Kind.PROMISE_BROKEN,
        Kind.QUESTION_ASKED,
        Kind.QUESTION_ANSWERED,
        Kind.POINTS_APPROVED,
        Kind.CUSTOMER_REPORTED,
        Kind.SIGNAL,
        Kind.ESCALATED,
        Kind.ESCALATION_CHANGED,
        Kind.ESCALATION_BREACHED,
        Kind.FEEDBACK,
    ),
    "system": (
        Kind.UPDATE_EDITED,
        Kind.APPROVAL_DELEGATED,
        Kind.PROMISE_NEAR,
        Kind.PROMISE_LATE,
        Kind.RHYTHM_CHANGED,
        Kind.BOARD_SHARED,
        Kind.POINTS_WRITTEN,
        Kind.POINTS_NUDGED,
        Kind.FOLLOWED_UP,
        Kind.EDITED,
        Kind.SEAT_OFFERED,
        Kind.SEAT_HELD,
        Kind.SEAT_RELEASED,
        Kind.SEAT_HANDED_OVER,
        Kind.ALERT_LINKED,
        Kind.TIMES_CORRECTED,
        Kind.ACCESS_CHANGED,
        Kind.LINKED,
        Kind.CLASSIFIED,
        Kind.SEAT_WAIVED,
        Kind.HOLDER_TIRED,
        Kind.PAGED,
        Kind.PAGING_ANSWERED,
        Kind.PAGING_PASSED_ON,
        Kind.ADVICE_PASSED_ON,
        Kind.WORKSTREAM,
        Kind.REPORT_ASKED,
    ),
}


class Visibility(models.TextChoices):
    """Who reads a row, of those who may see the incident."""

    STAFF = "staff", "All staff"
    ROOM = "room", "Response team"  # holders of a seat, those invited, administrators


class TimelineEntryQuerySet(models.QuerySet["TimelineEntry"]):
    def untold(self) -> "TimelineEntryQuerySet":
        """Rows that the listeners have not all heard, oldest first; parked ones left out."""
        return self.filter(told_at=None, parked_at=None).order_by("pk")

    def readable_by(self, user: User, incident: Incident) -> "TimelineEntryQuerySet":
        """Rows of `incident` that `user`, who may see it, may read: those for the response team only for it."""
        return self if incident.is_in_room(user) else self.filter(visibility=Visibility.STAFF)

    def parked(self) -> "TimelineEntryQuerySet":
        """Rows that a listener could not take five times."""
        return self.filter(told_at=None, parked_at__isnull=False)


class TimelineEntry(models.Model):
    """One fact of one incident. Only the telling columns at the end are ever updated."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="entries")
    number = models.PositiveIntegerField(help_text="1, 2, 3 … within the incident, without gaps.")
    kind = models.CharField(max_length=24, choices=Kind.choices)
    body = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    actor_role = models.CharField(max_length=24, blank=True)
    visibility = models.CharField(max_length=8, choices=Visibility.choices, default=Visibility.STAFF)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")
    digest_before = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    told_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    trouble = models.TextField(blank=True)
    parked_at = models.DateTimeField(null=True)

    objects = TimelineEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "timeline entries"
        ordering: ClassVar = ["incident", "number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["incident", "number"], name="entry_numbers")]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(told_at=None), name="untold_entries"),
            # The room reads the newest forty: without it each reading sorts all rows of the incident.
            models.Index(fields=["incident", "-occurred_at", "-number"], name="entries_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}/{self.number} {self.kind}"

    @property
    def group(self) -> str:
        """The filter it falls under: status, decision, action, finding, comms or system."""
        return next(group for group, kinds in GROUPS.items() if self.kind in kinds)


class TimelineHead(models.Model):
    """How far an incident's timeline goes: the newest row's number and digest, sealed with the installation's key.

    Kept apart from the rows, so that taking the last ones away, or making a whole new chain, is found.
    """

    incident = models.OneToOneField(Incident, models.CASCADE, related_name="head")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)

    class Meta:
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return f"{self.incident_id} up to {self.number}"


class KeyMoment(models.Model):
    """A row that somebody marked as one that tells the story. A mark of the reader's, not part of the record."""

    entry = models.OneToOneField(TimelineEntry, models.CASCADE, related_name="key_moment")
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    marked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return f"key moment {self.entry}"
