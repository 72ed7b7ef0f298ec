"""The line to a mail server, each of its answers told by a server that follows a script."""

import io
import smtplib
from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from notifications.channels import smtp
from notifications.channels.base import Letter, Outcome, ProviderAway, Result
from notifications.channels.email import Smtp
from notifications.models import Suppression


class Server:
    """A socket whose other end answers by the rules given: a word of the command → its reply.

    `reply` may be bytes, or None for silence, or an exception to raise.
    """

    def __init__(self, **replies: bytes | None) -> None:
        self.replies = {
            "EHLO": b"250-mail.example\r\n250 PIPELINING\r\n",
            "MAIL": b"250 ok\r\n",
            "RCPT": b"250 ok\r\n",
            "DATA": b"354 go on\r\n",
            "RSET": b"250 ok\r\n",
            "QUIT": b"221 bye\r\n",
            ".": b"250 taken\r\n",
            **{name.replace("dot", "."): reply for name, reply in replies.items()},
        }
        self.writes: list[bytes] = []
        self.taken: list[bytes] = []
        self.recipients: list[str] = []
        self._answers = io.BytesIO(b"220 mail.example\r\n")
        self._rest = b""
        self._is_in_body = False
        self._body = b""
        self._recipients_of_one = 0
        self.is_closed = False

    # what smtplib uses of a socket
    def sendall(self, data: bytes) -> None:
        if self.is_closed:
            raise BrokenPipeError(32, "Broken pipe")
        self.writes.append(data)
        for line in data.splitlines(keepends=True):
            self._hear(line)

    def makefile(self, mode: str) -> "Server":
        return self

    def readline(self, size: int = -1) -> bytes:
        line = self._answers.readline()
        if line == b"HANG\r\n":
            raise TimeoutError("timed out")
        return line

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def close(self) -> None:
        self.is_closed = True

    def _say(self, reply: bytes | None) -> None:
        place = self._answers.tell()
        self._answers.seek(0, io.SEEK_END)
        self._answers.write(b"HANG\r\n" if reply is None else reply)
        self._answers.seek(place)

    def _hear(self, line: bytes) -> None:
        if self._is_in_body:
            if line != b".\r\n":
                self._body += line
                return
            self._is_in_body = False
            if self.replies["."] and self.replies["."].startswith(b"250"):
                self.taken.append(self._body)
            self._body = b""
            self._say(self.replies["."])
            return
        word = line.split()[0].decode().upper()
        reply = self.replies[word]
        if word == "RCPT":
            address = line.partition(b"<")[2].partition(b">")[0].decode()
            self.recipients.append(address)
            reply = self.replies.get(f"RCPT {address}", reply)
            self._recipients_of_one += bool(reply and reply.startswith(b"250"))
        if word == "DATA":
            if not self._recipients_of_one and not self.replies.get("LENIENT"):
                reply = b"503 no valid recipients\r\n"
            self._recipients_of_one = 0
            self._is_in_body = bool(reply and reply.startswith(b"354"))
        self._say(reply)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Callable[[Server], smtp.Line]:
    def open_line(server: Server) -> smtp.Line:
        monkeypatch.setattr(smtplib.SMTP, "_get_socket", lambda *_: server)
        opened = smtp.Line("mail.example", 25, timeout_s=2.0)
        opened.ehlo()
        return opened

    return open_line


def parcels(*addresses: str, body: bytes = b"Subject: x\r\n\r\nHello\r\n") -> Iterator[smtp.Parcel]:
    return (smtp.Parcel("status@halyard.example", address, body) for address in addresses)


def outcomes(results: Iterator[Result]) -> list[tuple[Outcome, str]]:
    return [(result.outcome, result.code) for result in results]


def test_every_parcel_goes_to_its_one_address(line: Callable[[Server], smtp.Line]) -> None:
    server = Server()
    results = list(line(server).send_parcels(parcels("a@x.example", "b@x.example", "c@x.example")))
    assert [result.outcome for result in results] == [Outcome.SENT] * 3
    assert server.recipients == ["a@x.example", "b@x.example", "c@x.example"]
    assert len(server.taken) == 3


def test_a_pipelining_server_gets_a_body_and_the_next_envelope_in_one_write(
    line: Callable[[Server], smtp.Line],
) -> None:
    server = Server()
    list(line(server).send_parcels(parcels("a@x.example", "b@x.example")))
    assert [write.count(b"\r\n") for write in server.writes[1:]] == [3, 7, 4]


def test_another_server_gets_one_command_at_a_time(line: Callable[[Server], smtp.Line]) -> None:
    server = Server(EHLO=b"250 mail.example\r\n")
    results = list(line(server).send_parcels(parcels("a@x.example", "b@x.example")))
    assert [result.outcome for result in results] == [Outcome.SENT] * 2
    assert [write.split()[0] for write in server.writes[1:]] == [b"MAIL", b"RCPT", b"DATA", b"Subject:"] * 2


@pytest.mark.parametrize("pipelining", [b"250 PIPELINING\r\n", b"250 HELP\r\n"])
@pytest.mark.parametrize(
    ("at", "reply", "expected"),
    [
        ("RCPT b@x.example", b"450 4.2.0 greylisted\r\n", (Outcome.RETRY, "450")),
        ("RCPT b@x.example", b"550 5.1.1 no such user\r\n", (Outcome.REFUSED, "550")),
    ],
)
def test_a_refused_address_does_not_touch_its_neighbours(
    line: Callable[[Server], smtp.Line], pipelining: bytes, at: str, reply: bytes, expected: tuple[Outcome, str]
) -> None:
    server = Server(EHLO=pipelining)
    server.replies[at] = reply
    results = line(server).send_parcels(parcels("a@x.example", "b@x.example", "c@x.example"))
    assert outcomes(results) == [(Outcome.SENT, ""), expected, (Outcome.SENT, "")]
    assert len(server.taken) == 2


