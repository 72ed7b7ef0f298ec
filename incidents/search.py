"""Finding incidents by words: what is written of each stands word by word in a table of its own, which answers
alike on every database.

Words are folded (lower case, no accents). Rows for the response team alone are never read; who may not know of
an incident does not find it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from incidents.models import Incident, Kind, SearchWord, TimelineEntry, Visibility
from incidents.models.incident import IncidentQuerySet
from roles.models import User

LONGEST_WORD = 40
#: No more words than this are kept of one incident, the weightiest first.
MOST_WORDS = 500
#: Of a long timeline, so many of the newest rows are read when an incident is indexed anew.
MOST_ENTRIES = 1000
#: A question is cut after so many words.
MOST_ASKED = 8
#: A word that stands in no more incidents than this is looked up as their numbers; a more frequent one is looked
#: for in each incident, newest first, since it is met soon.
FEW = 500

#: Where a word stands → how much it says.
TITLE, NAMED, SUMMARY, NOTED = 8, 5, 3, 1
#: Facts after which more than their own text has changed.
REWORDING = frozenset({Kind.OPENED, Kind.EDITED, Kind.CLASSIFIED, Kind.MERGED_IN, Kind.HYPOTHESIS, Kind.DECISION})
_IN_EVERY_TEXT = (
    "a about after all also an and are as at be been but by can did do does for from had has have if in inc into is it "
    "its no not of on or our out over so than that the their then there they this to up was we were what when which "
    "while who will with"
)
#: Words that say nothing.
SILENT = frozenset(_IN_EVERY_TEXT.split())

_KEY = re.compile(r"inc-\d{1,10}", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """The words of a text as they are stored and looked for, each once, in their order."""
    unaccented = unicodedata.normalize("NFKD", text.casefold())
    folded = "".join(mark for mark in unaccented if not unicodedata.combining(mark))
    found = (word[:LONGEST_WORD] for word in _WORD.findall(folded))
    return list(dict.fromkeys(word for word in found if len(word) > 1 or not word.isascii() or word.isdigit()))


def telling_words_of(text: str) -> list[str]:
    """As `words_of`, without those that are in every text."""
    return [word for word in words_of(text) if word not in SILENT]


# --- asking -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """What was typed, taken apart: keys of incidents, whole words, and the beginning of a last word."""

    keys: tuple[str, ...]
    words: tuple[str, ...]
    beginning: str

    @property
    def is_empty(self) -> bool:
        return not (self.keys or self.words or self.beginning)


def question_of(text: str) -> Question:
    """Takes apart what somebody typed; quotes, operators and the like part words and mean nothing."""
    pieces = text.split()
    keys = tuple(dict.fromkeys(piece.upper() for piece in pieces if _KEY.fullmatch(piece)))
    words = words_of(" ".join(piece for piece in pieces if not _KEY.fullmatch(piece)))[:MOST_ASKED]
    telling = [word for word in words if word not in SILENT]
    if not telling and words:
        return Question(keys, (), words[-1])
    return Question(keys, tuple(telling[:-1]), telling[-1] if telling else "")


def find(words: str, user: User) -> IncidentQuerySet:
    """The incidents that `user` may know of and that hold all words, the last one perhaps only begun; newest
    first. Without words: all of them. Costs one short query a word before the one that is returned."""
    rows = Incident.objects.visible_to(user).order_by("-pk")
    if not words.replace("\x00", "").strip():
        return rows
    asked = question_of(words)
    if asked.is_empty or len(asked.keys) > 1:
        return rows.none()
    for key in asked.keys:
        rows = rows.filter(key=key)
    for condition in _conditions(asked):
        few = set(SearchWord.objects.filter(condition).values_list("incident", flat=True)[: FEW + 1])
        if len(few) <= FEW:
            rows = rows.filter(pk__in=few)
        else:
            rows = rows.filter(Exists(SearchWord.objects.filter(condition, incident=OuterRef("pk"))))
    return rows


def _conditions(asked: Question) -> Iterator[Q]:
    for word in asked.words:
        yield Q(word=word)
    if asked.beginning:
        yield _begins_with(asked.beginning)


def _begins_with(beginning: str) -> Q:
    """SQLite's LIKE uses no index, so there it is a range; elsewhere the order of words depends on the
    language of the database, and the index is made for LIKE."""
    if connection.vendor == "sqlite":
        return Q(word__gte=beginning, word__lt=f"{beginning}\U0010ffff")
    return Q(word__startswith=beginning)


# --- keeping it true --------------------------------------------------------------------------


def on_event(entry: TimelineEntry) -> None:
    """Hears one fact, and keeps the words of its incident true; safe to repeat."""
    if entry.kind in REWORDING or entry.supersedes_id is not None:
        index(entry.incident)
    elif entry.body and entry.visibility == Visibility.STAFF:
        _add(entry.incident, telling_words_of(entry.body))


def index(incident: Incident) -> None:
    """Makes the stored words of the incident those that are written of it now; safe to repeat."""
    wanted = _weighed(incident)
    present = dict(incident.search_words.values_list("word", "weight"))
    stale = [word for word, weight in present.items() if wanted.get(word) != weight]
    if stale:
        incident.search_words.filter(word__in=stale).delete()
    _write(incident, {word: weight for word, weight in wanted.items() if present.get(word) != weight})


def index_missing() -> int:
    """Indexes the incidents of which no word is stored; returns how many. Costs little where there is none."""
    unindexed = Incident.objects.filter(~Exists(SearchWord.objects.filter(incident=OuterRef("pk"))))
    count = 0
    for incident in unindexed.select_related("type").order_by("pk").iterator(chunk_size=500):
        index(incident)
        count += 1
    return count


def _add(incident: Incident, words: list[str]) -> None:
    """Stores words of a note beside what stands there, as far as there is room."""
    present = set(incident.search_words.values_list("word", flat=True))
    room = max(MOST_WORDS - len(present), 0)
    _write(incident, dict.fromkeys([word for word in words if word not in present][:room], NOTED))


def _write(incident: Incident, words: dict[str, int]) -> None:
    rows = [SearchWord(incident=incident, word=word, weight=weight) for word, weight in words.items()]
    SearchWord.objects.bulk_create(rows, ignore_conflicts=True)


def _weighed(incident: Incident) -> dict[str, int]:
    """Every word of the incident with the weight of the place where it says most, no more than MOST_WORDS."""
    weighed: dict[str, int] = {}
    for weight, text in _texts(incident):
        for word in telling_words_of(text):
            if word not in weighed and len(weighed) < MOST_WORDS:
                weighed[word] = weight
    return weighed


def _texts(incident: Incident) -> Iterator[tuple[int, str]]:
    """What is written of the incident, the weightiest first."""
    fresh = Incident.objects.select_related("type").get(pk=incident.pk)
    yield TITLE, f"{fresh.title} {fresh.key}"
    names: Iterable[str] = [
        *(f"{service.name} {service.slug}" for service in fresh.services.all()),
        *fresh.tags.values_list("name", flat=True),
        fresh.type.name if fresh.type else "",
    ]
    for name in names:
        yield NAMED, name
    yield SUMMARY, fresh.summary
    for answer in fresh.answers.values():
        yield SUMMARY, str(answer)
    for title in fresh.hypotheses.values_list("title", flat=True):
        yield NOTED, title
    for question, outcome in fresh.decisions.values_list("question", "outcome"):
        yield NOTED, f"{question} {outcome}"
    # The opening says the title of then, which may have been put right since.
    entries = fresh.entries.filter(visibility=Visibility.STAFF, superseded_by=None).exclude(
        Q(body="") | Q(kind=Kind.OPENED)
    )
    for body in entries.order_by("-number").values_list("body", flat=True)[:MOST_ENTRIES]:
        yield NOTED, body
