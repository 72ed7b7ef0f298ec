"""What happens by the clock on the public side: a door like a view, opened by beat instead of a browser."""

from datetime import UTC, timedelta

from celery import shared_task
from django.db.models import F, Q
from django.utils import timezone

from statuspage import staleness, store, subscriptions
from statuspage.models import StatusPage

#: A page that could not be published is tried again after this time, not at every tick.
RETRY_AFTER = timedelta(seconds=15)


@shared_task
def tick() -> None:
    """Asks again for what is stale, publishes each page anew with each day, forgets and tidies up."""
    now = timezone.now()
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    settled = StatusPage.objects.filter(published_version=F("wanted_version"), failed_at=None)
    for page in settled.filter(published_at__lt=midnight):
        # The bars end with today, which is another day now.
        staleness.mark(page)
    waiting = StatusPage.objects.filter(Q(failed_at=None) | Q(failed_at__lt=now - RETRY_AFTER))
    for page in waiting:
        if page.is_stale or store.current(page.slug) is None:
            staleness.ask(page)
        store.prune(page.slug)
    subscriptions.forget_unconfirmed()
