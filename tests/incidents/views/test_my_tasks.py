"""My tasks: all that waits for one person, the most urgent first, with its buttons."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from incidents import events, lifecycle
from incidents.models import AdviceRequest, Incident, IncidentRole, Paging, Task
from incidents.response import coordination, handover, staffing, tasking, verification
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make

PAGE = "/tasks/"


def groups(client: object, show: str = "") -> dict[str, list[str]]:
    answer = client.get(PAGE, {"show": show} if show else {})
    return {group.key: [item.what for item in group.items] for group in answer.context["groups"]}


def ask(incident: Incident, who: User, question: str = "Is it the pool?", **fields: object) -> AdviceRequest:
    wait = timedelta(minutes=10)
    return AdviceRequest.objects.create(
        incident=incident, asked=who, question=question, wait=wait, due_at=timezone.now() + wait, **fields
    )


def test_where_nothing_waits_the_page_says_so(bystander, client_of):
    text = client_of(bystander).get(PAGE).content.decode()
    assert "Nothing waits for you" in text


def test_tasks_of_all_incidents_are_sorted_by_urgency(sme, incident, client_of):
    other = make.make_incident(title="Webhooks are late", severity="SEV3")
    tasking.add(incident, by=SYSTEM, title="Sometime", assignee=sme)
    tasking.add(other, by=SYSTEM, title="Soon", assignee=sme, timebox=timedelta(minutes=20))
    tasking.add(incident, by=SYSTEM, title="Urgent", assignee=sme, priority=1)
    with events.dated(timezone.now() - timedelta(minutes=20)):
        tasking.add(other, by=SYSTEM, title="Late", assignee=sme, timebox=timedelta(minutes=5))
    assert groups(client_of(sme)) == {"now": ["Late", "Urgent"], "due": ["Soon"], "open": ["Sometime"]}


def test_what_one_is_asked_to_try_and_sign_waits_until_it_is_signed(sme, commander, tech_lead, incident, client_of):
    lifecycle.move(incident, "monitor", by=commander, reason="The limit is back where it was.")
    check = verification.add(incident, by=tech_lead, kind="signed", title="Pay by card in three regions", tester=sme)
    assert groups(client_of(sme))["open"] == ["Try it and sign: Pay by card in three regions"]
    verification.sign(check, by=sme)
    assert groups(client_of(sme)) == {}


def test_calls_offers_and_questions_wait_here_too(sme, incident, client_of):
    make.seat(incident, Role.SCRIBE, sme, offer=True)
    Paging.objects.create(incident=incident, user=sme, role=Role.SME, due_at=timezone.now() + timedelta(minutes=3))
    ask(incident, sme)
    client = client_of(sme)
    assert groups(client) == {
        "now": [f"You are called to {incident.key} as Subject Matter Expert", "You are asked to be Scribe"],
        "due": ["Is it the pool?"],
    }
    text = client.get(PAGE).content.decode()
    seat = incident.seats.get(role=Role.SCRIBE)
    assert f'action="{reverse("incidents:accept", args=[incident.key, seat.pk])}"' in text
    call = Paging.objects.get()
    assert f'action="{reverse("incidents:answer_call", args=[incident.key, call.pk])}"' in text


def buttons(client: object) -> dict[str, list[tuple[str, str]]]:
    """What waits → label and address of its buttons."""
    groups = client.get(PAGE).context["groups"]
    return {item.what: [(one.label, one.url) for one in item.buttons] for group in groups for item in group.items}


def test_a_question_is_answered_at_ones_console_or_else_on_its_own_page(sme, bystander, incident, client_of):
    at_desk, from_outside = ask(incident, sme), ask(incident, bystander)
    console = f"{reverse('incidents:room', args=[incident.key])}?seat=sme#questions"
    own_page = reverse("incidents:question", args=[incident.key, from_outside.pk])
    assert buttons(client_of(sme)) == {at_desk.question: [("Answer", console)]}
    assert buttons(client_of(bystander)) == {from_outside.question: [("Answer", own_page)]}
    assert f'id="question-{from_outside.pk}"' in client_of(bystander).get(own_page).content.decode()
    make.seat(incident, Role.SME, bystander, kind=Holding.SHADOW)
    assert buttons(client_of(bystander)) == {from_outside.question: [("Answer", own_page)]}


def test_a_report_that_is_asked_of_one_waits_until_it_is_given(tech_lead, sme, bystander, incident, client_of):
    stream = coordination.start(incident, by=tech_lead, name="Pool limits", lead=sme, members=[sme, bystander])
    ended = coordination.start(incident, by=tech_lead, name="Cancelled", lead=sme)
    for one in (stream, ended):
        coordination.ask_report(one, by=tech_lead)
    coordination.end(ended, by=tech_lead)
    url = f"{reverse('incidents:can', args=[incident.key])}?workstream={stream.pk}"
    waits = {"Report on Pool limits: conditions, actions, needs": [("Report", url)]}
    assert [buttons(client_of(one)) for one in (sme, bystander, tech_lead)] == [waits, waits, {}]
    coordination.report(incident, by=bystander, conditions="Pool is at its limit.", workstream=stream)
    assert buttons(client_of(sme)) == {}


def test_a_handover_is_read_before_it_is_accepted(commander, bystander, incident, client_of):
    held = incident.seats.get(user=commander)
    offer = handover.hand_over(held, to=bystander, by=commander, brief={"situation": "The pool is at its limit."})
    brief = f"{reverse('incidents:room', args=[incident.key])}?seat=commander#offer-{offer.pk}"
    decline = reverse("incidents:decline", args=[incident.key, offer.pk])
    client = client_of(bystander)
    assert buttons(client) == {
        "Amara hands Incident Commander over to you": [("Read the brief", brief), ("Decline", decline)]
    }
    text = client.get(brief).content.decode()
    assert f'id="offer-{offer.pk}"' in text
    assert "The pool is at its limit." in text
    client.post(decline, {"from": "mine"})
    assert buttons(client) == {}


def test_a_deputy_reads_at_their_own_console_what_the_primary_hands_over(commander, deputy, incident, client_of):
    held = incident.seats.get(user=commander)
    offer = handover.hand_over(held, to=deputy, by=commander, brief={"situation": "The pool is at its limit."})
    text = client_of(deputy).get(reverse("incidents:room", args=[incident.key]), {"seat": "commander"}).content.decode()
    assert f'action="{reverse("incidents:accept", args=[incident.key, offer.pk])}"' in text
    assert "The pool is at its limit." in text


def test_an_offer_of_what_is_over_waits_no_more(sme, incident, client_of):
    make.seat(incident, Role.SCRIBE, sme, offer=True)
    Incident.objects.filter(pk=incident.pk).update(state="closed")
    assert IncidentRole.objects.offered().count() == 1
    assert groups(client_of(sme)) == {}


def test_what_nobody_has_is_shown_where_one_holds_a_seat(sme, bystander, incident, client_of):
    tasking.add(incident, by=SYSTEM, title="Nobody has it")
    tasking.add(make.make_incident(title="Elsewhere"), by=SYSTEM, title="Not in my room")
    assert groups(client_of(sme)) == {"free": ["Nobody has it"]}
    assert groups(client_of(bystander)) == {}


def test_the_page_is_narrowed_by_its_chips(sme, incident, client_of):
    tasking.add(incident, by=SYSTEM, title="Mine", assignee=sme)
    tasking.add(incident, by=SYSTEM, title="Nobody has it")
    ask(incident, sme)
    client = client_of(sme)
    assert groups(client, "tasks") == {"open": ["Mine"]}
    assert groups(client, "asked") == {"due": ["Is it the pool?"]}
    assert groups(client, "unowned") == {"free": ["Nobody has it"]}
    assert groups(client, "nonsense") == groups(client)
    assert client.get(PAGE).context["views"] == [
        ("", "Everything", 3),
        ("tasks", "Tasks", 1),
        ("asked", "Asked of me", 1),
        ("unowned", "Without owner", 1),
    ]


def test_a_button_takes_the_step_and_leads_back_here(sme, incident, client_of):
    task = tasking.add(incident, by=SYSTEM, title="Mine", assignee=sme)
    client = client_of(sme)
    assert "I am on it" in client.get(PAGE).content.decode()
    for verb, check in (("acknowledge", "acknowledged_at"), ("finish", "ended_at")):
        answer = client.post(
            reverse("incidents:task_step", args=[incident.key, task.pk]), {"verb": verb, "from": "mine"}
        )
        assert answer["Location"] == PAGE
        assert getattr(Task.objects.get(), check) is not None
    assert groups(client) == {}


def test_tasks_of_what_is_over_or_out_of_sight_do_not_wait(sme, commander, incident, client_of):
    over = make.make_incident(title="Over")
    tasking.add(over, by=SYSTEM, title="Gone", assignee=sme)
    lifecycle.move(over, "cancel", by=SYSTEM, reason=make.REASON)
    tasking.add(incident, by=SYSTEM, title="Hidden", assignee=sme)
    seat = incident.seats.get(user=sme)
    Incident.objects.filter(pk=incident.pk).update(is_private=True)
    assert groups(client_of(sme)) == {"open": ["Hidden"]}
    staffing.release(seat, by=SYSTEM)
    assert groups(client_of(sme)) == {}


def test_the_menu_counts_what_is_open(sme, incident, client_of):
    tasking.add(incident, by=SYSTEM, title="Mine", assignee=sme)
    client = client_of(sme)
    page = client.get(PAGE)
    link = next(link for link in page.context["navigation"].groups[0].links if link.section == "tasks")
    assert (link.label, link.count, link.is_current) == ("My tasks", 1, True)


@pytest.mark.parametrize("count", [1, 3])
def test_much_that_waits_costs_no_more_queries(count, sme, client_of, django_assert_max_num_queries):
    client = client_of(sme)
    for number in range(count):
        one = make.make_incident(title=f"Incident {number}")
        make.seat(one, Role.SME, sme)
        tasking.add(one, by=SYSTEM, title="Mine", assignee=sme)
        tasking.add(one, by=SYSTEM, title="Nobody has it")
        ask(one, sme)
        make.seat(one, Role.SCRIBE, sme, offer=True)
        coordination.ask_report(coordination.start(one, by=SYSTEM, name="Pool limits", lead=sme), by=SYSTEM)
    client.get(PAGE)
    with django_assert_max_num_queries(QUERIES):
        client.get(PAGE)


#: Session, person, menu, and the eleven of the page.
QUERIES = 24
