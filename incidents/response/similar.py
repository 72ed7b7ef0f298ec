"""Past incidents like this one: the same service, the same alert, the same words, and what ended them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Q

from incidents import search
from incidents.models import (
    Action,
    ActionState,
    Alert,
    Hypothesis,
    HypothesisState,
    Incident,
    IncidentKind,
    IncidentLink,
    SearchWord,
    State,
)
from roles.models import User

#: What each thing in common says; an incident is similar from ENOUGH on.
PER_SERVICE, PER_LABEL, PER_WORD, SAME_KEY = 3, 3, 2, 6
ENOUGH = 3
MOST_PER_KIND = 2
MOST_WORDS = 4
#: So many are shown; so many are weighed; and so many rows of each kind are looked at, the newest first.
MOST, MOST_WEIGHED, MOST_ROWS = 5, 60, 400
_ON_EVERY_ALERT = (
    "severity priority env environment region zone cluster namespace job receiver monitor prometheus replica"
)
#: Labels that many alerts of one installation share, whatever they are about.
SILENT_LABELS = frozenset(_ON_EVERY_ALERT.split())
SANDBOX = (IncidentKind.DRILL, IncidentKind.TEST)


@dataclass(frozen=True)
class Similar:
    """One incident like the one at hand, why it is listed, and what is known of its end."""

    incident: Incident
    reasons: tuple[str, ...]
    cause: str
    remedy: str
    is_linked: bool

    @property
    def is_over(self) -> bool:
        return not self.incident.is_active


@dataclass
class _Common:
    """What one incident has in common with ours, as it is found."""

    services: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    has_key: bool = False

    @property
    def weight(self) -> int:
        return (
            PER_SERVICE * min(len(self.services), MOST_PER_KIND)
            + PER_LABEL * min(len(self.labels), MOST_PER_KIND)
            + PER_WORD * min(len(self.words), MOST_WORDS)
            + SAME_KEY * self.has_key
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """In the order of what they say: 'same alert', 'EU ledger', 'alertname pool-full', 'words ledger, pool'."""
        said = ["same alert"] if self.has_key else []
        said += sorted(self.services)
        said += sorted(self.labels)[:MOST_PER_KIND]
        if self.words:
            said.append(f"words {', '.join(sorted(self.words)[:MOST_WORDS])}")
        return tuple(said)


def to(incident: Incident, reader: User) -> list[Similar]:
    """What `reader` may know of and is like `incident`, what is over first, the most alike on top. At most ten
    queries, however many incidents there are."""
    common: dict[int, _Common] = {}
    _by_service(incident, common)
    _by_alert(incident, common)
    _by_words(incident, common)
    common.pop(incident.pk, None)
    weights = {pk: one.weight for pk, one in common.items() if one.weight >= ENOUGH}
    weightiest = sorted(weights, key=lambda pk: (-weights[pk], -pk))[:MOST_WEIGHED]
    found = Incident.objects.visible_to(reader).filter(pk__in=weightiest)
    found = found.exclude(state__in=[State.CANCELLED, State.MERGED])
    if not incident.is_sandboxed:
        found = found.exclude(kind__in=SANDBOX)
    listed = sorted(found, key=lambda one: (one.is_active, -weights[one.pk], -one.pk))[:MOST]
    causes, remedies, linked = _causes(listed), _remedies(listed), _linked(incident)
    return [
        Similar(
            one,
            common[one.pk].reasons,
            cause=causes.get(one.pk, ""),
            remedy=remedies.get(one.pk, ""),
            is_linked=one.pk in linked,
        )
        for one in listed
    ]


def _by_service(incident: Incident, common: dict[int, _Common]) -> None:
    names = {service.pk: service.name for service in incident.services.all()}
    rows = Incident.services.through.objects.filter(service__in=names).order_by("-incident_id")
    for other, service in rows.values_list("incident", "service")[:MOST_ROWS]:
        common.setdefault(other, _Common()).services.add(names[service])


def _by_alert(incident: Incident, common: dict[int, _Common]) -> None:
    own = list(incident.alerts.values_list("dedup_key", "labels"))
    keys = {key for key, _ in own} | ({incident.dedup_key} if incident.dedup_key else set())
    opened = Incident.objects.filter(dedup_key__in=keys).exclude(dedup_key="").order_by("-pk")
    for other in opened.values_list("pk", flat=True)[:MOST_ROWS]:
        common.setdefault(other, _Common()).has_key = True
    told = {pair for _, labels in own for pair in _telling(labels)}
    others = Alert.objects.exclude(incident=None).exclude(incident=incident) if told else Alert.objects.none()
    for other, labels in others.order_by("-pk").values_list("incident", "labels")[:MOST_ROWS]:
        for name, value in told & set(_telling(labels)):
            common.setdefault(other, _Common()).labels.add(f"{name} {value}")


def _telling(labels: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    return [(str(name), str(value)) for name, value in labels.items() if name.lower() not in SILENT_LABELS and value]


def _by_words(incident: Incident, common: dict[int, _Common]) -> None:
    words = search.telling_words_of(incident.title)
    rows = SearchWord.objects.filter(word__in=words, weight__gte=search.TITLE).order_by("-incident_id")
    for other, word in rows.values_list("incident", "word")[:MOST_ROWS]:
        common.setdefault(other, _Common()).words.add(word)


def _causes(listed: Iterable[Incident]) -> dict[int, str]:
    rows = Hypothesis.objects.filter(incident__in=listed, state=HypothesisState.CONFIRMED).order_by("settled_at", "pk")
    return dict(rows.values_list("incident", "title"))


def _remedies(listed: Iterable[Incident]) -> dict[int, str]:
    """The last thing that was done in each, with its effect."""
    rows = Action.objects.filter(incident__in=listed, state=ActionState.DONE).order_by("ended_at", "pk")
    return {
        other: f"{title} ({effect})" if effect else title
        for other, title, effect in rows.values_list("incident", "title", "effect")
    }


def _linked(incident: Incident) -> set[int]:
    """Incidents that it names or is named by."""
    links = IncidentLink.objects.filter(Q(incident=incident) | Q(other=incident))
    return {pk for pair in links.values_list("incident", "other") for pk in pair}
