"""For whom an update can be, and what publishing means for each.

`settings.UPDATE_AUDIENCES` names a class per audience; the public one lives in statuspage. An
audience checks an update, counts whom it would reach, shows it beforehand, and publishes it.
An update can be for several audiences at once (`also_for`): they get the same words by one publishing.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string

from incidents.models import Audience, Incident, Update
from roles.policy import Actor


@dataclass(frozen=True)
class Count:
    """How many would be told, per channel: {"email": 4812, "sms": 1206}.

    `people` names the accounts among them, so that somebody of two audiences counts once.
    """

    by_channel: dict[str, int] = field(default_factory=dict)
    people: dict[str, frozenset[int]] = field(default_factory=dict)
    #: In how many countries the phones are, by their dialling codes.
    countries: int = 0

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


@dataclass(frozen=True)
class Preview:
    """What an update becomes, made by the code that sends it; an empty part is one that is not sent.

    Recipients' own tokens are `links.TOKEN_MARK`. `document` is the page as a whole, to be looked at.
    """

    page: str = ""
    document: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    sms: str = ""


class UpdateAudience(Protocol):
    """What a class named in `settings.UPDATE_AUDIENCES` does for its updates."""

    def places(self, incident: Incident) -> list[Place]:
        """Where it can be shown, the linked ones first; empty for audiences that have no page."""

    def pages(self) -> list[tuple[str, str]]:
        """Slug and name of every public page where something can be said; empty for audiences that have none."""

    def check(self, update: Update) -> None:
        """Raises ValidationError where page, status or components make no sense."""

    def needs_approval(self, update: Update) -> bool:
        """Whether it must be approved before it may be published."""

    def count(self, update: Update) -> Count:
        """Whom it would reach if it were published now."""

    def preview(self, update: Update, *, at: datetime) -> Preview:
        """What it would become if it were published at that moment; writes nothing."""

    def publish(self, update: Update, *, by: Actor) -> None:
        """Makes it true in the transaction of `updates.publish`: rows and stale marks, no sending."""


def audience_of(update: Update) -> UpdateAudience:
    """The class of the update's first audience, made ready to be asked."""
    return _class_of(update.audience)


def audiences_of(update: Update) -> list[tuple[UpdateAudience, Update]]:
    """Each audience of the update, with the update as it takes it: page and components are the public's alone."""
    others = [(_class_of(name), as_told_to(update, name)) for name in update.also_for]
    return [(audience_of(update), update), *others]


def as_told_to(update: Update, audience: str) -> Update:
    """The same words for one further audience; not to be saved."""
    told = copy.copy(update)
    told.audience, told.also_for = audience, []
    if audience != Audience.PUBLIC:
        told.page, told.components = "", {}
    return told


def check(update: Update) -> None:
    """Settles and checks the update for each of its audiences; raises ValidationError where it makes no sense."""
    update.also_for = _in_order(update.also_for)
    if update.audience in update.also_for:
        update.also_for.remove(update.audience)
    if Audience.PUBLIC in update.also_for:
        raise ValidationError("What the public reads is a public update that others get too, not the other way.")
    for audience, told in audiences_of(update):
        audience.check(told)


def needs_approval(update: Update) -> bool:
    """Whether it must be approved before it may go out: the strictest audience decides."""
    return any(audience.needs_approval(told) for audience, told in audiences_of(update))


def count(update: Update) -> Count:
    """Whom it would reach now; who belongs to several audiences counts once."""
    numbers: dict[str, int] = {}
    people: dict[str, frozenset[int]] = {}
    countries = 0
    for audience, told in audiences_of(update):
        found = audience.count(told)
        countries = max(countries, found.countries)
        for channel, number in found.by_channel.items():
            fresh = found.people.get(channel, frozenset())
            known = people.get(channel, frozenset())
            numbers[channel] = numbers.get(channel, 0) + number - len(fresh & known)
            people[channel] = known | fresh
    return Count(numbers, people, countries)


def publish(update: Update, *, by: Actor) -> None:
    """Makes it true for every audience; inside the transaction of `updates.publish`."""
    for audience, told in audiences_of(update):
        audience.publish(told, by=by)


def pages() -> list[tuple[str, str]]:
    """Slug and name of every public page."""
    return _class_of(Audience.PUBLIC).pages()


def places_of(incident: Incident, audience: str) -> list[Place]:
    """Where updates of one audience can be shown for this incident."""
    return _class_of(audience).places(incident)


def _class_of(name: str) -> UpdateAudience:
    path = settings.UPDATE_AUDIENCES.get(name)
    if path is None:
        raise ValidationError(f"Updates can be for: {', '.join(settings.UPDATE_AUDIENCES)}.")
    audience: UpdateAudience = import_string(path)()
    return audience


def _in_order(names: Iterable[str]) -> list[str]:
    """Each audience once, in the order in which they are always named; unknown ones refused."""
    known = settings.UPDATE_AUDIENCES
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) and name in known for name in names):
        raise ValidationError(f"Updates can be for: {', '.join(known)}.")
    return [name.value for name in Audience if name in names]
