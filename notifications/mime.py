"""One mail, rendered once for all who get it: only the recipient's own parts are filled in per copy.

Building a message with the standard library costs some twenty times as much as sending it, so a fan-out
builds a skeleton per content and joins bytes per recipient. Everything in it is ASCII: bodies are
quoted-printable, headers encoded words, so any server takes it and signatures survive.
"""

import hashlib
import re
from dataclasses import dataclass
from email.header import Header
from email.quoprimime import body_encode
from email.utils import formataddr, formatdate, parseaddr

from django.conf import settings

from notifications.links import TOKEN_MARK
from notifications.models import Content

_ADDRESS, _ID, _TOKEN = b"\x00address\x00", b"\x00id\x00", TOKEN_MARK.encode()
_MARKS = re.compile(b"(" + b"|".join(re.escape(mark) for mark in (_ADDRESS, _ID, _TOKEN)) + b")")
#: The token's mark, wherever quoted-printable may have broken the line inside it.
_BROKEN_MARK = re.compile("(?:=\r\n)?".join(re.escape(sign) for sign in TOKEN_MARK))
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Envelope:
    """Who a content's mail is from: the header's line, and the bare address for the server."""

    header: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def envelope(content: Content) -> Envelope:
    """The sender of a content; an unusable one is replaced by the installation's own."""
    for candidate in (content.sender, settings.DEFAULT_FROM_EMAIL):
        name, address = parseaddr(_one_line(candidate))
        if "@" in address and address.isascii():
            return Envelope(formataddr((name, address), charset="utf-8"), address)
    raise ValueError("DEFAULT_FROM_EMAIL holds no address.")


def headers(content: Content) -> dict[str, str]:
    """The headers that every copy shares but for the token: threading, one-click unsubscribing, automatic origin."""
    sender = envelope(content)
    lines = {"Auto-Submitted": "auto-generated"}
    if content.thread:
        root = thread_root(content.thread, sender.domain)
        lines |= {"In-Reply-To": root, "References": root}
    if content.unsubscribe_url:
        mailto = f"mailto:{sender.address}?subject=unsubscribe%20{TOKEN_MARK}"
        lines |= {
            "List-Unsubscribe": f"<{_one_line(content.unsubscribe_url)}>, <{mailto}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return lines


def thread_root(thread: str, domain: str) -> str:
    """The Message-ID that all messages of a thread refer to; none of them carries it."""
    return f"<{re.sub(r'[^A-Za-z0-9._-]', '-', thread)}@{domain}>"


def message_id(content: Content, message: int) -> str:
    """A Message-ID that stays the same when a message is sent again, so that mailboxes fold the two."""
    origin = hashlib.sha256(content.key.encode()).hexdigest()[:12]
    return f"<{message}.{origin}@{envelope(content).domain}>"


class Skeleton:
    """A content's mail with gaps for the address, the Message-ID and the token of each recipient."""

    def __init__(self, content: Content) -> None:
        self.sender = envelope(content)
        self._id_prefix, self._id_suffix = message_id(content, 0)[1:].split("0.", 1)
        text = _head(content, self.sender) + _body(content)
        self._pieces = _MARKS.split(text.encode("ascii"))

    def fill(self, *, message: int, address: str, token: str) -> bytes:
        """One recipient's mail as bytes with CRLF line ends; `address` and `token` must have been checked."""
        own = {_ADDRESS: address.encode(), _ID: b"%d" % message, _TOKEN: token.encode()}
        return b"".join([own.get(piece, piece) for piece in self._pieces])


def _head(content: Content, sender: Envelope) -> str:
    own_id = message_id(content, 0).replace("<0.", f"<{_ID.decode()}.", 1)
    charset = "us-ascii" if content.subject.isascii() else "utf-8"
    subject = Header(_one_line(content.subject), charset, header_name="Subject").encode(linesep="\r\n")
    lines = {
        "From": sender.header,
        "To": _ADDRESS.decode(),
        "Subject": subject,
        "Date": formatdate(),
        "Message-ID": own_id,
        **headers(content),
        "MIME-Version": "1.0",
    }
    return "".join(f"{name}: {value}\r\n" for name, value in lines.items())


def _body(content: Content) -> str:
    plain = _part("plain", content.text)
    if not content.html:
        return plain
    fence = "=_" + hashlib.sha256(content.key.encode()).hexdigest()[:24]
    parts = "".join(f"--{fence}\r\n{part}\r\n" for part in (plain, _part("html", content.html)))
    return f'Content-Type: multipart/alternative; boundary="{fence}"\r\n\r\n{parts}--{fence}--\r\n'


def _part(kind: str, text: str) -> str:
    octets = _LINE_ENDS.sub("\r\n", text).encode("utf-8", errors="replace")
    body = body_encode(octets.decode("latin-1"), eol="\r\n")
    # A mark that a soft line break went through is put together again, on a line of its own:
    # the token that takes its place may be longer than what was left of the line.
    whole = _BROKEN_MARK.sub(f"=\r\n{TOKEN_MARK}=\r\n", body)
    return f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{whole}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
