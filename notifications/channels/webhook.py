"""Signed webhooks in the Standard Webhooks form: id, time and signature in headers, JSON in the body.

The secret of an endpoint follows from its address and this installation's key, so none is stored. The id
is the message's own and stays the same when it is sent again: the receiver can tell a repeat.
"""

import base64
import hmac
import json
import time
from collections.abc import Iterable, Iterator

from django.utils.crypto import salted_hmac

from notifications import http
from notifications.channels.base import Channel, Letter, Outcome, Result
from notifications.links import TOKEN_MARK
from notifications.models import Suppression

BUDGET_S = 8.0
_PREFIX = "whsec_"


def secret_for(address: str) -> str:
    """The secret that the receiver at `address` checks signatures with; shown to whoever sets it up."""
    digest = salted_hmac("notifications.channels.webhook", address, algorithm="sha256").digest()
    return _PREFIX + base64.b64encode(digest).decode()


def signature(secret: str, message: str, stamp: int, body: bytes) -> str:
    """The value of the `webhook-signature` header."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    digest = hmac.digest(key, f"{message}.{stamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


class Webhook(Channel):
    """Posts each message to the URL that is its address."""

    @property
    def provider(self) -> str:
        return "webhook"

    def send(self, letters: Iterable[Letter]) -> Iterator[Result]:
        for letter in letters:
            yield self._post(letter)

    def _post(self, letter: Letter) -> Result:
        body, stamp = _body(letter), int(time.time())
        own_id = f"msg_{letter.id}"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "IncidentOps",
            "webhook-id": own_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(secret_for(letter.address), own_id, stamp, body),
        }
        try:
            answer = http.fetch("POST", letter.address, body=body, headers=headers, budget_s=BUDGET_S)
        except http.Blocked as problem:
            return Result(Outcome.REFUSED, code="blocked", detail=str(problem))
        except http.OutboundError as problem:
            # Sent again even if it may have arrived: the id tells the receiver that it is the same.
            return Result(Outcome.RETRY, code="silence", detail=str(problem))
        return _verdict(answer.status)


def _verdict(status: int) -> Result:
    if 200 <= status < 300:
        return Result(Outcome.SENT)
    if status == 410:
        reason = Suppression.Reason.UNREACHABLE
        return Result(Outcome.REFUSED, code="410", detail="The receiver wants no more.", suppress=reason)
    if status in {408, 425, 429} or status >= 500:
        return Result(Outcome.RETRY, code=str(status), detail=f"The receiver answered {status}.")
    return Result(Outcome.REFUSED, code=str(status), detail=f"The receiver answered {status}.")


def _body(letter: Letter) -> bytes:
    content = letter.content
    payload = content.payload or {"subject": content.subject, "text": content.text, "topic": content.topic}
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).replace(TOKEN_MARK, letter.token).encode()
