""" "Did this help?" on a page: counted once for each visitor, without a cookie."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from incidents.communication import updates
from incidents.models import Feedback, Incident
from roles.policy import SYSTEM
from statuspage import helpfulness
from statuspage.models import PublicUpdate, StatusPage
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def said(incident: Incident, page: StatusPage) -> PublicUpdate:
    draft = make.make_draft(
        incident, by=SYSTEM, page=page, body="Some cards fail.", next_update_at=timezone.now() + timedelta(hours=1)
    )
    update = updates.publish(updates.approve(updates.submit(draft, by=SYSTEM), by=SYSTEM), by=SYSTEM)
    return PublicUpdate.objects.get(update=update)


def path_of(said: PublicUpdate) -> str:
    return f"{said.public_incident.page.path}helpful/{said.public_id}/"


def test_a_visitor_says_that_it_helped_and_changes_their_mind(said: PublicUpdate, client: Client) -> None:
    answer = client.post(path_of(said), {"helped": "yes"})
    assert (answer.status_code, answer.cookies) == (200, {})
    client.post(path_of(said), {"helped": "no", "words": "Which region?"})
    row = Feedback.objects.get()
    assert (row.helped, row.words, row.update, row.incident) == (
        False,
        "Which region?",
        said.update,
        said.update.incident,
    )


def test_two_visitors_are_two_voices(said: PublicUpdate) -> None:
    for network in ("192.0.2.1", "192.0.2.2"):
        helpfulness.say(said, network=network, agent="x", helped=True)
    assert Feedback.objects.count() == 2


def test_one_network_is_not_heard_without_end(said: PublicUpdate) -> None:
    for number in range(helpfulness.PER_NETWORK):
        helpfulness.say(said, network="192.0.2.1", agent=str(number), helped=True)
    with pytest.raises(helpfulness.SaidTooOften):
        helpfulness.say(said, network="192.0.2.1", agent="once more", helped=True)


def test_a_robot_is_thanked_and_not_heard(said: PublicUpdate, client: Client) -> None:
    assert client.post(path_of(said), {"helped": "yes", "website": "http://spam.example"}).status_code == 200
    assert not Feedback.objects.exists()


def test_an_answer_that_is_none_is_asked_for_again(said: PublicUpdate, client: Client) -> None:
    assert client.post(path_of(said), {"helped": "perhaps"}).status_code == 400


def test_a_page_that_does_not_ask_has_no_such_form(said: PublicUpdate, client: Client) -> None:
    StatusPage.objects.update(asks_feedback=False)
    assert client.get(path_of(said)).status_code == 404


def test_no_words_of_a_visitor_get_onto_the_page(said: PublicUpdate, client: Client) -> None:
    words = "<script>alert(1)</script> zebra-unicorn-4711"
    client.post(path_of(said), {"helped": "no", "words": words})
    assert b"zebra-unicorn-4711" not in client.get(path_of(said)).content
