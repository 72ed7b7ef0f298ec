"""What keeps the outbox moving when something broke: lapsed leases, forgotten rows, old data."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from notifications import limits
from notifications.channels import file
from notifications.models import Callback, ChannelName, Content, Lane, Message, State
from notifications.models.messages import MOST_ATTEMPTS

#: No lease is longer; one that ends later was written before the clock was set back.
LONGEST_LEASE = timedelta(seconds=60)
KEEP_MESSAGES = timedelta(days=90)
KEEP_CALLBACKS = timedelta(days=30)


def reclaim() -> int:
    """Settles rows whose worker died: sent again, but a bulk SMS, which may have gone out; answers how many."""
    now = timezone.now()
    lapsed = Message.objects.filter(
        Q(lease_until__lt=now) | Q(lease_until__gt=now + LONGEST_LEASE), state=State.SENDING
    )
    if not lapsed.exists():
        return 0
    spent = lapsed.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=State.FAILED,
        lease_until=None,
        settled_at=now,
        code="lapsed",
        detail="Its worker ended in the middle of each of its tries.",
    )
    unsure = lapsed.filter(lane=Lane.BULK, channel=ChannelName.SMS).update(
        state=State.UNKNOWN,
        lease_until=None,
        settled_at=now,
        code="lapsed",
        detail="Its worker ended in the middle: it may have gone out.",
    )
    return spent + unsure + lapsed.update(state=State.QUEUED, lease_until=None)


def roads_with_due_rows() -> list[tuple[Lane, str]]:
    """The lanes and channels in which something waits whose time has come."""
    roads = [(lane, channel) for lane in Lane for channel in ChannelName.values]
    return [
        (lane, channel) for lane, channel in roads if Message.objects.due().filter(lane=lane, channel=channel).exists()
    ]


def has_unknown() -> bool:
    """Whether a message of the last minutes has an unknown fate that a provider could still tell."""
    return Message.objects.filter(
        state=State.UNKNOWN, channel=ChannelName.SMS, settled_at__gt=timezone.now() - timedelta(minutes=10)
    ).exists()


def retire() -> None:
    """Once a day, deletes what is no longer needed: settled messages, texts and files, raw reports, full buckets."""
    if not limits.take("notifications.retire", capacity=1, per=timedelta(days=1)):
        return
    now = timezone.now()
    settled = Message.objects.exclude(state__in=[State.QUEUED, State.SENDING])
    settled.filter(queued_at__lt=now - KEEP_MESSAGES).delete()
    unused = ~Exists(Message.objects.filter(content=OuterRef("pk")))
    Content.objects.filter(unused, created_at__lt=now - KEEP_MESSAGES).delete()
    Callback.objects.filter(received_at__lt=now - KEEP_CALLBACKS).delete()
    limits.forget(older_than=timedelta(days=2))
    file.clear(before=now - KEEP_MESSAGES)
