"""Says that a page must be published anew; `tasks` has it done.

Two counters on the page, wanted and published, make it safe to ask twice, late or in vain.
"""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from statuspage import tasks
from statuspage.models import StatusPage


def mark(page: StatusPage) -> None:
    """Raises the wanted version in the caller's transaction, and has the page published after it."""
    with transaction.atomic():
        StatusPage.objects.filter(pk=page.pk).update(wanted_version=F("wanted_version") + 1, updated_at=timezone.now())
        ask(page)


def ask(page: StatusPage) -> None:
    """Has a page published that is stale already; a broker that is away stops nobody, the clock asks again."""
    transaction.on_commit(lambda: tasks.republish.delay(page.pk), robust=True)
