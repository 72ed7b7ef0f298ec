"""Updates: a text with an audience, from draft to published."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

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
    also_for = models.JSONField(default=list, blank=True, help_text="Further audiences that get the same words.")
    language = models.CharField(max_length=12, default="en", help_text="BCP 47: en, de, pt-br.")
    written_in = models.CharField(max_length=32, blank=True, help_text="State and severity when it was last saved.")
    editing_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    editing_until = models.DateTimeField(null=True, blank=True, help_text="Others do not edit it until then.")
    publish_at = models.DateTimeField(null=True, blank=True, help_text="Approved, it goes out then by itself.")
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


class UpdateRevision(models.Model):
    """A text as it once was saved: what a diff compares, and what nobody loses."""

    update = models.ForeignKey(Update, models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    words = models.JSONField(help_text="title, body, status, components, next_update_at as they stood.")
    is_submitted = models.BooleanField(default=False, help_text="Somebody was asked to approve it so.")
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["version"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["update", "version"], name="one_revision_per_version")]

    def __str__(self) -> str:
        return f"{self.update_id} v{self.version}"


class UpdateComment(models.Model):
    """What somebody says of one line of one version of a text."""

    update = models.ForeignKey(Update, models.CASCADE, related_name="comments")
    version = models.PositiveIntegerField()
    line = models.PositiveIntegerField(null=True, blank=True, help_text="Line of the body, from 1; empty: all of it.")
    quote = models.CharField(max_length=300, blank=True, help_text="The words it is about.")
    body = models.CharField(max_length=1000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.body[:60]


class UnsavedText(models.Model):
    """What somebody is typing and has not saved: kept per person, incident and place, so that nothing is lost."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="+")
    update = models.ForeignKey(Update, models.CASCADE, null=True, blank=True, related_name="+")
    words = models.JSONField(default=dict)
    typed_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "update"], name="one_unsaved_edit", condition=Q(update__isnull=False)
            ),
            models.UniqueConstraint(fields=["user", "incident"], name="one_unsaved_text", condition=Q(update=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user} on {self.incident_id}"


class Summary(models.Model):
    """The parts of a post-incident summary beside its text: the update it goes out with has the status postmortem."""

    update = models.OneToOneField(Update, models.CASCADE, related_name="summary")
    impact = models.TextField(help_text="Who was affected, and how, in plain words.")
    lasted = models.DurationField(null=True, blank=True)
    cause = models.CharField(max_length=100, help_text="The class of cause: change, capacity, dependency …")
    changes = models.TextField(help_text="What we change so that it does not happen again.")

    class Meta:
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.cause
