"""Asks for queued messages to be delivered, on the queue of their lane."""

from celery import shared_task

from notifications.models import Lane


@shared_task
def deliver_urgent(channel: str) -> None:
    """Delivers what is due in the urgent lane on one channel; safe to repeat."""


@shared_task
def deliver_bulk(channel: str) -> None:
    """Delivers what is due in the bulk lane on one channel; safe to repeat."""


BY_LANE = {Lane.URGENT: deliver_urgent, Lane.BULK: deliver_bulk}
