"""For whom an update can be, and what publishing means for each.

`settings.UPDATE_AUDIENCES` names a class per audience; the public one lives in statuspage. An
audience checks an update, counts whom it would reach, and publishes it.
"""

from dataclasses import dataclass, field
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string

from incidents.models import Incident, Update
from incidents.severity import rule
from notifications import outbox
from roles.models import User
from roles.policy import Actor


@dataclass(frozen=True)
class Count:
    """How many would be told, per channel: {"email": 4812, "sms": 1206}."""

    by_channel: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.by_channel.values())


@dataclass(frozen=True)
class PlaceComponent:
    """A component as a draft offers it: what it shows now, and what is proposed instead (empty: nothing)."""

    slug: str
    name: str
    status: str
    proposed: str = ""
    is_concerned: bool = False


@dataclass(frozen=True)
class Place:
    """Somewhere an update can be shown: a status page with its components and the statuses they can have."""

    slug: str
    name: str
    is_linked: bool
    components: tuple[PlaceComponent, ...] = ()
    statuses: tuple[tuple[str, str], ...] = ()


class UpdateAudience(Protocol):
    """What a class named in `settings.UPDATE_AUDIENCES` does for its updates."""

    def places(self, incident: Incident) -> list[Place]:
        """Where it can be shown, the linked ones first; empty for audiences that have no page."""

    def check(self, update: Update) -> None:
        """Raises ValidationError where page, status or components make no sense."""

    def needs_approval(self, update: Update) -> bool:
        """Whether it must be approved before it may be published."""

    def count(self, update: Update) -> Count:
        """Whom it would reach if it were published now."""

    def publish(self, update: Update, *, by: Actor) -> None:
        """Makes it true in the transaction of `updates.publish`: rows and stale marks, no sending."""


def audience_of(update: Update) -> UpdateAudience:
    """The audience class of an update, made ready to be asked."""
    path = settings.UPDATE_AUDIENCES.get(update.audience)
    if path is None:
        raise ValidationError(f"Updates can be for: {', '.join(settings.UPDATE_AUDIENCES)}.")
    audience: UpdateAudience = import_string(path)()
    return audience


def places_of(incident: Incident, audience: str) -> list[Place]:
    """Where updates of one audience can be shown for this incident."""
    path = settings.UPDATE_AUDIENCES.get(audience)
    if path is None:
        raise ValidationError(f"Updates can be for: {', '.join(settings.UPDATE_AUDIENCES)}.")
    places: list[Place] = import_string(path)().places(incident)
    return places


class InternalAudience:
    """The responders who may see the incident, told by e-mail."""

    def places(self, incident: Incident) -> list[Place]:
        return []

    def check(self, update: Update) -> None:
        if update.page or update.components:
            raise ValidationError("An internal update belongs to no page and sets no component.")

    def needs_approval(self, update: Update) -> bool:
        return rule(update.incident.severity).needs_four_eyes

    def people(self, update: Update) -> list[User]:
        incident = update.incident
        responders = User.objects.responders().exclude(email="")
        return [person for person in responders if not incident.is_private or incident.is_visible_to(person)]

    def count(self, update: Update) -> Count:
        return Count({"email": len(self.people(update))})

    def publish(self, update: Update, *, by: Actor) -> None:
        incident = update.incident
        content = outbox.content(
            template="incidents/internal_update",
            context={
                "key": incident.key,
                "severity": incident.severity,
                "state": incident.get_state_display(),
                "title": update.title or incident.title,
                "body": update.body,
                "next_update_at": update.next_update_at,
                "url": f"{settings.SITE_URL}/incidents/{incident.key}/",
            },
            topic=f"update:{update.pk}",
            thread=f"incident-{incident.pk}",
            is_sandbox=incident.is_sandboxed,
            key=f"update:{update.pk}",
        )
        for person in self.people(update):
            if person != by:
                outbox.queue_person(
                    person,
                    key=f"update:{update.pk}:{person.pk}",
                    content=content,
                    lane=outbox.Lane.BULK,
                    channels=["email"],
                )
