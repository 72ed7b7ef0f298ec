"""Tells the packages above what carriers reported of an address: a bounce, a STOP, a reply.

They are named in `settings.MESSAGE_LISTENERS`; nothing is imported from them.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

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
    MAIL = "mail"  # somebody wrote to us; what they wrote stands under `data`
    CHAT_OFF = "chat_off"  # a chat refused so often that nothing more is sent there; the address is the hook's


@dataclass(frozen=True)
class MessageFact:
    """Something that a carrier reported; `message_id` is our row where it is known."""

    kind: str
    channel: str
    address: str
    message_id: int | None = None
    text: str = ""
    data: Mapping[str, object] = field(default_factory=dict)


def tell(fact: MessageFact) -> None:
    """Calls each listener with the fact; one that fails is logged and does not stop the others."""
    for path in settings.MESSAGE_LISTENERS:
        try:
            with transaction.atomic():
                import_string(path)(fact)
        except Exception:
            log.exception("%s could not take a %s", path, fact.kind)


def hand_over(fact: MessageFact) -> None:
    """Calls each listener with what must not be lost: the first that fails stops the caller, who tries again."""
    for path in settings.MESSAGE_LISTENERS:
        import_string(path)(fact)
