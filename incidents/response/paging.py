"""Calling somebody to an incident: they say that they are on it, or the next candidate is called.

A call is one row and one person. It is claimed by its state, so that each is passed on once, whoever looks first.
"""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from incidents import access, events
from incidents.conflicts import Conflict
from incidents.models import Incident, Kind, Paging, PagingState
from incidents.response import candidates, seating
from incidents.severity import rule
from notifications import links
from roles.catalog import Holding, Role
from roles.models import Team, User
from roles.policy import SYSTEM, Actor, System, authorize

#: How long somebody has where the severity says nothing.
USUAL_TIME = timedelta(minutes=15)
LONGEST_MESSAGE = 300
_TOKENS = "paging"

S = PagingState
#: What becomes of a call: how it ends → from which states.
ENDS: dict[str, frozenset[str]] = {
    S.ACKNOWLEDGED: frozenset({S.WAITING}),
    S.PASSED_ON: frozenset({S.WAITING}),
    S.UNANSWERED: frozenset({S.WAITING, S.PASSED_ON}),  # passed on, and nobody was left to call
    S.WITHDRAWN: frozenset({S.WAITING}),
}


# --- calling ----------------------------------------------------------------------------------


@transaction.atomic
def page(incident: Incident, user: User, *, by: Actor, role: str = "", message: str = "") -> Paging:
    """Calls `user` to the incident, wanted as `role` if given. One who is being called already is not called twice:
    their call is the answer. On a private incident, it lets them see it where `by` may let people in."""
    authorize_paging(incident, by=by, role=role)
    if role and role not in Role.values:
        raise ValidationError(f"{role} is no role; the seven are {', '.join(Role.values)}.")
    message = " ".join(message.split())
    if len(message) > LONGEST_MESSAGE:
        raise ValidationError(f"A call carries at most {LONGEST_MESSAGE} characters.")
    seating.lock(incident)
    seating.check(incident, role or Role.SME, user, Holding.PRIMARY)
    if not isinstance(by, System) and by.pk == user.pk:
        raise Conflict("You are here already: nobody pages themselves.")
    if waiting := incident.pagings.waiting().filter(user=user).first():
        return waiting
    if not incident.is_visible_to(user):
        access.invite(incident, user, by=by)
    return _call(incident, user, by=by, role=role, message=message)


@transaction.atomic
def page_best(incident: Incident, *, by: Actor, role: str, team: Team | None = None, message: str = "") -> Paging:
    """Calls the best candidate for the role who was not called here yet; with a team, its best one."""
    authorize_paging(incident, by=by, role=role)
    if role not in Role.values:
        raise ValidationError(f"{role} is no role; the seven are {', '.join(Role.values)}.")
    members = None if team is None else set(team.members.values_list("pk", flat=True))
    asked = _called(incident) | (set() if isinstance(by, System) else {by.pk})
    chosen = _next(incident, role, but=asked, among=members)
    if chosen is None:
        whom = f"{team} has nobody" if team else "There is nobody"
        raise Conflict(f"{whom} left who could be called as {Role(role).label}.")
    return page(incident, chosen, by=by, role=role, message=message)


def authorize_paging(incident: Incident, *, by: Actor, role: str = "") -> None:
    """The commander pages anybody; experts the Technical Lead too."""
    authorize(by, "incidents.page_expert" if role == Role.SME else "incidents.page_responder", incident)


# --- answering --------------------------------------------------------------------------------


@transaction.atomic
def acknowledge(paging: Paging, *, by: User, through: str) -> Paging:
    """Says "I am on it"; `through` is room, link or api. Safe to repeat; Conflict where it came too late."""
    incident = paging.incident
    authorize(by, "incidents.view_incident", incident)
    _refuse_others(paging, by)
    seating.lock(incident)
    if _end(paging, S.ACKNOWLEDGED, answered_at=events.moment(), answered_through=through):
        events.record(
            incident,
            Kind.PAGING_ANSWERED,
            by=by,
            body=f"{paging.user} answered the call{_as(paging)}",
            tag="On it",
            **_facts(paging),
        )
    elif paging.state != S.ACKNOWLEDGED:
        raise Conflict(too_late(paging))
    return paging


@transaction.atomic
def decline(paging: Paging, *, by: User, reason: str = "") -> Paging:
    """Says "I cannot": the next candidate is called at once. Safe to repeat."""
    incident = paging.incident
    authorize(by, "incidents.view_incident", incident)
    _refuse_others(paging, by)
    seating.lock(incident)
    if not _end(paging, S.PASSED_ON, answered_at=events.moment()):
        if paging.state == S.ACKNOWLEDGED:
            raise Conflict("You said that you are on it: tell the commander in the room.")
        return paging
    _pass_on(paging, why=" ".join(reason.split()), is_declined=True, by=by)
    return paging


@transaction.atomic
def withdraw(paging: Paging, *, by: Actor) -> Paging:
    """The call is not needed any more; whoever may call may take it back. Safe to repeat."""
    incident = paging.incident
    authorize_paging(incident, by=by, role=paging.role)
    seating.lock(incident)
    if _end(paging, S.WITHDRAWN):
        body = f"Call of {paging.user}{_as(paging)} taken back"
        events.record(incident, Kind.PAGING_ANSWERED, by=by, body=body, **_facts(paging))
    elif paging.state == S.ACKNOWLEDGED:
        raise Conflict(f"{paging.user} has answered already.")
    return paging


