"""What carriers report: who may, once, and never backwards."""

import base64
import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path
from django.utils import timezone
from pytest_django import Settings
from twilio.request_validator import RequestValidator

from notifications import callbacks, listening, suppressions
from notifications.channels.sms import callback_url
from notifications.models import Callback, Message, State, Suppression
from tests.notifications.conftest import Queue
from tests.worker import Worker

urlpatterns = [path("hooks/", include("notifications.hooks_urls"))]
pytestmark = pytest.mark.urls("tests.notifications.test_webhooks")
TOKEN = "twilio-token"


@pytest.fixture(autouse=True)
def account(settings: Settings) -> None:
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM = "AC1", TOKEN, "+15550199999"
    settings.SITE_URL = "https://ops.example"
    settings.SECURE_SSL_REDIRECT = False


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[listening.MessageFact]:
    facts: list[listening.MessageFact] = []
    settings.MESSAGE_LISTENERS = ["somewhere.above"]
    monkeypatch.setattr(listening, "import_string", lambda path: facts.append)
    return facts


@pytest.fixture
def sms(queue: Queue) -> Message:
    (message,) = queue(
        "+15550100001", channel="sms", state=State.SENT, sent_at=timezone.now(), provider_id="SM1", attempts=1
    )
    return message


@pytest.fixture
def report(client: Client) -> Callable[..., HttpResponse]:
    """`report(message, MessageStatus="sent")`, signed as Twilio would, unless told otherwise."""

    def send(
        message: Message | None, *, url: str = "", signature: str | None = None, host: str = "testserver", **fields: str
    ) -> HttpResponse:
        url = url or callback_url(message.pk)  # type: ignore[union-attr]
        signature = RequestValidator(TOKEN).compute_signature(url, fields) if signature is None else signature
        return client.post(
            url.removeprefix("https://ops.example"), fields, headers={"X-Twilio-Signature": signature, "Host": host}
        )

    return send


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return message.state


def test_a_report_of_delivery_settles_the_message(
    sms: Message, report: Callable[..., HttpResponse], worker: Worker
) -> None:
    assert report(sms, MessageStatus="delivered", MessageSid="SM1").status_code == 204
    worker.run()
    assert state_of(sms) == State.DELIVERED
    assert [attempt.outcome for attempt in sms.tries.all()] == ["delivered"]


@pytest.mark.parametrize("signature", ["", "bm90IGl0", "é"])
def test_a_forged_report_is_refused_and_leaves_nothing(
    sms: Message, report: Callable[..., HttpResponse], signature: str
) -> None:
    assert report(sms, MessageStatus="delivered", signature=signature).status_code == 403
    assert not Callback.objects.exists()


