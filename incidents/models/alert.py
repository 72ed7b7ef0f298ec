"""What monitoring tools send: their sources, each payload as it came, and the alerts read from it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class AlertSource(models.Model):
    """A tool that may post to us. Its token is stored encrypted, and found by its SHA-256."""

    kind = models.CharField(max_length=24, help_text="A name of the intake registry: alertmanager, generic.")
    name = models.CharField(max_length=100, unique=True)
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    token_encrypted = models.TextField(editable=False)
    severity = models.CharField(
        max_length=4, blank=True, help_text="Severity of what it opens, where the alert names none."
    )
    opens_incidents = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["name"]
        permissions: ClassVar = [
            ("manage_alertsource", "Can manage alert sources and see their addresses"),
            ("view_payload", "Can read stored payloads"),
        ]
        default_permissions: ClassVar = ("view",)

    def __str__(self) -> str:
        return self.name


class Payload(models.Model):
    """One request of a source, byte for byte as it came, read or not."""

    class State(models.TextChoices):
        RECEIVED = "received", "Received"  # stored and answered; not yet worked off
        DONE = "done", "Done"  # each alert in it is stored
        UNREADABLE = "unreadable", "Unreadable"  # `trouble` says why; nothing came of it
        FAILED = "failed", "Failed"  # our fault, five times; `trouble` says what happened

    source = models.ForeignKey(AlertSource, models.CASCADE, related_name="payloads")
    body = models.BinaryField()
    content_type = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    trouble = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    received_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(state="received"), name="payloads_to_work_off")
        ]

    def __str__(self) -> str:
        return f"payload {self.pk} of {self.source}"


class Alert(models.Model):
    """One alert of a source, under its dedup key; firing again is the same row."""

    class Status(models.TextChoices):
        FIRING = "firing", "Firing"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        RESOLVED = "resolved", "Resolved"
        SUPPRESSED = "suppressed", "Suppressed"
        TEST = "test", "Test"

    source = models.ForeignKey(AlertSource, models.CASCADE, related_name="alerts")
    dedup_key = models.CharField(max_length=255)
    status = models.CharField(max_length=12, choices=Status.choices)
    severity = models.CharField(max_length=8, blank=True, help_text="critical, error, warning or info.")
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    labels = models.JSONField(default=dict)
    links = models.JSONField(default=dict)
    component_hint = models.CharField(
        max_length=200, blank=True, help_text="What it calls the part, known to us or not."
    )
    service = models.ForeignKey("incidents.Service", models.SET_NULL, null=True, blank=True, related_name="alerts")
    incident = models.ForeignKey("incidents.Incident", models.SET_NULL, null=True, blank=True, related_name="alerts")
    payload = models.ForeignKey(Payload, models.SET_NULL, null=True, related_name="alerts")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    seen_count = models.PositiveIntegerField(default=1)
    acknowledged_by = models.ForeignKey("roles.User", models.SET_NULL, null=True, blank=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-last_seen_at", "-pk"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "dedup_key"], name="one_alert_per_key")]
        indexes: ClassVar = [models.Index(fields=["status", "-last_seen_at"], name="alerts_by_status")]

    def __str__(self) -> str:
        return self.title
