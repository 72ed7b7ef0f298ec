"""Groups and chats in the admin: doors to the same work, and nothing secret in a form."""

from collections.abc import Callable

from django.test import Client

from incidents.communication import boards, groups, mirrors, questions
from incidents.models import ChatMirror, Incident, StakeholderGroup
from notifications import chat_hooks
from notifications.models import Message
from roles.models import AuditEvent, User
from roles.policy import SYSTEM
from tests import make

Browser = Callable[[User], Client]
GROUP, CHAT = "/admin/incidents/stakeholdergroup/", "/admin/incidents/chatmirror/"
URL = "https://hooks.slack.example/services/T0/B0/secret-k7Qx"


def test_a_group_is_made_and_changed(administrator: User, bystander: User, client_of: Browser) -> None:
    browser = client_of(administrator)
    form = {
        "name": "Executives",
        "kind": "executive",
        "members": [str(bystander.pk)],
        "addresses": "chair@nordlys.example\nCFO@nordlys.example",
        "least_severity": "SEV2",
        "is_active": "on",
    }
    assert browser.post(f"{GROUP}add/", form).status_code == 302
    made = StakeholderGroup.objects.get()
    assert (made.slug, list(made.members.all())) == ("executives", [bystander])
    assert made.addresses == ["chair@nordlys.example", "cfo@nordlys.example"]
    shown = make.form_of(browser.get(f"{GROUP}{made.pk}/change/"))
    assert browser.post(f"{GROUP}{made.pk}/change/", {**shown, "name": "The board"}).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.version) == ("The board", 2)
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {
        "stakeholder_group.added",
        "stakeholder_group.changed",
    }


def test_an_address_that_is_none_stands_beside_the_field(administrator: User, client_of: Browser) -> None:
    form = {"name": "X", "kind": "executive", "addresses": "nobody", "least_severity": "SEV5", "is_active": "on"}
    answer = client_of(administrator).post(f"{GROUP}add/", form)
    assert "nobody is no e-mail address" in answer.content.decode()
    assert not StakeholderGroup.objects.exists()


def test_a_chat_is_added_changed_tried_and_switched(administrator: User, client_of: Browser) -> None:
    browser = client_of(administrator)
    form = {"kind": "slack", "name": "#inc", "url": URL, "audiences": ["public"], "least_severity": "SEV5"}
    assert browser.post(f"{CHAT}add/", form).status_code == 302
    made = ChatMirror.objects.select_related("hook").get()
    assert chat_hooks.url_of(made.hook) == URL
    page = browser.get(f"{CHAT}{made.pk}/change/")
    assert "secret" not in page.content.decode()
    changed = {**make.form_of(page), "name": "#news", "audiences": ["internal"], "events": ["ended"]}
    assert browser.post(f"{CHAT}{made.pk}/change/", changed).status_code == 302
    made = ChatMirror.objects.select_related("hook").get()
    assert (made.hook.name, made.audiences, made.events) == ("#news", ["internal"], ["ended"])
    assert chat_hooks.url_of(made.hook) == URL
    browser.post(CHAT, {"action": "send_test", "_selected_action": [str(made.pk)]})
    assert Message.objects.filter(channel="chat").count() == 1
    browser.post(CHAT, {"action": "switch_off", "_selected_action": [str(made.pk)]})
    made.refresh_from_db()
    assert made.is_active is False


def test_a_chat_that_makes_no_sense_is_refused_beside_what_was_typed(administrator: User, client_of: Browser) -> None:
    form = {"kind": "slack", "name": "#inc", "url": "gopher://x", "least_severity": "SEV5"}
    page = client_of(administrator).post(f"{CHAT}add/", form).content.decode()
    assert "Only http and https addresses are allowed." in page
    assert "Say what the room reads along of" in page
    assert not ChatMirror.objects.exists()


def test_who_does_not_keep_words_sees_and_changes_neither(bystander: User, client_of: Browser) -> None:
    group, chat = groups.add(by=SYSTEM, name="Executives"), mirrors.add(by=SYSTEM, kind="slack", name="#inc")
    for address in (GROUP, f"{GROUP}{group.pk}/change/", CHAT, f"{CHAT}{chat.pk}/change/"):
        assert client_of(bystander).get(address).status_code == 403
    assert (
        client_of(bystander).post(CHAT, {"action": "switch_off", "_selected_action": [str(chat.pk)]}).status_code == 403
    )


def test_links_are_listed_without_their_address(incident: Incident, administrator: User, client_of: Browser) -> None:
    board = boards.share(incident, by=administrator, name="Auditors")
    questions.ask(incident, by=administrator, question="Is data lost?")
    browser = client_of(administrator)
    for address in ("/admin/incidents/boardlink/", f"/admin/incidents/boardlink/{board.pk}/change/"):
        page = browser.get(address).content.decode()
        assert "Auditors" in page
        assert boards.token_of(board) not in page
        assert board.public_id not in page
    assert "Is data lost?" in browser.get("/admin/incidents/teamquestion/").content.decode()
