"""The Expert's console: questions, findings, a report in three fields, and what is known to help."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from incidents import lifecycle, search
from incidents.models import (
    AdviceRequest,
    AdviceState,
    CanReport,
    Finding,
    Incident,
    IncidentLink,
    Kind,
    LinkKind,
    Service,
)
from incidents.response import advice, changes, coordination
from roles.catalog import Holding, Role
from roles.models import Team, User
from roles.policy import SYSTEM
from tests import make

QUESTION = "Is it safe to raise the limit to 1,600?"
HTMX = {"HX-Request": "true"}


def section(answer: HttpResponse, name: str) -> str:
    """One part of the page as text: tags gone, white space made one."""
    found = re.search(rf'<section class="sec" id="{name}".*?</section>', answer.content.decode(), re.S)
    assert found, name
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def duties(answer: HttpResponse) -> dict[str, tuple[str, str]]:
    found = {}
    strip = re.search(r'<ul class="duties".*?</ul>', answer.content.decode(), re.S)
    for item in re.findall(r"<b>(\w+)</b>(.*?)</li>", strip[0] if strip else ""):
        href = re.search(r'href="([^"]*)"', item[1])
        found[item[0]] = (re.sub(r"<[^>]+>", "", item[1]), href[1] if href else "")
    return found


def room(client_of, person: User, incident: Incident) -> HttpResponse:
    return client_of(person).get(f"/incidents/{incident.key}/")


@pytest.fixture
def question(incident: Incident, tech_lead: User, sme: User) -> AdviceRequest:
    return advice.ask(incident, by=tech_lead, asked=sme, question=QUESTION, context="For the backlog.", is_urgent=True)


def at(incident: Incident, question: AdviceRequest, step: str = "") -> str:
    return f"/incidents/{incident.key}/questions/{question.pk}/{step}"


# --- questions --------------------------------------------------------------------------------


def test_a_question_waits_with_its_urgency_and_what_it_is_for(client_of, incident, question, sme):
    shown = section(room(client_of, sme, incident), "questions")
    assert "Urgent" in shown and QUESTION in shown and "For the backlog." in shown
    assert all(button in shown for button in ("Answer", "Not mine", "Ask back", "Hand to another expert"))


def test_a_question_to_somebody_else_does_not_wait_here(client_of, incident, question, tech_lead):
    expert = make.seat(incident, Role.SME, make.make_user("mei")).user
    assert "Nobody waits for an answer of yours" in section(room(client_of, expert, incident), "questions")


def test_the_answer_is_posted_with_its_confidence_and_its_evidence(client_of, incident, question, sme):
    file = SimpleUploadedFile("merchants.csv", b"merchant,declined\nA,12\n", content_type="text/csv")
    answer = client_of(sme).post(
        at(incident, question),
        {"text": "Yes, memory allows it.", "confidence": "certain", "files": file, "seat": "sme"},
    )
    assert answer.status_code == 302
    question.refresh_from_db()
    assert (question.state, question.answer, question.confidence) == (
        AdviceState.ANSWERED,
        "Yes, memory allows it.",
        "certain",
    )
    assert [kept.name for kept in incident.attachments.all()] == ["merchants.csv"]


def test_an_answer_whose_file_is_refused_is_not_given_and_its_words_come_back(client_of, incident, question, sme):
    file = SimpleUploadedFile("page.html", b"<html><script>1</script></html>", content_type="text/html")
    answer = client_of(sme).post(at(incident, question), {"text": "Yes, memory allows it.", "files": file})
    assert answer.status_code == 409
    assert "Yes, memory allows it." in answer.content.decode()
    question.refresh_from_db()
    assert question.state == AdviceState.ASKED


def test_only_the_person_asked_answers_on_the_page(client_of, incident, question, tech_lead, outsider):
    assert client_of(tech_lead).post(at(incident, question), {"text": "Yes."}).status_code == 403
    assert client_of(outsider).post(at(incident, question), {"text": "Yes."}).status_code == 404
    question.refresh_from_db()
    assert question.state == AdviceState.ASKED


def test_an_empty_answer_keeps_the_question_and_says_what_is_missing(client_of, incident, question, sme):
    answer = client_of(sme).post(at(incident, question), {"text": " "}, headers=HTMX)
    assert answer.status_code == 409
    assert "Text: write it, then send it." in answer.content.decode()


def test_not_mine_asking_back_and_handing_on_each_have_a_button_that_works(
    client_of, incident, question, sme, bystander
):
    client = client_of(sme)
    client.post(at(incident, question, "ask-back/"), {"text": "On which node?"})
    assert incident.entries.get(kind=Kind.NOTE).data["to"] == [question.asked_by_id]
    client.post(at(incident, question, "hand-on/"), {"to": bystander.pk})
    question.refresh_from_db()
    assert question.asked == bystander
    client_of(bystander).post(at(incident, question, "decline/"))
    question.refresh_from_db()
    assert question.state == AdviceState.UNANSWERED


def test_the_mail_leads_to_a_page_with_the_one_question(client_of, incident, question, sme, tech_lead):
    mine = client_of(sme).get(at(incident, question)).content.decode()
    theirs = client_of(tech_lead).get(at(incident, question)).content.decode()
    assert QUESTION in mine and 'name="text"' in mine
    # Its forms post plainly: there is no console that htmx could fill.
    assert "#console" not in mine
    assert QUESTION in theirs and 'name="text"' not in theirs


def test_the_technical_lead_asks_from_the_panel_and_reads_the_answer_there(client_of, incident, tech_lead, sme):
    client = client_of(tech_lead)
    form = {"question": QUESTION, "asked": sme.pk, "minutes": "20", "is_urgent": "on", "seat": "tech_lead"}
    assert client.post(f"/incidents/{incident.key}/questions/", form).status_code == 302
    asked = AdviceRequest.objects.get()
    assert (asked.wait, asked.is_urgent) == (timedelta(minutes=20), True)
    advice.answer(asked, by=sme, text="Yes, memory allows it.", confidence="certain")
    shown = section(room(client_of, tech_lead, incident), "advice")
    assert "Yes, memory allows it." in shown and "Certain" in shown


# --- findings, duties, services ---------------------------------------------------------------


def test_a_finding_is_shared_and_listed_with_its_confidence(client_of, incident, sme):
    form = {"text": "Clients wait on the pool", "confidence": "certain", "recommendation": "Raise it", "seat": "sme"}
    client_of(sme).post(f"/incidents/{incident.key}/findings/", form)
    assert Finding.objects.get().found_by == sme
    shown = section(room(client_of, sme, incident), "share")
    assert "Clients wait on the pool" in shown and "Certain" in shown


def test_each_duty_has_a_live_fact_that_leads_to_the_work(client_of, incident, question, sme):
    make.seat(incident, Role.SME, make.make_user("dev"), kind=Holding.SHADOW)
    shown = duties(room(client_of, sme, incident))
    assert shown == {
        "Analyse": ("no finding yet", "#share"),
        "Advise": ("1 question open", "#questions"),
        "Troubleshoot": ("nothing on you", "#work"),
        "Contribute": ("after resolve", ""),
        "Teach": ("1 shadow: Dev", "#shadows"),
    }


def test_every_duty_leads_to_a_part_that_is_there(client_of, incident, question, sme):
    answer = room(client_of, sme, incident)
    for _words, href in duties(answer).values():
        assert not href or f'id="{href.removeprefix("#")}"' in answer.content.decode(), href


def test_services_of_ones_own_team_come_first(client_of, sme):
    team = Team.objects.create(name="Platform", slug="platform")
    team.members.add(sme)
    services = [make.make_service("aardvark"), make.make_service("ledger", team=team)]
    incident = make.make_incident(services=services)
    make.seat(incident, Role.SME, sme)
    assert re.findall(r"Ledger, yours|Aardvark", section(room(client_of, sme, incident), "share"))[:2] == [
        "Ledger, yours",
        "Aardvark",
    ]


# --- the report -------------------------------------------------------------------------------


def test_the_report_page_has_exactly_three_fields(client_of, incident, sme):
    page = client_of(sme).get(f"/incidents/{incident.key}/can/").content.decode()
    form = re.search(r"<form[^>]*data-can.*?</form>", page, re.S)[0]
    typed = re.findall(r'<(?:textarea|select|input(?! type="hidden"))[^>]*name="(\w+)"', form)
    assert typed == ["conditions", "actions", "needs"]
    assert len(re.findall(r"<button", form)) == 1
    assert re.findall(r'<textarea[^>]*name="(\w+)"[^>]*required', form) == ["conditions"]


def test_a_report_from_the_phone_is_sent_and_says_so(client_of, incident, sme, tech_lead):
    client = client_of(sme)
    address = f"/incidents/{incident.key}/can/"
    sent = client.post(address, {"conditions": "2 of 3 nodes are back", "needs": "A second pair of eyes"})
    assert sent.status_code == 302
    assert "data-can-sent" in client.get(sent["Location"]).content.decode()
    shown = section(room(client_of, tech_lead, incident), "workstreams")
    assert "Needs: A second pair of eyes" in shown and "1 need open" in shown


def test_what_was_said_last_stands_greyed_in_the_fields(client_of, incident, sme):
    coordination.report(incident, by=sme, conditions="2 of 3 nodes are back")
    page = client_of(sme).get(f"/incidents/{incident.key}/can/").content.decode()
    assert 'placeholder="2 of 3 nodes are back"' in page


def test_a_report_without_conditions_comes_back_as_it_was_typed(client_of, incident, sme):
    answer = client_of(sme).post(f"/incidents/{incident.key}/can/", {"conditions": "", "actions": "Watching 1c"})
    assert answer.status_code == 400
    assert "Watching 1c" in answer.content.decode()
    assert "Say what you see, then send it." in answer.content.decode()
    assert not CanReport.objects.exists()


def test_the_report_goes_to_the_workstream_that_waits_for_one(client_of, incident, tech_lead, sme):
    streams = [
        coordination.start(incident, by=tech_lead, name=name, lead=sme)
        for name in ("Restore the pool", "Count the loss")
    ]
    coordination.ask_report(streams[1], by=tech_lead)
    page = client_of(sme).get(f"/incidents/{incident.key}/can/").content.decode()
    assert f'name="workstream" value="{streams[1].pk}"' in page
    client_of(sme).post(f"/incidents/{incident.key}/can/", {"conditions": "Counting", "workstream": streams[1].pk})
    assert CanReport.objects.get().workstream == streams[1]


def test_a_workstream_of_elsewhere_is_not_reported_on(client_of, incident, sme):
    other = coordination.start(make.make_incident(), by=SYSTEM, name="Elsewhere")
    client_of(sme).post(f"/incidents/{incident.key}/can/", {"conditions": "Seen", "workstream": other.pk})
    assert CanReport.objects.get().workstream is None


def test_the_report_of_the_console_answers_the_console(client_of, incident, sme):
    form = {"conditions": "Seen", "seat": "sme"}
    answer = client_of(sme).post(f"/incidents/{incident.key}/can/", form, headers=HTMX)
    assert answer.status_code == 200
    assert 'id="console"' in answer.content.decode()


# --- what is known to help --------------------------------------------------------------------


def test_a_past_incident_is_shown_with_what_it_shares_and_is_linked_by_who_may(
    client_of, incident, sme, tech_lead, service
):
    past = make.make_incident(title="Ledger slow", services=[service], state="resolved")
    shown = section(room(client_of, sme, incident), "similar")
    assert f"{past.key} Ledger slow" in shown and "Payments" in shown and "Same again" not in shown
    assert "Same again" in section(room(client_of, tech_lead, incident), "similar")
    client_of(tech_lead).post(f"/incidents/{incident.key}/similar/{past.key}/", {"seat": "tech_lead"})
    link = IncidentLink.objects.get()
    assert (link.incident, link.other, link.kind) == (incident, past, LinkKind.RECURRENCE_OF)
    assert "linked" in section(room(client_of, tech_lead, incident), "similar")


def test_a_private_incident_is_neither_shown_nor_linked(client_of, incident, tech_lead, service):
    hidden = make.make_incident(title="Planted words", services=[service], is_private=True)
    search.index(hidden)
    assert "Planted" not in room(client_of, tech_lead, incident).content.decode()
    assert client_of(tech_lead).post(f"/incidents/{incident.key}/similar/{hidden.key}/").status_code == 404


def test_a_change_before_it_becomes_a_hypothesis_by_one_button(client_of, incident, tech_lead, service):
    happened_at = (incident.detected_at or incident.opened_at) - timedelta(minutes=14)
    changes.record(by=SYSTEM, title="Config rollout 8841", services=[service], happened_at=happened_at)
    shown = room(client_of, tech_lead, incident)
    assert "14 min before the first sign" in section(shown, "changes")
    form = re.search(
        r'name="title" value="(Config rollout 8841)"><input type="hidden" name="detail" value="([^"]*)"',
        shown.content.decode(),
    )
    client_of(tech_lead).post(f"/incidents/{incident.key}/hypotheses/", {"title": form[1], "detail": form[2]})
    assert [cause.title for cause in incident.hypotheses.all()] == ["Config rollout 8841"]


def test_after_the_end_the_console_still_stands(client_of, incident, question, sme, worker):
    lifecycle.move(incident, "cancel", by=SYSTEM, reason=make.REASON)
    worker.run()
    answer = room(client_of, sme, incident)
    assert answer.status_code == 200
    assert duties(answer)["Contribute"] == ("notes for review", "#share")


@pytest.mark.parametrize("count", [1, 3])
def test_the_console_costs_the_same_however_much_stands_on_it(
    count, client_of, incident: Incident, tech_lead, sme, service: Service, django_assert_num_queries
):
    for number in range(count):
        advice.ask(incident, by=tech_lead, asked=sme, question=f"Question {number}?")
        stream = coordination.start(incident, by=tech_lead, name=f"Stream {number}", lead=sme)
        coordination.report(incident, by=sme, conditions=f"Seen {number}", workstream=stream)
        make.make_incident(title=f"Before {number}", services=[service], state="resolved")
        changes.record(by=SYSTEM, title=f"Change {number}", services=[service], happened_at=incident.opened_at)
    client = client_of(sme)
    client.get(f"/incidents/{incident.key}/")
    with django_assert_num_queries(34):
        client.get(f"/incidents/{incident.key}/console/?seat=sme", headers=HTMX)
