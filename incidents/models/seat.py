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
    takes_over = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="offered_to", help_text="The seat it follows on."
    )
    brief = models.JSONField(default=dict, blank=True, help_text="What the giver tells: five fields.")
    told_at = models.DateTimeField(null=True, blank=True, help_text="When somebody was reminded of this offer or seat.")

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

    @property
    def is_tired(self) -> bool:
        """Whether its holder was asked to think of handing over."""
        return self.is_held and self.told_at is not None

    @property
    def successor(self) -> "RoleAssignment | None":
        """Who is asked to take this seat over and has not answered; no query where the seats are read."""
        return next((seat for seat in self.incident.live_seats if self._is_followed_by(seat)), None)

    def _is_followed_by(self, seat: RoleAssignment) -> bool:
        return isinstance(seat, IncidentRole) and seat.takes_over_id == self.pk and not seat.is_held


class RoleWaiver(models.Model):
    """A role that the severity asks for and that this incident does not need, with the reason."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="waivers")
    role = models.CharField(max_length=24, choices=Role.choices)
    reason = models.CharField(max_length=300)
    waived_by = models.ForeignKey("roles.User", models.PROTECT, null=True, related_name="+")
    waived_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["incident", "role"], condition=Q(withdrawn_at=None), name="one_waiver_per_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} not needed on {self.incident.key}"
