"""Work on a page itself: making it, changing it and its parts, asking for it to be published.

Whatever changes what the public sees marks the page stale. Roles on a page are `page_roles`, the
status of a component is `component_status`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents.communication import first_phrases, phrases
from incidents.models import Audience, MessageTemplate, PublicStatus, Service, Severity
from roles.models import AuditEvent
from roles.policy import Actor, System, authorize
from statuspage import branding, staleness
from statuspage.models import Component, ComponentGroup, StatusPage

Part: TypeAlias = Component | ComponentGroup

#: What may be changed of a page; the rest is counters and stamps.
EDITABLE = (
    "name", "site_url", "description", "time_zone", "brand_colour", "spark_colour", "publishes_moves",
    "publish_without_approval", "takes_reports", "asks_feedback", "is_sandbox",
)  # fmt: skip


@transaction.atomic
def create(*, slug: str, name: str, by: Actor, **fields: object) -> StatusPage:
    """Makes a page with the texts that new pages start with, and asks for its first publishing.

    Only administrators may. Raises ValidationError where a field makes no sense or the slug is taken.
    """
    authorize(by, "statuspage.manage_page")
    page = StatusPage(slug=slug, name=name)
    _set(page, fields)
    page.full_clean()
    page.save(force_insert=True)
    for status, (title, body) in first_phrases.PAGE_TEXTS.items():
        label = PublicStatus(status).label.lower()
        _text(page, MessageTemplate(), by=by, phase=status, name=f"{page.name}: {label}"[:100], title=title, body=body)
    _note(by, "page.created", page)
    staleness.ask(page)
    return page


@transaction.atomic
def change(page: StatusPage, *, by: Actor, **fields: object) -> StatusPage:
    """Changes settings of a page and keeps in the audit trail which."""
    authorize(by, "statuspage.manage_page", page)
    before = {name: getattr(page, name, None) for name in fields}
    _set(page, fields)
    page.full_clean(validate_unique=False, validate_constraints=False)
    page.save(update_fields=[*fields])
    _note(by, "page.changed", page, before=before, after={name: getattr(page, name) for name in fields})
    staleness.mark(page)
    return page


@transaction.atomic
def add_component(
    page: StatusPage, *, slug: str, name: str, by: Actor, services: Iterable[Service] = (), **fields: object
) -> Component:
    """Adds a component that stands on some services; at the end unless `position` says otherwise."""
    component = Component(page=page, slug=slug, name=name, **{"position": page.components.count(), **fields})
    keep(component, by=by)
    component.services.set(services)
    return component


@transaction.atomic
def add_group(page: StatusPage, *, slug: str, name: str, by: Actor, **fields: object) -> ComponentGroup:
    """Adds a group of components."""
    group = ComponentGroup(page=page, slug=slug, name=name, **{"position": page.groups.count(), **fields})
    keep(group, by=by)
    return group


@transaction.atomic
def write_text(
    page: StatusPage,
    *,
    by: Actor,
    template: MessageTemplate | None = None,
    seen_version: int | None = None,
    **fields: Any,
) -> MessageTemplate:
    """Makes or changes a template of the page's own, by the right on the page.

    Raises ValidationError, by field, where it makes no sense, a placeholder that does not exist included.
    """
    authorize(by, "statuspage.manage_page", page)
    if template is not None and template.page != page.slug:
        raise ValidationError(f"{template} is no text of {page}.")
    return _text(page, template or MessageTemplate(), by=by, seen_version=seen_version, **fields)


@transaction.atomic
def keep(part: Part, *, by: Actor) -> Part:
    """Saves a group or component of a page, new or changed; never a component's status.

    Raises ValidationError where it makes no sense.
    """
    authorize(by, "statuspage.manage_page", part.page)
    _check(part)
    is_new = part.pk is None
    if isinstance(part, Component | ComponentGroup):
        part.updated_at = timezone.now()
    if isinstance(part, Component) and not is_new:
        part.status = Component.objects.only("status").get(pk=part.pk).status
    part.save()
    _note(by, f"{part._meta.model_name}.{'added' if is_new else 'changed'}", part.page, what=str(part))
    staleness.mark(part.page)
    return part


@transaction.atomic
def drop(part: Part, *, by: Actor) -> None:
    """Removes a group or component of a page; a component's history goes with it."""
    authorize(by, "statuspage.manage_page", part.page)
    _note(by, f"{part._meta.model_name}.removed", part.page, what=str(part))
    part.delete()
    staleness.mark(part.page)


@transaction.atomic
def request_publish(page: StatusPage, *, by: Actor) -> StatusPage:
    """Asks for a fresh publishing, whether anything changed or not."""
    authorize(by, "statuspage.publish_page", page)
    _note(by, "page.publish_requested", page)
    staleness.mark(page)
    return page


# --- inside -----------------------------------------------------------------------------------


def _text(page: StatusPage, template: MessageTemplate, *, by: Actor, **fields: Any) -> MessageTemplate:
    """A new one is approved unless it is said otherwise: the page's own words go out with moves."""
    if template.pk is None:
        fields = {"is_approved": True, **fields}
    return phrases.keep(template, by=by, **{**fields, "audience": Audience.PUBLIC, "page": page.slug})


def _set(page: StatusPage, fields: Mapping[str, object]) -> None:
    if unknown := fields.keys() - set(EDITABLE):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be set on a page.")
    for name, value in fields.items():
        setattr(page, name, value)
    for colour in (page.brand_colour, page.spark_colour):
        branding.check(colour)
    moves = page.publishes_moves
    if not isinstance(moves, list) or set(moves) - set(Severity.values):
        raise ValidationError('publishes_moves is a list of severities, such as ["SEV4", "SEV5"].')


def _check(part: Part) -> None:
    if isinstance(part, Component) and part.group is not None and part.group.page_id != part.page_id:
        raise ValidationError(f"{part.group} is a group of another page.")
    part.full_clean()


def _note(by: Actor, action: str, page: StatusPage, **data: object) -> None:
    person = None if isinstance(by, System) else by
    AuditEvent.objects.create(actor=person, action=action, subject=f"page {page.slug}", data=data)
