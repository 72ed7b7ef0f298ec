"""What the public templates show: the banner, the groups with their bars, an incident with what it affected.

Turns a `Snapshot` into small things that templates print; reads nothing but what it is given.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.safestring import SafeString

from incidents.models import PublicStatus
from notifications import prose
from statuspage import assets, contract, history
from statuspage.models import Component, ComponentStatus, Impact, Interval, PublicIncident, PublicUpdate, StatusPage
from statuspage.models.component import RANK
from statuspage.snapshot import Snapshot

#: What we know in each status, as a sentence.
KNOWN = {
    PublicStatus.INVESTIGATING: "We are looking into it.",
    PublicStatus.IDENTIFIED: "We know the cause and are restoring service.",
    PublicStatus.MONITORING: "It should work again. We are watching closely.",
}
UPDATE_TONES = {
    PublicStatus.INVESTIGATING: "bad",
    PublicStatus.IDENTIFIED: "caution",
    PublicStatus.MONITORING: "caution",
    PublicStatus.RESOLVED: "ok",
    PublicStatus.POSTMORTEM: "ok",
}
BANNER_TONES = {
    ComponentStatus.UNDER_MAINTENANCE: ("plan", "wrench"),
    ComponentStatus.DEGRADED_PERFORMANCE: ("caution", "warn"),
    ComponentStatus.PARTIAL_OUTAGE: ("partial", "half"),
    ComponentStatus.MAJOR_OUTAGE: ("bad", "stop"),
}


@lru_cache(maxsize=1024)
def as_html(body: str) -> SafeString:
    """What was written, as safe HTML; kept, since each publishing shows the same texts again."""
    return prose.to_html(body)


@lru_cache(maxsize=1024)
def as_text(body: str) -> str:
    """What was written, as plain text; kept, like its HTML."""
    return prose.to_text(body).strip()


@dataclass(frozen=True)
class Banner:
    """The first answer: how bad, since when, what is known."""

    tone: str
    icon: str
    title: str
    line: str


@dataclass(frozen=True)
class Row:
    """A component with its record of 90 days."""

    component: Component
    record: history.Record

    @property
    def is_well(self) -> bool:
        return self.component.status == ComponentStatus.OPERATIONAL


@dataclass(frozen=True)
class Section:
    """A group as it is shown; `name` is empty for components that are in none."""

    name: str
    worst: str
    is_open: bool
    rows: list[Row]


@dataclass(frozen=True)
class Spell:
    """How long a component was affected by one incident, and how badly; `to` is empty while it is."""

    name: str
    status: str
    since: datetime
    to: datetime | None

    @property
    def lasted(self) -> str:
        return history.lasted(self.to - self.since) if self.to else "ongoing"


@dataclass(frozen=True)
class Said:
    """One update as the page prints it."""

    update: PublicUpdate
    tone: str

    @property
    def html(self) -> SafeString:
        return as_html(self.update.body)

    @property
    def text(self) -> str:
        return as_text(self.update.body)

    @property
    def is_same_day(self) -> bool:
        return (
            self.update.display_at.astimezone(UTC).date()
            == self.update.public_incident.started_at.astimezone(UTC).date()
        )


@dataclass(frozen=True)
class Told:
    """An incident with what was said of it, newest first."""

    incident: PublicIncident
    said: list[Said]
    affected: str

    @property
    def lasted(self) -> str:
        incident = self.incident
        return history.lasted(incident.resolved_at - incident.started_at) if incident.resolved_at else ""

    @property
    def promised(self) -> str:
        """When the next update comes: 'by 03:17 UTC', with the day where that is not near."""
        at = self.incident.next_update_at
        if at is None or not self.incident.is_unresolved:
            return ""
        at = at.astimezone(UTC)
        on = "" if at - self.incident.updated_at < timedelta(hours=20) else f"{at.day} {at:%b}, "
        return f"by {on}{at:%H:%M} UTC"

    @property
    def is_one_day(self) -> bool:
        """Whether it was over on the day on which it began."""
        start, end = self.incident.started_at, self.incident.resolved_at
        return end is not None and start.astimezone(UTC).date() == end.astimezone(UTC).date()


def banner(view: Snapshot) -> Banner:
    """The page's headline: the worst open incident in its own words, else the state of the components."""
    worst = ComponentStatus(view.worst_of(view.components))
    open_incidents = sorted(view.unresolved, key=lambda one: contract.IMPACTS.index(Impact(one.impact)), reverse=True)
    tone, icon = BANNER_TONES.get(worst, ("caution", "warn") if open_incidents else ("ok", "ok"))
    if open_incidents:
        first, *more = open_incidents
        started = first.started_at.astimezone(UTC)
        on = "" if started.date() == view.at.astimezone(UTC).date() else f"{started.day} {started:%b}, "
        line = f"Started {on}{started:%H:%M} UTC. {KNOWN[PublicStatus(first.status)]}"
        if more:
            line += f" {len(more)} more incident{'s are' if len(more) > 1 else ' is'} open."
        return Banner(tone, icon, first.title, line)
    if worst == ComponentStatus.OPERATIONAL:
        return Banner(tone, icon, "All systems operational", "No incident is open.")
    words = contract.headline([component.status for component in view.components])[1]
    down = [component.name for component in view.components if component.status != ComponentStatus.OPERATIONAL]
    return Banner(tone, icon, words, f"Affected: {', '.join(down[:5])}{' and more' if len(down) > 5 else ''}.")


