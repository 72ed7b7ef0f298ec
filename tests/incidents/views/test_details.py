"""The details page: words, times, links and access, by those who may; everybody else reads."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import access, lifecycle, links
from incidents.models import Incident, IncidentLink, Kind, State
from roles.models import User
from roles.policy import SYSTEM
from tests import make

HTMX = {"HX-Request": "true"}
REASON = "The graph shows it clearly."


def url(incident: Incident, rest: str = "details/") -> str:
    return f"/incidents/{incident.key}/{rest}"


def test_who_only_reads_gets_no_form(incident: Incident, bystander: User, client_of) -> None:
    page = client_of(bystander).get(url(incident)).content.decode()
    assert incident.title in page
    for rest in ("words/", "times/", "links/", "access/"):
        assert f'action="{url(incident, rest)}"' not in page


def test_each_role_gets_the_forms_that_are_theirs(
    incident: Incident, commander: User, scribe: User, tech_lead: User, client_of
) -> None:
    forms = ("words/", "times/", "links/", "access/")
    found = {
        person.username: [
            rest
            for rest in forms
            if f'action="{url(incident, rest)}"' in client_of(person).get(url(incident)).content.decode()
        ]
        for person in (commander, scribe, tech_lead)
    }
    assert found == {"amara": list(forms), "elif": ["times/", "links/"], "priya": ["links/"]}


def test_title_and_summary_are_put_right(incident: Incident, commander: User, client_of) -> None:
    client = client_of(commander)
    answer = client.post(url(incident, "words/"), {"title": "Cards fail", "summary": "Since ten.", "version": "1"})
    assert (answer.status_code, answer["Location"]) == (302, f"{url(incident)}#words")
    incident.refresh_from_db()
    assert (incident.title, incident.summary, incident.version) == ("Cards fail", "Since ten.", 2)


def test_words_that_are_refused_come_back_as_typed(incident: Incident, commander: User, client_of) -> None:
    answer = client_of(commander).post(url(incident, "words/"), {"title": "", "summary": "Half a page of text."})
    assert answer.status_code == 400
    assert "Half a page of text." in answer.content.decode()


def test_the_later_of_two_editors_sees_both_versions(incident: Incident, commander: User, client_of) -> None:
    lifecycle.edit(incident, by=SYSTEM, title="Cards fail in Germany")
    answer = client_of(commander).post(url(incident, "words/"), {"title": "Cards fail in Austria", "version": "1"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Cards fail in Germany" in page
    assert "Cards fail in Austria" in page


def test_times_are_corrected_and_a_refusal_keeps_what_was_typed(incident: Incident, scribe: User, client_of) -> None:
    client = client_of(scribe)
    earlier = incident.detected_at - timedelta(minutes=5)
    answer = client.post(url(incident, "times/"), {"detected_at": f"{earlier:%Y-%m-%dT%H:%M:%S}", "reason": REASON})
    assert answer.status_code == 302
    incident.refresh_from_db()
    assert incident.detected_at == earlier.replace(microsecond=0)
    assert incident.entries.filter(kind=Kind.TIMES_CORRECTED).count() == 1
    late = client.post(url(incident, "times/"), {"detected_at": "2199-01-01T00:00:00", "reason": REASON})
    assert late.status_code == 409
    page = late.content.decode()
    assert "Detected cannot lie in the future." in page
    assert (REASON in page, "2199-01-01T00:00:00" in page) == (True, True)
    assert client.post(url(incident, "times/"), {"detected_at": "2026-01-01T00:00", "reason": "No."}).status_code == 400


def test_a_form_of_times_that_nobody_touched_changes_nothing(incident: Incident, scribe: User, client_of) -> None:
    client = client_of(scribe)
    form = client.get(url(incident)).context["times"]
    untouched = {field.name: field.value() if field.value() is not None else "" for field in form}
    rows = incident.entries.count()
    sent = {name: f"{at:%Y-%m-%dT%H:%M:%S}" if hasattr(at, "year") else at for name, at in untouched.items()}
    assert client.post(url(incident, "times/"), sent | {"reason": REASON}).status_code == 302
    assert incident.entries.count() == rows


def test_a_link_shows_on_both_and_is_taken_back(incident: Incident, tech_lead: User, client_of) -> None:
    other = make.make_incident(title="Payouts are late")
    client = client_of(tech_lead)
    assert client.post(url(incident, "links/"), {"kind": "caused_by", "other": "2"}).status_code == 302
    assert "Caused by INC-2" in client.get(url(incident)).content.decode()
    assert "Cause of INC-1" in client.get(url(other)).content.decode()
    made = IncidentLink.objects.get()
    assert client.post(url(incident, f"links/{made.pk}/remove/")).status_code == 302
    assert not IncidentLink.objects.exists()


def test_a_link_to_what_is_not_shared_says_so_and_keeps_the_key(incident: Incident, tech_lead: User, client_of) -> None:
    make.make_incident(is_private=True)
    answer = client_of(tech_lead).post(url(incident, "links/"), {"kind": "related", "other": "inc-2"})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "There is no INC-2, or it is not shared with you." in page
    assert 'value="inc-2"' in page


def test_a_link_of_others_is_not_taken_back_from_here(incident: Incident, tech_lead: User, client_of) -> None:
    made = links.link(make.make_incident(), make.make_incident(), by=SYSTEM)
    assert client_of(tech_lead).post(url(incident, f"links/{made.pk}/remove/")).status_code == 404
    assert IncidentLink.objects.count() == 1


def test_access_is_changed_from_here_and_from_the_console(
    incident: Incident, commander: User, outsider: User, client_of
) -> None:
    client = client_of(commander)
    sent = {"person": outsider.email, "details": "1"}
    assert client.post(url(incident, "access/invite/"), sent)["Location"] == f"{url(incident)}#access"
    assert incident.is_visible_to(outsider)
    answer = client.post(url(incident, "access/"), {"is_private": "yes", "seat": "commander"}, headers=HTMX)
    assert answer.status_code == 200
    assert 'id="access"' in answer.content.decode()
    incident.refresh_from_db()
    assert incident.is_private
    assert client.post(url(incident, f"access/{outsider.pk}/remove/"), {"details": "1"}).status_code == 302
    assert not incident.is_visible_to(outsider)


def test_an_invitation_to_nobody_is_refused_with_what_was_typed(incident: Incident, commander: User, client_of) -> None:
    client = client_of(commander)
    answer = client.post(url(incident, "access/invite/"), {"person": "nemo", "details": "1"})
    assert answer.status_code == 400
    assert "Nobody here is called nemo." in answer.content.decode()
    assert client.post(url(incident, "access/invite/"), {"person": "nemo"}, headers=HTMX).status_code == 409


def test_the_page_costs_the_same_for_one_link_and_for_three(incident: Incident, commander: User, client_of) -> None:
    client = client_of(commander)
    counts = []
    for more in (1, 2):
        for _ in range(more):
            links.link(incident, make.make_incident(), by=SYSTEM)
            access.invite(incident, make.make_user(is_staff=False), by=SYSTEM)
        client.get(url(incident))
        with CaptureQueriesContext(connection) as queries:
            client.get(url(incident))
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("state", [State.CLOSED, State.CANCELLED, State.MERGED])
def test_the_details_of_what_is_over_are_read(commander: User, client_of, state: str) -> None:
    assert client_of(commander).get(url(make.make_incident(state=state))).status_code == 200


def test_an_invited_stakeholder_reads_the_details_and_changes_nothing(
    incident: Incident, outsider: User, client_of
) -> None:
    client = client_of(outsider)
    assert client.get(url(incident)).status_code == 404
    access.invite(incident, outsider, by=SYSTEM)
    page = client.get(url(incident)).content.decode()
    assert incident.title in page
    assert f'action="/incidents/{incident.key}/' not in page
    assert client.post(url(incident, "links/"), {"kind": "related", "other": "INC-9"}).status_code == 403


@pytest.mark.parametrize("page", ["details", "sorting", "catch-up", "report", "tasks", "can"])
def test_every_page_of_an_incident_leads_back_to_its_room(incident, scribe, client_of, page):
    head = client_of(scribe).get(f"/incidents/{incident.key}/{page}/").content.decode().split('class="topbar"')[1]
    assert f'<a class="crumb plain" href="/incidents/{incident.key}/">' in head.split("</header>")[0]
