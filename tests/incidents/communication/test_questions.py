"""Questions to the team: asked, owned, answered once, told to who asked, and late after a quarter of an hour."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from incidents import access, events, lifecycle
from incidents.communication import boards, groups, questions
from incidents.conflicts import Conflict
from incidents.models import Incident, Kind, StakeholderGroup, TeamQuestion, TeamQuestionState
from notifications.models import Message
from roles.models import User
from roles.policy import SYSTEM
from tests import make
from tests.worker import Worker

WORDS = "Are payouts affected?"


@pytest.fixture
def question(incident: Incident, bystander: User) -> TeamQuestion:
    return questions.ask(incident, by=bystander, question=WORDS)


def told(kind: str) -> set[str]:
    """Whom mail of this template reached."""
    rows = Message.objects.filter(channel="email", content__key__endswith=f":{kind}")
    return set(rows.values_list("user__username", flat=True))


def test_a_responder_asks_and_the_communication_lead_hears(
    incident: Incident, comms_lead: User, commander: User, question: TeamQuestion, worker: Worker
) -> None:
    worker.run()
    assert (question.state, question.question) == (TeamQuestionState.OPEN, WORDS)
    assert incident.entries.get(kind=Kind.QUESTION_ASKED).body == WORDS
    assert told("team_question") == {"jonas"}


def test_without_a_communication_lead_the_commander_hears(
    incident: Incident, commander: User, question: TeamQuestion, worker: Worker
) -> None:
    worker.run()
    assert told("team_question") == {"amara"}


def test_who_sees_nothing_may_ask_nothing(incident: Incident, outsider: User) -> None:
    with pytest.raises(PermissionDenied):
        questions.ask(incident, by=outsider, question=WORDS)


def test_an_invited_stakeholder_asks_if_they_are_of_a_group(incident: Incident, outsider: User) -> None:
    access.invite(incident, outsider, by=SYSTEM)
    with pytest.raises(PermissionDenied):
        questions.ask(incident, by=outsider, question=WORDS)
    groups.add(by=SYSTEM, name="Executives", kind=StakeholderGroup.Kind.EXECUTIVE, members=[outsider])
    assert questions.ask(incident, by=outsider, question=WORDS).asked_by == outsider


@pytest.mark.parametrize("words", ["", "   ", "x" * 501])
def test_a_question_has_words_and_not_too_many(incident: Incident, bystander: User, words: str) -> None:
    with pytest.raises(ValidationError):
        questions.ask(incident, by=bystander, question=words)


def test_of_what_nobody_works_on_nothing_is_asked(incident: Incident, bystander: User) -> None:
    lifecycle.move(incident, "cancel", by=SYSTEM, reason="False alarm, as it turned out.")
    with pytest.raises(Conflict):
        questions.ask(incident, by=bystander, question=WORDS)


def test_who_takes_it_is_named_to_the_asker(question: TeamQuestion, tech_lead: User, worker: Worker) -> None:
    taken = questions.take(question, by=tech_lead)
    worker.run()
    assert taken.owner == tech_lead
    assert taken.owned_at is not None
    assert told("team_question") == {"ben"}
    assert (
        "Priya looks into"
        in Message.objects.get(user__username="ben", content__key__endswith=":team_question").content.subject
    )


def test_a_responder_without_a_seat_may_not_answer(question: TeamQuestion, bystander: User, shadow: User) -> None:
    for person in (bystander, shadow):
        with pytest.raises(PermissionDenied):
            questions.answer(question, by=person, text="No.")
        with pytest.raises(PermissionDenied):
            questions.take(question, by=person)


def test_it_is_given_only_to_somebody_of_the_team(question: TeamQuestion, comms_lead: User, tech_lead: User) -> None:
    assert questions.assign(question, to=tech_lead, by=comms_lead).owner == tech_lead
    with pytest.raises(ValidationError):
        questions.assign(question, to=make.make_user("someone"), by=comms_lead)


def test_the_answer_is_stamped_and_told_to_who_asked(question: TeamQuestion, tech_lead: User, worker: Worker) -> None:
    done = questions.answer(question, by=tech_lead, text=" No, they run from another pool. ")
    worker.run()
    assert (done.state, done.answer, done.answered_by) == (
        TeamQuestionState.ANSWERED,
        "No, they run from another pool.",
        tech_lead,
    )
    assert done.answered_at is not None
    assert told("team_answer") == {"ben"}


def test_it_is_answered_once(question: TeamQuestion, tech_lead: User, comms_lead: User) -> None:
    questions.answer(question, by=tech_lead, text="No.")
    with pytest.raises(Conflict) as refused:
        questions.answer(question, by=comms_lead, text="Yes.")
    assert refused.value.messages == ["This question is answered already by Priya."]
    question.refresh_from_db()
    assert question.answer == "No."


def test_declining_needs_a_reason_which_the_asker_reads(
    question: TeamQuestion, tech_lead: User, worker: Worker
) -> None:
    with pytest.raises(ValidationError):
        questions.decline(question, by=tech_lead, reason=" ")
    questions.decline(question, by=tech_lead, reason="We do not count before it is over.")
    worker.run()
    message = Message.objects.get(user__username="ben", content__key__endswith=":team_answer")
    assert "cannot answer it now: We do not count before it is over." in message.content.text


def test_only_who_may_share_the_board_puts_an_answer_on_it(
    question: TeamQuestion, tech_lead: User, comms_lead: User
) -> None:
    with pytest.raises(PermissionDenied):
        questions.answer(question, by=tech_lead, text="No.", share=True)
    with pytest.raises(Conflict):
        questions.share(question, True, by=comms_lead)
    questions.answer(question, by=tech_lead, text="No.")
    assert questions.share(question, True, by=comms_lead).is_shared
    assert not questions.share(question, False, by=comms_lead).is_shared


def test_after_a_quarter_of_an_hour_it_stands_in_the_queues(
    incident: Incident,
    commander: User,
    comms_lead: User,
    bystander: User,
    client_of: Callable[[User], Client],
) -> None:
    with events.dated(events.moment() - timedelta(minutes=16)):
        late = questions.ask(incident, by=bystander, question=WORDS)
    assert questions.is_overdue(late)
    room = f"/incidents/{incident.key}/"
    assert f"Late: {WORDS}" in client_of(commander).get(room).content.decode()
    assert "1 question late" in client_of(comms_lead).get(room).content.decode()
    questions.answer(late, by=comms_lead, text="No.")
    assert f"Late: {WORDS}" not in client_of(commander).get(room).content.decode()
    assert "no question open" in client_of(comms_lead).get(room).content.decode()


def test_a_question_by_link_carries_a_name_and_is_limited(
    incident: Incident, comms_lead: User, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "MOST_FROM_LINKS", 1)
    board = boards.share(incident, by=comms_lead, name="Auditors")
    asked = questions.ask_by_link(board, name=" Kim   Berg ", question=WORDS)
    worker.run()
    assert (asked.asked_by, asked.asked_name) == (None, "Kim Berg")
    assert told("team_question") == {"jonas"}
    with pytest.raises(Conflict):
        questions.ask_by_link(board, name="Kim", question="And now?")


def test_a_link_that_has_ended_asks_nothing(incident: Incident, comms_lead: User) -> None:
    board = boards.share(incident, by=comms_lead, name="Auditors")
    boards.revoke(board, by=comms_lead)
    with pytest.raises(PermissionDenied):
        questions.ask_by_link(board, name="Kim", question=WORDS)
    with pytest.raises(ValidationError):
        questions.ask_by_link(boards.share(incident, by=comms_lead, name="More"), name=" ", question=WORDS)
