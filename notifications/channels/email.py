"""E-mail: over a mail server, through an e-mail provider's API, or to files where neither is set."""

from collections.abc import Iterable, Iterator

from django.conf import settings

from notifications.channels import smtp
from notifications.channels.base import Channel, Letter, Result
from notifications.channels.file import File
from notifications.channels.provider import Provider
from notifications.mime import Skeleton

_SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
_FILE_BACKEND = "notifications.channels.file.EmailBackend"


def email_channel() -> Channel:
    """The road that the settings name."""
    if settings.EMAIL_BACKEND == _SMTP_BACKEND:
        return Smtp()
    if settings.EMAIL_BACKEND == _FILE_BACKEND:
        return File("email")
    return Provider()


class Smtp(Channel):
    """Sends over one open line; each content is rendered once and filled in per recipient."""

    chunk = 50

    def __init__(self) -> None:
        self._line: smtp.Line | None = None
        self._skeletons: dict[int, Skeleton] = {}

    @property
    def provider(self) -> str:
        return f"smtp {settings.EMAIL_HOST}:{settings.EMAIL_PORT}"

    def open(self) -> None:
        if self._line is None or self._line.sock is None:
            self._line = smtp.connect()

    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None and line.sock is not None:
            line.leave()

    def send(self, letters: Iterable[Letter]) -> Iterator[Result]:
        if self._line is not None and self._line.sock is not None:
            yield from self._line.send_parcels(map(self._parcel, letters))

    def _parcel(self, letter: Letter) -> smtp.Parcel:
        skeleton = self._skeleton(letter)
        mail = skeleton.fill(message=letter.id, address=letter.address, token=letter.token)
        return smtp.Parcel(skeleton.sender.address, letter.address, mail)

    def _skeleton(self, letter: Letter) -> Skeleton:
        skeleton = self._skeletons.get(letter.content.pk)
        if skeleton is None:
            skeleton = self._skeletons[letter.content.pk] = Skeleton(letter.content)
        return skeleton
