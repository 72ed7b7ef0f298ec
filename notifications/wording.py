"""Templates become one message per channel; says what an SMS costs.

A message is up to four files beside each other in `templates/<app>/messages/`: `moved.subject.txt`,
`moved.txt`, `moved.html` and `moved.sms.txt`. Who is told, and when, is decided by the caller.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from django.template import Template, TemplateDoesNotExist
from django.template.context import make_context
from django.template.loader import get_template

from notifications.links import TOKEN_MARK

#: Longest subject that mail programs show anything of; longer ones are cut with an ellipsis.
LONGEST_SUBJECT = 200
#: Ten segments: what carriers join into one message at most.
LONGEST_SMS = 1530

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€\f")
#: Written by editors and phones where the plain sign was meant; one of them would turn 160 into 70.
_PLAIN_SIGNS = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "})
#: C0 and C1 controls but line feed, zero-width signs, and whatever turns the reading direction.
_UNSEEN = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
_SPACES = re.compile(r"\s+")
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Rendered:
    """A message in the words of each channel; an empty part is one that has no template."""

    subject: str
    text: str
    html: str
    sms: str


class SmsCost(NamedTuple):
    """What a text costs: 'GSM-7' or 'UCS-2', its length in that encoding's units, and its segments."""

    encoding: str
    units: int
    segments: int


def render(template: str, context: Mapping[str, object]) -> Rendered:
    """Renders `"<app>/<name>"`; the context also holds `token`, the mark that becomes each recipient's own.

    Raises TemplateDoesNotExist if neither a text nor an SMS of that name is there.
    """
    app, _, name = template.partition("/")
    path = f"{app}/messages/{name}"
    values = {"token": TOKEN_MARK, **context}
    text, sms = _plain(f"{path}.txt", values), _plain(f"{path}.sms.txt", values)
    if not text and not sms:
        raise TemplateDoesNotExist(f"{path}.txt")
    return Rendered(
        subject=subject_line(_plain(f"{path}.subject.txt", values)),
        text=_BLANK_LINES.sub("\n\n", text).strip() + "\n" if text else "",
        html=_html(f"{path}.html", values),
        sms=sms_text(sms),
    )


def subject_line(text: str) -> str:
    """One line without control signs, cut to a length that mail programs show."""
    line = _SPACES.sub(" ", _UNSEEN.sub(" ", text)).strip()
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1].rstrip() + "…"


def sms_text(text: str) -> str:
    """A text as it may go out by SMS: plain quotes and dashes, nothing unseen, no more than ten segments."""
    plain = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\t", " ").translate(_PLAIN_SIGNS))
    plain = _BLANK_LINES.sub("\n\n", re.sub(r" {2,}", " ", plain)).strip()
    return plain if len(plain) <= LONGEST_SMS else plain[: LONGEST_SMS - 3].rstrip() + "..."


def sms_cost(text: str) -> SmsCost:
    """What `text` costs: one segment holds 160 GSM-7 or 70 UCS-2 units, each of several holds 153 or 67."""
    if all(sign in _GSM_BASIC or sign in _GSM_EXTENDED for sign in text):
        encoding, alone, joined = "GSM-7", 160, 153
        widths = [2 if sign in _GSM_EXTENDED else 1 for sign in text]
    else:
        encoding, alone, joined = "UCS-2", 70, 67
        widths = [2 if ord(sign) > 0xFFFF else 1 for sign in text]
    units = sum(widths)
    if units <= alone:
        return SmsCost(encoding, units, 1 if units else 0)
    return SmsCost(encoding, units, _segments(widths, joined))


def _segments(widths: list[int], room: int) -> int:
    """How many segments hold signs of these widths; a sign of two units is never cut in half."""
    if 2 not in widths:
        return ceil(len(widths) / room)
    count, used = 1, 0
    for width in widths:
        if used + width > room:
            count, used = count + 1, 0
        used += width
    return count


def _plain(path: str, values: Mapping[str, object]) -> str:
    try:
        template = get_template(path)
    except TemplateDoesNotExist:
        return ""
    # The wrapper that get_template answers has no way to turn escaping off.
    inner: Template = template.template  # type: ignore[attr-defined]
    return _storable(inner.render(make_context(dict(values), autoescape=False)))


def _html(path: str, values: Mapping[str, object]) -> str:
    try:
        template = get_template(path)
    except TemplateDoesNotExist:
        return ""
    return _storable(template.render(dict(values))).strip() + "\n"


def _storable(text: str) -> str:
    """Without the one sign that PostgreSQL cannot store."""
    return str(text).replace("\x00", "")