def test_the_signature_is_checked_against_our_own_address_not_the_host_of_the_request(
    sms: Message, report: Callable[..., HttpResponse], settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert report(sms, MessageStatus="delivered", host="evil.example").status_code == 204
    settings.SITE_URL = "https://other.example"
    forged = RequestValidator(TOKEN).compute_signature("https://ops.example/hooks/twilio/sms", {"Body": "STOP"})
    assert report(None, url="https://ops.example/hooks/twilio/sms", signature=forged, Body="STOP").status_code == 403


def test_a_report_on_a_made_up_id_is_not_found(report: Callable[..., HttpResponse], db: None) -> None:
    url = "https://ops.example/hooks/twilio/status/7.AAAAAAAAAAAAAAAA"
    assert report(None, url=url, MessageStatus="delivered").status_code == 404


def test_without_an_account_nobody_is_there(
    sms: Message, report: Callable[..., HttpResponse], settings: Settings
) -> None:
    settings.TWILIO_AUTH_TOKEN = ""
    assert report(sms, MessageStatus="delivered").status_code == 404


def test_reading_a_report_address_is_not_allowed(client: Client, sms: Message) -> None:
    assert client.get(callback_url(sms.pk).removeprefix("https://ops.example")).status_code == 405


@pytest.mark.parametrize("order", list(itertools.permutations(["queued", "sent", "delivered"])))
def test_reports_in_any_order_and_doubled_end_in_the_same_state(
    sms: Message, report: Callable[..., HttpResponse], worker: Worker, order: tuple[str, ...]
) -> None:
    for status in (*order, *order):
        report(sms, MessageStatus=status, MessageSid="SM1")
        worker.run()
    assert state_of(sms) == State.DELIVERED
    assert Callback.objects.count() == 3


def test_a_late_failure_does_not_undo_a_delivery(
    sms: Message, report: Callable[..., HttpResponse], worker: Worker
) -> None:
    report(sms, MessageStatus="delivered", MessageSid="SM1")
    report(sms, MessageStatus="undelivered", MessageSid="SM1", ErrorCode="30005")
    worker.run()
    assert state_of(sms) == State.DELIVERED
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.UNKNOWN])
def test_a_report_proves_that_a_message_whose_answer_was_lost_went_out(
    sms: Message, report: Callable[..., HttpResponse], worker: Worker, state: State
) -> None:
    again_at = timezone.now() + timedelta(minutes=1)
    Message.objects.filter(pk=sms.pk).update(state=state, sent_at=None, provider_id="", due_at=again_at)
    report(sms, MessageStatus="sent", MessageSid="SM9")
    worker.run()
    assert state_of(sms) == State.SENT
    assert (sms.provider_id, sms.sent_at is not None) == ("SM9", True)


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [("30006", Suppression.Reason.UNREACHABLE, "bounce"), ("21610", Suppression.Reason.STOPPED, "stop")],
)
def test_a_number_that_cannot_receive_is_not_written_to_again(
    sms: Message,
    report: Callable[..., HttpResponse],
    worker: Worker,
    heard: list[listening.MessageFact],
    code: str,
    reason: str,
    kind: str,
) -> None:
    report(sms, MessageStatus="undelivered", MessageSid="SM1", ErrorCode=code)
    worker.run()
    assert state_of(sms) == State.FAILED
    assert Suppression.objects.get().reason == reason
    assert [(fact.kind, fact.address, fact.message_id) for fact in heard] == [(kind, "+15550100001", sms.pk)]


def test_a_phone_that_was_off_is_tried_again_twice(
    sms: Message, report: Callable[..., HttpResponse], worker: Worker
) -> None:
    report(sms, MessageStatus="undelivered", MessageSid="SM1", ErrorCode="30003")
    worker.run()
    assert state_of(sms) == State.QUEUED
    assert sms.due_at > timezone.now()
    Message.objects.filter(pk=sms.pk).update(state=State.SENT, provider_id="SM3", attempts=3)
    report(sms, MessageStatus="undelivered", MessageSid="SM3", ErrorCode="30003")
    worker.run()
    assert state_of(sms) == State.FAILED


@pytest.mark.parametrize("body", ["STOP", " stop ", "Unsubscribe", "quit"])
def test_stop_by_sms_stops_every_list(
    report: Callable[..., HttpResponse],
    worker: Worker,
    heard: list[listening.MessageFact],
    db: None,
    body: str,
) -> None:
    answer = report(None, url="https://ops.example/hooks/twilio/sms", From="+15550100001", Body=body, MessageSid="SM5")
    worker.run()
    assert answer.content == b"<Response/>"
    assert suppressions.is_suppressed("sms", "+15550100001", list_name="any")
    assert [fact.kind for fact in heard] == ["stop"]


def test_start_lifts_a_stop_but_not_a_dead_number(
    report: Callable[..., HttpResponse], worker: Worker, heard: list[listening.MessageFact], db: None
) -> None:
    suppressions.suppress("sms", "+15550100001", reason=Suppression.Reason.STOPPED)
    suppressions.suppress("sms", "+15550100002", reason=Suppression.Reason.UNREACHABLE)
    for number in ("+15550100001", "+15550100002"):
        report(None, url="https://ops.example/hooks/twilio/sms", From=number, Body="START", MessageSid=number)
    worker.run()
    assert not suppressions.is_suppressed("sms", "+15550100001")
    assert suppressions.is_suppressed("sms", "+15550100002")


