"""Writes facts: one timeline row in the transaction that made the fact true.

The row is the Scribe's timeline, the audit trail and the queue of the listeners in one. Rows are
hash-chained per incident: each carries the digest of the one before. This module asks for the
listeners to be called; `relay` calls them.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from incidents import tasks
from incidents.models import Incident, Kind, TimelineEntry, TimelineHead, Visibility
from roles.catalog import Holding, Role
from roles.policy import Actor, System

_dated: ContextVar[datetime | None] = ContextVar("dated", default=None)
_is_told: ContextVar[bool] = ContextVar("is_told", default=False)


@contextmanager
def dated(moment: datetime) -> Iterator[None]:
    """Inside, what is done is said to have happened at `moment`: for what is written down afterwards.

    Rows still carry when they were recorded, so the difference is on record.
    """
    token = _dated.set(moment)
    try:
        yield
    finally:
        _dated.reset(token)


@contextmanager
def told() -> Iterator[None]:
    """Inside, what is `dated` is recorded at that moment too: for made-up stories, as the demo's, and nothing else."""
    token = _is_told.set(True)
    try:
        yield
    finally:
        _is_told.reset(token)


def moment() -> datetime:
    """When what is being done is said to happen: now, unless inside `dated`."""
    return _dated.get() or timezone.now()


def record(
    incident: Incident,
    kind: Kind,
    /,
    *,
    by: Actor,
    body: str = "",
    occurred_at: datetime | None = None,
    supersedes: TimelineEntry | None = None,
    acting_as: str | None = None,
    visibility: str = Visibility.STAFF,
    **data: object,
) -> TimelineEntry:
    """Writes one fact; must run inside the transaction that makes it true.

    `data` is stored as JSON beside the text; the briefing tells the people whose ids stand under `to`.
    `occurred_at` defaults to `moment()` and may lie in the past.
    `acting_as` names the role in which `by` acts, where the act itself ends it; else the seats tell.
    The incident's row is locked until the transaction ends, so that numbers have no gaps and the
    chain does not fork.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("events.record outside a transaction: the fact and its row could part.")
    now = timezone.now()
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    number, digest_before = _end_of(incident)
    person = None if isinstance(by, System) else by
    entry = TimelineEntry(
        incident=incident,
        number=number + 1,
        kind=kind,
        body=body,
        data=data,
        actor=person,
        actor_role=role_of(incident, by) if acting_as is None else acting_as,
        occurred_at=occurred_at or _dated.get() or now,
        recorded_at=(_dated.get() or now) if _is_told.get() else now,
        supersedes=supersedes,
        visibility=visibility,
        digest_before=digest_before,
    )
    entry.digest = digest_of(entry)
    entry.save()
    _move_head(entry)
    transaction.on_commit(lambda: tasks.dispatch.delay(incident.pk), robust=True)
    return entry


def _end_of(incident: Incident) -> tuple[int, str]:
    """Number and digest that the next row stands behind. Where the rows end before the head does, some were taken
    away: the head counts, so that the gap stays to be seen."""
    head = TimelineHead.objects.filter(incident=incident).values_list("number", "digest").first() or (0, "")
    rows = TimelineEntry.objects.filter(incident=incident).order_by("-number")
    last = rows.values_list("number", "digest").first() or (0, "")
    return max(head, last, key=lambda end: end[0])


def _move_head(entry: TimelineEntry) -> None:
    head = TimelineHead(incident_id=entry.incident_id, number=entry.number, digest=entry.digest)
    head.seal = seal_of(head)
    TimelineHead.objects.bulk_create(
        [head], update_conflicts=True, unique_fields=["incident"], update_fields=["number", "digest", "seal"]
    )


def seal_of(head: TimelineHead, *, key: str | None = None) -> str:
    """What only this installation can write under a head: an HMAC with a key derived from its secret key."""
    text = f"{head.incident_id}:{head.number}:{head.digest}"
    return salted_hmac("incidents.timeline.head", text, secret=key, algorithm="sha256").hexdigest()


def is_sealed(head: TimelineHead) -> bool:
    """Whether the head was written by this installation, under its secret key or one that it had before."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(head.seal, seal_of(head, key=key)) for key in keys)


def digest_of(entry: TimelineEntry) -> str:
    """SHA-256 over the row's content and the digest before it, in a canonical JSON form."""
    return hashlib.sha256(canonical(content_of(entry)).encode()).hexdigest()


def canonical(content: object) -> str:
    """The one way in which we write something down before we digest or sign it."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_of(entry: TimelineEntry) -> dict[str, object]:
    """What a row's digest covers."""
    content: dict[str, object] = {
        "incident": entry.incident_id,
        "number": entry.number,
        "kind": str(entry.kind),
        "body": entry.body,
        "data": entry.data,
        "actor": entry.actor_id,
        "role": entry.actor_role,
        "occurred_at": entry.occurred_at.timestamp(),
        "recorded_at": entry.recorded_at.timestamp(),
        "supersedes": entry.supersedes_id,
        "before": entry.digest_before,
    }
    if entry.visibility != Visibility.STAFF:
        content["visibility"] = str(entry.visibility)
    return content


def role_of(incident: Incident, by: Actor) -> str:
    """The role in which `by` acts here: the first they hold in the catalogue's order; empty for none, and for
    shadows, who act in no role."""
    if isinstance(by, System):
        return ""
    held = {seat.role for seat in incident.seats_held_by(by) if seat.kind != Holding.SHADOW}
    return next((role.value for role in Role if role.value in held), "")
