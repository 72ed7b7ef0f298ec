"""Timeline rows: append-only, hash-chained, and at the same time the queue that listeners drain."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from incidents.models.incident import Incident


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


#: What people write themselves; the rest is written by the work functions.
WRITTEN = (Kind.NOTE, Kind.DECISION, Kind.ACTION, Kind.FINDING)

#: Filter of the timeline (and `data-kind` of its rows) → kinds.
GROUPS: dict[str, tuple[Kind, ...]] = {
    "status": (Kind.OPENED, Kind.MOVED, Kind.SEVERITY_CHANGED),
    "decision": (Kind.DECISION,),
    "action": (Kind.ACTION,),
    "finding": (Kind.FINDING, Kind.NOTE),
    "comms": (
        Kind.UPDATE_DRAFTED,
        Kind.UPDATE_SUBMITTED,
        Kind.UPDATE_APPROVED,
        Kind.UPDATE_SENT_BACK,
        Kind.UPDATE_PUBLISHED,
        Kind.UPDATE_DISCARDED,
    ),
    "system": (
        Kind.EDITED,
        Kind.SEAT_OFFERED,
        Kind.SEAT_HELD,
        Kind.SEAT_RELEASED,
        Kind.SEAT_HANDED_OVER,
        Kind.ALERT_LINKED,
    ),
}


class TimelineEntryQuerySet(models.QuerySet["TimelineEntry"]):
    def untold(self) -> "TimelineEntryQuerySet":
        """Rows that the listeners have not all heard, oldest first; parked ones left out."""
        return self.filter(told_at=None, parked_at=None).order_by("pk")

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
        indexes: ClassVar = [models.Index(fields=["id"], condition=Q(told_at=None), name="untold_entries")]

    def __str__(self) -> str:
        return f"{self.incident_id}/{self.number} {self.kind}"

    @property
    def group(self) -> str:
        """The filter it falls under: status, decision, action, finding, comms or system."""
        return next(group for group, kinds in GROUPS.items() if self.kind in kinds)
