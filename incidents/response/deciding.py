"""Decisions: recorded at once by the commander, or proposed first with options and a window for strong objections.

The commander decides; every seat may propose and object. Silence is consent: when the window closes without a
strong objection, the way is free. Deciding before that, or against an objection, needs a reason.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypedDict

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import events, readings
from incidents.conflicts import Conflict, refuse_overtaken
from incidents.models import Decision, DecisionState, Incident, Kind, Objection, State
from incidents.models.decision import LONGEST_OUTCOME, LONGEST_QUESTION
from roles.catalog import Holding, Role
from roles.policy import SYSTEM, Actor, System, authorize, may

LONGEST_OPTION = 300
MOST_OPTIONS = 6
SHORTEST_REASON = 10
#: How long a window may stay open; longer is a meeting, not a poll.
LONGEST_WINDOW = timedelta(hours=4)
#: States in which nothing is decided any more.
OVER = frozenset({State.CLOSED, State.CANCELLED, State.MERGED})


class Option(TypedDict):
    """One way to go, and what it may cost."""

    text: str
    risk: str


@transaction.atomic
def propose(
    incident: Incident,
    *,
    by: Actor,
    question: str,
    options: Iterable[Mapping[str, str]] = (),
    recommended: int | None = None,
    window: timedelta | None = None,
) -> Decision:
    """Puts a question to the seats. With a `window`, strong objections are asked for until it closes.

    `recommended` is the place of an option, from 0. Raises ValidationError for words that make no sense.
    """
    authorize(by, "incidents.propose_decision", incident)
    _refuse_over(incident)
    ways = _checked(question, options, recommended, window)
    now = events.moment()
    decision = Decision.objects.create(
        incident=incident,
        question=" ".join(question.split()),
        options=ways,
        recommended=recommended,
        closes_at=now + window if window else None,
        proposed_by=None if isinstance(by, System) else by,
        proposed_at=now,
    )
    events.record(
        incident,
        Kind.DECISION_PROPOSED,
        by=by,
        body=_proposal(decision),
        decision=decision.pk,
        closes_at=decision.closes_at.isoformat() if decision.closes_at else None,
        tag="Proposal",
        to=[seat.user_id for seat in incident.live_seats if seat.is_held and seat.kind != Holding.SHADOW],
    )
    return decision


@transaction.atomic
def edit(
    decision: Decision,
    *,
    by: Actor,
    seen_version: int | None = None,
    question: str,
    options: Iterable[Mapping[str, str]] = (),
    recommended: int | None = None,
) -> Decision:
    """Changes a proposal; who made it and the commander may. Objections stay, as they were to the old words."""
    incident = decision.incident
    authorize(by, "incidents.propose_decision", incident)
    decision = _locked(decision)
    _refuse_settled(decision)
    is_own = not isinstance(by, System) and decision.proposed_by_id == by.pk
    if not is_own and not isinstance(by, System) and not may(by, "incidents.decide", incident):
        raise PermissionDenied(f"This proposal is {decision.proposed_by}'s: they or the commander change it.")
    ways = _checked(question, options, recommended, None)
    wanted = {"question": " ".join(question.split()), "options": ways, "recommended": recommended}
    refuse_overtaken(decision, seen_version, wanted)
    if all(getattr(decision, name) == value for name, value in wanted.items()):
        return decision
    for name, value in wanted.items():
        setattr(decision, name, value)
    decision.version += 1
    decision.save(update_fields=[*wanted, "version"])
    events.record(
        incident, Kind.DECISION_PROPOSED, by=by, body=_proposal(decision), decision=decision.pk, tag="Proposal changed"
    )
    return decision


@transaction.atomic
def object_to(decision: Decision, *, by: Actor, text: str) -> Objection:
    """Raises a strong objection while the window is open; a second one by the same person replaces the first."""
    incident = decision.incident
    authorize(by, "incidents.propose_decision", incident)
    if isinstance(by, System):
        raise ValidationError("Only people object.")
    decision = _locked(decision)
    _refuse_settled(decision)
    text = " ".join(text.split())
    if not text:
        raise ValidationError("Say what speaks against it.")
    if len(text) > 500:
        raise ValidationError("An objection has at most 500 characters.")
    if decision.closes_at is not None and decision.closes_at <= timezone.now():
        raise Conflict(f"Objections were asked for until {decision.closes_at:%H:%M} UTC: speak to the commander.")
    objection, _ = Objection.objects.update_or_create(
        decision=decision, user=by, defaults={"text": text, "raised_at": timezone.now(), "withdrawn_at": None}
    )
    events.record(
        incident,
        Kind.DECISION_OBJECTED,
        by=by,
        body=f"Strong objection to “{decision.question}”: {text}",
        decision=decision.pk,
        tag="Objection",
        to=[*_commanders(incident), *([decision.proposed_by_id] if decision.proposed_by_id else [])],
    )
    return objection


@transaction.atomic
def take_back_objection(objection: Objection, *, by: Actor) -> Objection:
    """Withdraws one's own objection."""
    decision = objection.decision
    authorize(by, "incidents.propose_decision", decision.incident)
    if isinstance(by, System) or objection.user_id != by.pk:
        raise PermissionDenied(f"This objection is {objection.user}'s.")
    _refuse_settled(_locked(decision))
    if Objection.objects.filter(pk=objection.pk, withdrawn_at=None).update(withdrawn_at=timezone.now()):
        events.record(
            decision.incident,
            Kind.DECISION_OBJECTED,
            by=by,
            body=f"Took back the objection to “{decision.question}”",
            decision=decision.pk,
            tag="Objection taken back",
        )
    objection.refresh_from_db()
    return objection


