"""What people write becomes safe HTML and plain text.

CommonMark without raw HTML, then an allow-list of tags: two fences, either of which holds alone.
"""

import re
from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

#: Longest text that is taken as Markdown: nested brackets cost the parser more than their length.
LONGEST = 20_000
_TAGS = {
    "p", "br", "hr", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "a",
    "h1", "h2", "h3", "h4", "h5", "h6",
}  # fmt: skip
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_BLANK_LINES = re.compile(r"\n{3,}")
# Images are left out on purpose: they would tell a stranger's server who reads the page.
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image")


# The same entries and updates are read again and again, by all who have the page open.
@lru_cache(maxsize=2048)
def to_html(text: str) -> SafeString:
    """Markdown as HTML that holds no script, style, image or foreign scheme; longer input is cut at 20,000 signs."""
    html = _markdown.render(_clean(text))
    safe = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="nofollow noopener noreferrer",
    )
    return mark_safe(safe)  # noqa: S308  nh3 has just cleaned it


def to_text(text: str) -> str:
    """Markdown as plain text: marks taken away, links written out behind their words, lists kept as lists."""
    lines: list[str] = []
    numbers: list[int | None] = []
    prefix = ""
    for token in _markdown.parse(_clean(text)):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            numbers.append(int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else None)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            numbers.pop()
            prefix = "  " * len(numbers)
            lines.append("")
        elif token.type == "list_item_open":
            prefix = _item(numbers)
        elif token.type == "inline":
            first, *more = _inline(token.children or []).split("\n")
            lines += [f"{prefix}{first}", *[f"{' ' * len(prefix)}{line}" for line in more]]
            prefix = " " * len(prefix) if numbers else ""
        elif token.type in {"fence", "code_block"}:
            lines += [f"{prefix}    {line}".rstrip() for line in token.content.rstrip("\n").split("\n")] + [""]
        elif token.type in {"paragraph_close", "heading_close"} and not token.hidden:
            lines.append("")
        elif token.type == "hr":
            lines += ["---", ""]
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip()


def _item(numbers: list[int | None]) -> str:
    indent = "  " * (len(numbers) - 1)
    number = numbers[-1]
    if number is None:
        return f"{indent}- "
    numbers[-1] = number + 1
    return f"{indent}{number}. "


def _inline(tokens: list[Token]) -> str:
    words: list[str] = []
    target, since = "", 0
    for token in tokens:
        if token.type in {"softbreak", "hardbreak"}:
            words.append("\n")
        elif token.type == "link_open":
            target, since = str(token.attrs.get("href", "")), len(words)
        elif token.type == "link_close":
            if target.removeprefix("mailto:") != "".join(words[since:]):
                words.append(f" ({target})")
        else:
            words.append(token.content)
    return "".join(words)


def seen(text: str) -> str:
    """The text without signs that nobody sees: controls but tab and line feed, and what turns the reading direction."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n"))


def _clean(text: str) -> str:
    return seen(text)[:LONGEST]
