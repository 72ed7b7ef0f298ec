"""The channel when no provider is set, and of everything from a sandbox: one file per message in `SENT_DIR`.

Mail becomes `.eml`, anything else `.json`. A file is there whole or not at all.
"""

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from notifications.channels.base import Channel, Letter, Outcome, Result
from notifications.links import TOKEN_MARK
from notifications.mime import Skeleton


class File(Channel):
    """Writes each message to a file of its own."""

    chunk = 50

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._skeletons: dict[int, Skeleton] = {}

    @property
    def provider(self) -> str:
        return "file"

    def send(self, letters: Iterable[Letter]) -> Iterator[Result]:
        for letter in letters:
            try:
                file = self._write(letter)
            except OSError as problem:
                yield Result(
                    Outcome.RETRY, code=f"errno {problem.errno}", detail=str(problem.strerror), is_provider_trouble=True
                )
            else:
                yield Result(Outcome.SENT, provider_id=file.name)

    def _write(self, letter: Letter) -> Path:
        if self._channel == "email":
            skeleton = self._skeletons.get(letter.content.pk)
            if skeleton is None:
                skeleton = self._skeletons[letter.content.pk] = Skeleton(letter.content)
            mail = skeleton.fill(message=letter.id, address=letter.address, token=letter.token)
            return store(mail, name=f"email-{letter.id}", kind="eml")
        note = {
            "channel": self._channel,
            "to": letter.address,
            "key": letter.key,
            "at": timezone.now().isoformat(),
            "is_sandbox": letter.content.is_sandbox,
            "body": letter.content.sms.replace(TOKEN_MARK, letter.token),
            "payload": letter.content.chat if self._channel == "chat" else letter.content.payload,
        }
        data = json.dumps(note, ensure_ascii=False, indent=1).encode()
        return store(data, name=f"{self._channel}-{letter.id}", kind="json")


class EmailBackend(BaseEmailBackend):
    """Django's own mail (sign-in codes and the like) where no mail server is set."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Writes each message; answers how many. Raises OSError unless `fail_silently`."""
        written = 0
        for message in email_messages:
            try:
                store(message.message().as_bytes(), name="email", kind="eml")
            except OSError:
                if not self.fail_silently:
                    raise
            else:
                written += 1
        return written


def clear(*, before: datetime) -> int:
    """Deletes files that were written before a time; answers how many."""
    old = [file for file in settings.SENT_DIR.glob("*.*") if file.stat().st_mtime < before.timestamp()]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)


def store(data: bytes, *, name: str, kind: str) -> Path:
    """Writes `data` under a name that begins with the time, readable by the owner only; raises OSError."""
    folder: Path = settings.SENT_DIR
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = timezone.now().strftime("%Y%m%dT%H%M%S.%f")
    target = folder / f"{stamp}-{name}-{secrets.token_hex(3)}.{kind}"
    draft = target.with_name(f".{target.name}.part")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
            stream.write(data)
        draft.replace(target)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return target
