"""Actions on what we run: proposed, cleared where the severity asks for it, run, and what they did.

Where a severity `needs_cleared_actions` (SEV1 and SEV2), nothing runs before it is approved. Elsewhere an
action may start as it is proposed; approving it is possible, not needed. What was approved and then reworded
has to be approved again.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from incidents import events, readings
from incidents.conflicts import Conflict, refuse_overtaken
from incidents.models import Action, ActionKind, ActionState, Hypothesis, Incident, Kind, Risk, Service, State
from incidents.response import action_words
from incidents.response.action_words import Words
from incidents.severity import rule
from roles import policy
from roles.models import User
from roles.policy import Actor, System, authorize

A = ActionState
#: States in which nothing is done to what we run on behalf of the incident any more.
PAST = frozenset({State.CLOSED, State.CANCELLED, State.MERGED})
#: States before anything ran.
NOT_STARTED = frozenset({A.PROPOSED, A.APPROVED, A.DECLINED})
#: Moves that say that the impact has ended: nothing may still be running.
AFTER_THE_FIX = frozenset({"monitor", "resolve"})


@dataclass(frozen=True)
class Step:
    """One verb of an action: from which states it leads where, what its button says, and who may.

    `clears` steps are the commander's; `runs` steps are for who carries it out, or leads.
    """

    verb: str
    sources: frozenset[str]
    target: str
    label: str
    clears: bool = False
    runs: bool = False
    stamp: str = ""

    @property
    def ends(self) -> bool:
        """Whether it says what the action did."""
        return self.stamp == "ended_at"


STEPS: tuple[Step, ...] = (
    Step("approve", frozenset({A.PROPOSED}), A.APPROVED, "Approve", clears=True, stamp="approved_at"),
    Step("decline", frozenset({A.PROPOSED, A.APPROVED}), A.DECLINED, "Decline", clears=True),
    Step("propose", frozenset({A.DECLINED}), A.PROPOSED, "Propose again"),
    Step("start", frozenset({A.PROPOSED, A.APPROVED}), A.RUNNING, "Start", runs=True, stamp="started_at"),
    Step("finish", frozenset({A.RUNNING}), A.DONE, "Done", runs=True, stamp="ended_at"),
    Step("fail", frozenset({A.RUNNING}), A.FAILED, "Failed", runs=True, stamp="ended_at"),
    Step("revert", frozenset({A.RUNNING, A.DONE, A.FAILED}), A.REVERTED, "Undo", runs=True, stamp="ended_at"),
)
BY_VERB = {step.verb: step for step in STEPS}
#: Steps of running → how their fact begins, and its tag.
RUN = {
    "start": ("Started", "Running"),
    "finish": ("Done", "Done"),
    "fail": ("Failed", "Failed"),
    "revert": ("Taken back", "Taken back"),
}
#: State wanted → the verb that leads there, for programs that set a state.
VERB_TO = {str(step.target): step.verb for step in STEPS}


@transaction.atomic
def propose(
    incident: Incident,
    *,
    by: Actor,
    title: str,
    kind: str = ActionKind.MITIGATION,
    detail: str = "",
    undo: str = "",
    risk: str = Risk.MEDIUM,
    executor: User | None = None,
    service: Service | None = None,
    hypothesis: Hypothesis | None = None,
) -> Action:
    """Says what somebody wants to do; who proposes it carries it out, unless another is named."""
    authorize(by, "incidents.propose_action", incident)
    incident = _locked(incident)
    person = None if isinstance(by, System) else by
    words: Words = {
        "title": title,
        "kind": kind,
        "detail": detail,
        "undo": undo,
        "risk": risk,
        "executor": executor or person,
        "service": service,
        "hypothesis": hypothesis,
    }
    action_words.check(incident, words)
    action = Action.objects.create(incident=incident, proposed_by=person, proposed_at=events.moment(), **words)
    _record_change(action, by=by, tag="Proposed", to=_who_clears(incident) if _needs_clearing(incident) else [])
    return action


@transaction.atomic
def step(
    action: Action, verb: str, *, by: Actor, comment: str = "", effect: str = "", seen_version: int | None = None
) -> Action:
    """Walks it one step: approve, decline, propose, start, finish, fail, revert.

    Declining says why. Raises PermissionDenied, or Conflict where the state forbids it, where somebody reworded
    it after it was read (`seen_version`), or where it is not cleared to start.
    """
    way = BY_VERB.get(verb)
    _authorize(by, way, action)
    if way is None:
        raise ValidationError(f"{verb} is no step of an action; they are {', '.join(BY_VERB)}.")
    row = _row(action)
    _authorize(by, way, row)
    if row.state not in way.sources:
        raise Conflict(
            f"“{row.title}” is {row.get_state_display().lower()}: {way.label.lower()} does not lead on from there.",
            needed=[A(state).label for state in A if state in way.sources],
        )
    if seen_version is not None and seen_version != row.version:
        raise Conflict("It was reworded since you read it: read it again.", needed=["the newest version"])
    comment, effect = action_words.one_line(comment, "comment"), action_words.one_line(effect, "effect")
    if verb == "decline" and not comment:
        raise Conflict("Say why, so that another way can be proposed.", needed=["comment"])
    if verb == "start" and not may_start(row):
        raise Conflict(
            f"At {row.incident.severity} an action does not run before the commander has approved it.",
            needed=["the commander's approval"],
        )
    _walk(row, way, by, comment=comment, effect=effect)
    if way.runs:
        _record_run(row, way, by=by, effect=effect)
    else:
        tag = {"approve": "Approved", "decline": "Declined"}.get(verb, "Proposed again")
        people = [row.executor_id, row.proposed_by_id] if way.clears else []
        if verb == "propose" and _needs_clearing(row.incident):
            people = [*_who_clears(row.incident)]
        _record_change(row, by=by, tag=tag, words=comment, to=people)
    return row


def _walk(row: Action, way: Step, by: Actor, *, comment: str, effect: str) -> None:
    person = None if isinstance(by, System) else by
    row.state = way.target
    if way.stamp:
        setattr(row, way.stamp, events.moment())
    if way.verb == "approve":
        row.approved_by, row.comment = person, ""
    elif way.verb in {"decline", "propose"}:
        row.approved_by, row.approved_at, row.comment = None, None, comment
    elif way.verb == "start":
        row.executor, row.ended_at = row.executor or person, None
    elif effect:
        row.effect = effect
    row.version += 1
    row.save()


@transaction.atomic
def edit(action: Action, *, by: Actor, seen_version: int | None = None, **changes: object) -> Action:
    """Rewords it, or names another to carry it out. What was approved is proposed anew where its words change.

    Raises Overtaken where somebody changed the same since.
    """
    _authorize_wording(by, action)
    if unknown := changes.keys() - action_words.ALL:
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be edited.")
    row = _row(action)
    _authorize_wording(by, row)
    words: Words = dict(changes)  # type: ignore[assignment]  # its names were compared above
    action_words.check(row.incident, words)
    refuse_overtaken(row, seen_version, words)
    changed = {name: value for name, value in words.items() if getattr(row, name) != value}
    if not changed:
        return row
    if row.state not in NOT_STARTED and (fixed := sorted(changed.keys() - action_words.LATE)):
        raise Conflict(
            f"“{row.title}” is {row.get_state_display().lower()}: its {' and '.join(fixed)} stay as they were.",
            needed=[A.PROPOSED.label, A.APPROVED.label],
        )
    before = {name: str(getattr(row, name) or "") for name in changed}
    loses_approval = row.state == A.APPROVED and bool(changed.keys() & action_words.CLEARED)
    for name, value in changed.items():
        setattr(row, name, value)
    if loses_approval:
        row.state, row.approved_by, row.approved_at = A.PROPOSED, None, None
    row.version += 1
    row.save()
    people: list[int | None] = [row.executor_id] if "executor" in changed else []
    if loses_approval and _needs_clearing(row.incident):
        people += _who_clears(row.incident)
    after = {name: str(value or "") for name, value in changed.items()}
    tag = "Proposed anew" if loses_approval else "Changed"
    _record_change(row, by=by, tag=tag, to=people, before=before, after=after)
    return row


# --- questions --------------------------------------------------------------------------------


def may_start(action: Action) -> bool:
    """Whether it is cleared: approved, or of a severity at which nothing needs to be."""
    return action.state == A.APPROVED or (action.state == A.PROPOSED and not _needs_clearing(action.incident))


def waiting(incident: Incident) -> list[Action]:
    """What cannot run before somebody approves it, oldest first."""
    if not _needs_clearing(incident) or incident.state in PAST:
        return []
    return [action for action in readings.of(incident).actions if action.state == A.PROPOSED]


def steps_for(action: Action, user: User, may: frozenset[str]) -> list[Step]:
    """The steps open to `user`, who has the rights `may` on the incident, without a query."""
    if action.incident.state in PAST:
        return []
    leads = "incidents.coordinate" in may
    found = []
    for way in STEPS:
        allowed = (
            "incidents.approve_action" in may
            if way.clears
            else (leads or action.executor_id == user.pk)
            if way.runs
            else "incidents.propose_action" in may
        )
        if allowed and action.state in way.sources and (way.verb != "start" or may_start(action)):
            found.append(way)
    return found


def may_reword(action: Action, user: User, may: frozenset[str]) -> bool:
    """Whether `user` proposed it, carries it out, or leads."""
    return "incidents.coordinate" in may or user.pk in {action.proposed_by_id, action.executor_id}


def unmet(incident: Incident, verb: str) -> list[str]:
    """What is still running when somebody says that the impact has ended; named in settings.INCIDENT_CHECKS."""
    if verb not in AFTER_THE_FIX:
        return []
    running = (action for action in readings.of(incident).actions if action.state == A.RUNNING)
    return [f"“{action.title}” is still running." for action in running]


# --- inside -----------------------------------------------------------------------------------


def _needs_clearing(incident: Incident) -> bool:
    return rule(incident.severity).needs_cleared_actions


def _who_clears(incident: Incident) -> list[int | None]:
    """Ids of those in a seat who may approve here now."""
    seats = [seat for seat in incident.live_seats if seat.is_held]
    return [seat.user_id for seat in seats if policy.allows("incidents.approve_action", seat, incident)]


def _authorize(by: Actor, way: Step | None, action: Action) -> None:
    """Approving is a right of its own; running is for who carries it out, the commander and the Technical Lead."""
    clears = way is not None and way.clears
    authorize(by, "incidents.approve_action" if clears else "incidents.propose_action", action.incident)
    if way is None or not way.runs or isinstance(by, System) or action.executor_id == by.pk:
        return
    if not policy.may(by, "incidents.coordinate", action.incident):
        raise PermissionDenied("It is run by who carries it out, by the commander or by the Technical Lead.")


def _authorize_wording(by: Actor, action: Action) -> None:
    authorize(by, "incidents.propose_action", action.incident)
    if isinstance(by, System) or by.pk in {action.proposed_by_id, action.executor_id}:
        return
    if not policy.may(by, "incidents.coordinate", action.incident):
        raise PermissionDenied("It is changed by who proposed it, who carries it out, and those who lead.")


def _locked(incident: Incident) -> Incident:
    """The incident read anew and locked: one change of its actions at a time, against its present severity."""
    fresh = Incident.objects.select_for_update().get(pk=incident.pk)
    if fresh.state in PAST:
        raise Conflict(f"{fresh.key} is {fresh.get_state_display().lower()}: no action is taken for it any more.")
    return fresh


def _row(action: Action) -> Action:
    incident = _locked(action.incident)
    related = ("executor", "proposed_by", "approved_by", "service", "hypothesis")
    row = Action.objects.select_for_update(of=["self"]).select_related(*related).get(pk=action.pk)
    row.incident = incident
    return row


def _facts(row: Action) -> dict[str, Any]:
    return {
        "action": row.pk,
        "state": str(row.state),
        "title": row.title,
        "action_kind": str(row.kind),
        "risk": str(row.risk),
        "undo": row.undo,
        "executor": str(row.executor or ""),
    }


def _record_change(row: Action, *, by: Actor, tag: str, to: list[int | None], words: str = "", **data: Any) -> None:
    sentence = f"{tag}: {row.title}"
    if tag.startswith("Proposed"):
        sentence = f"{sentence.rstrip('.')} ({row.get_kind_display().lower()}, {row.get_risk_display().lower()} risk)"
    people = sorted({person for person in to if person is not None})
    events.record(
        row.incident,
        Kind.ACTION_CHANGED,
        by=by,
        body=f"{sentence.rstrip('.')}. {words}" if words else sentence,
        tag=tag,
        comment=words,
        to=people,
        **_facts(row),
        **data,
    )


def _record_run(row: Action, way: Step, *, by: Actor, effect: str) -> None:
    said, tag = RUN[way.verb]
    sentence = f"{said}: {row.title}".rstrip(".")
    if way.ends and effect:
        sentence = f"{sentence}. {effect}"
    events.record(
        row.incident,
        Kind.ACTION,
        by=by,
        body=sentence,
        tag=tag,
        effect=row.effect,
        **_facts(row),
    )
