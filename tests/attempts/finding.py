"""Attempts at sorting an incident, and at declaring in all ways that there are."""

from types import SimpleNamespace

from incidents import taxonomy
from roles.policy import SYSTEM
from tests.attempts.trying import Attempt, Stage, get, post, send


def prepare(stage: Stage) -> SimpleNamespace:
    """What these attempts need beside the stage; they name it `{s.finding.…}`."""
    return SimpleNamespace(kind=taxonomy.add_type(by=SYSTEM, name="Third party"))


_SORTING = "/incidents/{s.incident.key}/sorting/"
_DECLARE = "/declare/"
_API = "/api/v1/incidents/{s.incident.key}/"

ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(_SORTING)],
    "incidents.classify": [post(_SORTING, version="0", type="", tags="tried")],
    "incidents.declare_incident": [
        post(_DECLARE, title="A drill of ours", severity="SEV4", kind="drill"),
        post(_DECLARE, title="Odd noises", severity="SEV4", state="triage"),
        post(_DECLARE, title="Long over", severity="SEV4", kind="backfilled", declared_at="2001-02-03T04:05"),
    ],
}
BY_API: dict[str, list[Attempt]] = {
    "incidents.classify": [send("PATCH", _API, type="{s.finding.kind.slug}")],
    "incidents.declare_incident": [
        send("POST", "/api/v1/incidents/", title="A vendor is down", type="{s.finding.kind.slug}", kind="drill")
    ],
}
IN_THE_ADMIN: dict[str, list[Attempt]] = {}
