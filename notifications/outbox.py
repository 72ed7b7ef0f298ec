"""The one door in: whoever has something to say writes rows here, and they are delivered.

Writes rows only. A key makes asking safe to repeat; after the commit a task is asked for, and if the
broker does not answer, the sweep finds the rows a moment later.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol, TypedDict
from uuid import uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Min
from django.utils import timezone

from notifications import addresses, tasks, wording
from notifications.models import Attempt, ChannelName, ContactMethod, Content, Lane, Message, Preference, State

__all__ = [
    "Content",
    "Lane",
    "Message",
    "Proof",
    "Recipient",
    "cancel",
    "content",
    "queue",
    "queue_many",
    "queue_person",
    "retry",
    "summary",
]

BATCH = 500


class Person(Protocol):
    """What is needed of an account to write to it."""

    pk: int
    email: str
    phone: object


class Doer(Protocol):
    """What is needed of an account that acts."""

    pk: int

    def has_perm(self, perm: str) -> bool:
        """Django's own question."""


@dataclass(frozen=True)
class Recipient:
    """One who shall get a message. `token` takes the place of `links.TOKEN_MARK` in this recipient's copy."""

    key: str
    channel: str
    address: str
    user_id: int | None = None
    token: str = ""


class Proof(TypedDict):
    """What became of a topic's messages on one channel.

    `sent` counts what a provider took, whatever it said later; `delivered` is the part of it that the
    carrier confirmed. `t50` and `t95` are the seconds from the first row to the half and to 95 % of
    what was taken.
    """

    total: int
    queued: int
    sent: int
    delivered: int
    failed: int
    unknown: int
    suppressed: int
    cancelled: int
    t50: float | None
    t95: float | None


def content(
    *,
    template: str,
    context: Mapping[str, object],
    topic: str,
    list_name: str = "",
    thread: str = "",
    sender: str = "",
    unsubscribe_url: str = "",
    is_sandbox: bool = False,
    payload: dict[str, object] | None = None,
    chat: Mapping[str, Mapping[str, object]] | None = None,
    key: str | None = None,
) -> Content:
    """Renders `"<app>/<name>"` once and stores it; with a `key`, a second call answers the stored one.

    `topic` groups what `cancel` and `summary` are asked about, `thread` what a mailbox shows together.
    `unsubscribe_url` holds `links.TOKEN_MARK` where the recipient's token belongs; with it, mail carries
    one-click headers. `list_name` is what a recipient can leave. `is_sandbox` sends to files only. `payload` is
    what webhooks receive, `chat` what chats do, by their kind (`chats.payloads`).
    """
    if key is not None and (stored := Content.objects.filter(key=key).first()):
        return stored
    rendered = wording.render(template, context)
    fields = {
        "topic": topic,
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "sms": rendered.sms,
        "payload": payload,
        "chat": chat,
        "list_name": list_name,
        "thread": thread,
        "sender": sender,
        "unsubscribe_url": unsubscribe_url,
        "is_sandbox": is_sandbox,
    }
    return Content.objects.get_or_create(key=key or f"once:{uuid4()}", defaults=fields)[0]


def queue(
    *,
    key: str,
    channel: str,
    address: str,
    content: Content,
    lane: Lane = Lane.URGENT,
    user: Person | None = None,
    token: str = "",
    due_at: datetime | None = None,
) -> Message | None:
    """Writes one message; None if this key was queued before (so it is safe to repeat)."""
    now = timezone.now()
    message, is_new = Message.objects.get_or_create(
        key=key,
        defaults={
            "channel": channel,
            "address": addresses.normal(channel, address),
            "content": content,
            "lane": lane,
            "user_id": user.pk if user else None,
            "token": token,
            "due_at": due_at or now,
            "queued_at": max(due_at or now, now),
        },
    )
    if not is_new:
        return None
    ask(lane, channel)
    return message


def queue_many(content: Content, recipients: Iterable[Recipient], *, lane: Lane = Lane.BULK) -> int:
    """Writes one message per recipient and answers how many were new; safe to repeat.

    Reads `recipients` as a stream and writes them 500 at a time, so a million need no more memory
    than a thousand.
    """
    written = 0
    channels: set[str] = set()
    for batch in _batches(recipients):
        now = timezone.now()
        pattern = Message(content=content, lane=lane, due_at=now, queued_at=now)
        written += Message.objects.add_copies(
            pattern,
            ("key", "channel", "address", "token", "user_id"),
            [(to.key, to.channel, addresses.normal(to.channel, to.address), to.token, to.user_id) for to in batch],
        )
        channels.update(to.channel for to in batch)
    for channel in sorted(channels):
        ask(lane, channel)
    return written


