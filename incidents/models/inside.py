"""Those inside who want to know: groups, their questions, a board to look at, chats that read along."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from incidents.models.incident import Incident, Severity
from incidents.models.service import Service
from incidents.models.versions import Versioned
from notifications.models import ChatHook


class StakeholderGroup(Versioned):
    """People inside who hear of incidents without working on them."""

    class Kind(models.TextChoices):
        EXECUTIVE = "executive", "Executive"  # hears executive updates
        TACTICAL = "tactical", "Internal"  # hears internal updates
        SUPPORT = "support", "Support"  # frontline: hears what to say to customers

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TACTICAL)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="stakeholder_groups", blank=True)
    addresses = models.JSONField(default=list, blank=True, help_text="E-mail addresses of people without an account.")
    services = models.ManyToManyField(Service, related_name="+", blank=True, help_text="None: incidents of any.")
    least_severity = models.CharField(
        max_length=4, choices=Severity.choices, default=Severity.SEV5, help_text="Hears of incidents at least so bad."
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["name"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.name


class TeamQuestionState(models.TextChoices):
    OPEN = "open", "Open"
    ANSWERED = "answered", "Answered"
    DECLINED = "declined", "Not answered"


class TeamQuestion(models.Model):
    """A question to those who work on the incident: it gets an owner, and an answer with a stamp."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="team_questions")
    question = models.CharField(max_length=500)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    asked_name = models.CharField(max_length=100, blank=True, help_text="Where asked through a board link.")
    asked_at = models.DateTimeField(default=timezone.now)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    owned_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=TeamQuestionState.choices, default=TeamQuestionState.OPEN)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    is_shared = models.BooleanField(default=False, help_text="Question and answer stand on the board.")

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.question


class BoardLink(models.Model):
    """A read-only view of one incident for whoever has the link: signed, expiring, and taken back at any time."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="boards")
    public_id = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=100, help_text="For whom: Board of directors.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_count = models.PositiveIntegerField(default=0)
    covers_private = models.BooleanField(default=False, help_text="Goes on working while the incident is private.")

    class Meta:
        ordering: ClassVar = ["-pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.name}"


class ChatMirror(Versioned):
    """Which news of incidents one chat room reads along."""

    hook = models.ForeignKey(ChatHook, models.CASCADE, related_name="+")
    audiences = models.JSONField(default=list, help_text="Updates of these audiences; public ones where they go out.")
    events = models.JSONField(default=list, blank=True, help_text="Facts beside updates: opened, moved, ended.")
    least_severity = models.CharField(max_length=4, choices=Severity.choices, default=Severity.SEV5)
    services = models.ManyToManyField(Service, related_name="+", blank=True, help_text="None: incidents of any.")
    includes_private = models.BooleanField(default=False, help_text="Reads along of private incidents as well.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["hook"], condition=Q(is_active=True), name="one_live_mirror_per_hook"),
        ]

    def __str__(self) -> str:
        return str(self.hook)
