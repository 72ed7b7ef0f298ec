"""The servers on the other side: one that takes mail, one that speaks Twilio's API. Both only write down."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services.product import free_port


@dataclass
class Mailbox:
    """All letters that came, in order, and when. `delay_s` makes the server slow."""

    delay_s: float = 0.0
    letters: list[tuple[str, bytes]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters += [(address, content) for address in envelope.rcpt_tos]
        self.times += [time.time()] * len(envelope.rcpt_tos)
        return "250 taken"

    def counts(self, containing: str = "") -> Counter[str]:
        """Address → how many letters it got whose subject holds a text."""
        return Counter(address for address, content in list(self.letters) if containing in _subject(content))

    def to(self, address: str) -> list[Message]:
        return [message_from_bytes(content, policy=default) for to, content in list(self.letters) if to == address]


def _subject(content: bytes) -> str:
    return str(message_from_bytes(content, policy=default)["Subject"])


@contextmanager
def mail_server(*, delay_s: float = 0.0) -> Iterator[tuple[Mailbox, str]]:
    """A mailbox and the EMAIL_URL under which it takes letters."""
    mailbox = Mailbox(delay_s)
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


@dataclass
class Phones:
    """All texts that were sent, as Twilio's API was asked to."""

    texts: list[dict[str, str]] = field(default_factory=list)

    def counts(self, containing: str = "") -> Counter[str]:
        """Number → how many texts it got that hold a text."""
        return Counter(text["To"] for text in list(self.texts) if containing in text["Body"])


@contextmanager
def phone_server() -> Iterator[tuple[Phones, dict[str, str]]]:
    """Phones, and the settings that send the product's texts to them."""
    phones = Phones()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            phones.texts.append({name: values[0] for name, values in form.items()})
            number = len(phones.texts)
            body = json.dumps({"sid": f"SM{number:032d}", "status": "queued", "to": form["To"][0]}).encode()
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: the tests' own output is enough."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield (
            phones,
            {
                "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
                "TWILIO_AUTH_TOKEN": "1" * 32,
                "TWILIO_FROM": "+15005550006",
                "TWILIO_API_URL": f"http://127.0.0.1:{server.server_address[1]}",
            },
        )
    finally:
        server.shutdown()
        server.server_close()
