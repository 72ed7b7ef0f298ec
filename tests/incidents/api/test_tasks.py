"""Tasks, the quick line, gaps and the report by API."""

from datetime import timedelta

import pytest

from incidents import timeline
from incidents.models import Incident, Kind, Task, Visibility
from incidents.response import tasking
from roles.policy import SYSTEM
from tests import make


def path(incident: Incident, rest: str = "tasks/") -> str:
    return f"incidents/{incident.key}/{rest}"


def test_a_task_is_added_read_and_listed(call, scribe, sme, service, incident):
    answer = call(
        scribe,
        "post",
        path(incident),
        {
            "title": "Restore 1c",
            "assignee": "tomas",
            "timebox_minutes": 15,
            "priority": 1,
            "area": "tech_lead",
            "service": "payments",
            "is_needed_to_close": True,
        },
    )
    assert answer.status_code == 201
    task = answer.json()
    assert {name: task[name] for name in ("title", "state", "assignee", "timebox_minutes", "priority", "area")} == {
        "title": "Restore 1c",
        "state": "to_do",
        "assignee": "tomas",
        "timebox_minutes": 15,
        "priority": 1,
        "area": "tech_lead",
    }
    assert (task["incident"], task["service"], task["created_by"]) == (incident.key, "payments", "elif")
    assert call(scribe, "get", path(incident, f"tasks/{task['id']}/")).json() == task
    assert call(scribe, "get", path(incident)).json() == {"results": [task], "next": None}
    assert call(scribe, "get", path(incident), {"state": "done"}).json()["results"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": " "}, "title"),
        ({"title": "x", "state": "done"}, "state"),
        ({"title": "x", "assignee": "nobody"}, "assignee"),
        ({"title": "x", "priority": 9}, "priority"),
        ({"title": "x", "area": "janitor"}, "area"),
        ({"title": "x", "timebox_minutes": 0}, "timebox_minutes"),
        ({"title": "x", "service": "unknown"}, "service"),
        ({"title": "x", "told_overdue_at": None}, "told_overdue_at"),
    ],
)
def test_what_makes_no_sense_is_named_by_field(body, field, call, scribe, incident):
    answer = call(scribe, "post", path(incident), body)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    assert not Task.objects.exists()


def test_one_request_changes_words_owner_and_state_or_nothing(call, scribe, sme, incident):
    task = tasking.add(incident, by=scribe, title="Restore 1c")
    one = path(incident, f"tasks/{task.pk}/")
    answer = call(scribe, "patch", one, {"title": "Restore 1c first", "assignee": "tomas", "state": "doing"})
    assert answer.status_code == 200
    assert [answer.json()[name] for name in ("title", "assignee", "state", "version")] == [
        "Restore 1c first",
        "tomas",
        "doing",
        2,
    ]
    answer = call(scribe, "patch", one, {"title": "Lost", "state": "dropped"})
    assert (answer.status_code, answer.json()["needed"]) == (409, ["reason"])
    assert Task.objects.get().title == "Restore 1c first"
    assert call(scribe, "patch", one, {"assignee": None}).json()["assignee"] is None


def test_of_two_editors_the_later_gets_both_versions(call, scribe, tech_lead, incident):
    task = tasking.add(incident, by=scribe, title="Restore 1c")
    one = path(incident, f"tasks/{task.pk}/")
    assert call(scribe, "patch", one, {"title": "Restore 1c first", "version": 1}).status_code == 200
    answer = call(tech_lead, "patch", one, {"title": "Restore 1d", "version": 1})
    assert answer.status_code == 409
    assert Task.objects.get().title == "Restore 1c first"


def test_only_who_has_it_acknowledges(call, scribe, sme, incident):
    task = tasking.add(incident, by=scribe, title="Restore 1c", assignee=sme)
    said = path(incident, f"tasks/{task.pk}/acknowledge/")
    assert call(scribe, "post", said).status_code == 403
    assert call(sme, "post", said).json()["acknowledged_at"] is not None


def test_what_is_done_is_not_done_again(call, sme, incident):
    task = tasking.add(incident, by=SYSTEM, title="Restore 1c", assignee=sme)
    tasking.finish(task, by=sme)
    one = path(incident, f"tasks/{task.pk}/")
    assert call(sme, "patch", one, {"state": "done"}).status_code == 200
    answer = call(sme, "patch", one, {"state": "dropped", "reason": "Not needed."})
    assert (answer.status_code, answer.json()["needed"]) == (409, ["To do", "Doing"])


