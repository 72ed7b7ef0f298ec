"""Attempts at rhythms, and at what surrounds the approval of a text."""

from datetime import timedelta
from types import SimpleNamespace

from django.utils import timezone

from incidents import events
from incidents.communication import revisions, updates
from incidents.models import Kind
from roles.models import User
from roles.policy import SYSTEM
from tests import make
from tests.attempts.trying import Attempt, Stage, get, post, send


def prepare(stage: Stage) -> SimpleNamespace:
    """What these attempts need beside the stage; they name it `{s.promises.…}`."""
    with events.dated(timezone.now() - timedelta(hours=3)):
        # Long ago, as far as its clocks go: a slower rhythm may be promised.
        events.record(stage.incident, Kind.MOVED, by=SYSTEM, verb="reopen", old="resolved", new="investigating")
    text = make.make_draft(stage.incident, by=SYSTEM, page=stage.page)
    text = updates.submit(text, by=SYSTEM)
    comment = revisions.comment(text, by=User.objects.filter(is_superuser=True).get(), body="Since when?", line=1)
    return SimpleNamespace(comment=comment, text=text, at=(timezone.now() + timedelta(hours=1)).isoformat())


_ROOM = "/incidents/{s.incident.key}/"
_API = "/api/v1/incidents/{s.incident.key}/"
_TEXT = f"{_API}updates/{{s.promises.text.pk}}/"

ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(f"{_ROOM}updates/{{s.promises.text.pk}}/")],
    "incidents.set_rhythm": [post(f"{_ROOM}rhythm/", rhythm="public:45")],
    "incidents.draft_update": [
        post(f"{_ROOM}updates/{{s.promises.text.pk}}/comments/{{s.promises.comment.pk}}/settle/")
    ],
    "incidents.publish_update": [
        post(f"{_ROOM}updates/{{s.approved.pk}}/schedule/", publish_at="{s.promises.at}"),
    ],
}
BY_API: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(f"{_API}promises/"), get(f"{_TEXT}versions/"), get(f"{_TEXT}comments/")],
    "incidents.set_rhythm": [send("POST", f"{_API}rhythm/", audience="public", every_minutes="45")],
    "incidents.approve_update": [send("POST", f"{_TEXT}comments/", body="Since when?")],
    "incidents.draft_update": [send("POST", f"{_TEXT}comments/{{s.promises.comment.pk}}/settle/")],
    "incidents.publish_update": [
        send("POST", f"{_API}updates/{{s.approved.pk}}/schedule/", publish_at="{s.promises.at}")
    ],
}
IN_THE_ADMIN: dict[str, list[Attempt]] = {}
