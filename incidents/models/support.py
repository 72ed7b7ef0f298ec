"""What support says: talking points in versions, who has read them, and answers ready to send."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from incidents.models.incident import Incident
from incidents.models.update import Update
from incidents.models.versions import Versioned


class TalkingPoints(models.Model):
    """What support may say now. Each change is a new row; the newest approved one counts.

    The part that customers hear is the latest public text, word for word; the rest is for agents alone.
    """

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="talking_points")
    number = models.PositiveIntegerField(help_text="1, 2, 3 … within the incident.")
    update = models.ForeignKey(Update, models.PROTECT, null=True, blank=True, related_name="+")
    public_text = models.TextField(blank=True, help_text="Copied from that update; empty where none is out.")
    addendum = models.TextField(blank=True, help_text="For agents, never for customers.")
    do_say = models.TextField(blank=True)
    do_not_say = models.TextField(blank=True)
    workaround = models.TextField(blank=True)
    next_update_at = models.DateTimeField(null=True, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        default_permissions: ClassVar = ()
        verbose_name_plural = "talking points"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["incident", "number"], name="talking_points_numbers"),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"


class PointsRead(models.Model):
    """Somebody of the frontline has read one version."""

    points = models.ForeignKey(TalkingPoints, models.CASCADE, related_name="reads")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["points", "reader"], name="one_reading_each")]

    def __str__(self) -> str:
        return f"{self.points}: {self.reader}"


class Macro(Versioned):
    """An answer ready to send to customers, with placeholders from the fixed list."""

    name = models.CharField(max_length=100)
    body = models.TextField()
    tier = models.SlugField(blank=True, help_text="For customers of this tier; empty: all.")
    language = models.CharField(max_length=12, default="en")
    for_follow_up = models.BooleanField(default=False, help_text="For telling reporters that it is over.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["name"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "language"], name="one_macro_per_name_and_language"),
        ]

    def __str__(self) -> str:
        return self.name
