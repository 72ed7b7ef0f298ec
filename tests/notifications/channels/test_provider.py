"""E-mail through a provider's API: batches, and never a second visible address."""

import json
from collections.abc import Callable

import pytest
import requests
from django.core import mail
from django.core.mail import get_connection
from pytest_django import Settings

from notifications.channels.base import Channel, Letter, Outcome
from notifications.channels.email import Smtp, email_channel
from notifications.channels.file import File
from notifications.channels.provider import Provider
from notifications.models import Suppression

#: It still works, and is the one whose merging needs no template language of its own.
pytestmark = pytest.mark.filterwarnings("ignore:django-anymail has dropped official support for SendGrid")
Calls = list[requests.PreparedRequest]


@pytest.fixture
def answers() -> list[tuple[int, object] | Exception]:
    return []


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, answers: list[tuple[int, object] | Exception]) -> Calls:
    made: Calls = []

    def send(_: requests.Session, request: requests.PreparedRequest, **options: object) -> requests.Response:
        made.append(request)
        answer = answers.pop(0) if answers else (202, {})
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code, response._content = answer[0], json.dumps(answer[1]).encode()
        response.headers["X-Message-Id"] = "sg-1"
        return response

    monkeypatch.setattr(requests.Session, "send", send)
    return made


@pytest.fixture
def sendgrid(settings: Settings, calls: Calls) -> Channel:
    settings.EMAIL_PROVIDER, settings.EMAIL_BACKEND = "sendgrid", "anymail.backends.sendgrid.EmailBackend"
    settings.ANYMAIL = {"SENDGRID_API_KEY": "k"}
    channel = email_channel()
    channel.open()
    return channel


@pytest.fixture
def postmark(settings: Settings, calls: Calls) -> Channel:
    settings.EMAIL_PROVIDER, settings.EMAIL_BACKEND = "postmark", "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "k"}
    channel = email_channel()
    channel.open()
    return channel


def test_the_settings_choose_the_road(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert isinstance(email_channel(), Smtp)
    settings.EMAIL_BACKEND = "notifications.channels.file.EmailBackend"
    assert isinstance(email_channel(), File)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert isinstance(email_channel(), Provider)


def test_any_backend_sends_one_message_to_one_address(letter: Callable[..., Letter], settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    results = list(Provider().send([letter("a@x.example"), letter("b@x.example", number=8)]))
    assert [result.outcome for result in results] == [Outcome.SENT] * 2
    assert [message.to for message in mail.outbox] == [["a@x.example"], ["b@x.example"]]
    first = mail.outbox[0]
    leave = first.extra_headers["List-Unsubscribe"]
    assert leave.startswith("<https://ops.example/s/halyard/unsubscribe/own-7/>, <mailto:")
    assert first.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first.extra_headers["Auto-Submitted"] == "auto-generated"
    assert first.extra_headers["In-Reply-To"] == "<incident-284@halyard.example>"
    assert "unsubscribe/own-7/" in first.body
    assert "unsubscribe/own-7/" in first.alternatives[0][0]


def test_a_batch_is_one_call_in_which_each_sees_only_themselves(
    sendgrid: Channel, calls: Calls, letter: Callable[..., Letter]
) -> None:
    letters = [letter(f"s{number}@x.example", number=number) for number in range(3)]
    results = list(sendgrid.send(letters))
    assert [result.outcome for result in results] == [Outcome.SENT] * 3
    assert len(calls) == 1
    told = json.loads(calls[0].body)["personalizations"]
    assert [[to["email"] for to in one["to"]] for one in told] == [[f"s{n}@x.example"] for n in range(3)]
    assert [one["headers"]["List-Unsubscribe"].split("/unsubscribe/")[1].split("/")[0] for one in told] == [
        "own-0",
        "own-1",
        "own-2",
    ]
    assert [one["substitutions"] for one in told] == [{"x-own-token-x": f"own-{n}"} for n in range(3)]


def test_one_address_twice_is_two_calls(sendgrid: Channel, calls: Calls, letter: Callable[..., Letter]) -> None:
    results = list(sendgrid.send([letter("a@x.example"), letter("a@x.example", number=8)]))
    assert [result.outcome for result in results] == [Outcome.SENT] * 2
    assert len(calls) == 2


def test_a_provider_without_plain_merging_is_called_once_a_message(
    postmark: Channel,
    calls: Calls,
    answers: list[tuple[int, object] | Exception],
    letter: Callable[..., Letter],
) -> None:
    answers += [
        (200, {"ErrorCode": 0, "Message": "OK", "MessageID": f"pm-{n}", "To": f"s{n}@x.example"}) for n in range(2)
    ]
    results = list(postmark.send([letter(f"s{n}@x.example", number=n) for n in range(2)]))
    assert [(result.outcome, result.provider_id) for result in results] == [
        (Outcome.SENT, "pm-0"),
        (Outcome.SENT, "pm-1"),
    ]
    assert [json.loads(call.body)["To"] for call in calls] == ["s0@x.example", "s1@x.example"]


def test_a_batch_that_is_refused_for_one_address_goes_out_to_the_others(
    sendgrid: Channel,
    calls: Calls,
    answers: list[tuple[int, object] | Exception],
    letter: Callable[..., Letter],
) -> None:
    answers += [(400, {"errors": ["bad address"]}), (202, {}), (400, {"errors": ["bad address"]}), (202, {})]
    results = list(sendgrid.send([letter(f"s{n}@x.example", number=n) for n in range(3)]))
    assert [result.outcome for result in results] == [Outcome.SENT, Outcome.REFUSED, Outcome.SENT]
    assert len(calls) == 4


@pytest.mark.parametrize(
    ("answer", "outcome", "is_trouble"),
    [
        ((429, {}), Outcome.LATER, False),
        ((401, {}), Outcome.LATER, True),
        ((503, {}), Outcome.RETRY, True),
        (requests.ConnectTimeout("slow"), Outcome.LATER, True),
        (requests.ReadTimeout("no answer"), Outcome.UNCERTAIN, True),
    ],
)
def test_trouble_of_the_provider_stops_the_batch(
    sendgrid: Channel,
    calls: Calls,
    answers: list[tuple[int, object] | Exception],
    letter: Callable[..., Letter],
    answer: tuple[int, object] | Exception,
    outcome: Outcome,
    is_trouble: bool,
) -> None:
    answers.append(answer)
    results = list(sendgrid.send([letter("a@x.example"), letter("b@x.example", number=8)]))
    assert [(result.outcome, result.is_provider_trouble) for result in results] == [(outcome, is_trouble)] * 2
    assert len(calls) == 1


def test_an_address_that_the_provider_calls_invalid_is_not_written_to_again(
    settings: Settings, calls: Calls, answers: list[tuple[int, object] | Exception], letter: Callable[..., Letter]
) -> None:
    settings.EMAIL_PROVIDER, settings.EMAIL_BACKEND = "mandrill", "anymail.backends.mandrill.EmailBackend"
    settings.ANYMAIL = {"MANDRILL_API_KEY": "k"}
    answers.append((200, [{"email": "a@x.example", "status": "invalid", "_id": "m1"}]))
    channel = email_channel()
    channel.open()
    (result,) = channel.send([letter("a@x.example")])
    assert (result.outcome, result.suppress) == (Outcome.REFUSED, Suppression.Reason.BOUNCED)


def test_no_backend_is_opened_before_it_is_used(settings: Settings) -> None:
    settings.EMAIL_PROVIDER = ""
    assert Provider().provider == f"mail {settings.EMAIL_BACKEND}"
    assert get_connection() is not None
