"""Whether promises are kept: the figures of one incident, and over all incidents."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.utils import timezone

from incidents.models import Incident, IncidentKind, Promise, PromiseState

#: How far back the figure over all incidents looks.
LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True)
class Figures:
    """How many promises ended how. Lifted ones count neither way; open ones are not counted before they end."""

    kept: int = 0
    late: int = 0
    broken: int = 0
    lifted: int = 0

    @property
    def counted(self) -> int:
        return self.kept + self.late + self.broken

    @property
    def rate(self) -> float | None:
        """The share that was kept in time, 0 to 1; None where nothing was promised."""
        return self.kept / self.counted if self.counted else None

    @property
    def percent(self) -> int | None:
        return None if self.rate is None else int(self.rate * 100)


def of_incident(incident: Incident, audience: str = "") -> Figures:
    """How the promises of one incident ended, if named for one audience."""
    rows = Promise.objects.filter(incident=incident)
    return _count(rows.filter(audience=audience) if audience else rows)


def by_audience(incident: Incident) -> dict[str, Figures]:
    """The same for each audience that was promised anything; one query."""
    rows = Promise.objects.filter(incident=incident).order_by().values_list("audience", "state")
    counted: dict[str, dict[str, int]] = {}
    for audience, state, number in rows.annotate(number=Count("pk")):
        counted.setdefault(audience, {})[state] = number
    return {audience: _figures(states) for audience, states in counted.items()}


def over_all(*, audience: str = "", at: datetime | None = None) -> Figures:
    """How promises of real incidents ended that were due in the last 90 days."""
    now = at or timezone.now()
    rows = Promise.objects.filter(incident__kind=IncidentKind.REAL, due_at__gte=now - LOOK_BACK, due_at__lte=now)
    return _count(rows.filter(audience=audience) if audience else rows)


def _count(rows: "QuerySet[Promise]") -> Figures:
    return _figures(dict(rows.order_by().values_list("state").annotate(number=Count("pk"))))


def _figures(states: dict[str, int]) -> Figures:
    return Figures(
        kept=states.get(PromiseState.KEPT, 0),
        late=states.get(PromiseState.LATE, 0),
        broken=states.get(PromiseState.BROKEN, 0),
        lifted=states.get(PromiseState.LIFTED, 0),
    )
