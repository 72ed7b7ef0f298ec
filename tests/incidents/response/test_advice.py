"""Questions to experts: who is asked, who may answer, and what happens to those that nobody answers."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents import lifecycle
from incidents.conflicts import Conflict
from incidents.models import Action, AdviceRequest, AdviceState, Incident, Kind, TimelineEntry
from incidents.response import advice, experts
from notifications import wording
from notifications.models import Content, Message
from roles.catalog import Holding, Role
from roles.models import Team, User
from roles.policy import SYSTEM
from tests import make

QUESTION = "Is it safe to raise the limit to 1,600?"


@pytest.fixture
def owner(incident: Incident) -> User:
    """Of the team that owns the incident's service; has no seat."""
    team = Team.objects.create(name="Payments", slug="payments")
    incident.services.update(team=team)
    person = make.make_user("mei")
    team.members.add(person)
    return person


@pytest.fixture
def question(incident: Incident, tech_lead: User, sme: User) -> AdviceRequest:
    return advice.ask(incident, by=tech_lead, asked=sme, question=QUESTION)


def make_due(question: AdviceRequest, *, ago: timedelta = timedelta(seconds=1)) -> None:
    AdviceRequest.objects.filter(pk=question.pk).update(due_at=timezone.now() - ago)


def rows(incident: Incident, kind: str) -> list[TimelineEntry]:
    return list(incident.entries.filter(kind=kind).order_by("number"))


# --- asking -----------------------------------------------------------------------------------


def test_the_technical_lead_asks_and_the_expert_is_told_by_mail_and_sms(question, sme, incident, worker):
    worker.run()
    assert question.state == AdviceState.ASKED
    [row] = rows(incident, Kind.ADVICE_ASKED)
    assert row.body == f"Asked Tomas: {QUESTION}"
    told = Message.objects.filter(key__startswith=f"event:{row.pk}:{sme.pk}")
    assert sorted(told.values_list("channel", flat=True)) == ["email", "sms"]


@pytest.mark.parametrize("person", ["sme", "scribe", "bystander", "shadow", "former_holder"])
def test_only_who_leads_the_work_asks(person, incident, request, liaison):
    with pytest.raises(PermissionDenied):
        advice.ask(incident, by=request.getfixturevalue(person), asked=liaison, question=QUESTION)
    assert not AdviceRequest.objects.exists()


def test_without_a_name_an_owner_of_the_service_is_asked(incident, tech_lead, owner, bystander):
    assert advice.ask(incident, by=tech_lead, question=QUESTION).asked == owner


def test_an_expert_with_a_seat_comes_before_an_owner_without(incident, tech_lead, sme, owner):
    assert experts.all_of(incident) == [sme, owner]


def test_a_shadow_expert_is_not_asked(incident, tech_lead, owner):
    make.seat(incident, Role.SME, make.make_user("dev"), kind=Holding.SHADOW)
    assert experts.all_of(incident) == [owner]


def test_nobody_to_ask_is_said_in_words(incident, tech_lead, bystander):
    with pytest.raises(Conflict, match="No expert for it is found: name somebody"):
        advice.ask(incident, by=tech_lead, question=QUESTION)


