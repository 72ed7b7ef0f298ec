"""Calling people from the room, and answering: in the room, on every page, and by the link of the message."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from incidents.models import Incident, Paging
from incidents.response import paging
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make

ClientOf = Callable[[User], Client]


def url(name: str, incident: Incident, *args: object) -> str:
    return reverse(f"incidents:{name}", args=[incident.key, *args])


@pytest.fixture
def call(incident: Incident, commander: User, bystander: User) -> Paging:
    return paging.page(incident, bystander, by=commander, role=Role.SME, message="You wrote the pool.")


def link(call: Paging) -> str:
    return reverse("incidents:paging_link", args=[paging.token_of(call)])


# --- calling ----------------------------------------------------------------------------------


def test_the_commander_pages_by_name_and_by_role(
    commander: User, incident: Incident, bystander: User, client_of: ClientOf
) -> None:
    best = make.make_user("best", qualified=[Role.SCRIBE])
    client = client_of(commander)
    client.post(url("page", incident), {"user": bystander.pk, "role": "", "message": "Please come."})
    client.post(url("page", incident), {"user": "", "role": "scribe"})
    calls = incident.pagings.order_by("pk").values_list("user", "role", "message")
    assert list(calls) == [(bystander.pk, "", "Please come."), (best.pk, "scribe", "")]


def test_paging_nobody_says_so(commander: User, incident: Incident, client_of: ClientOf) -> None:
    answer = client_of(commander).post(url("page", incident), {"user": "", "role": ""})
    assert (answer.status_code, "Choose whom to page" in answer.content.decode()) == (409, True)
    answer = client_of(commander).post(url("page", incident), {"user": "99999"})
    assert (answer.status_code, incident.pagings.count()) == (409, 0)


def test_the_commanders_console_shows_who_was_called_and_takes_it_back(
    commander: User, incident: Incident, call: Paging, client_of: ClientOf
) -> None:
    client = client_of(commander)
    roster = client.get(url("room", incident)).content.decode()
    assert "Ben paged" in roster
    client.post(url("withdraw_call", incident, call.pk))
    assert Paging.objects.get().state == "withdrawn"


# --- on every page ----------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["situation", "incidents", "alerts", "responders"])
def test_the_call_stands_on_every_page_of_the_one_called_and_of_nobody_else(
    bystander: User, commander: User, call: Paging, client_of: ClientOf, page: str
) -> None:
    shown = client_of(bystander).get(reverse(f"incidents:{page}")).content.decode()
    assert "You are called to INC-1 as Subject Matter Expert" in shown
    assert "You wrote the pool." in shown
    assert "You are called" not in client_of(commander).get(reverse(f"incidents:{page}")).content.decode()


def test_in_the_room_one_answers_and_then_takes_the_seat_by_one_click(
    bystander: User, incident: Incident, call: Paging, client_of: ClientOf
) -> None:
    client = client_of(bystander)
    assert "I am on it" in client.get(url("room", incident)).content.decode()
    client.post(url("answer_call", incident, call.pk))
    room = client.get(url("room", incident)).content.decode()
    assert "You are on it: INC-1 waits for you as Subject Matter Expert." in room
    assert url("take", incident, Role.SME) in room
    client.post(url("take", incident, Role.SME))
    assert incident.seats.held().get(role=Role.SME).user == bystander


@pytest.mark.parametrize(
    "page", ["/", "/incidents/", "/alerts/", "/tasks/", "/incidents/INC-1/", "/incidents/INC-1/?seat=sme", "/livebar/"]
)
def test_after_the_answer_the_seat_is_offered_wherever_one_looks(
    bystander: User, incident: Incident, call: Paging, client_of: ClientOf, page: str
) -> None:
    client, take = client_of(bystander), f'action="{url("take", incident, Role.SME)}"'

    def shown() -> str:
        return client.get(page, headers={"HX-Request": "true"} if page == "/livebar/" else {}).content.decode()

    assert ("Take the seat" in shown(), "I am on it" in shown()) == (False, True)
    client.post(url("answer_call", incident, call.pk))
    assert ("Take the seat" in shown(), take in shown(), "I am on it" in shown()) == (True, True, False)
    client.post(url("take", incident, Role.SME))
    assert "Take the seat" not in shown()


def test_who_sits_elsewhere_in_the_room_is_offered_the_seat_at_their_console(
    scribe: User, commander: User, incident: Incident, client_of: ClientOf
) -> None:
    call = paging.page(incident, scribe, by=commander, role=Role.SUPPORT_LIAISON)
    paging.acknowledge(call, by=scribe, through="link")
    console = client_of(scribe).get(url("room", incident)).content.decode()
    assert ("Scribe" in console, f'action="{url("take", incident, Role.SUPPORT_LIAISON)}"' in console) == (True, True)


def test_who_would_command_and_lead_the_fix_says_why_at_the_seat(
    tech_lead: User, incident: Incident, client_of: ClientOf
) -> None:
    call = paging.page(incident, tech_lead, by=SYSTEM, role=Role.COMMANDER)
    paging.acknowledge(call, by=tech_lead, through="link")
    text = client_of(tech_lead).get("/incidents/").content.decode()
    assert f'href="{url("room", incident)}?seat=commander">Take the seat' in text
    assert url("take", incident, Role.COMMANDER) not in text


def test_who_cannot_come_says_so(bystander: User, incident: Incident, call: Paging, client_of: ClientOf) -> None:
    client_of(bystander).post(url("decline_call", incident, call.pk), {"reason": "On a plane."})
    call.refresh_from_db()
    assert call.state != "waiting"


def test_nobody_answers_for_another(commander: User, incident: Incident, call: Paging, client_of: ClientOf) -> None:
    for name in ("answer_call", "decline_call"):
        assert client_of(commander).post(url(name, incident, call.pk)).status_code == 403
    call.refresh_from_db()
    assert call.state == "waiting"


def test_a_call_of_another_incident_is_not_found_here(bystander: User, call: Paging, client_of: ClientOf) -> None:
    other = make.make_incident(title="Another one")
    assert client_of(bystander).post(url("answer_call", other, call.pk)).status_code == 404


# --- by link ----------------------------------------------------------------------------------


def test_behind_the_link_stands_one_button_and_looking_changes_nothing(call: Paging, client: Client) -> None:
    page = client.get(link(call))
    text = page.content.decode()
    assert (page.status_code, text.count("<button"), "I am on it" in text) == (200, 1, True)
    assert (page["Referrer-Policy"], "no-cache" in page["Cache-Control"]) == ("no-referrer", True)
    call.refresh_from_db()
    assert call.state == "waiting"


def test_the_button_answers_without_signing_in_and_may_be_pressed_again(call: Paging) -> None:
    client = Client(enforce_csrf_checks=True)
    for _ in range(2):
        answer = client.post(link(call))
        assert (answer.status_code, "You are on it" in answer.content.decode()) == (200, True)
    call.refresh_from_db()
    assert (call.state, call.answered_through) == ("acknowledged", "link")


def test_too_late_it_says_so_and_changes_nothing(incident: Incident, call: Paging, client: Client) -> None:
    make.make_user("second", qualified=[Role.SME])
    paging.decline(call, by=call.user)
    for answer in (client.get(link(call)), client.post(link(call))):
        assert "was called after you" in answer.content.decode()
        assert "<button" not in answer.content.decode()
    call.refresh_from_db()
    assert call.state == "passed_on"


@pytest.mark.parametrize("token", ["nonsense", "1.AAAAAAAAAAAAAAAA", "x" * 600])
def test_a_forged_link_leads_nowhere(call: Paging, client: Client, token: str) -> None:
    for answer in (client.get(f"/paging/{token}/"), client.post(f"/paging/{token}/")):
        assert answer.status_code == 404


def test_the_link_of_one_who_may_not_look_any_more_answers_nothing(client: Client, bystander: User) -> None:
    call = paging.page(make.make_incident(), bystander, by=SYSTEM)
    bystander.is_active = False
    bystander.save()
    assert "This call is over" in client.post(link(call)).content.decode()
    call.refresh_from_db()
    assert call.state == "waiting"


# --- who is there -----------------------------------------------------------------------------


def test_responders_shows_what_everybody_holds_and_pages_them(
    incident: Incident, commander: User, bystander: User, client_of: ClientOf
) -> None:
    client = client_of(commander)
    page = client.get(f"/responders/?incident={incident.key}").content.decode()
    assert "Amara" in page
    assert "commands INC-1" in page
    assert page.count(url("page", incident)) == 1
    client.post(url("page", incident), {"user": bystander.pk, "role": ""})
    assert "paged" in client.get("/responders/").content.decode()


def test_responders_filters_by_role_and_names_no_private_incident(
    commander: User, bystander: User, client_of: ClientOf
) -> None:
    secret = make.make_incident(is_private=True, title="Keys were copied")
    make.seat(secret, Role.SCRIBE, make.make_user("elif", qualified=[Role.SCRIBE]))
    page = client_of(bystander).get("/responders/?role=scribe").content.decode()
    assert ("Elif" in page, "1 elsewhere" in page) == (True, True)
    assert (f"/incidents/{secret.key}/" in page, "Keys were copied" in page, "Amara" in page) == (False, False, False)


def test_responders_are_not_for_stakeholders(outsider: User, client_of: ClientOf) -> None:
    assert client_of(outsider).get("/responders/").status_code == 403


@pytest.mark.parametrize("people", [1, 3])
def test_responders_cost_the_same_for_one_and_for_three(
    incident: Incident, bystander: User, client_of: ClientOf, people: int, django_assert_max_num_queries
) -> None:
    for _ in range(people):
        make.seat(incident, Role.SCRIBE, make.make_user(qualified=[Role.SCRIBE]))
    client = client_of(bystander)
    with django_assert_max_num_queries(16):
        client.get("/responders/")
