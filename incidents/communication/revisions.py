"""What a text was: each version that was saved, how two of them differ, and what somebody says of a line."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import events
from incidents.models import Update, UpdateComment, UpdateRevision, UpdateState
from roles.models import User
from roles.policy import Actor, System, authorize

LONGEST_COMMENT = 1000
LONGEST_QUOTE = 300
#: Texts with more words than this are compared by lines.
MOST_WORDS = 2500
_WORDS = re.compile(r"\s+|[^\s]+")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True)
class Piece:
    """Some words: the `same` in both, `added` or `removed`."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """One thing beside the body that differs: its name, what it was and what it is."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Comparison:
    """A text beside an earlier one; `against` says which: 'what they were told at 02:47 UTC'."""

    against: str
    pieces: tuple[Piece, ...]
    changes: tuple[Change, ...]

    @property
    def is_same(self) -> bool:
        return not self.changes and all(piece.kind == "same" for piece in self.pieces)

    @property
    def text(self) -> str:
        """The same for who cannot see colours: [-what went-] and {+what came+}."""
        return in_text(self.pieces)


# --- versions -----------------------------------------------------------------------------------


def keep(update: Update, *, by: Actor) -> UpdateRevision:
    """Keeps the text as it was saved; called by `updates` in the transaction of the save."""
    return UpdateRevision.objects.update_or_create(
        update=update,
        version=update.version,
        defaults={
            "words": words_of(update),
            "saved_by": None if isinstance(by, System) else by,
            "saved_at": events.moment(),
        },
    )[0]


def mark_submitted(update: Update, *, by: Actor) -> None:
    """Somebody is asked to approve the text as it stands."""
    newest = newest_of(update) or keep(update, by=by)
    UpdateRevision.objects.filter(pk=newest.pk).update(is_submitted=True)


def newest_of(update: Update) -> UpdateRevision | None:
    """The version that was saved last; texts from before there were versions have none."""
    return update.revisions.order_by("-version").first()


def words_of(update: Update) -> dict[str, object]:
    """What is compared of a text, fit for JSON."""
    next_at = update.next_update_at
    return {
        "title": update.title,
        "body": update.body,
        "status": update.status,
        "components": update.components,
        "next_update_at": next_at.isoformat() if next_at else None,
        "also_for": update.also_for,
    }


# --- differences --------------------------------------------------------------------------------


def difference(before: str, after: str) -> list[Piece]:
    """How to get from one text to the other, word by word; together the `same` and `added` pieces are `after`."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) + len(new) > MOST_WORDS:
        old, new = _LINES.findall(before), _LINES.findall(after)
    pieces = []
    removed = added = ""
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for number, (what, a, b, c, d) in enumerate(steps):
        same = "".join(new[c:d]) if what == "equal" else ""
        if same and not (same.isspace() and 0 < number < len(steps) - 1):
            pieces += _changed(removed, added)
            removed = added = ""
            pieces.append(Piece("same", same))
        else:  # a space between two changes joins them: whole phrases read better than every other word
            removed += "".join(old[a:b])
            added += "".join(new[c:d])
    return pieces + _changed(removed, added)


def _changed(removed: str, added: str) -> list[Piece]:
    return [Piece(kind, text) for kind, text in (("removed", removed), ("added", added)) if text]


def in_text(pieces: Iterable[Piece]) -> str:
    """'We [-think-]{+know+} why'."""
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(marks[piece.kind].format(piece.text) for piece in pieces)


def comparisons(update: Update) -> list[Comparison]:
    """The text beside what was submitted before it, and beside what its audience was told last."""
    now = words_of(update)
    found = []
    newest = newest_of(update)
    earlier = update.revisions.filter(is_submitted=True).order_by("-version")
    for revision in earlier.exclude(pk=newest.pk) if newest else earlier:
        at = f"{revision.saved_at:%H:%M} UTC"
        found.append(_compare(f"the version of {at} that was submitted before", revision.words, now))
        break
    told = Update.objects.filter(
        incident=update.incident_id, audience=update.audience, page=update.page, state=UpdateState.PUBLISHED
    )
    last = told.exclude(pk=update.pk).order_by("-published_at").first()
    if last is not None:
        found.append(_compare(f"what they were told at {last.published_at:%H:%M} UTC", words_of(last), now))
    return found


def _compare(against: str, before: dict[str, object], after: dict[str, object]) -> Comparison:
    labels = {"title": "Title", "status": "Status", "components": "Components", "next_update_at": "Next update"}
    changes = [
        Change(label, _plain(name, before.get(name)), _plain(name, after.get(name)))
        for name, label in labels.items()
        if before.get(name) != after.get(name)
    ]
    return Comparison(against, tuple(difference(str(before["body"]), str(after["body"]))), tuple(changes))


def _plain(name: str, value: object) -> str:
    if not value:
        return "none"
    if name == "next_update_at":
        return f"{datetime.fromisoformat(str(value)):%H:%M} UTC"
    if isinstance(value, dict):
        return ", ".join(f"{slug}: {str(status).replace('_', ' ')}" for slug, status in sorted(value.items()))
    return str(value)


# --- comments -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Remark:
    """What somebody wants to say of one line, from 1, or with None of the whole text."""

    body: str
    line: int | None = None


@transaction.atomic
def comment(update: Update, *, by: User, body: str, line: int | None = None) -> UpdateComment:
    """Says something of one line of a text that is not out, or of all of it; whoever may approve it may."""
    authorize(by, "incidents.approve_update", update.incident)
    if not update.is_pending:
        raise ValidationError(f"This update is {update.get_state_display().lower()}: there is nothing to change in it.")
    return _write(update, [Remark(body, line)], by=by)[0]


def remark(update: Update, remarks: Sequence[Remark], *, by: Actor) -> list[UpdateComment]:
    """Keeps what goes with a text that is sent back; called by `updates`, which has asked for the right."""
    return [] if isinstance(by, System) else _write(update, remarks, by=by)


def _write(update: Update, remarks: Sequence[Remark], *, by: User) -> list[UpdateComment]:
    lines = update.body.split("\n")
    newest = newest_of(update)
    made = []
    for one in remarks:
        body = one.body.strip()
        if not body:
            raise ValidationError("Say what should change.")
        if len(body) > LONGEST_COMMENT:
            raise ValidationError(f"A comment has at most {LONGEST_COMMENT:,} characters.")
        if one.line is not None and not 1 <= one.line <= len(lines):
            raise ValidationError(
                f"The text has {len(lines)} line{'s' * (len(lines) != 1)}; there is no line {one.line}."
            )
        made.append(
            UpdateComment.objects.create(
                update=update,
                version=newest.version if newest else update.version,
                line=one.line,
                quote=lines[one.line - 1].strip()[:LONGEST_QUOTE] if one.line else "",
                body=body,
                by=by,
                at=events.moment(),
            )
        )
    return made


@transaction.atomic
def settle(comment: UpdateComment, *, by: Actor) -> UpdateComment:
    """The comment is seen to; who may write the text says so. Safe to repeat."""
    authorize(by, "incidents.draft_update", comment.update.incident)
    UpdateComment.objects.filter(pk=comment.pk, settled_at=None).update(settled_at=timezone.now())
    comment.refresh_from_db()
    return comment