def test_who_cannot_see_a_private_incident_is_invited_first(bystander):
    hidden = make.make_incident(is_private=True)
    lead = make.seat(hidden, Role.TECH_LEAD, make.make_user("priya")).user
    with pytest.raises(Conflict, match="Ben cannot see this private incident: invite them first"):
        advice.ask(hidden, by=lead, asked=bystander, question=QUESTION)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"question": "  "}, "Write the question"),
        ({"question": "x" * 501}, "at most 500 characters"),
        ({"wait": timedelta(seconds=59)}, "between one minute and 24 hours"),
        ({"wait": timedelta(hours=25)}, "between one minute and 24 hours"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_in_words(wrong, sentence, incident, tech_lead, sme):
    with pytest.raises(ValidationError, match=sentence):
        advice.ask(incident, by=tech_lead, **{"asked": sme, "question": QUESTION, **wrong})


def test_nobody_asks_themselves_or_a_stakeholder(incident, tech_lead, outsider):
    with pytest.raises(ValidationError, match="Ask somebody else"):
        advice.ask(incident, by=tech_lead, asked=tech_lead, question=QUESTION)
    with pytest.raises(ValidationError, match="not an active responder"):
        advice.ask(incident, by=tech_lead, asked=outsider, question=QUESTION)


def test_the_same_question_is_not_put_twice(question, incident, tech_lead, sme):
    with pytest.raises(Conflict, match="Tomas has this question already"):
        advice.ask(incident, by=tech_lead, asked=sme, question=QUESTION)


def test_what_it_is_about_must_be_of_this_incident(incident, tech_lead, sme):
    other = Action.objects.create(incident=make.make_incident(), title="Roll back")
    with pytest.raises(ValidationError, match="another incident"):
        advice.ask(incident, by=tech_lead, asked=sme, question=QUESTION, action=other)


def test_nobody_is_asked_once_it_is_over(tech_lead):
    over = make.make_incident(state="cancelled")
    with pytest.raises(Conflict, match="nobody is asked any more"):
        advice.ask(over, by=SYSTEM, asked=tech_lead, question=QUESTION)


# --- answering --------------------------------------------------------------------------------


def test_the_answer_is_guidance_on_the_action_and_the_asker_is_told(incident, tech_lead, sme, worker):
    action = Action.objects.create(incident=incident, title="Raise the limit")
    asked = advice.ask(incident, by=tech_lead, asked=sme, question=QUESTION, action=action)
    advice.answer(asked, by=sme, text="Yes, memory allows 2,000.", confidence="certain")
    [guidance] = action.guidance.all()
    assert (guidance.answer, guidance.confidence, guidance.answered_by) == (
        "Yes, memory allows 2,000.",
        "certain",
        sme,
    )
    [row] = rows(incident, Kind.ADVICE_ANSWERED)
    assert row.body == f"On “{QUESTION}”: Yes, memory allows 2,000."
    assert (row.data["tag"], row.data["action"], row.actor) == ("Certain", action.pk, sme)
    worker.run()
    mail = Message.objects.get(key__startswith=f"event:{row.pk}:{tech_lead.pk}")
    assert mail.channel == "email"


@pytest.mark.parametrize("person", ["tech_lead", "commander", "bystander", "shadow"])
def test_only_the_person_asked_answers(person, question, request):
    with pytest.raises(PermissionDenied, match="This question is for Tomas"):
        advice.answer(question, by=request.getfixturevalue(person), text="Yes.")
    question.refresh_from_db()
    assert question.state == AdviceState.ASKED


def test_an_empty_answer_and_an_unknown_confidence_are_refused(question, sme):
    with pytest.raises(ValidationError, match="Write the answer"):
        advice.answer(question, by=sme, text=" ")
    with pytest.raises(ValidationError, match="no confidence"):
        advice.answer(question, by=sme, text="Yes.", confidence="sure")


def test_a_question_is_answered_once(question, sme, incident):
    same = AdviceRequest.objects.get(pk=question.pk)
    advice.answer(question, by=sme, text="Yes.")
    with pytest.raises(Conflict, match="Tomas answered it at"):
        advice.answer(same, by=sme, text="No.")
    assert [row.data["answer"] for row in rows(incident, Kind.ADVICE_ANSWERED)] == ["Yes."]


def test_asking_back_writes_an_entry_to_the_asker_and_starts_the_time_anew(question, sme, incident):
    make_due(question, ago=timedelta(seconds=-5))
    advice.ask_back(question, by=sme, text="On which node?")
    [row] = rows(incident, Kind.NOTE)
    assert row.body == f"@priya On “{QUESTION}”: On which node?"
    question.refresh_from_db()
    assert question.due_at - timezone.now() > timedelta(minutes=9)


# --- passing on -------------------------------------------------------------------------------


def test_unanswered_in_time_it_passes_to_the_next_expert_exactly_once(question, sme, owner, incident, worker):
    make_due(question)
    assert [advice.pass_on_due() for _ in range(3)] == [1, 0, 0]
    question.refresh_from_db()
    assert (question.asked, question.passed_by, question.state) == (owner, [sme.pk], AdviceState.ASKED)
    assert question.due_at - timezone.now() > timedelta(minutes=9)
    [row] = rows(incident, Kind.ADVICE_PASSED_ON)
    assert row.body == f"Mei is asked instead of Tomas: {QUESTION} Tomas did not answer within 10 min."
    worker.run()
    assert Message.objects.filter(key__startswith=f"event:{row.pk}:{owner.pk}").count() == 2


def test_the_clock_of_the_product_passes_it_on(question, owner, worker):
    make_due(question)
    worker.tick()
    question.refresh_from_db()
    assert question.asked == owner


def test_before_its_time_nothing_passes(question, owner):
    assert advice.pass_on_due() == 0


def test_two_clocks_that_found_it_at_once_pass_it_on_once(question, owner, incident):
    make_due(question)
    assert advice._pass_on_one(question.pk) is True
    assert advice._pass_on_one(question.pk) is False
    assert len(rows(incident, Kind.ADVICE_PASSED_ON)) == 1


def test_a_clock_that_jumps_a_day_asks_each_expert_in_turn_and_none_twice(question, sme, owner, tech_lead, incident):
    """One stroke passes a question on once: the next expert gets the whole time."""
    make_due(question, ago=timedelta(days=1))
    advice.pass_on_due()
    assert advice.pass_on_due() == 0
    make_due(question, ago=timedelta(days=1))
    advice.pass_on_due()
    question.refresh_from_db()
    assert (question.state, question.asked) == (AdviceState.UNANSWERED, owner)
    assert [row.data["state"] for row in rows(incident, Kind.ADVICE_PASSED_ON)] == ["asked", "unanswered"]
    last = rows(incident, Kind.ADVICE_PASSED_ON)[-1]
    assert last.data["to"] == [tech_lead.pk]
    assert last.body.startswith(f"Nobody is left to ask: {QUESTION}")


def test_the_asker_is_never_the_next_expert(incident, tech_lead, sme):
    team = Team.objects.create(name="Payments", slug="payments")
    incident.services.update(team=team)
    team.members.add(tech_lead, sme)
    question = advice.ask(incident, by=tech_lead, asked=sme, question=QUESTION)
    assert experts.after(question) is None


def test_on_a_private_incident_it_passes_only_to_who_sees_it(owner):
    hidden = make.make_incident(is_private=True, services=list(owner.teams.get().services.all()))
    lead = make.seat(hidden, Role.TECH_LEAD, make.make_user("priya")).user
    expert = make.seat(hidden, Role.SME, make.make_user("tomas")).user
    question = advice.ask(hidden, by=lead, asked=expert, question=QUESTION)
    assert experts.after(question) is None


def test_who_was_passed_over_is_told_who_is_asked_now(question, sme, owner):
    make_due(question)
    advice.pass_on_due()
    with pytest.raises(Conflict, match="It was passed on: Mei is asked now"):
        advice.answer(question, by=sme, text="Yes.")


def test_not_mine_asks_the_next_expert(question, sme, owner, incident):
    advice.decline(question, by=sme, reason="I do not know that pool")
    question.refresh_from_db()
    assert question.asked == owner
    [row] = rows(incident, Kind.ADVICE_PASSED_ON)
    assert row.body.endswith("Tomas says it is not theirs: I do not know that pool.")


def test_not_mine_with_nobody_left_goes_back_to_the_asker(question, sme, tech_lead, incident):
    advice.decline(question, by=sme)
    question.refresh_from_db()
    assert question.state == AdviceState.UNANSWERED
    assert rows(incident, Kind.ADVICE_PASSED_ON)[0].data["to"] == [tech_lead.pk]


def test_the_expert_hands_it_on_and_nobody_is_asked_twice(question, sme, bystander, incident):
    advice.hand_on(question, by=sme, to=bystander)
    question.refresh_from_db()
    assert (question.asked, question.passed_by) == (bystander, [sme.pk])
    with pytest.raises(Conflict, match="Tomas was asked already"):
        advice.hand_on(question, by=bystander, to=sme)


def test_who_leads_the_work_may_hand_it_on_and_others_may_not(question, tech_lead, scribe, bystander):
    with pytest.raises(PermissionDenied):
        advice.hand_on(question, by=scribe, to=bystander)
    assert advice.hand_on(question, by=tech_lead, to=bystander).asked == bystander


# --- ending -----------------------------------------------------------------------------------


def test_when_the_incident_ends_its_questions_are_withdrawn_and_the_expert_told(question, incident, sme, worker):
    lifecycle.move(incident, "cancel", by=SYSTEM, reason=make.REASON)
    worker.run()
    question.refresh_from_db()
    assert question.state == AdviceState.WITHDRAWN
    [row] = rows(incident, Kind.ADVICE_PASSED_ON)
    assert row.data["to"] == [sme.pk]
    advice.on_event(incident.entries.get(kind=Kind.MOVED))
    assert len(rows(incident, Kind.ADVICE_PASSED_ON)) == 1


def test_due_on_an_ended_incident_is_withdrawn_not_passed_on(question, owner, incident):
    """The clock may come before the listener."""
    lifecycle.move(incident, "cancel", by=SYSTEM, reason=make.REASON)
    make_due(question)
    advice.pass_on_due()
    question.refresh_from_db()
    assert question.state == AdviceState.WITHDRAWN


def test_a_move_within_the_work_withdraws_nothing(question, incident, worker):
    lifecycle.move(incident, "identify", by=SYSTEM)
    worker.run()
    question.refresh_from_db()
    assert question.state == AdviceState.ASKED


def test_the_asker_takes_a_question_back_and_the_expert_may_not(question, tech_lead, sme):
    with pytest.raises(PermissionDenied):
        advice.withdraw(question, by=sme)
    assert advice.withdraw(question, by=tech_lead).state == AdviceState.WITHDRAWN
    with pytest.raises(Conflict, match="This question is withdrawn"):
        advice.answer(question, by=sme, text="Yes.")


def test_one_question_that_fails_does_not_keep_the_others(question, owner, incident, tech_lead, sme, monkeypatch):
    second = advice.ask(incident, by=tech_lead, asked=sme, question="Do gateways retry declines?")
    for one in (question, second):
        make_due(one)
    work = advice._pass_on_one
    monkeypatch.setattr(advice, "_pass_on_one", lambda pk: work(pk) if pk != question.pk else 1 // 0)
    assert advice.pass_on_due() == 1
    second.refresh_from_db()
    assert second.asked == owner


# --- what they are told -----------------------------------------------------------------------


def newest_content(incident: Incident) -> Content:
    """What the newest row of the timeline says to the people whom it names."""
    row = incident.entries.latest("number")
    return Message.objects.filter(key__startswith=f"event:{row.pk}:").latest("pk").content


def test_the_mail_leads_to_the_question_and_the_sms_fits_one_segment(question, incident, worker):
    worker.run()
    told = newest_content(incident)
    assert f"/incidents/{incident.key}/questions/{question.pk}/" in told.text
    assert "You have 10 min to answer; then the next expert is asked." in told.text
    assert wording.sms_cost(told.sms).segments == 1
    assert told.sms.startswith(f'{incident.key} SEV1: 10 min to answer "{QUESTION}"')


def test_the_next_expert_reads_why_it_came_to_them(question, owner, incident, worker):
    make_due(question)
    worker.tick()
    assert "Tomas did not answer within 10 min. You are asked now" in newest_content(incident).text


def test_the_asker_reads_that_nobody_is_left_and_the_expert_that_no_answer_is_needed(
    question, incident, sme, tech_lead, worker
):
    advice.decline(question, by=sme)
    worker.run()
    assert "nobody is left to ask" in newest_content(incident).text
    second = advice.ask(incident, by=tech_lead, asked=sme, question="Do gateways retry?")
    advice.withdraw(second, by=tech_lead)
    worker.run()
    assert "No answer is needed any more" in newest_content(incident).text
