"""Finding the cause and ending the impact: hypotheses, findings, and actions on what we run."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from incidents.models.entry import TimelineEntry
from incidents.models.incident import Incident
from incidents.models.versions import Versioned


class HypothesisState(models.TextChoices):
    OPEN = "open", "Open"  # said, not looked at
    TESTING = "testing", "Testing"
    RULED_OUT = "ruled_out", "Ruled out"
    CONFIRMED = "confirmed", "Confirmed"  # with evidence


class Hypothesis(Versioned):
    """What may be the cause."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="hypotheses")
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=HypothesisState.choices, default=HypothesisState.OPEN)
    verdict = models.CharField(max_length=300, blank=True, help_text="Why it is ruled out or confirmed.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name_plural = "hypotheses"
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.title


class Confidence(models.TextChoices):
    GUESS = "guess", "Guess"
    LIKELY = "likely", "Likely"
    CERTAIN = "certain", "Certain"


class Finding(models.Model):
    """What somebody saw, how sure they are, and what they would do. Its words stand in the timeline."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="findings")
    entry = models.OneToOneField(TimelineEntry, models.PROTECT, related_name="finding")
    text = models.TextField()
    recommendation = models.TextField(blank=True)
    confidence = models.CharField(max_length=8, choices=Confidence.choices, default=Confidence.LIKELY)
    hypothesis = models.ForeignKey(Hypothesis, models.PROTECT, null=True, blank=True, related_name="findings")
    service = models.ForeignKey("incidents.Service", models.SET_NULL, null=True, blank=True, related_name="+")
    found_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    found_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def is_adopted(self) -> bool:
        """Whether the cause that it speaks for is confirmed."""
        return self.hypothesis is not None and self.hypothesis.state == HypothesisState.CONFIRMED


class ActionKind(models.TextChoices):
    MITIGATION = "mitigation", "Mitigation"
    FIX = "fix", "Fix"
    ROLLBACK = "rollback", "Rollback"
    DIAGNOSTIC = "diagnostic", "Diagnostic"


class ActionState(models.TextChoices):
    PROPOSED = "proposed", "Proposed"
    APPROVED = "approved", "Approved"
    DECLINED = "declined", "Declined"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    REVERTED = "reverted", "Reverted"


class Risk(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


class Action(Versioned):
    """Something done to what we run, to end the impact or to learn."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="actions")
    kind = models.CharField(max_length=10, choices=ActionKind.choices, default=ActionKind.MITIGATION)
    title = models.CharField(max_length=300)
    detail = models.TextField(blank=True)
    undo = models.TextField(blank=True, help_text="How it is taken back.")
    risk = models.CharField(max_length=6, choices=Risk.choices, default=Risk.MEDIUM)
    state = models.CharField(max_length=10, choices=ActionState.choices, default=ActionState.PROPOSED)
    effect = models.CharField(max_length=300, blank=True, help_text="What it did: '38% → 2.1%', 'no effect'.")
    comment = models.CharField(max_length=300, blank=True, help_text="Why it was declined.")
    service = models.ForeignKey("incidents.Service", models.SET_NULL, null=True, blank=True, related_name="+")
    hypothesis = models.ForeignKey(Hypothesis, models.SET_NULL, null=True, blank=True, related_name="actions")
    executor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.title
