"""What an update becomes on every channel, before it goes out: made by the code that sends it, and nothing saved.

The update may be unsaved. A recipient's own token is `links.TOKEN_MARK`; times are those of the moment asked for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from incidents.communication import mirrors
from incidents.communication.audiences import Count, audience_of
from incidents.models import Update, UpdateState
from notifications import chats, outbox, wording

#: From how many messages on a sending says something about the pace.
LARGE = 20


@dataclass(frozen=True)
class Email:
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Sms:
    """A text message with what it costs: 'GSM-7' or 'UCS-2', its length in that encoding, its segments."""

    body: str
    encoding: str
    units: int
    segments: int

    @property
    def room(self) -> int:
        """How many units its segments hold."""
        alone, joined = (160, 153) if self.encoding == "GSM-7" else (70, 67)
        return alone if self.segments <= 1 else joined * self.segments


@dataclass(frozen=True)
class Previews:
    """All channels of one update. `email` and `sms` are None where nobody gets any; `page` is a piece of HTML,
    `document` the whole page that holds it; `chats` are the payloads by kind of chat."""

    page: str
    document: str
    email: Email | None
    sms: Sms | None
    chats: dict[str, dict[str, Any]]

    def as_json(self) -> dict[str, object]:
        """As the API answers."""
        return {
            "page": self.page,
            "email": vars(self.email) if self.email else None,
            "sms": vars(self.sms) if self.sms else None,
            **self.chats,
        }


def previews(update: Update, *, at: datetime | None = None) -> Previews:
    """What would be shown and sent if `update` went out at `at` (else now), for its first audience.

    Further audiences get the same words in the frame of their own e-mail; chats get one message for all.
    Raises ValidationError where the update makes no sense to its audience.
    """
    made = audience_of(update).preview(update, at=at or timezone.now())
    return Previews(
        page=made.page,
        document=made.document,
        email=Email(made.subject, made.text, made.html) if made.text or made.html else None,
        sms=Sms(made.sms, *wording.sms_cost(made.sms)) if made.sms else None,
        chats=chats.payloads(mirrors.chat_of_update(update)),
    )


def sends_in(channel: str, count: Count) -> timedelta | None:
    """About how long handing it over takes, at the pace of the last large sending; None where there was none yet."""
    number = count.by_channel.get(channel, 0)
    pace = _pace(channel)
    return timedelta(seconds=max(number / pace, 1)) if number and pace else None


def _pace(channel: str) -> float:
    """Messages a second of the last update that went to at least twenty; 0 where none did."""
    recent = Update.objects.filter(state=UpdateState.PUBLISHED).order_by("-published_at")
    for pk in recent.values_list("pk", flat=True)[:3]:
        proof = outbox.summary(f"update:{pk}").get(channel)
        if proof and proof["sent"] >= LARGE and proof["t95"]:
            return 0.95 * proof["sent"] / proof["t95"]
    return 0.0
