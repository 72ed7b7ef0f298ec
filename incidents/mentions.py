"""Who is named in a text: `@amara`, or `@tech_lead` for whoever holds that role.

Finds and marks; telling them is the briefing's, which reads `to` from the row. A name that nobody has stays text.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from incidents.models import Incident, Visibility
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import Actor

#: So many names of one text are looked up; nobody means more than that.
MOST_NAMES = 20
_NAME = r"@([A-Za-z][A-Za-z0-9_.+-]{0,149})"
#: Not within a word: amara@example.org names nobody.
_MENTION = re.compile(rf"(?<![\w@./+-]){_NAME}")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_TAG = re.compile(r"""(<(?:[^<>"']|"[^"]*"|'[^']*')*>)""")
_ENTERS, _LEAVES = re.compile(r"<(a|code|pre)\b"), re.compile(r"</(a|code|pre)>")


@dataclass(frozen=True)
class Named:
    """Who a text names: ids of people to tell, and the words that named them, as they are to be marked."""

    people: tuple[int, ...] = ()
    words: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """What a timeline row keeps of it."""
        return {"to": list(self.people), "named": list(self.words)} if self.words else {}


def named_in(
    text: str, incident: Incident, *, by: Actor, visibility: str = Visibility.STAFF, told: Collection[int | None] = ()
) -> Named:
    """Those whom `text` names and who may read it; not the writer, nor those in `told`. One query at most."""
    words = _words(text)
    if not words:
        return Named()
    roles = {word: _role(word) for word in words if _role(word)}
    names = [word for word in words if word not in roles]
    found = {person.username.lower(): person for person in User.objects.filter(username__in=names, is_active=True)}
    people = dict.fromkeys(found[word] for word in names if word in found)
    for role in roles.values():
        seats = [seat for seat in incident.holders_of(role) if seat.kind != Holding.SHADOW]
        people |= dict.fromkeys(seat.user for seat in seats)
    readers = [person for person in people if _may_read(incident, person, visibility)]
    tell = tuple(person.pk for person in readers if person != by and person.pk not in told)
    return Named(tell, tuple(word for word in words if word in roles or word in found))


def marked(html: SafeString, words: Collection[str]) -> SafeString:
    """`html` with each mention of `words` marked; what stands in code or in a link is left alone."""
    if not words:
        return html
    known, depth, pieces = frozenset(words), 0, []
    for piece in _TAG.split(html):
        if _ENTERS.match(piece):
            depth += 1
        elif _LEAVES.match(piece):
            depth -= 1
        is_text = not depth and not piece.startswith("<")
        pieces.append(_MENTION.sub(lambda match: _mark(match, known), piece) if is_text else piece)
    # Only the constant mark is added, around letters of the text between tags: what was safe stays so.
    return mark_safe("".join(pieces))  # noqa: S308


def _mark(match: re.Match[str], known: Collection[str]) -> str:
    typed = match[1].rstrip(".+-")
    return f'<b class="mention">@{typed}</b>{match[1][len(typed) :]}' if typed.lower() in known else match[0]


def _words(text: str) -> list[str]:
    """The names in a text in small letters, each once; those in code are none."""
    found = (match[1].rstrip(".+-").lower() for match in _MENTION.finditer(_CODE.sub(" ", text)))
    return list(dict.fromkeys(found))[:MOST_NAMES]


def _role(word: str) -> str:
    known = word.replace("-", "_")
    return known if known in Role.values else ""


def _may_read(incident: Incident, person: User, visibility: str) -> bool:
    return incident.is_visible_to(person) and (visibility == Visibility.STAFF or incident.is_in_room(person))
