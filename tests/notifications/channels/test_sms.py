"""SMS through the carrier's client, its HTTP recorded."""

import json
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
import requests
from pytest_django import Settings
from urllib3.exceptions import MaxRetryError, NewConnectionError

from notifications import links
from notifications.channels import sms
from notifications.channels.base import Letter, Outcome
from notifications.channels.file import File
from notifications.models import Content, Lane, Suppression


class Carrier:
    """Stands at the end of the carrier's HTTP session."""

    def __init__(self) -> None:
        self.calls: list[requests.PreparedRequest] = []
        self.timeouts: list[object] = []
        self.answers: list[tuple[int, object] | Exception] = []

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:
        self.calls.append(request)
        self.timeouts.append(options["timeout"])
        answer = self.answers.pop(0) if self.answers else (201, {"sid": f"SM{len(self.calls)}", "status": "queued"})
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = answer[0]
        response._content = answer[1] if isinstance(answer[1], bytes) else json.dumps(answer[1]).encode()
        return response

    def form(self, number: int = 0) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(str(self.calls[number].body)).items()}


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Carrier:
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM = "AC1", "token", "+15550199999"
    settings.TWILIO_API_URL = "http://127.0.0.1:8089"
    settings.SITE_URL = "https://ops.example"
    stand_in = Carrier()
    monkeypatch.setattr(requests.Session, "send", lambda _, request, **options: stand_in.send(request, **options))
    return stand_in


def test_without_an_account_sms_go_to_files(settings: Settings) -> None:
    settings.TWILIO_ACCOUNT_SID = ""
    assert isinstance(sms.sms_channel(), File)


def test_a_message_goes_to_the_configured_server_and_no_other(carrier: Carrier, letter: Callable[..., Letter]) -> None:
    (result,) = sms.sms_channel().send([letter("+15550100001")])
    assert (result.outcome, result.provider_id) == (Outcome.SENT, "SM1")
    assert carrier.calls[0].url == "http://127.0.0.1:8089/2010-04-01/Accounts/AC1/Messages.json"
    assert carrier.timeouts == [sms.TIMEOUT_S]
    form = carrier.form()
    assert (form["To"], form["From"]) == ("+15550100001", "+15550199999")
    assert form["Body"] == "Halyard: about 2% still fail. ops.example/m/own-7"


def test_the_callback_names_our_row_and_nobody_can_make_one_up(carrier: Carrier, letter: Callable[..., Letter]) -> None:
    list(sms.sms_channel().send([letter("+15550100001", number=42)]))
    url = carrier.form()["StatusCallback"]
    assert url.startswith("https://ops.example/hooks/twilio/status/")
    assert links.read("twilio-status", url.rpartition("/")[2]) == "42"


def test_only_an_urgent_message_may_expire_on_its_way(carrier: Carrier, letter: Callable[..., Letter]) -> None:
    channel = sms.sms_channel()
    list(channel.send([letter("+15550100001", lane=Lane.URGENT), letter("+15550100002")]))
    assert carrier.form(0)["ValidityPeriod"] == "1800"
    assert "ValidityPeriod" not in carrier.form(1)


@pytest.mark.parametrize(
    ("status", "code", "outcome", "suppress", "is_trouble"),
    [
        (400, 21610, Outcome.REFUSED, Suppression.Reason.STOPPED, False),
        (400, 21211, Outcome.REFUSED, Suppression.Reason.UNREACHABLE, False),
        (400, 21614, Outcome.REFUSED, Suppression.Reason.UNREACHABLE, False),
        (400, 30007, Outcome.REFUSED, "", False),
        (400, 99999, Outcome.REFUSED, "", False),
        (401, 20003, Outcome.LATER, "", True),
        (429, 20429, Outcome.LATER, "", False),
        (500, 20500, Outcome.UNCERTAIN, "", True),
        (503, None, Outcome.RETRY, "", True),
    ],
)
def test_each_refusal_of_the_carrier_means_something(
    carrier: Carrier,
    letter: Callable[..., Letter],
    status: int,
    code: int | None,
    outcome: Outcome,
    suppress: str,
    is_trouble: bool,
) -> None:
    carrier.answers = [(status, {"code": code, "message": "No.", "status": status})]
    (result,) = sms.sms_channel().send([letter("+15550100001")])
    assert (result.outcome, result.suppress, result.is_provider_trouble) == (outcome, suppress, is_trouble)
    assert result.code == str(code or status)


def refused() -> Exception:
    return requests.ConnectionError(MaxRetryError(None, "/", NewConnectionError(None, "refused")))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("problem", "outcome"),
    [
        (refused(), Outcome.LATER),
        (requests.ConnectTimeout("slow"), Outcome.LATER),
        (requests.ReadTimeout("no answer"), Outcome.UNCERTAIN),
        (requests.ConnectionError("reset by peer"), Outcome.UNCERTAIN),
    ],
)
def test_a_lost_call_is_uncertain_unless_it_never_left(
    carrier: Carrier, letter: Callable[..., Letter], problem: Exception, outcome: Outcome
) -> None:
    carrier.answers = [problem]
    results = list(sms.sms_channel().send([letter("+15550100001"), letter("+15550100002")]))
    assert [(result.outcome, result.is_provider_trouble) for result in results] == [(outcome, True)]
    assert len(carrier.calls) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{"])
def test_an_answer_that_cannot_be_read_is_uncertain(
    carrier: Carrier, letter: Callable[..., Letter], body: bytes
) -> None:
    carrier.answers = [(201, body)]
    (result,) = sms.sms_channel().send([letter("+15550100001")])
    assert result.outcome is Outcome.UNCERTAIN


def test_a_carrier_that_is_busy_is_not_pressed_on(carrier: Carrier, letter: Callable[..., Letter]) -> None:
    carrier.answers = [(429, {"code": 20429, "message": "Too many requests"})]
    results = list(sms.sms_channel().send([letter("+15550100001"), letter("+15550100002")]))
    assert len(results) == len(carrier.calls) == 1


def test_a_lost_message_is_found_in_the_carriers_list(carrier: Carrier, letter: Callable[..., Letter]) -> None:
    lost = letter("+15550100001")
    listed = {"sid": "SM77", "body": "Halyard: about 2% still fail. ops.example/m/own-7", "to": "+15550100001"}
    carrier.answers = [(200, {"messages": [{**listed, "sid": "SM76", "body": "Another"}, listed]})]
    assert sms.sms_channel().find(lost, since=sms.timedelta(minutes=10)) == "SM77"
    carrier.answers = [(200, {"messages": []}), requests.ReadTimeout("no answer")]
    assert sms.sms_channel().find(lost, since=sms.timedelta(minutes=10)) is None
    assert sms.sms_channel().find(lost, since=sms.timedelta(minutes=10)) is None


def test_what_a_phone_cannot_show_is_taken_out(carrier: Carrier, letter: Callable[..., Letter], db: None) -> None:
    content = Content.objects.create(key="c", topic="c", sms="Say “now”\u202e…\x07 done")
    list(sms.sms_channel().send([letter("+15550100001", content=content)]))
    assert carrier.form()["Body"] == 'Say "now"... done'
