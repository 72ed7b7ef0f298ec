"""Where a person wants to be reached, and which addresses must not be written to."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from notifications.models.messages import ChannelName


class ContactMethod(models.Model):
    """An address of a person on one channel; only a verified one is written to."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="contact_methods")
    channel = models.CharField(max_length=16, choices=ChannelName.choices)
    address = models.CharField(max_length=500)
    is_verified = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "channel", "address"], name="one_contact_method")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_channel_display()}"


class Preference(models.Model):
    """Whether a person wants a channel at all; without a row they do."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="channel_preferences")
    channel = models.CharField(max_length=16, choices=ChannelName.choices)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "channel"], name="one_preference")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_channel_display()} {'on' if self.is_enabled else 'off'}"


class Suppression(models.Model):
    """An address that one list, or with an empty `list_name` every list, must not write to.

    Looked at when a message is sent, so that it also stops what was queued before.
    """

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        BOUNCED = "bounced", "Address does not take mail"
        COMPLAINED = "complained", "Marked as spam"
        STOPPED = "stopped", "Answered STOP"
        UNREACHABLE = "unreachable", "Number cannot receive"
        BY_HAND = "by_hand", "Added by an administrator"

    channel = models.CharField(max_length=16, choices=ChannelName.choices)
    address = models.CharField(max_length=500)
    list_name = models.CharField(max_length=100, blank=True, help_text="Empty: every list.")
    reason = models.CharField(max_length=16, choices=Reason.choices, default=Reason.UNSUBSCRIBED)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "address", "list_name"], name="one_suppression")
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.list_name or 'every list'}: {self.get_reason_display()}"