def sections(view: Snapshot, records: dict[int, history.Record]) -> list[Section]:
    """Groups in the page's order, then what is in none. Where something is wrong, healthy groups are closed."""
    is_well = view.worst_of(view.components) == ComponentStatus.OPERATIONAL
    found = []
    for group in [*view.groups, None]:
        members = view.members(group)
        shown = [
            Row(component, records[component.pk])
            for component in members
            if not (component.only_show_if_degraded and component.status == ComponentStatus.OPERATIONAL)
        ]
        if shown:
            worst = view.worst_of(members)
            is_open = worst != ComponentStatus.OPERATIONAL or (is_well and group is not None and group.is_open)
            found.append(Section(group.name if group else "", worst, is_open, shown))
    return found


def counts(view: Snapshot) -> str:
    """'3 affected, 9 operational', or nothing where all is well."""
    affected = sum(1 for component in view.components if component.status != ComponentStatus.OPERATIONAL)
    return f"{affected} affected, {len(view.components) - affected} operational" if affected else ""


def frame(page: StatusPage) -> dict[str, object]:
    """What every page of a status page is framed with: where it lies, and where its sheet and icons are."""
    bundle = assets.bundle()
    return {
        "page": page,
        "base": page.path,
        "sheet": page.path + bundle.sheet,
        "font": page.path + bundle.font,
        "favicon": page.path + bundle.favicon,
    }


def html(template: str, values: dict[str, object]) -> str:
    """A rendered page whose icons are its own: it must be whole when only its folder is served."""
    own = f"{values['base']}{assets.bundle().icons}"
    return render_to_string(template, values).replace(static("icons.svg"), own)


def told(incident: PublicIncident, said_of_it: Sequence[PublicUpdate] | None = None) -> Told:
    """An incident with its updates, newest first; those that were read along with it unless they are given."""
    updates = list(incident.updates.all() if said_of_it is None else said_of_it)
    names: dict[str, str] = {}
    for update in updates:
        update.public_incident = incident
        for row in update.affected:
            names.setdefault(row["code"], row["name"])
    said = [Said(update, UPDATE_TONES[PublicStatus(update.status)]) for update in updates]
    return Told(incident, said, ", ".join(names.values()))


def spells(
    components: Iterable[Component], intervals: dict[int, list[Interval]], incident: PublicIncident
) -> list[Spell]:
    """What one incident did to which component, from when to when, at its worst."""
    found = []
    for component in components:
        own = [row for row in intervals.get(component.pk, []) if row.public_incident_id == incident.pk]
        if own:
            worst = max(own, key=lambda row: RANK[row.status])
            ends = [row.ended_at for row in own]
            to = None if None in ends else max(end for end in ends if end is not None)
            found.append(Spell(component.name, worst.status, min(row.started_at for row in own), to))
    return found
