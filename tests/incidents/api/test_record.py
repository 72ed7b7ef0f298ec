"""Evidence, key moments, presence, catching up and the signed record, by API."""

import json

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from incidents import exporting, timeline
from incidents.models import Incident, Kind, Look
from roles.models import User
from tests import files, make


def path(incident: Incident, rest: str) -> str:
    return f"/api/v1/incidents/{incident.key}/{rest}"


def send(program: Client, incident: Incident, content: bytes, name: str = "pool.png", **words: str):
    headers = {"Idempotency-Key": words.pop("once")} if "once" in words else {}
    file = SimpleUploadedFile(name, content)
    return program.post(path(incident, "attachments/"), {"file": file, **words}, headers=headers)


def test_a_file_is_kept_listed_and_given_back_as_it_was(bystander: User, incident: Incident):
    program = make.api_of(bystander)
    kept = send(program, incident, files.png(), body="Pool wait", kind="finding")
    assert kept.status_code == 201
    file = kept.json()
    assert (file["name"], file["media_type"], file["entry"]) == ("pool.png", "image/png", 2)
    assert program.get(path(incident, "attachments/")).json()["results"] == [file]
    assert program.get(path(incident, f"attachments/{file['id']}/")).json() == file
    answer = program.get(file["url"], headers={"Accept": "image/png"})
    assert (answer.content, answer["Content-Type"]) == (files.png(), "image/png")
    row = program.get(path(incident, "timeline/")).json()["results"][0]
    assert (row["kind"], row["data"]["files"][0]["sha256"]) == ("finding", file["sha256"])


def test_a_file_that_is_not_taken_is_refused_with_a_sentence(bystander: User, incident: Incident, settings):
    program = make.api_of(bystander)
    answer = send(program, incident, b"<svg onload=alert(1)>", name="x.png")
    assert answer.status_code == 400
    assert answer.json()["fields"]["file"][0].startswith("Evidence is PNG")
    settings.ATTACHMENT_MAX_BYTES = 10_000
    answer = send(program, incident, b"x" * 30_000, name="x.log")
    assert (answer.status_code, answer.json()["detail"]) == (400, "file: A file has at most 0.00953674 MB.")
    assert send(program, incident, files.png(), visibility="everybody").status_code == 400
    assert send(program, incident, files.png(), forged="x").status_code == 400
    assert program.post(path(incident, "attachments/"), "{}", content_type="application/json").status_code == 415
    assert incident.entries.count() == 1


def test_the_same_upload_under_one_key_happens_once(bystander: User, incident: Incident):
    program = make.api_of(bystander)
    first, again = (send(program, incident, files.png(), once="k1") for _ in range(2))
    assert (first.status_code, again.json()) == (201, first.json())
    assert send(program, incident, files.gif(), once="k1").status_code == 409
    assert incident.attachments.count() == 1


def test_what_is_for_the_response_team_stays_with_it(scribe: User, bystander: User, incident: Incident):
    """A planted word, looked for over every door of the API."""
    team, other = make.api_of(scribe), make.api_of(bystander)
    written = team.post(
        path(incident, "timeline/"),
        {"body": "planted decision", "kind": "decision", "visibility": "room"},
        content_type="application/json",
    )
    assert (written.status_code, written.json()["visibility"]) == (201, "room")
    row = written.json()["id"]
    make.api_of(scribe).post(path(incident, f"timeline/{row}/key-moment/"))
    file = send(team, incident, b"planted content", name="planted.log", visibility="room", body="planted").json()
    doors = ["timeline/", "timeline/?kind=decision", "timeline/export/", "catch-up/", "attachments/"]
    for door in doors:
        assert "planted" in team.get(path(incident, door)).content.decode(), door
        assert "planted" not in other.get(path(incident, door)).content.decode(), door
    for door in (f"attachments/{file['id']}/", f"attachments/{file['id']}/content/"):
        assert (team.get(path(incident, door)).status_code, other.get(path(incident, door)).status_code) == (200, 404)
    for door in (f"timeline/{row}/supersede/", f"timeline/{row}/key-moment/"):
        assert other.post(path(incident, door), {"body": "x"}, content_type="application/json").status_code == 404
    refused = other.post(
        path(incident, "timeline/"), {"body": "x", "visibility": "room"}, content_type="application/json"
    )
    assert refused.status_code == 403


def test_key_moments_are_marked_and_unmarked(call, scribe: User, incident: Incident):
    entry = timeline.add_entry(incident, by=scribe, body="It began.")
    mark = f"incidents/{incident.key}/timeline/{entry.pk}/key-moment/"
    assert call(scribe, "post", mark).json()["is_key_moment"] is True
    assert call(scribe, "delete", mark).json()["is_key_moment"] is False


def test_presence_is_told_and_asked_for(call, scribe: User, bystander: User, incident: Incident):
    looks = f"incidents/{incident.key}/looks/"
    said = call(bystander, "post", looks, {"number": 1})
    assert (said.status_code, said.json()["user"], said.json()["number"]) == (200, "ben", 1)
    assert [one["user"] for one in call(scribe, "get", looks).json()["results"]] == ["ben"]
    assert call(bystander, "post", looks, {"number": -1}).status_code == 400
    assert Look.objects.count() == 1


def test_somebody_who_comes_late_reads_what_they_missed(call, scribe: User, bystander: User, incident: Incident):
    timeline.add_entry(incident, by=scribe, body="Restore node by node.", kind=Kind.DECISION)
    timeline.add_entry(incident, by=scribe, body="Two of three nodes are back.", kind=Kind.NOW)
    known = call(bystander, "get", f"incidents/{incident.key}/catch-up/").json()
    assert (known["key"], known["state"], known["severity"]) == (incident.key, "investigating", "SEV1")
    assert known["where"]["now"]["text"] == "Two of three nodes are back."
    assert known["where"]["now"]["who"] == "elif"
    assert [line["text"] for line in known["decisions"]] == ["Restore node by node."]
    assert (known["tasks"], known["questions"], known["said"], known["are_marked"]) == ([], [], None, False)


def test_the_record_is_taken_along_signed(call, scribe: User, incident: Incident):
    timeline.add_entry(incident, by=scribe, body="It began.")
    export = json.loads(call(scribe, "get", f"incidents/{incident.key}/timeline/export/").content)
    assert exporting.fault_in(export) == ""
    assert [row["number"] for row in export["record"]["rows"]] == [1, 2, 3]