def test_own_tasks_come_from_all_incidents(call, sme, bystander, incident):
    other = make.make_incident(title="Another")
    mine = tasking.add(incident, by=SYSTEM, title="Mine", assignee=sme)
    also = tasking.add(other, by=SYSTEM, title="Also mine", assignee=sme)
    tasking.finish(tasking.add(other, by=SYSTEM, title="Done", assignee=sme), by=sme)
    free = tasking.add(incident, by=SYSTEM, title="Nobody has it")
    tasking.add(other, by=SYSTEM, title="Not in my room")

    def ids(who: object, **query: str) -> list[int]:
        return [task["id"] for task in call(who, "get", "tasks/", query).json()["results"]]

    assert ids(sme) == ids(sme, mine="true") == [also.pk, mine.pk]
    assert ids(sme, mine="false") == [free.pk]
    assert ids(bystander) == ids(bystander, mine="0") == []
    assert call(sme, "get", "tasks/", {"mine": "perhaps"}).status_code == 400


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_costs_the_same_for_one_and_for_three(count, call, sme, incident, django_assert_num_queries):
    for number in range(count):
        tasking.add(incident, by=SYSTEM, title=f"Look {number}", assignee=sme)
    call(sme, "get", "tasks/")
    with django_assert_num_queries(2):
        assert len(call(sme, "get", "tasks/").json()["results"]) == count
    with django_assert_num_queries(4):
        assert len(call(sme, "get", path(incident)).json()["results"]) == count


def test_a_quick_line_answers_its_row(call, scribe, tech_lead, incident):
    answer = call(scribe, "post", path(incident, "quick/"), {"line": "/action @priya restore 1c in 15m"})
    assert answer.status_code == 201
    assert (answer.json()["kind"], answer.json()["group"]) == ("task_added", "action")
    task = Task.objects.get()
    assert (task.assignee, task.timebox) == (tech_lead, timedelta(minutes=15))


def test_a_line_that_is_not_understood_is_malformed(call, scribe, incident):
    answer = call(scribe, "post", path(incident, "quick/"), {"line": "/decide it"})
    assert answer.status_code == 400
    assert answer.json()["fields"]["line"][0].startswith("/decide is no command; they are /decision")
    assert call(scribe, "post", path(incident, "quick/"), {}).status_code == 400


def test_gaps_say_what_is_missing(call, commander, scribe, incident):
    timeline.add_entry(incident, by=commander, body="Fail over", kind=Kind.DECISION)
    found = call(scribe, "get", path(incident, "gaps/")).json()["results"]
    assert [(gap["kind"], gap["sentence"]) for gap in found] == [
        ("reason", "Why “Fail over”?"),
        ("impact", "The impact is not stated"),
    ]


def test_the_report_is_data_or_markdown(call, scribe, incident):
    data = call(scribe, "get", path(incident, "report/")).json()
    assert (data["key"], data["sections"][0]["key"]) == (incident.key, "summary")
    answer = call(scribe, "get", path(incident, "report/"), {"format": "md"})
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.content.decode().startswith(f"# {incident.key}: Card payments fail in the EU")
    assert call(scribe, "get", path(incident, "report/"), {"format": "pdf"}).status_code == 404


def test_nobody_reads_of_the_room_from_outside_it(call, commander, bystander, outsider, incident):
    timeline.add_entry(incident, by=commander, body="Call the lawyers", visibility=Visibility.ROOM)
    for form in ("json", "md"):
        assert b"lawyers" in call(commander, "get", path(incident, "report/"), {"format": form}).content
        assert b"lawyers" not in call(bystander, "get", path(incident, "report/"), {"format": form}).content
    for rest in ("tasks/", "gaps/", "report/"):
        assert call(outsider, "get", path(incident, rest)).status_code == 404


def test_tasks_are_read_in_the_admin_and_changed_nowhere_there(administrator, sme, incident, client_of):
    task = tasking.add(incident, by=SYSTEM, title="Restore 1c", assignee=sme)
    client = client_of(administrator)
    assert "Restore 1c" in client.get("/admin/incidents/task/").content.decode()
    assert client.post(f"/admin/incidents/task/{task.pk}/change/", {"title": "Forged"}).status_code == 403
    assert client.get("/admin/incidents/task/add/").status_code == 403
