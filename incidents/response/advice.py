"""Asking somebody who knows: a question to one expert, who has a time to answer. What they do not answer, or
say is not theirs, passes to the next; the clock sees to it, each time exactly once."""

import logging
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import events, timeline
from incidents.conflicts import Conflict
from incidents.models import (
    ACTIVE,
    Action,
    AdviceRequest,
    AdviceState,
    Confidence,
    Hypothesis,
    Incident,
    Kind,
    Service,
    TimelineEntry,
)
from incidents.response import experts
from roles.models import User
from roles.policy import SYSTEM, Actor, System, authorize

log = logging.getLogger(__name__)

WAIT = timedelta(minutes=10)
SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=24)
LONGEST_QUESTION = 500
LONGEST_ANSWER = 5000
#: So many questions are passed on at one stroke of the clock.
BATCH = 100

A = AdviceState


@transaction.atomic
def ask(
    incident: Incident,
    *,
    by: Actor,
    question: str,
    asked: User | None = None,
    context: str = "",
    wait: timedelta = WAIT,
    is_urgent: bool = False,
    hypothesis: Hypothesis | None = None,
    action: Action | None = None,
    service: Service | None = None,
) -> AdviceRequest:
    """Asks one expert; without a name, the first who owns `service` or one of the incident's services.

    Raises Conflict where they cannot see the incident, where they have the same question already, or where
    nobody is found.
    """
    authorize(by, "incidents.coordinate", incident)
    question, context = " ".join(question.split()), context.strip()
    _check_question(incident, question, context, wait, hypothesis, action)
    _lock(incident)
    if not incident.is_active:
        raise Conflict(f"{incident.key} is {incident.get_state_display()}: nobody is asked any more.")
    person = None if isinstance(by, System) else by
    if asked is None:
        asked = experts.first(incident, service, but=[person.pk] if person else [])
        if asked is None:
            raise Conflict("No expert for it is found: name somebody.", needed=["a person to ask"])
    _check_person(incident, asked, person)
    if incident.advice.filter(state=A.ASKED, asked=asked, question=question).exists():
        raise Conflict(f"{asked} has this question already.")
    now = events.moment()
    request = AdviceRequest.objects.create(
        incident=incident,
        question=question,
        context=context,
        is_urgent=is_urgent,
        service=service,
        hypothesis=hypothesis,
        action=action,
        asked=asked,
        wait=wait,
        due_at=now + wait,
        asked_by=person,
        asked_at=now,
    )
    _tell(request, Kind.ADVICE_ASKED, by=by, body=f"Asked {asked}: {question}", to=[asked.pk])
    return request


@transaction.atomic
def answer(request: AdviceRequest, *, by: User, text: str, confidence: str = Confidence.LIKELY) -> AdviceRequest:
    """Answers it; only whoever is asked now. What was asked about an action or a hypothesis is guidance on it."""
    authorize(by, "incidents.add_entry", request.incident)
    text = text.strip()
    if not text:
        raise ValidationError("Write the answer, then send it.")
    if len(text) > LONGEST_ANSWER:
        raise ValidationError(f"An answer has at most {LONGEST_ANSWER:,} characters.")
    if confidence not in Confidence.values:
        raise ValidationError(f"{confidence} is no confidence; they are {', '.join(Confidence.values)}.")
    _lock(request.incident)
    _take_over(request)
    _refuse_unless_asked(request, by)
    now = events.moment()
    _walk(request, A.ANSWERED, answer=text, confidence=confidence, answered_by=by, answered_at=now)
    _tell(
        request,
        Kind.ADVICE_ANSWERED,
        by=by,
        body=f"On “{request.question}”: {text}",
        to=_asker(request),
        tag=Confidence(confidence).label,
        answer=text,
        confidence=confidence,
    )
    return request


@transaction.atomic
def ask_back(request: AdviceRequest, *, by: User, text: str) -> TimelineEntry:
    """Asks the asker something first: an entry that reaches them. The time to answer starts anew."""
    authorize(by, "incidents.add_entry", request.incident)
    if not text.strip():
        raise ValidationError("Write what you need to know, then send it.")
    _lock(request.incident)
    _take_over(request)
    _refuse_unless_asked(request, by)
    _walk(request, A.ASKED, due_at=events.moment() + request.wait)
    name = f"@{request.asked_by.username} " if request.asked_by else ""
    return timeline.add_entry(request.incident, by=by, body=f"{name}On “{request.question}”: {text.strip()}")


