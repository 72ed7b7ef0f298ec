"""The timeline as people write and read it: entries, corrections, key moments, and the proof that none was altered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import events, mentions
from incidents.conflicts import Conflict
from incidents.models import (
    Attachment,
    Decision,
    Finding,
    Incident,
    KeyMoment,
    Kind,
    TimelineEntry,
    TimelineHead,
    Visibility,
)
from incidents.models.decision import LONGEST_OUTCOME, words_of
from incidents.models.entry import WRITTEN
from roles.models import User
from roles.policy import Actor, System, authorize

LONGEST_ENTRY = 20_000
#: Stands between what was found and what is recommended, in an entry that tells of a finding.
ADVICE_MARK = "\n\nRecommendation: "


@transaction.atomic
def add_entry(
    incident: Incident,
    *,
    by: Actor,
    body: str,
    kind: str = Kind.NOTE,
    occurred_at: datetime | None = None,
    visibility: str = Visibility.STAFF,
    files: Sequence[Mapping[str, object]] = (),
    **data: Any,
) -> TimelineEntry:
    """Writes a note, decision, action, finding, quote or where we are; whom it names is told.

    `occurred_at` may lie in the past, not in the future. `files` says what `attachments` keeps beside it, so that
    the chain covers their content. Only the response team writes for the response team alone.
    """
    authorize(by, "incidents.add_entry", incident)
    refuse_room(incident, by, visibility)
    if incident.merged_into is not None:
        raise Conflict(f"{incident.key} goes on in {incident.merged_into.key}: write there.")
    _check(kind, body, occurred_at)
    named = mentions.named_in(body, incident, by=by, visibility=visibility)
    kept: dict[str, Any] = {"files": [dict(file) for file in files]} if files else {}
    return events.record(
        incident,
        Kind(kind),
        by=by,
        body=body.strip(),
        occurred_at=occurred_at,
        visibility=visibility,
        **{**named.as_data(), **kept, **data},
    )


@transaction.atomic
def supersede(entry: TimelineEntry, *, by: Actor, body: str) -> TimelineEntry:
    """Corrects a written entry by a new row that stands in its place; the old text is kept. What the entry tells of
    is corrected with it: a finding, or outcome and reason of a decision.

    Raises Conflict where it was corrected already: of two who correct at once, the second is told.
    """
    incident = entry.incident
    authorize(by, "incidents.supersede_entry", incident)
    refuse_room(incident, by, entry.visibility)
    # Two who correct one entry at once: the second shall find the first one's row.
    Incident.objects.select_for_update().only("pk").get(pk=entry.incident_id)
    if entry.kind not in WRITTEN:
        raise Conflict("What the product recorded itself is not corrected by hand.")
    if TimelineEntry.objects.filter(supersedes=entry).exists():
        raise Conflict("This entry was corrected already: correct the newer one.", needed=["the newer entry"])
    decision = _decision_of(entry)
    body, more = _reworded(decision, body) if decision is not None else (body, {})
    _check(entry.kind, body, None)
    told = {*entry.data.get("to", []), entry.actor_id}
    named = mentions.named_in(body, incident, by=by, visibility=entry.visibility, told=told)
    kept = {name: value for name, value in entry.data.items() if name not in {"to", "named"}}
    corrected = events.record(
        incident,
        Kind(entry.kind),
        by=by,
        body=body.strip(),
        occurred_at=entry.occurred_at,
        supersedes=entry,
        visibility=entry.visibility,
        **{**kept, **more, **named.as_data()},
    )
    _take_along(entry, corrected)
    return corrected


def _decision_of(entry: TimelineEntry) -> Decision | None:
    """The decision that an entry tells of; None for one that was only written down."""
    pk = entry.data.get("decision") if entry.kind == Kind.DECISION else None
    return Decision.objects.filter(pk=pk, incident=entry.incident_id).first() if pk else None


def _reworded(decision: Decision, body: str) -> tuple[str, dict[str, object]]:
    """Has the decision say what its corrected entry says; gives the entry's text and data. When it is looked at again
    is no matter of words and stays."""
    words = words_of(body)
    if not words.outcome:
        raise ValidationError("Say what was decided.")
    if len(words.outcome) > LONGEST_OUTCOME:
        raise ValidationError(f"A decision has at most {LONGEST_OUTCOME:,} characters.")
    decision.save(update_fields=decision.reword(words))
    asked = decision.question if decision.question != decision.outcome else ""
    return decision.told, {"reason": decision.reason, "question": asked}


def _take_along(entry: TimelineEntry, corrected: TimelineEntry) -> None:
    """What hangs on an entry hangs on its correction from now on; a finding says there what it says here."""
    KeyMoment.objects.filter(entry=entry).update(entry=corrected)
    Attachment.objects.filter(entry=entry).update(entry=corrected)
    text, _, advice = corrected.body.partition(ADVICE_MARK)
    Finding.objects.filter(entry=entry).update(entry=corrected, text=text, recommendation=advice)


@transaction.atomic
def mark(entry: TimelineEntry, *, by: Actor) -> KeyMoment:
    """Makes an entry a key moment, one that tells the story; once is enough."""
    authorize(by, "incidents.mark_entry", entry.incident)
    refuse_room(entry.incident, by, entry.visibility)
    if TimelineEntry.objects.filter(supersedes=entry).exists():
        raise Conflict("This entry was corrected: mark the newer one.", needed=["the newer entry"])
    person = None if isinstance(by, System) else by
    return KeyMoment.objects.get_or_create(entry=entry, defaults={"marked_by": person})[0]


@transaction.atomic
def unmark(entry: TimelineEntry, *, by: Actor) -> None:
    """Takes the mark of a key moment away, if there is one."""
    authorize(by, "incidents.mark_entry", entry.incident)
    refuse_room(entry.incident, by, entry.visibility)
    KeyMoment.objects.filter(entry=entry).delete()


def refuse_room(incident: Incident, by: Actor, visibility: str) -> None:
    """Raises PermissionDenied where a row is for the response team and `by` is not of it."""
    if visibility not in Visibility.values:
        raise ValidationError(f"An entry is for {' or '.join(Visibility.values)}.")
    if visibility == Visibility.ROOM and isinstance(by, User) and not incident.is_in_room(by):
        raise PermissionDenied("Only the response team reads and writes what is for the response team alone.")


def _check(kind: str, body: str, occurred_at: datetime | None) -> None:
    if kind not in WRITTEN:
        raise ValidationError(f"{kind} is not written by hand; that is {', '.join(WRITTEN)}.")
    if not body.strip():
        raise ValidationError("An entry needs a text.")
    if len(body) > LONGEST_ENTRY:
        raise ValidationError(f"An entry has at most {LONGEST_ENTRY:,} characters.")
    if occurred_at is not None and occurred_at > timezone.now():
        raise ValidationError("An entry cannot lie in the future.")


@dataclass(frozen=True)
class Fault:
    """Where a timeline is not as it was written: the row's number, and what is wrong, as a sentence."""

    number: int
    sentence: str


def first_fault(incident: Incident) -> Fault | None:
    """The first thing about the rows, their chain or its sealed end that is not as it was written."""
    if broken := first_broken(incident):
        return Fault(broken.number, f"row {broken.number} ({broken.kind}) is not as it was written")
    last = incident.entries.order_by("-number").first()
    number, digest = (last.number, last.digest) if last else (0, "")
    head = TimelineHead.objects.filter(incident=incident).first()
    if head is None:
        return Fault(number, f"row {number} is the last, and nothing says that it was") if last else None
    if not events.is_sealed(head):
        return Fault(head.number, f"row {head.number} was not sealed by this installation")
    if head.number > number:
        return Fault(number + 1, f"row {number + 1} and what came after it, up to row {head.number}, are gone")
    if (head.number, head.digest) != (number, digest):
        return Fault(number, f"row {number} is not the one that was sealed as the last")
    return None


def first_broken(incident: Incident) -> TimelineEntry | None:
    """The first row whose content, number or link to the row before is not as it was written; None if all hold."""
    before = ""
    for number, entry in enumerate(incident.entries.order_by("number").iterator(), start=1):
        if entry.number != number or entry.digest_before != before or events.digest_of(entry) != entry.digest:
            return entry
        before = entry.digest
    return None
