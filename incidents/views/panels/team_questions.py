"""Questions to the team on a console, and on their own page: the open ones first, the late ones marked."""

from dataclasses import dataclass

from incidents import readings
from incidents.communication import questions
from incidents.models import Incident, TeamQuestion, TeamQuestionState
from incidents.views.desk import Desk
from incidents.views.duties import Fact
from roles.catalog import Holding
from roles.models import User

#: So many closed ones a console shows; the page shows all.
MOST_CLOSED = 3


@dataclass(frozen=True)
class Asked:
    """One question before those who answer."""

    question: TeamQuestion
    is_late: bool

    @property
    def who(self) -> str:
        asker = self.question.asked_by
        return str(asker) if asker else (self.question.asked_name or "Somebody")

    @property
    def came_by_link(self) -> bool:
        return bool(self.question.asked_name)


def shown(desk: Desk) -> dict[str, object]:
    """The panel of a console; one query, shared with the queue of what waits."""
    made = of(desk.incident, desk.may)
    closed: list[Asked] = made["team_closed"]  # type: ignore[assignment]
    return {**made, "team_closed": closed[:MOST_CLOSED], "team_more": max(len(closed) - MOST_CLOSED, 0)}


def of(incident: Incident, may: frozenset[str]) -> dict[str, object]:
    """All questions, open ones oldest first, closed ones newest first, and who could answer."""
    rows = [Asked(one, questions.is_overdue(one)) for one in readings.of(incident).team_questions]
    is_open = [one for one in rows if one.question.state == TeamQuestionState.OPEN]
    return {
        "team_open": is_open,
        "team_closed": [one for one in reversed(rows) if one.question.state != TeamQuestionState.OPEN],
        "team_more": 0,
        "team_people": _team(incident) if is_open and "incidents.answer_team" in may else [],
    }


def fact(desk: Desk) -> Fact:
    """What the duty strip says of the link between team and stakeholders."""
    waiting = [one for one in readings.of(desk.incident).team_questions if one.state == TeamQuestionState.OPEN]
    late = sum(questions.is_overdue(one) for one in waiting)
    if late:
        return Fact("bad", f"{late} question{'s' * (late > 1)} late", "#team-questions")
    if waiting:
        return Fact("caution", f"{len(waiting)} question{'s' * (len(waiting) > 1)} open", "#team-questions")
    return Fact("ok", "no question open", "#team-questions")


def _team(incident: Incident) -> list[User]:
    """Who holds a role and may answer, each once."""
    seats = [seat for seat in incident.live_seats if seat.is_held and seat.kind != Holding.SHADOW]
    return list({seat.user_id: seat.user for seat in seats}.values())
