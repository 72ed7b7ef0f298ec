"""The Celery application; its settings are the CELERY_ names of settings.py."""

import os

from celery import Celery
from celery.signals import worker_ready
from django.conf import settings

from incidentops.clock import CLOCK_OPTION, Clock

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incidentops.settings")

app = Celery("incidentops", task_cls="incidentops.patience:PatientTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="clock")
app.user_options["worker"].add(CLOCK_OPTION)
app.steps["worker"].add(Clock)


@worker_ready.connect
def show_life(**_: object) -> None:
    """A lane's first heartbeat, as soon as its worker takes tasks."""
    lane = settings.PROCESS
    if lane in {"urgent", "bulk"}:
        app.send_task("incidentops.tasks.beat", args=[lane], queue=lane)
