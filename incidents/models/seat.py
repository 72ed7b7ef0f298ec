"""Seats: a role on one incident, held or offered."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from incidents.models.incident import Incident
from roles.catalog import SHARED_ROLES, Holding, Role
from roles.models import RoleAssignment
from roles.models.assignment import live_once


class IncidentRole(RoleAssignment):
    """Somebody's seat on one incident."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="seats")

    class Meta:
        verbose_name = "seat"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *live_once("seat", "incident"),
            models.UniqueConstraint(
                fields=["incident", "role"],
                condition=Q(
                    kind=Holding.PRIMARY,
                    assumed_at__isnull=False,
                    renounced_at__isnull=True,
                    role__in=[role.value for role in Role if role not in SHARED_ROLES],
                ),
                name="one_primary_per_single_role",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user"], condition=Q(renounced_at__isnull=True), name="seats_of_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} of {self.incident.key}: {self.user}"
