"""The door for monitoring tools: who gets in, what is refused, and that nothing that was accepted is lost."""

import base64
import io
import json
from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from incidents.api.inlet import inlet
from incidents.detection import receive, sources
from incidents.models import Alert, AlertSource, Incident, Payload
from roles.policy import SYSTEM
from tests.incidents.detection.payloads import alertmanager
from tests.worker import Worker


def address(source: AlertSource) -> str:
    return f"/in/{sources.url_of(source, by=SYSTEM).split('/in/')[1]}"


def test_a_post_is_stored_and_answered_before_it_is_worked_off(client: Client, prometheus: AlertSource, worker: Worker):
    answer = client.post(address(prometheus), data=json.dumps(alertmanager()), content_type="application/json")
    payload = Payload.objects.get()
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted", "id": payload.pk})
    assert json.loads(bytes(payload.body)) == alertmanager()
    assert not Alert.objects.exists()
    worker.run()
    payload.refresh_from_db()
    assert payload.state == Payload.State.DONE
    assert Alert.objects.count() == 1


@pytest.mark.parametrize("content_type", ["text/plain; charset=UTF-8", "application/x-www-form-urlencoded", ""])
def test_json_is_taken_under_any_content_type(client: Client, prometheus: AlertSource, content_type: str):
    answer = client.generic("POST", address(prometheus), json.dumps(alertmanager()), content_type=content_type)
    assert answer.status_code == 202


def test_an_address_answers_with_and_without_a_slash(client: Client, prometheus: AlertSource):
    for path in (address(prometheus), address(prometheus) + "/"):
        assert client.post(path, data="{}", content_type="application/json").status_code == 202


def test_the_token_may_come_in_the_authorization_header(client: Client, prometheus: AlertSource):
    token = address(prometheus).rpartition("/")[2]
    basic = base64.b64encode(f"alertmanager:{token}".encode()).decode()
    for path in ("/in/alertmanager", "/in/alertmanager/"):
        for header in (f"Bearer {token}", f"Basic {basic}"):
            answer = client.post(path, data="{}", content_type="application/json", headers={"Authorization": header})
            assert answer.status_code == 202


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic %%%", "Basic " + "8J+Y", "Digest x"])
def test_a_header_without_the_token_opens_nothing(client: Client, prometheus: AlertSource, header: str):
    answer = client.post(
        "/in/alertmanager/", data="{}", content_type="application/json", headers={"Authorization": header}
    )
    assert answer.status_code == 404
    assert not Payload.objects.exists()


def test_a_wrong_token_a_wrong_kind_and_a_closed_source_look_the_same(client: Client, prometheus: AlertSource):
    token = address(prometheus).rpartition("/")[2]
    paths = [f"/in/alertmanager/{token[:-1]}x", f"/in/generic/{token}", f"/in/nagios/{token}"]
    sources.set_active(prometheus, False, by=SYSTEM)
    answers = [client.post(path, data="{}", content_type="application/json") for path in [*paths, address(prometheus)]]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert not Payload.objects.exists()


def test_it_takes_posts_only(client: Client, prometheus: AlertSource):
    assert client.get(address(prometheus)).status_code == 405


def test_a_body_over_one_mebibyte_is_refused_unread(client: Client, prometheus: AlertSource):
    body = b'{"x": "' + b"a" * receive.LARGEST + b'"}'
    answer = client.post(address(prometheus), data=body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not Payload.objects.exists()


def test_a_length_that_lies_does_not_let_a_large_body_in(prometheus: AlertSource):
    request = RequestFactory().post("/in/", data=b"", content_type="application/json")
    request._stream = io.BytesIO(b"a" * (receive.LARGEST + 10))
    request._read_started = False
    answer = inlet(request, "alertmanager", address(prometheus).rpartition("/")[2])
    assert answer.status_code == 413


def test_just_one_mebibyte_is_taken(client: Client, prometheus: AlertSource):
    frame = b'{"alerts": [], "x": ""}'
    body = frame[:-2] + b"a" * (receive.LARGEST - len(frame)) + frame[-2:]
    assert len(body) == receive.LARGEST
    assert client.post(address(prometheus), data=body, content_type="application/json").status_code == 202


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "The body is empty; it should be JSON."),
        (b"{'alerts': []}", "no JSON"),
        (b'{"alerts": [', "no JSON"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b'{"x": NaN}', "a number that is none"),
        (b'{"x": ' + b"9" * 5000 + b"}", "too long"),
        (b"[" * 41 + b"]" * 41, "nested deeper"),
        (b"[" * 100_000 + b"]" * 100_000, "nested deeper"),
    ],
)
def test_what_is_no_json_is_refused_with_a_sentence_and_kept(
    client: Client, prometheus: AlertSource, worker: Worker, body: bytes, sentence: str
):
    answer = client.post(address(prometheus), data=body, content_type="application/json")
    payload = Payload.objects.get()
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]
    assert (payload.state, payload.trouble) == (Payload.State.UNREADABLE, answer.json()["detail"])
    assert bytes(payload.body) == body
    assert worker.run() == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ([], "a JSON object"),
        ({"alerts": "none"}, "a list `alerts`"),
        ({"alerts": [7]}, "Alert 1 is no JSON object"),
        ({"alerts": [{"status": "firing"}]}, "no `fingerprint`"),
        ({"alerts": [{"status": "maybe", "fingerprint": "1"}]}, "neither firing nor resolved"),
        ({"alerts": [{}] * 1001}, "at most 1000"),
    ],
)
def test_what_is_no_notification_is_kept_with_the_reason(post, prometheus: AlertSource, body: object, sentence: str):
    assert post(prometheus, body).status_code == 202
    payload = Payload.objects.get()
    assert payload.state == Payload.State.UNREADABLE
    assert sentence in payload.trouble
    assert not Alert.objects.exists()
    assert not Incident.objects.exists()


def test_a_source_that_floods_is_asked_to_come_back(
    client: Client, prometheus: AlertSource, scripts: AlertSource, monkeypatch
):
    monkeypatch.setattr(receive, "MOST_WAITING", 2)
    answers = [client.post(address(prometheus), data="{}", content_type="application/json") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 503]
    assert answers[-1]["Retry-After"] == "10"
    assert Payload.objects.count() == 3
    assert client.post(address(scripts), data="{}", content_type="application/json").status_code == 202


def test_the_sweep_asks_again_for_what_nobody_worked_off(client: Client, prometheus: AlertSource, worker: Worker):
    client.post(address(prometheus), data=json.dumps(alertmanager()), content_type="application/json")
    worker.asked.clear()
    worker.commit()
    worker.asked.clear()
    assert receive.sweep() == 0
    Payload.objects.update(due_at=timezone.now() - timedelta(seconds=10))
    assert receive.sweep() == 1
    worker.run()
    assert Payload.objects.get().state == Payload.State.DONE


def test_the_sweep_asks_for_the_oldest_and_not_for_all_at_once(prometheus: AlertSource, worker: Worker, monkeypatch):
    monkeypatch.setattr(receive, "MOST_SWEPT", 2)
    long_ago = timezone.now() - timedelta(minutes=1)
    waiting = [
        Payload.objects.create(source=prometheus, body=b"{}", due_at=long_ago + timedelta(seconds=n)) for n in (3, 1, 2)
    ]
    assert receive.sweep() == 2
    assert [asked.args for asked in worker.asked] == [(waiting[1].pk,), (waiting[2].pk,)]