def too_late(paging: Paging) -> str:
    """The sentence for who answers a call that has gone on."""
    after = paging.next_one.select_related("user").first() if paging.pk else None
    if paging.state == S.WITHDRAWN:
        return "This call was taken back: you are not needed any more."
    if after is not None:
        return f"{after.user} was called after you at {after.paged_at:%H:%M} UTC. If you can help, say so in the room."
    return "This call is over. If you can help, say so in the room."


# --- by the clock -----------------------------------------------------------------------------


def pass_on_unanswered() -> int:
    """Passes on every call whose time is over, and ends those of incidents that are over; safe to repeat."""
    due = Paging.objects.waiting().filter(due_at__lte=timezone.now())
    over = Paging.objects.waiting().exclude(incident__in=Incident.objects.active())
    count = 0
    for pk in [*over.values_list("pk", flat=True), *due.values_list("pk", flat=True)]:
        count += _pass_on_one(pk)
    return count


@transaction.atomic
def _pass_on_one(pk: int) -> bool:
    paging = Paging.objects.select_related("incident", "user").get(pk=pk)
    seating.lock(paging.incident)
    incident = paging.incident = Incident.objects.get(pk=paging.incident_id)
    if not incident.is_active:
        return _end(paging, S.WITHDRAWN)
    if not _end(paging, S.PASSED_ON):
        return False
    _pass_on(paging)
    return True


# --- links and questions ----------------------------------------------------------------------


def token_of(paging: Paging) -> str:
    """What stands in the link of a message: it lets this one call be answered, without signing in."""
    return links.sign(_TOKENS, paging.pk)


def by_token(token: str) -> Paging | None:
    """The call that a link is about; None for a forged or cut one."""
    value = links.read(_TOKENS, token)
    if value is None:
        return None
    return Paging.objects.select_related("incident", "user").filter(pk=value).first()


# --- inside -----------------------------------------------------------------------------------


def _call(incident: Incident, user: User, *, by: Actor, role: str, message: str, after: Paging | None = None) -> Paging:
    now = events.moment()
    paging = Paging(
        incident=incident,
        user=user,
        role=role,
        message=message,
        after=after,
        paged_by=None if isinstance(by, System) else by,
        paged_at=now,
        due_at=now + (rule(incident.severity).acknowledge_within or USUAL_TIME),
    )
    try:
        with transaction.atomic():
            paging.save(force_insert=True)
    except IntegrityError as problem:
        raise Conflict(f"{user} is being called already.") from problem
    incident.forget_seats()
    events.record(
        incident,
        Kind.PAGED,
        by=by,
        body=f"{user} paged{_as(paging)}" + (f": {message}" if message else ""),
        to=[user.pk],
        message=message,
        due=f"{paging.due_at:%H:%M}",
        **_facts(paging),
    )
    return paging


def _pass_on(paging: Paging, *, why: str = "", is_declined: bool = False, by: Actor = SYSTEM) -> None:
    """Calls the next candidate of the role; where nobody is left, says so to who called and who commands."""
    incident = paging.incident
    why = why.rstrip(".")
    did = f"declined{f' ({why})' if why else ''}" if is_declined else "did not answer"
    following = _next(incident, paging.role, but=_called(incident)) if paging.role else None
    if following is None:
        _end(paging, S.UNANSWERED)
        lost = "nobody is left to call" if paging.role else "nobody follows, since no role was named"
        told = f"{paging.user} {did} and {lost}{_as(paging)}."
    else:
        told = f"{paging.user} {did}: {following} is called{_as(paging)}."
    events.record(
        incident,
        Kind.PAGING_PASSED_ON,
        by=by,
        body=told,
        to=_who_waits(paging),
        is_declined=is_declined,
        **_facts(paging),
    )
    if following is not None:
        _call(incident, following, by=SYSTEM, role=paging.role, message=paging.message, after=paging)


def _next(incident: Incident, role: str, *, but: set[int], among: set[int] | None = None) -> User | None:
    """The best candidate who was not called yet. A private incident is opened to nobody by this."""
    for one in candidates.for_role(incident, role):
        is_asked = one.user.pk in but or (among is not None and one.user.pk not in among)
        if not is_asked and not one.is_let_in:
            return one.user
    return None


def _called(incident: Incident) -> set[int]:
    """Everybody who was called here: who answered is on it, the others have had their time."""
    asked = incident.pagings.exclude(state=S.WITHDRAWN)
    return set(asked.values_list("user", flat=True))


def _end(paging: Paging, state: PagingState, **columns: object) -> bool:
    """Ends a call, if nobody was quicker."""
    row = Paging.objects.filter(pk=paging.pk, state__in=ENDS[state])
    is_ended = row.update(state=state, **columns) == 1
    paging.refresh_from_db(fields=["state", "answered_at", "answered_through"])
    paging.incident.forget_seats()
    return is_ended


def _refuse_others(paging: Paging, by: User) -> None:
    if paging.user_id != by.pk:
        raise PermissionDenied(f"{paging.user} is called, and answers.")


def _who_waits(paging: Paging) -> list[int]:
    commanding = {seat.user_id for seat in paging.incident.holders_of(Role.COMMANDER) if seat.kind != Holding.SHADOW}
    waiting = commanding | ({paging.paged_by_id} if paging.paged_by_id else set())
    return sorted(waiting - {paging.user_id})


def _as(paging: Paging) -> str:
    return f" as {Role(paging.role).label}" if paging.role else ""


def _facts(paging: Paging) -> dict[str, Any]:
    return {"paging": paging.pk, "role": paging.role, "user": paging.user_id, "name": str(paging.user)}
