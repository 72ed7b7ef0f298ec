"""When whom we tell next: the policy by severity and audience, and each promise with what became of it."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from incidents.models.incident import Incident, Severity
from incidents.models.update import Audience, Update
from incidents.models.versions import Versioned


class UpdatePolicy(Versioned):
    """How often one audience hears of incidents of one severity. Durations are empty where nothing is due."""

    severity = models.CharField(max_length=4, choices=Severity.choices)
    audience = models.CharField(max_length=12, choices=Audience.choices)
    first_within = models.DurationField(null=True, blank=True, help_text="After declaring: the first text.")
    scope_within = models.DurationField(null=True, blank=True, help_text="After the first: who is affected, and how.")
    every = models.DurationField(null=True, blank=True, help_text="At the start.")
    later_after = models.DurationField(null=True, blank=True, help_text="When the start is over: a long incident.")
    later_every = models.DurationField(null=True, blank=True, help_text="At the longest, from then on.")

    class Meta:
        ordering: ClassVar = ["severity", "audience"]
        default_permissions: ClassVar = ()
        verbose_name_plural = "update policies"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["severity", "audience"], name="one_policy_per_severity_and_audience"),
        ]

    def __str__(self) -> str:
        return f"{self.severity}, {self.get_audience_display()}"


class Rhythm(models.Model):
    """The slower rhythm that somebody chose for one long incident. The newest row counts."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="rhythms")
    audience = models.CharField(max_length=12, choices=Audience.choices)
    every = models.DurationField()
    reason = models.CharField(max_length=300, blank=True)
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    chosen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return f"{self.incident_id} {self.audience}: {self.every}"


class PromiseState(models.TextChoices):
    OPEN = "open", "Open"
    KEPT = "kept", "Kept"
    LATE = "late", "Kept late"  # it was told, after the time
    BROKEN = "broken", "Broken"  # the incident ended, or the next promise stood, before it was told
    LIFTED = "lifted", "Lifted"  # the incident ended, or its severity asks for none, before the time


class PromiseKind(models.TextChoices):
    FIRST = "first", "First word"
    SCOPE = "scope", "Who is affected"
    NEXT = "next", "Next update"


class PromiseQuerySet(models.QuerySet["Promise"]):
    def still_open(self) -> "PromiseQuerySet":
        """Neither kept nor given up."""
        return self.filter(state=PromiseState.OPEN)


class Promise(models.Model):
    """One time by which one audience hears from us. At most one is open per incident, audience and page."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="promises")
    audience = models.CharField(max_length=12, choices=Audience.choices)
    page = models.SlugField(blank=True, help_text="For the public: which page said it; empty before the first word.")
    kind = models.CharField(max_length=8, choices=PromiseKind.choices, default=PromiseKind.NEXT)
    made_by = models.ForeignKey(Update, models.SET_NULL, null=True, blank=True, related_name="promises_made")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=PromiseState.choices, default=PromiseState.OPEN)
    kept_by = models.ForeignKey(Update, models.SET_NULL, null=True, blank=True, related_name="promises_kept")
    settled_at = models.DateTimeField(null=True, blank=True)
    nudged_at = models.DateTimeField(null=True, blank=True, help_text="T-5: who writes was reminded.")
    late_at = models.DateTimeField(null=True, blank=True, help_text="T: the room was told.")
    told_at = models.DateTimeField(null=True, blank=True, help_text="T+5: the commander was told.")

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["due_at", "pk"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["incident", "audience", "page"], condition=Q(state="open"), name="one_open_promise"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["due_at"], condition=Q(state="open"), name="promises_by_time")]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.audience} by {self.due_at:%H:%M}"

    @property
    def span(self) -> timedelta:
        """How long there is from making it to keeping it."""
        return self.due_at - self.made_at

    @property
    def is_late(self) -> bool:
        """Whether the time has passed and nothing was said."""
        return self.state == PromiseState.OPEN and self.due_at < timezone.now()

    @property
    def is_stated(self) -> bool:
        """Whether its audience was told this time, so that nobody here may move it back."""
        return self.made_by is not None and self.made_by.next_update_at is not None
