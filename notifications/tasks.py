"""Asks for queued messages to be delivered, on the queue of their lane, and for what is unknown to be settled."""

from celery import Task, shared_task
from celery.worker import state as worker

from notifications import callbacks, delivery, turns
from notifications.models import Lane


@shared_task
def deliver_urgent(channel: str) -> None:
    """Delivers what is due in the urgent lane on one channel; safe to repeat."""
    _deliver(deliver_urgent, Lane.URGENT, channel)


@shared_task
def deliver_bulk(channel: str) -> None:
    """Delivers what is due in the bulk lane on one channel; safe to repeat."""
    _deliver(deliver_bulk, Lane.BULK, channel)


@shared_task
def reconcile() -> None:
    """Asks providers about messages whose fate is unknown."""
    delivery.reconcile()


@shared_task
def work_off(callback_id: int) -> None:
    """Makes something of what a provider reported; safe to repeat."""
    callbacks.work_off(callback_id)


BY_LANE = {Lane.URGENT: deliver_urgent, Lane.BULK: deliver_bulk}


def _deliver(task: Task, lane: Lane, channel: str) -> None:
    """Drains in turn with the other threads of this process; asks again if time was up before the work was done."""
    is_done = turns.run((lane, channel), lambda: delivery.drain(lane, channel, is_stopping=_is_stopping))
    if not is_done and not _is_stopping():
        task.delay(channel)


def _is_stopping() -> bool:
    """Whether this worker was told to end: nothing new is begun then."""
    return any(wish is not None and wish is not False for wish in (worker.should_stop, worker.should_terminate))
