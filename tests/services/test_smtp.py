"""The mail line against real servers: postfix's sink, and one that refuses, hangs up and falls silent."""

import asyncio
import shutil
import smtplib
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from notifications import delivery, outbox
from notifications.channels import smtp
from notifications.channels.base import Outcome, ProviderAway
from notifications.models import Content, Lane, Message, State

pytestmark = pytest.mark.services


class Mailbox:
    """Stores what arrives; what it answers to an address stands in the address itself."""

    def __init__(self, *, pipelines: bool = True) -> None:
        self.mails: list[tuple[str, bytes]] = []
        self.pipelines = pipelines
        self.silence_s = 0.0

    async def handle_EHLO(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]] if self.pipelines else responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("grey"):
            return "450 4.2.0 come back later"
        if address.startswith("gone"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        address = envelope.rcpt_tos[0]
        if address.startswith("busy"):
            return "451 4.3.0 try later"
        if address.startswith("spam"):
            return "554 5.7.1 not wanted"
        self.mails.append((address, envelope.content or b""))
        if address.startswith("silent"):
            await asyncio.sleep(self.silence_s)
        return "250 taken"


@pytest.fixture(params=[True, False], ids=["pipelining", "one by one"])
def mailbox(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Mailbox]:
    box = Mailbox(pipelines=request.param)
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    use(settings, controller.port)
    yield box
    controller.stop()


def use(settings: Settings, port: int, **more: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 2
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    for name, value in more.items():
        setattr(settings, name, value)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def fan_out(db: None) -> Callable[..., dict[str, str]]:
    """Queues a text to each address, delivers, and answers address → state."""

    def go(*addresses: str, lane: Lane = Lane.BULK) -> dict[str, str]:
        text = Content.objects.create(key="k", topic="t", subject="Käse", text=".dot\nx-own-token-x\n", html="<p>ä</p>")
        people = [outbox.Recipient(to, "email", to, token=f"own-{number}") for number, to in enumerate(addresses)]
        outbox.queue_many(text, people, lane=lane)
        delivery.drain(lane, "email", seconds=10)
        return dict(Message.objects.values_list("address", "state"))

    return go


def test_each_gets_one_mail_of_their_own(mailbox: Mailbox, fan_out: Callable[..., dict[str, str]]) -> None:
    addresses = [f"s{number}@x.example" for number in range(120)]
    assert set(fan_out(*addresses).values()) == {State.SENT}
    assert sorted(address for address, _ in mailbox.mails) == sorted(addresses)
    for address, content in mailbox.mails:
        number = address.removeprefix("s").partition("@")[0]
        assert f"own-{number}=\r\n".encode() in content
        assert f"To: {address}\r\n".encode() in content
        assert b"\r\n.dot\r\n" in content


def test_refusals_touch_only_those_whom_they_mean(mailbox: Mailbox, fan_out: Callable[..., dict[str, str]]) -> None:
    names = ["a", "grey", "b", "gone", "busy", "spam", "c"]
    states = fan_out(*[f"{name}@x.example" for name in names])
    assert states == {
        "a@x.example": State.SENT,
        "grey@x.example": State.QUEUED,
        "b@x.example": State.SENT,
        "gone@x.example": State.FAILED,
        "busy@x.example": State.QUEUED,
        "spam@x.example": State.FAILED,
        "c@x.example": State.SENT,
    }
    assert [address for address, _ in mailbox.mails] == ["a@x.example", "b@x.example", "c@x.example"]


@pytest.mark.parametrize(("lane", "state"), [(Lane.BULK, State.UNKNOWN), (Lane.URGENT, State.QUEUED)])
def test_a_server_that_takes_a_mail_and_falls_silent_leaves_it_uncertain(
    mailbox: Mailbox, fan_out: Callable[..., dict[str, str]], settings: Settings, lane: Lane, state: str
) -> None:
    settings.EMAIL_TIMEOUT = 0.5
    mailbox.silence_s = 1.5
    states = fan_out("silent@x.example", lane=lane)
    assert states == {"silent@x.example": state}
    assert [address for address, _ in mailbox.mails] == ["silent@x.example"]


def test_a_server_that_is_not_there_leaves_everything_queued(
    settings: Settings, fan_out: Callable[..., dict[str, str]]
) -> None:
    use(settings, free_port())
    assert fan_out("a@x.example") == {"a@x.example": State.QUEUED}
    assert list(Message.objects.values_list("attempts", flat=True)) == [0]


def test_a_server_that_never_greets_costs_no_more_than_the_patience(
    settings: Settings, fan_out: Callable[..., dict[str, str]]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        use(settings, mute.getsockname()[1], EMAIL_TIMEOUT=0.5)
        began = time.monotonic()
        assert fan_out("a@x.example") == {"a@x.example": State.QUEUED}
        assert time.monotonic() - began < 2


# --- encryption -------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of `localhost` and its key, in one file; nobody trusts it yet."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "mail.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def locked_mailbox(settings: Settings, certificate: Path) -> Iterator[Mailbox]:
    """Wants STARTTLS, then the name `ops` with the password `secret`."""

    def check(_: SMTP, __: Session, ___: Envelope, ____: str, told: object) -> AuthResult:
        return AuthResult(success=(told.login, told.password) == (b"ops", b"secret"), handled=False)  # type: ignore[attr-defined]

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    box = Mailbox()
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        authenticator=check,
        auth_required=True,
    )
    controller.start()
    use(settings, controller.port, EMAIL_HOST="localhost", EMAIL_USE_TLS=True, EMAIL_HOST_USER="ops")
    settings.EMAIL_HOST_PASSWORD = "secret"
    yield box
    controller.stop()


def test_mail_goes_out_encrypted_and_signed_in(
    locked_mailbox: Mailbox,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    fan_out: Callable[..., dict[str, str]],
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert set(fan_out("a@x.example", "b@x.example").values()) == {State.SENT}
    assert len(locked_mailbox.mails) == 2


def test_a_server_with_a_certificate_that_nobody_signed_gets_no_password(locked_mailbox: Mailbox) -> None:
    with pytest.raises(ProviderAway, match="CERTIFICATE_VERIFY_FAILED"):
        smtp.connect()


def test_a_wrong_password_is_the_providers_trouble(
    locked_mailbox: Mailbox, certificate: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.EMAIL_HOST_PASSWORD = "guess"
    with pytest.raises(ProviderAway, match="535"):
        smtp.connect()


# --- postfix ----------------------------------------------------------------------------------


def test_postfix_takes_a_whole_fan_out_over_one_pipelined_line(
    settings: Settings, fan_out: Callable[..., dict[str, str]]
) -> None:
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin:/usr/lib/postfix/sbin")
    assert program, "smtp-sink is missing: apt-get install postfix"
    port = free_port()
    sink = subprocess.Popen([program, "-u", "nobody", f"127.0.0.1:{port}", "16"], stderr=subprocess.DEVNULL)
    try:
        use(settings, port)
        assert smtp_answers(port)
        line = smtp.connect()
        assert line.has_extn("pipelining")
        assert [result.outcome for result in line.send_parcels([])] == []
        line.leave()
        assert set(fan_out(*[f"s{number}@x.example" for number in range(300)]).values()) == {State.SENT}
    finally:
        sink.terminate()
        sink.wait(5)


def smtp_answers(port: int) -> bool:
    ends_at = time.monotonic() + 5
    while time.monotonic() < ends_at:
        try:
            smtplib.SMTP("127.0.0.1", port, timeout=1).quit()
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


def test_a_refused_neighbour_does_not_break_postfixs_line(settings: Settings, db: None) -> None:
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin:/usr/lib/postfix/sbin")
    assert program, "smtp-sink is missing: apt-get install postfix"
    port = free_port()
    refusing = [program, "-u", "nobody", "-f", "rcpt", f"127.0.0.1:{port}", "16"]
    sink = subprocess.Popen(refusing, stderr=subprocess.DEVNULL)
    try:
        use(settings, port)
        assert smtp_answers(port)
        line = smtp.connect()
        parcels = [smtp.Parcel("a@x.example", f"s{n}@x.example", b"Subject: x\r\n\r\nx\r\n") for n in range(3)]
        assert [result.outcome for result in line.send_parcels(parcels)] == [Outcome.REFUSED] * 3
    finally:
        sink.terminate()
        sink.wait(5)
