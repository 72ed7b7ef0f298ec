"""Questions to those who work on an incident, from those who do not: each gets an owner, and an answer with a stamp.

Asked by responders, by members of stakeholder groups who may see the incident, and through a board link with a
name. Whoever asked is told what became of it; what is shared stands on the board for all who have the link.
"""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from incidents import events
from incidents.communication import boards, groups
from incidents.conflicts import Conflict
from incidents.models import BoardLink, Incident, Kind, State, TeamQuestion, TeamQuestionState
from roles import policy
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM, Actor, System, authorize

#: A question that waits longer stands among what the commander and the Communication Lead must see to.
OVERDUE_AFTER = timedelta(minutes=15)
LONGEST_QUESTION = 500
LONGEST_ANSWER = 2000
LONGEST_NAME = 100
#: Open questions that came through links, on one incident: more say nothing more, and would bury the rest.
MOST_FROM_LINKS = 40
GONE = frozenset({State.CANCELLED, State.MERGED, State.CLOSED})


@transaction.atomic
def ask(incident: Incident, *, by: Actor, question: str) -> TeamQuestion:
    """Asks the team. Raises PermissionDenied, ValidationError where there is no question, Conflict where it is over."""
    if isinstance(by, System) or not _is_guest(by, incident):
        authorize(by, "incidents.ask_team", incident)
    person = None if isinstance(by, System) else by
    return _ask(incident, by=by, question=question, asked_by=person)


@transaction.atomic
def ask_by_link(board: BoardLink, *, name: str, question: str) -> TeamQuestion:
    """Asks through a board link, with a name; the link is the right to ask.

    Raises PermissionDenied where the link has ended, ValidationError by field, Conflict where it is over or too
    many wait already.
    """
    if not boards.live(BoardLink.objects.filter(pk=board.pk)).exists():
        raise PermissionDenied("This link has ended.")
    name = " ".join(name.split())
    if not name:
        raise ValidationError({"name": "Say who asks, so that the answer finds you."})
    if len(name) > LONGEST_NAME:
        raise ValidationError({"name": f"A name has at most {LONGEST_NAME} characters."})
    waiting = board.incident.team_questions.filter(state=TeamQuestionState.OPEN, asked_by=None)
    if waiting.count() >= MOST_FROM_LINKS:
        raise Conflict("Many questions wait for an answer already. Please look here again in some minutes.")
    return _ask(board.incident, by=SYSTEM, question=question, asked_name=name, board=board)


@transaction.atomic
def take(question: TeamQuestion, *, by: User) -> TeamQuestion:
    """Makes it one's own; the asker hears that somebody looks into it."""
    authorize(by, "incidents.answer_team", question.incident)
    return _own(question, by, by=by)


@transaction.atomic
def assign(question: TeamQuestion, *, to: User, by: Actor) -> TeamQuestion:
    """Gives it to somebody of the team, who is told. Raises ValidationError where they could not answer."""
    authorize(by, "incidents.answer_team", question.incident)
    if not policy.may(to, "incidents.answer_team", question.incident):
        raise ValidationError(f"{to} holds no role on {question.incident.key}.")
    return _own(question, to, by=by)


@transaction.atomic
def answer(question: TeamQuestion, *, by: Actor, text: str, share: bool = False) -> TeamQuestion:
    """Answers it, once; `share` puts question and answer on the board, for which one needs the right to share."""
    authorize(by, "incidents.answer_team", question.incident)
    if share:
        authorize(by, "incidents.share_board", question.incident)
    text = _worded(text, LONGEST_ANSWER, "An answer")
    return _close(question, TeamQuestionState.ANSWERED, by=by, text=text, is_shared=share)


@transaction.atomic
def decline(question: TeamQuestion, *, by: Actor, reason: str) -> TeamQuestion:
    """Says that it is not answered now, and why."""
    authorize(by, "incidents.answer_team", question.incident)
    return _close(question, TeamQuestionState.DECLINED, by=by, text=_worded(reason, LONGEST_ANSWER, "A reason"))


@transaction.atomic
def share(question: TeamQuestion, is_shared: bool, *, by: Actor) -> TeamQuestion:
    """Puts an answered question on the board, or takes it off again."""
    authorize(by, "incidents.share_board", question.incident)
    question = _locked(question)
    if question.state != TeamQuestionState.ANSWERED:
        raise Conflict("Only what is answered stands on the board.")
    if question.is_shared != is_shared:
        question.is_shared = is_shared
        question.save(update_fields=["is_shared"])
        where = "shared on the board" if is_shared else "taken off the board"
        _record(question, Kind.QUESTION_ANSWERED, by=by, body=f"“{question.question}” {where}.", step="shared")
    return question


