"""Attempts at merging, going back to review, links, access, corrected times."""

from types import SimpleNamespace

from incidents import access, links
from incidents.models import State
from roles.policy import SYSTEM
from tests import make
from tests.attempts.trying import Attempt, Stage, get, post, send

ROOM = "/incidents/{s.incident.key}/"
_API = "/api/v1/incidents/{s.incident.key}/"
REASON = "The graph shows it clearly."
LONG_AGO = "2026-01-02T03:04:05"


def prepare(stage: Stage) -> SimpleNamespace:
    """What these attempts need beside the stage; they name it `{s.lifecycle.…}`."""
    other = make.make_incident(title="Ledger pool exhausted")
    guest = make.make_user("guest", is_staff=False)
    access.invite(stage.incident, guest, by=SYSTEM)
    return SimpleNamespace(
        other=other,
        closed=make.make_incident(state=State.CLOSED),
        guest=guest,
        link=links.link(stage.incident, make.make_incident(title="Payouts are late"), by=SYSTEM),
    )


ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(f"{ROOM}details/")],
    "incidents.change_state": [post(f"{ROOM}moves/merge/", into="{s.lifecycle.other.key}", reason=REASON)],
    "incidents.review_closed": [post("/incidents/{s.lifecycle.closed.key}/moves/review/")],
    "incidents.manage_access": [
        post(f"{ROOM}access/", is_private="yes", details="1"),
        post(f"{ROOM}access/invite/", person="{s.someone.username}"),
        post(f"{ROOM}access/{{s.lifecycle.guest.pk}}/remove/"),
    ],
    "incidents.classify": [
        post(f"{ROOM}links/", kind="related", other="{s.lifecycle.other.key}"),
        post(f"{ROOM}links/{{s.lifecycle.link.pk}}/remove/"),
    ],
    "incidents.correct_times": [post(f"{ROOM}times/", detected_at=LONG_AGO, reason=REASON)],
}
BY_API: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(f"{_API}access/"), get(f"{_API}links/")],
    "incidents.change_state": [
        send("POST", f"{_API}moves/", verb="merge", into="{s.lifecycle.other.key}", reason=REASON)
    ],
    "incidents.review_closed": [send("POST", "/api/v1/incidents/{s.lifecycle.closed.key}/moves/", verb="review")],
    "incidents.manage_access": [
        send("POST", f"{_API}access/", is_private="true"),
        send("POST", f"{_API}access/", invite="{s.someone.username}"),
        send("DELETE", f"{_API}access/guest/"),
    ],
    "incidents.classify": [
        send("POST", f"{_API}links/", other="{s.lifecycle.other.key}"),
        send("DELETE", f"{_API}links/{{s.lifecycle.link.pk}}/"),
    ],
    "incidents.correct_times": [send("PATCH", f"{_API}times/", detected_at=f"{LONG_AGO}Z", reason=REASON)],
}
IN_THE_ADMIN: dict[str, list[Attempt]] = {}
