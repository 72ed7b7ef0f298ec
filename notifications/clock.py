"""What happens by the clock: a door like a view, opened by beat instead of a browser."""

from datetime import timedelta

from celery import shared_task

from notifications import callbacks, limits, tasks, upkeep


@shared_task
def tick() -> None:
    """Looks for what was queued but not delivered, claimed but not sent, reported but not worked off."""
    upkeep.reclaim()
    for lane, channel in upkeep.roads_with_due_rows():
        tasks.BY_LANE[lane].delay(channel)
    for callback_id in callbacks.unworked():
        tasks.work_off.delay(callback_id)
    if upkeep.has_unknown() and limits.take("notifications.reconcile", capacity=1, per=timedelta(minutes=1)):
        tasks.reconcile.delay()
    upkeep.retire()
