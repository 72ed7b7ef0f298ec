"""Attempts at decisions."""

from types import SimpleNamespace

from incidents.response import deciding
from roles.policy import SYSTEM
from tests.attempts.trying import Attempt, Stage, get, post, send


def prepare(stage: Stage) -> SimpleNamespace:
    """What these attempts need beside the stage; they name it `{s.command.…}`."""
    return SimpleNamespace(proposal=deciding.propose(stage.incident, by=SYSTEM, question="Fail over?"))


_ROOM = "/incidents/{s.incident.key}/decisions/"
_ONE = f"{_ROOM}{{s.command.proposal.pk}}/"
_API = "/api/v1/incidents/{s.incident.key}/decisions/"
_ONE_BY_API = f"{_API}{{s.command.proposal.pk}}/"

ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.decide": [
        post(_ROOM, outcome="Restore node by node."),
        post(f"{_ONE}decide/", outcome="Yes."),
        post(_ONE, question="Fail over to Asia?", version="{s.command.proposal.version}"),
        post(f"{_ONE}withdraw/"),
    ],
    "incidents.propose_decision": [
        post(f"{_ROOM}propose/", question="Wake the vendor?"),
        post(f"{_ONE}object/", text="The standby lags."),
    ],
}
BY_API: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(_API), get(_ONE_BY_API)],
    "incidents.decide": [
        send("POST", _API, outcome="Restore node by node."),
        send("POST", f"{_ONE_BY_API}decide/", outcome="Yes."),
        send("PATCH", _ONE_BY_API, question="Fail over to Asia?"),
        send("POST", f"{_ONE_BY_API}withdraw/"),
    ],
    "incidents.propose_decision": [
        send("POST", _API, question="Wake the vendor?"),
        send("POST", f"{_ONE_BY_API}objections/", text="The standby lags."),
    ],
}
IN_THE_ADMIN: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get("/admin/incidents/decision/{s.command.proposal.pk}/change/")],
}