def test_a_reply_is_told_and_a_cry_for_help_is_the_carriers_to_answer(
    report: Callable[..., HttpResponse], worker: Worker, heard: list[listening.MessageFact], db: None
) -> None:
    for sid, body in (("SM1", "1"), ("SM2", "HELP")):
        report(None, url="https://ops.example/hooks/twilio/sms", From="+15550100001", Body=body, MessageSid=sid)
    worker.run()
    assert [(fact.kind, fact.text) for fact in heard] == [("reply", "1")]


def test_a_report_that_cannot_be_worked_off_stays_and_says_why(
    sms: Message, report: Callable[..., HttpResponse], worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(sms, MessageStatus="delivered", MessageSid="SM1")

    def broken(callback: Callback) -> None:
        raise ValueError("no such word")

    monkeypatch.setitem(callbacks._WORK, ("twilio", "status"), broken)
    worker.run()
    callback = Callback.objects.get()
    assert (callback.worked_at, callback.failures, callback.trouble) == (None, 1, "ValueError: no such word")
    assert state_of(sms) == State.SENT


def test_a_listener_that_breaks_does_not_stop_the_next(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, db: None
) -> None:
    told: list[listening.MessageFact] = []

    def broken(fact: listening.MessageFact) -> None:
        raise RuntimeError("defect")

    settings.MESSAGE_LISTENERS = ["first", "second"]
    monkeypatch.setattr(listening, "import_string", {"first": broken, "second": told.append}.__getitem__)
    fact = listening.MessageFact("stop", "sms", "+15550100001")
    listening.tell(fact)
    assert told == [fact]


# --- e-mail providers -------------------------------------------------------------------------


@pytest.fixture
def postmark(settings: Settings) -> None:
    settings.EMAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": ["user:secret"]}


def post_event(client: Client, secret: str = "user:secret", **event: object) -> HttpResponse:
    told = {"MessageID": "pm-1", "Recipient": "a@x.example", "DeliveredAt": "2026-11-23T03:00:00Z", **event}
    return client.post(
        "/hooks/email/postmark/tracking/",
        told,
        content_type="application/json",
        headers={"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()},
    )


def test_a_bounce_ends_the_message_and_the_address(
    client: Client, queue: Queue, worker: Worker, postmark: None, heard: list[listening.MessageFact]
) -> None:
    (mail,) = queue("a@x.example", state=State.SENT, provider_id="pm-1")
    bounce = {
        "RecordType": "Bounce", "ID": 42, "Type": "HardBounce", "Email": "a@x.example",
        "BouncedAt": "2026-11-23T03:00:00Z", "Description": "Unknown user",
    }  # fmt: skip
    for _ in range(2):
        assert post_event(client, **bounce).status_code == 200
    worker.run()
    assert state_of(mail) == State.BOUNCED
    assert suppressions.is_suppressed("email", "a@x.example", list_name="any")
    assert Callback.objects.count() == 1
    assert [(fact.kind, fact.message_id) for fact in heard] == [("bounce", mail.pk)]


def test_a_complaint_stops_every_list(client: Client, worker: Worker, postmark: None, db: None) -> None:
    post_event(client, RecordType="SpamComplaint", ID=43, Email="a@x.example", BouncedAt="2026-11-23T03:00:00Z")
    worker.run()
    assert Suppression.objects.get().reason == Suppression.Reason.COMPLAINED


def test_a_delivery_is_noted(client: Client, queue: Queue, worker: Worker, postmark: None) -> None:
    (mail,) = queue("a@x.example", state=State.SENT, provider_id="pm-1")
    post_event(client, RecordType="Delivery")
    worker.run()
    assert state_of(mail) == State.DELIVERED


def test_a_wrong_secret_is_refused(client: Client, postmark: None, db: None) -> None:
    assert post_event(client, secret="user:guess", RecordType="Delivery").status_code == 403
    assert not Callback.objects.exists()


def test_a_provider_that_signs_nothing_needs_a_secret(
    client: Client, postmark: None, settings: Settings, db: None
) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": []}
    assert post_event(client, RecordType="Delivery").status_code == 404


@pytest.mark.parametrize("provider", ["sendgrid", "nosuch", "test"])
def test_another_provider_than_ours_is_not_found(client: Client, postmark: None, provider: str, db: None) -> None:
    assert client.post(f"/hooks/email/{provider}/tracking/", {}, content_type="application/json").status_code == 404
