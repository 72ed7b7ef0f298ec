"""What is known of the providers: who is down, how fast we may go, and what they reported back."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class Breaker(models.Model):
    """Whether a provider is worth trying; one row for all workers. Written by `notifications.breaker`."""

    provider = models.CharField(max_length=100, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    counting_since = models.DateTimeField(default=timezone.now)
    open_until = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.provider}: {'open' if self.open_until else 'closed'}"


class Bucket(models.Model):
    """A token bucket; `stamp` is seconds since the epoch, so that both databases can reckon with it."""

    name = models.CharField(max_length=200, primary_key=True)
    tokens = models.FloatField()
    stamp = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return self.name


class Callback(models.Model):
    """What a provider reported, stored raw and once before anything is made of it."""

    provider = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the event: the same report is stored once.")
    kind = models.CharField(max_length=40)
    message_id = models.BigIntegerField(null=True, blank=True)
    body = models.JSONField()
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    worked_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["provider", "digest"], name="one_callback")]
        indexes: ClassVar = [
            models.Index(fields=["received_at"], name="callback_unworked", condition=models.Q(worked_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind}"
