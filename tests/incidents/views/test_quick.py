"""The Scribe's console: the line, the gaps, the tasks of all, the report; and the same line in the timeline."""

import re

import pytest
from django.urls import reverse

from incidents import timeline
from incidents.models import Incident, Kind, Task
from incidents.response import tasking
from roles.catalog import Role
from roles.policy import SYSTEM
from tests import make

HTMX = {"HX-Request": "true"}


def url(incident: Incident, name: str = "quick") -> str:
    return reverse(f"incidents:{name}", args=[incident.key])


def console(client: object, incident: Incident, **query: str) -> str:
    return client.get(f"{url(incident, 'console')}", {"seat": "scribe", **query}, headers=HTMX).content.decode()


def test_a_line_is_recorded_and_the_box_is_empty_again(scribe, incident, client_of):
    answer = client_of(scribe).post(url(incident), {"body": "/f The pool empties", "seat": "scribe"}, headers=HTMX)
    assert answer.status_code == 200
    assert [entry.body for entry in incident.entries.filter(kind=Kind.FINDING)] == ["The pool empties"]
    assert 'id="quick-line" name="body" value=""' in answer.content.decode()
    assert "incident-changed" in answer["HX-Trigger"]


def test_without_script_the_line_leads_back_to_itself(scribe, incident, client_of):
    answer = client_of(scribe).post(url(incident), {"body": "Seen", "seat": "scribe"})
    assert answer["Location"] == f"/incidents/{incident.key}/?seat=scribe#record"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_line_that_is_not_understood_stays_in_the_box(headers, scribe, incident, client_of):
    answer = client_of(scribe).post(url(incident), {"body": "/decide it", "seat": "scribe"}, headers=headers)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert 'id="quick-line" name="body" value="/decide it"' in text
    assert "/decide is no command; they are" in text
    assert not incident.entries.filter(actor=scribe, kind=Kind.NOTE).exists()


def test_a_line_may_name_only_what_the_person_may_do(bystander, sme, incident, client_of):
    answer = client_of(bystander).post(url(incident), {"body": "/a @tomas restore 1c"})
    assert answer.status_code == 403
    assert "/a @tomas restore 1c" in answer.content.decode()
    assert not Task.objects.exists()


def test_the_menu_of_commands_is_a_list_of_options(scribe, incident, client_of):
    text = console(client_of(scribe), incident)
    options = re.findall(r'role="option" id="quick-(\w+)" data-word="(/\w+)" data-short="(/\w)"', text)
    assert options == [
        ("decision", "/decision", "/d"),
        ("action", "/action", "/a"),
        ("finding", "/finding", "/f"),
        ("now", "/now", "/n"),
        ("quote", "/quote", "/q"),
        ("task", "/task", "/t"),
    ]
    assert 'role="listbox"' in text


def test_a_gap_begins_the_line_that_closes_it(commander, scribe, incident, client_of):
    timeline.add_entry(incident, by=commander, body="Fail over", kind=Kind.DECISION)
    client = client_of(scribe)
    text = console(client, incident)
    assert 'data-fill="@amara why “Fail over”?"' in text
    [address] = re.findall(r'href="(\?seat=scribe&amp;line=[^"]*why[^"]*)#record"', text)
    page = client.get(f"/incidents/{incident.key}/{address.replace('&amp;', '&')}")
    assert 'name="body" value="@amara why “Fail over”?"' in page.content.decode()


def test_the_console_shows_the_tasks_of_all_with_what_the_scribe_may_do(scribe, sme, incident, client_of):
    task = tasking.add(incident, by=SYSTEM, title="Restore 1c", assignee=sme)
    text = console(client_of(scribe), incident)
    assert f'id="task-{task.pk}"' in text
    assert f'id="menu-{task.pk}"' in text
    assert "not acknowledged" in text


