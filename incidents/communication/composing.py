"""Writing a text: who has it in hand, what is kept of it while it is typed, and how it compares to what was said.

Nothing here is said to anybody. A lock keeps two people from writing over each other; it lapses by itself,
and the versions of `updates.edit` hold where it does not.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from incidents.conflicts import Conflict
from incidents.models import Incident, Severity, State, UnsavedText, Update, UpdateState
from incidents.models.update import UpdateQuerySet
from notifications import prose
from roles.models import User
from roles.policy import authorize

#: How long a text stays in somebody's hand after their last keystroke.
HELD_FOR = timedelta(minutes=2)
#: Most that is kept of unsaved words, in characters of all fields together.
LONGEST_UNSAVED = 65_000
MOST_FIELDS = 400
#: Fewer words than this between two changes are part of the change.
SHORTEST_SAME = 3
_SENTENCES = re.compile(r"[.!?]+(?:\s|$)")
_VOWELS = re.compile(r"[aeiouyäöü]+")


def moment_of(incident: Incident) -> str:
    """What an incident is as a text is written: 'investigating SEV1'. A draft that says another one is stale."""
    return f"{incident.state} {incident.severity}"


# --- what was said before -------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """A run of words: 'same', 'added' or 'gone'."""

    kind: str
    words: str


def last_said(update: Update) -> Update | None:
    """What the same audience was told last, on the same page."""
    said: UpdateQuerySet = update.incident.updates.filter(state=UpdateState.PUBLISHED, audience=update.audience)
    if update.page:
        said = said.filter(page=update.page)
    return said.exclude(pk=update.pk).order_by("-published_at").first()


def changed(before: str, after: str) -> list[Piece]:
    """How `after` differs from `before`, word by word; both as plain text.

    One or two words that happen to stand in both, amid what changed, count as changed: so it can be read.
    """
    old, new = prose.to_text(before).split(), prose.to_text(after).split()
    steps = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    pieces: list[Piece] = []
    gone: list[str] = []
    added: list[str] = []

    def close() -> None:
        pieces.extend(Piece(kind, " ".join(words)) for kind, words in (("gone", gone), ("added", added)) if words)
        gone.clear()
        added.clear()

    for number, (kind, a, b, c, d) in enumerate(steps):
        is_between = 0 < number < len(steps) - 1 and b - a < SHORTEST_SAME
        if kind == "equal" and not is_between:
            close()
            pieces.append(Piece("same", " ".join(old[a:b])))
        else:
            gone += old[a:b]
            added += new[c:d]
    close()
    return pieces


def stale(update: Update) -> str:
    """The sentence for a text that was written before the incident moved on; empty where it did not."""
    if not update.written_in or not update.is_pending or update.written_in == moment_of(update.incident):
        return ""
    state, _, severity = update.written_in.partition(" ")
    was = State(state).label if state in State.values else state
    incident = update.incident
    changes = []
    if state != incident.state:
        changes.append(f"it was {was} then and is {incident.get_state_display()} now")
    if severity != incident.severity:
        worse = incident.severity_rank < list(Severity).index(Severity(severity)) + 1
        changes.append(f"it was {severity} then and is {incident.severity} now{', worse' if worse else ''}")
    return f"{incident.key} has moved on since this was written: {'; '.join(changes)}. Read it once more."


@dataclass(frozen=True)
class Measure:
    """How long a text is and how hard to read: the school grade by Flesch and Kincaid, 0 where it is too short."""

    words: int
    grade: int


def measure(body: str) -> Measure:
    """Counts the words of a text and says its grade.

    The formula is that of Kincaid et al. (1975), with syllables counted as runs of vowels: good to about one grade.
    """
    text = prose.to_text(body)
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text)
    if len(words) < 5:
        return Measure(len(text.split()), 0)
    sentences = max(len(_SENTENCES.findall(text.strip() + " ")), 1)
    syllables = sum(_syllables(word.lower()) for word in words)
    grade = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
    return Measure(len(text.split()), max(round(grade), 1))


def _syllables(word: str) -> int:
    silent = word.endswith("e") and not word.endswith("le")
    return max(len(_VOWELS.findall(word)) - silent, 1)


# --- who has it in hand ---------------------------------------------------------------------------


def held_by_other(update: Update, user: User, *, at: datetime | None = None) -> User | None:
    """Who else is writing this text now; None where it is free, or in one's own hand."""
    if update.editing_until is None or update.editing_until <= (at or timezone.now()):
        return None
    return update.editing_by if update.editing_by_id not in {None, user.pk} else None


