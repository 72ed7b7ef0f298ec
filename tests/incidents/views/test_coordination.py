"""Workstreams in the room of whoever leads the work, and the list of changes."""

import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.utils import timezone

from incidents.models import ChangeEvent, Incident, Workstream
from incidents.response import changes, coordination
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make

HTMX = {"HX-Request": "true"}


@pytest.fixture
def stream(incident: Incident, tech_lead: User, sme: User) -> Workstream:
    return coordination.start(incident, by=tech_lead, name="Restore the pool", lead=sme, timebox=timedelta(minutes=20))


def panel(answer: HttpResponse) -> str:
    found = re.search(r'<section class="sec" id="workstreams".*?</section>', answer.content.decode(), re.S)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def at(incident: Incident, rest: str = "") -> str:
    return f"/incidents/{incident.key}/workstreams/{rest}"


def test_a_workstream_is_started_from_the_room(client_of, incident, tech_lead, sme):
    form = {
        "name": "Restore the pool",
        "goal": "All nodes back",
        "lead": sme.pk,
        "members": [tech_lead.pk],
        "minutes": 30,
    }
    assert client_of(tech_lead).post(at(incident), form | {"seat": "tech_lead"}).status_code == 302
    stream = Workstream.objects.get()
    assert (stream.lead, list(stream.members.all()), stream.timebox) == (sme, [tech_lead], timedelta(minutes=30))
    shown = panel(client_of(tech_lead).get(f"/incidents/{incident.key}/"))
    assert "Restore the pool led by Tomas · done when All nodes back" in shown


@pytest.mark.parametrize("person", ["tech_lead", "commander"])
def test_the_roll_up_stands_before_the_technical_lead_and_the_commander(
    person, client_of, incident, stream, sme, request
):
    coordination.report(incident, by=sme, conditions="2 of 3 are back", needs="Access to 1c", workstream=stream)
    shown = panel(client_of(request.getfixturevalue(person)).get(f"/incidents/{incident.key}/"))
    assert "2 of 3 are back" in shown and "Needs: Access to 1c" in shown and "1 need open" in shown


def test_asking_for_a_report_is_shown_as_waiting_until_it_comes(client_of, incident, stream, tech_lead, sme):
    client = client_of(tech_lead)
    client.post(at(incident, f"{stream.pk}/ask-report/"), {"seat": "tech_lead"})
    assert "report asked" in panel(client.get(f"/incidents/{incident.key}/"))
    client_of(sme).post(
        f"/incidents/{incident.key}/can/?workstream={stream.pk}",
        {"conditions": "2 of 3 are back", "workstream": stream.pk},
    )
    assert "report asked" not in panel(client.get(f"/incidents/{incident.key}/"))


def test_a_workstream_past_its_time_is_late_on_the_screen(client_of, incident, stream, tech_lead):
    Workstream.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    text = client_of(tech_lead).get(f"/incidents/{incident.key}/").content.decode()
    assert f'id="stream-{stream.pk}" aria-labelledby="stream-{stream.pk}-name" data-tone="bad"' in text
    assert "data-due" in text


def test_time_is_given_and_the_work_is_ended(client_of, incident, stream, tech_lead):
    client = client_of(tech_lead)
    client.post(at(incident, f"{stream.pk}/time/"), {"minutes": "60"})
    stream.refresh_from_db()
    assert stream.timebox == timedelta(hours=1)
    client.post(at(incident, f"{stream.pk}/end/"), {"outcome": "All nodes are back."})
    assert "Ended: Restore the pool" in panel(client.get(f"/incidents/{incident.key}/"))


def test_the_later_of_two_editors_gets_both_versions_and_loses_no_word(
    client_of, incident, stream, tech_lead, commander
):
    for person, name in ((tech_lead, "Restore limits"), (commander, "Restore nodes")):
        form = {"name": name, "lead": stream.lead_id, "version": 1}
        answer = client_of(person).post(at(incident, f"{stream.pk}/"), form)
    assert answer.status_code == 409
    text = " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())
    assert "Restore theirs: limits yours: nodes" in text
    stream.refresh_from_db()
    assert stream.name == "Restore limits"


