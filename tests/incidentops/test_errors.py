"""Refusals: a sentence, a way back, and nothing typed lost."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory

from incidentops.views import errors


def test_what_is_not_there_is_a_page_of_ours(bystander, client_of):
    answer = client_of(bystander).get("/incidents/INC-999/")
    assert answer.status_code == 404
    assert "There is no such page, or it is not shared with you." in answer.content.decode()


def test_a_visitor_gets_the_page_without_the_menu(db):
    answer = Client().get("/nothing/here/")
    assert answer.status_code in {302, 404}
    assert "INC-" not in answer.content.decode()


def test_who_was_signed_out_meanwhile_is_asked_for_the_way_in_and_the_open_page_stays(bystander):
    answer = Client(enforce_csrf_checks=True).post("/declare/", {"title": "Broken"}, HTTP_HX_REQUEST="true")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/declare/"


def test_a_form_without_its_token_says_what_to_do(bystander):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(bystander, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = browser.post("/declare/", {"title": "Broken", "summary": "My long text"})
    text = answer.content.decode()
    assert answer.status_code == 403
    assert "This form has expired" in text
    assert "My long text" in text


def test_the_way_back_never_leads_elsewhere(bystander):
    request = RequestFactory().post("/declare/", headers={"referer": "https://evil.example/x"})
    request.user, request.htmx, request.resolver_match = bystander, False, None
    assert "evil.example" not in errors.conflict(request, ValidationError("No.")).content.decode()


def test_a_conflict_says_what_would_be_needed(bystander):
    request = RequestFactory().post("/declare/")
    request.user, request.htmx, request.resolver_match = bystander, False, None
    problem = ValidationError("Not yet.")
    problem.needed = ["approval"]
    text = errors.conflict(request, problem).content.decode()
    assert "Not yet." in text
    assert "<li>approval</li>" in text


def test_what_broke_is_told_without_the_database():
    answer = errors.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()


@pytest.mark.parametrize(("theme", "expected"), [("dark", 'data-theme="dark"'), ("<x>", None)])
def test_the_chosen_theme_is_written_into_the_page(theme, expected, bystander, client_of):
    browser = client_of(bystander)
    browser.cookies["theme"] = theme
    text = browser.get("/accounts/").content.decode()
    assert (expected in text) if expected else ("data-theme=" not in text.split("<head>")[0])
