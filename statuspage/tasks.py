"""Has a page published, after `staleness` asked for it."""

from celery import shared_task

from statuspage import publishing


@shared_task
def republish(page_id: int) -> None:
    """Publishes one page if it is stale; safe to repeat."""
    publishing.publish(page_id)
