"""Attempts at evidence, key moments, presence, catching up and export."""

from dataclasses import dataclass
from types import SimpleNamespace

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from incidents import attachments, timeline
from roles.models import User
from roles.policy import SYSTEM
from tests import files
from tests.attempts.trying import Attempt, Stage, get, post, send

ROOM = "/incidents/{s.incident.key}/"
API = "/api/v1/incidents/{s.incident.key}/"


@dataclass(frozen=True)
class Upload(Attempt):
    """A form with a file, of a kind that is taken."""

    field_name: str = "files"

    def by(self, who: User, client: Client, stage: Stage) -> HttpResponse:
        file = SimpleUploadedFile("pool.png", files.png())
        return client.post(self.path.format(s=stage), {**self.fields, self.field_name: file})


def prepare(stage: Stage) -> SimpleNamespace:
    """What these attempts need beside the stage; they name it `{s.record.…}`."""
    upload = SimpleUploadedFile("pool.png", files.png())
    file = attachments.attach(stage.incident, by=SYSTEM, uploads=[upload]).attachments.get()
    marked = timeline.add_entry(stage.incident, by=SYSTEM, body="It began.")
    timeline.mark(marked, by=SYSTEM)
    return SimpleNamespace(file=file, marked=marked)


ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.view_incident": [
        get(f"{ROOM}catch-up/"),
        get(f"{ROOM}export/"),
        get(f"{ROOM}evidence/{{s.record.file.public_id}}/"),
    ],
    "incidents.add_entry": [
        Upload("POST", f"{ROOM}evidence/", {"body": "Pool wait."}),
        Upload("POST", f"{ROOM}timeline/", {"body": "Pool wait.", "kind": "finding"}),
    ],
    "incidents.mark_entry": [
        post(f"{ROOM}timeline/{{s.note.number}}/key-moment/"),
        post(f"{ROOM}timeline/{{s.record.marked.number}}/key-moment/", is_key="no"),
    ],
}
BY_API: dict[str, list[Attempt]] = {
    "incidents.view_incident": [
        get(f"{API}timeline/"),
        get(f"{API}timeline/export/"),
        get(f"{API}catch-up/"),
        get(f"{API}looks/"),
        get(f"{API}attachments/"),
        get(f"{API}attachments/{{s.record.file.public_id}}/"),
        get(f"{API}attachments/{{s.record.file.public_id}}/content/"),
    ],
    "incidents.add_entry": [Upload("POST", f"{API}attachments/", {"body": "Pool wait."}, field_name="file")],
    "incidents.mark_entry": [
        send("POST", f"{API}timeline/{{s.note.pk}}/key-moment/"),
        send("DELETE", f"{API}timeline/{{s.record.marked.pk}}/key-moment/"),
    ],
}
IN_THE_ADMIN: dict[str, list[Attempt]] = {}
