"""What was said in public: an incident as one page tells it, and its updates."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from incidents.models import Incident, PublicStatus, Update
from statuspage.models.page import StatusPage, public_id


class Impact(models.TextChoices):
    NONE = "none", "None"
    MINOR = "minor", "Minor"
    MAJOR = "major", "Major"
    CRITICAL = "critical", "Critical"
    MAINTENANCE = "maintenance", "Maintenance"


#: Statuses in which a public incident still goes on.
UNRESOLVED = (PublicStatus.INVESTIGATING, PublicStatus.IDENTIFIED, PublicStatus.MONITORING)


class PublicIncidentQuerySet(models.QuerySet["PublicIncident"]):
    def unresolved(self) -> "PublicIncidentQuerySet":
        return self.filter(status__in=UNRESOLVED)


class PublicIncident(models.Model):
    """An incident as one page tells it. Its title is its own: the internal one is never copied."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    page = models.ForeignKey(StatusPage, models.CASCADE, related_name="incidents")
    incident = models.ForeignKey(Incident, models.SET_NULL, null=True, blank=True, related_name="public_incidents")
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=16, choices=PublicStatus.choices, default=PublicStatus.INVESTIGATING)
    impact = models.CharField(max_length=12, choices=Impact.choices, default=Impact.NONE)
    is_backfilled = models.BooleanField(default=False, help_text='Shown as "added later"; nobody was told.')
    is_demo = models.BooleanField(default=False)
    next_update_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    monitoring_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = PublicIncidentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-started_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["page", "incident"], condition=Q(incident__isnull=False), name="one_public_incident_per_page"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["page", "-started_at"], name="public_incidents_of_a_page")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_unresolved(self) -> bool:
        return self.status in UNRESOLVED

    @property
    def path(self) -> str:
        """Where its own page is served, from the root of the site."""
        return f"{self.page.path}incidents/{self.public_id}/"

    @property
    def short_url(self) -> str:
        """Its full address in as few characters as an SMS can spare."""
        return f"{self.page.url}i/{self.public_id}"


class PublicUpdate(models.Model):
    """One text on one page. `affected` keeps what it changed: [{code, name, old_status, new_status}]."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    public_incident = models.ForeignKey(PublicIncident, models.CASCADE, related_name="updates")
    update = models.OneToOneField(Update, models.SET_NULL, null=True, blank=True, related_name="public_update")
    status = models.CharField(max_length=16, choices=PublicStatus.choices)
    body = models.TextField()
    affected = models.JSONField(default=list)
    next_update_at = models.DateTimeField(null=True, blank=True)
    notifies = models.BooleanField(default=True)
    display_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-display_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_status_display()}: {self.body[:40]}"
