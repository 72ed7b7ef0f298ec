"""The pages of groups and chats, and of questions to the team and board links, as somebody uses them."""

from collections.abc import Callable

import pytest
from django.test import Client

from incidents import access
from incidents.communication import boards, groups, mirrors, questions
from incidents.models import BoardLink, ChatMirror, Incident, Kind, StakeholderGroup, TeamQuestionState
from incidents.views import telling
from notifications import chat_hooks
from notifications.models import ChatHook, Message
from roles.models import User
from roles.policy import SYSTEM
from tests import make

Browser = Callable[[User], Client]
GROUPS, CHATS = "/settings/words/groups/", "/settings/words/chats/"
URL = "https://hooks.slack.example/services/T0/B0/secret-k7Qx"
GROUP = {"name": "Executives", "kind": "executive", "least_severity": "SEV2"}
CHAT = {"kind": "slack", "name": "#inc", "url": URL, "audiences": ["public"], "least_severity": "SEV5"}


# --- groups ---------------------------------------------------------------------------------------


def test_a_group_is_made_of_names_and_addresses_one_a_line(
    administrator: User, bystander: User, client_of: Browser
) -> None:
    people = "ben\nBEN@nordlys.example\nchair@nordlys.example\n\n"
    answer = client_of(administrator).post(GROUPS, {**GROUP, "people": people})
    assert answer.status_code == 302
    made = StakeholderGroup.objects.get()
    assert (list(made.members.all()), made.addresses) == ([bystander], ["chair@nordlys.example"])
    assert (made.kind, made.least_severity) == ("executive", "SEV2")
    page = client_of(bystander).get(GROUPS).content.decode()
    assert "Executives" in page
    assert "SEV2 and worse" in page
    assert "+ 1 by mail alone" in page


