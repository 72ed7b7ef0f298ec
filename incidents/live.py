"""Tells open rooms that an incident has news, over the broker's publish and subscribe."""

import logging

import redis
from django.conf import settings

log = logging.getLogger(__name__)


def channel_of(incident_id: int) -> str:
    return f"incidentops:room:{incident_id}"


def announce(incident_id: int) -> None:
    """Wakes whoever watches the incident. A lost call only delays them until their next look."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as broker:
            broker.publish(channel_of(incident_id), b"1")
    except redis.RedisError as problem:
        log.warning("could not announce incident %s: %s", incident_id, problem)
