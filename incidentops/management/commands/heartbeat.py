"""Health check of a worker's container: did the lane of this process work off a task lately?"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from incidentops.models import Heartbeat

STALE_AFTER = timedelta(seconds=60)


class Command(BaseCommand):
    help = "Fails when the lane of INCIDENTOPS_PROCESS has not worked off a heartbeat for a minute."

    def handle(self, *args: Any, **options: Any) -> None:
        lanes = [settings.PROCESS] if settings.PROCESS in {"urgent", "bulk"} else ["urgent", "bulk"]
        late = [beat for beat in Heartbeat.objects.filter(lane__in=lanes) if beat.age > STALE_AFTER]
        if late or Heartbeat.objects.filter(lane__in=lanes).count() < len(lanes):
            raise CommandError(f"No sign of life: {', '.join(str(beat) for beat in late) or 'never seen'}.")
