"""Attempts at questions to the team, boards, groups and chats that read along."""

from types import SimpleNamespace

from incidents.communication import boards, questions
from roles.policy import SYSTEM
from tests.attempts.trying import Attempt, Stage, get, post, send


def prepare(stage: Stage) -> SimpleNamespace:
    """What these attempts need beside the stage; they name it `{s.inside.…}`."""
    answered = questions.ask(stage.incident, by=SYSTEM, question="Is data lost?")
    return SimpleNamespace(
        question=questions.ask(stage.incident, by=SYSTEM, question="How many are affected?"),
        answered=questions.answer(answered, by=SYSTEM, text="None."),
        board=boards.share(stage.incident, by=SYSTEM, name="Board of directors"),
    )


_ROOM = "/incidents/{s.incident.key}/"
_QUESTION = f"{_ROOM}team-questions/{{s.inside.question.pk}}/"

ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(f"{_ROOM}team-questions/")],
    "incidents.ask_team": [post(f"{_ROOM}team-questions/", question="When is it over?")],
    "incidents.answer_team": [
        post(f"{_QUESTION}take/"),
        post(f"{_QUESTION}assign/", to="{s.seat.user.pk}"),
        post(f"{_QUESTION}answer/", text="About 4,000."),
        post(f"{_QUESTION}decline/", text="We count still."),
    ],
    "incidents.share_board": [
        post(f"{_ROOM}boards/", name="Auditors", hours="24"),
        post(f"{_ROOM}boards/{{s.inside.board.pk}}/revoke/"),
        post(f"{_ROOM}team-questions/{{s.inside.answered.pk}}/share/"),
    ],
}

_API = "/api/v1/incidents/{s.incident.key}/"
_QUESTION_API = f"{_API}team-questions/{{s.inside.question.pk}}/"

BY_API: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(f"{_API}team-questions/"), get(_QUESTION_API)],
    "incidents.ask_team": [send("POST", f"{_API}team-questions/", question="When is it over?")],
    "incidents.answer_team": [
        send("PATCH", _QUESTION_API, owner="{s.seat.user.username}"),
        send("POST", f"{_QUESTION_API}answer/", answer="About 4,000."),
        send("POST", f"{_QUESTION_API}decline/", reason="We count still."),
    ],
    "incidents.share_board": [
        get(f"{_API}boards/"),
        send("POST", f"{_API}boards/", name="Auditors"),
        send("DELETE", f"{_API}boards/{{s.inside.board.pk}}/"),
        send("PATCH", f"{_API}team-questions/{{s.inside.answered.pk}}/", is_shared="true"),
    ],
}

_ADMIN = "/admin/incidents/"

IN_THE_ADMIN: dict[str, list[Attempt]] = {
    "incidents.view_incident": [
        get(f"{_ADMIN}teamquestion/{{s.inside.question.pk}}/change/"),
        get(f"{_ADMIN}boardlink/{{s.inside.board.pk}}/change/"),
    ],
}
