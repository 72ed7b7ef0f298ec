"""Works stored payloads off, outside the request that brought them."""

from celery import shared_task

from incidents.detection import reading


@shared_task
def work_off(payload_id: int) -> None:
    """Reads one payload and takes in its alerts; safe to repeat."""
    reading.work_off(payload_id)
