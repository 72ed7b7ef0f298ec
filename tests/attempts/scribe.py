"""Attempts at tasks, the quick line and the report."""

from types import SimpleNamespace

from incidents.response import tasking
from roles.policy import SYSTEM
from tests.attempts.trying import Attempt, Stage, get, post, send


def prepare(stage: Stage) -> SimpleNamespace:
    """What these attempts need beside the stage; they name it `{s.scribe.…}`: a task that somebody has, one that
    nobody has, and one that is done."""
    return SimpleNamespace(
        task=tasking.add(stage.incident, by=SYSTEM, title="Restore 1c", assignee=stage.someone),
        free=tasking.add(stage.incident, by=SYSTEM, title="Count payments"),
        done=tasking.finish(
            tasking.add(stage.incident, by=SYSTEM, title="Restore 1a", assignee=stage.someone), by=SYSTEM
        ),
    )


_ROOM = "/incidents/{s.incident.key}/"
_TASK = f"{_ROOM}tasks/{{s.scribe.task.pk}}/"
_FREE = f"{_ROOM}tasks/{{s.scribe.free.pk}}/"

ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(f"{_ROOM}tasks/"), get(f"{_ROOM}report/"), get(f"{_ROOM}report/?format=md")],
    "incidents.add_entry": [post(f"{_ROOM}quick/", body="-5m Seen.")],
    "incidents.add_task": [
        post(f"{_ROOM}tasks/", title="Call the bank"),
        post(f"{_ROOM}tasks/", title="Call the bank", assignee="{who.pk}"),
        post(f"{_ROOM}quick/", body="/task Call the bank"),
        post(f"{_FREE}step/", verb="take"),
        post(f"{_FREE}step/", verb="start"),
        post(f"{_FREE}step/", verb="finish"),
    ],
    "incidents.assign_task": [
        post(f"{_ROOM}tasks/", title="Call the bank", assignee="{s.someone.pk}"),
        post(f"{_ROOM}quick/", body="/action @{s.someone.username} call the bank"),
        get(_TASK),
        post(_TASK, title="Restore 1c and 1d", priority="2", version="{s.scribe.task.version}"),
        post(f"{_TASK}step/", verb="assign", user="{who.pk}"),
        post(f"{_TASK}step/", verb="start"),
        post(f"{_TASK}step/", verb="finish"),
        post(f"{_TASK}step/", verb="extend"),
        post(f"{_TASK}step/", verb="drop", reason="Not needed."),
        post(f"{_FREE}step/", verb="drop", reason="Not needed."),
        post(f"{_FREE}step/", verb="assign", user="{s.someone.pk}"),
        post(f"{_ROOM}tasks/{{s.scribe.done.pk}}/back/doing/"),
        post(f"{_ROOM}tasks/{{s.scribe.done.pk}}/step/", verb="put_back"),
    ],
}

_API = "/api/v1/incidents/{s.incident.key}/"
_ONE = f"{_API}tasks/{{s.scribe.task.pk}}/"

BY_API: dict[str, list[Attempt]] = {
    "incidents.view_incident": [
        get(f"{_API}tasks/"),
        get(_ONE),
        get(f"{_API}gaps/"),
        get(f"{_API}report/"),
        get(f"{_API}report/?format=md"),
    ],
    "incidents.add_entry": [send("POST", f"{_API}quick/", line="/finding Seen.")],
    "incidents.add_task": [
        send("POST", f"{_API}tasks/", title="Call the bank"),
        send("PATCH", f"{_API}tasks/{{s.scribe.free.pk}}/", assignee="{who.username}"),
        send("PATCH", f"{_API}tasks/{{s.scribe.free.pk}}/", state="doing"),
    ],
    "incidents.assign_task": [
        send("POST", f"{_API}tasks/", title="Call the bank", assignee="{s.someone.username}"),
        send("POST", f"{_API}quick/", line="/task @{s.someone.username} call the bank"),
        send("PATCH", _ONE, title="Restore 1c and 1d"),
        send("PATCH", _ONE, assignee="{who.username}"),
        send("PATCH", _ONE, state="done"),
        send("PATCH", _ONE, state="dropped", reason="Not needed."),
        send("PATCH", _ONE, timebox_minutes="15"),
    ],
}
IN_THE_ADMIN: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get("/admin/incidents/task/{s.scribe.task.pk}/change/")],
}
