"""Asks for the listeners of an incident's new facts to be called."""

from celery import shared_task

from incidents import live, relay


@shared_task
def dispatch(incident_id: int) -> None:
    """Tells the rows of one incident that nobody has heard yet; safe to repeat."""
    live.announce(incident_id)
    relay.drain(incident_id)
