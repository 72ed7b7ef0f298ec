"""E-mail through a provider's API (anymail), or any other Django e-mail backend.

Where the provider can merge our token into texts as they are, many recipients share one call, each
with headers of their own; elsewhere each message is a call over one open session. There is never more
than one visible address: an empty merge is what makes providers send separately.
"""

from collections.abc import Iterable, Iterator, Sequence

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused, AnymailRequestsAPIError
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from notifications import mime
from notifications.channels.base import Channel, Letter, Outcome, Result
from notifications.channels.requesting import never_left
from notifications.links import TOKEN_MARK
from notifications.models import Suppression

#: How a provider writes a merge field inside the texts. SendGrid replaces any string, so our mark itself
#: will do; the others' template languages are left alone, since people's words may look like them.
_FIELD = {"sendgrid": TOKEN_MARK, "mailgun": "%recipient.token%"}
_FIELD_NAME = {"sendgrid": TOKEN_MARK, "mailgun": "token"}
_TAKEN = {"sent", "queued", "unknown", None}


class Provider(Channel):
    """Hands letters to the e-mail backend of the settings."""

    def __init__(self) -> None:
        self._connection = get_connection()
        self.chunk = 500 if settings.EMAIL_PROVIDER in _FIELD else 20

    @property
    def provider(self) -> str:
        return f"mail {settings.EMAIL_PROVIDER or settings.EMAIL_BACKEND}"

    def open(self) -> None:
        self._connection.open()

    def close(self) -> None:
        self._connection.close()

    def send(self, letters: Iterable[Letter]) -> Iterator[Result]:
        for batch in _batches(letters, merging=settings.EMAIL_PROVIDER in _FIELD):
            results = self._hand_over(batch)
            if len(batch) > 1 and results[0].outcome is Outcome.REFUSED and not results[0].suppress:
                # One bad address can have the whole call refused: find out which.
                for letter in batch:
                    yield from self._hand_over([letter])
            else:
                yield from results
            if results[0].is_provider_trouble or results[0].outcome is Outcome.LATER:
                return

    def _hand_over(self, batch: Sequence[Letter]) -> list[Result]:
        message = _merged(batch) if len(batch) > 1 else _single(batch[0])
        try:
            self._connection.send_messages([message])
        except AnymailRecipientsRefused:
            pass  # the message itself tells of each address
        except AnymailError as problem:
            return [_problem(problem)] * len(batch)
        except OSError as problem:
            trouble = Result(Outcome.LATER, code="away", detail=str(problem)[:280], is_provider_trouble=True)
            return [trouble] * len(batch)
        return [_answer(message, letter.address) for letter in batch]


def _batches(letters: Iterable[Letter], *, merging: bool) -> Iterator[list[Letter]]:
    """Neighbours of one content, no address twice; each on its own where the provider cannot merge."""
    batch: list[Letter] = []
    for letter in letters:
        fits = merging and batch and letter.content.pk == batch[0].content.pk
        if batch and not (fits and all(letter.address != other.address for other in batch)):
            yield batch
            batch = []
        batch.append(letter)
    if batch:
        yield batch


def _single(letter: Letter) -> EmailMultiAlternatives:
    content = letter.content

    def own(text: str) -> str:
        return text.replace(TOKEN_MARK, letter.token)

    headers = {name: own(value) for name, value in mime.headers(content).items()}
    headers["Message-ID"] = mime.message_id(content, letter.id)
    message = EmailMultiAlternatives(
        content.subject, own(content.text), mime.envelope(content).header, [letter.address], headers=headers
    )
    if content.html:
        message.attach_alternative(own(content.html), "text/html")
    return message


def _merged(batch: Sequence[Letter]) -> EmailMultiAlternatives:
    content, provider = batch[0].content, settings.EMAIL_PROVIDER
    field, name = _FIELD[provider], _FIELD_NAME[provider]
    shared = {key: value for key, value in mime.headers(content).items() if TOKEN_MARK not in value}
    own = {key: value for key, value in mime.headers(content).items() if TOKEN_MARK in value}
    message = EmailMultiAlternatives(
        content.subject,
        content.text.replace(TOKEN_MARK, field),
        mime.envelope(content).header,
        [letter.address for letter in batch],
        headers=shared,
    )
    if content.html:
        message.attach_alternative(content.html.replace(TOKEN_MARK, field), "text/html")
    message.merge_data = {letter.address: {name: letter.token} for letter in batch}  # type: ignore[attr-defined]
    message.merge_headers = {  # type: ignore[attr-defined]
        letter.address: {key: value.replace(TOKEN_MARK, letter.token) for key, value in own.items()} for letter in batch
    }
    return message


def _answer(message: EmailMultiAlternatives, address: str) -> Result:
    status = getattr(message, "anymail_status", None)
    if status is None or address not in status.recipients:
        return Result(Outcome.SENT)
    told = status.recipients[address]
    if told.status in _TAKEN:
        return Result(Outcome.SENT, provider_id=str(told.message_id or "")[:200])
    suppress = Suppression.Reason.BOUNCED if told.status == "invalid" else ""
    return Result(Outcome.REFUSED, code=told.status, detail="The provider refused this address.", suppress=suppress)


def _problem(problem: AnymailError) -> Result:
    detail = " ".join(str(problem).split())[:280]
    status = getattr(problem, "status_code", None)
    if never_left(problem):
        return Result(Outcome.LATER, code="away", detail=detail, is_provider_trouble=True)
    if isinstance(problem, AnymailRequestsAPIError) and status is None:
        return Result(Outcome.UNCERTAIN, code="silence", detail=detail, is_provider_trouble=True)
    if status == 429:
        return Result(Outcome.LATER, code="429", detail=detail)
    if status in {401, 403}:
        return Result(Outcome.LATER, code=str(status), detail=detail, is_provider_trouble=True)
    if status is not None and status >= 500:
        return Result(Outcome.RETRY, code=str(status), detail=detail, is_provider_trouble=True)
    code = str(status) if isinstance(problem, AnymailAPIError) and status else type(problem).__name__[:40]
    return Result(Outcome.REFUSED, code=code, detail=detail)
