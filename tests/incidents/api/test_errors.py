"""Every refusal of the API has one shape, and every address its own check."""

import base64
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from rest_framework.throttling import UserRateThrottle

from incidents.api import urls
from incidents.models import Incident
from roles import tokens
from roles.models import ApiToken, User
from tests import make


def test_without_a_token_nothing_is_told(incident: Incident):
    for pattern in urls.urlpatterns:
        path = str(pattern.pattern).replace("<str:key>", incident.key).replace("<int:pk>", "1")
        answer = Client().get(f"/api/v1/{path}")
        assert (path, answer.status_code) == (path, 401)
        assert set(answer.json()) == {"detail", "code"}
        assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("text", ["", "iop_", "iop_x_y", "nonsense", "iop_0123456789ab_" + "a" * 43])
def test_a_token_that_is_none_is_refused(db, text: str):
    answer = Client(headers={"Authorization": f"Bearer {text}"}).get("/api/v1/incidents/")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_revoked_an_expired_and_a_leavers_token_are_refused(bystander: User):
    for harm in ({"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(seconds=1)}):
        program = make.api_of(bystander)
        assert program.get("/api/v1/incidents/").status_code == 200
        ApiToken.objects.update(**harm)
        assert program.get("/api/v1/incidents/").status_code == 401
        ApiToken.objects.all().delete()
    program = make.api_of(bystander)
    User.objects.filter(pk=bystander.pk).update(is_active=False)
    assert program.get("/api/v1/incidents/").status_code == 401


def test_a_session_writes_only_with_its_csrf_token(bystander: User):
    browser = make.client_of(bystander, enforce_csrf_checks=True)
    assert browser.get("/api/v1/incidents/").status_code == 200
    answer = browser.post("/api/v1/incidents/", {"title": "Forged"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "no JSON"),
        (b"[" * 5000, "nested deeper"),
        (b"[" * 5000 + b"]" * 5000, "nested deeper"),
        (b"[1]", "Invalid data"),
        (b"\xff", "UTF-8"),
        (b'{"title": NaN}', "a number that is none"),
    ],
)
def test_a_malformed_body_is_refused_with_a_sentence(call, bystander: User, body: bytes, sentence: str):
    answer = call(bystander, "post", "incidents/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert sentence in answer.json()["detail"]


def test_a_body_without_end_is_refused(call, bystander: User):
    answer = call(bystander, "post", "incidents/", b'{"title": "' + b"a" * (2 * 1024 * 1024) + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_other_types_and_methods_are_refused_in_the_same_shape(bystander: User):
    program = make.api_of(bystander)
    typed = program.post("/api/v1/incidents/", {"title": "x"})
    assert (typed.status_code, typed.json()["code"]) == (415, "not_json")
    put = program.put("/api/v1/incidents/", {}, content_type="application/json")
    assert (put.status_code, put.json()["code"]) == (405, "wrong_method")


def test_an_address_that_is_none_is_refused_in_the_same_shape(call, bystander: User):
    answer = call(bystander, "get", "nonsense/7/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("position", ["p=yesterday", "p=2026-13-45", "o=-1", "o=none"])
def test_a_cursor_that_is_none_is_refused(call, bystander: User, position: str):
    cursor = base64.b64encode(position.encode()).decode()
    for path in ("incidents/", "alerts/", "services/"):
        assert call(bystander, "get", path, {"cursor": cursor}).status_code == 404


def test_who_asks_too_often_is_told_when_to_come_back(call, bystander: User, monkeypatch):
    cache.clear()
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    answers = [call(bystander, "get", "services/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json()["code"] == "slow_down"
    assert 0 < int(answers[-1]["Retry-After"]) <= 61


def test_the_schema_is_valid_without_warnings(tmp_path):
    target = tmp_path / "schema.yml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(target))
    assert "openapi: 3.1.0" in target.read_text()


def test_the_page_of_the_api_runs_no_script_of_its_own(bystander: User):
    page = make.client_of(bystander).get("/api/docs/").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert re.findall(r"<script(?![^>]* src=)[^>]*>", page) == []


def test_every_address_ends_with_a_slash_but_the_stream():
    names = {str(pattern.pattern) for pattern in urls.urlpatterns if not str(pattern.pattern).endswith("/")}
    assert names == {"incidents/<str:key>/stream"}
    assert get_resolver().resolve("/api/v1/incidents/").url_name == "incidents"


def test_a_token_is_never_part_of_an_answer(call, bystander: User):
    text = tokens.make(bystander)
    answer = Client(headers={"Authorization": f"Bearer {text}"}).get("/api/v1/services/")
    assert text.rpartition("_")[2] not in answer.content.decode()
