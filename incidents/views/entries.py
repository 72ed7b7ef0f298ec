"""Timeline rows as people read them: newest first, filtered, with what is new since they looked and who else is here.

Reads only; `views.timeline` answers the requests, `views.telling` has the words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Q
from django.utils.safestring import SafeString

from incidents import looks, mentions, readings
from incidents.forms.timeline import EntryForm
from incidents.models import Attachment, Incident, TimelineEntry, Visibility
from incidents.models.entry import GROUPS, WRITTEN, TimelineEntryQuerySet
from incidents.response import standing
from incidents.views import telling
from notifications.prose import to_html
from roles.catalog import Role
from roles.models import User
from roles.requests import SignedInRequest

PAGE_SIZE = 40
#: Filters in the order of the chips, as they are called.
FILTERS = {
    "status": "Status",
    "decision": "Decisions",
    "action": "Actions",
    "finding": "Findings",
    "comms": "Comms",
    "system": "System",
}
#: The filter of marked entries, whatever their kind.
KEY = "key"
#: Written down so much later than it happened, a row says when.
LATE = timedelta(minutes=1)
#: So many earlier texts of a corrected row are shown.
EARLIER = 2
#: So many people are named who are in the room; the rest are counted.
HERE = 3


@dataclass(frozen=True)
class Row:
    """One entry as it is read: how it looks, its words, and what stands beside them."""

    entry: TimelineEntry
    author: User | None
    author_role: str
    group: str
    look: str
    icon: str
    state: str
    sentence: str
    body: SafeString
    tag: str
    tone: str
    is_written: bool
    is_key: bool
    is_room: bool
    is_late: bool
    #: The texts that it stands in place of, the newest first.
    earlier: tuple[TimelineEntry, ...] = ()
    files: tuple[Attachment, ...] = ()
    is_new: bool = False
    starts_old: bool = False


def readable(incident: Incident, reader: User) -> TimelineEntryQuerySet:
    """The rows that `reader` is shown: what was corrected is opened from its correction."""
    rows: TimelineEntryQuerySet = incident.entries.readable_by(reader, incident).filter(superseded_by=None)
    return rows


def whole(incident: Incident, rows: TimelineEntryQuerySet) -> list[TimelineEntry]:
    """The rows with all that `row_of` reads, in three queries; two more where texts were corrected."""
    found = list(rows.select_related("key_moment").prefetch_related("attachments"))
    known = readings.of(incident)
    level: Sequence[TimelineEntry] = known.join(found, "actor")
    for _ in range(EARLIER):
        level = [row for row in level if row.supersedes_id]
        before = TimelineEntry.objects.in_bulk([row.supersedes_id for row in level]) if level else {}
        known.meet(before.values())
        known.join(level, "supersedes")
        level = known.join(list(before.values()), "actor")
    return found


def newer(incident: Incident, after: int, reader: User) -> list[Row]:
    """The rows after a number, newest first."""
    rows = readable(incident, reader).filter(number__gt=after).order_by("-number")
    return [row_of(entry) for entry in whole(incident, rows[:PAGE_SIZE])]


def shown(request: SignedInRequest, incident: Incident, may: frozenset[str]) -> dict[str, object]:
    """What the timeline shows, in a constant number of queries, however long it is."""
    reader = request.user
    rows, older = page_of(request, incident)
    counts = readings.of(incident).counted(reader)
    here, looked = looks.here_and_seen(incident, reader)
    seen = number_of(request, "seen") or looked or 0
    rows, new_count = _marked_new(rows, reader, seen)
    total = sum(count for count, _, _ in counts.values())
    return {
        **_named(here),
        "incident": incident,
        "may": may,
        "rows": rows,
        "new_count": new_count,
        "last": max((last for _, last, _ in counts.values()), default=0),
        "total": total,
        "kind": kind_of(request),
        "filters": _filters(counts),
        "where": standing.where_we_are(incident, reader),
        "older": older,
        "entry_form": EntryForm(),
        "is_in_room": incident.is_in_room(reader),
        "names": names_in(incident),
    }


def page_of(request: SignedInRequest, incident: Incident) -> tuple[list[Row], int | None]:
    """Forty rows, the newest or those before `?before=`, of the kind asked for; and the number to go on from."""
    rows = readable(incident, request.user).order_by("-occurred_at", "-number")
    kind = kind_of(request)
    if kind == KEY:
        rows = rows.filter(key_moment__isnull=False)
    elif kind:
        rows = rows.filter(kind__in=GROUPS[kind])
    if before := number_of(request, "before"):
        at = incident.entries.filter(number=before).values_list("occurred_at", flat=True).first() or incident.opened_at
        rows = rows.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, number__lt=before))
    listed = whole(incident, rows[: PAGE_SIZE + 1])
    page = [row_of(entry) for entry in listed[:PAGE_SIZE]]
    return page, page[-1].entry.number if len(listed) > PAGE_SIZE else None


def presence(incident: Incident, reader: User) -> dict[str, object]:
    """Who else is in the room."""
    return _named(looks.present(incident, but=reader))


def _named(here: Sequence[User]) -> dict[str, object]:
    return {"here": here[:HERE], "here_more": len(here[HERE:])}


def kind_of(request: SignedInRequest) -> str:
    """The filter that is asked for; empty for all, and for one that there is not."""
    kind = request.GET.get("kind", "")
    return kind if kind == KEY or kind in GROUPS else ""


def number_of(request: SignedInRequest, name: str) -> int:
    """A small number out of the address; 0 where there is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def names_in(incident: Incident) -> list[tuple[str, str]]:
    """Whom an entry can name without thinking twice: those who hold a seat, and the roles held. (word, who)."""
    held = [seat for seat in incident.live_seats if seat.is_held]
    people = {seat.user.username: str(seat.user) for seat in held}
    roles = {role.value: str(role.label) for role in Role if any(seat.role == role for seat in held)}
    return [*people.items(), *roles.items()]


