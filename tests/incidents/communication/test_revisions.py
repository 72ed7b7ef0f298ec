"""Versions of a text: kept at each save, compared word by word, commented line by line, seen to."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import given
from hypothesis import strategies as st

from incidents.communication import revisions, updates
from incidents.communication.revisions import Remark
from incidents.conflicts import Conflict
from incidents.models import Kind, Update
from roles.models import User
from tests import make


def edit(update: Update, by: User, **changes: object) -> Update:
    return updates.edit(Update.objects.get(pk=update.pk), by=by, seen_version=version(update), **changes)


def version(update: Update) -> int:
    return Update.objects.get(pk=update.pk).version


def test_each_save_is_kept_and_the_submitted_one_is_marked(draft: Update, comms_lead: User) -> None:
    edit(draft, comms_lead, body="Some card payments in the EU are declined. We know since 11:58 UTC.")
    updates.submit(Update.objects.get(pk=draft.pk), by=comms_lead)
    kept = list(draft.revisions.values_list("version", "is_submitted", "saved_by__username"))
    assert kept == [(1, False, "jonas"), (2, True, "jonas")]
    assert draft.revisions.get(version=1).words["body"].endswith("We are looking into it.")


def test_ones_own_draft_is_no_news_but_what_others_change_and_what_was_submitted_is(
    draft: Update, comms_lead: User, commander: User
) -> None:
    edit(draft, comms_lead, title="Cards fail")
    assert not draft.incident.entries.filter(kind=Kind.UPDATE_EDITED).exists()
    edit(draft, commander, title="Card payments fail")
    updates.submit(Update.objects.get(pk=draft.pk), by=comms_lead)
    edit(draft, comms_lead, title="Card payments fail in the EU")
    edits = draft.incident.entries.filter(kind=Kind.UPDATE_EDITED)
    assert [entry.actor for entry in edits.order_by("number")] == [commander, comms_lead]


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("We think we know why.", "We know why.", "We[- think we-] know why."),
        ("Cards fail.", "Cards fail.", "Cards fail."),
        ("Cards fail.", "Cards fail in the EU.", "Cards [-fail.-]{+fail in the EU.+}"),
        ("", "First word.", "{+First word.+}"),
        ("One line.\nAnother.", "One line.", "One line.[-\nAnother.-]"),
    ],
)
def test_two_versions_word_by_word_also_for_who_sees_no_colours(before: str, after: str, text: str) -> None:
    assert revisions.in_text(revisions.difference(before, after)) == text


@given(before=st.text(max_size=200), after=st.text(max_size=200))
def test_a_difference_holds_both_texts_whole(before: str, after: str) -> None:
    pieces = revisions.difference(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after


def test_a_long_text_is_compared_by_lines_in_reasonable_time() -> None:
    before = "\n".join(f"Line {number} says what line {number} says." for number in range(500))
    after = before.replace("Line 250 says", "Line 250 denies")
    pieces = revisions.difference(before, after)
    assert [piece.kind for piece in pieces] == ["same", "removed", "added", "same"]


def test_what_was_submitted_before_and_what_the_public_reads_stand_beside_it(
    draft: Update, comms_lead: User, commander: User, page_manager: User, page: object
) -> None:
    updates.submit(draft, by=comms_lead)
    updates.approve(Update.objects.get(pk=draft.pk), by=commander)
    updates.publish(Update.objects.get(pk=draft.pk), by=page_manager)
    second = make.make_draft(draft.incident, by=comms_lead, page=page, status="identified", body="We know why.")
    updates.submit(second, by=comms_lead)
    updates.send_back(Update.objects.get(pk=second.pk), by=commander, comment="Say since when.")
    edit(second, comms_lead, body="We have known why since 12:00 UTC.")
    submitted, public = revisions.comparisons(Update.objects.get(pk=second.pk))
    assert submitted.text == "We [-know why.-]{+have known why since 12:00 UTC.+}"
    assert submitted.against.endswith("that was submitted before")
    assert public.against.startswith("what they were told at")
    assert [(change.name, change.before, change.after) for change in public.changes] == [
        ("Status", "investigating", "identified")
    ]


def test_sending_back_with_comments_on_lines(draft: Update, comms_lead: User, commander: User) -> None:
    updates.submit(draft, by=comms_lead)
    sent = updates.send_back(
        Update.objects.get(pk=draft.pk), by=commander, comment="Nearly.", remarks=[Remark("Since when?", 1)]
    )
    [comment] = sent.comments.all()
    assert (comment.line, comment.quote, comment.body, comment.by) == (1, draft.body, "Since when?", commander)
    assert sent.incident.entries.get(kind=Kind.UPDATE_SENT_BACK).data["remarks"] == 1
    assert comment.version == 1
    settled = revisions.settle(comment, by=comms_lead)
    assert settled.settled_at is not None
    assert revisions.settle(settled, by=comms_lead).settled_at == settled.settled_at


@pytest.mark.parametrize(("line", "body"), [(7, "There?"), (1, " "), (0, "There?"), (1, "x" * 1001)])
def test_a_comment_that_stands_beside_nothing_or_says_nothing_sends_nothing_back(
    draft: Update, comms_lead: User, commander: User, line: int, body: str
) -> None:
    updates.submit(draft, by=comms_lead)
    with pytest.raises(ValidationError):
        updates.send_back(
            Update.objects.get(pk=draft.pk), by=commander, comment="Nearly.", remarks=[Remark(body, line)]
        )
    assert Update.objects.get(pk=draft.pk).state == "submitted"
    assert not draft.comments.exists()


def test_nobody_comments_on_a_text_that_changed_unread(draft: Update, comms_lead: User, commander: User) -> None:
    updates.submit(draft, by=comms_lead)
    read = version(draft)
    edit(draft, comms_lead, body="Something else.")
    with pytest.raises(Conflict, match="changed this text"):
        updates.send_back(
            Update.objects.get(pk=draft.pk),
            by=commander,
            comment="Nearly.",
            remarks=[Remark("?", 1)],
            seen_version=read,
        )


def test_who_may_not_approve_comments_on_nothing(draft: Update, comms_lead: User, scribe: User) -> None:
    for person in (comms_lead, scribe):
        with pytest.raises(PermissionDenied):
            revisions.comment(draft, by=person, body="Hm.")


def test_who_may_not_write_settles_nothing(draft: Update, commander: User, scribe: User) -> None:
    comment = revisions.comment(draft, by=commander, body="Since when?")
    with pytest.raises(PermissionDenied):
        revisions.settle(comment, by=scribe)
