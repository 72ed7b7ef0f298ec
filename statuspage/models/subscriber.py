"""Subscribers: who asked one page to tell them, where, and of what."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from statuspage.models.component import Component
from statuspage.models.page import StatusPage, public_id


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def live(self) -> "SubscriberQuerySet":
        """Not unsubscribed; perhaps not confirmed."""
        return self.filter(unsubscribed_at=None)

    def confirmed(self) -> "SubscriberQuerySet":
        """Those who are told: confirmed, not left."""
        return self.live().filter(confirmed_at__isnull=False)


class Subscriber(models.Model):
    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        SMS = "sms", "SMS"

    class Amount(models.TextChoices):
        ALL = "all", "Every update"
        ENDS = "ends", "Start and end only"
        MAJOR = "major", "Major outages only"

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    page = models.ForeignKey(StatusPage, models.CASCADE, related_name="subscribers")
    channel = models.CharField(max_length=12, choices=Channel.choices)
    address = models.CharField(max_length=254, help_text="As messages are addressed: lower-case e-mail, E.164 number.")
    amount = models.CharField(max_length=8, choices=Amount.choices, default=Amount.ALL)
    components = models.ManyToManyField(Component, related_name="+", blank=True, help_text="None: everything.")
    source = models.CharField(max_length=12, default="page", help_text="page, api, import or demo.")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    confirmation_sent_at = models.DateTimeField(null=True, blank=True)
    confirmation_count = models.PositiveSmallIntegerField(default=0)
    code_digest = models.CharField(max_length=64, blank=True, help_text="Of the code sent by SMS.")
    code_failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["page", "channel", "address"],
                condition=Q(unsubscribed_at=None),
                name="one_live_subscription_per_address",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["page", "channel", "confirmed_at"], name="subscribers_to_tell")]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} subscriber {self.public_id} of {self.page}"
