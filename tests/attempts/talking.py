"""Attempts at what support says."""

from types import SimpleNamespace

from incidents.communication import groups, talking
from incidents.models import StakeholderGroup
from roles.policy import SYSTEM
from tests import make
from tests.attempts.trying import Attempt, Stage, get, post, send


def prepare(stage: Stage) -> SimpleNamespace:
    """One version that is said, and a newer one that waits."""
    agent = make.make_user("agnes", is_staff=False)
    groups.add(by=SYSTEM, name="Frontline", kind=StakeholderGroup.Kind.SUPPORT, members=[agent])
    spoken = talking.approve(talking.write(stage.incident, by=SYSTEM, addendum="They may retry."), by=SYSTEM)
    waiting = talking.write(stage.incident, by=SYSTEM, addendum="They may retry once.")
    return SimpleNamespace(agent=agent, spoken=spoken, waiting=waiting)


_POINTS = "/incidents/{s.incident.key}/talking-points/"
_API = "/api/v1/incidents/{s.incident.key}/talking-points/"

ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.brief_support": [
        post(_POINTS, addendum="Nobody is charged."),
        post(f"{_POINTS}{{s.talking.spoken.number}}/nudge/"),
        post(f"{_POINTS}{{s.talking.waiting.number}}/withdraw/"),
    ],
    "incidents.approve_points": [post(f"{_POINTS}{{s.talking.waiting.number}}/approve/")],
}
BY_API: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(_API), get(f"{_API}{{s.talking.spoken.number}}/read/")],
    "incidents.brief_support": [
        send("POST", _API, addendum="Nobody is charged."),
        send("POST", f"{_API}{{s.talking.spoken.number}}/nudge/"),
        send("POST", f"{_API}{{s.talking.waiting.number}}/withdraw/"),
    ],
    "incidents.approve_points": [send("POST", f"{_API}{{s.talking.waiting.number}}/approve/")],
}
IN_THE_ADMIN: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get("/admin/incidents/talkingpoints/{s.talking.spoken.pk}/change/")],
}
