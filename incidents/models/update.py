"""Updates: a text with an audience, from draft to published."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from incidents.models.incident import Incident


class Audience(models.TextChoices):
    PUBLIC = "public", "Public page"
    INTERNAL = "internal", "Internal"
    EXECUTIVE = "executive", "Executive"
    SUPPORT = "support", "Support"


class UpdateState(models.TextChoices):
    DRAFT = "draft", "Draft"  # being written
    SUBMITTED = "submitted", "Waiting for approval"
    APPROVED = "approved", "Approved"  # may go out; has not
    PUBLISHED = "published", "Published"  # has gone out
    DISCARDED = "discarded", "Discarded"  # never goes out


class PublicStatus(models.TextChoices):
    """What a public update says of the incident (Statuspage v2)."""

    INVESTIGATING = "investigating", "Investigating"
    IDENTIFIED = "identified", "Identified"
    MONITORING = "monitoring", "Monitoring"
    RESOLVED = "resolved", "Resolved"
    POSTMORTEM = "postmortem", "Postmortem"


class UpdateQuerySet(models.QuerySet["Update"]):
    def pending(self) -> "UpdateQuerySet":
        """Neither out nor dropped."""
        return self.filter(state__in=[UpdateState.DRAFT, UpdateState.SUBMITTED, UpdateState.APPROVED])


class Update(models.Model):
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="updates")
    audience = models.CharField(max_length=12, choices=Audience.choices, default=Audience.PUBLIC)
    page = models.SlugField(blank=True, help_text="Which status page, for public updates.")
    title = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=16, choices=PublicStatus.choices, blank=True)
    body = models.TextField()
    components = models.JSONField(default=dict, blank=True, help_text="Component slug → status that this update sets.")
    next_update_at = models.DateTimeField(null=True, blank=True)
    notify = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=UpdateState.choices, default=UpdateState.DRAFT)
    version = models.PositiveIntegerField(default=1, help_text="Raised by each edit; a form that edits must name it.")
    comment = models.TextField(blank=True, help_text="Why it was sent back.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    key = models.CharField(
        max_length=80, unique=True, null=True, blank=True, help_text="For drafts made by the product: made once."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    submitted_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)

    objects = UpdateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_audience_display()} update of {self.incident.key}: {self.title or self.body[:40]}"

    @property
    def is_pending(self) -> bool:
        return self.state in {UpdateState.DRAFT, UpdateState.SUBMITTED, UpdateState.APPROVED}

    def was_written_by(self, user: object) -> bool:
        """Whether `user` wrote it or changed it last: such a person's approval is no second pair of eyes."""
        pk = getattr(user, "pk", None)
        return pk is not None and pk in {self.author_id, self.edited_by_id}
