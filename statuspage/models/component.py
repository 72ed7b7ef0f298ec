"""Components: what the public sees of our services, and how each has fared."""

from collections.abc import Iterable
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from statuspage.models.page import StatusPage, public_id


class ComponentStatus(models.TextChoices):
    """Statuspage v2's words, from best to worst."""

    OPERATIONAL = "operational", "Operational"
    UNDER_MAINTENANCE = "under_maintenance", "Maintenance"
    DEGRADED_PERFORMANCE = "degraded_performance", "Degraded"
    PARTIAL_OUTAGE = "partial_outage", "Partial outage"
    MAJOR_OUTAGE = "major_outage", "Major outage"


#: From best to worst.
RANK = {status.value: rank for rank, status in enumerate(ComponentStatus)}


def worst(statuses: Iterable[str]) -> str:
    """The worst of some statuses; operational where there are none."""
    return max(statuses, key=RANK.__getitem__, default=ComponentStatus.OPERATIONAL.value)


def is_worse(status: str, than: str) -> bool:
    """Whether one status is worse than another."""
    return RANK[status] > RANK[than]


class ComponentGroup(models.Model):
    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    page = models.ForeignKey(StatusPage, models.CASCADE, related_name="groups")
    name = models.CharField(max_length=100)
    slug = models.SlugField()
    position = models.PositiveIntegerField(default=0)
    is_open = models.BooleanField(default=False, help_text="Shown opened even when all is well.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["page", "slug"], name="group_slugs")]

    def __str__(self) -> str:
        return self.name


class Component(models.Model):
    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    page = models.ForeignKey(StatusPage, models.CASCADE, related_name="components")
    group = models.ForeignKey(ComponentGroup, models.SET_NULL, null=True, blank=True, related_name="components")
    name = models.CharField(max_length=100)
    slug = models.SlugField()
    description = models.CharField(max_length=200, blank=True)
    services = models.ManyToManyField("incidents.Service", related_name="components", blank=True)
    status = models.CharField(max_length=24, choices=ComponentStatus.choices, default=ComponentStatus.OPERATIONAL)
    position = models.PositiveIntegerField(default=0)
    shows_uptime = models.BooleanField(default=True)
    only_show_if_degraded = models.BooleanField(default=False)
    start_date = models.DateField(null=True, blank=True, help_text="Since when we know how it fares.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["page", "slug"], name="component_slugs")]

    def __str__(self) -> str:
        return self.name


class Interval(models.Model):
    """A stretch of time in which a component was not operational; open while `ended_at` is empty."""

    component = models.ForeignKey(Component, models.CASCADE, related_name="intervals")
    status = models.CharField(max_length=24, choices=ComponentStatus.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    public_incident = models.ForeignKey(
        "statuspage.PublicIncident", models.SET_NULL, null=True, blank=True, related_name="intervals"
    )

    class Meta:
        ordering: ClassVar = ["started_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["component"], condition=Q(ended_at=None), name="one_open_interval")
        ]
        indexes: ClassVar = [models.Index(fields=["component", "started_at"], name="intervals_of_a_component")]

    def __str__(self) -> str:
        return f"{self.component}: {self.status} from {self.started_at:%Y-%m-%d %H:%M}"
