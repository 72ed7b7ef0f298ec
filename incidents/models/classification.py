"""How incidents are sorted: types, tags, fields of the organisation's own, and views that people keep."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class IncidentType(models.Model):
    """A sort of incident: security, data, third party."""

    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.CharField(max_length=200, blank=True)
    is_private = models.BooleanField(default=False, help_text="Incidents of this type open private.")
    is_active = models.BooleanField(default=True, help_text="Offered when declaring.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "name"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A free word on incidents; lower case, without spaces."""

    name = models.SlugField(max_length=40, unique=True)

    class Meta:
        ordering: ClassVar = ["name"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.name


class CustomField(models.Model):
    """A question of the organisation's own about each incident. Answers stand in `Incident.answers`."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        CHOICE = "choice", "One of a list"
        DATE = "date", "Date"
        LINK = "link", "Link"
        YES_NO = "yes_no", "Yes or no"

    slug = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TEXT)
    choices = models.JSONField(default=list, blank=True, help_text="For 'one of a list'.")
    help_text = models.CharField(max_length=200, blank=True)
    types = models.ManyToManyField(IncidentType, blank=True, related_name="fields", help_text="Empty: all types.")
    needed_to = models.CharField(
        max_length=16, blank=True, help_text="A verb (resolve, close) that stays open until it is answered."
    )
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "label"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.label


class SavedView(models.Model):
    """A filter of the list of incidents that somebody keeps under a name."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500, blank=True, help_text="The query string of the list.")
    is_shared = models.BooleanField(default=False, help_text="All responders see it.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "name"], name="one_view_per_name")]

    def __str__(self) -> str:
        return self.name
