"""The linter gets every sentence of the table right: rule, words, and what would mend it."""

import pytest

from incidents.communication import consistency
from incidents.communication.consistency import Draft
from tests.incidents.communication.sentences import NOW, ROWS, Row


def said(row: Row) -> list[tuple[str, str, str | None]]:
    draft = Draft(body=row.body, **{"now": NOW, **row.given})
    texts = {"title": draft.title, "body": draft.body}
    return [(one.rule, texts[one.part][one.start : one.end], one.fix) for one in consistency.judged(draft)]


def test_the_table_has_more_than_120_sentences_both_to_hit_and_not_to() -> None:
    assert len([row for row in ROWS if row.found]) >= 60
    assert len([row for row in ROWS if not row.found]) >= 60


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_sentence_is_hit_by_the_rules_it_breaks_and_by_no_other(row: Row) -> None:
    assert said(row) == row.found
