"""Who looks at which room, and how far they have read."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from incidents.models.incident import Incident

#: Who has said so within this time is in the room.
PRESENT_FOR = timedelta(seconds=60)


class LookQuerySet(models.QuerySet["Look"]):
    def present(self) -> "LookQuerySet":
        """Those who are in the room now."""
        return self.filter(looked_at__gte=timezone.now() - PRESENT_FOR)


class Look(models.Model):
    """One person's last look at one room."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="looks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    number = models.PositiveIntegerField(default=0, help_text="The newest timeline row that they have had before them.")
    looked_at = models.DateTimeField(default=timezone.now)

    objects = LookQuerySet.as_manager()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["incident", "user"], name="one_look_each")]

    def __str__(self) -> str:
        return f"{self.user} read {self.incident.key} up to {self.number}"
