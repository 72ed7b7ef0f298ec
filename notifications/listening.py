"""Tells the packages above what carriers reported of an address: a bounce, a STOP, a reply.

They are named in `settings.MESSAGE_LISTENERS`; nothing is imported from them.
"""

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import models, transaction
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)


class FactKind(models.TextChoices):
    """What can be heard of an address."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    STOP = "stop"
    START = "start"
    REPLY = "reply"


@dataclass(frozen=True)
class MessageFact:
    """Something that a carrier reported; `message_id` is our row where it is known."""

    kind: str
    channel: str
    address: str
    message_id: int | None = None
    text: str = ""


def tell(fact: MessageFact) -> None:
    """Calls each listener with the fact; one that fails is logged and does not stop the others."""
    for path in settings.MESSAGE_LISTENERS:
        try:
            with transaction.atomic():
                import_string(path)(fact)
        except Exception:
            log.exception("%s could not take a %s", path, fact.kind)
