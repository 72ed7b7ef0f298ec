"""The promises of one incident: when each audience hears next, made, moved and settled.

`rhythm` says how often, here it becomes rows. They are made when an incident is declared and by each published
update; the clock (`promise_clock`) reminds of them. What an audience was told stays; only what nobody said is put off.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from incidents import events, readings
from incidents import rhythm as rhythms
from incidents.communication import audiences
from incidents.models import (
    Audience,
    Incident,
    IncidentKind,
    Kind,
    Promise,
    PromiseKind,
    PromiseState,
    PublicStatus,
    Rhythm,
    State,
    TimelineEntry,
    Update,
    UpdateState,
)

#: An impact or component that changed makes an update due at once, which is as fast as a first word at SEV1.
AT_ONCE = timedelta(minutes=5)
#: After these nothing more is promised.
LAST_WORDS = frozenset({PublicStatus.RESOLVED, PublicStatus.POSTMORTEM})
#: Facts after which promises may be missing, or owed no more.
_PLANNED_ON = frozenset({Kind.OPENED, Kind.MOVED, Kind.CLASSIFIED, Kind.MERGED_IN})


def on_event(entry: TimelineEntry) -> None:
    """Hears one fact; safe to repeat."""
    if entry.kind == Kind.SEVERITY_CHANGED:
        follow_severity(entry.incident, entry.data["old"], entry.data["new"], at=entry.occurred_at)
    elif entry.kind in _PLANNED_ON:
        plan(entry.incident, at=entry.occurred_at)


# --- making and settling ------------------------------------------------------------------------


@transaction.atomic
def plan(incident: Incident, *, at: datetime, but: Update | None = None) -> None:
    """Makes the promises that are owed and missing, and ends those of an incident that has ended. Safe to repeat.

    `but` is the text that is going out just now: what it keeps was owed before it.
    """
    incident = _locked(incident)
    if not incident.is_active:
        end(incident, at=at)
    elif since := began_at(incident):
        base = max(since, _raised_at(incident, since) or since)
        for audience in settings.UPDATE_AUDIENCES:
            _owe_first(incident, audience, since=since, base=base, but=but)


@transaction.atomic
def keep(update: Update) -> None:
    """Settles what this published update keeps, and makes the promise that follows, for each of its audiences."""
    incident = _locked(update.incident)
    at = update.published_at or events.moment()
    if incident.kind == IncidentKind.BACKFILLED:
        return
    if incident.is_active:
        plan(incident, at=at, but=update)
    for audience in (update.audience, *update.also_for):
        page = update.page if audience == Audience.PUBLIC else ""
        kept = _settle(incident, audience, page, update, at)
        if incident.is_active and update.status not in LAST_WORDS:
            _follow_up(incident, audience, page, update, at, is_first=PromiseKind.FIRST in kept)


def end(incident: Incident, *, at: datetime) -> None:
    """Stops every clock: what was due before is broken, the rest lifted."""
    rows = Promise.objects.still_open().filter(incident=incident)
    rows.filter(due_at__lt=at).update(state=PromiseState.BROKEN, settled_at=at)
    rows.update(state=PromiseState.LIFTED, settled_at=at)


@transaction.atomic
def follow_severity(incident: Incident, old: str, new: str, *, at: datetime) -> None:
    """Moves what is promised to the rhythm of the new severity: a worse one brings it forward, a milder one puts off
    what nobody was told. Safe to repeat."""
    incident = _locked(incident)
    if not incident.is_active or incident.severity != new:
        return  # it has ended, or changed again: that fact is heard as well
    is_worse = new < old
    for promise in Promise.objects.still_open().filter(incident=incident).select_related("made_by"):
        policy = rhythms.policy(new, promise.audience)
        span = {
            PromiseKind.FIRST: policy.first_within,
            PromiseKind.SCOPE: policy.scope_within,
            PromiseKind.NEXT: interval(incident, promise.audience),
        }[PromiseKind(promise.kind)]
        if is_worse and span:
            _bring_forward(promise, at + span)
        elif not is_worse and not promise.is_stated and span is None:
            state = PromiseState.LIFTED if promise.due_at >= at else PromiseState.BROKEN
            _settled(promise, state, at)
        elif not is_worse and not promise.is_stated and span:
            _put_off(promise, promise.made_at + span)
    plan(incident, at=at)


@transaction.atomic
def due_at_once(incident: Incident, *, at: datetime | None = None, page: str = "") -> int:
    """The impact or a component changed: the public hears of it at once; answers how many promises came forward."""
    incident = _locked(incident)
    if not incident.is_active:
        return 0
    rows = Promise.objects.still_open().filter(incident=incident, audience=Audience.PUBLIC)
    if page:
        rows = rows.filter(page__in=["", page])
    return sum(_bring_forward(promise, (at or events.moment()) + AT_ONCE) for promise in rows)


# --- questions ----------------------------------------------------------------------------------


def began_at(incident: Incident) -> datetime | None:
    """When its clocks began to run: declared, or reopened last; None while nobody has said that it is real."""
    if incident.state == State.TRIAGE or incident.kind == IncidentKind.BACKFILLED:
        return None
    return readings.of(incident).once("cadence.reopened", lambda: _reopened_at(incident)) or incident.declared_at


def interval(incident: Incident, audience: str) -> timedelta | None:
    """How often this audience hears now: the rhythm that somebody chose, else the policy; None where nothing is due."""
    chosen = rhythm_of(incident, audience)
    return chosen.every if chosen else rhythms.policy(incident.severity, audience).every


def rhythm_of(incident: Incident, audience: str) -> Rhythm | None:
    """The rhythm that somebody chose for this long incident; it ends when the incident gets worse or is reopened."""
    rows = readings.of(incident).once("cadence.rhythms", lambda: _rhythms(incident))
    chosen = next((row for row in rows if row.audience == audience), None)
    if chosen is None:
        return None
    began = began_at(incident)
    raised = began and readings.of(incident).once("cadence.raised", lambda: _raised_at(incident, began))
    newest = raised or began
    return chosen if newest is None or chosen.chosen_at >= newest else None


def is_long(incident: Incident, audience: str = Audience.PUBLIC, *, at: datetime | None = None) -> bool:
    """Whether the start is over, so that a slower rhythm may be promised."""
    later_after = rhythms.policy(incident.severity, audience).later_after
    began = began_at(incident) if later_after and incident.is_active else None
    return bool(later_after and began and (at or events.moment()) - began >= later_after)


def next_public(incident: Incident) -> Promise | None:
    """What the public is owed next, the soonest of all pages; None where nothing is."""
    return readings.of(incident).next_public


def promised(incident: Incident) -> datetime | None:
    """When the public hears from us next; None where nothing is promised."""
    promise = next_public(incident)
    return promise.due_at if promise else None


def next_time(incident: Incident, audience: str, *, at: datetime | None = None) -> datetime | None:
    """When a text of now would say that the next one comes; None where nothing is due."""
    every = interval(incident, audience) if incident.is_active else None
    return (at or events.moment()) + every if every else None


# --- inside -------------------------------------------------------------------------------------


def _owe_first(incident: Incident, audience: str, *, since: datetime, base: datetime, but: Update | None) -> None:
    """The first word to this audience, where it is owed one and has had none since the clocks began."""
    first_within = rhythms.policy(incident.severity, audience).first_within
    made = Promise.objects.filter(incident=incident, audience=audience, made_at__gte=since)
    if first_within is None or made.exists():
        return
    if _said_since(incident, audience, since, but) or not _is_heard(incident, audience):
        return
    _promise(incident, audience, "", PromiseKind.FIRST, made_at=base, due_at=base + first_within)


def _said_since(incident: Incident, audience: str, since: datetime, but: Update | None) -> bool:
    told = Update.objects.filter(incident=incident, state=UpdateState.PUBLISHED, published_at__gte=since)
    if but is not None:
        told = told.exclude(pk=but.pk)
    return any(audience == first or audience in others for first, others in told.values_list("audience", "also_for"))


def _is_heard(incident: Incident, audience: str) -> bool:
    """Whether there is anybody to be told: a page that the incident concerns, a person in the group."""
    if audience == Audience.PUBLIC:
        places = audiences.places_of(incident, audience)
        return any(place.is_linked for place in places) or (bool(places) and not incident.services.exists())
    return audiences.count(Update(incident=incident, audience=audience)).total > 0


def _settle(incident: Incident, audience: str, page: str, update: Update, at: datetime) -> set[str]:
    """Settles the open promises that the update keeps; answers their kinds."""
    open_ones = Promise.objects.still_open().filter(incident=incident, audience=audience, page__in={"", page})
    kinds = set()
    for promise in open_ones:
        state = PromiseState.KEPT if at <= promise.due_at else PromiseState.LATE
        if _settled(promise, state, at, update):
            kinds.add(promise.kind)
    return kinds


def _follow_up(incident: Incident, audience: str, page: str, update: Update, at: datetime, *, is_first: bool) -> None:
    due_at = update.next_update_at or next_time(incident, audience, at=at)
    if due_at is not None:
        _promise(incident, audience, page, PromiseKind.NEXT, made_at=at, due_at=due_at, made_by=update)
    scope_within = rhythms.policy(incident.severity, audience).scope_within
    # A first word that names the components has said who is affected.
    if is_first and scope_within and not update.components and page:
        _promise(incident, audience, "", PromiseKind.SCOPE, made_at=at, due_at=at + scope_within, made_by=update)


def _promise(
    incident: Incident,
    audience: str,
    page: str,
    kind: str,
    *,
    made_at: datetime,
    due_at: datetime,
    made_by: Update | None = None,
) -> None:
    Promise.objects.create(
        incident=incident, audience=audience, page=page, kind=kind, made_at=made_at, due_at=due_at, made_by=made_by
    )


def _settled(promise: Promise, state: str, at: datetime, by: Update | None = None) -> bool:
    row = Promise.objects.still_open().filter(pk=promise.pk)
    return row.update(state=state, settled_at=at, kept_by=by) == 1


def _bring_forward(promise: Promise, due_at: datetime) -> bool:
    """To an earlier time, of which people are reminded anew; False where it is due before."""
    row = Promise.objects.still_open().filter(pk=promise.pk, due_at__gt=due_at)
    return row.update(due_at=due_at, nudged_at=None, late_at=None, told_at=None) == 1


def _put_off(promise: Promise, due_at: datetime) -> bool:
    """To a later time, of which people are reminded anew; False where it is due after."""
    row = Promise.objects.still_open().filter(pk=promise.pk, due_at__lt=due_at)
    return row.update(due_at=due_at, nudged_at=None, late_at=None, told_at=None) == 1


def put_off_unsaid(incident: Incident, audience: str, every: timedelta) -> int:
    """Moves what nobody was told to a new rhythm, never to an earlier time; what was told stays."""
    unsaid = Q(made_by=None) | Q(made_by__next_update_at=None)
    rows = Promise.objects.still_open().filter(unsaid, incident=incident, audience=audience, kind=PromiseKind.NEXT)
    return sum(_put_off(promise, promise.made_at + every) for promise in rows)


def _rhythms(incident: Incident) -> list[Rhythm]:
    """Everything that was chosen, the newest first."""
    return list(Rhythm.objects.filter(incident=incident).select_related("chosen_by"))


def _reopened_at(incident: Incident) -> datetime | None:
    """When it was reopened last."""
    reopened = TimelineEntry.objects.filter(incident=incident, kind=Kind.MOVED, data__verb="reopen")
    return reopened.order_by("-number").values_list("occurred_at", flat=True).first()


def _raised_at(incident: Incident, since: datetime) -> datetime | None:
    """When it last became worse."""
    changed: Iterable[TimelineEntry] = TimelineEntry.objects.filter(
        incident=incident, kind=Kind.SEVERITY_CHANGED, occurred_at__gte=since
    ).order_by("-number")
    return next((entry.occurred_at for entry in changed if entry.data["new"] < entry.data["old"]), None)


def _locked(incident: Incident) -> Incident:
    """The incident as it is now, locked until the transaction ends."""
    return Incident.objects.select_for_update().get(pk=incident.pk)
