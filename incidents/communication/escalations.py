"""Customers who cannot wait, brought to who can help: acknowledged in time, or somebody is paged for them.

Time runs by the customer's tier and by how urgent it is. What nobody acknowledged is breached once, by the clock;
then the holder of the owner role is called, and whoever answers the call has acknowledged it.
"""

import logging
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import events
from incidents.conflicts import Conflict
from incidents.models import (
    CustomerAccount,
    CustomerEscalation,
    CustomerReport,
    EscalationState,
    Incident,
    Kind,
    Paging,
    PagingState,
    TimelineEntry,
    Urgency,
    Visibility,
)
from incidents.response import paging
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM, Actor, System, authorize

log = logging.getLogger(__name__)

#: Who can be asked to take care of it.
OWNERS = (Role.TECH_LEAD, Role.COMMANDER)
#: How long an escalation waits at most, by urgency; the customer's tier may ask for less.
WAITS = {
    Urgency.NOW: timedelta(minutes=5),
    Urgency.SOON: timedelta(minutes=15),
    Urgency.NORMAL: timedelta(minutes=60),
}
LONGEST_TITLE = 200
LONGEST_TEXT = 5000
BATCH = 100

E = EscalationState
OPEN = frozenset({E.NEW, E.ACKNOWLEDGED})


@transaction.atomic
def escalate(
    incident: Incident,
    *,
    by: Actor,
    title: str,
    reason: str = "",
    urgency: str = Urgency.SOON,
    owner_role: str = Role.TECH_LEAD,
    account: CustomerAccount | None = None,
    report: CustomerReport | None = None,
) -> CustomerEscalation:
    """Brings a customer to the Technical Lead or the commander, who has a time to say that they have it.

    Raises Conflict where the incident is over, or the report is escalated already.
    """
    authorize(by, "incidents.escalate", incident)
    title, reason = " ".join(title.split()), reason.strip()
    _check(incident, title, reason, urgency, owner_role, report)
    _lock(incident)
    if not incident.is_active:
        raise Conflict(f"{incident.key} is {incident.get_state_display()}: nobody is escalated to any more.")
    if report is not None and incident.escalations.filter(report=report, state__in=OPEN).exists():
        raise Conflict("This report is escalated already.")
    account = account or (report.account if report else None)
    now = events.moment()
    escalation = CustomerEscalation.objects.create(
        incident=incident,
        report=report,
        account=account,
        title=title,
        reason=reason,
        urgency=urgency,
        owner_role=owner_role,
        owner=_holder(incident, owner_role),
        opened_by=None if isinstance(by, System) else by,
        opened_at=now,
        acknowledge_by=now + wait_of(urgency, account),
    )
    to = [escalation.owner_id] if escalation.owner_id else []
    _tell(escalation, Kind.ESCALATED, by=by, body=f"Escalated to {Role(owner_role).label}: {title}", to=to)
    return escalation


def wait_of(urgency: str, account: CustomerAccount | None) -> timedelta:
    """How long it may wait: what the urgency allows, or less where the customer's tier was promised less."""
    usual = WAITS[Urgency(urgency)]
    promised = account.tier.acknowledge_within if account and account.tier else None
    return min(usual, promised) if promised else usual


@transaction.atomic
def acknowledge(escalation: CustomerEscalation, *, by: User) -> CustomerEscalation:
    """Says "I have it": the clock stops. Safe to repeat."""
    authorize(by, "incidents.acknowledge_escalation", escalation.incident)
    _take_over(escalation)
    if escalation.state == E.NEW:
        _acknowledge(escalation, by)
    elif escalation.state != E.ACKNOWLEDGED:
        raise Conflict(_is_over(escalation))
    return escalation


@transaction.atomic
def answer(escalation: CustomerEscalation, *, by: User, outcome: str) -> CustomerEscalation:
    """Says what came of it; the liaison is told."""
    authorize(by, "incidents.acknowledge_escalation", escalation.incident)
    outcome = outcome.strip()
    if not outcome:
        raise ValidationError("Write what the customer can be told, then send it.")
    if len(outcome) > LONGEST_TEXT:
        raise ValidationError(f"An answer has at most {LONGEST_TEXT:,} characters.")
    _take_over(escalation)
    if escalation.state not in OPEN:
        raise Conflict(_is_over(escalation))
    now = events.moment()
    if escalation.state == E.NEW:
        escalation.acknowledged_by, escalation.acknowledged_at = by, now
        escalation.owner = by
    escalation.state, escalation.outcome, escalation.answered_by, escalation.answered_at = E.ANSWERED, outcome, by, now
    _save(escalation)
    _end_call(escalation)
    _tell(
        escalation,
        Kind.ESCALATION_CHANGED,
        by=by,
        body=f"Answered “{escalation.title}”: {outcome}",
        to=_who_waits(escalation),
    )
    return escalation


