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

from django.db import transaction
from django.utils import timezone

from incidents import tasks
from incidents.models import Incident, Kind, TimelineEntry
from roles.catalog import Holding, Role
from roles.policy import Actor, System

_dated: ContextVar[datetime | None] = ContextVar("dated", default=None)


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
    **data: object,
) -> TimelineEntry:
    """Writes one fact; must run inside the transaction that makes it true.

    `data` is stored as JSON beside the text. `occurred_at` defaults to `moment()` and may lie in the past.
    `acting_as` names the role in which `by` acts, where the act itself ends it; else the seats tell.
    The incident's row is locked until the transaction ends, so that numbers have no gaps and the
    chain does not fork.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("events.record outside a transaction: the fact and its row could part.")
    now = timezone.now()
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    last = TimelineEntry.objects.filter(incident=incident).order_by("-number").only("number", "digest").first()
    person = None if isinstance(by, System) else by
    entry = TimelineEntry(
        incident=incident,
        number=last.number + 1 if last else 1,
        kind=kind,
        body=body,
        data=data,
        actor=person,
        actor_role=role_of(incident, by) if acting_as is None else acting_as,
        occurred_at=occurred_at or _dated.get() or now,
        recorded_at=now,
        supersedes=supersedes,
        digest_before=last.digest if last else "",
    )
    entry.digest = digest_of(entry)
    entry.save()
    transaction.on_commit(lambda: tasks.dispatch.delay(incident.pk), robust=True)
    return entry


def digest_of(entry: TimelineEntry) -> str:
    """SHA-256 over the row's content and the digest before it, in a canonical JSON form."""
    content = {
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
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def role_of(incident: Incident, by: Actor) -> str:
    """The role in which `by` acts here: the first they hold in the catalogue's order; empty for none, and for
    shadows, who act in no role."""
    if isinstance(by, System):
        return ""
    held = {seat.role for seat in incident.seats_held_by(by) if seat.kind != Holding.SHADOW}
    return next((role.value for role in Role if role.value in held), "")
