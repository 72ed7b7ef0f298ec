"""How a component fares: the one place that changes its status and keeps its intervals.

A status that is not operational is an interval, open until the status changes. Whoever changes a
status marks the page stale in the same transaction.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents.communication import cadence
from incidents.models import Incident
from roles.policy import Actor, authorize
from statuspage import staleness
from statuspage.models import Component, ComponentStatus, Interval, PublicIncident


@transaction.atomic
def set_status(
    component: Component,
    status: str,
    *,
    by: Actor,
    public_incident: PublicIncident | None = None,
    at: datetime | None = None,
) -> Component:
    """Sets what the page says of one component, by the right on its page; the public then hears of it at once.

    `at` dates the change back. Raises PermissionDenied, or ValidationError for a status that does not
    exist or a time that lies before the component's last change.
    """
    authorize(by, "statuspage.set_component_status", component.page)
    if status in ComponentStatus.values and status != component.status:
        # Before the component's row is locked, as whoever publishes an update does: incidents first.
        for incident in Incident.objects.active().filter(services__in=component.services.all()).distinct():
            cadence.due_at_once(incident, page=component.page.slug)
    change(component, status, public_incident=public_incident, at=at)
    staleness.mark(component.page)
    return component


def change(
    component: Component, status: str, *, public_incident: PublicIncident | None = None, at: datetime | None = None
) -> str:
    """Changes status and intervals for somebody who has been authorized; returns the old status.

    Marks nothing stale: the caller does so once for all that it changes.
    """
    if status not in ComponentStatus.values:
        raise ValidationError(f"{status} is no component status; they are {', '.join(ComponentStatus.values)}.")
    at = at or timezone.now()
    row = Component.objects.select_for_update().only("pk", "status").get(pk=component.pk)
    old = row.status
    if old == status:
        return old
    ongoing = Interval.objects.filter(component=component, ended_at=None).first()
    if ongoing is not None:
        if at < ongoing.started_at:
            raise ValidationError(
                f"{component.name} is {old} since {ongoing.started_at:%Y-%m-%d %H:%M}, after that time."
            )
        ongoing.ended_at = at
        ongoing.save(update_fields=["ended_at"])
    if status != ComponentStatus.OPERATIONAL:
        Interval.objects.create(
            component=component,
            status=status,
            started_at=at,
            public_incident=public_incident or (ongoing.public_incident if ongoing else None),
        )
    Component.objects.filter(pk=component.pk).update(status=status, updated_at=timezone.now())
    component.status = status
    return old