@transaction.atomic
def hand_on(request: AdviceRequest, *, by: User, to: User) -> AdviceRequest:
    """Passes it to another expert: by whoever is asked now, or who leads the work."""
    incident = request.incident
    authorize(by, "incidents.add_entry", incident)
    _lock(incident)
    _take_over(request)
    is_own = request.asked_id == by.pk
    if not is_own:
        authorize(by, "incidents.coordinate", incident)
    _refuse_closed(request)
    _check_person(incident, to, request.asked_by)
    if to.pk == request.asked_id or to.pk in request.passed_by:
        raise Conflict(f"{to} was asked already.", needed=["somebody who was not asked yet"])
    _pass_to(request, to, by=by, why=f"{request.asked} hands it on" if is_own else "")
    return request


@transaction.atomic
def decline(request: AdviceRequest, *, by: User, reason: str = "") -> AdviceRequest:
    """Says that it is not theirs: the next expert is asked, or the asker told that nobody is left."""
    authorize(by, "incidents.add_entry", request.incident)
    _lock(request.incident)
    _take_over(request)
    _refuse_unless_asked(request, by)
    said = f": {reason.strip()[:300]}" if reason.strip() else ""
    _pass_on(request, by=by, why=f"{request.asked} says it is not theirs{said}")
    return request


@transaction.atomic
def withdraw(request: AdviceRequest, *, by: Actor, reason: str = "") -> AdviceRequest:
    """Takes it back: no longer needed."""
    incident = request.incident
    authorize(by, "incidents.coordinate", incident)
    _lock(incident)
    _take_over(request)
    _refuse_closed(request)
    _withdraw(request, by=by, why=reason.strip()[:300])
    return request


# --- by the clock -----------------------------------------------------------------------------


def pass_on_due() -> int:
    """Passes on what was not answered in time; returns how many. Safe to repeat, and for two clocks at once:
    each question moves by the state in which it was found due, or not at all."""
    due = AdviceRequest.objects.filter(state=A.ASKED, due_at__lte=timezone.now())
    passed = 0
    for pk in list(due.order_by("due_at").values_list("pk", flat=True)[:BATCH]):
        try:
            passed += _pass_on_one(pk)
        except Exception:
            log.exception("question %s could not be passed on", pk)  # the others behind it still are
    return passed


