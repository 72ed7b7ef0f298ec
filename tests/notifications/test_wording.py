"""What an SMS costs, and what never gets into a subject or a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import wording


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("GSM-7", 0, 0)),
        ("a" * 160, ("GSM-7", 160, 1)),
        ("a" * 161, ("GSM-7", 161, 2)),
        ("a" * 306, ("GSM-7", 306, 2)),
        ("a" * 307, ("GSM-7", 307, 3)),
        ("€" * 80, ("GSM-7", 160, 1)),
        ("€" * 81, ("GSM-7", 162, 2)),
        ("æøå ÄÖÜ ñ ß @£$ {}[]~^|\\", ("GSM-7", 32, 1)),
        ("ę" * 70, ("UCS-2", 70, 1)),
        ("ę" * 71, ("UCS-2", 71, 2)),
        ("a" * 159 + "“", ("UCS-2", 160, 3)),
        ("😀" * 35, ("UCS-2", 70, 1)),
        ("😀" * 36, ("UCS-2", 72, 2)),
        # A sign of two units is not cut: 152 + € would be 154.
        ("a" * 152 + "€" + "a" * 10, ("GSM-7", 164, 2)),
        ("a" * 152 + "€" + "a" * 152, ("GSM-7", 306, 3)),
    ],
)
def test_what_an_sms_costs(text: str, expected: tuple[str, int, int]) -> None:
    assert wording.sms_cost(text) == expected


@given(st.text(max_size=400))
def test_segments_always_hold_the_text(text: str) -> None:
    encoding, units, segments = wording.sms_cost(text)
    alone, joined = (160, 153) if encoding == "GSM-7" else (70, 67)
    assert units <= (alone if segments <= 1 else segments * joined)
    assert (segments == 0) == (text == "")


def test_editors_signs_do_not_make_an_sms_dear() -> None:
    assert wording.sms_text("We’re “back” – for now…\u00a0OK") == 'We\'re "back" - for now... OK'


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x7f", "\u200b", "\u202e", "\u2066", "\ufeff", "\u00ad"])
def test_signs_that_cannot_be_seen_are_taken_out(sign: str) -> None:
    assert wording.sms_text(f"pay{sign}pal") == "paypal"
    assert sign not in wording.subject_line(f"pay{sign}pal")


def test_an_sms_keeps_its_lines_and_ends_at_ten_segments() -> None:
    assert wording.sms_text("one\r\n\r\n\r\n\r\ntwo  words ") == "one\n\ntwo words"
    long = wording.sms_text("a" * 5000)
    assert wording.sms_cost(long).segments == 10
    assert long.endswith("...")


@given(st.text())
def test_a_subject_is_one_line_whatever_is_typed(text: str) -> None:
    subject = wording.subject_line(text)
    assert subject.splitlines() in ([], [subject])
    assert len(subject) <= wording.LONGEST_SUBJECT


def test_a_long_subject_is_cut_with_a_sign() -> None:
    assert wording.subject_line("a" * 300) == "a" * 199 + "…"
