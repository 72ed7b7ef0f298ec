"""The shell: settings, addresses, workers, and the frame of every page."""

from incidentops.celery import app as celery_app

__all__ = ["celery_app"]
