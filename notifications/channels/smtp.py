"""A line to a mail server that stays open: one round trip per message where the server pipelines.

Greeting, STARTTLS and signing in are smtplib's; the mail transaction is ours, since smtplib needs four
round trips a message and ends at the first refusal. With PIPELINING (RFC 2920) the body of one message
and the envelope of the next leave in one write.
"""

import smtplib
import ssl
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.conf import settings

from notifications.channels.base import Outcome, ProviderAway, Result
from notifications.models import Suppression

_RESET = b"RSET\r\n"
#: Enhanced status codes (RFC 3463) that say the mailbox or its domain does not exist, or is closed for good.
_NO_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")


class Parcel(NamedTuple):
    """A finished mail: who it is from, the one address that it goes to, and its bytes with CRLF line ends."""

    sender: str
    address: str
    data: bytes


class Line(smtplib.SMTP):
    """An open connection that sends parcels one after the other and tells of each what the server said."""

    def __init__(self, host: str, port: int, *, timeout_s: float, **tls: Any) -> None:
        self._budget_s = timeout_s
        self._ends_at = time.monotonic() + timeout_s
        super().__init__(host, port, local_hostname="localhost", timeout=timeout_s, **tls)

    def getreply(self) -> tuple[int, bytes]:
        """As smtplib's, but one letter's replies together have one budget, however slowly they drip."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the line is closed")
        self.sock.settimeout(max(self._ends_at - time.monotonic(), 0.01))
        return super().getreply()

    def send_parcels(self, parcels: Iterable[Parcel]) -> Iterator[Result]:
        """Sends each parcel and yields its result, in order; ends early when the line breaks."""
        try:
            yield from self._send(parcels)
        except GeneratorExit:
            self.close()  # an envelope may stand open: nothing else can be said on this line
            raise

    def leave(self) -> None:
        """Says goodbye if the server still listens, and closes the line."""
        try:
            self._ends_at = time.monotonic() + 1.0
            self.quit()
        except (smtplib.SMTPException, OSError):
            self.close()

    def _send(self, parcels: Iterable[Parcel]) -> Iterator[Result]:
        body = b""  # of the parcel whose last answer has not been read
        for parcel in parcels:
            envelope = b"MAIL FROM:<%b>\r\nRCPT TO:<%b>\r\nDATA\r\n" % (parcel.sender.encode(), parcel.address.encode())
            self._write(body + envelope if self._pipelines else body)
            if body:
                yield self._last_answer()
            refusal = self._open_envelope(envelope) if self._is_open else None
            if refusal:
                yield refusal
            if not self._is_open:
                return
            body = b"" if refusal else _stuffed(parcel.data)
        if body:
            self._write(body)
            yield self._last_answer()

    @property
    def _pipelines(self) -> bool:
        return self.has_extn("pipelining")

    @property
    def _is_open(self) -> bool:
        return self.sock is not None

    def _open_envelope(self, envelope: bytes) -> Result | None:
        """Reads, and without pipelining sends, MAIL, RCPT and DATA; the result if any was refused."""
        self._ends_at = time.monotonic() + self._budget_s
        refusal: Result | None = None
        try:
            for command in envelope.splitlines(keepends=True):
                if not self._pipelines:
                    if refusal:
                        break
                    self._write(command)
                code, text = self.getreply()
                if code in {250, 251, 252}:
                    continue
                if code == 354:
                    if refusal:  # the server wants a body for nobody: give it an empty one
                        self._write(b".\r\n")
                        self.getreply()
                    continue
                refusal = refusal or classify(code, text)
                if code == 421:
                    self.close()
                    return refusal
            if refusal:
                self._write(_RESET)
                self.getreply()
        except (smtplib.SMTPException, OSError) as problem:
            self.close()
            return refusal or Result(
                Outcome.RETRY, code="closed", detail=f"The line broke: {_said(problem)}", is_provider_trouble=True
            )
        return refusal

    def _last_answer(self) -> Result:
        """What the server says after a body; silence leaves it uncertain."""
        self._ends_at = time.monotonic() + self._budget_s
        try:
            code, text = self.getreply()
        except (smtplib.SMTPException, OSError) as problem:
            self.close()
            return Result(
                Outcome.UNCERTAIN,
                code="silence",
                detail=f"No answer after the message was handed over: {_said(problem)}",
                is_provider_trouble=True,
            )
        if code == 250:
            return Result(Outcome.SENT)
        if code == 421:
            self.close()
        return classify(code, text)

    def _write(self, data: bytes) -> None:
        """Writes to the server; a broken line shows when its answer is read."""
        try:
            if self.sock is not None and data:
                self.sock.settimeout(self._budget_s)
                self.sock.sendall(data)
        except OSError:
            self.close()


class TlsLine(Line, smtplib.SMTP_SSL):
    """A line that is encrypted from the first byte."""


def connect() -> Line:
    """A line to the configured server, greeted, encrypted and signed in as EMAIL_URL says; raises ProviderAway."""
    host, port, timeout_s = settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT
    line: Line | None = None
    try:
        if settings.EMAIL_USE_SSL:
            line = TlsLine(host, port, timeout_s=timeout_s, context=ssl.create_default_context())
        else:
            line = Line(host, port, timeout_s=timeout_s)
        line.ehlo_or_helo_if_needed()
        if settings.EMAIL_USE_TLS:
            line.starttls(context=ssl.create_default_context())
            line.ehlo_or_helo_if_needed()
        if settings.EMAIL_HOST_USER:
            line.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    except (smtplib.SMTPException, OSError) as problem:
        if line is not None:
            line.close()
        raise ProviderAway(f"{host}:{port} {_said(problem)}") from problem
    return line


def classify(code: int, text: bytes | str) -> Result:
    """What a refusal means: 4xx passes, 5xx stays, and a mailbox that does not exist is not written to again."""
    said = _text(text)
    if code == 421:
        return Result(Outcome.RETRY, code="421", detail=said, is_provider_trouble=True)
    if 400 <= code < 500:
        return Result(Outcome.RETRY, code=str(code), detail=said)
    if code in {530, 534, 535, 538}:  # it wants us to sign in: not this message's fault
        return Result(Outcome.LATER, code=str(code), detail=said, is_provider_trouble=True)
    is_gone = said.startswith(_NO_MAILBOX)
    return Result(Outcome.REFUSED, code=str(code), detail=said, suppress=Suppression.Reason.BOUNCED if is_gone else "")


def _stuffed(data: bytes) -> bytes:
    """The body as it goes over the wire: lines that begin with a dot get another, and the closing dot."""
    if b"\n." in data or data.startswith(b"."):
        data = (b"\n" + data).replace(b"\n.", b"\n..")[1:]
    return data + (b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n")


def _text(text: bytes | str) -> str:
    said = text.decode("utf-8", errors="replace") if isinstance(text, bytes) else text
    return " ".join(said.split())[:280]


def _said(problem: Exception) -> str:
    if isinstance(problem, smtplib.SMTPResponseException):
        return f"{problem.smtp_code} {_text(problem.smtp_error)}"
    return _text(f"{type(problem).__name__}: {problem}")
