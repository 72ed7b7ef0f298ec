"""What stands beside an incident: links to others, words by which it is found, and changes of what we run."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from incidents.models.incident import Incident


class LinkKind(models.TextChoices):
    """How `incident` relates to `other`."""

    RELATED = "related", "related to"
    CAUSED_BY = "caused_by", "caused by"
    RECURRENCE_OF = "recurrence_of", "recurrence of"
    DUPLICATE_OF = "duplicate_of", "duplicate of"


class IncidentLink(models.Model):
    """One incident names another."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="links")
    other = models.ForeignKey(Incident, models.CASCADE, related_name="linked_from")
    kind = models.CharField(max_length=16, choices=LinkKind.choices, default=LinkKind.RELATED)
    linked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    linked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["incident", "other"], name="one_link_between_two"),
            models.CheckConstraint(condition=~models.Q(incident=models.F("other")), name="linked_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.incident.key} {self.get_kind_display()} {self.other.key}"


class SearchWord(models.Model):
    """A word that an incident is found by, and where it stands: works alike on every database."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="search_words")
    word = models.CharField(max_length=40)
    weight = models.PositiveSmallIntegerField(default=1, help_text="A word of the title says more than one of a note.")

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["incident", "word"], name="each_word_once")]
        indexes: ClassVar = [
            # On PostgreSQL the beginning of a word is looked for by LIKE, which needs its own kind of order.
            models.Index(
                fields=["word", "-incident"], name="search_by_word", opclasses=["varchar_pattern_ops", "int8_ops"]
            )
        ]

    def __str__(self) -> str:
        return self.word


class ChangeEvent(models.Model):
    """Something that we changed in what we run: a deployment, a setting, a flag. Told to us by its tool."""

    class Kind(models.TextChoices):
        DEPLOYMENT = "deployment", "Deployment"
        CONFIGURATION = "configuration", "Configuration"
        FLAG = "flag", "Feature flag"
        INFRASTRUCTURE = "infrastructure", "Infrastructure"
        DATA = "data", "Data"
        OTHER = "other", "Other"

    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.DEPLOYMENT)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    url = models.URLField(max_length=500, blank=True)
    author = models.CharField(max_length=100, blank=True, help_text="Who made the change, as its tool names them.")
    services = models.ManyToManyField("incidents.Service", related_name="changes", blank=True)
    labels = models.JSONField(default=dict, blank=True)
    external_id = models.CharField(max_length=200, null=True, blank=True, unique=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    happened_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-happened_at", "-pk"]
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["-happened_at"], name="changes_newest_first")]

    def __str__(self) -> str:
        return self.title
