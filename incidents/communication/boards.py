"""Boards: a read-only view of one incident behind a signed link that ends by itself, or when it is taken back.

What a board shows is chosen here, field by field, and nowhere else: what is not named in `Picture` is not on it.
Never the timeline, notes, tasks, decisions, drafts, what support says, nor anybody's address or number.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from incidents import events
from incidents.conflicts import Conflict
from incidents.models import (
    Audience,
    BoardLink,
    Incident,
    Kind,
    TeamQuestion,
    TeamQuestionState,
    Update,
    UpdateState,
    Visibility,
)
from incidents.severity import rule
from notifications import links
from roles.catalog import Holding, Role
from roles.policy import Actor, System, authorize

PURPOSE = "board"
LONGEST = timedelta(days=7)
USUAL = timedelta(days=1)
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
#: Whose words a board shows.
SHOWN = (Audience.PUBLIC, Audience.INTERNAL, Audience.EXECUTIVE)
MOST_UPDATES = 30


@dataclass(frozen=True)
class Said:
    """One published text as a board shows it."""

    audience: str
    title: str
    body: str
    status: str
    published_at: datetime | None


@dataclass(frozen=True)
class Crew:
    """Who holds a role, by name; never how to reach them."""

    role: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """All that a board shows of its incident."""

    key: str
    title: str
    state: str
    severity: str
    impact: str
    services: tuple[str, ...]
    since: datetime
    ended_at: datetime | None
    lasts: timedelta
    is_active: bool
    is_drill: bool
    next_update_at: datetime | None
    updates: tuple[Said, ...]
    questions: tuple[TeamQuestion, ...]
    crew: tuple[Crew, ...]


@transaction.atomic
def share(
    incident: Incident, *, by: Actor, name: str, lasts: timedelta = USUAL, accept_private: bool = False
) -> BoardLink:
    """Makes a link for somebody, named; it ends after `lasts`, at most seven days.

    Of a private incident only with `accept_private`: whoever has the link sees it, invited or not. Raises
    PermissionDenied, ValidationError by field, or Conflict where that was not said.
    """
    authorize(by, "incidents.share_board", incident)
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    incident.refresh_from_db(fields=["is_private"])
    name = " ".join(name.split())
    if not name:
        raise ValidationError({"name": "Say for whom the link is, so that others know whom they take it from."})
    if len(name) > 100:
        raise ValidationError({"name": "A name has at most 100 characters."})
    if not timedelta(minutes=1) <= lasts <= LONGEST:
        raise ValidationError({"lasts": "A link lasts from a minute to seven days."})
    if incident.is_private and not accept_private:
        raise Conflict(
            f"{incident.key} is private: whoever has the link sees it, invited or not. Confirm that this is meant.",
            needed=["accept_private"],
        )
    now = events.moment()
    board = BoardLink.objects.create(
        incident=incident,
        public_id="".join(secrets.choice(_ALPHABET) for _ in range(12)),
        name=name,
        created_by=None if isinstance(by, System) else by,
        created_at=now,
        expires_at=now + lasts,
        covers_private=incident.is_private,
    )
    told = " The incident is private." if incident.is_private else ""
    body = f"Shared with {name} until {board.expires_at:%d %b %H:%M} UTC.{told}"
    _record(board, by=by, body=body, step="shared", is_private=incident.is_private)
    return board


@transaction.atomic
def revoke(board: BoardLink, *, by: Actor) -> BoardLink:
    """Takes the link back: from now on it leads nowhere. Conflict where it has ended already."""
    authorize(by, "incidents.share_board", board.incident)
    now = events.moment()
    if not live(BoardLink.objects.filter(pk=board.pk)).update(revoked_at=now):
        raise Conflict(f"The link for {board.name} has ended already.")
    board.revoked_at = now
    _record(board, by=by, body=f"Link for {board.name} taken back.", step="revoked")
    return board


def live(rows: QuerySet[BoardLink]) -> QuerySet[BoardLink]:
    """Those of `rows` that lead somewhere now."""
    is_seen = Q(incident__is_private=False) | Q(covers_private=True)
    return rows.filter(is_seen, revoked_at=None, expires_at__gt=timezone.now())


def of(incident: Incident) -> list[BoardLink]:
    """The links of an incident that have not ended, newest first, with who made them."""
    return list(live(incident.boards.all()).select_related("created_by", "incident"))


def token_of(board: BoardLink) -> str:
    """What stands in its address."""
    return links.sign(PURPOSE, board.public_id)


def url_of(board: BoardLink) -> str:
    """The whole address."""
    return f"{settings.SITE_URL}/board/{token_of(board)}/"


def url_for_groups(incident: Incident) -> str:
    """The newest live board, for mail to those who cannot open the room; empty where none is shared."""
    board = live(incident.boards.all()).first()
    return url_of(board) if board else ""


def by_token(token: str) -> BoardLink | None:
    """The board behind a link; None for a forged, expired or revoked one."""
    public_id = links.read(PURPOSE, token)
    if public_id is None:
        return None
    return live(BoardLink.objects.filter(public_id=public_id)).select_related("incident").first()


def seen(board: BoardLink) -> None:
    """Counts that somebody opened it."""
    BoardLink.objects.filter(pk=board.pk).update(seen_at=timezone.now(), seen_count=F("seen_count") + 1)


def title_of(incident: Incident) -> str:
    """What the public knows it by; until something is public, our own title."""
    return next((update.title for update in _published(incident) if update.audience == Audience.PUBLIC), incident.title)


def picture(board: BoardLink) -> Picture:
    """What the board shows now; a constant number of queries."""
    incident = board.incident
    said = _published(incident)
    titles = [update.title for update in said if update.audience == Audience.PUBLIC]
    promised = said[0].next_update_at if said else None
    return Picture(
        key=incident.key,
        title=titles[0] if titles else incident.title,
        state=incident.state,
        severity=incident.severity,
        impact=rule(incident.severity).meaning,
        services=tuple(service.name for service in incident.services.all()),
        since=incident.detected_at or incident.opened_at,
        ended_at=incident.ended_at,
        lasts=incident.age,
        is_active=incident.is_active,
        is_drill=incident.is_sandboxed,
        next_update_at=promised if incident.is_active else None,
        updates=tuple(
            Said(
                Audience(update.audience).label,
                update.title,
                update.body,
                update.get_status_display(),
                update.published_at,
            )
            for update in said
        ),
        questions=tuple(
            incident.team_questions.filter(is_shared=True, state=TeamQuestionState.ANSWERED).order_by("-answered_at")
        ),
        crew=_crew(incident),
    )


def _published(incident: Incident) -> list[Update]:
    """What went out to those whom a board may repeat, newest first; drafts and what support says are not among it."""
    rows = incident.updates.filter(state=UpdateState.PUBLISHED).order_by("-published_at", "-pk")
    shown = [update for update in rows[: 2 * MOST_UPDATES] if not {update.audience, *update.also_for}.isdisjoint(SHOWN)]
    return shown[:MOST_UPDATES]


def _crew(incident: Incident) -> tuple[Crew, ...]:
    found = []
    for role in Role:
        names = tuple(str(seat.user) for seat in incident.holders_of(role) if seat.kind == Holding.PRIMARY)
        if names:
            found.append(Crew(str(role.label), names))
    return tuple(found)


def _record(board: BoardLink, *, by: Actor, body: str, **data: Any) -> None:
    events.record(
        board.incident,
        Kind.BOARD_SHARED,
        by=by,
        body=body,
        visibility=Visibility.ROOM if board.incident.is_private else Visibility.STAFF,
        board=board.pk,
        name=board.name,
        **data,
    )