def _filters(counts: dict[str, tuple[int, int, int]]) -> list[tuple[str, str, int]]:
    per_group = {group: sum(counts[kind][0] for kind in kinds if kind in counts) for group, kinds in GROUPS.items()}
    marked = sum(marked for _, _, marked in counts.values())
    moments = [(KEY, "Key moments", marked)] if marked else []
    return moments + [(group, label, per_group[group]) for group, label in FILTERS.items()]


def _marked_new(rows: Sequence[Row], reader: User, seen: int) -> tuple[list[Row], int]:
    """The rows with those marked that came after `seen` from others, and the line after the first run of them."""
    if not seen:
        return list(rows), 0
    marked = [replace(row, is_new=row.entry.number > seen and row.entry.actor_id != reader.pk) for row in rows]
    count = sum(row.is_new for row in marked)
    # The line stands behind the first run of new rows; grey lines in between do not part them.
    known = (place for place, row in enumerate(marked) if row.entry.number <= seen and row.look != "system")
    run = next(known, len(marked))
    while run and marked[run - 1].entry.number <= seen:
        run -= 1
    if count and run < len(marked):
        marked[run] = replace(marked[run], starts_old=True)
    return marked, count


def row_of(entry: TimelineEntry) -> Row:
    """An entry as it is read."""
    told = telling.told(entry)
    earlier = tuple(_earlier(entry))
    first = earlier[-1] if earlier else entry
    return Row(
        entry=entry,
        author=first.actor,
        author_role=first.actor_role,
        group=entry.group,
        look=told.look,
        icon=told.icon,
        state=told.state,
        sentence=told.sentence,
        body=_formatted(entry, told.body),
        tag=told.tag,
        tone=told.tone,
        is_written=entry.kind in WRITTEN,
        is_key=hasattr(entry, "key_moment"),
        is_room=entry.visibility == Visibility.ROOM,
        is_late=told.look != "system" and first.recorded_at - first.occurred_at >= LATE,
        earlier=earlier,
        files=tuple(entry.attachments.all()),
    )


def _earlier(entry: TimelineEntry) -> list[TimelineEntry]:
    found: list[TimelineEntry] = []
    before = entry.supersedes
    while before is not None and len(found) < EARLIER:
        found.append(before)
        before = before.supersedes if len(found) < EARLIER else None
    return found


def _formatted(entry: TimelineEntry, body: str) -> SafeString:
    return mentions.marked(to_html(body), entry.data.get("named", ())) if body else to_html("")
