"""Signed webhooks: what the receiver can check, and what each answer means."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping

import pytest

from notifications import http
from notifications.channels import webhook
from notifications.channels.base import Letter, Outcome
from notifications.models import Content, Suppression

URL = "https://hooks.merx.example/halyard"


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What was posted; `posted.answer` is not needed: a receiver that takes everything."""
    calls: list[dict[str, object]] = []

    def fetch(method: str, url: str, *, body: bytes, headers: Mapping[str, str], budget_s: float) -> http.Answer:
        calls.append({"method": method, "url": url, "body": body, "headers": headers})
        return http.Answer(204, {}, b"")

    monkeypatch.setattr(http, "fetch", fetch)
    return calls


def test_the_receiver_can_check_who_sent_it(posted: list[dict[str, object]], letter: Callable[..., Letter]) -> None:
    (result,) = webhook.Webhook().send([letter(URL)])
    assert result.outcome is Outcome.SENT
    headers, body = posted[0]["headers"], posted[0]["body"]
    key = base64.b64decode(webhook.secret_for(URL).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert webhook.secret_for(URL) != webhook.secret_for(f"{URL}/other")


def test_sent_again_it_has_the_same_id(posted: list[dict[str, object]], letter: Callable[..., Letter]) -> None:
    for _ in range(2):
        list(webhook.Webhook().send([letter(URL)]))
    assert {call["headers"]["webhook-id"] for call in posted} == {"msg_7"}


def test_the_body_is_the_contents_payload(
    posted: list[dict[str, object]], letter: Callable[..., Letter], db: None
) -> None:
    payload = {"incident": "Käse", "manage": "https://x.example/x-own-token-x"}
    content = Content.objects.create(key="c", topic="c", payload=payload)
    list(webhook.Webhook().send([letter(URL, content=content)]))
    assert json.loads(posted[0]["body"]) == {"incident": "Käse", "manage": "https://x.example/own-7"}


@pytest.mark.parametrize(
    ("status", "outcome", "suppress"),
    [
        (200, Outcome.SENT, ""),
        (302, Outcome.REFUSED, ""),
        (404, Outcome.REFUSED, ""),
        (410, Outcome.REFUSED, Suppression.Reason.UNREACHABLE),
        (429, Outcome.RETRY, ""),
        (502, Outcome.RETRY, ""),
    ],
)
def test_each_answer_means_something(
    monkeypatch: pytest.MonkeyPatch, letter: Callable[..., Letter], status: int, outcome: Outcome, suppress: str
) -> None:
    monkeypatch.setattr(http, "fetch", lambda *_, **__: http.Answer(status, {}, b""))
    (result,) = webhook.Webhook().send([letter(URL)])
    assert (result.outcome, result.suppress) == (outcome, suppress)


def test_an_address_inside_is_refused_for_good(letter: Callable[..., Letter]) -> None:
    (result,) = webhook.Webhook().send([letter("http://user:pw@127.0.0.1/")])
    assert (result.outcome, result.code) == (Outcome.REFUSED, "blocked")


def test_silence_is_tried_again_since_the_id_tells_a_repeat(
    monkeypatch: pytest.MonkeyPatch, letter: Callable[..., Letter]
) -> None:
    def silent(*_: object, **__: object) -> http.Answer:
        raise http.OutboundError("no answer", may_have_arrived=True)

    monkeypatch.setattr(http, "fetch", silent)
    (result,) = webhook.Webhook().send([letter(URL)])
    assert result.outcome is Outcome.RETRY
