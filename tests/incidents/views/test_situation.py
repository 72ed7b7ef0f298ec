"""Situation: what it calls attention to, and what it costs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import lifecycle
from incidents.communication import updates
from incidents.detection import sources
from incidents.models import Alert, Incident, Promise, Severity, Task, TaskState, TimelineEntry
from incidents.response import paging, regression
from incidents.views import attention, pictures
from roles.catalog import Role
from roles.policy import SYSTEM
from tests import make


def lines(incidents, user):
    return [item.what for item in attention.items(pictures.read(incidents), user)]


def test_nothing_wrong_is_one_calm_line(bystander, client_of, db):
    text = client_of(bystander).get("/").content.decode()
    assert "No active incident. Nothing waits for you." in text


def test_a_gap_outranks_everything_with_the_button_that_closes_it(commander, client_of, db, incident):
    make.seat(incident, Role.TECH_LEAD, make.make_user("tess"))
    for role in (Role.COMMS_LEAD, Role.SME, Role.SCRIBE, Role.STATUS_PAGE_MANAGER):
        make.seat(incident, role, make.make_user(f"holds_{role}"))
    (item,) = attention.items(pictures.read([incident]), commander)
    assert item.what == f"Customer Support Liaison is unassigned on {incident.key}."
    assert [button.label for button in item.buttons] == ["Take it", "Assign"]


def test_many_gaps_are_one_line(bystander, incident):
    assert lines([incident], bystander) == [f"7 roles are unassigned on {incident.key}."]


def test_a_draft_waits_for_the_commander_and_not_for_its_author(commander, comms_lead, draft, incident):
    updates.submit(draft, by=comms_lead)
    waits = f"Public update on {incident.key} waits for your approval."
    assert waits in lines([incident], commander)
    assert waits not in lines([incident], comms_lead)


def test_an_approved_text_waits_for_the_page_manager(commander, comms_lead, page_manager, draft, incident):
    updates.approve(updates.submit(draft, by=comms_lead), by=commander)
    line = f"Public update on {incident.key} is approved and not yet published."
    assert line in lines([incident], page_manager)
    assert line not in lines([incident], commander)


@pytest.mark.parametrize(("minutes", "expected"), [(-3, "overdue"), (2, "due in"), (15, None)])
def test_a_promise_is_shown_when_it_is_soon_and_when_it_is_late(minutes, expected, incident, bystander, page):
    due_at = timezone.now() + timedelta(minutes=minutes)
    Promise.objects.create(
        incident=incident,
        audience="public",
        page=page.slug,
        made_at=timezone.now() - timedelta(minutes=20),
        due_at=due_at,
    )
    said = [line for line in lines([incident], bystander) if "public update" in line.lower()]
    assert [expected in line for line in said] == ([True] if expected else [])


def test_an_offer_is_shown_to_the_one_it_was_made_to(bystander, commander, incident):
    make.seat(incident, Role.SCRIBE, bystander, offer=True)
    offer = f"You are offered Scribe on {incident.key}."
    assert offer in lines([incident], bystander)
    assert offer not in lines([incident], commander)


def test_a_parked_fact_is_shown(commander, incident):
    TimelineEntry.objects.filter(incident=incident, number=1).update(parked_at=timezone.now(), told_at=None)
    assert f"1 fact of {incident.key} could not be passed on." in lines([incident], commander)


def test_private_incidents_are_not_on_a_bystanders_page(bystander, client_of, db):
    hidden = make.make_incident(title="Leak of names", is_private=True)
    text = client_of(bystander).get("/").content.decode()
    assert hidden.key not in text
    assert "Leak of names" not in text


def late_task(incident, **fields):
    return Task.objects.create(
        incident=incident, title="Stop the rollout", due_at=timezone.now() - timedelta(minutes=5), **fields
    )


def test_an_overdue_task_is_shown_to_whose_it_is_and_to_who_may_give_it_on(
    commander, tech_lead, scribe, sme, bystander, incident
):
    late_task(incident, assignee=sme)
    theirs = "Tomas's task “Stop the rollout” is overdue:"
    assert "Your task “Stop the rollout” is overdue:" in lines([incident], sme)
    for person in (commander, tech_lead, scribe):
        assert theirs in lines([incident], person)
    assert theirs not in lines([incident], bystander)


def test_many_overdue_tasks_are_one_line(commander, incident):
    for _ in range(3):
        late_task(incident)
    assert f"3 tasks are overdue on {incident.key}." in lines([incident], commander)


def test_a_call_stands_before_everything_for_the_one_who_is_called(commander, bystander, incident):
    paging.page(incident, bystander, by=commander, role=Role.SCRIBE, message="We need notes.")
    mine = attention.items(pictures.read([incident]), bystander)
    assert mine[0].what == f"You are called to {incident.key} as Scribe."
    assert mine[0].more == "By Amara. We need notes."
    waits = f"Ben has not answered the call to {incident.key}. The next one is called in"
    assert waits in lines([incident], commander)
    assert waits not in lines([incident], bystander)


def test_what_fires_again_is_shown_until_somebody_declares_it_again(bystander, client_of, service, worker):
    over = make.make_incident(title="Payouts are late", severity=Severity.SEV3, state="resolved")
    source = sources.create("generic", "probe", by=SYSTEM)
    alert = Alert.objects.create(source=source, dedup_key="p", status="firing", title="Late again", incident=over)
    regression.note(alert)
    assert f"{over.key} may be back." in lines([], bystander)
    text = client_of(bystander).get("/").content.decode()
    assert f"/declare/?recurrence_of={over.key}" in text
    client_of(bystander).post("/declare/", {"title": "Again", "severity": "SEV3", "recurrence_of": over.key})
    assert f"{over.key} may be back." not in lines([], bystander)


def test_my_open_tasks_are_listed_soonest_first(bystander, incident, client_of):
    Task.objects.create(incident=incident, title="Later", assignee=bystander)
    Task.objects.create(incident=incident, title="Done", assignee=bystander, state=TaskState.DONE)
    late_task(incident, assignee=bystander)
    answer = client_of(bystander).get("/")
    assert [task.title for task in answer.context["tasks"]] == ["Stop the rollout", "Later"]


def shown(client):
    return client.get("/").content.decode()


def test_what_is_recorded_is_on_the_page_at_once(bystander, incident, client_of):
    client = client_of(bystander)
    assert "<b>Unassigned</b>" in shown(client)
    make.seat(incident, Role.TECH_LEAD, make.make_user("tess"))
    assert "Tess" in shown(client)
    lifecycle.edit(incident, by=SYSTEM, title="Cards are declined")
    assert "Cards are declined" in shown(client)
    lifecycle.move(incident, "identify", by=SYSTEM)
    assert "Identified" in shown(client)
    lifecycle.move(incident, "monitor", by=SYSTEM)
    lifecycle.move(incident, "resolve", by=SYSTEM, reason="Watched for long enough.")
    assert incident.key not in shown(client)


def test_what_was_drawn_for_one_reader_is_not_shown_to_another(commander, bystander, incident, client_of):
    for _ in range(2):
        assert "You, since" in shown(client_of(commander))
        assert "You, since" not in shown(client_of(bystander))
        assert shown(client_of(bystander)).count('class="slot you"') == 0
    Incident.objects.update(is_private=True)
    assert incident.key not in shown(client_of(bystander))
    assert incident.key in shown(client_of(commander))


def test_what_nobody_recorded_is_read_again_after_a_while(bystander, incident, service, client_of, monkeypatch):
    client = client_of(bystander)
    shown(client)
    type(service).objects.update(name="Payments, renamed")
    monkeypatch.setattr(pictures, "KEPT_FOR", -1.0)
    assert "Payments, renamed" in shown(client)


def test_situation_costs_the_same_for_one_and_for_three(bystander, client_of, django_assert_num_queries, db):
    client = client_of(bystander)

    def costs(anew, kept):
        pictures.forget()
        with django_assert_num_queries(anew):
            client.get("/")
        with django_assert_num_queries(kept):
            client.get("/")

    make.make_incident(title="One")
    client.get("/")
    costs(21, 14)
    late_task(make.make_incident(title="Two", severity=Severity.SEV3), assignee=bystander)
    late_task(make.make_incident(title="Three", severity=Severity.SEV2))
    costs(21, 14)
