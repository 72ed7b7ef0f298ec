"""The timeline as people write and read it: entries, corrections, and the proof that none was altered."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import events
from incidents.models import Incident, Kind, TimelineEntry
from incidents.models.entry import WRITTEN
from roles.policy import Actor, authorize

LONGEST_ENTRY = 20_000


@transaction.atomic
def add_entry(
    incident: Incident, *, by: Actor, body: str, kind: str = Kind.NOTE, occurred_at: datetime | None = None
) -> TimelineEntry:
    """Writes a note, decision, action or finding; `occurred_at` may lie in the past, not in the future."""
    authorize(by, "incidents.add_entry", incident)
    _check(kind, body, occurred_at)
    return events.record(incident, Kind(kind), by=by, body=body.strip(), occurred_at=occurred_at)


@transaction.atomic
def supersede(entry: TimelineEntry, *, by: Actor, body: str) -> TimelineEntry:
    """Corrects a written entry by a new row that stands in its place; the old text is kept."""
    authorize(by, "incidents.supersede_entry", entry.incident)
    # Two who correct one entry at once: the second shall find the first one's row.
    Incident.objects.select_for_update().only("pk").get(pk=entry.incident_id)
    if entry.kind not in WRITTEN:
        raise ValidationError("What the product recorded itself is not corrected by hand.")
    if TimelineEntry.objects.filter(supersedes=entry).exists():
        raise ValidationError("This entry was corrected already: correct the newer one.")
    _check(entry.kind, body, None)
    return events.record(
        entry.incident, Kind(entry.kind), by=by, body=body.strip(), occurred_at=entry.occurred_at, supersedes=entry
    )


def _check(kind: str, body: str, occurred_at: datetime | None) -> None:
    if kind not in WRITTEN:
        raise ValidationError(f"{kind} is not written by hand; that is {', '.join(WRITTEN)}.")
    if not body.strip():
        raise ValidationError("An entry needs a text.")
    if len(body) > LONGEST_ENTRY:
        raise ValidationError(f"An entry has at most {LONGEST_ENTRY:,} characters.")
    if occurred_at is not None and occurred_at > timezone.now():
        raise ValidationError("An entry cannot lie in the future.")


def first_broken(incident: Incident) -> TimelineEntry | None:
    """The first row whose content, number or link to the row before is not as it was written; None if all hold."""
    before = ""
    for number, entry in enumerate(incident.entries.order_by("number").iterator(), start=1):
        if entry.number != number or entry.digest_before != before or events.digest_of(entry) != entry.digest:
            return entry
        before = entry.digest
    return None
