"""Leading the experts' work: workstreams, their reports, and questions to somebody who knows."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from incidents.models.diagnosis import Action, Confidence, Hypothesis
from incidents.models.incident import Incident
from incidents.models.versions import Versioned


class Workstream(Versioned):
    """A part of the work with a lead of its own."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="workstreams")
    name = models.CharField(max_length=100)
    goal = models.CharField(max_length=300, blank=True)
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="workstreams", blank=True)
    timebox = models.DurationField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, help_text="When the timebox ends.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    report_asked_at = models.DateTimeField(null=True, blank=True, help_text="When a report was asked for, unanswered.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["incident", "name"], name="one_workstream_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class CanReport(models.Model):
    """Conditions, actions, needs: what somebody sees, does, and lacks, in three short fields."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="can_reports")
    workstream = models.ForeignKey(Workstream, models.PROTECT, null=True, blank=True, related_name="reports")
    conditions = models.CharField(max_length=500)
    actions = models.CharField(max_length=500, blank=True)
    needs = models.CharField(max_length=500, blank=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "CAN report"
        ordering: ClassVar = ["-pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.conditions

    @property
    def age(self) -> timedelta:
        """How long ago it was said."""
        return timezone.now() - self.reported_at


class AdviceState(models.TextChoices):
    ASKED = "asked", "Asked"
    ANSWERED = "answered", "Answered"
    UNANSWERED = "unanswered", "Unanswered"  # nobody was left to ask
    WITHDRAWN = "withdrawn", "Withdrawn"


class AdviceRequest(models.Model):
    """A question to an expert. In time unanswered, it passes to the next one."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="advice")
    question = models.CharField(max_length=500)
    context = models.TextField(blank=True)
    is_urgent = models.BooleanField(default=False)
    service = models.ForeignKey("incidents.Service", models.SET_NULL, null=True, blank=True, related_name="+")
    hypothesis = models.ForeignKey(Hypothesis, models.SET_NULL, null=True, blank=True, related_name="+")
    action = models.ForeignKey(Action, models.SET_NULL, null=True, blank=True, related_name="guidance")
    asked = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="questions", help_text="Whom, now."
    )
    passed_by = models.JSONField(default=list, blank=True, help_text="Ids of people who were asked before.")
    state = models.CharField(max_length=10, choices=AdviceState.choices, default=AdviceState.ASKED)
    wait = models.DurationField(help_text="How long each has to answer.")
    due_at = models.DateTimeField(help_text="When the next one is asked.")
    answer = models.TextField(blank=True)
    confidence = models.CharField(max_length=8, choices=Confidence.choices, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(state="asked"), name="advice_to_pass_on"),
            models.Index(fields=["asked"], condition=Q(state="asked"), name="questions_of_a_person"),
        ]

    def __str__(self) -> str:
        return self.question
