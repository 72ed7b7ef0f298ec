"""The first moment of an alert: bounded, parsed, stored as it came, and put up for working off.

What comes of it is decided by `reading`, in a worker, so that the sender is answered at once.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from incidents.detection import tasks
from incidents.detection.parsing import parse
from incidents.detection.signal import Unreadable
from incidents.models import AlertSource, Payload

#: The largest body that is read.
LARGEST = 1024 * 1024
#: So many payloads of one source may wait; beyond that it is asked to come back.
MOST_WAITING = 5000
#: The sweep leaves alone what came just now: its task is under way.
SETTLE = timedelta(seconds=4)
#: So many are asked for again at once: of a long queue most have their task already, and asking twice is work.
MOST_SWEPT = 100


class Overloaded(Exception):  # noqa: N818  a state of affairs, not a mistake
    """The source sends faster than we work off; nothing was stored, the sender should try again."""


@transaction.atomic
def receive(source: AlertSource, *, body: bytes, content_type: str = "") -> Payload:
    """Stores one request and asks for it to be worked off. A body that is no JSON is stored as unreadable,
    with the reason. Raises Overloaded while too many of the source's payloads wait."""
    waiting = Payload.objects.filter(source=source, state=Payload.State.RECEIVED).order_by()
    if waiting[MOST_WAITING : MOST_WAITING + 1].exists():
        raise Overloaded
    payload = Payload(source=source, body=body, content_type=content_type[:100])
    try:
        parse(body)
    except Unreadable as problem:
        payload.state = Payload.State.UNREADABLE
        payload.trouble = str(problem)
        payload.save(force_insert=True)
        return payload
    payload.save(force_insert=True)
    transaction.on_commit(lambda: tasks.work_off.delay(payload.pk), robust=True)
    return payload


def sweep() -> int:
    """Asks again for payloads that nobody worked off, oldest first; returns how many."""
    late = Payload.objects.filter(state=Payload.State.RECEIVED, due_at__lte=timezone.now() - SETTLE)
    found = list(late.order_by("due_at").values_list("pk", flat=True)[:MOST_SWEPT])
    for payload_id in found:
        tasks.work_off.delay(payload_id)
    return len(found)
