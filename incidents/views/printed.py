"""Timeline rows as HTML, printed once for all who read them.

An entry never changes, and the forty newest are what every reader of a room gets again and again. A row is printed
from plain facts, which are all that its template is given: the same facts, the same HTML, so nothing kept here can
be out of date. Whoever corrects or marks an entry, or changes a name, changes the facts.
"""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from incidents.views.entries import Row

#: Stands in the kept HTML for the hidden field of the reader's own token. What people write cannot hold it: signs
#: are escaped, and of Markdown only known tags are left.
TOKEN = mark_safe("<csrf-token>")
#: So many rows are kept in each process: what two dozen rooms show, a few megabytes at most.
KEPT = 1024


class Text(NamedTuple):
    """What stood there before a correction."""

    body: str
    by: str
    recorded_at: datetime


class File(NamedTuple):
    """A file beside the row."""

    public_id: str
    name: str
    is_image: bool


class Facts(NamedTuple):
    """All that the template of a row reads."""

    key: str
    number: int
    source: str
    occurred_at: datetime
    recorded_at: datetime
    author: str
    author_role: str
    by: str
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
    says_new: bool
    earlier: tuple[Text, ...]
    files: tuple[File, ...]
    may_mark: bool
    may_correct: bool
    #: The filter that the reader has on, which a mark set from here keeps.
    kind: str


def entry(row: Row, *, key: str, may: frozenset[str], kind: str, token: SafeString) -> SafeString:
    """The row as HTML for a reader with the rights `may`; `token` is the hidden field of their forms."""
    return mark_safe(_html(_facts(row, key, may, kind)).replace(TOKEN, token))  # noqa: S308  both are our own HTML


@lru_cache(maxsize=KEPT)
def _html(facts: Facts) -> SafeString:
    return render_to_string("incidents/_entry.html", {"row": facts, "token": TOKEN})


def _facts(row: Row, key: str, may: frozenset[str], kind: str) -> Facts:
    entry = row.entry
    may_mark = "incidents.mark_entry" in may
    may_correct = row.is_written and "incidents.supersede_entry" in may
    return Facts(
        key=key,
        number=entry.number,
        source=entry.body if may_correct else "",
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        author=str(row.author or "IncidentOps"),
        author_role=row.author_role,
        by=str(entry.actor or "IncidentOps") if row.earlier else "",
        group=row.group,
        look=row.look,
        icon=row.icon,
        state=row.state,
        sentence=row.sentence,
        body=row.body,
        tag=row.tag,
        tone=row.tone,
        is_written=row.is_written,
        is_key=row.is_key,
        is_room=row.is_room,
        is_late=row.is_late,
        says_new=row.look == "system" and row.is_new and not row.starts_old,
        earlier=tuple(
            Text(before.body, str(before.actor or "IncidentOps"), before.recorded_at) for before in row.earlier
        ),
        files=tuple(File(file.public_id, file.name, file.is_image) for file in row.files),
        may_mark=may_mark,
        may_correct=may_correct,
        kind=kind if may_mark else "",
    )
