"""What the clock does about promises: it reminds before the time, tells the room at the time, the commander after it.

Each is done once, whoever looks first: stamps on the row are claimed by conditional updates, nothing is remembered
in a process. After a suspend or a jump of the clock only the latest that fits is told, not all that were slept through.
"""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import events
from incidents.communication import audiences, cadence, phrases, updates
from incidents.models import (
    Audience,
    Incident,
    Kind,
    Promise,
    PromiseKind,
    PublicStatus,
    State,
    TimelineEntry,
    Update,
    UpdateState,
)
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM

#: How long before the time who writes is reminded; of a shorter span, half.
NEAR = timedelta(minutes=5)
#: How long after the time the commander is told.
TOLD_AFTER = timedelta(minutes=5)
#: A promise made further ahead than this was made by a clock that was wrong.
AHEAD = timedelta(minutes=1)

_STATUS_OF = {
    State.INVESTIGATING: PublicStatus.INVESTIGATING,
    State.IDENTIFIED: PublicStatus.IDENTIFIED,
    State.MONITORING: PublicStatus.MONITORING,
}
#: What a draft says where no template fits and something was said before.
NOTHING_NEW = "We are still working on it. There is nothing new to tell yet."


def on_event(entry: TimelineEntry) -> None:
    """Hears that an update went out: drafts that were made for it, and that nobody touched, are dropped."""
    if entry.kind != Kind.UPDATE_PUBLISHED:
        return
    out = Update.objects.get(pk=entry.data["update"])
    made = Update.objects.filter(incident=entry.incident, key__startswith="promise:", edited_by=None)
    made = made.filter(audience__in=[out.audience, *out.also_for], state=UpdateState.DRAFT)
    for draft in made.filter(created_at__lte=out.published_at or entry.recorded_at):
        updates.discard(draft, by=SYSTEM)


def strike() -> int:
    """Tells of every promise that is near, late or broken and was not told of yet; answers how many. Safe to repeat."""
    now = timezone.now()
    _take_back(now)
    soon = Promise.objects.still_open().filter(due_at__lte=now + NEAR, told_at=None)
    return sum(_strike(promise.pk, now) for promise in soon if stage_of(promise, now))


def stage_of(promise: Promise, now: datetime) -> str:
    """Which stamp it is time for: nudged_at, late_at, told_at; empty where there is nothing to do."""
    if promise.told_at is not None:
        return ""
    if now >= promise.due_at + TOLD_AFTER:
        return "told_at"
    if promise.late_at is not None:
        return ""
    if now >= promise.due_at:
        return "late_at"
    if promise.nudged_at is not None:
        return ""
    return "nudged_at" if now >= promise.due_at - min(NEAR, promise.span / 2) else ""


@transaction.atomic
def _strike(pk: int, now: datetime) -> bool:
    row = Promise.objects.select_related("incident").get(pk=pk)
    incident = Incident.objects.select_for_update().get(pk=row.incident_id)
    promise = Promise.objects.still_open().filter(pk=pk).first()  # as it is, now that nobody else changes it
    if promise is None:
        return False
    promise.incident = incident
    if not incident.is_active:
        cadence.end(incident, at=incident.state_since)
        return False
    stage = stage_of(promise, now)
    if not stage:
        return False
    unclaimed = Promise.objects.still_open().filter(pk=pk, due_at=promise.due_at, **{stage: None})
    if unclaimed.update(**{stage: now}) != 1:
        return False
    {"nudged_at": _near, "late_at": _late, "told_at": _broken}[stage](promise, now)
    return True


def _near(promise: Promise, now: datetime) -> None:
    """T-5: who writes is reminded, and finds a draft to start from."""
    incident = promise.incident
    draft = prefilled(promise)
    minutes = max(round((promise.due_at - now).total_seconds() / 60), 0)
    slower = ""
    if cadence.is_long(incident, promise.audience, at=now) and not cadence.rhythm_of(incident, promise.audience):
        slower = " It goes on for long: you can promise a slower rhythm instead of empty posts."
    events.record(
        incident,
        Kind.PROMISE_NEAR,
        by=SYSTEM,
        body=f"{_what(promise)} is due at {_clock(promise.due_at)}, in {minutes} min.{slower}",
        to=writers(incident),
        update=draft.pk if draft else None,
        **_facts(promise),
    )


def _late(promise: Promise, now: datetime) -> None:
    """T: the room and who writes."""
    body = f"{_what(promise)} was due at {_clock(promise.due_at)} and is late."
    events.record(
        promise.incident, Kind.PROMISE_LATE, by=SYSTEM, body=body, to=writers(promise.incident), **_facts(promise)
    )


