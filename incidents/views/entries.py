"""Timeline rows as people read them: newest first, filtered by kind, with what is new since they looked.

Reads only; `views.timeline` answers the requests.
"""

from dataclasses import dataclass

from django.db.models import Count, Q

from incidents.forms.timeline import EntryForm
from incidents.models import Incident, Kind, State, TimelineEntry
from incidents.models.entry import GROUPS, WRITTEN
from incidents.views.where import where_we_are
from roles.catalog import SIGNS
from roles.requests import SignedInRequest

PAGE_SIZE = 60
#: Filters in the order of the chips, as they are called.
FILTERS = {
    "status": "Status",
    "decision": "Decisions",
    "action": "Actions",
    "finding": "Findings",
    "comms": "Comms",
    "system": "System",
}
#: Steps of an update that are one grey line; what went out is read in full.
_QUIET = (
    Kind.UPDATE_DRAFTED,
    Kind.UPDATE_SUBMITTED,
    Kind.UPDATE_APPROVED,
    Kind.UPDATE_DISCARDED,
)
ICONS = {"decision": "decide", "action": "task", "finding": "sme", "comms": "cl"}
_UPDATE_WORDS = {
    Kind.UPDATE_DRAFTED: "drafted",
    Kind.UPDATE_SUBMITTED: "submitted for approval",
    Kind.UPDATE_APPROVED: "approved",
    Kind.UPDATE_DISCARDED: "discarded",
}


@dataclass(frozen=True)
class Row:
    """One entry as it is read: a group for its look, a sentence, and what stands beside it."""

    entry: TimelineEntry
    group: str
    look: str
    icon: str
    state: str
    sentence: str
    body: str
    tag: str
    is_corrected: bool
    is_written: bool
    starts_new: bool = False


def newer(incident: Incident, after: int) -> list[Row]:
    """The rows after a number, newest first."""
    rows = incident.entries.filter(number__gt=after).select_related("actor", "supersedes", "superseded_by")
    return [row_of(entry) for entry in rows.order_by("-number")[:PAGE_SIZE]]


def shown(request: SignedInRequest, incident: Incident, may: frozenset[str]) -> dict[str, object]:
    """What the timeline shows: three queries."""
    kind = request.GET.get("kind", "")
    rows = incident.entries.select_related("actor", "supersedes", "superseded_by").order_by("-occurred_at", "-number")
    if kind in GROUPS:
        rows = rows.filter(kind__in=GROUPS[kind])
    if before := number_of(request, "before"):
        at = incident.entries.filter(number=before).values_list("occurred_at", flat=True).first() or incident.opened_at
        rows = rows.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, number__lt=before))
    listed = list(rows[: PAGE_SIZE + 1])
    per_kind = dict(incident.entries.order_by().values_list("kind").annotate(count=Count("pk")))
    counts = {group: sum(per_kind.get(one, 0) for one in kinds) for group, kinds in GROUPS.items()}
    seen = number_of(request, "seen")
    page = listed[:PAGE_SIZE]
    new = [entry.number for entry in page if seen and entry.number > seen]
    return {
        "incident": incident,
        "may": may,
        "rows": [row_of(entry, starts_new=bool(new) and entry.number == min(new)) for entry in page],
        "new_count": len(new),
        "last": max((entry.number for entry in page), default=0) if not kind else sum(per_kind.values()),
        "total": sum(per_kind.values()),
        "kind": kind if kind in GROUPS else "",
        "filters": [(group, label, counts[group]) for group, label in FILTERS.items()],
        "where": where_we_are(incident) if incident.seats_held_by(request.user) else None,
        "older": page[-1].number if len(listed) > PAGE_SIZE else None,
        "entry_form": EntryForm(),
    }


def number_of(request: SignedInRequest, name: str) -> int:
    """A small number out of the address; 0 where there is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def row_of(entry: TimelineEntry, *, starts_new: bool = False) -> Row:
    """An entry as it is read."""
    is_written = entry.kind in WRITTEN
    sentence, tag = ("", "") if is_written else _told(entry)
    if entry.kind in {Kind.DECISION, Kind.ACTION}:
        tag = Kind(entry.kind).label
    if entry.supersedes_id:
        tag = f"{tag} corrected".strip().capitalize()
    return Row(
        entry=entry,
        group=entry.group,
        look="system" if entry.kind in _QUIET else entry.group,
        icon="pulse" if entry.kind == Kind.SEVERITY_CHANGED else ICONS.get(entry.group, ""),
        state=str(entry.data.get("new" if entry.kind == Kind.MOVED else "state", ""))
        if entry.group == "status"
        else "",
        sentence=sentence,
        body=entry.body if is_written or entry.kind in {Kind.UPDATE_PUBLISHED, Kind.UPDATE_SENT_BACK} else "",
        tag=tag,
        is_corrected=hasattr(entry, "superseded_by"),
        is_written=is_written,
        starts_new=starts_new,
    )


def _told(entry: TimelineEntry) -> tuple[str, str]:
    """The sentence and the tag of a row that the product wrote."""
    data = entry.data
    reason = f" {entry.body}" if entry.body else ""
    match entry.kind:
        case Kind.OPENED:
            how = "Signal seen, in triage" if data.get("state") == State.TRIAGE else "Incident declared"
            return f"{how} as {data.get('severity', '')}: {entry.body}", ""
        case Kind.MOVED:
            old, new = State(data["old"]).label, State(data["new"]).label
            return f"Moved from {old} to {new}.{reason}", ""
        case Kind.SEVERITY_CHANGED:
            return f"Severity changed from {data['old']} to {data['new']}.{reason}", ""
        case Kind.EDITED:
            return f"Changed the {' and '.join(data.get('before', {})) or 'incident'}.", ""
        case Kind.ALERT_LINKED:
            return f"Alert: {entry.body or data.get('title', '')}", ""
        case Kind.SEAT_OFFERED | Kind.SEAT_HELD | Kind.SEAT_RELEASED | Kind.SEAT_HANDED_OVER:
            return _seat_told(entry), ""
        case _:
            return _update_told(entry)


def _update_told(entry: TimelineEntry) -> tuple[str, str]:
    data = entry.data
    name = (
        "Public update" if data.get("audience") == "public" else f"{str(data.get('audience', '')).capitalize()} update"
    )
    title = str(data.get("title", ""))
    if entry.kind in _QUIET:
        quoted = f" “{title}”" if title else ""
        return f"{name}{quoted} {_UPDATE_WORDS[Kind(entry.kind)]} by {entry.actor or 'IncidentOps'}", ""
    return title, name if entry.kind == Kind.UPDATE_PUBLISHED else f"{name} sent back"


def _seat_told(entry: TimelineEntry) -> str:
    data = entry.data
    name, role = data.get("name", ""), SIGNS[data["role"]].short if data.get("role") in SIGNS else ""
    holding = "" if data.get("holding") == "primary" else f" as {data.get('holding')}"
    match entry.kind:
        case Kind.SEAT_OFFERED:
            return f"{role}{holding} offered to {name}"
        case Kind.SEAT_HELD:
            return f"{name} is {role}{holding}"
        case Kind.SEAT_RELEASED:
            return (
                f"Offer of {role} to {name} taken back" if data.get("was_offer") else f"{name} gave up {role}{holding}"
            )
        case _:
            return f"{role} handed over from {data.get('from_name', '')} to {name}"
