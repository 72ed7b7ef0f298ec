"""Services: what we run and what can break."""

from typing import ClassVar

from django.db import models


class Service(models.Model):
    """Something that we run. What the public sees of it is a component, which names its services."""

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(unique=True)
    team = models.ForeignKey("roles.Team", models.SET_NULL, null=True, blank=True, related_name="services")
    description = models.CharField(max_length=200, blank=True)
    alert_names = models.JSONField(
        default=list, blank=True, help_text="Further names by which alerts call this service, beside its slug."
    )

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name
