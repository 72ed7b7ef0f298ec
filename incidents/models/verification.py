"""Verification: what has to be seen before anyone says that it is over."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from incidents.models.incident import Incident


class CheckKind(models.TextChoices):
    ALERTS_QUIET = "alerts_quiet", "Linked alerts quiet"  # for so many minutes
    SIGNED = "signed", "Signed by a tester"  # a named person has tried it
    MEASURED = "measured", "Measured"  # somebody enters what they read off


class CheckState(models.TextChoices):
    PENDING = "pending", "Pending"
    PASSED = "passed", "Passed"
    FAILED = "failed", "Failed"
    WAIVED = "waived", "Waived"  # with a reason


class VerificationCheck(models.Model):
    """One thing to verify while monitoring."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="verification")
    kind = models.CharField(max_length=12, choices=CheckKind.choices)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=CheckState.choices, default=CheckState.PENDING)
    minutes = models.PositiveSmallIntegerField(default=10, help_text="How long it has to hold.")
    reading = models.CharField(max_length=100, blank=True, help_text="What was last read: '2.1%'.")
    note = models.CharField(max_length=300, blank=True)
    holds_since = models.DateTimeField(null=True, blank=True)
    tester = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.title
