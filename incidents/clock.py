"""What happens by the clock: a door like a view, opened by beat instead of a browser.

Each job looks for rows that are due and is safe to repeat; one that fails does not keep the others from running.
"""

import logging
from collections.abc import Callable

from celery import shared_task

from incidents import attachments, tasks
from incidents.communication import escalations, follow_ups, holding, promise_clock, scheduling
from incidents.detection import receive
from incidents.models import TimelineEntry
from incidents.response import advice, deciding, paging, reminders, tasking, verification

log = logging.getLogger(__name__)


def tell_untold() -> None:
    """Facts that no listener has heard: the task that was asked for may be lost."""
    for incident_id in TimelineEntry.objects.untold().order_by().values_list("incident", flat=True).distinct()[:200]:
        tasks.dispatch.delay(incident_id)


JOBS: tuple[Callable[[], object], ...] = (
    tell_untold,
    receive.sweep,
    attachments.sweep,
    advice.pass_on_due,
    tasking.tell_overdue,
    deciding.close_windows,
    verification.settle_quiet,
    paging.pass_on_unanswered,
    escalations.breach_due,
    follow_ups.remind,
    promise_clock.strike,
    holding.strike,
    scheduling.strike,
    reminders.remind_of_offers,
    reminders.end_stale_offers,
    reminders.tell_the_tired,
    reminders.end_old_seats,
)


@shared_task
def tick() -> None:
    """Every two seconds: each job once."""
    for job in JOBS:
        try:
            job()
        except Exception:
            log.exception("%s.%s failed", job.__module__, job.__name__)
