"""Chats that read along: which room hears of what, and the words in which it does.

Hears facts and writes one message a room, nothing else. Drills are mirrored nowhere; a private incident only into
rooms that were told to read along of private ones.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from incidents.conflicts import Conflict, refuse_overtaken
from incidents.models import (
    Audience,
    ChatMirror,
    Incident,
    IncidentKind,
    Kind,
    Service,
    Severity,
    State,
    TimelineEntry,
    Update,
)
from notifications import chat_hooks, chats, outbox
from notifications.chats import Chat
from notifications.listening import FactKind, MessageFact
from notifications.models import ChannelName, Content
from roles import audit
from roles.models import User
from roles.policy import Actor, authorize

MANAGE = "incidents.manage_words"
#: Facts beside updates that a room may read along of.
EVENTS = {"opened": "Opened", "moved": "Moved, or severity changed", "ended": "Resolved, closed or given up"}
#: What one may set of a mirror, beside its room's name and address, and its services.
FIELDS = ("audiences", "events", "least_severity", "includes_private")
ENDS = frozenset({State.RESOLVED, State.CLOSED, State.CANCELLED, State.MERGED})
TONES = {Severity.SEV1: "bad", Severity.SEV2: "partial", Severity.SEV3: "caution"}


# --- keeping --------------------------------------------------------------------------------------


@transaction.atomic
def add(
    *, by: Actor, kind: str, name: str, url: str = "", services: Iterable[Service] = (), **about: Any
) -> ChatMirror:
    """Lets a chat room read along. Without an address its messages are written to files.

    Raises PermissionDenied, or ValidationError by field. The address is kept sealed and shown to nobody again.
    """
    authorize(by, MANAGE)
    mirror = ChatMirror()
    _set(mirror, {"audiences": [Audience.PUBLIC.value], "events": [], **about})
    mirror.hook = chat_hooks.add(kind=kind, name=name, url=url)
    mirror.save(force_insert=True)
    mirror.services.set(services)
    audit.note(by, "chat_mirror.added", mirror, **_told(mirror))
    return mirror


@transaction.atomic
def change(
    mirror: ChatMirror,
    *,
    by: Actor,
    seen_version: int | None = None,
    name: str | None = None,
    url: str | None = None,
    services: Iterable[Service] | None = None,
    **about: Any,
) -> ChatMirror:
    """Changes what a room reads along of, its name or its address; what is not named stays.

    `seen_version` is the version that the person had before them; raises Overtaken where others wrote since.
    """
    authorize(by, MANAGE)
    mirror = _locked(mirror)
    refuse_overtaken(mirror, seen_version, about)
    before = _told(mirror)
    _set(mirror, about)
    mirror.version += 1
    mirror.save()
    if services is not None:
        mirror.services.set(services)
    if name is not None or url is not None:
        chat_hooks.change(mirror.hook, name=name, url=url)
    after = {**_told(mirror), "has_new_address": url is not None}
    if after != {**before, "has_new_address": False}:
        audit.note(by, "chat_mirror.changed", mirror, before=before, after=after)
    return mirror


@transaction.atomic
def switch(mirror: ChatMirror, is_active: bool, *, by: Actor) -> ChatMirror:
    """On, with a clean slate, or off: what waits is not sent any more."""
    authorize(by, MANAGE)
    mirror = _locked(mirror)
    if mirror.is_active != is_active or mirror.hook.is_active != is_active:
        mirror.is_active = is_active
        mirror.version += 1
        mirror.save(update_fields=["is_active", "version"])
        chat_hooks.switch(mirror.hook, is_active)
        audit.note(by, "chat_mirror.activated" if is_active else "chat_mirror.deactivated", mirror)
    return mirror


@transaction.atomic
def try_out(mirror: ChatMirror, *, by: User) -> Content:
    """Sends a test message into the room. Conflict where it is switched off."""
    authorize(by, MANAGE)
    mirror = _locked(mirror)
    if not (mirror.is_active and mirror.hook.is_active):
        raise Conflict(f"{mirror.hook} is switched off: switch it on first.")
    said = f"{by} tries out whether messages of IncidentOps arrive in this room. Nothing has happened."
    chat = Chat(title="Test message", text=said, tone="ok", url=f"{settings.SITE_URL}/", link="Open IncidentOps")
    content = _content(chat, topic=f"chat:{mirror.hook.public_id}", key=None)
    outbox.queue(
        key=f"chat-test:{content.pk}",
        channel=ChannelName.CHAT,
        address=chat_hooks.address_of(mirror.hook),
        content=content,
        lane=outbox.Lane.BULK,
        user=by,
    )
    return content


# --- hearing --------------------------------------------------------------------------------------


def on_event(entry: TimelineEntry) -> None:
    """Hears one fact and writes what each room gets; safe to repeat."""
    incident = entry.incident
    if incident.is_sandboxed or incident.kind == IncidentKind.BACKFILLED:
        return
    if entry.kind == Kind.UPDATE_PUBLISHED:
        update = Update.objects.select_related("incident").get(pk=entry.data["update"])
        wanted = [mirror for mirror in _reading(incident) if _hears(mirror, update)]
        chat, topic = chat_of_update(update), f"update:{update.pk}"
    elif event := _event_of(entry):
        wanted = [mirror for mirror in _reading(incident) if event in mirror.events]
        chat, topic = _chat_of_event(entry), f"incident:{incident.pk}"
    else:
        return
    if not wanted:
        return
    content = _content(chat, topic=topic, key=f"event:{entry.pk}:chat")
    for mirror in wanted:
        outbox.queue(
            key=f"event:{entry.pk}:chat:{mirror.hook.public_id}",
            channel=ChannelName.CHAT,
            address=chat_hooks.address_of(mirror.hook),
            content=content,
            lane=outbox.Lane.BULK,
        )


def chat_of_update(update: Update) -> Chat:
    """An update as chats get it; the same for a preview and for what is sent, whatever the moment."""
    incident = update.incident
    facts = [("Severity", incident.severity)]
    if update.status:
        facts.insert(0, ("Status", update.get_status_display()))
    if update.next_update_at:
        facts.append(("Next update", f"{update.next_update_at:%H:%M} UTC"))
    audiences = [Audience(name).label for name in (update.audience, *update.also_for)]
    return Chat(
        title=update.title or incident.title,
        text=update.body,
        tone="ok" if update.status == "resolved" else TONES.get(Severity(incident.severity), ""),
        facts=tuple(facts),
        url=f"{settings.SITE_URL}/incidents/{incident.key}/",
        footer=f"{incident.key}, update for: {', '.join(audiences)}",
    )


def on_message(fact: MessageFact) -> None:
    """Hears that a room was switched off for refusing: those who keep our words are told by e-mail."""
    if fact.kind != FactKind.CHAT_OFF:
        return
    hook = chat_hooks.find(fact.address)
    if hook is None:
        return
    at: datetime | None = hook.failed_at
    content = outbox.content(
        template="incidents/chat_off",
        context={"room": str(hook), "trouble": fact.text, "url": f"{settings.SITE_URL}/settings/words/chats/"},
        topic=f"chat:{hook.public_id}",
        key=f"chat-off:{hook.public_id}:{at.isoformat() if at else ''}",
    )
    for person in User.objects.with_perm(MANAGE, backend="django.contrib.auth.backends.ModelBackend").distinct():
        key = f"chat-off:{content.pk}:{person.pk}"
        outbox.queue_person(person, key=key, content=content, lane=outbox.Lane.BULK, channels=["email"])


# --- inside ---------------------------------------------------------------------------------------


def _reading(incident: Incident) -> list[ChatMirror]:
    """The rooms that may hear of the incident at all."""
    rows = ChatMirror.objects.filter(is_active=True, hook__is_active=True, least_severity__gte=incident.severity)
    if incident.is_private:
        rows = rows.filter(includes_private=True)
    concerned = {service.pk for service in incident.services.all()}
    found = rows.select_related("hook").prefetch_related("services")
    return [
        mirror
        for mirror in found
        if not (only := {service.pk for service in mirror.services.all()}) or not only.isdisjoint(concerned)
    ]


def _hears(mirror: ChatMirror, update: Update) -> bool:
    return not {update.audience, *update.also_for}.isdisjoint(mirror.audiences)


def _event_of(entry: TimelineEntry) -> str:
    if entry.kind == Kind.OPENED:
        return "opened"
    if entry.kind == Kind.SEVERITY_CHANGED:
        return "moved"
    if entry.kind == Kind.MOVED:
        return "ended" if entry.data["new"] in ENDS else "moved"
    return ""


def _chat_of_event(entry: TimelineEntry) -> Chat:
    incident = entry.incident
    state = State(entry.data["new"]).label if entry.kind == Kind.MOVED else incident.get_state_display()
    is_over = entry.kind == Kind.MOVED and entry.data["new"] in ENDS
    says = {
        Kind.OPENED: f"{incident.key} is open",
        Kind.SEVERITY_CHANGED: f"{incident.key} is {incident.severity} now",
    }.get(Kind(entry.kind), f"{incident.key} is {state.lower()}")
    return Chat(
        title=f"{says}: {incident.title}",
        tone="ok" if is_over else TONES.get(Severity(incident.severity), ""),
        facts=(("State", state), ("Severity", incident.severity)),
        url=f"{settings.SITE_URL}/incidents/{incident.key}/",
        footer=f"{entry.actor or 'IncidentOps'}, {entry.occurred_at:%H:%M} UTC",
    )


def _content(chat: Chat, *, topic: str, key: str | None) -> Content:
    return outbox.content(
        template="incidents/chat",
        context={"title": chat.title, "text": chat.text, "facts": chat.facts, "url": chat.url},
        topic=topic,
        key=key,
        chat=chats.payloads(chat),
    )


def _set(mirror: ChatMirror, about: dict[str, Any]) -> None:
    if unknown := about.keys() - set(FIELDS):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be set of a mirror.")
    for name, value in about.items():
        setattr(mirror, name, value)
    mirror.audiences = _chosen(mirror.audiences, Audience.values, field="audiences")
    mirror.events = _chosen(mirror.events, list(EVENTS), field="events")
    if not mirror.audiences and not mirror.events:
        raise ValidationError({"audiences": "Say what the room reads along of: updates for somebody, or events."})
    if mirror.least_severity not in Severity.values:
        raise ValidationError({"least_severity": f"{mirror.least_severity} is no severity."})


def _chosen(given: object, known: list[str], *, field: str) -> list[str]:
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) and one in known for one in given):
        raise ValidationError({field: f"One can choose of: {', '.join(known)}."})
    return [name for name in known if name in given]


def _locked(mirror: ChatMirror) -> ChatMirror:
    return ChatMirror.objects.select_for_update(of=("self",)).select_related("hook").get(pk=mirror.pk)


def _told(mirror: ChatMirror) -> dict[str, object]:
    return {
        "name": mirror.hook.name,
        "kind": mirror.hook.kind,
        **{field: getattr(mirror, field) for field in FIELDS},
        "services": sorted(mirror.services.values_list("slug", flat=True)),
    }
