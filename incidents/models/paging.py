"""Paging: somebody is called to an incident, and either answers or is followed by the next."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from incidents.models.incident import Incident
from roles.catalog import Role


class PagingState(models.TextChoices):
    WAITING = "waiting", "Waiting"  # called; has not answered
    ACKNOWLEDGED = "acknowledged", "Acknowledged"  # said that they are on it
    PASSED_ON = "passed_on", "Passed on"  # did not answer in time, or declined: the next one was called
    UNANSWERED = "unanswered", "Unanswered"  # did not answer, and nobody was left to call
    WITHDRAWN = "withdrawn", "Withdrawn"  # no longer needed


class PagingQuerySet(models.QuerySet["Paging"]):
    def waiting(self) -> "PagingQuerySet":
        """Calls that nobody has answered yet."""
        return self.filter(state=PagingState.WAITING)


class Paging(models.Model):
    """One call of one person. What follows from it unanswered is another row."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="pagings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="pagings")
    role = models.CharField(max_length=24, choices=Role.choices, blank=True, help_text="What they are wanted as.")
    message = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=12, choices=PagingState.choices, default=PagingState.WAITING)
    after = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="next_one", help_text="The call that this follows."
    )
    paged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    paged_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, help_text="When the next one is called.")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_through = models.CharField(max_length=8, blank=True, help_text="room, link or api")

    objects = PagingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["incident", "user"], condition=Q(state="waiting"), name="called_once_at_a_time"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="pagings_to_pass_on"),
            models.Index(fields=["user"], condition=Q(state="waiting"), name="pagings_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} paged for {self.incident.key}"

    @property
    def waiting(self) -> timedelta:
        """How long ago the call went out."""
        return timezone.now() - self.paged_at
