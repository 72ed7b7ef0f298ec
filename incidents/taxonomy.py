"""Types of incidents and the organisation's own questions about them: what there is, and how it is kept.

Both are read often and change hardly ever, so each process keeps them for `KEPT_FOR` seconds.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.text import slugify

from incidents.models import CustomField, Incident, IncidentType, Tag
from roles import audit
from roles.models import User
from roles.policy import Actor, authorize

#: How long a process may go on with types and questions that another has changed.
KEPT_FOR = 5.0
#: Moves that a question may hold up.
HELD_UP = ("resolve", "close")


@dataclass(frozen=True)
class Catalogue:
    """All types and questions, in their order, those out of use included."""

    types: tuple[IncidentType, ...] = ()
    fields: tuple[CustomField, ...] = ()
    #: Number of a question → numbers of the types that it is asked of; empty for all.
    asked_of: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def types_on_offer(self) -> list[IncidentType]:
        """Those that one may choose today."""
        return [kind for kind in self.types if kind.is_active]

    def fields_of(self, type_id: int | None) -> list[CustomField]:
        """The questions that are asked of an incident of this type today."""
        return [row for row in self.fields if row.is_active and self._is_asked(row, type_id)]

    def _is_asked(self, row: CustomField, type_id: int | None) -> bool:
        only = self.asked_of.get(row.pk)
        return not only or type_id in only


_known: Catalogue | None = None
_read_at = 0.0


def catalogue() -> Catalogue:
    """The types and questions; three queries where they are not known yet."""
    global _known, _read_at  # noqa: PLW0603 - a process-wide copy of a few rows is what this is
    if _known is None or time.monotonic() - _read_at > KEPT_FOR:
        asked: dict[int, set[int]] = {}
        for field_id, type_id in CustomField.types.through.objects.values_list("customfield", "incidenttype"):
            asked.setdefault(field_id, set()).add(type_id)
        _known = Catalogue(
            types=tuple(IncidentType.objects.all()),
            fields=tuple(CustomField.objects.all()),
            asked_of={field_id: frozenset(types) for field_id, types in asked.items()},
        )
        _read_at = time.monotonic()
    return _known


def forget() -> None:
    """Reads types and questions anew when they are next asked for."""
    global _known  # noqa: PLW0603
    _known = None


def tags_visible_to(user: User) -> QuerySet[Tag]:
    """The tags of incidents that `user` may know of: a tag may tell of a private one."""
    visible = Incident.objects.visible_to(user)
    return Tag.objects.filter(Exists(Incident.tags.through.objects.filter(tag=OuterRef("pk"), incident__in=visible)))


_ABOUT_TYPES = ("name", "description", "is_private", "is_active", "position")
_ABOUT_FIELDS = ("label", "choices", "help_text", "needed_to", "is_active", "position")


@transaction.atomic
def add_type(*, by: Actor, name: str, **about: Any) -> IncidentType:
    """Makes a type of incident."""
    authorize(by, "incidents.manage_rules")
    row = IncidentType(name=name.strip(), slug=slugify(name)[:60], **about)
    _keep(row, by=by, action="incident_type.added", about={"name": row.name, **about})
    return row


@transaction.atomic
def change_type(row: IncidentType, *, by: Actor, **about: Any) -> IncidentType:
    """Changes a type of incident; its slug stays. One that is not wanted any more is taken out of use."""
    authorize(by, "incidents.manage_rules")
    if changed := _set(row, about, allowed=_ABOUT_TYPES):
        _keep(row, by=by, action="incident_type.changed", about=changed)
    return row


@transaction.atomic
def add_field(*, by: Actor, label: str, types: Iterable[IncidentType] = (), **about: Any) -> CustomField:
    """Makes a question of the organisation's own."""
    authorize(by, "incidents.manage_rules")
    row = CustomField(label=label.strip(), slug=slugify(label)[:40].strip("-").replace("_", "-"), **about)
    check_field(row)
    _keep(row, by=by, action="custom_field.added", about={"label": row.label, **about})
    row.types.set(types)
    return row


@transaction.atomic
def change_field(
    row: CustomField, *, by: Actor, types: Iterable[IncidentType] | None = None, **about: Any
) -> CustomField:
    """Changes a question; its slug and kind stay, so that answers go on meaning what they meant."""
    authorize(by, "incidents.manage_rules")
    changed = _set(row, about, allowed=_ABOUT_FIELDS)
    wanted = None if types is None else {kind.slug: kind for kind in types}
    if wanted is not None and wanted.keys() != set(row.types.values_list("slug", flat=True)):
        changed["types"] = sorted(wanted)
    if not changed:
        return row
    check_field(row)
    _keep(row, by=by, action="custom_field.changed", about=changed)
    if wanted is not None:
        row.types.set(wanted.values())
    return row


def check_field(row: CustomField) -> None:
    """Raises ValidationError, by field, for a question that makes no sense."""
    if row.needed_to and row.needed_to not in HELD_UP:
        raise ValidationError({"needed_to": f"A question holds up {' or '.join(HELD_UP)}, or nothing."})
    if not isinstance(row.choices, list) or not all(isinstance(one, str) and one.strip() for one in row.choices):
        raise ValidationError({"choices": "A list of texts."})
    row.choices = [one.strip() for one in row.choices]
    if row.kind == CustomField.Kind.CHOICE and not row.choices:
        raise ValidationError({"choices": "Say what there is to choose from."})


def _set(row: IncidentType | CustomField, about: Mapping[str, Any], *, allowed: Iterable[str]) -> dict[str, Any]:
    """Sets what is said, as far as it is something else; returns that."""
    if unknown := about.keys() - set(allowed):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be changed.")
    changed = {name: value for name, value in about.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return changed


def _keep(row: IncidentType | CustomField, *, by: Actor, action: str, about: Mapping[str, Any]) -> None:
    row.full_clean()
    row.save()
    audit.note(by, action, row, slug=row.slug, **about)
    # Once now, for what this transaction still reads; once after, for what others read meanwhile.
    forget()
    transaction.on_commit(forget)
