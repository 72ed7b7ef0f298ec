"""Copies what held seats allow into guardian's rows, and reads them back.

The policy table is the truth; the rows are its copy per person and object, so that the database can
filter lists and `has_perm` agrees with everything else. This module writes them, nobody else does.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models

from roles import policy
from roles.catalog import Holding
from roles.models import ObjectGrant, RoleAssignment, User


def sync(
    user: User,
    where: models.Model,
    seats: Iterable[RoleAssignment],
    *,
    grants: type[ObjectGrant],
    invited: bool = False,
) -> None:
    """Makes the rows of `user` on `where` equal to what `seats` (held now) allow; call it in the
    transaction that changed them. `invited` keeps the right to look where there is no seat."""
    app = where._meta.app_label
    wanted: set[str] = set()
    for seat in seats:
        if seat.kind == Holding.SHADOW:
            wanted.add(f"{app}.view_{where._meta.model_name}")
        else:
            wanted |= policy.actions_of(seat.role, app=app)
    if invited:
        wanted.add(f"{app}.view_{where._meta.model_name}")
    rows = grants._default_manager.filter(user=user, content_object=where)  # type: ignore[misc]  # of the subclass
    present = {f"{app}.{codename}": pk for pk, codename in rows.values_list("pk", "permission__codename")}
    if gone := [pk for action, pk in present.items() if action not in wanted]:
        rows.filter(pk__in=gone).delete()
    if missing := wanted - present.keys():
        permissions = _permissions(where, missing)
        grants._default_manager.bulk_create(
            [
                grants(user=user, content_object=where, permission=permission)  # type: ignore[misc]
                for permission in permissions
            ],
            ignore_conflicts=True,
        )


def _permissions(where: models.Model, actions: Iterable[str]) -> list[Permission]:
    codenames = {action.split(".")[1] for action in actions}
    kind = ContentType.objects.get_for_model(where)
    found = list(Permission.objects.filter(content_type=kind, codename__in=codenames))
    if len(found) != len(codenames):
        lacking = codenames - {permission.codename for permission in found}
        raise LookupError(f"{kind} has no permission named {', '.join(sorted(lacking))}")
    return found


def held(user: User, where: policy.Governed) -> frozenset[str]:
    """All that `user` may do here now, conditions applied: ask once in a view, hand it to the template."""
    if not user.is_active or user.is_anonymous or not where.is_visible_to(user):
        return frozenset()
    return held_on_visible(user, where)


def held_on_visible(user: User, where: policy.Governed) -> frozenset[str]:
    """As `held`, for rows that came from `visible_to(user)`: lists ask this, without a query per row."""
    app = where._meta.app_label  # type: ignore[attr-defined]
    actions = [action for action in policy.POLICY if action.startswith(f"{app}.")]
    if user.is_superuser:
        return frozenset(actions)
    seats = list(where.seats_held_by(user))
    return frozenset(
        action
        for action in actions
        if (policy.RESPONDER in policy.POLICY[action] and user.is_staff)
        or any(policy.allows(action, seat, where) for seat in seats)
    )


def objects_granted(user: User, action: str, *, grants: type[ObjectGrant]) -> models.QuerySet:
    """Ids of the objects on which `user` has a row for `action`, as a subquery."""
    rows = grants._default_manager.filter(user=user, permission__codename=action.split(".")[1])
    return rows.values("content_object")  # type: ignore[misc]
