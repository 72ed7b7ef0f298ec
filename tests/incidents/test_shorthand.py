"""Shorthand: what each typed line says, and which part of one makes no sense."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents import shorthand
from incidents.models import Kind
from incidents.shorthand import TASK, Line

#: A night, so that yesterday is near.
NOW = datetime(2026, 3, 1, 2, 58, 30, tzinfo=UTC)


def at(hour: int, minute: int, day: int = 1, month: int = 3, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=UTC)


UNDERSTOOD: list[tuple[str, Line]] = [
    ("Seen from the shop too.", Line(Kind.NOTE, "Seen from the shop too.")),
    ("  Seen  twice ", Line(Kind.NOTE, "Seen  twice")),
    ("/decision Restore node by node", Line(Kind.DECISION, "Restore node by node")),
    ("/d Restore node by node", Line(Kind.DECISION, "Restore node by node")),
    ("/D Restore", Line(Kind.DECISION, "Restore")),
    ("/Decision Restore", Line(Kind.DECISION, "Restore")),
    ("/decision   Restore", Line(Kind.DECISION, "Restore")),
    (
        "/decision No failover because it drops 400 payments",
        Line(Kind.DECISION, "No failover", reason="it drops 400 payments"),
    ),
    (
        "/d No failover, because it drops payments because of the pool",
        Line(Kind.DECISION, "No failover", reason="it drops payments because of the pool"),
    ),
    ("/d No failover. Because it drops", Line(Kind.DECISION, "No failover", reason="it drops")),
    ("/d Becausewhat", Line(Kind.DECISION, "Becausewhat")),
    ("/action Drained 1c", Line(Kind.ACTION, "Drained 1c")),
    ("/a Drained 1c because it hung", Line(Kind.ACTION, "Drained 1c because it hung")),
    ("/action @priya restore 1c by 03:01", Line(TASK, "restore 1c", person="priya", due_at=at(3, 1))),
    ("/a restore 1c @priya by 03:01 UTC", Line(TASK, "restore 1c", person="priya", due_at=at(3, 1))),
    ("/action @priya: restore 1c", Line(TASK, "restore 1c", person="priya")),
    ("/action @priya, restore 1c", Line(TASK, "restore 1c", person="priya")),
    ("/action restore 1c by 03:01", Line(TASK, "restore 1c", due_at=at(3, 1))),
    ("/action restore by 02:58", Line(TASK, "restore", due_at=at(2, 58, day=2))),
    ("/action restore by 1:30.", Line(TASK, "restore", due_at=at(1, 30, day=2))),
    ("/a restore by noon", Line(Kind.ACTION, "restore by noon")),
    ("/task Count lost payments", Line(TASK, "Count lost payments")),
    ("/t Count lost payments in 15m", Line(TASK, "Count lost payments", timebox=timedelta(minutes=15))),
    ("/t @tech_lead Count within 1h30m", Line(TASK, "Count", person="tech_lead", timebox=timedelta(minutes=90))),
    ("/t Count for 2h", Line(TASK, "Count", timebox=timedelta(hours=2))),
    ("/t Mail a@b.example", Line(TASK, "Mail a@b.example")),
    ("/t Wait in line", Line(TASK, "Wait in line")),
    ("/finding The pool empties within 40 s", Line(Kind.FINDING, "The pool empties within 40 s")),
    ("/f No lock\nbehind it", Line(Kind.FINDING, "No lock\nbehind it")),
    ("/f The pool empties, certain", Line(Kind.FINDING, "The pool empties", confidence="certain")),
    ("/f The pool empties (Likely).", Line(Kind.FINDING, "The pool empties", confidence="likely")),
    ("/f That is likely", Line(Kind.FINDING, "That is likely")),
    ("/f , certain", Line(Kind.FINDING, ", certain")),
    ("/now Draining the third node", Line(Kind.NOW, "Draining the third node")),
    ("/n Draining", Line(Kind.NOW, "Draining")),
    ("/quote “We are back”, says the bank", Line(Kind.QUOTE, "“We are back”, says the bank")),
    ("/q back", Line(Kind.QUOTE, "back")),
    ("-5m Pager rang", Line(Kind.NOTE, "Pager rang", at(2, 53, second=30))),
    ("−5m Pager rang", Line(Kind.NOTE, "Pager rang", at(2, 53, second=30))),
    ("-1h Pager rang", Line(Kind.NOTE, "Pager rang", at(1, 58, second=30))),
    ("-1h30m Pager rang", Line(Kind.NOTE, "Pager rang", at(1, 28, second=30))),
    ("-4h /f Seen", Line(Kind.FINDING, "Seen", at(22, 58, day=28, month=2, second=30))),
    ("/f -5m Seen", Line(Kind.FINDING, "Seen", at(2, 53, second=30))),
    ("-5min Seen", Line(Kind.NOTE, "Seen", at(2, 53, second=30))),
    ("02:41 Pager rang", Line(Kind.NOTE, "Pager rang", at(2, 41))),
    ("@02:41 Pager rang", Line(Kind.NOTE, "Pager rang", at(2, 41))),
    ("2:41 Pager rang", Line(Kind.NOTE, "Pager rang", at(2, 41))),
    ("02:58 This minute", Line(Kind.NOTE, "This minute", at(2, 58))),
    ("02:59 A minute ahead is yesterday", Line(Kind.NOTE, "A minute ahead is yesterday", at(2, 59, 28, 2))),
    ("23:50 Before midnight", Line(Kind.NOTE, "Before midnight", at(23, 50, day=28, month=2))),
    ("00:00 At midnight", Line(Kind.NOTE, "At midnight", at(0, 0))),
    ("@02:41 /d Restore because fast", Line(Kind.DECISION, "Restore", at(2, 41), reason="fast")),
    ("/d @02:41 Restore", Line(Kind.DECISION, "Restore", at(2, 41))),
    ("/a 02:41 @priya restore by 02:50", Line(TASK, "restore", at(2, 41), person="priya", due_at=at(2, 50))),
    ("-5% of traffic", Line(Kind.NOTE, "-5% of traffic")),
    ("-5 on the scale", Line(Kind.NOTE, "-5 on the scale")),
    ("- a list", Line(Kind.NOTE, "- a list")),
    ("@priya look at this", Line(Kind.NOTE, "@priya look at this")),
    ("/var/log is full", Line(Kind.NOTE, "/var/log is full")),
    ("See /var/log", Line(Kind.NOTE, "See /var/log")),
    ("12:345 is no time", Line(Kind.NOTE, "12:345 is no time")),
]

NOT_UNDERSTOOD: list[tuple[str, str]] = [
    ("", "Write what happened"),
    ("   ", "Write what happened"),
    ("/", "/ is no command; they are /decision, /action, /finding, /now, /quote, /task."),
    ("/decide Restore", "/decide is no command"),
    ("/decision", "Write what happened after /decision."),
    ("/d   ", "Write what happened after /decision."),
    ("/d because it drops", "Write what was decided before “because”."),
    ("02:41", "Write what happened after the time."),
    ("-5m", "Write what happened after the time."),
    ("-5m /f", "Write what happened after /finding."),
    ("25:00 Pager rang", "25:00 is no time of day"),
    ("@24:00 Pager rang", "24:00 is no time of day"),
    ("02:61 Pager rang", "02:61 is no time of day"),
    ("@2 Pager rang", "@2 is no time of day; write it as @02:41"),
    ("@0241 Pager rang", "@0241 is no time of day"),
    ("-5x Pager rang", "-5x is no length of time; write -5m, -1h or -1h30m."),
    ("-5d Pager rang", "-5d is no length of time"),
    ("-5m3 Pager rang", "-5m3 is no length of time"),
    ("-200h Pager rang", "more than a week back"),
    ("/a @priya", "Write what is to be done after /action."),
    ("/t by 03:01", "Write what is to be done after /task."),
    ("/a @priya @tomas restore 1c", "One person has a task: @priya or @tomas?"),
    ("/a restore by 29:00", "29:00 is no time of day"),
    ("/t restore in 0m", "“in 0m” is no time for a task"),
    ("/t restore in 5parsecs", "5parsecs is no length of time"),
]


@pytest.mark.parametrize(("text", "line"), UNDERSTOOD, ids=[text for text, _ in UNDERSTOOD])
def test_what_a_line_says(text, line):
    assert shorthand.read(text, now=NOW) == line


@pytest.mark.parametrize(("text", "sentence"), NOT_UNDERSTOOD, ids=[repr(text) for text, _ in NOT_UNDERSTOOD])
def test_what_makes_no_sense_is_named(text, sentence):
    with pytest.raises(shorthand.NotUnderstoodError) as refused:
        shorthand.read(text, now=NOW)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("text", [text for text, line in UNDERSTOOD if line != Line(Kind.NOTE, text.strip())])
def test_lines_that_say_more_than_their_words_are_known_as_such(text):
    assert shorthand.is_shorthand(text)


@pytest.mark.parametrize("text", [text for text, line in UNDERSTOOD if line == Line(Kind.NOTE, text.strip())])
def test_plain_notes_are_not(text):
    assert not shorthand.is_shorthand(text)


def test_no_line_lies_in_the_future():
    for minute in range(0, 24 * 60, 7):
        line = shorthand.read(f"{minute // 60:02}:{minute % 60:02} Seen", now=NOW)
        assert NOW - timedelta(days=1) < line.occurred_at <= NOW
