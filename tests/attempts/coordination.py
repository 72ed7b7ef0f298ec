"""Attempts at workstreams, reports, advice, changes."""

from types import SimpleNamespace

from incidents.response import advice, coordination
from roles.policy import SYSTEM
from tests.attempts.trying import Attempt, Stage, get, post, send


def prepare(stage: Stage) -> SimpleNamespace:
    """What these attempts need beside the stage; they name it `{s.coordination.…}`."""
    return SimpleNamespace(
        stream=coordination.start(stage.incident, by=SYSTEM, name="Restore the pool", lead=stage.someone),
        question=advice.ask(stage.incident, by=SYSTEM, asked=stage.someone, question="Is it safe to raise the limit?"),
    )


_ROOM = "/incidents/{s.incident.key}/"
_STREAM = f"{_ROOM}workstreams/{{s.coordination.stream.pk}}/"
_QUESTION = f"{_ROOM}questions/{{s.coordination.question.pk}}/"
ASKED = {"question": "Do gateways retry declines?", "asked": "{s.someone.pk}"}

ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.coordinate": [
        post(f"{_ROOM}workstreams/", name="Payouts"),
        post(_STREAM, name="Restore limits"),
        post(f"{_STREAM}time/", minutes="30"),
        post(f"{_STREAM}ask-report/"),
        post(f"{_STREAM}end/"),
        post(f"{_ROOM}questions/", **ASKED),
        post(f"{_QUESTION}withdraw/"),
        post(f"{_QUESTION}hand-on/", to="{s.seat.user.pk}"),
    ],
    "incidents.add_entry": [post(f"{_ROOM}can/", conditions="2 of 3 nodes are back")],
    "incidents.record_change": [post("/changes/", title="Config rollout", kind="configuration")],
    "incidents.classify": [post(f"{_ROOM}similar/{{s.vacant.key}}/")],
    "incidents.view_incident": [get(f"{_ROOM}can/")],
}

_API = "/api/v1/incidents/{s.incident.key}/"
_STREAM_API = f"{_API}workstreams/{{s.coordination.stream.pk}}/"
_ADVICE_API = f"{_API}advice/{{s.coordination.question.pk}}/"

BY_API: dict[str, list[Attempt]] = {
    "incidents.coordinate": [
        send("POST", f"{_API}workstreams/", name="Payouts"),
        send("PATCH", _STREAM_API, name="Restore limits"),
        send("PATCH", _STREAM_API, timebox_minutes="30"),
        send("PATCH", _STREAM_API, ended="true"),
        send("POST", f"{_STREAM_API}ask-report/"),
        send("POST", f"{_API}advice/", question="Do gateways retry declines?", asked="{s.someone.username}"),
        send("PATCH", _ADVICE_API, state="withdrawn"),
        send("POST", f"{_ADVICE_API}hand-on/", to="{s.seat.user.username}"),
    ],
    "incidents.add_entry": [send("POST", f"{_API}can-reports/", conditions="2 of 3 nodes are back")],
    "incidents.record_change": [send("POST", "/api/v1/changes/", kind="deployment", title="Release 4.118")],
    "incidents.view_incident": [
        get(f"{_API}workstreams/"),
        get(f"{_API}can-reports/"),
        get(f"{_API}advice/"),
        get(_ADVICE_API),
        get(f"{_API}similar/"),
    ],
}

_ADMIN = "/admin/incidents/"

IN_THE_ADMIN: dict[str, list[Attempt]] = {
    "incidents.view_incident": [
        get(f"{_ADMIN}workstream/{{s.coordination.stream.pk}}/change/"),
        get(f"{_ADMIN}advicerequest/{{s.coordination.question.pk}}/change/"),
    ],
}