def test_what_makes_no_sense_is_said_and_kept(client_of, incident, tech_lead):
    answer = client_of(tech_lead).post(at(incident), {"name": "", "goal": "All nodes back"})
    assert answer.status_code == 409
    assert "Name: say what is worked on." in answer.content.decode() and "All nodes back" in answer.content.decode()


def test_controls_of_the_lead_are_absent_for_others(client_of, incident, stream, scribe, tech_lead):
    assert at(incident) in client_of(tech_lead).get(f"/incidents/{incident.key}/").content.decode()
    assert at(incident) not in client_of(scribe).get(f"/incidents/{incident.key}/").content.decode()


# --- changes ----------------------------------------------------------------------------------


def test_a_change_is_recorded_by_hand_and_listed(client_of, bystander, service):
    client = client_of(bystander)
    form = {
        "title": "Config rollout 8841",
        "kind": "configuration",
        "services": [service.pk],
        "url": "https://diff.example/1",
    }
    assert client.post("/changes/", form).status_code == 302
    change = ChangeEvent.objects.get()
    assert (change.recorded_by, list(change.services.all())) == (bystander, [service])
    text = client.get("/changes/").content.decode()
    assert "Config rollout 8841" in text and 'href="https://diff.example/1"' in text


def test_a_link_that_is_no_web_address_comes_back_as_it_was_typed(client_of, bystander):
    answer = client_of(bystander).post(
        "/changes/", {"title": "Config rollout", "kind": "other", "url": "javascript:alert(1)"}
    )
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "A link starts with http:// or https://." in text and 'value="Config rollout"' in text
    assert 'href="javascript' not in text
    assert not ChangeEvent.objects.exists()


def test_changes_are_for_responders(client_of, outsider):
    assert client_of(outsider).get("/changes/").status_code == 403
    assert client_of(outsider).post("/changes/", {"title": "x", "kind": "other"}).status_code == 403


def test_the_list_is_narrowed_by_service_kind_and_time(client_of, bystander, service):
    changes.record(by=SYSTEM, title="Ours today", services=[service], kind="flag")
    changes.record(by=SYSTEM, title="Others today", kind="deployment")
    changes.record(by=SYSTEM, title="Ours long ago", services=[service], happened_at=timezone.now() - timedelta(days=9))

    def listed(**wanted: str) -> list[str]:
        text = client_of(bystander).get("/changes/", wanted).content.decode()
        return re.findall(r"<b>((?:Ours|Others)[^<]*)</b>", text)

    assert listed() == ["Others today", "Ours today", "Ours long ago"]
    assert listed(service=service.slug) == ["Ours today", "Ours long ago"]
    assert listed(kind="flag") == ["Ours today"]
    assert listed(service=service.slug, since="7d") == ["Ours today"]
    assert listed(kind="party", service="none") == ["Others today", "Ours today", "Ours long ago"]


def test_an_empty_list_says_how_changes_come_in(client_of, bystander):
    assert "/api/v1/changes/" in client_of(bystander).get("/changes/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_changes_costs_the_same_however_long_it_is(
    count, client_of, bystander, service, django_assert_num_queries
):
    for number in range(count):
        changes.record(by=bystander, title=f"Change {number}", services=[service])
    client = client_of(bystander)
    client.get("/changes/")
    with django_assert_num_queries(12):
        assert client.get("/changes/").status_code == 200


def test_long_lists_go_on_on_the_next_page(client_of, bystander):
    now = timezone.now()
    ChangeEvent.objects.bulk_create(
        ChangeEvent(title=f"Change {n}", happened_at=now - timedelta(minutes=n)) for n in range(51)
    )
    first = client_of(bystander).get("/changes/").content.decode()
    assert "Change 49" in first and "Change 50" not in first
    assert "Change 50" in client_of(bystander).get("/changes/?from=50").content.decode()


def test_the_cast_of_a_workstream_is_who_sits_here(client_of, incident, tech_lead, bystander):
    make.seat(incident, Role.SME, make.make_user("mei"))
    shown = panel(client_of(tech_lead).get(f"/incidents/{incident.key}/"))
    assert "led by Mei" in shown and "led by Ben" not in shown
