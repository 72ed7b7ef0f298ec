"""Calls the listeners with each timeline row that they have not heard, oldest first.

Only `tasks` imports this module. A listener writes rows under stable keys, so hearing a fact twice
changes nothing; what fails is tried again by the sweep, and after five failures the row is parked
and shown, so that one bad row does not stop the ones behind it.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from incidents.models import TimelineEntry

log = logging.getLogger(__name__)

ATTEMPTS = 5
#: How long a row rests after its first, second … failure: an outage of minutes parks nothing.
BACK_OFF = [timedelta(seconds=seconds) for seconds in (2, 15, 60, 300)]
BATCH = 100


def drain(incident_id: int) -> int:
    """Tells the untold rows of one incident; returns how many were told.

    Stops at a row that a listener could not take, until it has rested, unless that was its last attempt.
    """
    listeners = [import_string(path) for path in settings.INCIDENT_LISTENERS]
    told = 0
    for entry in (
        TimelineEntry.objects.untold().filter(incident=incident_id).select_related("incident", "actor")[:BATCH]
    ):
        if entry.retry_at is not None and entry.retry_at > timezone.now():
            break
        if _tell(entry, listeners):
            told += 1
        elif entry.failures + 1 < ATTEMPTS:
            break
    return told


def _tell(entry: TimelineEntry, listeners: list[Callable[[TimelineEntry], None]]) -> bool:
    row = TimelineEntry.objects.filter(pk=entry.pk, told_at=None)
    for listener in listeners:
        try:
            with transaction.atomic():
                listener(entry)
        except Exception as problem:
            name = f"{listener.__module__}.{listener.__name__}"
            log.exception("%s could not take entry %s", name, entry.pk)
            trouble = f"{name}: {type(problem).__name__}: {problem}"
            rest = BACK_OFF[min(entry.failures, len(BACK_OFF) - 1)]
            row.update(failures=F("failures") + 1, trouble=trouble, retry_at=timezone.now() + rest)
            row.filter(failures__gte=ATTEMPTS).update(parked_at=timezone.now())
            return False
    row.update(told_at=timezone.now(), trouble="")
    return True
