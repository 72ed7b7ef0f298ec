import json
import time

import pytest
from django.test import Client

from notifications import links
from notifications.models import Message
from statuspage import announcements, publishing
from statuspage.models import StatusPage, Subscriber
from tests import make

API = "/s/halyard/api/v2/subscribers.json"


@pytest.fixture
def browser(page):
    """A stranger's browser that checks what a real one does: no cookie is given, so none may be needed."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def token(reader):
    return links.sign(announcements.SUBSCRIBER, reader.public_id)


def filled(browser, **fields):
    """What the form posts, as old as a person takes to fill it in."""
    page = StatusPage.objects.get()
    stamp = links.sign(f"subscribe-form:{page.pk}", int(time.time()) - 30, timed=True)
    return {"channel": "email", "email": "new@x.example", "amount": "all", "everything": "on", "stamp": stamp, **fields}


def test_the_form_subscribes_and_asks_to_confirm(browser):
    response = browser.post("/s/halyard/subscribe/", filled(browser))
    assert response.status_code == 200
    assert b"One more step" in response.content
    assert [message.address for message in Message.objects.all()] == ["new@x.example"]


def test_the_answer_is_the_same_for_every_kind_of_address(browser, page, reader):
    make.make_subscriber(page, "pending@x.example", is_confirmed=False)
    bodies = set()
    for address in ("unknown@x.example", "pending@x.example", reader.address):
        response = browser.post("/s/halyard/subscribe/", filled(browser, email=address))
        assert response.status_code == 200
        bodies.add(response.content.replace(address.encode(), b"*"))
    assert len(bodies) == 1


def test_a_robot_hears_the_same_and_nothing_happens(browser):
    response = browser.post("/s/halyard/subscribe/", filled(browser, website="https://spam.example"))
    assert b"One more step" in response.content
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("stamp", ["", "forged.0.AAAA"])
def test_a_form_without_a_true_stamp_comes_back_with_what_was_typed(browser, stamp):
    response = browser.post("/s/halyard/subscribe/", filled(browser, stamp=stamp))
    assert response.status_code == 400
    assert b"Please send the form once more" in response.content
    assert b'value="new@x.example"' in response.content
    assert not Subscriber.objects.exists()


def test_a_form_filled_in_too_quickly_is_asked_for_again(browser, page):
    stamp = links.sign(f"subscribe-form:{page.pk}", int(time.time()), timed=True)
    assert browser.post("/s/halyard/subscribe/", filled(browser, stamp=stamp)).status_code == 400


def test_a_wrong_address_comes_back_beside_its_field(browser):
    response = browser.post("/s/halyard/subscribe/", filled(browser, email="nobody", everything=""))
    assert response.status_code == 400
    assert b"That is no e-mail address" in response.content
    assert b"Choose at least one part" in response.content


def test_looking_at_a_confirmation_changes_nothing_and_the_button_acts_twice(browser):
    browser.post("/s/halyard/subscribe/", filled(browser))
    url = f"/s/halyard/confirm/{Message.objects.get().token}/"
    assert browser.get(url).status_code == 200
    assert not Subscriber.objects.confirmed().exists()
    assert browser.post(url).status_code == 200
    assert Subscriber.objects.confirmed().count() == 1
    assert browser.post(url).status_code == 200


def test_the_code_of_an_sms_confirms(browser):
    response = browser.post("/s/halyard/subscribe/", filled(browser, channel="sms", phone="+1 500 555 0006"))
    url = response.content.decode().split('action="')[1].split('"')[0]
    assert browser.post(url, {"code": "nonsense"}).status_code == 400
    code = Message.objects.get().content.sms.split("code: ")[1][:6]
    assert b"Confirmed" in browser.post(url, {"code": code}).content
    assert Subscriber.objects.confirmed().get().address == "+15005550006"


def test_looking_at_the_way_out_changes_nothing(browser, reader, token):
    assert browser.get(f"/s/halyard/unsubscribe/{token}/").status_code == 200
    reader.refresh_from_db()
    assert reader.unsubscribed_at is None


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"},
    ],
)
def test_a_mail_program_leaves_by_one_click_and_may_repeat_it(browser, reader, token, body):
    for _ in range(2):
        assert browser.post(f"/s/halyard/unsubscribe/{token}/", **body).status_code == 200
    reader.refresh_from_db()
    assert reader.unsubscribed_at is not None


@pytest.mark.parametrize("door", ["manage", "unsubscribe", "confirm"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_wrong_token_opens_nothing(browser, reader, token, door, method):
    other = make.make_page("other")
    assert getattr(browser, method)(f"/s/halyard/{door}/wrong.AAAA/").status_code == 404
    assert getattr(browser, method)(f"/s/{other.slug}/{door}/{token}/").status_code == 404
    reader.refresh_from_db()
    assert reader.unsubscribed_at is None


def test_managing_changes_what_one_gets(browser, page, reader, token):
    url = f"/s/halyard/manage/{token}/"
    payouts = page.components.get(slug="payouts")
    assert reader.address.encode() in browser.get(url).content
    assert browser.post(url, {"amount": "ends", "components": [payouts.pk]}).status_code == 200
    reader.refresh_from_db()
    assert (reader.amount, list(reader.components.all())) == ("ends", [payouts])
    assert browser.post(url, {"amount": "everything!", "everything": "on"}).status_code == 400
    reader.refresh_from_db()
    assert reader.amount == "ends"


def test_pages_with_a_token_are_not_kept_and_tell_no_other_site(browser, token):
    response = browser.get(f"/s/halyard/manage/{token}/")
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]


def test_the_api_takes_json_and_forms(browser):
    asked = json.dumps({"subscriber": {"email": "json@x.example"}})
    response = browser.post(API, asked, content_type="application/json")
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (201, "*")
    assert browser.post(API, {"subscriber[email]": "form@x.example"}).status_code == 201
    number = {"subscriber[phone_number]": "500 555 0006", "subscriber[phone_country]": "US"}
    assert browser.post(API, number).status_code == 201
    assert sorted(Message.objects.values_list("address", flat=True)) == [
        "+15005550006",
        "form@x.example",
        "json@x.example",
    ]


def test_the_api_answers_the_same_for_known_and_unknown(browser, reader):
    known = browser.post(API, {"subscriber[email]": reader.address})
    unknown = browser.post(API, {"subscriber[email]": "unknown@x.example"})
    assert known.status_code == unknown.status_code == 201
    assert known.content.replace(reader.address.encode(), b"") == unknown.content.replace(b"unknown@x.example", b"")


@pytest.mark.parametrize(
    "body",
    ["{", "[]", "5", '{"subscriber": 5}', '{"subscriber": {}}', '{"subscriber": {"email": {"a": 1}}}', "[" * 9000],
)
def test_what_the_api_cannot_read_is_refused_with_a_sentence(browser, body):
    response = browser.post(API, body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["detail"]
    assert not Subscriber.objects.exists()


def test_the_api_takes_components_by_id_and_refuses_unknown_ones(browser, page):
    payouts = page.components.get(slug="payouts")
    asked = {"subscriber[email]": "a@x.example", "subscriber[component_ids][]": [payouts.public_id]}
    assert browser.post(API, asked).status_code == 201
    assert list(Subscriber.objects.get().components.all()) == [payouts]
    response = browser.post(API, {"subscriber[email]": "b@x.example", "subscriber[component_id]": "nothing"})
    assert response.status_code == 400


def test_forms_work_on_a_published_page_too(browser, page):
    publishing.publish(page.pk)
    assert b"Get updates" in browser.get("/s/halyard/subscribe/").content
    assert browser.options(API).status_code == 204
    assert browser.get(API).status_code == 405
