"""Everyone who reported hears how it ended: the list that an incident's end leaves, worked off until it is empty.

Built when the incident is resolved, one line for each customer. Sending is a person's click; what was sent is
proven by the outbox. Closing lists who has not heard.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import events
from incidents.communication import answers
from incidents.communication.signals import who
from incidents.conflicts import Conflict
from incidents.models import (
    CustomerAccount,
    CustomerEscalation,
    CustomerReport,
    EscalationState,
    FollowUp,
    FollowUpState,
    Incident,
    IncidentKind,
    Kind,
    Macro,
    ReportState,
    State,
    TimelineEntry,
    Visibility,
)
from notifications import addresses
from notifications.models import Message
from notifications.models import State as MessageState
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM, Actor, System, authorize

log = logging.getLogger(__name__)

#: After so long the liaison is reminded of those who have not heard.
REMIND_AFTER = timedelta(days=1)
#: Reminders go on for so long; later on the list speaks for itself.
REMIND_WITHIN = timedelta(days=30)
OVER = frozenset({State.RESOLVED, State.REVIEWING})
#: States of a message that say that nobody has read it.
NEVER_THERE = frozenset({MessageState.FAILED, MessageState.BOUNCED, MessageState.SUPPRESSED, MessageState.CANCELLED})
LONGEST_NOTE = 300
NAMED = 3

F = FollowUpState


# --- the list ---------------------------------------------------------------------------------


@transaction.atomic
def build(incident: Incident) -> int:
    """Adds whoever reported or was escalated and is not on the list; returns how many. Safe to repeat."""
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    reports = incident.customer_reports.exclude(state__in=[ReportState.DISMISSED, ReportState.UNSORTED])
    escalations = incident.escalations.exclude(state=EscalationState.WITHDRAWN)
    rows: list[CustomerReport | CustomerEscalation] = [
        # Whoever can be written to comes first, so that the one line of a customer has an address.
        *sorted(reports.select_related("account__tier"), key=lambda one: (not _own_address(one), one.pk)),
        *escalations.select_related("account__tier", "report__account__tier"),
    ]
    known = {
        _whose(one.report or one.escalation)  # type: ignore[arg-type]  # each line has one of them
        for one in incident.follow_ups.select_related("report__account", "escalation__account", "escalation__report")
        if one.report or one.escalation
    }
    fresh = []
    for row in rows:
        if _whose(row) not in known:
            known.add(_whose(row))
            fresh.append(_line(incident, row))
    FollowUp.objects.bulk_create(fresh)
    return len(fresh)


def _whose(row: CustomerReport | CustomerEscalation) -> str:
    if isinstance(row, CustomerReport):
        return who(row)
    if row.account_id:
        return f"account {row.account_id}"
    return who(row.report) if row.report else f"escalation {row.pk}"


def _own_address(report: CustomerReport) -> str:
    """The address that they gave, if it is one."""
    own = addresses.normal("email", report.contact)
    return own if addresses.is_usable("email", own) else ""


def _address(report: CustomerReport) -> str:
    return _own_address(report) or (report.account.email if report.account else "")


def _line(incident: Incident, row: CustomerReport | CustomerEscalation) -> FollowUp:
    account = row.account
    if isinstance(row, CustomerReport):
        name = account.name if account else row.account_name or "A customer"
        contact, link = _address(row) or row.contact, {"report": row}
    else:
        name = account.name if account else (row.report.account_name if row.report else "") or row.title[:150]
        contact = (_address(row.report) if row.report else "") or (account.email if account else "")
        return FollowUp(
            incident=incident, escalation=row, name=name, contact=contact, tier=account.tier if account else None
        )
    return FollowUp(incident=incident, name=name, contact=contact, tier=account.tier if account else None, **link)


def on_event(entry: TimelineEntry) -> None:
    """Hears that an incident is resolved; safe to repeat."""
    if entry.kind != Kind.MOVED or entry.data.get("new") != State.RESOLVED:
        return
    if entry.incident.kind != IncidentKind.BACKFILLED:
        build(entry.incident)


# --- working it off ---------------------------------------------------------------------------


def sendable(incident: Incident) -> list[FollowUp]:
    """Those who have not heard and can be written to."""
    rows = incident.follow_ups.filter(state=F.OPEN).select_related("tier", "report", "escalation")
    return [one for one in rows if addresses.is_usable("email", addresses.normal("email", one.contact))]


def text_for(follow_up: FollowUp, said: answers.Approved | None, known: list[Macro] | None = None) -> str:
    """What one of them is written: the macro of their tier."""
    macro = answers.follow_up_macro(follow_up.tier.slug if follow_up.tier else "", known)
    symptom = follow_up.report.symptom if follow_up.report else ""
    return answers.render(macro, said, customer=follow_up.name, symptom=symptom)


@transaction.atomic
def send(incident: Incident, *, by: Actor) -> int:
    """Writes to everyone on the list who has not heard and has an address; returns how many. Safe to repeat.

    Raises Conflict before the incident is resolved, and where there is nothing to say.
    """
    authorize(by, "incidents.follow_up", incident)
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    if incident.is_active:
        raise Conflict(f"{incident.key} is not over: nobody is told yet how it ended.", needed=["resolve it first"])
    said, known = answers.approved(incident), answers.macros(for_follow_up=True)
    now, person, count = events.moment(), _person(by), 0
    for one in sendable(incident):
        text = text_for(one, said, known)
        one.contact = addresses.normal("email", one.contact)
        subject = f"[Resolved] {said.title}" if said and said.title else "It is over"
        answers.send(one, text, incident=incident, key=f"follow-up:{one.pk}", subject=subject, is_bulk=True)
        one.state, one.text, one.done_at, one.done_by = F.SENT, text, now, person
        one.version += 1
        one.save(update_fields=["state", "text", "contact", "done_at", "done_by", "version"])
        count += 1
    if count:
        body = f"{count} customer{'s' * (count != 1)} who reported told by e-mail how it ended"
        events.record(incident, Kind.FOLLOWED_UP, by=by, body=body, count=count, visibility=Visibility.ROOM)
    return count


@transaction.atomic
def mark_contacted(follow_up: FollowUp, *, by: Actor, note: str = "") -> FollowUp:
    """Somebody told them in another way; also where a mail to them came back."""
    return _settle(follow_up, F.CONTACTED, by=by, note=note)


@transaction.atomic
def waive(follow_up: FollowUp, *, by: Actor, reason: str) -> FollowUp:
    """They need not be told, and the reason says why."""
    if not reason.strip():
        raise ValidationError("Say why they need not be told.")
    return _settle(follow_up, F.WAIVED, by=by, note=reason)


@transaction.atomic
def open_again(follow_up: FollowUp, *, by: Actor) -> FollowUp:
    """Takes back that they were contacted or need not be: they have not heard after all."""
    authorize(by, "incidents.follow_up", follow_up.incident)
    now = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
    if now.state not in {F.CONTACTED, F.WAIVED}:
        raise Conflict(f"{now.name}: {now.get_state_display().lower()}. There is nothing to take back.")
    FollowUp.objects.filter(pk=now.pk).update(
        state=F.OPEN, note="", done_at=None, done_by=None, version=now.version + 1
    )
    follow_up.refresh_from_db()
    return follow_up


def _settle(follow_up: FollowUp, state: FollowUpState, *, by: Actor, note: str) -> FollowUp:
    incident = follow_up.incident
    authorize(by, "incidents.follow_up", incident)
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        raise ValidationError(f"The note has at most {LONGEST_NOTE} characters.")
    now = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
    if now.state == state:
        return follow_up
    if now.state != F.OPEN and not (now.state == F.SENT and now.pk in never_there([now])):
        did = f" by {now.done_by}" if now.done_by else ""
        raise Conflict(f"{now.name}: {now.get_state_display().lower()}{did} already.")
    FollowUp.objects.filter(pk=now.pk).update(
        state=state, note=note, done_at=events.moment(), done_by=_person(by), version=now.version + 1
    )
    follow_up.refresh_from_db()
    word = "told in person" if state == F.CONTACTED else "need not be told"
    body = f"A customer on the follow-up list: {word}"
    events.record(
        incident, Kind.FOLLOWED_UP, by=by, body=body, follow_up=follow_up.pk, visibility=Visibility.ROOM, state=state
    )
    return follow_up


# --- how far it is ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How many of them have heard."""

    total: int
    done: int
    bounced: int

    @property
    def open(self) -> int:
        return self.total - self.done

    @property
    def percent(self) -> int:
        """Of those who must hear; all of nobody is everybody."""
        return 100 if not self.total else self.done * 100 // self.total


