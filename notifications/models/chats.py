"""Chat rooms that read along: where a message goes, by the incoming webhook of the chat."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class ChatKind(models.TextChoices):
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Microsoft Teams"
    DISCORD = "discord", "Discord"
    MATTERMOST = "mattermost", "Mattermost"
    GOOGLE_CHAT = "google_chat", "Google Chat"


class ChatHook(models.Model):
    """One chat room. Its address is a secret: it is stored sealed, and messages name the hook by its `public_id`."""

    public_id = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=ChatKind.choices)
    url_sealed = models.TextField(blank=True, help_text="Empty: messages are written to files.")
    is_active = models.BooleanField(default=True)
    trouble = models.CharField(max_length=300, blank=True, help_text="Why the last message did not go; empty: it did.")
    failed_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Refusals in a row; after five it is off.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["name"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.name}"
