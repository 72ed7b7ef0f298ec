"""Decisions: a question with options, a window for strong objections, and what was decided and why."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from incidents.models.incident import Incident
from incidents.models.versions import Versioned


class DecisionState(models.TextChoices):
    PROPOSED = "proposed", "Proposed"  # the window for objections is open, or was; nothing is decided
    DECIDED = "decided", "Decided"
    WITHDRAWN = "withdrawn", "Withdrawn"  # no longer asked


class Decision(Versioned):
    """One decision of one incident."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="decisions")
    question = models.CharField(max_length=300)
    options = models.JSONField(default=list, blank=True, help_text="[{text, risk}], in order.")
    recommended = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Place of an option, from 0.")
    state = models.CharField(max_length=12, choices=DecisionState.choices, default=DecisionState.PROPOSED)
    closes_at = models.DateTimeField(null=True, blank=True, help_text="Until when strong objections are asked for.")
    closed_at = models.DateTimeField(null=True, blank=True, help_text="When the window was said to be over.")
    outcome = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    revisit_at = models.DateTimeField(null=True, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.outcome or self.question


class Objection(models.Model):
    """Somebody's strong objection to what is proposed; one each, the newest words count."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="objections")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.CharField(max_length=500)
    raised_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["decision", "user"], name="one_objection_each")]

    def __str__(self) -> str:
        return self.text
