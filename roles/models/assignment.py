"""The shape of holding a role on something, and of the permission rows that follow from it.

incidents and statuspage make them concrete; guardian is named in this package alone.
"""

from typing import ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from guardian.models import UserObjectPermissionBase

from roles.catalog import Holding, Role

Seat = TypeVar("Seat", bound="RoleAssignment")


class RoleAssignmentQuerySet(models.QuerySet[Seat]):
    def held(self) -> Self:
        """Seats in force: accepted and not given up."""
        return self.filter(assumed_at__isnull=False, renounced_at__isnull=True)

    def offered(self) -> Self:
        """Offers that nobody has answered yet."""
        return self.filter(assumed_at__isnull=True, renounced_at__isnull=True)

    def live(self) -> Self:
        """Held or offered."""
        return self.filter(renounced_at__isnull=True)


class RoleAssignment(models.Model):
    """Somebody's holding of a role. A change of holder is a new row; each stamp is set once."""

    role = models.CharField(max_length=24, choices=Role.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Holding.choices, default=Holding.PRIMARY)
    may_approve = models.BooleanField("approval delegated", default=False)
    offered_at = models.DateTimeField(null=True, blank=True)
    assumed_at = models.DateTimeField(null=True, blank=True)
    renounced_at = models.DateTimeField(null=True, blank=True)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_held(self) -> bool:
        return self.assumed_at is not None and self.renounced_at is None

    @property
    def state(self) -> str:
        """'held', 'offered' or 'renounced', as the API says it."""
        if self.renounced_at is not None:
            return "renounced"
        return "held" if self.assumed_at is not None else "offered"


def live_once(name: str, over: str) -> list[models.BaseConstraint]:
    """Constraints for a concrete assignment on `over`: one live row a person, role and kind."""
    return [
        models.UniqueConstraint(
            fields=[over, "role", "user", "kind"], condition=Q(renounced_at__isnull=True), name=f"{name}_once"
        ),
    ]


class ObjectGrant(UserObjectPermissionBase):
    """A permission row of one person on one object, in a table of its own per model.

    Subclasses add `content_object`. Written by `roles.grants` only: the rows are copies of what
    the held seats allow, never edited by hand.
    """

    class Meta(UserObjectPermissionBase.Meta):
        abstract = True
        unique_together: ClassVar = [["user", "permission", "content_object"]]
