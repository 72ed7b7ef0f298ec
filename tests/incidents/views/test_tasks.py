"""The board, the ticket's steps, and the page of one task, as people use them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from incidents import events
from incidents.models import Incident, Kind, Task
from incidents.response import tasking
from incidents.views.panels import tasks as panel
from notifications.models import Message
from roles import grants
from roles.policy import SYSTEM
from tests import make

HTMX = {"HX-Request": "true"}


def url(incident: Incident, name: str = "tasks", *args: object) -> str:
    return reverse(f"incidents:{name}", args=[incident.key, *args])


def lanes(incident: Incident, who: object) -> dict[str, list[str]]:
    found = panel.lanes(incident, who, grants.held(who, incident))
    return {lane.state: [ticket.task.title for ticket in lane.tickets] for lane in found}


def test_a_task_is_added_with_its_owner_and_time(scribe, sme, incident, client_of):
    answer = client_of(scribe).post(
        url(incident),
        {"title": "Count payments", "assignee": sme.pk, "minutes": "15", "priority": "1", "seat": "scribe"},
    )
    task = Task.objects.get()
    assert answer["Location"] == f"/incidents/{incident.key}/?seat=scribe#tasks"
    assert (task.assignee, task.timebox, task.priority) == (sme, timedelta(minutes=15), 1)


def test_a_responder_ticks_that_they_do_it(bystander, incident, client_of):
    client_of(bystander).post(url(incident), {"title": "Call the bank", "assignee": bystander.pk, "from": "board"})
    assert Task.objects.get().assignee == bystander


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_form_that_makes_no_sense_comes_back_as_typed(headers, scribe, incident, client_of):
    answer = client_of(scribe).post(url(incident), {"title": "", "minutes": "15", "seat": "scribe"}, headers=headers)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "Write what is to be done." in text
    assert 'name="minutes" min="1" max="43200" inputmode="numeric" placeholder="15" value="15"' in text
    assert not Task.objects.exists()


def test_giving_to_others_is_refused_to_who_may_not(bystander, sme, incident, client_of):
    answer = client_of(bystander).post(url(incident), {"title": "Call the bank", "assignee": sme.pk})
    assert answer.status_code == 403
    assert "Call the bank" in answer.content.decode()
    assert not Task.objects.exists()


def test_what_nobody_has_and_what_is_late_stand_first(scribe, sme, incident):
    tasking.add(incident, by=SYSTEM, title="Later", assignee=sme, priority=3)
    tasking.add(incident, by=SYSTEM, title="Urgent", assignee=sme, priority=1)
    with events.dated(timezone.now() - timedelta(minutes=20)):
        tasking.add(incident, by=SYSTEM, title="Late", assignee=sme, priority=3, timebox=timedelta(minutes=5))
    tasking.add(incident, by=SYSTEM, title="Unowned", priority=3)
    assert lanes(incident, scribe)["to_do"] == ["Unowned", "Late", "Urgent", "Later"]


def test_the_board_shows_what_is_red_and_a_clock_that_flips_by_itself(scribe, sme, incident, client_of):
    task = tasking.add(incident, by=SYSTEM, title="Restore 1c", assignee=sme, timebox=timedelta(minutes=5))
    tasking.add(incident, by=SYSTEM, title="Stop the rollout")
    text = client_of(scribe).get(url(incident)).content.decode()
    assert f'<time data-due datetime="{task.due_at.isoformat()}">' in text
    assert text.count('data-tone="bad" draggable="true"') == 1
    assert "No owner" in text


@pytest.mark.parametrize(
    ("verb", "state"), [("start", "doing"), ("finish", "done"), ("take", "to_do"), ("drop", "dropped")]
)
def test_each_button_of_the_menu_takes_its_step(verb, state, scribe, incident, client_of):
    task = tasking.add(incident, by=SYSTEM, title="Restore 1c")
    answer = client_of(scribe).post(
        url(incident, "task_step", task.pk), {"verb": verb, "reason": "Not needed.", "seat": "scribe"}, headers=HTMX
    )
    assert answer.status_code == 200
    assert 'id="console"' in answer.content.decode()
    assert Task.objects.get().state == state


def test_a_drag_has_its_button_in_the_menu(scribe, incident, client_of):
    task = tasking.add(incident, by=SYSTEM, title="Restore 1c", assignee=scribe)
    text = client_of(scribe).get(url(incident)).content.decode()
    assert [verb for verb in ("start", "finish", "put_back") if f'name="verb" value="{verb}"' in text] == [
        "start",
        "finish",
    ]
    tasking.finish(task, by=scribe)
    text = client_of(scribe).get(url(incident)).content.decode()
    assert 'name="verb" value="put_back"' in text


def test_assigning_names_a_responder(scribe, sme, outsider, incident, client_of):
    task = tasking.add(incident, by=SYSTEM, title="Restore 1c")
    client = client_of(scribe)
    for chosen in (str(outsider.pk), "", "nobody"):
        answer = client.post(url(incident, "task_step", task.pk), {"verb": "assign", "user": chosen})
        assert (answer.status_code, Task.objects.get().assignee) == (409, None)
    client.post(url(incident, "task_step", task.pk), {"verb": "assign", "user": sme.pk})
    assert Task.objects.get().assignee == sme


def test_a_step_is_undone_from_the_toast(scribe, incident, client_of):
    task = tasking.add(incident, by=SYSTEM, title="Restore 1c", assignee=scribe)
    tasking.start(task, by=scribe)
    client = client_of(scribe)
    answer = client.post(url(incident, "task_step", task.pk), {"verb": "finish"}, headers=HTMX)
    undo = url(incident, "task_back", task.pk, "doing")
    assert undo in answer["HX-Trigger"]
    client.post(undo, headers=HTMX)
    assert Task.objects.get().state == "doing"
    assert client.post(url(incident, "task_back", task.pk, "dropped")).status_code == 409


def test_the_second_of_two_who_take_one_task_is_told(sme, bystander, incident, client_of):
    task = tasking.add(incident, by=SYSTEM, title="Restore 1c")
    client_of(sme).post(url(incident, "task_step", task.pk), {"verb": "take"})
    answer = client_of(bystander).post(url(incident, "task_step", task.pk), {"verb": "take"}, headers=HTMX)
    assert answer.status_code == 409
    assert "Tomas has it since" in answer.content.decode()


def test_others_tasks_have_no_menu_for_who_may_not_touch_them(bystander, sme, incident, client_of):
    tasking.add(incident, by=SYSTEM, title="Restore 1c", assignee=sme)
    text = client_of(bystander).get(url(incident)).content.decode()
    assert "Restore 1c" in text
    assert "ticket-menu" not in text


def test_the_page_of_a_task_changes_its_words_and_time(scribe, sme, incident, client_of):
    task = tasking.add(incident, by=scribe, title="Restore 1c", assignee=sme, timebox=timedelta(minutes=10))
    client = client_of(scribe)
    page = client.get(url(incident, "task", task.pk))
    typed = {name: value if value is not None else "" for name, value in page.context["form"].initial.items()}
    due = task.due_at.strftime("%Y-%m-%dT%H:%M")
    answer = client.post(
        url(incident, "task", task.pk), typed | {"title": "Restore 1c first", "minutes": "20", "due_at": due}
    )
    assert answer.status_code == 302
    task.refresh_from_db()
    assert (task.title, task.timebox, task.due_at - task.assigned_at) == (
        "Restore 1c first",
        timedelta(minutes=20),
        timedelta(minutes=20),
    )


def test_two_who_edit_one_task_see_both_versions(scribe, tech_lead, incident, client_of):
    task = tasking.add(incident, by=scribe, title="Restore 1c")
    tasking.edit(task, by=tech_lead, title="Restore 1c first")
    answer = client_of(scribe).post(
        url(incident, "task", task.pk), {"title": "Restore 1c and 1d", "priority": "2", "version": "1"}
    )
    text = answer.content.decode()
    assert answer.status_code == 409
    assert 'name="title" value="Restore 1c and 1d"' in text
    assert "first" in text
    assert Task.objects.get().title == "Restore 1c first"


def test_a_task_of_another_incident_is_not_found_here(scribe, incident, client_of):
    other = tasking.add(make.make_incident(title="Another"), by=SYSTEM, title="Look")
    assert client_of(scribe).get(url(incident, "task", other.pk)).status_code == 404
    assert client_of(scribe).post(url(incident, "task_step", other.pk), {"verb": "start"}).status_code == 404


def test_a_private_incident_shows_no_task_to_others(commander, bystander, client_of):
    private = make.make_incident(is_private=True, by=commander)
    task = tasking.add(private, by=SYSTEM, title="Look")
    for address in (url(private), url(private, "task", task.pk)):
        assert client_of(bystander).get(address).status_code == 404


def test_the_long_list_of_done_is_cut_in_the_room_and_whole_on_its_page(scribe, incident, client_of):
    for number in range(panel.MOST_DONE + 2):
        tasking.finish(tasking.add(incident, by=SYSTEM, title=f"Step {number}"), by=SYSTEM)
    done = panel.lanes(incident, scribe, grants.held(scribe, incident), most_done=panel.MOST_DONE)[2]
    assert (len(done.tickets), done.count, done.more) == (8, 10, 2)
    assert client_of(scribe).get(url(incident)).content.decode().count('class="ticket done"') == 10


@pytest.mark.parametrize("count", [1, 3])
def test_the_board_costs_one_query_however_many_tasks(count, scribe, sme, incident, django_assert_num_queries):
    for number in range(count):
        tasking.add(incident, by=SYSTEM, title=f"Look {number}", assignee=sme)
        tasking.finish(tasking.add(incident, by=SYSTEM, title=f"Did {number}", assignee=sme), by=SYSTEM)
    may = grants.held(scribe, incident)
    with django_assert_num_queries(1):
        found = panel.lanes(incident, scribe, may)
        assert [len(lane.tickets) for lane in found] == [count, 0, count]
        assert {str(ticket.task.assignee) for lane in found for ticket in lane.tickets} == {"Tomas"}


def test_dropping_from_the_board_leads_back_to_it_and_keeps_the_reason(scribe, incident, client_of):
    task = tasking.add(incident, by=SYSTEM, title="Restore 1c")
    answer = client_of(scribe).post(
        url(incident, "task_step", task.pk), {"verb": "drop", "reason": "It came back.", "from": "board"}
    )
    assert answer["Location"] == url(incident)
    assert incident.entries.get(kind=Kind.TASK_CHANGED).body == "Dropped: Restore 1c. It came back."
    assert "Dropped" in client_of(scribe).get(url(incident)).content.decode()


def link_in(user: object, worker: object) -> str:
    """The address in the newest SMS to them."""
    worker.run()
    message = Message.objects.filter(user_id=user.pk, channel="sms").select_related("content").latest("pk")
    text = message.content.sms.replace("x-own-token-x", message.token)
    return "/tasks/" + text.split("/tasks/")[1].strip()


def test_the_link_of_the_message_says_that_they_are_on_it_without_signing_in(scribe, sme, incident, worker, client):
    task = tasking.add(incident, by=scribe, title="Restore 1c", assignee=sme)
    link = link_in(sme, worker)
    assert "I am on it" in client.get(link).content.decode()
    assert Task.objects.get().acknowledged_at is None
    assert "you are on it" in client.post(link).content.decode()
    assert client.post(link).status_code == 200
    task.refresh_from_db()
    assert task.acknowledged_at is not None
    assert [entry.actor for entry in incident.entries.filter(kind=Kind.TASK_CHANGED)] == [sme]


def test_a_link_is_for_one_person_and_their_task(scribe, sme, tech_lead, incident, worker, client):
    task = tasking.add(incident, by=scribe, title="Restore 1c", assignee=sme)
    link = link_in(sme, worker)
    tasking.assign(task, tech_lead, by=scribe)
    assert "Priya has this task now" in client.get(link).content.decode()
    assert "only who has it can say so" in client.post(link).content.decode()
    assert Task.objects.get().acknowledged_at is None
    assert client.get(link[:-4] + "x/").status_code == 404


def test_a_link_to_what_is_over_says_so(scribe, sme, incident, worker, client):
    task = tasking.add(incident, by=scribe, title="Restore 1c", assignee=sme)
    link = link_in(sme, worker)
    tasking.finish(task, by=scribe)
    assert "put it back first" in client.post(link).content.decode()
    assert "This task is done." in client.get(link).content.decode()
