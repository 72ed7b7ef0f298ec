"""All that a page shows, read at one moment in a number of queries that does not grow with the page.

What is made of it (HTML, JSON, feeds) reads nothing more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Prefetch, Q
from django.utils import timezone

from statuspage.models import Component, ComponentGroup, Interval, PublicIncident, PublicUpdate, StatusPage
from statuspage.models.component import worst
from statuspage.models.public import PublicIncidentQuerySet

#: How far back a page looks.
DAYS = 90
#: At most so many incidents are part of a generation; older ones are rendered when asked for.
MOST_INCIDENTS = 500


@dataclass
class Snapshot:
    """A page with everything on it, as it was at `at`."""

    page: StatusPage
    at: datetime
    groups: list[ComponentGroup]
    components: list[Component]
    #: Newest first, each with its updates (newest first) read along.
    incidents: list[PublicIncident]
    intervals: dict[int, list[Interval]] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """Which wanted version of the page this fulfils."""
        return self.page.wanted_version

    @cached_property
    def zone(self) -> ZoneInfo:
        return self.page.zone

    @cached_property
    def unresolved(self) -> list[PublicIncident]:
        return [incident for incident in self.incidents if incident.is_unresolved]

    @cached_property
    def _members(self) -> dict[int | None, list[Component]]:
        members: dict[int | None, list[Component]] = defaultdict(list)
        for component in self.components:
            members[component.group_id].append(component)
        return members

    @cached_property
    def _groups(self) -> dict[int, ComponentGroup]:
        return {group.pk: group for group in self.groups}

    def members(self, group: ComponentGroup | None) -> list[Component]:
        """The components of a group, or those in none."""
        return self._members.get(group.pk if group else None, [])

    def group_of(self, component: Component) -> ComponentGroup | None:
        return self._groups.get(component.group_id) if component.group_id else None

    def updates_of(self, incident: PublicIncident) -> list[PublicUpdate]:
        """Newest first; read along with the incident."""
        return list(incident.updates.all())

    @staticmethod
    def worst_of(components: Iterable[Component]) -> str:
        return worst(component.status for component in components)


def read(page_id: int) -> Snapshot:
    """Reads one page; the wanted version first, so that what changes meanwhile asks for another publishing.

    Raises StatusPage.DoesNotExist.
    """
    with _one_moment():
        page = StatusPage.objects.get(pk=page_id)
        at = timezone.now()
        since = at - timedelta(days=DAYS)
        components = list(Component.objects.filter(page=page))
        intervals: dict[int, list[Interval]] = defaultdict(list)
        rows = Interval.objects.filter(component__page=page).filter(Q(ended_at=None) | Q(ended_at__gte=since))
        for interval in rows:
            intervals[interval.component_id].append(interval)
        return Snapshot(
            page=page,
            at=at,
            groups=list(ComponentGroup.objects.filter(page=page)),
            components=components,
            incidents=_incidents(page, since),
            intervals=dict(intervals),
        )


def read_incident(page: StatusPage, public_id: str) -> PublicIncident | None:
    """One incident of a page with its updates, however old; None where there is none."""
    return _with_updates(PublicIncident.objects.filter(page=page, public_id=public_id)).first()


def _incidents(page: StatusPage, since: datetime) -> list[PublicIncident]:
    wanted = PublicIncident.objects.filter(page=page)
    recent = wanted.filter(Q(started_at__gte=since) | Q(pk__in=wanted.unresolved().values("pk")))
    incidents = list(_with_updates(recent)[:MOST_INCIDENTS])
    for incident in incidents:
        incident.page = page
    return incidents


def _with_updates(incidents: PublicIncidentQuerySet) -> PublicIncidentQuerySet:
    return incidents.prefetch_related(Prefetch("updates", queryset=PublicUpdate.objects.order_by("-display_at", "-pk")))


@contextmanager
def _one_moment() -> Iterator[None]:
    """One transaction in which every query sees the same rows, on either database."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