def test_the_five_duties_say_how_it_stands_and_lead_to_the_work(scribe, incident, client_of):
    client = client_of(scribe)

    def facts() -> dict[str, tuple[str, str]]:
        answer = client.get(f"/incidents/{incident.key}/?seat=scribe")
        return {one.duty.word: (one.fact.words, one.fact.href) for one in answer.context["duties"]}

    before = facts()
    assert before["Track actions"] == ("none open", "#tasks")
    assert before["Keep current"] == ("not written yet", "?seat=scribe&line=/now+#record")
    assert before["Log"][1] == "#record"
    assert before["Report"][1] == "#report"
    assert before["Knowledge"] == ("after resolve", "")
    tasking.add(incident, by=SYSTEM, title="Restore 1c")
    client.post(url(incident), {"body": "/now Draining 1c"})
    assert facts()["Track actions"] == ("1 without owner", "#tasks")
    assert facts()["Keep current"] == ("0 min old", "?seat=scribe&line=/now+#record")


def test_the_report_is_as_full_as_it_says(scribe, incident, client_of):
    text = console(client_of(scribe), incident)
    [percent] = re.findall(r'<span class="count">(\d+)%</span>', text)
    assert f'<progress value="{percent}" max="100"' in text
    assert reverse("incidents:report", args=[incident.key]) in text


def test_a_note_goes_with_the_seat(scribe, incident, client_of):
    seat = incident.seats.get(user=scribe, role=Role.SCRIBE)
    seat.brief = {"situation": "Tomas owes the payment count."}
    seat.save(update_fields=["brief"])
    assert "Tomas owes the payment count." in console(client_of(scribe), incident)


@pytest.mark.parametrize("count", [1, 3])
def test_the_console_costs_the_same_with_one_of_each_and_with_three(
    count, scribe, sme, commander, incident, client_of, django_assert_num_queries
):
    for number in range(count):
        tasking.add(incident, by=SYSTEM, title=f"Look {number}")
        tasking.finish(tasking.add(incident, by=SYSTEM, title=f"Did {number}", assignee=sme), by=SYSTEM)
        timeline.add_entry(incident, by=commander, body="Fail over", kind=Kind.DECISION)
        timeline.add_entry(incident, by=sme, body="Seen", kind=Kind.FINDING)
    client = client_of(scribe)
    console(client, incident)
    with django_assert_num_queries(29):
        console(client, incident)


def test_the_box_of_the_timeline_takes_the_same_line(bystander, incident, client_of):
    client = client_of(bystander)
    client.post(url(incident, "timeline"), {"body": "/f The pool empties", "kind": "note"})
    client.post(url(incident, "timeline"), {"body": "-5m Pager rang", "kind": "note"})
    finding, note = incident.entries.filter(actor=bystander).order_by("number")
    assert (finding.kind, finding.body) == (Kind.FINDING, "The pool empties")
    assert (note.kind, note.body) == (Kind.NOTE, "Pager rang")
    assert 290 < (note.recorded_at - note.occurred_at).total_seconds() < 310


def test_the_box_of_the_timeline_keeps_a_line_that_is_not_understood(bystander, incident, client_of):
    answer = client_of(bystander).post(url(incident, "timeline"), {"body": "/decide it", "kind": "note"}, headers=HTMX)
    assert answer.status_code == 400
    assert "/decide is no command" in answer.content.decode()
    assert 'value="/decide it"' in answer.content.decode()


def test_a_kind_that_was_chosen_is_not_overruled(bystander, incident, client_of):
    client_of(bystander).post(url(incident, "timeline"), {"body": "02:41 was when it began", "kind": "finding"})
    assert incident.entries.get(kind=Kind.FINDING).body == "02:41 was when it began"


def test_an_outsider_sees_no_such_address(outsider, incident, client_of):
    assert client_of(outsider).post(url(incident), {"body": "Seen"}).status_code == 404
    assert make.client_of(outsider).get(url(incident, "report")).status_code == 404
