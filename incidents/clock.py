"""What happens by the clock: a door like a view, opened by beat instead of a browser."""

from celery import shared_task

from incidents import tasks
from incidents.detection import receive
from incidents.models import TimelineEntry


@shared_task
def tick() -> None:
    """Looks for work that was asked for but not done: untold facts and payloads not worked off."""
    for incident_id in TimelineEntry.objects.untold().order_by().values_list("incident", flat=True).distinct()[:200]:
        tasks.dispatch.delay(incident_id)
    receive.sweep()
