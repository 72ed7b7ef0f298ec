"""What support says to customers now: talking points in versions, approved, and always the latest public text.

The words for customers are never written here: they are those of the newest public update. Written here is what
agents know besides (`addendum`), what they may and must not say, and a workaround. Each change is a new version;
each public update makes one by itself, so that support never says something else than the page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max, QuerySet

from incidents import events
from incidents.communication import groups
from incidents.conflicts import Conflict
from incidents.models import (
    Audience,
    Incident,
    Kind,
    PointsRead,
    StakeholderGroup,
    TalkingPoints,
    TimelineEntry,
    Update,
    UpdateState,
)
from incidents.severity import rule
from roles.models import User
from roles.policy import SYSTEM, Actor, System, authorize

#: What is for agents alone, and what they are told to do; each at most so long.
INNER = ("addendum", "do_say", "do_not_say", "workaround")
LONGEST = 4000
#: What ended stays on the support desk so long: customers still ask.
KEPT_ON_DESK = timedelta(days=1)


@dataclass(frozen=True)
class Reading:
    """How far one version has come: who of the frontline has read it, who has not."""

    read: list[User]
    unread: list[User]

    @property
    def total(self) -> int:
        return len(self.read) + len(self.unread)


@transaction.atomic
def write(
    incident: Incident,
    *,
    by: Actor,
    addendum: str = "",
    do_say: str = "",
    do_not_say: str = "",
    workaround: str = "",
    seen_number: int | None = None,
) -> TalkingPoints:
    """Writes a new version, to be approved. `seen_number` is the newest one that the person had before them.

    Raises PermissionDenied, Conflict where somebody wrote one since or nothing is said any more, ValidationError.
    """
    authorize(by, "incidents.brief_support", incident)
    newest = _locked(incident)
    if seen_number is not None and newest is not None and newest.number != seen_number:
        raise Conflict(
            f"{newest.author or 'IncidentOps'} wrote v{newest.number} at {newest.created_at:%H:%M} UTC, after you "
            "opened this: look at it first."
        )
    words = {"addendum": addendum, "do_say": do_say, "do_not_say": do_not_say, "workaround": workaround}
    words = {name: text.strip() for name, text in words.items()}
    for name, text in words.items():
        if len(text) > LONGEST:
            raise ValidationError({name: f"At most {LONGEST:,} characters."})
    said = latest_public(incident)
    if not any(words.values()) and said is None:
        raise ValidationError("There is nothing to say yet: neither a public text nor a word for agents.")
    points = _next(incident, newest, said, by=by, **words)
    events.record(incident, Kind.POINTS_WRITTEN, by=by, points=points.number)
    return points


@transaction.atomic
def approve(points: TalkingPoints, *, by: Actor) -> TalkingPoints:
    """Has support say it from now on; at SEV1 and SEV2 not by who wrote it. The frontline is told."""
    authorize(by, "incidents.approve_points", points.incident)
    newest = _locked(points.incident)
    if newest is None or newest.pk != points.pk:
        raise Conflict("There is a newer version: approve that one.")
    if points.approved_at or newest.approved_at:
        raise Conflict(f"v{points.number} is approved already.")
    person = None if isinstance(by, System) else by
    if rule(points.incident.severity).needs_four_eyes and person is not None and newest.author_id == person.pk:
        raise PermissionDenied(f"At {points.incident.severity} somebody else must approve what you wrote.")
    newest.approved_by, newest.approved_at = person, events.moment()
    newest.save(update_fields=["approved_by", "approved_at"])
    _tell(newest, by=by)
    return newest


@transaction.atomic
def withdraw(points: TalkingPoints, *, by: Actor) -> None:
    """Takes a version back that waits for approval."""
    authorize(by, "incidents.brief_support", points.incident)
    waiting = TalkingPoints.objects.filter(pk=points.pk, approved_at=None, withdrawn_at=None)
    if not waiting.update(withdrawn_at=events.moment()):
        raise Conflict(f"v{points.number} is approved or taken back: write a new one instead.")


@transaction.atomic
def read(points: TalkingPoints, *, by: User) -> None:
    """Somebody of the frontline has read it; again changes nothing. Raises PermissionDenied for others."""
    if not may_read(points.incident, by):
        raise PermissionDenied(f"{by} is not told what support says.")
    if points.approved_at is None:
        raise Conflict("This version is not approved: nobody says it yet.")
    PointsRead.objects.get_or_create(points=points, reader=by, defaults={"read_at": events.moment()})


@transaction.atomic
def nudge(points: TalkingPoints, *, by: Actor) -> int:
    """Reminds those of the frontline who have not read the newest version; answers how many."""
    authorize(by, "incidents.brief_support", points.incident)
    if current(points.incident) != points:
        raise Conflict("There is a newer version: remind them of that one.")
    people = reading(points).unread
    if not people:
        raise Conflict("Everybody has read it.")
    events.record(points.incident, Kind.POINTS_NUDGED, by=by, points=points.number, to=[person.pk for person in people])
    return len(people)


def on_event(entry: TimelineEntry) -> None:
    """Hears that a public text went out: a version with its words and the last inner part. Safe to repeat."""
    if entry.kind != Kind.UPDATE_PUBLISHED or Audience.PUBLIC not in _audiences(entry):
        return
    with transaction.atomic():
        newest = _locked(entry.incident)
        said = latest_public(entry.incident)
        if said is None or (newest is not None and newest.update_id == said.pk and newest.approved_at):
            return
        last = current(entry.incident)
        inner = {name: getattr(last, name) for name in INNER} if last else {}
        points = _next(entry.incident, newest, said, by=SYSTEM, **inner)
        points.approved_by, points.approved_at = said.approved_by or said.published_by, events.moment()
        points.save(update_fields=["approved_by", "approved_at"])
        _tell(points, by=SYSTEM)


def current(incident: Incident) -> TalkingPoints | None:
    """The newest approved version; None where support has nothing to say yet."""
    return (
        TalkingPoints.objects.filter(incident=incident, approved_at__isnull=False, withdrawn_at=None)
        .select_related("incident", "update", "author", "approved_by")
        .first()
    )


def waiting(incident: Incident) -> TalkingPoints | None:
    """The version that waits for approval, if the newest one does."""
    newest = TalkingPoints.objects.filter(incident=incident, withdrawn_at=None).select_related("author").first()
    return newest if newest is not None and newest.approved_at is None else None


def latest_public(incident: Incident) -> Update | None:
    """The public text that went out last, on whichever page."""
    return (
        Update.objects.filter(incident=incident, audience=Audience.PUBLIC, state=UpdateState.PUBLISHED)
        .order_by("-published_at", "-pk")
        .first()
    )


def frontline(incident: Incident) -> QuerySet[User]:
    """Who is told what support says: members of support groups that this incident concerns. Of a private one
    only those who may see it are among them."""
    concerned = groups.hearing(incident, StakeholderGroup.Kind.SUPPORT).values("pk")
    listed = User.objects.filter(is_active=True, stakeholder_groups__in=concerned)
    people: QuerySet[User] = listed.distinct().order_by("pk")
    if not incident.is_private:
        return people
    seeing = [person.pk for person in people if incident.is_visible_to(person)]
    return people.filter(pk__in=seeing)


def reading(points: TalkingPoints) -> Reading:
    """Who has read it, and who of the frontline has not."""
    done = {row.reader_id: row.reader for row in points.reads.select_related("reader").order_by("read_at")}
    unread = [person for person in frontline(points.incident) if person.pk not in done]
    return Reading(list(done.values()), unread)


def may_read(incident: Incident, user: User) -> bool:
    """Whether `user` is told what support says of this incident: who may see it, and its frontline."""
    return user.is_active and (incident.is_visible_to(user) or frontline(incident).filter(pk=user.pk).exists())


def desk_for(user: User) -> list[Incident]:
    """The incidents of which `user` sees on the support desk what may be said, the worst first; those that ended
    stay for a day."""
    rows = Incident.objects.active() | Incident.objects.filter(
        resolved_at__gte=events.moment() - KEPT_ON_DESK, kind="real"
    )
    listed = rows.distinct().order_by("severity", "-opened_at")
    return [incident for incident in listed if may_read(incident, user)]


def is_frontline(user: User) -> bool:
    """Whether the support desk is for `user`: responders, and members of support groups."""
    if not user.is_active:
        return False
    support = StakeholderGroup.objects.filter(kind=StakeholderGroup.Kind.SUPPORT, is_active=True, members=user)
    return bool(user.is_staff or user.is_superuser) or support.exists()


# --- inside -----------------------------------------------------------------------------------


def _audiences(entry: TimelineEntry) -> Iterable[str]:
    return (entry.data.get("audience", ""), *entry.data.get("also_for", ()))


def _locked(incident: Incident) -> TalkingPoints | None:
    """The newest version that was not taken back, with the incident locked until the transaction ends."""
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    return TalkingPoints.objects.filter(incident=incident, withdrawn_at=None).select_related("author").first()


def _next(
    incident: Incident, newest: TalkingPoints | None, said: Update | None, *, by: Actor, **words: str
) -> TalkingPoints:
    if newest is not None and newest.approved_at is None:
        TalkingPoints.objects.filter(pk=newest.pk).update(withdrawn_at=events.moment())
    last = TalkingPoints.objects.filter(incident=incident).aggregate(last=Max("number"))["last"] or 0
    return TalkingPoints.objects.create(
        incident=incident,
        number=last + 1,
        update=said,
        public_text=said.body if said else "",
        next_update_at=said.next_update_at if said else None,
        author=None if isinstance(by, System) else by,
        created_at=events.moment(),
        **words,
    )


def _tell(points: TalkingPoints, *, by: Actor) -> None:
    people = list(frontline(points.incident).values_list("pk", flat=True))
    events.record(
        points.incident,
        Kind.POINTS_APPROVED,
        by=by,
        points=points.number,
        next_update_at=_text(points.next_update_at),
        to=people,
    )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
