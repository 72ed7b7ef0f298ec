"""The public JSON, served unchanged as Statuspage v2 so that existing clients go on working.

Plain functions from a `Snapshot` to dictionaries; nothing here reads the database.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeAlias

from statuspage.models import Component, ComponentGroup, ComponentStatus, Impact, PublicIncident, PublicUpdate
from statuspage.snapshot import Snapshot

Json: TypeAlias = dict[str, object]

S = ComponentStatus
#: How many incidents `incidents.json` lists.
NEWEST = 50
#: Impacts from least to worst, as the page's indicator orders them.
IMPACTS = (Impact.NONE, Impact.MAINTENANCE, Impact.MINOR, Impact.MAJOR, Impact.CRITICAL)


def headline(statuses: Sequence[str]) -> tuple[str, str]:
    """Indicator and description of a page whose components have these statuses; first match from the worst."""
    count = {status: statuses.count(status) for status in S.values}
    everything = len(statuses)
    rules = (
        (everything and count[S.MAJOR_OUTAGE] == everything, "critical", "Major System Outage"),
        (
            count[S.MAJOR_OUTAGE] or (everything and count[S.PARTIAL_OUTAGE] == everything),
            "major",
            "Partial System Outage",
        ),
        (count[S.PARTIAL_OUTAGE], "minor", "Minor Service Outage"),
        (everything and count[S.DEGRADED_PERFORMANCE] == everything, "minor", "Degraded System Service"),
        (count[S.DEGRADED_PERFORMANCE], "minor", "Partially Degraded Service"),
        (count[S.UNDER_MAINTENANCE], "maintenance", "Service Under Maintenance"),
    )
    return next(((indicator, words) for holds, indicator, words in rules if holds), ("none", "All Systems Operational"))


def impact(changed: Iterable[str], *, of: int, at_least: str = Impact.NONE) -> str:
    """The impact of an incident that brought the statuses `changed` on a page of `of` components.

    The same table over the page with all else operational; sticky, so never less than `at_least`.
    """
    statuses = [*changed]
    indicator = headline(statuses + [S.OPERATIONAL.value] * max(of - len(statuses), 0))[0]
    return max(Impact(indicator), Impact(at_least), key=IMPACTS.index).value


def documents(view: Snapshot) -> dict[str, Json]:
    """Path under api/v2/ → body, for all that the contract lists. Arrays are there even when empty."""
    page, status = _page(view), _status(view)
    components = _components(view)
    incidents = [_incident(view, incident) for incident in view.incidents[:NEWEST]]
    unresolved = [_incident(view, incident) for incident in view.unresolved]
    nothing: Json = {"page": page, "scheduled_maintenances": []}
    return {
        "summary.json": {
            "page": page,
            "components": components,
            "incidents": unresolved,
            "scheduled_maintenances": [],
            "status": status,
        },
        "status.json": {"page": page, "status": status},
        "components.json": {"page": page, "components": components},
        "incidents.json": {"page": page, "incidents": incidents},
        "incidents/unresolved.json": {"page": page, "incidents": unresolved},
        "scheduled-maintenances.json": nothing,
        "scheduled-maintenances/upcoming.json": nothing,
        "scheduled-maintenances/active.json": nothing,
    }


def _page(view: Snapshot) -> Json:
    page = view.page
    zone = "Etc/UTC" if page.time_zone == "UTC" else page.time_zone
    return {
        "id": page.public_id,
        "name": page.name,
        "url": page.url.rstrip("/"),
        "time_zone": zone,
        "updated_at": _when(view, page.updated_at),
    }


def _status(view: Snapshot) -> Json:
    indicator, description = headline([component.status for component in view.components])
    return {"indicator": indicator, "description": description}


def _components(view: Snapshot) -> list[Json]:
    rows = [_component(view, component) for component in view.components]
    return rows + [_group(view, group) for group in view.groups]


def _component(view: Snapshot, component: Component) -> Json:
    group = view.group_of(component)
    return {
        "id": component.public_id,
        "name": component.name,
        "status": component.status,
        "created_at": _when(view, component.created_at),
        "updated_at": _when(view, component.updated_at),
        "position": component.position,
        "description": component.description or None,
        "showcase": component.shows_uptime,
        "start_date": component.start_date.isoformat() if component.start_date else None,
        "group_id": group.public_id if group else None,
        "page_id": view.page.public_id,
        "group": False,
        "only_show_if_degraded": component.only_show_if_degraded,
    }


def _group(view: Snapshot, group: ComponentGroup) -> Json:
    members = view.members(group)
    return {
        "id": group.public_id,
        "name": group.name,
        "status": view.worst_of(members),
        "created_at": _when(view, group.created_at),
        "updated_at": _when(view, group.updated_at),
        "position": group.position,
        "description": None,
        "showcase": False,
        "start_date": None,
        "group_id": None,
        "page_id": view.page.public_id,
        "group": True,
        "only_show_if_degraded": False,
        "components": [component.public_id for component in members],
    }


def _incident(view: Snapshot, incident: PublicIncident) -> Json:
    updates = view.updates_of(incident)
    codes = {row["code"] for update in updates for row in update.affected}
    return {
        "id": incident.public_id,
        "name": incident.title,
        "status": incident.status,
        "created_at": _when(view, incident.created_at),
        "updated_at": _when(view, incident.updated_at),
        "monitoring_at": _when(view, incident.monitoring_at),
        "resolved_at": _when(view, incident.resolved_at),
        "impact": incident.impact,
        "shortlink": f"{view.page.url}i/{incident.public_id}",
        "started_at": _when(view, incident.started_at),
        "page_id": view.page.public_id,
        "incident_updates": [_update(view, incident, update) for update in updates],
        "components": [_component(view, component) for component in view.components if component.public_id in codes],
    }


def _update(view: Snapshot, incident: PublicIncident, update: PublicUpdate) -> Json:
    return {
        "id": update.public_id,
        "status": update.status,
        "body": update.body,
        "incident_id": incident.public_id,
        "created_at": _when(view, update.created_at),
        "updated_at": _when(view, update.updated_at),
        "display_at": _when(view, update.display_at),
        "affected_components": update.affected or None,
        "deliver_notifications": update.notifies,
        "custom_tweet": None,
        "tweet_id": None,
    }


def _when(view: Snapshot, moment: datetime | None) -> str | None:
    """ISO 8601 with milliseconds, in the page's zone; Z for UTC."""
    if moment is None:
        return None
    return moment.astimezone(view.zone).isoformat(timespec="milliseconds").replace("+00:00", "Z")
