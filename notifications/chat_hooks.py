"""Chat rooms that we may post to: kept with their address sealed, in trouble, and switched off where they refuse.

Who may add one, and what it reads along of, is decided above; here is no permission.
"""

import secrets
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import F, Min
from django.utils import timezone

from notifications import http, listening, sealing
from notifications.listening import FactKind, MessageFact
from notifications.models import ChannelName, ChatHook, ChatKind, Message, State

#: After so many refusals in a row nothing more is sent to a room.
MOST_REFUSALS = 5
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_PREFIX = "hook:"
LONGEST_URL = 2000


def add(*, kind: str, name: str, url: str = "") -> ChatHook:
    """Makes a room; without an address what is posted there is written to files. Raises ValidationError."""
    hook = ChatHook(public_id="".join(secrets.choice(_ALPHABET) for _ in range(12)), kind=kind, name=_named(name))
    if kind not in ChatKind.values:
        raise ValidationError({"kind": f"{kind} is no kind of chat; they are {', '.join(ChatKind.values)}."})
    hook.url_sealed = _sealed(url)
    hook.save(force_insert=True)
    return hook


def change(hook: ChatHook, *, name: str | None = None, url: str | None = None) -> ChatHook:
    """Gives it another name, or another address, with which it starts without trouble. Raises ValidationError."""
    if name is not None:
        hook.name = _named(name)
    if url is not None:
        hook.url_sealed, hook.trouble, hook.failed_at, hook.failures = _sealed(url), "", None, 0
    hook.save(update_fields=["name", "url_sealed", "trouble", "failed_at", "failures"])
    return hook


def switch(hook: ChatHook, is_active: bool) -> ChatHook:
    """On, with a clean slate, or off."""
    hook.is_active = is_active
    if is_active:
        hook.trouble, hook.failed_at, hook.failures = "", None, 0
    hook.save(update_fields=["is_active", "trouble", "failed_at", "failures"])
    return hook


def address_of(hook: ChatHook) -> str:
    """What messages name it by."""
    return f"{_PREFIX}{hook.public_id}"


def find(address: str) -> ChatHook | None:
    """The room of an address; None where it is gone."""
    return ChatHook.objects.filter(public_id=address.removeprefix(_PREFIX)).first()


def url_of(hook: ChatHook) -> str:
    """Where it is posted to, empty for files; raises sealing.Broken."""
    return sealing.unseal(hook.url_sealed) if hook.url_sealed else ""


def host_of(hook: ChatHook) -> str:
    """Enough of the address to recognise it: 'hooks.slack.com/…k7Qx'. The rest is shown to nobody again."""
    try:
        url = url_of(hook)
    except sealing.Broken:
        return "an address that was stored under another secret key"
    return f"{url.partition('://')[2].partition('/')[0]}/…{url[-4:]}" if url else "files in var/sent/"


def behind(message_id: int, address: str) -> datetime | None:
    """When an earlier message to the same room is due that has not gone out yet: the later one waits for it."""
    earlier = Message.objects.filter(
        channel=ChannelName.CHAT, address=address, id__lt=message_id, state__in=[State.QUEUED, State.SENDING]
    )
    found: datetime | None = earlier.aggregate(first=Min("due_at"))["first"]
    return found


def went(hook: ChatHook) -> None:
    """It took a message: whatever was wrong is over."""
    if hook.trouble or hook.failures:
        ChatHook.objects.filter(pk=hook.pk).update(trouble="", failed_at=None, failures=0)


def failed(hook: ChatHook, trouble: str, *, is_refusal: bool) -> None:
    """Notes why a message did not go. After five refusals in a row the room is off, and the packages above hear it."""
    rows = ChatHook.objects.filter(pk=hook.pk)
    rows.filter(failed_at=None).update(failed_at=timezone.now())
    rows.update(trouble=trouble[:300], failures=F("failures") + (1 if is_refusal else 0))
    if is_refusal and rows.filter(is_active=True, failures__gte=MOST_REFUSALS).update(is_active=False):
        listening.tell(MessageFact(FactKind.CHAT_OFF, ChannelName.CHAT, address_of(hook), text=trouble[:300]))


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise ValidationError({"name": "A chat room needs a name, so that people know which one it is."})
    if len(name) > 100:
        raise ValidationError({"name": "A name has at most 100 characters."})
    return name


def check_url(url: str) -> None:
    """Raises ValidationError for an address that is none; where its name leads is found out when it is posted to."""
    if len(url) > LONGEST_URL:
        raise ValidationError({"url": f"An address has at most {LONGEST_URL:,} characters."})
    try:
        http.check(url)
    except http.Blocked as problem:
        raise ValidationError({"url": str(problem)}) from problem
    if not url.startswith("https://") and not settings.OUTBOUND_ALLOWED_NETS:
        raise ValidationError({"url": "The address of a chat begins with https://."})


def _sealed(url: str) -> str:
    url = url.strip()
    if not url:
        return ""
    check_url(url)
    return sealing.seal(url)