def message_states(rows: Sequence[FollowUp]) -> dict[int, str]:
    """What became of the mail to each: number of the line → state of its message."""
    keys = {f"follow-up:{one.pk}": one.pk for one in rows if one.state == F.SENT}
    found = Message.objects.filter(key__in=keys).values_list("key", "state") if keys else []
    return {keys[key]: state for key, state in found}


def never_there(rows: Sequence[FollowUp]) -> set[int]:
    """Those whose mail came back or was never sent."""
    return {pk for pk, state in message_states(rows).items() if state in NEVER_THERE}


def progress(incident: Incident) -> Progress:
    """How far the list is; a mail that came back told nobody."""
    return progress_of(list(incident.follow_ups.all()))


def progress_of(rows: Sequence[FollowUp]) -> Progress:
    """How far these lines are."""
    lost = never_there(rows)
    done = sum(1 for one in rows if one.state != F.OPEN and one.pk not in lost)
    return Progress(total=len(rows), done=done, bounced=len(lost))


def unmet(incident: Incident, verb: str) -> list[str]:
    """Before an incident is closed: who reported and has not heard how it ended."""
    if verb != "close":
        return []
    rows = list(incident.follow_ups.select_related("report__account", "escalation__account"))
    lost = never_there(rows)
    waiting = [one for one in rows if one.state == F.OPEN or one.pk in lost]
    if not waiting:
        return []
    # The timeline keeps this sentence for good, so it names customers that we know as such, and no person.
    accounts = [account.name for one in waiting if (account := account_of(one))]
    said = f": {', '.join(accounts[:NAMED])}" if accounts else ""
    rest = len(waiting) - len(accounts[:NAMED])
    said += f" and {rest} more" if accounts and rest else ""
    who_waits = "1 customer has" if len(waiting) == 1 else f"{len(waiting)} customers have"
    return [f"{who_waits} not heard how it ended{said}."]


