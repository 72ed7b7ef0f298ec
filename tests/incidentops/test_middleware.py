"""Refusals of work functions, the admin's own content policy, and whose address counts."""

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from incidentops.middleware import ClientAddressMiddleware, RefusalMiddleware
from incidents.lifecycle import Conflict
from incidents.models import Incident
from roles.models import User
from tests import make


def _address(**headers: str) -> str:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9", **headers)
    ClientAddressMiddleware(lambda _: HttpResponse())(request)
    return str(request.META["REMOTE_ADDR"])


def test_without_a_proxy_nobody_can_say_where_they_come_from(settings: Settings) -> None:
    settings.BEHIND_PROXY = False
    assert _address(HTTP_X_FORWARDED_FOR="203.0.113.7") == "10.0.0.9"


def test_behind_a_proxy_only_its_own_word_counts(settings: Settings) -> None:
    settings.BEHIND_PROXY = True
    assert _address(HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.7") == "203.0.113.7"
    assert _address() == "10.0.0.9"


def _refused(problem: Exception) -> HttpResponse | None:
    request = RequestFactory().post("/", {"reason": "Because it is late"})
    request.user = make.make_user()
    return RefusalMiddleware(lambda _: HttpResponse()).process_exception(request, problem)


@pytest.mark.django_db
def test_a_sentence_of_a_work_function_becomes_a_409_that_says_it_and_loses_nothing() -> None:
    answer = _refused(Conflict("Somebody else commands.", needed=["hand over"]))
    assert answer is not None
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Somebody else commands." in text
    assert "Because it is late" in text


@pytest.mark.django_db
def test_other_failures_are_not_taken_for_refusals() -> None:
    assert _refused(KeyError("x")) is None
    assert _refused(ValidationError("Give a title.")) is not None


def test_the_admin_has_a_policy_of_its_own_and_no_other_page_has(
    incident: Incident, administrator: User, client: Client
) -> None:
    inside = make.client_of(administrator)
    admin = inside.get("/admin/")["Content-Security-Policy"]
    room = inside.get(f"/incidents/{incident.key}/")["Content-Security-Policy"]
    assert "'unsafe-eval'" in admin
    assert "unsafe" not in room
    for policy in (admin, room):
        assert "object-src 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "frame-ancestors 'none'" in policy


def test_pages_cannot_be_framed_or_sniffed(client: Client) -> None:
    answer = client.get("/accounts/login/")
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
def test_what_is_pasted_with_characters_that_no_database_holds_is_kept_without_them(
    incident: Incident, commander: User
) -> None:
    answer = make.client_of(commander).post(
        f"/incidents/{incident.key}/timeline/", {"body": "Log of node\x00 three", "kind": "note\x00"}
    )
    assert answer.status_code == 302
    assert incident.entries.latest("number").body == "Log of node three"
