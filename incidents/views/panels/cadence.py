"""When each audience hears next: time left, the rhythm, the share of kept promises, and the slower rhythm of a long
incident."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from incidents import readings
from incidents import rhythm as rhythms
from incidents.communication import cadence, pacing, punctuality
from incidents.models import Audience, Promise, PromiseKind, Rhythm
from incidents.severity import in_words
from incidents.views.desk import Desk

#: A bar turns amber when this share of its time is left.
SOON = 0.2


@dataclass(frozen=True)
class Bar:
    """One promise as the panel draws it."""

    name: str
    promise: Promise
    says: str

    @property
    def of(self) -> int:
        """Seconds from making it to keeping it."""
        return max(int(self.promise.span.total_seconds()), 1)

    @property
    def used(self) -> int:
        """Seconds of those that are gone."""
        return min(max(int((timezone.now() - self.promise.made_at).total_seconds()), 0), self.of)

    @property
    def tone(self) -> str:
        if self.promise.is_late:
            return "bad"
        return "caution" if self.of - self.used < SOON * self.of else ""

    @property
    def label(self) -> str:
        return f"{self.used // 60} of {self.of // 60} minutes used"


def shown(desk: Desk) -> dict[str, object]:
    """The bars, the public first; figures; and what may be chosen where the incident goes on for long."""
    incident = desk.incident
    names = dict(cadence_names())
    order = list(Audience.values)
    owed = sorted(readings.of(incident).promises, key=lambda one: (order.index(one.audience), one.due_at))
    bars = [Bar(_name(one, names), one, _says(desk, one)) for one in owed]
    may_set = "incidents.set_rhythm" in desk.may and incident.is_active
    slower = [(name, names[name], _spans(desk, name)) for name in names if may_set and cadence.is_long(incident, name)]
    return {
        "cadence_bars": bars if incident.is_active else [],
        "punctuality": punctuality.of_incident(incident),
        "slower": [one for one in slower if one[2]],
    }


def cadence_names() -> list[tuple[str, str]]:
    """Audiences that can be told, by the short names that the panel has for them."""
    told = [one for one in Audience if one in settings.UPDATE_AUDIENCES]
    return [(one.value, "Public" if one == Audience.PUBLIC else str(one.label)) for one in told]


def _name(promise: Promise, names: dict[str, str]) -> str:
    name = names.get(promise.audience, promise.get_audience_display())
    if promise.kind == PromiseKind.SCOPE:
        return f"{name}: who is affected"
    return f"{name}: first word" if promise.kind == PromiseKind.FIRST else name


def _says(desk: Desk, promise: Promise) -> str:
    """'every 20 min', 'every 1 h, chosen by Amara Okafor', 'within 5 min of declaring'."""
    policy = rhythms.policy(desk.incident.severity, promise.audience)
    if promise.kind == PromiseKind.FIRST:
        return f"within {in_words(policy.first_within)} of declaring" if policy.first_within else "as soon as can be"
    if promise.kind == PromiseKind.SCOPE:
        return f"within {in_words(policy.scope_within)} of the first word" if policy.scope_within else "after the first"
    where = f"{promise.page}, " if promise.page and _is_one_of_several(desk, promise) else ""
    chosen = cadence.rhythm_of(desk.incident, promise.audience)
    if chosen:
        return f"{where}every {in_words(chosen.every)}{_by(chosen)}"
    return f"{where}every {in_words(policy.every)}" if policy.every else f"{where}as promised"


def _is_one_of_several(desk: Desk, promise: Promise) -> bool:
    alike = [one for one in readings.of(desk.incident).promises if one.audience == promise.audience and one.page]
    return len(alike) > 1


def _by(chosen: Rhythm) -> str:
    return f", chosen by {chosen.chosen_by}" if chosen.chosen_by else ", chosen"


def _spans(desk: Desk, audience: str) -> list[tuple[int, str, bool]]:
    """The rhythms to choose from: minutes, words, whether it is the one that counts."""
    now = cadence.interval(desk.incident, audience)
    return [(_minutes(span), in_words(span), span == now) for span in pacing.choices(desk.incident, audience)]


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
