"""What may be the same already: incidents that go on, or ended lately, and share words or a service."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from incidents import search
from incidents.models import Incident, SearchWord, State
from incidents.models.incident import IncidentQuerySet
from roles.models import User

#: Shorter words say nothing about being the same.
SHORTEST_WORD = 4
MOST_SHOWN = 3
#: Of very many that go on, the newest are looked at.
MOST_READ = 200
#: An incident that ended within this time may have come back.
MAY_RETURN = timedelta(days=7)
#: Two words that somebody noted in passing are no likeness; two of the summary, or one of the title with another, are.
ENOUGH = 2 * search.SUMMARY


@dataclass(frozen=True)
class Likeness:
    """An incident that resembles what is typed, and what they have in common."""

    incident: Incident
    services: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def score(self) -> int:
        return len(self.words) + 2 * len(self.services)

    @property
    def reason(self) -> str:
        """What both have: 'also on Payouts; “late”, “merchants”'."""
        named = ", ".join(f"“{word}”" for word in self.words)
        return "; ".join(filter(None, [f"also on {', '.join(self.services)}" if self.services else "", named]))


def going_on(title: str, services: Iterable[str], *, user: User) -> list[Likeness]:
    """Active incidents that `user` may know of and that are like `title` on `services` (slugs), closest first."""
    return _alike(Incident.objects.active(), title, services, user=user)


def ended(title: str, services: Iterable[str], *, user: User) -> list[Likeness]:
    """The same of incidents that ended lately: it may have come back. A service alone is not enough for that."""
    lately = Incident.objects.filter(
        state__in=[State.RESOLVED, State.REVIEWING, State.CLOSED], resolved_at__gte=timezone.now() - MAY_RETURN
    )
    return [like for like in _alike(lately, title, services, user=user) if like.words]


def _alike(among: IncidentQuerySet, title: str, services: Iterable[str], *, user: User) -> list[Likeness]:
    """Five queries at most, however many incidents there are."""
    words = [word for word in search.telling_words_of(title) if len(word) >= SHORTEST_WORD]
    wanted = set(services)
    if not words and not wanted:
        return []
    listed = list(among.visible_to(user).order_by("-pk").prefetch_related("services")[:MOST_READ])
    stored = _stored(listed, words)
    found = []
    for incident in listed:
        # The title is read itself: what was declared a moment ago may not be indexed yet.
        weights = stored.get(incident.pk, {}) | dict.fromkeys(search.words_of(incident.title), search.TITLE)
        shared = tuple(word for word in words if word in weights)
        is_like = len(shared) >= min(2, len(words)) > 0 and sum(weights[word] for word in shared) >= ENOUGH
        broken = tuple(service.name for service in incident.services.all() if service.slug in wanted)
        if broken or is_like:
            found.append(Likeness(incident, broken, shared if is_like else ()))
    found.sort(key=lambda like: (-like.score, -like.incident.pk))
    return found[:MOST_SHOWN]


def _stored(incidents: list[Incident], words: list[str]) -> dict[int, dict[str, int]]:
    rows = SearchWord.objects.filter(Q(word__in=words[: search.MOST_ASKED]), incident__in=incidents)
    found: dict[int, dict[str, int]] = {}
    for number, word, weight in rows.values_list("incident", "word", "weight"):
        found.setdefault(number, {})[word] = weight
    return found
