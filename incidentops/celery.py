"""The Celery application; its settings are the CELERY_ names of settings.py."""

import os

from celery import Celery

from incidentops.clock import CLOCK_OPTION, Clock

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incidentops.settings")

app = Celery("incidentops", task_cls="incidentops.patience:PatientTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="clock")
app.user_options["worker"].add(CLOCK_OPTION)
app.steps["worker"].add(Clock)
