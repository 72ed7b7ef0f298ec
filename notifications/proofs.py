"""What became of the messages about a topic, text by text: the proof that people were told.

`outbox.summary` says it per channel; here each `Content` stands apart, since one topic may have several texts for
several audiences. Times count from when the first row was queued.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from notifications.models import Attempt, Message, State, Suppression
from notifications.outbox import ask

#: Tried, and not there as far as anybody knows.
DEAD = (State.FAILED, State.BOUNCED, State.UNKNOWN)
#: Not told, for whatever reason; what is queued is still on its way.
NOT_TOLD = (*DEAD, State.SUPPRESSED, State.CANCELLED)


@dataclass(frozen=True)
class Told:
    """One text on one channel. `sent` is what a provider took, `delivered` the part that a carrier confirmed.

    `t50` and `t95` are seconds until half and 95 % of all its messages were taken; None where that is not so yet.
    """

    key: str
    channel: str
    total: int
    queued: int
    sent: int
    delivered: int
    failed: int
    bounced: int
    unknown: int
    suppressed: int
    cancelled: int
    t50: float | None
    t95: float | None

    @property
    def missed(self) -> int:
        """Who has not been told and will not be by itself."""
        return self.failed + self.bounced + self.unknown + self.suppressed + self.cancelled


def of(topic: str) -> list[Told]:
    """The proof of each text about `topic` on each of its channels; four queries for each."""
    counts: dict[tuple[str, str], dict[str, int]] = {}
    rows = Message.objects.about(topic).order_by().values_list("content__key", "channel", "state")
    for key, channel, state, count in rows.annotate(count=Count("pk")):
        counts.setdefault((key, channel), {})[state] = count
    return [_told(topic, key, channel, states) for (key, channel), states in sorted(counts.items())]


def not_told(topic: str) -> QuerySet[Message]:
    """The messages about `topic` that did not get through and are not on their way, the oldest first."""
    return Message.objects.about(topic).filter(state__in=NOT_TOLD).select_related("content").order_by("pk")


def resend(topic: str, *, by: int | None) -> int:
    """Queues anew what was given up about `topic`, but not to addresses that want or take nothing; answers how many.

    `by` is the account that asked. What was taken by a provider is left alone, so nobody is told twice who was told.
    """
    now = timezone.now()
    dead = [
        message
        for message in Message.objects.about(topic).filter(state__in=DEAD).select_related("content")
        if not _is_closed(message)
    ]
    if not dead:
        return 0
    fresh = {"attempts": 0, "due_at": now, "queued_at": now, "settled_at": None, "sent_at": None, "provider_id": ""}
    claimed = [
        message
        for message in dead
        if Message.objects.filter(pk=message.pk, state=message.state).update(state=State.QUEUED, **fresh)
    ]
    Attempt.objects.bulk_create(
        Attempt(message=message, outcome="again", detail="Queued again for those who missed it.", by_id=by)
        for message in claimed
    )
    for lane, channel in {(message.lane, message.channel) for message in claimed}:
        ask(lane, channel)
    return len(claimed)


def _is_closed(message: Message) -> bool:
    lists = ["", message.content.list_name] if message.content.list_name else [""]
    return Suppression.objects.filter(channel=message.channel, address=message.address, list_name__in=lists).exists()


def _told(topic: str, key: str, channel: str, states: dict[str, int]) -> Told:
    rows = Message.objects.about(topic).filter(content__key=key, channel=channel)
    taken = rows.filter(sent_at__isnull=False)
    total, sent = sum(states.values()), taken.count()
    start = rows.aggregate(first=Min("queued_at"))["first"]

    def seconds(share: float) -> float | None:
        place = max(0, -int(-total * share // 1) - 1)
        if place >= sent or start is None:
            return None
        at = taken.order_by("sent_at").values_list("sent_at", flat=True)[place]
        return round(max(0.0, (at - start).total_seconds()), 3) if at else None

    def many(names: Iterable[State]) -> int:
        return sum(states.get(name, 0) for name in names)

    return Told(
        key=key,
        channel=channel,
        total=total,
        queued=many((State.QUEUED, State.SENDING)),
        sent=sent,
        delivered=many((State.DELIVERED,)),
        failed=many((State.FAILED,)),
        bounced=many((State.BOUNCED,)),
        unknown=many((State.UNKNOWN,)),
        suppressed=many((State.SUPPRESSED,)),
        cancelled=many((State.CANCELLED,)),
        t50=seconds(0.50),
        t95=seconds(0.95),
    )