def account_of(follow_up: FollowUp) -> CustomerAccount | None:
    """The customer that the line is about, where it is a known one."""
    row = follow_up.report or follow_up.escalation
    return row.account if row else None


def met(incident: Incident, verb: str) -> list[str]:
    """That all who reported have heard."""
    if verb != "close" or not (rows := list(incident.follow_ups.all())):
        return []
    return [] if progress_of(rows).open else [f"All {len(rows)} customers who reported have heard how it ended"]


# --- by the clock -----------------------------------------------------------------------------


def remind() -> int:
    """A day after the end, reminds the liaison of those who have not heard, once; returns on how many incidents."""
    now = timezone.now()
    ended = Incident.objects.filter(
        state__in=OVER, resolved_at__lte=now - REMIND_AFTER, resolved_at__gt=now - REMIND_WITHIN
    )
    waiting = ended.filter(follow_ups__state=F.OPEN).distinct()
    reminded = TimelineEntry.objects.filter(kind=Kind.FOLLOWED_UP, data__is_reminder=True).values("incident")
    count = 0
    for incident in waiting.exclude(pk__in=reminded):
        try:
            count += _remind_one(incident)
        except Exception:
            log.exception("nobody could be reminded of the follow-up of %s", incident.key)
    return count


@transaction.atomic
def _remind_one(incident: Incident) -> bool:
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    if TimelineEntry.objects.filter(incident=incident, kind=Kind.FOLLOWED_UP, data__is_reminder=True).exists():
        return False
    left = progress(incident).open
    if not left:
        return False
    body = f"{left} customer{'s have' if left != 1 else ' has'} not heard how it ended"
    events.record(
        incident,
        Kind.FOLLOWED_UP,
        by=SYSTEM,
        body=body,
        to=_whom(incident),
        count=left,
        is_reminder=True,
        visibility=Visibility.ROOM,
    )
    return True


def _whom(incident: Incident) -> list[int]:
    """Who follows up: the liaison, else who commanded."""
    for role in (Role.SUPPORT_LIAISON, Role.COMMANDER):
        if people := [one.user_id for one in incident.holders_of(role) if one.kind != Holding.SHADOW]:
            return people
    return []


def _person(by: Actor) -> User | None:
    return None if isinstance(by, System) else by


def by_tier(rows: Iterable[FollowUp]) -> list[FollowUp]:
    """Those who have not heard first, then by tier and name."""
    order = list(F)
    return sorted(
        rows, key=lambda one: (order.index(F(one.state)), one.tier.rank if one.tier else 99, one.name.casefold())
    )
