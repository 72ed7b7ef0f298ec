"""Writes down changes that belong to no incident's timeline: who did what to which thing."""

from roles.models import AuditEvent
from roles.policy import Actor, System


def note(by: Actor, action: str, subject: object, **data: object) -> AuditEvent:
    """Keeps one change, in the transaction of the change itself. `action` is like 'alert_source.rotated';
    `data` must be fit for JSON and hold no secret."""
    return AuditEvent.objects.create(
        actor=None if isinstance(by, System) else by, action=action, subject=str(subject)[:200], data=data
    )