def of(incident: Incident) -> QuerySet[TeamQuestion]:
    """All questions of an incident, oldest first, with people."""
    return incident.team_questions.select_related("asked_by", "owner", "answered_by")


def is_overdue(question: TeamQuestion) -> bool:
    """Whether it has waited too long."""
    return question.state == TeamQuestionState.OPEN and timezone.now() - question.asked_at > OVERDUE_AFTER


def may_ask(person: User, incident: Incident) -> bool:
    """Whether `ask` would let them."""
    return policy.may(person, "incidents.ask_team", incident) or _is_guest(person, incident)


# --- inside -----------------------------------------------------------------------------------


def _is_guest(person: User, incident: Incident) -> bool:
    """A stakeholder who may see the incident and is of a group that hears of it."""
    return not person.is_staff and incident.is_visible_to(person) and groups.is_stakeholder(person, incident)


def _ask(
    incident: Incident,
    *,
    by: Actor,
    question: str,
    asked_by: User | None = None,
    asked_name: str = "",
    board: BoardLink | None = None,
) -> TeamQuestion:
    question = " ".join(_worded(question, LONGEST_QUESTION, "A question", field="question").split())
    if incident.state in GONE:
        raise Conflict(f"{incident.key} is {incident.get_state_display().lower()}: nobody works on it any more.")
    asked = TeamQuestion.objects.create(
        incident=incident,
        question=question,
        asked_by=asked_by,
        asked_name=asked_name,
        asked_at=events.moment(),
    )
    who = f"{asked_name}, through the board link for {board.name}" if board else ""
    _record(
        asked,
        Kind.QUESTION_ASKED,
        by=by,
        body=question,
        step="asked",
        asked_name=who,
        to=[person.pk for person in _who_answers(incident)],
    )
    return asked


def _who_answers(incident: Incident) -> list[User]:
    """The Communication Lead, whose duty it is; while there is none, the commander."""
    for role in (Role.COMMS_LEAD, Role.COMMANDER):
        if found := [seat.user for seat in incident.holders_of(role) if seat.kind != Holding.SHADOW]:
            return found
    return []


def _own(question: TeamQuestion, owner: User, *, by: Actor) -> TeamQuestion:
    question = _locked(question)
    _refuse_closed(question)
    if question.owner_id == owner.pk:
        return question
    question.owner, question.owned_at = owner, events.moment()
    question.save(update_fields=["owner", "owned_at"])
    told = {owner.pk, question.asked_by_id} - {None, getattr(by, "pk", None)}
    _record(
        question, Kind.QUESTION_ASKED, by=by, body=question.question, step="owned", owner=str(owner), to=sorted(told)
    )
    return question


def _close(
    question: TeamQuestion, state: TeamQuestionState, *, by: Actor, text: str, is_shared: bool = False
) -> TeamQuestion:
    question = _locked(question)
    _refuse_closed(question)
    person = None if isinstance(by, System) else by
    question.state, question.answer, question.is_shared = state, text, is_shared
    question.answered_by, question.answered_at = person, events.moment()
    question.save(update_fields=["state", "answer", "is_shared", "answered_by", "answered_at"])
    told = [question.asked_by_id] if question.asked_by_id else []
    _record(question, Kind.QUESTION_ANSWERED, by=by, body=text, step=str(state), to=told)
    return question


def _locked(question: TeamQuestion) -> TeamQuestion:
    """The row as it is now, locked with its incident until the transaction ends."""
    incident = question.incident
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    found = TeamQuestion.objects.select_related("owner", "asked_by", "answered_by").get(pk=question.pk)
    found.incident = incident
    return found


def _refuse_closed(question: TeamQuestion) -> None:
    if question.state != TeamQuestionState.OPEN:
        who = f" by {question.answered_by}" if question.answered_by else ""
        raise Conflict(f"This question is {question.get_state_display().lower()} already{who}.")


def _worded(text: str, longest: int, what: str, *, field: str = "text") -> str:
    text = text.strip()
    if not text:
        raise ValidationError({field: f"{what} needs words."})
    if len(text) > longest:
        raise ValidationError({field: f"{what} has at most {longest:,} characters."})
    return text


def _record(question: TeamQuestion, kind: Kind, *, by: Actor, body: str, **data: Any) -> None:
    events.record(
        question.incident, kind, by=by, body=body, team_question=question.pk, question=question.question, **data
    )