@transaction.atomic
def hold(update: Update, *, by: User, takes_over: bool = False) -> Update:
    """Takes the text in hand for two minutes, or keeps it. With `takes_over` also where somebody else has it.

    Raises PermissionDenied, or Conflict naming who writes it.
    """
    authorize(by, "incidents.draft_update", update.incident)
    now = timezone.now()
    free = Q(editing_until=None) | Q(editing_until__lte=now) | Q(editing_by=None) | Q(editing_by=by)
    rows = Update.objects.filter(pk=update.pk, state__in=[UpdateState.DRAFT, UpdateState.SUBMITTED])
    rows = rows if takes_over else rows.filter(free)
    if not rows.update(editing_by=by, editing_until=now + HELD_FOR):
        refuse_held(Update.objects.select_related("editing_by").get(pk=update.pk), by)
        raise Conflict(f"This update is {update.get_state_display().lower()}: it can no longer be edited.")
    update.editing_by, update.editing_until = by, now + HELD_FOR
    return update


@transaction.atomic
def let_go(update: Update, *, by: User) -> None:
    """Gives the text out of one's hand; what others hold stays theirs."""
    authorize(by, "incidents.draft_update", update.incident)
    Update.objects.filter(pk=update.pk, editing_by=by).update(editing_by=None, editing_until=None)


def refuse_held(update: Update, user: User) -> None:
    """Raises Conflict where somebody else is writing this text now."""
    if (writer := held_by_other(update, user)) and update.editing_until:
        raise Conflict(
            f"{writer} is writing this text until {update.editing_until:%H:%M} UTC. Take it over, or wait.",
            needed=["taking it over"],
        )


# --- what is kept while it is typed -----------------------------------------------------------------


@transaction.atomic
def keep_unsaved(
    incident: Incident, *, by: User, words: Mapping[str, object], update: Update | None = None
) -> UnsavedText:
    """Keeps what a person has typed and not saved: one row per person, incident and text. Nobody else sees it.

    `words` are the fields of the composer by name. Raises ValidationError where they are too long to be kept.
    """
    authorize(by, "incidents.draft_update", incident)
    if len(words) > MOST_FIELDS or sum(len(str(value)) for value in words.values()) > LONGEST_UNSAVED:
        raise ValidationError(f"More than {LONGEST_UNSAVED:,} characters are not kept: save what you have, or cut it.")
    kept = {str(name)[:100]: _storable(value) for name, value in words.items()}
    row, _ = UnsavedText.objects.update_or_create(
        user=by, incident=incident, update=update, defaults={"words": kept, "typed_at": timezone.now()}
    )
    return row


def unsaved(incident: Incident, user: User, update: Update | None = None) -> UnsavedText | None:
    """What the person typed and has not saved."""
    return UnsavedText.objects.filter(user=user, incident=incident, update=update).first()


@transaction.atomic
def forget_unsaved(incident: Incident, *, by: User, update: Update | None = None) -> None:
    """Drops one's own unsaved words: they were saved, or are not wanted."""
    UnsavedText.objects.filter(user=by, incident=incident, update=update).delete()


def _storable(value: object) -> object:
    """Without the one sign that PostgreSQL cannot store."""
    if isinstance(value, list | tuple):
        return [str(one).replace("\x00", "") for one in value]
    return str(value).replace("\x00", "")