def _broken(promise: Promise, now: datetime) -> None:
    """T+5: who commands."""
    incident = promise.incident
    minutes = int((now - promise.due_at).total_seconds() // 60)
    length = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
    events.record(
        incident,
        Kind.PROMISE_BROKEN,
        by=SYSTEM,
        body=f"{_what(promise)} was due at {_clock(promise.due_at)}: nothing has gone out for {length} since.",
        to=commanders(incident),
        **_facts(promise),
    )


# --- whom, and what -----------------------------------------------------------------------------


def writers(incident: Incident) -> list[int]:
    """Who writes updates here: the Communication Lead with deputies, else who commands."""
    return holders(incident, Role.COMMS_LEAD) or holders(incident, Role.COMMANDER)


def commanders(incident: Incident) -> list[int]:
    """Who commands; while nobody does, those who could, as when it was opened."""
    if held := holders(incident, Role.COMMANDER):
        return held
    return sorted(person.pk for person in User.objects.qualified(Role.COMMANDER) if incident.is_visible_to(person))


def holders(incident: Incident, role: str) -> list[int]:
    """The people in a role, shadows left out."""
    return sorted({seat.user_id for seat in incident.holders_of(role) if seat.kind != Holding.SHADOW})


def prefilled(promise: Promise) -> Update | None:
    """A draft that keeps this promise: one that the product made since the last word, else a new one, made once.

    None where somebody is writing already, or none can be made.
    """
    incident = promise.incident
    key = f"promise:{promise.pk}:{promise.due_at:%Y%m%d%H%M%S}"
    said = incident.updates.filter(state=UpdateState.PUBLISHED, audience=promise.audience)
    last = (said.filter(page=promise.page) if promise.page else said).order_by("-published_at").first()
    under_way = incident.updates.pending().filter(audience=promise.audience)
    if promise.page:
        under_way = under_way.filter(page=promise.page)
    for draft in under_way:
        if draft.edited_by_id is not None or draft.state != UpdateState.DRAFT:
            return None
        if last is None or last.published_at is None or draft.created_at > last.published_at:
            return draft
    page = promise.page or (last.page if last else _page_of(incident, promise.audience))
    status = _STATUS_OF.get(State(incident.state), "") if promise.audience == Audience.PUBLIC else ""
    next_at = cadence.next_time(incident, promise.audience, at=promise.due_at)
    try:
        with transaction.atomic():
            title, body = _words(promise, page, status, next_at, last)
            return updates.draft(
                incident,
                by=SYSTEM,
                audience=promise.audience,
                page=page,
                title=title,
                status=status,
                body=body,
                next_update_at=next_at,
                key=key,
            )
    except ValidationError:
        return None  # no page any more, or none that fits: people are reminded all the same


def _page_of(incident: Incident, audience: str) -> str:
    places = audiences.places_of(incident, audience)
    linked = [place.slug for place in places if place.is_linked] or [place.slug for place in places]
    return linked[0] if linked else ""


def _words(promise: Promise, page: str, status: str, next_at: datetime | None, last: Update | None) -> tuple[str, str]:
    """Title and text from the template that fits best, else what was said last, else a sentence."""
    about = {"page": page, "status": status, "next_update_at": next_at}
    choice = phrases.best(
        promise.audience, phase=status, language=last.language if last else "en", page=page, is_holding=last is not None
    ) or phrases.best(promise.audience, phase=status, page=page)
    if choice is not None:
        filled = phrases.prefill(choice.template, promise.incident, **about)
        return (last.title if last else filled.title), filled.body
    return (last.title, NOTHING_NEW) if last else ("", "We are looking into it.")


def _what(promise: Promise) -> str:
    """'The public update on halyard', 'The first word to the executives'."""
    whom = {
        Audience.PUBLIC: "public",
        Audience.INTERNAL: "internal",
        Audience.EXECUTIVE: "executive",
        Audience.SUPPORT: "support",
    }[Audience(promise.audience)]
    where = f" on {promise.page}" if promise.page else ""
    match promise.kind:
        case PromiseKind.FIRST:
            return f"The first {whom} update"
        case PromiseKind.SCOPE:
            return f"The {whom} update on who is affected"
        case _:
            return f"The {whom} update{where}"


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M} UTC"


def _facts(promise: Promise) -> dict[str, Any]:
    return {
        "promise": promise.pk,
        "audience": promise.audience,
        "page": promise.page,
        "due_at": promise.due_at.isoformat(),
    }


def _take_back(now: datetime) -> None:
    """Clocks that were ahead have gone back: what nobody was told is due an interval from now at the latest."""
    ahead = Promise.objects.still_open().filter(made_at__gt=now + AHEAD).select_related("made_by", "incident")
    for promise in ahead:
        if not promise.is_stated:
            Promise.objects.still_open().filter(pk=promise.pk, made_at=promise.made_at).update(
                made_at=now, due_at=now + promise.span, nudged_at=None, late_at=None, told_at=None
            )