def test_an_unknown_name_is_named_and_nothing_typed_is_lost(administrator: User, client_of: Browser) -> None:
    answer = client_of(administrator).post(GROUPS, {**GROUP, "people": "ben\nwhoever"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Nobody here is called ben." in page
    assert "whoever" in page
    assert not StakeholderGroup.objects.exists()


def test_a_responder_looks_but_does_not_change(bystander: User, client_of: Browser) -> None:
    group = groups.add(by=SYSTEM, name="Executives")
    browser = client_of(bystander)
    assert "Add a group" not in browser.get(GROUPS).content.decode()
    assert browser.post(GROUPS, {**GROUP, "people": ""}).status_code == 403
    assert browser.post(f"{GROUPS}{group.slug}/", {"active": "no"}).status_code == 403
    group.refresh_from_db()
    assert group.is_active


def test_a_group_is_changed_and_retired_on_its_page(administrator: User, client_of: Browser) -> None:
    group = groups.add(by=SYSTEM, name="Executives", addresses=["chair@nordlys.example"])
    browser, address = client_of(administrator), f"{GROUPS}{group.slug}/"
    assert "chair@nordlys.example" in browser.get(address).content.decode()
    changed = {**GROUP, "name": "The board", "people": "cfo@nordlys.example", "version": "1"}
    assert browser.post(address, changed).status_code == 302
    group.refresh_from_db()
    assert (group.name, group.addresses, group.version) == ("The board", ["cfo@nordlys.example"], 2)
    again = browser.post(address, {**changed, "name": "Another"})
    assert again.status_code == 400
    assert "Somebody changed this after you opened it." in again.content.decode()
    browser.post(address, {"active": "no"})
    group.refresh_from_db()
    assert (group.name, group.is_active) == ("The board", False)


# --- chats ----------------------------------------------------------------------------------------


def test_a_chat_is_added_and_its_address_is_shown_to_nobody_again(administrator: User, client_of: Browser) -> None:
    browser = client_of(administrator)
    assert browser.post(CHATS, CHAT).status_code == 302
    mirror = ChatMirror.objects.select_related("hook").get()
    assert chat_hooks.url_of(mirror.hook) == URL
    for address in (CHATS, f"{CHATS}{mirror.pk}/", f"/admin/incidents/chatmirror/{mirror.pk}/change/"):
        page = browser.get(address).content.decode()
        assert "#inc" in page
        assert "secret" not in page
    assert "hooks.slack.example/…k7Qx" in browser.get(CHATS).content.decode()


def test_an_address_left_empty_stays(administrator: User, client_of: Browser) -> None:
    mirror = mirrors.add(by=SYSTEM, kind="slack", name="#inc", url=URL)
    changed = {"name": "#news", "url": "", "audiences": ["internal"], "least_severity": "SEV1", "version": "1"}
    assert client_of(administrator).post(f"{CHATS}{mirror.pk}/", changed).status_code == 302
    hook = ChatHook.objects.get()
    mirror.refresh_from_db()
    assert (hook.name, chat_hooks.url_of(hook)) == ("#news", URL)
    assert (mirror.audiences, mirror.least_severity) == (["internal"], "SEV1")


def test_what_makes_no_sense_stands_beside_what_was_typed(administrator: User, client_of: Browser) -> None:
    answer = client_of(administrator).post(CHATS, {**CHAT, "url": "http://10.0.0.1/x", "name": "#typed"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "The address of a chat begins with https://." in page
    assert "#typed" in page
    assert not ChatMirror.objects.exists()


def test_a_test_message_is_sent_and_trouble_shows(administrator: User, client_of: Browser) -> None:
    mirror = mirrors.add(by=SYSTEM, kind="slack", name="#inc", url=URL)
    browser = client_of(administrator)
    said = browser.post(f"{CHATS}{mirror.pk}/test/", follow=True).content.decode()
    assert "A test message is on its way to Slack: #inc." in said
    assert Message.objects.get(channel="chat").address == f"hook:{mirror.hook.public_id}"
    chat_hooks.failed(mirror.hook, "The chat answered 404: no_service.", is_refusal=True)
    assert "The chat answered 404: no_service." in browser.get(CHATS).content.decode()
    browser.post(f"{CHATS}{mirror.pk}/switch/", {"active": "no"})
    assert browser.post(f"{CHATS}{mirror.pk}/test/").status_code == 409


@pytest.mark.parametrize("step", ["", "switch/", "test/"])
def test_who_does_not_keep_words_sees_no_chat(bystander: User, client_of: Browser, step: str) -> None:
    mirror = mirrors.add(by=SYSTEM, kind="slack", name="#inc", url=URL)
    assert client_of(bystander).get(CHATS).status_code == 403
    assert client_of(bystander).post(f"{CHATS}{mirror.pk}/{step}", CHAT).status_code == 403
    assert not Message.objects.filter(channel="chat").exists()


# --- questions to the team ------------------------------------------------------------------------


def test_a_question_goes_its_way_on_the_page(
    incident: Incident, comms_lead: User, tech_lead: User, bystander: User, client_of: Browser
) -> None:
    address = f"/incidents/{incident.key}/team-questions/"
    assert client_of(bystander).post(address, {"question": "Are payouts affected?"}).status_code == 302
    question = incident.team_questions.get()
    mine = f"{address}{question.pk}/"
    jonas = client_of(comms_lead)
    jonas.post(f"{mine}assign/", {"to": str(tech_lead.pk), "from": "page"})
    page = client_of(tech_lead).get(address).content.decode()
    assert "Priya has it" in page
    answer = client_of(tech_lead).post(f"{mine}answer/", {"text": "No.", "from": "page"})
    assert (answer.status_code, answer["Location"]) == (302, address)
    jonas.post(f"{mine}share/", {"from": "page"})
    question.refresh_from_db()
    assert (question.state, question.answer, question.is_shared) == (TeamQuestionState.ANSWERED, "No.", True)
    assert "Take off the board" in jonas.get(address).content.decode()
    assert client_of(comms_lead).post(f"{mine}answer/", {"text": "Yes."}).status_code == 409


def test_from_a_console_the_console_comes_back(incident: Incident, comms_lead: User, client_of: Browser) -> None:
    question = questions.ask(incident, by=SYSTEM, question="Is data lost?")
    answer = client_of(comms_lead).post(
        f"/incidents/{incident.key}/team-questions/{question.pk}/take/",
        {"seat": "comms_lead"},
        headers={"HX-Request": "true"},
    )
    assert "Jonas has it" in answer.content.decode()
    assert "incident-changed" in answer["HX-Trigger"]


def test_an_invited_stakeholder_reads_and_asks(incident: Incident, outsider: User, client_of: Browser) -> None:
    access.invite(incident, outsider, by=SYSTEM)
    address = f"/incidents/{incident.key}/team-questions/"
    assert "Ask the team" not in client_of(outsider).get(address).content.decode()
    groups.add(by=SYSTEM, name="Executives", members=[outsider])
    assert "Ask the team" in client_of(outsider).get(address).content.decode()
    client_of(outsider).post(address, {"question": "Is data lost?"})
    assert incident.team_questions.get().asked_by == outsider


def test_a_question_that_is_mine_stands_among_my_tasks(
    incident: Incident, comms_lead: User, tech_lead: User, client_of: Browser
) -> None:
    question = questions.ask(incident, by=SYSTEM, question="Is data lost?")
    questions.assign(question, to=tech_lead, by=comms_lead)
    assert "Question to the team: Is data lost?" in client_of(tech_lead).get("/tasks/").content.decode()
    assert "Is data lost?" not in client_of(comms_lead).get("/tasks/").content.decode()
    questions.answer(question, by=comms_lead, text="None is.")
    assert "Is data lost?" not in client_of(tech_lead).get("/tasks/").content.decode()


def test_an_odd_step_or_person_is_no_error_of_ours(incident: Incident, comms_lead: User, client_of: Browser) -> None:
    question = questions.ask(incident, by=SYSTEM, question="Is data lost?")
    mine = f"/incidents/{incident.key}/team-questions/{question.pk}/"
    assert client_of(comms_lead).post(f"{mine}explode/").status_code == 404
    for person in ("", "x", "99999999999999999999"):
        assert client_of(comms_lead).post(f"{mine}assign/", {"to": person}).status_code == 404


# --- boards ---------------------------------------------------------------------------------------


def test_a_link_is_made_and_taken_back_in_the_room(incident: Incident, comms_lead: User, client_of: Browser) -> None:
    browser = client_of(comms_lead)
    browser.post(f"/incidents/{incident.key}/boards/", {"name": "Auditors", "hours": "4"})
    board = BoardLink.objects.get()
    assert boards.url_of(board) in browser.get(f"/incidents/{incident.key}/").content.decode()
    browser.post(f"/incidents/{incident.key}/boards/{board.pk}/revoke/")
    assert boards.of(incident) == []


def test_a_private_incident_warns_before_it_is_shared(commander: User, client_of: Browser) -> None:
    hidden = make.make_incident(is_private=True)
    make.seat(hidden, "commander", commander)
    browser, address = client_of(commander), f"/incidents/{hidden.key}/boards/"
    assert "Whoever has the link sees it, invited or not." in browser.get(f"/incidents/{hidden.key}/").content.decode()
    assert browser.post(address, {"name": "Auditors", "hours": "4"}).status_code == 409
    assert browser.post(address, {"name": "Auditors", "hours": "4", "accept_private": "on"}).status_code == 302
    assert BoardLink.objects.get().covers_private


# --- the timeline ---------------------------------------------------------------------------------


def test_questions_read_as_sentences_in_the_timeline(incident: Incident, comms_lead: User, tech_lead: User) -> None:
    asked = questions.ask(incident, by=tech_lead, question="Is data lost?")
    questions.take(asked, by=tech_lead)
    questions.answer(asked, by=tech_lead, text="None is.")
    rows = incident.entries.filter(kind__in=[Kind.QUESTION_ASKED, Kind.QUESTION_ANSWERED]).order_by("pk")
    told = [telling.told(row) for row in rows]
    assert [(one.sentence, one.body, one.tag) for one in told] == [
        ("", "Is data lost?", "Question to the team"),
        ("Priya looks into: Is data lost?", "", "Question to the team"),
        ("Is data lost?", "None is.", "Answer"),
    ]
    board = boards.share(incident, by=comms_lead, name="Auditors")
    questions.ask_by_link(board, name="Kim Berg", question="And now?")
    newest = telling.told(incident.entries.latest("number"))
    assert (newest.sentence, newest.body) == ("Kim Berg, through the board link for Auditors", "And now?")
    shared = telling.told(incident.entries.get(kind=Kind.BOARD_SHARED))
    assert shared.sentence.startswith("Shared with Auditors until ")