@transaction.atomic
def withdraw(escalation: CustomerEscalation, *, by: Actor, reason: str = "") -> CustomerEscalation:
    """Takes it back: no longer needed. A call that was made for it ends. Safe to repeat."""
    authorize(by, "incidents.escalate", escalation.incident)
    _take_over(escalation)
    if escalation.state == E.WITHDRAWN:
        return escalation
    if escalation.state == E.ANSWERED:
        raise Conflict(_is_over(escalation))
    escalation.state, escalation.outcome = E.WITHDRAWN, reason.strip()[:LONGEST_TEXT]
    _save(escalation)
    _end_call(escalation)
    why = f": {escalation.outcome}" if escalation.outcome else ""
    to = [escalation.owner_id] if escalation.owner_id else []
    body = f"Escalation withdrawn: {escalation.title}{why}"
    _tell(escalation, Kind.ESCALATION_CHANGED, by=by, body=body, to=to)
    return escalation


def standing(incident: Incident) -> list[CustomerEscalation]:
    """All that were not withdrawn, those that wait first, by time."""
    rows = incident.escalations.exclude(state=E.WITHDRAWN).select_related(
        "account__tier", "owner", "opened_by", "acknowledged_by", "answered_by"
    )
    order = [E.NEW, E.ACKNOWLEDGED, E.ANSWERED]
    return sorted(rows, key=lambda one: (order.index(E(one.state)), one.acknowledge_by or one.opened_at, one.pk))


# --- by the clock -----------------------------------------------------------------------------


def breach_due() -> int:
    """Pages for what nobody acknowledged in time, each exactly once; returns how many. Safe to repeat, and for two
    clocks at once."""
    due = CustomerEscalation.objects.filter(state=E.NEW, breached_at=None, acknowledge_by__lte=timezone.now())
    active = due.filter(incident__in=Incident.objects.active())
    count = 0
    for pk in list(active.order_by("acknowledge_by").values_list("pk", flat=True)[:BATCH]):
        try:
            count += _breach_one(pk)
        except Exception:
            log.exception("nobody could be paged for escalation %s", pk)  # the others behind it still are
    return count


@transaction.atomic
def _breach_one(pk: int) -> bool:
    escalation = CustomerEscalation.objects.select_related("incident", "account__tier").get(pk=pk)
    _lock(escalation.incident)
    now = timezone.now()
    waiting = CustomerEscalation.objects.filter(pk=pk, state=E.NEW, breached_at=None, acknowledge_by__lte=now)
    if not escalation.incident.is_active or not waiting.update(breached_at=now):
        return False
    escalation.breached_at = now
    call, lost = _call(escalation)
    if call is not None:
        CustomerEscalation.objects.filter(pk=pk).update(paging=call, owner=call.user)
        escalation.owner = call.user
    told = f"{call.user} is paged" if call else lost
    _tell(
        escalation,
        Kind.ESCALATION_BREACHED,
        by=SYSTEM,
        body=f"Nobody acknowledged “{escalation.title}” in time: {told}.",
        to=_who_waits(escalation, but=call.user_id if call else None),
        called=str(call.user) if call else "",
    )
    return True


def _call(escalation: CustomerEscalation) -> tuple[Paging | None, str]:
    """Calls the holder of the owner role, else its best candidate; or says why nobody is."""
    incident, role = escalation.incident, escalation.owner_role
    message = f"Customer escalation: {escalation.title}"[: paging.LONGEST_MESSAGE]
    holder = _holder(incident, role)
    try:
        with transaction.atomic():
            if holder is not None:
                return paging.page(incident, holder, by=SYSTEM, role=role, message=message), ""
            return paging.page_best(incident, by=SYSTEM, role=role, message=message), ""
    except ValidationError as problem:
        return None, " ".join(problem.messages).rstrip(".")


def on_event(entry: TimelineEntry) -> None:
    """Hears that a call was answered: whoever answers has the escalation that the call was for. Safe to repeat."""
    if entry.kind != Kind.PAGING_ANSWERED or not entry.data.get("paging"):
        return
    call = Paging.objects.select_related("user").filter(pk=entry.data["paging"]).first()
    if call is None or call.state != PagingState.ACKNOWLEDGED:
        return
    first, seen = call, set()
    while first.after_id and first.pk not in seen:  # the call may have gone on to somebody else
        seen.add(first.pk)
        first = Paging.objects.get(pk=first.after_id)
    rows = CustomerEscalation.objects.filter(incident=entry.incident, paging__in=[call.pk, first.pk, *seen])
    for escalation in rows.filter(state=E.NEW):
        with transaction.atomic():
            escalation.incident = entry.incident
            _take_over(escalation)
            if escalation.state == E.NEW:
                _acknowledge(escalation, call.user)