@transaction.atomic
def _pass_on_one(pk: int) -> bool:
    request = AdviceRequest.objects.select_related("incident").get(pk=pk)
    _lock(request.incident)
    _take_over(request)
    if request.state != A.ASKED or request.due_at > timezone.now():
        return False
    if not request.incident.is_active:
        _withdraw(request, by=SYSTEM, why="")
        return True
    minutes = int(request.wait.total_seconds() // 60)
    _pass_on(request, by=SYSTEM, why=f"{request.asked} did not answer within {minutes} min")
    return True


def on_event(entry: TimelineEntry) -> None:
    """Hears that an incident ended: what is still asked there is withdrawn. Safe to repeat."""
    if entry.kind != Kind.MOVED or entry.data.get("new") in ACTIVE:
        return
    incident = entry.incident
    with transaction.atomic():
        _lock(incident)
        if incident.is_active:
            return
        for request in incident.advice.filter(state=A.ASKED):
            request.incident = incident
            _withdraw(request, by=SYSTEM, why=f"{incident.key} is {incident.get_state_display()}")


# --- inside -----------------------------------------------------------------------------------


def _pass_on(request: AdviceRequest, *, by: Actor, why: str) -> None:
    """To the next expert, or back to the asker with nobody left."""
    to = experts.after(request)
    if to is not None:
        _pass_to(request, to, by=by, why=why)
        return
    asked = request.asked
    _walk(request, A.UNANSWERED)
    body = f"Nobody is left to ask: {request.question} {why}."
    _tell(request, Kind.ADVICE_PASSED_ON, by=by, body=body, to=_asker(request), why=why, from_name=str(asked))


def _pass_to(request: AdviceRequest, to: User, *, by: Actor, why: str) -> None:
    asked = request.asked
    passed_by = [*request.passed_by, asked.pk]
    _walk(request, A.ASKED, asked=to, passed_by=passed_by, due_at=events.moment() + request.wait)
    because = f" {why}." if why else ""
    body = f"{to} is asked instead of {asked}: {request.question}{because}"
    _tell(request, Kind.ADVICE_PASSED_ON, by=by, body=body, to=[to.pk], why=why, from_name=str(asked))


def _withdraw(request: AdviceRequest, *, by: Actor, why: str) -> None:
    _walk(request, A.WITHDRAWN)
    because = f" {why}." if why else ""
    body = f"Question to {request.asked} withdrawn: {request.question}{because}"
    _tell(request, Kind.ADVICE_PASSED_ON, by=by, body=body, to=[request.asked_id], why=why)


def _walk(request: AdviceRequest, state: str, **changes: object) -> None:
    """Moves it out of `asked`, from exactly the person and time in which it was read; else somebody was first."""
    found = AdviceRequest.objects.filter(pk=request.pk, state=A.ASKED, asked=request.asked_id, due_at=request.due_at)
    if found.update(state=state, **changes) != 1:
        raise Conflict("Somebody answered or passed it on at the same moment.")
    request.state = state
    for name, value in changes.items():
        setattr(request, name, value)


def _tell(request: AdviceRequest, kind: Kind, /, *, by: Actor, body: str, to: list[int], **data: Any) -> None:
    known = {
        "tag": "Urgent" if request.is_urgent and kind == Kind.ADVICE_ASKED else "",
        "advice": request.pk,
        "state": request.state,
        "question": request.question,
        "context": request.context,
        "asked": request.asked_id,
        "asked_name": str(request.asked),
        "minutes": int(request.wait.total_seconds() // 60),
        "is_urgent": request.is_urgent,
        "action": request.action_id,
        "hypothesis": request.hypothesis_id,
    }
    events.record(request.incident, kind, by=by, body=body, to=to, **{**known, **data})


def _asker(request: AdviceRequest) -> list[int]:
    return [request.asked_by_id] if request.asked_by_id else []


def _lock(incident: Incident) -> None:
    """One change of questions at a time per incident."""
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    incident.refresh_from_db(fields=["state"])
    incident.forget_seats()


def _take_over(request: AdviceRequest) -> None:
    """Reads it anew behind the lock; the incident stays the one that the caller has."""
    incident = request.incident
    request.refresh_from_db()
    request.incident = incident


def _refuse_closed(request: AdviceRequest) -> None:
    if request.state == A.ANSWERED:
        raise Conflict(f"{request.answered_by} answered it at {request.answered_at:%H:%M} UTC.")
    if request.state != A.ASKED:
        raise Conflict(f"This question is {request.get_state_display().lower()}.")


def _refuse_unless_asked(request: AdviceRequest, by: User) -> None:
    if request.asked_id != by.pk and by.pk not in request.passed_by:
        raise PermissionDenied(f"This question is for {request.asked}.")
    _refuse_closed(request)
    if request.asked_id != by.pk:
        raise Conflict(
            f"It was passed on: {request.asked} is asked now. Write what you know into the timeline.",
            needed=["to be the one who is asked"],
        )


def _check_question(
    incident: Incident,
    question: str,
    context: str,
    wait: timedelta,
    hypothesis: Hypothesis | None,
    action: Action | None,
) -> None:
    if not question:
        raise ValidationError("Write the question, then ask.")
    if len(question) > LONGEST_QUESTION:
        raise ValidationError(f"A question has at most {LONGEST_QUESTION} characters; put the rest into the context.")
    if len(context) > LONGEST_ANSWER:
        raise ValidationError(f"The context has at most {LONGEST_ANSWER:,} characters.")
    if not SHORTEST_WAIT <= wait <= LONGEST_WAIT:
        raise ValidationError("The time to answer lies between one minute and 24 hours.")
    if any(about is not None and about.incident_id != incident.pk for about in (hypothesis, action)):
        raise ValidationError("What it is about belongs to another incident.")


def _check_person(incident: Incident, person: User, asker: User | None) -> None:
    if not (person.is_active and person.is_staff):
        raise ValidationError(f"{person} is not an active responder.")
    if asker is not None and asker.pk == person.pk:
        raise ValidationError("Ask somebody else than whoever wants to know.")
    if not incident.is_visible_to(person):
        raise Conflict(
            f"{person} cannot see this private incident: invite them first.", needed=[f"an invitation for {person}"]
        )
