"""How often something may be done: a token bucket in the database, so that all processes share it."""

import time
from datetime import timedelta

from django.db.models import ExpressionWrapper, F, FloatField, Value
from django.db.models.functions import Greatest, Least

from notifications.models import Bucket


def take(bucket: str, *, capacity: int, per: timedelta) -> bool:
    """Takes one token, if there is one: at most `capacity` at once, refilled evenly over `per`.

    One UPDATE decides, so two callers never share the last token. A clock that is set back gives nothing.
    """
    now, rate = time.time(), capacity / per.total_seconds()
    gained = Greatest(Value(0.0), Value(now) - F("stamp")) * Value(rate)
    filled = ExpressionWrapper(Least(Value(float(capacity)), F("tokens") + gained), output_field=FloatField())
    row = Bucket.objects.filter(name=bucket)
    if row.alias(filled=filled).filter(filled__gte=1.0).update(tokens=filled - 1.0, stamp=now):
        return True
    return Bucket.objects.get_or_create(name=bucket, defaults={"tokens": capacity - 1.0, "stamp": now})[1]


def forget(*, older_than: timedelta) -> int:
    """Deletes buckets that nobody touched for so long, which are full again; answers how many."""
    return Bucket.objects.filter(stamp__lt=time.time() - older_than.total_seconds()).delete()[0]
