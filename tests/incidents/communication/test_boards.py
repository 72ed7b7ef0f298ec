"""Boards: shown to whoever has the link, as long as it lasts, and holding nothing that is not meant for them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from incidents import access, events, timeline
from incidents.communication import boards, questions, updates
from incidents.conflicts import Conflict
from incidents.models import BoardLink, Incident, Kind
from incidents.response import advice, tasking
from notifications import limits, links
from roles.models import User
from roles.policy import SYSTEM
from statuspage.models import StatusPage
from tests import make

PLANTED = "PLANTED-plum"


@pytest.fixture
def board(incident: Incident, comms_lead: User) -> BoardLink:
    return boards.share(incident, by=comms_lead, name="Board of directors")


def address(board: BoardLink) -> str:
    return f"/board/{boards.token_of(board)}/"


def look(board: BoardLink) -> str:
    return Client().get(address(board)).content.decode()


def test_whoever_has_the_link_sees_where_it_stands_without_a_session(incident: Incident, board: BoardLink) -> None:
    answer = Client().get(address(board))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Card payments fail in the EU" in page
    assert "Many customers down" in page
    assert "Communication Lead" in page
    assert "Jonas" in page
    assert answer.cookies == {}
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer["Cache-Control"]
    assert '<meta name="robots" content="noindex, nofollow">' in page


def test_what_was_published_stands_there_and_nothing_else(
    incident: Incident, page: StatusPage, comms_lead: User, tech_lead: User, board: BoardLink
) -> None:
    updates.publish(make.make_draft(incident, by=SYSTEM, page=page, title="Cards are declined in the EU"), by=SYSTEM)
    for audience, body in (("internal", "The pool is full."), ("executive", "Revenue at risk is small.")):
        updates.publish(updates.draft(incident, by=SYSTEM, audience=audience, body=body), by=SYSTEM)
    updates.publish(updates.draft(incident, by=SYSTEM, audience="support", body=f"{PLANTED} say sorry"), by=SYSTEM)
    updates.draft(incident, by=comms_lead, audience="executive", title=f"{PLANTED} title", body=f"{PLANTED} draft")
    timeline.add_entry(incident, by=tech_lead, kind=Kind.NOTE, body=f"{PLANTED} note")
    tasking.add(incident, by=tech_lead, title=f"{PLANTED} task")
    advice.ask(incident, by=SYSTEM, asked=tech_lead, question=f"{PLANTED} advice")
    questions.ask(incident, by=tech_lead, question=f"{PLANTED} open question")
    unshared = questions.ask(incident, by=tech_lead, question=f"{PLANTED} unshared question")
    questions.answer(unshared, by=tech_lead, text=f"{PLANTED} unshared answer")
    shared = questions.ask(incident, by=tech_lead, question="Is data lost?")
    questions.answer(shared, by=comms_lead, text="None is.", share=True)
    Incident.objects.filter(pk=incident.pk).update(summary=f"{PLANTED} summary")
    said = look(board)
    for words in ("Cards are declined in the EU", "The pool is full.", "Revenue at risk is small.", "Is data lost?"):
        assert words in said
    assert PLANTED not in said
    assert "Card payments fail in the EU" not in said.replace("<title>", "")
    for person in (comms_lead, tech_lead):
        assert str(person.phone) not in said
        assert person.email not in said


def test_until_something_is_public_it_has_our_own_title(incident: Incident, page: StatusPage, board: BoardLink) -> None:
    assert boards.title_of(incident) == incident.title
    updates.publish(make.make_draft(incident, by=SYSTEM, page=page, title="Cards are declined"), by=SYSTEM)
    assert boards.title_of(incident) == "Cards are declined"


@pytest.mark.parametrize("forged", ["invented", "invented.abcdefghijklmnop", "a.b.c", "x" * 600])
def test_a_forged_link_leads_nowhere(board: BoardLink, forged: str) -> None:
    assert Client().get(f"/board/{forged}/").status_code == 404
    assert Client().get(f"/board/{links.sign('paging', board.public_id)}/").status_code == 404


def test_it_ends_by_itself(incident: Incident, board: BoardLink) -> None:
    BoardLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(address(board)).status_code == 404
    assert Client().post(f"{address(board)}questions/", {"name": "Kim", "question": "And?"}).status_code == 404
    assert boards.of(incident) == []


def test_it_ends_at_once_when_it_is_taken_back(incident: Incident, board: BoardLink, commander: User) -> None:
    boards.revoke(board, by=commander)
    assert Client().get(address(board)).status_code == 404
    with pytest.raises(Conflict):
        boards.revoke(board, by=commander)
    bodies = list(incident.entries.filter(kind=Kind.BOARD_SHARED).order_by("pk").values_list("body", flat=True))
    assert bodies[0].startswith("Shared with Board of directors until ")
    assert bodies[1] == "Link for Board of directors taken back."


def test_only_commander_and_communication_lead_share(incident: Incident, tech_lead: User, board: BoardLink) -> None:
    with pytest.raises(PermissionDenied):
        boards.share(incident, by=tech_lead, name="Friends")
    with pytest.raises(PermissionDenied):
        boards.revoke(board, by=tech_lead)


@pytest.mark.parametrize(("name", "lasts"), [("", timedelta(days=1)), ("Kim", timedelta(days=8)), ("Kim", timedelta())])
def test_a_link_has_a_name_and_an_end_within_seven_days(
    incident: Incident, commander: User, name: str, lasts: timedelta
) -> None:
    with pytest.raises(ValidationError):
        boards.share(incident, by=commander, name=name, lasts=lasts)


def test_a_private_incident_is_shared_only_on_purpose_and_on_record(commander: User) -> None:
    hidden = make.make_incident(is_private=True)
    make.seat(hidden, "commander", commander)
    with pytest.raises(Conflict) as refused:
        boards.share(hidden, by=commander, name="Auditors")
    assert refused.value.needed == ["accept_private"]
    board = boards.share(hidden, by=commander, name="Auditors", accept_private=True)
    entry = hidden.entries.get(kind=Kind.BOARD_SHARED)
    assert (entry.data["is_private"], entry.visibility) == (True, "room")
    assert Client().get(address(board)).status_code == 200


def test_a_link_from_before_it_became_private_leads_nowhere(
    incident: Incident, board: BoardLink, commander: User
) -> None:
    access.make_private(incident, by=commander)
    assert Client().get(address(board)).status_code == 404
    access.make_public(incident, by=commander)
    assert Client().get(address(board)).status_code == 200


def test_looks_are_counted_and_reading_itself_anew_is_not(board: BoardLink) -> None:
    look(board)
    answer = Client().get(address(board), headers={"HX-Request": "true"})
    board.refresh_from_db()
    assert board.seen_count == 1
    assert answer.content.decode().startswith('<div id="board"')


def test_one_asks_from_there_with_a_name(incident: Incident, board: BoardLink) -> None:
    answer = Client(enforce_csrf_checks=True).post(
        f"{address(board)}questions/", {"name": "Kim Berg", "question": "Is data lost?"}
    )
    assert "The team has your question" in answer.content.decode()
    (asked,) = incident.team_questions.all()
    assert (asked.asked_name, asked.question, asked.asked_by) == ("Kim Berg", "Is data lost?", None)
    refused = Client().post(f"{address(board)}questions/", {"name": "", "question": "Kept as typed"})
    assert refused.status_code == 400
    assert "Kept as typed" in refused.content.decode()
    assert Client().get(f"{address(board)}questions/").status_code == 302


def test_who_asks_too_often_is_asked_to_wait(
    incident: Incident, board: BoardLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = limits.take
    monkeypatch.setattr(
        limits, "take", lambda bucket, **much: not bucket.startswith("board-question:") and taken(bucket, **much)
    )
    answer = Client().post(f"{address(board)}questions/", {"name": "Kim", "question": "Again?"})
    assert answer.status_code == 429
    assert "Again?" in answer.content.decode()
    assert not incident.team_questions.exists()
    monkeypatch.setattr(limits, "take", lambda bucket, **much: False)
    assert Client().get(address(board)).status_code == 429


def test_the_room_shows_links_to_those_who_share_and_to_nobody_else(
    incident: Incident, board: BoardLink, comms_lead: User, tech_lead: User, client_of: Callable[[User], Client]
) -> None:
    room = f"/incidents/{incident.key}/"
    assert boards.token_of(board) in client_of(comms_lead).get(room).content.decode()
    assert boards.token_of(board) not in client_of(tech_lead).get(room).content.decode()


def test_executive_mail_leads_to_the_board_where_there_is_one(incident: Incident, board: BoardLink) -> None:
    assert boards.url_for_groups(incident) == boards.url_of(board)
    with events.dated(events.moment() - timedelta(days=3)):
        boards.share(incident, by=SYSTEM, name="Long ago", lasts=timedelta(days=1))
    assert boards.url_for_groups(incident) == boards.url_of(board)
    BoardLink.objects.update(revoked_at=timezone.now())
    assert boards.url_for_groups(incident) == ""


def test_an_update_for_several_is_shown_if_one_of_them_is_shown(incident: Incident, board: BoardLink) -> None:
    draft = updates.draft(incident, by=SYSTEM, audience="support", also_for=["internal"], body="For both of them.")
    updates.publish(draft, by=SYSTEM)
    assert "For both of them." in look(board)


def test_a_board_costs_the_same_whatever_was_said(
    incident: Incident, board: BoardLink, django_assert_num_queries: Callable[..., object]
) -> None:
    for number in range(3):
        updates.publish(updates.draft(incident, by=SYSTEM, audience="internal", body=f"Text {number}."), by=SYSTEM)
    found = boards.by_token(boards.token_of(board))
    assert found is not None
    with django_assert_num_queries(4):
        boards.picture(found)
