"""What Situation shows of each active incident. It is read again when something was recorded of that incident, and
after `KEPT_FOR` seconds in any case; until then each process keeps the rows and the drawn piece of the page.

Who may see an incident is asked of the database each time.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery
from django.template.loader import get_template

from incidents.models import Audience, Incident, Promise, TimelineEntry, Update
from incidents.response import coverage
from incidents.severity import rule
from roles.catalog import Role
from roles.models import User

#: How old a piece may be of which nothing was recorded: its clocks run in the browser, names hardly ever change.
KEPT_FOR = 5.0
MOST_KEPT = 500


@dataclass(frozen=True)
class Picture:
    """What Situation knows of one active incident, read for all of them together."""

    incident: Incident
    roster: list[coverage.Slot]
    promised_at: datetime | None
    pending: tuple[Update, ...]

    @property
    def commander(self) -> User | None:
        holders = self.incident.holders_of(Role.COMMANDER)
        return holders[0].user if holders else None

    @property
    def update_every(self) -> timedelta | None:
        return rule(self.incident.severity).update_every

    def concerns(self, user: User) -> bool:
        """Whether `user` sits or is asked here, so that the piece is drawn with them in it."""
        return any(seat.user_id == user.pk for seat in self.incident.live_seats)


@dataclass
class _Kept:
    """A picture, the newest row of the incident's timeline when it was read, and its piece of the page by reader."""

    picture: Picture
    digest: str
    read_at: float
    drawn: dict[int, str] = field(default_factory=dict)


_kept: dict[int, _Kept] = {}


def of_active(user: User) -> list[Picture]:
    """The active incidents that `user` may know of, the worst first: one query, and seven for all of those of which
    something was recorded since."""
    newest = TimelineEntry.objects.filter(incident=OuterRef("pk")).order_by("-number").values("digest")[:1]
    # In no order: the database would read every incident by its severity to have these few in it.
    active = Incident.objects.active().visible_to(user).order_by()
    marks = dict(active.annotate(digest=Subquery(newest)).values_list("pk", "digest"))
    oldest = time.monotonic() - KEPT_FOR
    stale = [
        pk
        for pk, digest in marks.items()
        if (known := _kept.get(pk)) is None or known.digest != digest or known.read_at < oldest
    ]
    if stale:
        if len(_kept) > MOST_KEPT:
            _kept.clear()
            stale = list(marks)
        now = time.monotonic()
        for picture in read(Incident.objects.filter(pk__in=stale).select_related("type").prefetch_related("services")):
            _kept[picture.incident.pk] = _Kept(picture, marks[picture.incident.pk] or "", now)
    listed = [_kept[pk].picture for pk in marks if pk in _kept]
    return sorted(listed, key=lambda picture: (picture.incident.severity, picture.incident.opened_at))


def read(incidents: Iterable[Incident]) -> list[Picture]:
    """The incidents with their seats, waivers, calls, promises and pending updates: five queries for all."""
    listed = list(incidents)
    coverage.read_seats(listed)
    pending: dict[int, list[Update]] = {}
    for update in Update.objects.pending().filter(incident__in=listed).select_related("author", "edited_by"):
        pending.setdefault(update.incident_id, []).append(update)
    promised = _promised(listed)
    return [
        Picture(
            incident=incident,
            roster=coverage.roster(incident),
            promised_at=promised.get(incident.pk),
            pending=tuple(pending.get(incident.pk, ())),
        )
        for incident in listed
    ]


def drawn(pictures: Iterable[Picture], user: User) -> list[str]:
    """Each incident's piece of the page, drawn once for all who have nothing to do with it."""
    template = get_template("incidents/_active.html")
    pieces = []
    for picture in pictures:
        known = _kept.get(picture.incident.pk)
        pieces_of = known.drawn if known is not None and known.picture is picture else {}
        reader = user.pk if picture.concerns(user) else 0
        if reader not in pieces_of:
            # Nobody in particular is no person, and not None either: vacant seats have that.
            shown = {"picture": picture, "incident": picture.incident, "user": user if reader else ""}
            pieces_of[reader] = template.render({**shown, "roster": picture.roster})
        pieces.append(pieces_of[reader])
    return pieces


def forget() -> None:
    """Reads everything anew when it is next asked for."""
    _kept.clear()


def _promised(incidents: list[Incident]) -> dict[int, datetime | None]:
    """When the public of each incident hears next: the soonest of its pages."""
    rows = Promise.objects.still_open().filter(incident__in=incidents, audience=Audience.PUBLIC)
    return dict(rows.order_by("-due_at").values_list("incident", "due_at"))
