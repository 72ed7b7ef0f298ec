"""Heartbeats: tasks that go through each lane's queue only to show that it is being worked off.

A worker whose process lives may still have stopped consuming. What watches it looks at the stamp that
this leaves: the supervisor at the file, everybody else at the row.
"""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from incidentops.models import Heartbeat


@shared_task
def beat(lane: str) -> None:
    """Stamps the lane, on disk first: a worker without its database is not mended by restarting it."""
    folder = settings.VAR_DIR / "alive"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / lane).touch()
    Heartbeat.objects.update_or_create(lane=lane, defaults={"beaten_at": timezone.now()})