def queue_person(
    user: Person,
    *,
    key: str,
    content: Content,
    lane: Lane = Lane.URGENT,
    channels: Sequence[str] = (ChannelName.EMAIL, ChannelName.SMS),
    token: str = "",
) -> list[Message]:
    """Writes a message on each channel that this person wants and has an address for.

    A verified contact method comes before the address of the account. The channel is appended to the
    key; a channel that the content has no words for is left out.
    """
    refused = set(Preference.objects.filter(user_id=user.pk, is_enabled=False).values_list("channel", flat=True))
    verified = ContactMethod.objects.filter(user_id=user.pk, is_verified=True)
    methods = dict(verified.order_by("-pk").values_list("channel", "address"))
    of_account = {ChannelName.EMAIL: user.email, ChannelName.SMS: str(user.phone or "")}
    written = []
    for channel in channels:
        address = methods.get(channel) or of_account.get(ChannelName(channel), "")
        if channel in refused or not address or not _has_words(content, channel):
            continue
        message = queue(
            key=f"{key}:{channel}",
            channel=channel,
            address=address,
            content=content,
            lane=lane,
            user=user,
            token=token,
        )
        if message:
            written.append(message)
    return written


def cancel(*, topic: str, before: datetime | None = None) -> int:
    """Withdraws what is still queued about `topic`, if given only what was queued before a time; answers how many."""
    rows = Message.objects.about(topic).waiting()
    if before is not None:
        rows = rows.filter(queued_at__lt=before)
    return rows.update(state=State.CANCELLED, settled_at=timezone.now(), detail="Withdrawn before it went out.")


@transaction.atomic
def retry(message: Message, *, by: Doer) -> Message:
    """Queues a message that was given up once more, as if it had never been tried.

    Raises PermissionDenied, and ValidationError if it was not given up.
    """
    if not by.has_perm("notifications.change_message"):
        raise PermissionDenied
    now = timezone.now()
    dead = Message.objects.filter(pk=message.pk, state__in=[State.FAILED, State.BOUNCED, State.UNKNOWN])
    fresh = {"attempts": 0, "due_at": now, "queued_at": now, "settled_at": None, "sent_at": None, "provider_id": ""}
    is_queued = dead.update(state=State.QUEUED, **fresh)
    message.refresh_from_db()
    if not is_queued:
        raise ValidationError(f"This message is {message.get_state_display().lower()}: there is nothing to try again.")
    Attempt.objects.create(message=message, outcome="again", detail="Queued again by hand.", by_id=by.pk)
    ask(message.lane, message.channel)
    return message


def summary(topic: str) -> dict[str, Proof]:
    """Per channel, what became of the messages about `topic`."""
    counts: dict[str, dict[str, int]] = {}
    states = Message.objects.about(topic).order_by().values_list("channel", "state").annotate(count=Count("pk"))
    for channel, state, count in states:
        counts.setdefault(channel, {})[state] = count
    return {channel: _proof(topic, channel, states) for channel, states in sorted(counts.items())}


def _proof(topic: str, channel: str, states: dict[str, int]) -> Proof:
    taken = Message.objects.about(topic).filter(channel=channel, sent_at__isnull=False)
    sent = taken.count()
    start = Message.objects.about(topic).filter(channel=channel).aggregate(first=Min("queued_at"))["first"]

    def seconds(share: float) -> float | None:
        place = min(sent - 1, int(sent * share))
        at = taken.order_by("sent_at").values_list("sent_at", flat=True)[place] if sent else None
        return float(round((at - start).total_seconds(), 3)) if at else None

    def many(*names: State) -> int:
        return sum(states.get(name, 0) for name in names)

    return Proof(
        total=sum(states.values()),
        queued=many(State.QUEUED, State.SENDING),
        sent=sent,
        delivered=many(State.DELIVERED),
        failed=many(State.FAILED, State.BOUNCED),
        unknown=many(State.UNKNOWN),
        suppressed=many(State.SUPPRESSED),
        cancelled=many(State.CANCELLED),
        t50=seconds(0.50),
        t95=seconds(0.95),
    )


def _has_words(content: Content, channel: str) -> bool:
    if channel == ChannelName.SMS:
        return bool(content.sms)
    if channel == ChannelName.CHAT:
        return bool(content.chat)
    return bool(content.text) or channel == ChannelName.WEBHOOK


def _batches(recipients: Iterable[Recipient]) -> Iterator[list[Recipient]]:
    stream = iter(recipients)
    while batch := list(islice(stream, BATCH)):
        yield batch


def ask(lane: str, channel: str) -> None:
    """Has the rows delivered once the transaction is through; a broker that is away stops nobody."""
    transaction.on_commit(lambda: tasks.BY_LANE[Lane(lane)].delay(channel), robust=True)
