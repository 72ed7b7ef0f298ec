"""How components have fared: uptime and the bars of 90 days, and the list of past incidents by day.

Reckons with a `Snapshot`; reads nothing. Days are days in UTC, as the page says.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from math import floor

from statuspage.models import Component, ComponentStatus, Interval, PublicIncident
from statuspage.models.component import RANK
from statuspage.snapshot import DAYS, Snapshot

#: How much of its time a status counts as down; maintenance is left out of the reckoning altogether.
WEIGHT = {
    ComponentStatus.MAJOR_OUTAGE: 1.0,
    ComponentStatus.PARTIAL_OUTAGE: 0.3,
    ComponentStatus.DEGRADED_PERFORMANCE: 0.0,
}
TONES = {
    ComponentStatus.OPERATIONAL: "",
    ComponentStatus.UNDER_MAINTENANCE: "plan",
    ComponentStatus.DEGRADED_PERFORMANCE: "caution",
    ComponentStatus.PARTIAL_OUTAGE: "partial",
    ComponentStatus.MAJOR_OUTAGE: "bad",
}
#: How many days the front page tells of under "Past incidents".
PAST_DAYS = 15


@dataclass(frozen=True)
class Day:
    """One bar. A quiet day has an empty tone, a day of which nothing is known 'mute'."""

    on: date
    tone: str = ""
    text: str = ""
    url: str = ""


@dataclass(frozen=True)
class Record:
    """How one component fared: `share` of the time up (0 to 1, None where nothing is known) and its bars."""

    component: Component
    share: float | None
    days: list[Day] = field(default_factory=list)

    @property
    def percent(self) -> str:
        """'99.96', '100'; cut and not rounded, so that no outage rounds away."""
        return percent(self.share)

    @property
    def told(self) -> list[Day]:
        """The days with something to tell, newest first."""
        return [day for day in reversed(self.days) if day.tone and day.tone != "mute"]


def percent(share: float | None) -> str:
    """A share as it is shown, without its sign: '99.96', '100', or empty where nothing is known."""
    if share is None:
        return ""
    if share >= 1:
        return "100"
    return f"{floor(share * 10_000) / 100:.2f}"


def records(view: Snapshot) -> dict[int, Record]:
    """Component id → how it fared over the last 90 days."""
    titles = {incident.pk: incident for incident in view.incidents}
    return {
        component.pk: _record(view, component, view.intervals.get(component.pk, []), titles)
        for component in view.components
    }


def overall(listed: dict[int, Record]) -> float | None:
    """The mean share of the components that show theirs."""
    shares = [one.share for one in listed.values() if one.share is not None and one.component.shows_uptime]
    return sum(shares) / len(shares) if shares else None


def _record(
    view: Snapshot, component: Component, intervals: list[Interval], incidents: dict[int, PublicIncident]
) -> Record:
    today = view.at.astimezone(UTC).date()
    first = today - timedelta(days=DAYS - 1)
    known_from = max(first, component.start_date) if component.start_date else first
    begin, end = _midnight(known_from), view.at
    parts: dict[date, list[tuple[Interval, float]]] = defaultdict(list)
    down = planned = 0.0
    for interval in intervals:
        start, stop = max(interval.started_at, begin), min(interval.ended_at or end, end)
        length = (stop - start).total_seconds()
        if length <= 0:
            continue
        if interval.status == ComponentStatus.UNDER_MAINTENANCE:
            planned += length
        down += length * WEIGHT.get(ComponentStatus(interval.status), 0.0)
        for on, seconds in _by_day(start, stop):
            parts[on].append((interval, seconds))
    counted = (end - begin).total_seconds() - planned
    share = max(0.0, 1 - down / counted) if counted > 0 else None
    days = []
    for back in range(DAYS):
        on = first + timedelta(days=back)
        if on in parts:
            days.append(_told(view, on, parts[on], incidents))
        elif on < known_from:
            days.append(Day(on, "mute", "No data."))
        else:
            days.append(Day(on))
    return Record(component, share, days)


def _told(view: Snapshot, on: date, parts: list[tuple[Interval, float]], incidents: dict[int, PublicIncident]) -> Day:
    """A day on which something was: its worst status, how long, and where to read of it."""
    worst_interval, _ = max(parts, key=lambda part: RANK[part[0].status])
    status = ComponentStatus(worst_interval.status)
    seconds = sum(length for interval, length in parts if interval.status == status)
    incident = incidents.get(worst_interval.public_incident_id or 0)
    if worst_interval.ended_at is None:
        since = worst_interval.started_at.astimezone(UTC)
        text = f"{status.label} since {since:%H:%M}." if since.date() == on else f"{status.label} all day."
    else:
        text = f"{status.label}, {lasted(timedelta(seconds=seconds))}."
    if incident is not None:
        text += f" {incident.title}"
    url = incident.path if incident else f"{view.page.path}history/"
    return Day(on, TONES[status], text, url)


def _by_day(start: datetime, stop: datetime) -> list[tuple[date, float]]:
    """The days that a stretch of time touches, with the seconds of it on each."""
    pieces = []
    start, stop = start.astimezone(UTC), stop.astimezone(UTC)
    while start < stop:
        until = min(stop, _midnight(start.date() + timedelta(days=1)))
        pieces.append((start.date(), (until - start).total_seconds()))
        start = until
    return pieces


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), tzinfo=UTC)


def lasted(length: timedelta) -> str:
    """'under a minute', '51 min', '2 h 5 min', '3 days'."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days"


@dataclass(frozen=True)
class Stretch:
    """Some days on end of the history: one day with incidents, or several quiet ones."""

    first: date
    last: date
    incidents: list[PublicIncident] = field(default_factory=list)
    is_today: bool = False

    @property
    def label(self) -> str:
        """'Today, 23 Nov', '16 Nov', '17 to 22 Nov', '28 Oct to 2 Nov'."""
        last = f"{self.last.day} {self.last:%b}"
        if self.first != self.last:
            first = f"{self.first.day}" if self.first.month == self.last.month else f"{self.first.day} {self.first:%b}"
            return f"{first} to {last}"
        return f"Today, {last}" if self.is_today else last


def stretches(view: Snapshot, incidents: Iterable[PublicIncident], *, days: int) -> list[Stretch]:
    """The last days, newest first: those on which an incident began alone, quiet ones together; today by
    itself, and not called quiet while an incident is open."""
    today = view.at.astimezone(UTC).date()
    by_day: dict[date, list[PublicIncident]] = defaultdict(list)
    for incident in incidents:
        by_day[incident.started_at.astimezone(UTC).date()].append(incident)
    listed = [today - timedelta(days=back) for back in range(days)]
    if view.unresolved and today not in by_day:
        listed.pop(0)
    found = []
    for (is_today, is_told), chunk in groupby(listed, key=lambda on: (on == today, on in by_day)):
        run = list(chunk)
        if is_told:
            found += [Stretch(on, on, by_day[on], is_today) for on in run]
        else:
            found.append(Stretch(run[-1], run[0], is_today=is_today))
    return found