@transaction.atomic
def decide(
    decision: Decision,
    *,
    by: Actor,
    outcome: str,
    reason: str = "",
    revisit_at: datetime | None = None,
    seen_version: int | None = None,
) -> Decision:
    """Settles a proposal. Before its window has closed, or against a standing objection, only with a reason
    of at least 10 characters, which is part of the record; Conflict says so otherwise."""
    incident = decision.incident
    authorize(by, "incidents.decide", incident)
    decision = _locked(decision)
    _refuse_settled(decision)
    outcome, reason = _checked_outcome(outcome), reason.strip()
    if seen_version is not None and seen_version != decision.version:
        raise Conflict("The proposal was changed after you opened it: read it again, then decide.")
    unmet = in_the_way(decision)
    if unmet and len(reason) < SHORTEST_REASON:
        raise Conflict(f"{' '.join(unmet)} Give a reason to decide all the same.", needed=unmet)
    return _settle(decision, by=by, outcome=outcome, reason=reason, revisit_at=revisit_at, unmet=unmet)


@transaction.atomic
def record(
    incident: Incident,
    *,
    by: Actor,
    outcome: str,
    reason: str = "",
    question: str = "",
    revisit_at: datetime | None = None,
) -> Decision:
    """Writes down what the commander has decided, without a poll."""
    authorize(by, "incidents.decide", incident)
    _refuse_over(incident)
    outcome = _checked_outcome(outcome)
    now = events.moment()
    decision = Decision.objects.create(
        incident=incident,
        question=" ".join((question or outcome).split())[:LONGEST_QUESTION],
        proposed_by=None if isinstance(by, System) else by,
        proposed_at=now,
    )
    return _settle(decision, by=by, outcome=outcome, reason=reason.strip(), revisit_at=revisit_at, unmet=[])


@transaction.atomic
def withdraw(decision: Decision, *, by: Actor, reason: str = "") -> Decision:
    """Takes a proposal back; who made it and the commander may."""
    incident = decision.incident
    authorize(by, "incidents.propose_decision", incident)
    decision = _locked(decision)
    is_own = not isinstance(by, System) and decision.proposed_by_id == by.pk
    if not is_own and not isinstance(by, System) and not may(by, "incidents.decide", incident):
        raise PermissionDenied(f"This proposal is {decision.proposed_by}'s: they or the commander take it back.")
    _refuse_settled(decision)
    decision.state = DecisionState.WITHDRAWN
    decision.version += 1
    decision.save(update_fields=["state", "version"])
    why = f": {reason.strip()}" if reason.strip() else ""
    events.record(
        incident,
        Kind.DECISION_CLOSED,
        by=by,
        body=f"Took back “{decision.question}”{why}",
        decision=decision.pk,
        tag="Withdrawn",
    )
    return decision


def close_windows() -> int:
    """Says of each proposal whose time has come that its window is closed, once; for the clock."""
    due = Decision.objects.filter(state=DecisionState.PROPOSED, closed_at=None, closes_at__lte=timezone.now())
    closed = 0
    for decision in due.select_related("incident")[:100]:
        with transaction.atomic():
            # Before the decision's row, as whoever decides does; of two clocks the first closes it.
            Incident.objects.select_for_update().only("pk").get(pk=decision.incident_id)
            if not Decision.objects.filter(pk=decision.pk, closed_at=None).update(closed_at=timezone.now()):
                continue
            count = decision.objections.filter(withdrawn_at=None).count()
            said = f"{count} strong objection{'s' * (count > 1)}" if count else "no strong objection"
            events.record(
                decision.incident,
                Kind.DECISION_CLOSED,
                by=SYSTEM,
                body=f"Window closed on “{decision.question}”: {said}.",
                decision=decision.pk,
                objections=count,
            )
            closed += 1
    return closed


# --- questions --------------------------------------------------------------------------------


