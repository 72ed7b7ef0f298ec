"""SMS through Twilio's API, or any server that speaks it; to files where no account is set.

The id of our row stands signed in the status callback, so a callback proves that a message was taken
even when the answer to our own call never came.
"""

import re
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta

import requests
from django.conf import settings
from requests import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from notifications import links
from notifications.channels.base import Channel, Letter, Outcome, Result
from notifications.channels.file import File
from notifications.channels.requesting import never_left
from notifications.links import TOKEN_MARK
from notifications.models import Lane, Suppression
from notifications.wording import sms_text

TIMEOUT_S = 8.0
#: An urgent message that is older is noise: the carrier may drop it.
URGENT_VALID_S = 30 * 60
_API_HOST = re.compile(r"https://[a-z0-9.-]*twilio\.com(?=/)")

#: Twilio's codes, by what they ask of us (its documentation, "Error and warning dictionary").
OPTED_OUT = {21610}
UNREACHABLE = {21211, 21214, 21217, 21408, 21614, 30005, 30006}
PASSING = {30001, 30003, 30008}
CONTENT = {30007, 30034, 30036}
ACCOUNT = {20003, 20005, 30002, 30004}
BUSY = {20429}


def sms_channel() -> Channel:
    """The road that the settings name."""
    return Twilio() if settings.TWILIO_ACCOUNT_SID else File("sms")


def callback_url(message: int) -> str:
    """Where the carrier reports what became of a message."""
    return f"{settings.SITE_URL}/hooks/twilio/status/{links.sign('twilio-status', message)}"


class Twilio(Channel):
    """One call per message over one kept session."""

    def __init__(self) -> None:
        self._client = Client(
            settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=_ToConfiguredServer(timeout=TIMEOUT_S)
        )

    @property
    def provider(self) -> str:
        return "twilio"

    def send(self, letters: Iterable[Letter]) -> Iterator[Result]:
        for letter in letters:
            result = self._send(letter)
            yield result
            if result.is_provider_trouble or result.outcome is Outcome.LATER:
                return

    def find(self, letter: Letter, *, since: timedelta) -> str | None:
        body, not_before = _body(letter), time.time() - since.total_seconds()
        try:
            listed = self._client.messages.list(to=letter.address, limit=50)
        except (TwilioException, RequestException):
            return None
        for told in listed:
            is_recent = told.date_created is None or told.date_created.timestamp() > not_before
            if told.sid and told.body == body and is_recent:
                return str(told.sid)
        return None

    def _send(self, letter: Letter) -> Result:
        options = {"validity_period": URGENT_VALID_S} if letter.lane == Lane.URGENT else {}
        try:
            told = self._client.messages.create(
                to=letter.address,
                from_=settings.TWILIO_FROM,
                body=_body(letter),
                status_callback=callback_url(letter.id),
                **options,
            )
        except TwilioRestException as problem:
            return classify(problem.status, problem.code, str(problem.msg))
        except RequestException as problem:
            if never_left(problem):
                return Result(Outcome.LATER, code="away", detail=_said(problem), is_provider_trouble=True)
            return Result(Outcome.UNCERTAIN, code="silence", detail=_said(problem), is_provider_trouble=True)
        except (TwilioException, ValueError, LookupError, TypeError, AttributeError) as problem:
            # There was an answer, and the client could not read it.
            return Result(Outcome.UNCERTAIN, code="answer", detail=_said(problem), is_provider_trouble=True)
        return Result(Outcome.SENT, provider_id=str(told.sid or ""))


def classify(status: int, code: int | None, detail: str) -> Result:
    """What a refusal of the carrier means; `status` is HTTP's, `code` Twilio's own."""
    label, said = str(code or status), " ".join(detail.split())[:280]
    if code in OPTED_OUT:
        return Result(Outcome.REFUSED, label, said, suppress=Suppression.Reason.STOPPED)
    if code in UNREACHABLE:
        return Result(Outcome.REFUSED, label, said, suppress=Suppression.Reason.UNREACHABLE)
    if code in ACCOUNT or status in {401, 403}:
        return Result(Outcome.LATER, label, said, is_provider_trouble=True)
    if code in BUSY or status == 429:
        return Result(Outcome.LATER, label, said, after=timedelta(seconds=5))
    if code in PASSING or status == 503:
        return Result(Outcome.RETRY, label, said, is_provider_trouble=status == 503)
    if status >= 500:
        return Result(Outcome.UNCERTAIN, label, said, is_provider_trouble=True)
    return Result(Outcome.REFUSED, label, said)


class _ToConfiguredServer(TwilioHttpClient):
    """Sends every call to TWILIO_API_URL, and none to a proxy that the environment happens to name."""

    def __init__(self, *, timeout: float) -> None:
        super().__init__(timeout=timeout)
        self.session: requests.Session = requests.Session()
        self.session.trust_env = False

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> Response:
        return super().request(method, _API_HOST.sub(settings.TWILIO_API_URL, url, count=1), *args, **kwargs)  # type: ignore[arg-type]


def _body(letter: Letter) -> str:
    return sms_text(letter.content.sms.replace(TOKEN_MARK, letter.token))


def _said(problem: Exception) -> str:
    return f"{type(problem).__name__}: {' '.join(str(problem).split())}"[:280]