def test_a_server_that_wants_a_body_for_nobody_gets_an_empty_one(line: Callable[[Server], smtp.Line]) -> None:
    server = Server(LENIENT=b"yes", dot=b"554 no valid recipients\r\n")
    server.replies["RCPT a@x.example"] = b"550 5.1.1 no such user\r\n"
    results = list(line(server).send_parcels(parcels("a@x.example")))
    assert [(result.outcome, result.code) for result in results] == [(Outcome.REFUSED, "550")]
    assert server.taken == []


@pytest.mark.parametrize(
    ("reply", "outcome", "is_trouble"),
    [
        (b"451 try later\r\n", Outcome.RETRY, False),
        (b"421 closing\r\n", Outcome.RETRY, True),
        (b"554 rejected\r\n", Outcome.REFUSED, False),
    ],
)
def test_what_a_server_says_after_the_body_counts(
    line: Callable[[Server], smtp.Line], reply: bytes, outcome: Outcome, is_trouble: bool
) -> None:
    (result,) = line(Server(dot=reply)).send_parcels(parcels("a@x.example"))
    assert (result.outcome, result.is_provider_trouble) == (outcome, is_trouble)


def test_silence_after_the_body_is_uncertain_and_ends_the_line(line: Callable[[Server], smtp.Line]) -> None:
    server = Server(dot=None)
    opened = line(server)
    (result,) = opened.send_parcels(parcels("a@x.example", "b@x.example"))
    assert (result.outcome, result.is_provider_trouble) == (Outcome.UNCERTAIN, True)
    assert opened.sock is None
    assert server.is_closed


def test_silence_before_the_body_is_certain_that_nothing_went(line: Callable[[Server], smtp.Line]) -> None:
    (result,) = line(Server(DATA=None)).send_parcels(parcels("a@x.example", "b@x.example"))
    assert (result.outcome, result.is_provider_trouble) == (Outcome.RETRY, True)


def test_a_421_in_the_envelope_ends_the_line(line: Callable[[Server], smtp.Line]) -> None:
    server = Server(MAIL=b"421 too many\r\n")
    (result,) = line(server).send_parcels(parcels("a@x.example", "b@x.example"))
    assert (result.outcome, result.code, result.is_provider_trouble) == (Outcome.RETRY, "421", True)


def test_a_line_that_was_left_in_the_middle_is_not_used_again(line: Callable[[Server], smtp.Line]) -> None:
    opened = line(Server())
    results = opened.send_parcels(parcels("a@x.example", "b@x.example"))
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert opened.sock is None


def test_lines_that_begin_with_a_dot_arrive_whole(line: Callable[[Server], smtp.Line]) -> None:
    server = Server()
    list(line(server).send_parcels(parcels("a@x.example", body=b".first\r\n\r\n.\r\nlast")))
    assert server.taken == [b"..first\r\n\r\n..\r\nlast\r\n"]


@pytest.mark.parametrize(
    ("code", "text", "outcome", "suppress"),
    [
        (450, b"4.2.0 greylisted", Outcome.RETRY, ""),
        (452, b"4.2.2 full", Outcome.RETRY, ""),
        (550, b"5.1.1 no such user", Outcome.REFUSED, Suppression.Reason.BOUNCED),
        (550, b"5.7.1 blocked for spam", Outcome.REFUSED, ""),
        (530, b"5.7.0 sign in first", Outcome.LATER, ""),
        (554, b"no", Outcome.REFUSED, ""),
    ],
)
def test_only_a_mailbox_that_is_not_there_is_not_written_to_again(
    code: int, text: bytes, outcome: Outcome, suppress: str
) -> None:
    result = smtp.classify(code, text)
    assert (result.outcome, result.suppress, result.detail) == (outcome, suppress, text.decode())


@pytest.mark.parametrize("greeting", [b"554 go away\r\n", b"421 busy\r\n", b""])
def test_a_server_that_does_not_greet_is_away(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, greeting: bytes
) -> None:
    server = Server()
    server._answers = io.BytesIO(greeting)
    monkeypatch.setattr(smtplib.SMTP, "_get_socket", lambda *_: server)
    settings.EMAIL_HOST, settings.EMAIL_PORT = "mail.example", 25
    with pytest.raises(ProviderAway, match=r"mail\.example:25"):
        smtp.connect()


def test_a_refused_connection_is_away(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(smtplib.SMTP, "_get_socket", refuse)
    with pytest.raises(ProviderAway, match="Connection refused"):
        smtp.connect()


def test_letters_of_two_contents_share_one_line(monkeypatch: pytest.MonkeyPatch, letter: Callable[..., Letter]) -> None:
    server = Server()
    monkeypatch.setattr(smtplib.SMTP, "_get_socket", lambda *_: server)
    with Smtp() as channel:
        channel.open()
        results = list(channel.send([letter("a@x.example"), letter("b@x.example", number=8)]))
    assert [result.outcome for result in results] == [Outcome.SENT] * 2
    assert b"unsubscribe/own-7/>" in server.taken[0]
    assert b"unsubscribe/own-8/>" in server.taken[1]
    assert b"own-7" not in server.taken[1]
    assert server.writes[-1] == b"quit\r\n"
