"""Attempts at proof of informing, feedback, and the summary afterwards."""

from types import SimpleNamespace

from incidents.communication import updates
from notifications.models import Content, Message, State
from roles.policy import SYSTEM
from tests import make
from tests.attempts.trying import Attempt, Stage, get, post, send


def prepare(stage: Stage) -> SimpleNamespace:
    """An update that is out, and one message of it that failed."""
    said = updates.publish(make.make_draft(stage.incident, by=SYSTEM), by=SYSTEM)
    content = Content.objects.create(key="attempt", topic=f"update:{said.pk}", text="Said.")
    Message.objects.create(
        key="attempt", content=content, channel="email", address="n@nordlys.example", state=State.FAILED
    )
    return SimpleNamespace(said=said)


_ROOM = "/incidents/{s.incident.key}/"
_SAID = f"{_ROOM}updates/{{s.informing.said.pk}}/"
_API = "/api/v1/incidents/{s.incident.key}/"

ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(f"{_SAID}proof/"), get(f"{_ROOM}feedback/"), get(f"{_ROOM}summary/")],
    "incidents.resend_update": [post(f"{_SAID}proof/resend/")],
    "incidents.capture_feedback": [post(f"{_ROOM}feedback/capture/", words="Found out from our own customers first.")],
}
BY_API: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(f"{_API}updates/{{s.informing.said.pk}}/proof/"), get(f"{_API}feedback/")],
    "incidents.resend_update": [send("POST", f"{_API}updates/{{s.informing.said.pk}}/resend/")],
    "incidents.capture_feedback": [send("POST", f"{_API}feedback/", words="Found out from our own customers first.")],
}
IN_THE_ADMIN: dict[str, list[Attempt]] = {}
