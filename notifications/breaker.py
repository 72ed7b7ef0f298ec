"""Whether a provider is worth trying: one row per provider, shared by all workers.

Five failures of the provider's own kind within 30 s open it; after a rest one caller at a time may
try again, and the first success closes it. Failures of a single address are not counted here.
"""

from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from notifications.models import Breaker

FAILURES = 5
WITHIN = timedelta(seconds=30)
REST = timedelta(seconds=15)


def allows(provider: str) -> bool:
    """Whether to try `provider` now; while it is open, True for one caller per rest, as a probe."""
    now = timezone.now()
    row = Breaker.objects.filter(provider=provider)
    if not row.filter(open_until__isnull=False).exists():
        return True
    far = now + REST * 2  # a clock that was set back must not keep it open for hours
    over = Q(open_until__lte=now) | Q(open_until__gt=far)
    return bool(row.filter(over).update(open_until=now + REST))


def failed(provider: str, trouble: str) -> None:
    """Counts a failure of the provider itself, and opens the breaker at the fifth in 30 s."""
    now = timezone.now()
    Breaker.objects.get_or_create(provider=provider)
    row = Breaker.objects.filter(provider=provider)
    row.filter(counting_since__lt=now - WITHIN, open_until=None).update(failures=0, counting_since=now)
    row.update(failures=F("failures") + 1, trouble=trouble[:300])
    row.filter(failures__gte=FAILURES).update(open_until=now + REST)


def succeeded(provider: str) -> None:
    """Closes the breaker; writes nothing if it was closed and clean."""
    now = timezone.now()
    row = Breaker.objects.filter(Q(failures__gt=0) | Q(open_until__isnull=False), provider=provider)
    if row.exists():  # asked first: on SQLite even an update of nothing waits for other writers
        row.update(failures=0, open_until=None, counting_since=now, trouble="")
