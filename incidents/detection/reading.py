"""Works one stored payload off: claims it, reads it in the words of its source, and takes in each alert.

A crash in between leaves it claimed until the claim lapses; then the sweep asks again. Each alert is a
transaction of its own, and taking one in twice changes nothing.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify

from incidents.detection import alerts
from incidents.detection.intake import READERS
from incidents.detection.parsing import parse
from incidents.detection.signal import Signal, Unreadable
from incidents.models import Payload, Service

logger = logging.getLogger(__name__)

#: How long a worker may take before another one tries.
CLAIM = timedelta(seconds=60)
#: Waiting after the first failure; doubled after each further one.
FIRST_WAIT = timedelta(seconds=5)
MOST_ATTEMPTS = 5


def work_off(payload_id: int) -> None:
    """Works one payload off; does nothing where another worker has it or it is done."""
    payload = _claim(payload_id)
    if payload is None:
        return
    try:
        signals = READERS[payload.source.kind](parse(bytes(payload.body)))
    except Unreadable as problem:
        _end(payload, Payload.State.UNREADABLE, trouble=str(problem))
        return
    except KeyError:
        _end(payload, Payload.State.UNREADABLE, trouble=f"Nothing here reads {payload.source.kind}.")
        return
    try:
        _take_in(payload, signals)
    except Exception as problem:
        logger.exception("Payload %s could not be worked off", payload.pk)
        _put_back(payload, trouble=f"{type(problem).__name__}: {problem}"[:500])
        return
    _end(payload, Payload.State.DONE)


def _claim(payload_id: int) -> Payload | None:
    """Makes the payload ours until the claim lapses; one that was claimed too often has failed."""
    now = timezone.now()
    open_now = Payload.objects.filter(pk=payload_id, state=Payload.State.RECEIVED, due_at__lte=now)
    if open_now.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=Payload.State.FAILED, trouble="Each of five tries ended before it was done.", done_at=now
    ):
        return None
    if open_now.update(attempts=F("attempts") + 1, due_at=now + CLAIM) != 1:
        return None
    return Payload.objects.select_related("source").get(pk=payload_id)


def _take_in(payload: Payload, signals: list[Signal]) -> None:
    """The last word on each key counts; the same key twice in one payload is one alert."""
    services = _Services()
    for signal in {signal.dedup_key: signal for signal in signals}.values():
        alerts.note(payload.source, signal, payload=payload, service=services.named(signal.component_hint))


class _Services:
    """Services by all the names under which alerts may call them, read once for a payload."""

    def __init__(self) -> None:
        self._by_name: dict[str, Service] = {}
        for service in Service.objects.order_by("pk"):
            for name in [service.slug, service.name, *service.alert_names]:
                self._by_name.setdefault(_folded(name), service)

    def named(self, hint: str) -> Service | None:
        """The service that a hint means, or None: an unknown one stays a hint."""
        return self._by_name.get(_folded(hint)) if hint else None


def _folded(name: object) -> str:
    """'Payments API' and 'payments-api' are the same name; one that has no letters is itself."""
    return slugify(str(name)) or str(name).casefold()


def _end(payload: Payload, state: str, *, trouble: str = "") -> None:
    Payload.objects.filter(pk=payload.pk, state=Payload.State.RECEIVED).update(
        state=state, trouble=trouble, done_at=timezone.now()
    )


@transaction.atomic
def _put_back(payload: Payload, *, trouble: str) -> None:
    """Tried again later, a little longer each time; after the fifth failure it is shown instead."""
    if payload.attempts >= MOST_ATTEMPTS:
        _end(payload, Payload.State.FAILED, trouble=trouble)
        return
    wait = FIRST_WAIT * 2 ** (payload.attempts - 1)
    Payload.objects.filter(pk=payload.pk, state=Payload.State.RECEIVED).update(
        due_at=timezone.now() + wait, trouble=trouble
    )
