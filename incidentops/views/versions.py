"""Two versions of one text beside each other: what somebody saved meanwhile, and what one has typed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from incidents.conflicts import Overtaken

#: Longer texts are shown whole, without marks: comparing them word by word takes too long.
LONGEST_COMPARED = 20_000
#: What a form carries beside what was typed.
_NOT_TYPED = frozenset({"csrfmiddlewaretoken", "version"})


@dataclass(frozen=True)
class Part:
    """A stretch of text: the same in both, only in theirs (`is_theirs`), or only in mine."""

    text: str
    is_same: bool = True
    is_theirs: bool = False


@dataclass(frozen=True)
class Compared:
    """One field in both versions, and the two woven together."""

    label: str
    mine: str
    theirs: str
    parts: tuple[Part, ...]


def compared(theirs: str, mine: str) -> Iterator[Part]:
    """The two texts woven together, word by word."""
    if len(theirs) + len(mine) > LONGEST_COMPARED:
        yield Part(theirs, is_same=False, is_theirs=True)
        yield Part(mine, is_same=False)
        return
    old, new = re.split(r"(\s+)", theirs), re.split(r"(\s+)", mine)
    for step, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if step == "equal":
            yield Part("".join(old[old_from:old_to]))
            continue
        if text := "".join(old[old_from:old_to]):
            yield Part(text, is_same=False, is_theirs=True)
        if text := "".join(new[new_from:new_to]):
            yield Part(text, is_same=False)


def both(request: HttpRequest, problem: Overtaken, *, back: str) -> HttpResponse:
    """409 with both versions; one form sends mine again over theirs, one link leaves it at theirs."""
    fields = [
        Compared(
            name.replace("_", " ").capitalize(),
            text,
            problem.theirs.get(name, ""),
            tuple(compared(problem.theirs.get(name, ""), text)),
        )
        for name, text in problem.mine.items()
        if text != problem.theirs.get(name, "")
    ]
    is_htmx = bool(getattr(request, "htmx", False))
    context = {
        "sentence": " ".join(problem.messages),
        "fields": fields,
        "version": problem.version,
        "sent": [(name, value) for name, values in request.POST.lists() if name not in _NOT_TYPED for value in values],
        "action": request.get_full_path(),
        "back": back or "/",
        "is_htmx": is_htmx,
    }
    answer = render(request, "_versions.html" if is_htmx else "versions.html", context, status=409)
    if is_htmx:
        answer["HX-Retarget"] = "#notices"
        answer["HX-Reswap"] = "innerHTML show:none"
    return answer