# --- inside -----------------------------------------------------------------------------------


def _acknowledge(escalation: CustomerEscalation, person: User) -> None:
    escalation.state, escalation.owner = E.ACKNOWLEDGED, person
    escalation.acknowledged_by, escalation.acknowledged_at = person, events.moment()
    _save(escalation)
    _end_call(escalation)
    body = f"{person} has “{escalation.title}”"
    _tell(escalation, Kind.ESCALATION_CHANGED, by=person, body=body, to=_who_waits(escalation, but=person.pk))


def _end_call(escalation: CustomerEscalation) -> None:
    """The call that was made for it need not be answered any more."""
    if escalation.paging_id is None:
        return
    for call in escalation.incident.pagings.waiting().filter(message__startswith="Customer escalation: "):
        if _began(call) == escalation.paging_id:
            call.incident = escalation.incident
            paging.withdraw(call, by=SYSTEM)


def _began(call: Paging) -> int:
    """Number of the first call of the row that this one is the last of."""
    while call.after_id:
        call = Paging.objects.get(pk=call.after_id)
    return call.pk


def _holder(incident: Incident, role: str) -> User | None:
    held = [one for one in incident.holders_of(role) if one.kind != Holding.SHADOW]
    return held[0].user if held else None


def _who_waits(escalation: CustomerEscalation, *, but: int | None = None) -> list[int]:
    """Who escalated it, the liaisons, and after a breach who commands."""
    roles = [Role.SUPPORT_LIAISON, *([Role.COMMANDER] if escalation.breached_at else [])]
    seats = [one for role in roles for one in escalation.incident.holders_of(role) if one.kind != Holding.SHADOW]
    waiting = {one.user_id for one in seats} | {escalation.opened_by_id}
    return sorted(pk for pk in waiting if pk is not None and pk != but)


def _is_over(escalation: CustomerEscalation) -> str:
    return f"This escalation is {escalation.get_state_display().lower()} already."


def _save(escalation: CustomerEscalation) -> None:
    escalation.version += 1
    escalation.save(
        update_fields=[
            "state",
            "owner",
            "acknowledged_by",
            "acknowledged_at",
            "outcome",
            "answered_by",
            "answered_at",
            "version",
        ]
    )


def _lock(incident: Incident) -> None:
    """One change of escalations at a time per incident."""
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    incident.refresh_from_db(fields=["state"])
    incident.forget_seats()


def _take_over(escalation: CustomerEscalation) -> None:
    """Reads it anew behind the lock; the incident stays the one that the caller has."""
    incident = escalation.incident
    _lock(incident)
    escalation.refresh_from_db()
    escalation.incident = incident


def _tell(escalation: CustomerEscalation, kind: Kind, /, *, by: Actor, body: str, to: list[int], **data: Any) -> None:
    events.record(
        escalation.incident,
        kind,
        by=by,
        body=body,
        to=to,
        visibility=Visibility.ROOM,
        tag=Urgency(escalation.urgency).label if kind == Kind.ESCALATED else "",
        escalation=escalation.pk,
        state=escalation.state,
        title=escalation.title,
        role=escalation.owner_role,
        due=f"{escalation.acknowledge_by:%H:%M}" if escalation.acknowledge_by else "",
        outcome=escalation.outcome,
        **data,
    )


def _check(
    incident: Incident, title: str, reason: str, urgency: str, owner_role: str, report: CustomerReport | None
) -> None:
    if not title:
        raise ValidationError("Say what the customer needs.")
    if len(title) > LONGEST_TITLE:
        raise ValidationError(f"What they need has at most {LONGEST_TITLE} characters; put the rest into the reason.")
    if len(reason) > LONGEST_TEXT:
        raise ValidationError(f"The reason has at most {LONGEST_TEXT:,} characters.")
    if urgency not in Urgency.values:
        raise ValidationError(f"{urgency} is no urgency; they are {', '.join(Urgency.values)}.")
    if owner_role not in OWNERS:
        raise ValidationError("An escalation goes to the Technical Lead or to the Incident Commander.")
    if report is not None and report.incident_id != incident.pk:
        raise ValidationError("The report belongs to another incident.")