def in_the_way(decision: Decision) -> list[str]:
    """What speaks against deciding now: an open window, standing objections."""
    found = []
    if decision.state == DecisionState.PROPOSED and decision.closes_at and decision.closes_at > timezone.now():
        found.append(f"Objections are asked for until {decision.closes_at:%H:%M} UTC.")
    standing = [objection for objection in decision.objections.all() if objection.withdrawn_at is None]
    return found + [f"{objection.user} objects: {objection.text}" for objection in standing]


def proposals(incident: Incident) -> list[Decision]:
    """Proposals that nobody has settled, oldest first, with their objections: two queries."""
    return readings.of(incident).proposals


# --- inside -----------------------------------------------------------------------------------


def _settle(
    decision: Decision, *, by: Actor, outcome: str, reason: str, revisit_at: datetime | None, unmet: list[str]
) -> Decision:
    now = events.moment()
    if revisit_at is not None and revisit_at <= now:
        raise ValidationError("It is looked at again in the future, not in the past.")
    decision.state = DecisionState.DECIDED
    decision.outcome = outcome
    decision.reason = reason
    decision.revisit_at = revisit_at
    decision.decided_by = None if isinstance(by, System) else by
    decision.decided_at = now
    decision.version += 1
    decision.save(update_fields=["state", "outcome", "reason", "revisit_at", "decided_by", "decided_at", "version"])
    objections = [f"{one.user}: {one.text}" for one in decision.objections.filter(withdrawn_at=None)]
    events.record(
        decision.incident,
        Kind.DECISION,
        by=by,
        body=decision.told,
        decision=decision.pk,
        question=decision.question if decision.question != outcome else "",
        options=decision.options,
        reason=reason,
        objections=objections,
        unmet=unmet,
    )
    return decision


def _locked(decision: Decision) -> Decision:
    """The row as it is now, locked until the transaction ends, with its incident."""
    Incident.objects.select_for_update().only("pk").get(pk=decision.incident_id)
    return Decision.objects.select_related("incident", "proposed_by", "decided_by").get(pk=decision.pk)


def _refuse_settled(decision: Decision) -> None:
    if decision.state == DecisionState.DECIDED:
        at = f" at {decision.decided_at:%H:%M} UTC" if decision.decided_at else ""
        raise Conflict(f"{decision.decided_by or 'IncidentOps'} has decided this{at}.")
    if decision.state == DecisionState.WITHDRAWN:
        raise Conflict("This proposal was taken back.")
    _refuse_over(decision.incident)


def _refuse_over(incident: Incident) -> None:
    now = Incident.objects.select_for_update().only("state").get(pk=incident.pk)
    if now.state in OVER:
        raise Conflict(f"{incident.key} is {now.get_state_display()}: nothing more is decided in it.")


def _checked(
    question: str, options: Iterable[Mapping[str, str]], recommended: int | None, window: timedelta | None
) -> list[Option]:
    """The options as they are stored; raises ValidationError for what makes no sense."""
    line = " ".join(question.split())
    if not line:
        raise ValidationError("A proposal needs a question, or the thing proposed.")
    if len(line) > LONGEST_QUESTION:
        raise ValidationError(f"A question has at most {LONGEST_QUESTION} characters.")
    ways = [
        Option(text=" ".join(way.get("text", "").split()), risk=" ".join(way.get("risk", "").split()))
        for way in options
        if way.get("text", "").strip()
    ]
    if len(ways) > MOST_OPTIONS:
        raise ValidationError(f"At most {MOST_OPTIONS} options: more cannot be weighed in a poll.")
    if any(len(way["text"]) > LONGEST_OPTION or len(way["risk"]) > LONGEST_OPTION for way in ways):
        raise ValidationError(f"An option and its risk have at most {LONGEST_OPTION} characters each.")
    if recommended is not None and not 0 <= recommended < len(ways):
        raise ValidationError("What is recommended is one of the options.")
    if window is not None and not timedelta() < window <= LONGEST_WINDOW:
        raise ValidationError("The window for objections is open for at least a second and at most 4 hours.")
    return ways


def _checked_outcome(outcome: str) -> str:
    outcome = outcome.strip()
    if not outcome:
        raise ValidationError("Say what was decided.")
    if len(outcome) > LONGEST_OUTCOME:
        raise ValidationError(f"A decision has at most {LONGEST_OUTCOME:,} characters.")
    return outcome


def _proposal(decision: Decision) -> str:
    """The proposal as the timeline tells it."""
    lines = [decision.question]
    for place, way in enumerate(decision.options):
        risk = f" (risk: {way['risk']})" if way["risk"] else ""
        lines.append(f"{place + 1}. {way['text']}{risk}{', recommended' if place == decision.recommended else ''}")
    if decision.closes_at:
        lines.append(f"Any strong objection? Until {decision.closes_at:%H:%M:%S} UTC.")
    return "\n".join(lines)


def _commanders(incident: Incident) -> list[int]:
    return [seat.user_id for seat in incident.holders_of(Role.COMMANDER) if seat.kind != Holding.SHADOW]
