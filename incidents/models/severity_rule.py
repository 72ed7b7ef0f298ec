"""What follows from each severity, as rows that administrators edit; `incidents.severity` reads them."""

from typing import ClassVar

from django.db import models

from incidents.models.incident import Severity
from incidents.models.versions import Versioned


class ReviewNeed(models.TextChoices):
    """Whether an incident of a severity is reviewed afterwards."""

    REQUIRED = "required", "required"
    OPTIONAL = "optional", "optional"
    NONE = "none", "none"


class SeverityRule(Versioned):
    """One severity. Durations are empty where nothing is due by the clock."""

    severity = models.CharField(max_length=4, choices=Severity.choices, primary_key=True)
    meaning = models.CharField(max_length=200, help_text="What it looks like, in one sentence.")
    required_roles = models.JSONField(default=list, help_text="Roles that must be filled or waived with a reason.")
    needs_approval = models.BooleanField(default=False, help_text="Public texts wait for somebody who may approve.")
    needs_four_eyes = models.BooleanField(default=False, help_text="And that somebody has not written them.")
    needs_cleared_actions = models.BooleanField(
        default=False, help_text="An action does not run before the commander has approved it."
    )
    acknowledge_within = models.DurationField(
        null=True, blank=True, help_text="Who is paged and does not answer in this time is followed by the next."
    )
    review = models.CharField(max_length=8, choices=ReviewNeed.choices, default=ReviewNeed.NONE)
    review_within = models.DurationField(null=True, blank=True)
    action_item_due = models.DurationField(null=True, blank=True)
    public_impact = models.CharField(max_length=16, blank=True, help_text="What pages suggest: none, minor, major …")

    class Meta:
        ordering: ClassVar = ["severity"]
        permissions: ClassVar = [("manage_rules", "Can change severities, incident types and fields")]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.severity
