"""The timeline by API, and the live stream's door."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.utils import timezone

from incidents import live, timeline
from incidents.models import Incident, Kind
from roles import tokens
from roles.models import User
from tests import make


def path(incident: Incident, rest: str = "") -> str:
    return f"incidents/{incident.key}/timeline/{rest}"


def test_an_entry_is_written_and_read_newest_first(call, bystander: User, incident: Incident):
    ago = (timezone.now() - timedelta(minutes=5)).isoformat()
    written = call(bystander, "post", path(incident), {"kind": "finding", "body": "Errors began.", "occurred_at": ago})
    assert written.status_code == 201
    rows = call(bystander, "get", path(incident)).json()["results"]
    assert rows[0] == written.json()
    assert (rows[0]["kind"], rows[0]["actor"], rows[0]["number"]) == ("finding", bystander.username, 2)
    assert (rows[-1]["kind"], rows[-1]["actor"]) == ("opened", None)
    only = call(bystander, "get", path(incident), {"kind": "opened"}).json()["results"]
    assert [row["number"] for row in only] == [1]


def test_a_long_timeline_goes_on(call, bystander: User, incident: Incident):
    for number in range(60):
        timeline.add_entry(incident, by=bystander, body=f"Note {number}")
    first = call(bystander, "get", path(incident)).json()
    second = call(bystander, "get", first["next"].split("/api/v1/")[1]).json()
    assert [row["number"] for row in first["results"] + second["results"]] == list(range(61, 0, -1))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"body": " "},
        {"body": "x", "kind": "moved"},
        {"body": "x", "occurred_at": "soon"},
        {"body": "x", "actor": "amara"},
        {"body": "x" * 20_001},
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(call, bystander: User, incident: Incident, body: dict):
    assert call(bystander, "post", path(incident), body).status_code == 400
    assert incident.entries.count() == 1


def test_an_entry_does_not_lie_in_the_future(call, bystander: User, incident: Incident):
    later = (timezone.now() + timedelta(hours=1)).isoformat()
    answer = call(bystander, "post", path(incident), {"body": "x", "occurred_at": later})
    assert (answer.status_code, answer.json()["detail"]) == (409, "An entry cannot lie in the future.")


def test_the_scribe_corrects_and_others_do_not(call, bystander: User, scribe: User, incident: Incident):
    entry = timeline.add_entry(incident, by=bystander, body="Ten past")
    correct = path(incident, f"{entry.pk}/supersede/")
    assert call(bystander, "post", correct, {"body": "x"}).status_code == 403
    answer = call(scribe, "post", correct, {"body": "Quarter past"})
    assert (answer.status_code, answer.json()["supersedes"]) == (201, entry.pk)
    assert call(scribe, "post", correct, {"body": "Half past"}).status_code == 409
    opened = incident.entries.get(kind=Kind.OPENED)
    assert call(scribe, "post", path(incident, f"{opened.pk}/supersede/"), {"body": "x"}).status_code == 409


def test_an_entry_of_another_incident_is_not_found_here(call, scribe: User, incident: Incident):
    other = make.make_incident(title="Other")
    entry = timeline.add_entry(other, by=scribe, body="x")
    assert call(scribe, "post", path(incident, f"{entry.pk}/supersede/"), {"body": "y"}).status_code == 404


# --- the stream -------------------------------------------------------------------------------


def test_the_stream_is_for_those_who_may_know_of_the_incident(bystander: User, incident: Incident):
    address = f"/api/v1/incidents/{incident.key}/stream"
    assert Client().get(address).status_code == 401
    assert Client(headers={"Authorization": "Bearer iop_x_y"}).get(address).status_code == 401
    Incident.objects.update(is_private=True)
    refused = make.api_of(bystander).get(address)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert make.api_of(bystander).post(address).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_the_stream_is_that_of_the_room_from_the_last_row_heard(bystander: User, incident: Incident, monkeypatch):
    asked = {}

    class Hub:
        async def stream(self, incident_id: int, user_id: int, **more: object) -> AsyncIterator[bytes]:
            asked.update(incident_id=incident_id, user_id=user_id, after=more["after"])
            yield b"id: 2\n\n"

    monkeypatch.setattr(live, "hub", Hub)
    text = tokens.make(bystander)

    async def listen() -> tuple[object, bytes]:
        headers = {"Authorization": f"Bearer {text}", "Last-Event-ID": "1"}
        answer = await AsyncClient().get(f"/api/v1/incidents/{incident.key}/stream", headers=headers)
        return answer, b"".join([piece async for piece in answer.streaming_content])

    answer, heard = async_to_sync(listen)()
    assert (answer.status_code, answer["Content-Type"], heard) == (200, "text/event-stream", b"id: 2\n\n")
    assert asked == {"incident_id": incident.pk, "user_id": bystander.pk, "after": 1}
