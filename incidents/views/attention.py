"""What needs somebody's attention now, over all active incidents that a person may see.

Works on rows that the Situation page has read already: three further queries, however many incidents.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from incidents.models import Audience, Incident, TimelineEntry, Update, UpdateState
from incidents.response import staffing
from incidents.severity import rule
from incidents.views.answers import room_of
from roles import grants
from roles.catalog import SIGNS, Role
from roles.models import RoleAssignment, User

#: With more vacant seats than this on one incident, they are one line together.
MOST_GAPS_APART = 2
#: A promise is worth a line when this share of its time is left.
SOON = 0.2


@dataclass(frozen=True)
class Button:
    """What closes the gap, on the same line: a link, or a form that posts."""

    label: str
    url: str
    is_post: bool = False
    is_main: bool = False


@dataclass(frozen=True)
class Item:
    tone: str
    icon: str
    what: str
    more: str = ""
    due_at: datetime | None = None
    buttons: tuple[Button, ...] = ()
    rank: int = field(default=5)


@dataclass(frozen=True)
class Picture:
    """What Situation knows of one active incident, read for all of them together."""

    incident: Incident
    rights: frozenset[str]
    roster: list[staffing.Slot]
    promised_at: datetime | None
    pending: tuple[Update, ...]

    @property
    def commander(self) -> User | None:
        holders = self.incident.holders_of(Role.COMMANDER)
        return holders[0].user if holders else None

    @property
    def update_every(self) -> timedelta | None:
        return rule(self.incident.severity).update_every


def pictures(incidents: Iterable[Incident], user: User) -> list[Picture]:
    """The incidents with their seats, rights, promises and pending updates: three queries in all."""
    listed = list(incidents)
    staffing.read_seats(listed)
    pending: dict[int, list[Update]] = {}
    for update in Update.objects.pending().filter(incident__in=listed).select_related("author"):
        pending.setdefault(update.incident_id, []).append(update)
    promised = _promised(listed)
    return [
        Picture(
            incident=incident,
            rights=grants.held_on_visible(user, incident),
            roster=staffing.roster(incident),
            promised_at=promised.get(incident.pk),
            pending=tuple(pending.get(incident.pk, ())),
        )
        for incident in listed
    ]


def _promised(incidents: list[Incident]) -> dict[int, datetime | None]:
    """When the public of each incident was last told that it hears next."""
    rows = (
        Update.objects.filter(incident__in=incidents, audience=Audience.PUBLIC, state=UpdateState.PUBLISHED)
        .order_by("published_at")
        .values_list("incident", "next_update_at")
    )
    return dict(rows)


def items(pictures: Iterable[Picture], user: User) -> list[Item]:
    """The lines of Needs attention, the loudest first."""
    listed = list(pictures)
    found = [item for picture in listed for item in _of(picture, user)]
    found += _parked(listed)
    return sorted(found, key=lambda item: item.rank)


def _of(picture: Picture, user: User) -> Iterator[Item]:
    yield from _offers(picture, user)
    yield from _gaps(picture, user)
    yield from _promises(picture)
    yield from _updates(picture, user)


def _gaps(picture: Picture, user: User) -> Iterator[Item]:
    incident = picture.incident
    gaps = [slot for slot in picture.roster if slot.is_gap]
    tone = "bad" if incident.severity_rank <= 2 else "caution"
    rank = 0 if tone == "bad" else 3
    if len(gaps) > MOST_GAPS_APART:
        names = ", ".join(SIGNS[slot.role].short for slot in gaps)
        yield Item(
            tone,
            "users",
            f"{len(gaps)} roles are unassigned on {incident.key}.",
            names,
            buttons=(Button("Fill them", room_of(incident, seat=gaps[0].role), is_main=True),),
            rank=rank,
        )
        return
    for slot in gaps:
        buttons = []
        if "incidents.take_role" in picture.rights:
            buttons.append(Button("Take it", reverse("incidents:take", args=[incident.key, slot.role]), is_post=True))
        if "incidents.assign_role" in picture.rights:
            buttons.append(Button("Assign", room_of(incident, seat=slot.role), is_main=True))
        yield Item(
            tone,
            SIGNS[slot.role].icon,
            f"{slot.role.label} is unassigned on {incident.key}.",
            _asked(slot.offers),
            buttons=tuple(buttons),
            rank=rank,
        )


def _asked(offers: tuple[RoleAssignment, ...]) -> str:
    return f"Offered to {', '.join(str(seat.user) for seat in offers)}." if offers else ""


def _offers(picture: Picture, user: User) -> Iterator[Item]:
    for seat in picture.incident.live_seats:
        if seat.user_id == user.pk and not seat.is_held:
            yield Item(
                "you",
                SIGNS[seat.role].icon,
                f"You are offered {seat.get_role_display()} on {picture.incident.key}.",
                f"By {seat.assigned_by}." if seat.assigned_by else "",
                buttons=(
                    Button("Decline", reverse("incidents:release", args=[picture.incident.key, seat.pk]), is_post=True),
                    Button(
                        "Accept",
                        reverse("incidents:accept", args=[picture.incident.key, seat.pk]),
                        is_post=True,
                        is_main=True,
                    ),
                ),
                rank=1,
            )


def _promises(picture: Picture) -> Iterator[Item]:
    if picture.promised_at is None:
        return
    left = picture.promised_at - timezone.now()
    button = Button("Open", room_of(picture.incident, seat=Role.COMMS_LEAD))
    if left < timedelta():
        yield Item(
            "bad",
            "clock",
            f"The public update on {picture.incident.key} is overdue:",
            due_at=picture.promised_at,
            buttons=(button,),
            rank=1,
        )
    elif left < SOON * (picture.update_every or timedelta(minutes=30)):
        yield Item(
            "caution",
            "clock",
            f"Public update on {picture.incident.key} due in",
            due_at=picture.promised_at,
            buttons=(button,),
            rank=2,
        )


def _updates(picture: Picture, user: User) -> Iterator[Item]:
    incident = picture.incident
    four_eyes = rule(incident.severity).needs_four_eyes
    for update in picture.pending:
        audience = "Public" if update.audience == Audience.PUBLIC else update.get_audience_display()
        name = f"{audience} update on {incident.key}"
        if update.state == UpdateState.SUBMITTED and "incidents.approve_update" in picture.rights:
            if not (four_eyes and update.was_written_by(user)):
                yield Item(
                    "caution",
                    "cl",
                    f"{name} waits for your approval.",
                    _from(update),
                    buttons=(Button("Review draft", room_of(incident, anchor=f"update-{update.pk}")),),
                    rank=2,
                )
        elif update.state == UpdateState.APPROVED and "incidents.publish_update" in picture.rights:
            yield Item(
                "caution",
                "sp",
                f"{name} is approved and not yet published.",
                _from(update),
                buttons=(Button("Publish it", room_of(incident, anchor=f"update-{update.pk}")),),
                rank=2,
            )


def _from(update: Update) -> str:
    return f"From {update.author}." if update.author else "Drafted by IncidentOps."


def _parked(pictures: list[Picture]) -> list[Item]:
    """Facts that a listener could not take five times: somebody was perhaps not told."""
    by_pk = {picture.incident.pk: picture.incident for picture in pictures}
    rows = TimelineEntry.objects.parked().filter(incident__in=by_pk).order_by().values_list("incident")
    return [
        Item(
            "bad",
            "offline",
            f"{number} fact{'s' if number > 1 else ''} of {by_pk[pk].key} could not be passed on.",
            "Messages or the public page may be missing it.",
            buttons=(Button("Open", room_of(by_pk[pk])),),
            rank=1,
        )
        for pk, number in rows.annotate(number=Count("pk"))
    ]
