"""Where an incident stands, from its own rows: what somebody who joins needs first."""

from dataclasses import dataclass

from incidents.models import Audience, Incident, Kind, TimelineEntry, Update, UpdateState

_TOLD = (Kind.FINDING, Kind.DECISION, Kind.ACTION)
#: How many rows back the latest of each kind is looked for.
LOOK_BACK = 50


@dataclass(frozen=True)
class Where:
    """The latest finding, decision and action, and what the public was last told."""

    finding: TimelineEntry | None
    decision: TimelineEntry | None
    action: TimelineEntry | None
    said: Update | None


def where_we_are(incident: Incident) -> Where:
    """Reads it; two queries."""
    latest: dict[str, TimelineEntry] = {}
    rows = incident.entries.filter(kind__in=_TOLD, superseded_by=None).select_related("actor")
    for entry in rows.order_by("-occurred_at", "-number")[:LOOK_BACK]:
        latest.setdefault(entry.kind, entry)
    public = incident.updates.filter(audience=Audience.PUBLIC, state=UpdateState.PUBLISHED)
    return Where(
        finding=latest.get(Kind.FINDING),
        decision=latest.get(Kind.DECISION),
        action=latest.get(Kind.ACTION),
        said=public.order_by("-published_at").first(),
    )
