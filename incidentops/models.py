"""What the shell itself remembers: when each lane last showed that it works."""

from datetime import timedelta

from django.db import models
from django.utils import timezone


class Heartbeat(models.Model):
    """The last time a task went the whole way through one lane's queue."""

    lane = models.CharField(max_length=12, primary_key=True)
    beaten_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.lane} at {self.beaten_at:%H:%M:%S}"

    @property
    def age(self) -> timedelta:
        """How long ago that was."""
        return timezone.now() - self.beaten_at
