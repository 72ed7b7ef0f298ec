"""What people write, as HTML and as text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import prose

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "![x](https://evil.example/track.png)",
    '<a href="https://x.example" onclick="alert(1)">x</a>',
    "<svg/onload=alert(1)>",
    "<iframe src='https://evil.example'></iframe>",
    "<style>body{display:none}</style>",
    '[x](https://x.example "onmouseover=alert(1)")',
    "<https://x.example/\"onmouseover='alert(1)'>",
    "&#x6A;avascript:alert(1)",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_typed_runs_or_loads(text: str) -> None:
    html = prose.to_html(text)
    tags = re.findall(r"<([a-z0-9]+)([^>]*)>", html)
    assert {name for name, _ in tags} <= {"p", "a"}
    assert all(re.fullmatch(r'( href="https?://[^"]*"| rel="[a-z ]+")*', attributes) for _, attributes in tags)


@given(st.text(alphabet="<>\"'()[]!`*_-# \n\\&:;javscriptonerhf=/x", max_size=80))
def test_no_mixture_of_signs_makes_a_foreign_tag(text: str) -> None:
    allowed = r"</?(p|br|hr|em|strong|code|pre|blockquote|ul|ol|li|a|h[1-6])\b"
    html = prose.to_html(text)
    assert re.findall(r"<[a-z/][^>]*", html) == re.findall(allowed + r"[^>]*", html) or all(
        re.match(allowed, tag) for tag in re.findall(r"<[a-z/][^>]*", html)
    )
    assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', html)).lower()


def test_what_is_meant_to_work_works() -> None:
    html = prose.to_html("We *fixed* it: [notes](https://x.example/n)\nand `retry`\n\n- one\n- two")
    assert html == (
        "<p>We <em>fixed</em> it: "
        '<a href="https://x.example/n" rel="nofollow noopener noreferrer">notes</a><br>\nand <code>retry</code></p>\n'
        "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We *fixed* **it**.", "We fixed it."),
        ("See [notes](https://x.example/n).", "See notes (https://x.example/n)."),
        ("<https://x.example>", "https://x.example"),
        ("# Title\n\nText", "Title\n\nText"),
        ("- one\n- two\n  more", "- one\n- two\n  more"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("- one\n  - inner\n\nafter", "- one\n  - inner\n\nafter"),
        ("> quoted\n\nafter", "quoted\n\nafter"),
        ("```\ncode <b>\n```\nafter", "    code <b>\n\nafter"),
        ("a < b & c", "a < b & c"),
        ("one\ntwo", "one\ntwo"),
        ("", ""),
    ],
)
def test_the_text_reads_without_its_marks(text: str, expected: str) -> None:
    assert prose.to_text(text) == expected.strip()


def test_too_long_a_text_is_cut_before_it_costs() -> None:
    assert prose.to_text("a" * 30_000) == "a" * prose.LONGEST
    assert prose.to_html("[" * 30_000).count("[") == prose.LONGEST


def test_signs_that_turn_the_reading_direction_are_taken_out() -> None:
    assert prose.to_text("pay\u202epal\x00") == "paypal"
