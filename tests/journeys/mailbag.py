"""What has left the product in a test: the files that the channels write where no provider is set."""

import email
import json
from collections import Counter
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default as modern

from django.conf import settings


@dataclass(frozen=True)
class Letter:
    """One message as its recipient gets it."""

    channel: str
    to: str
    subject: str
    text: str
    headers: dict[str, str]


def letters() -> list[Letter]:
    """Everything that was sent, oldest first."""
    folder = settings.SENT_DIR
    return [_read(file.name, file.read_bytes()) for file in sorted(folder.glob("*.*"))] if folder.exists() else []


def _read(name: str, data: bytes) -> Letter:
    if name.endswith(".json"):
        note = json.loads(data)
        return Letter(note["channel"], note["to"], "", note["body"], {})
    mail = email.message_from_bytes(data, _class=EmailMessage, policy=modern)
    body = mail.get_body(("plain",))
    return Letter(
        "email", str(mail["To"]), str(mail["Subject"]), body.get_content() if body else "", dict(mail.items())
    )


def about(words: str) -> Counter[str]:
    """How many letters with these words each address got."""
    return Counter(letter.to for letter in letters() if words in letter.subject + letter.text)


def newest_to(address: str) -> Letter:
    """The last letter to one address."""
    return next(letter for letter in reversed(letters()) if letter.to == address)
