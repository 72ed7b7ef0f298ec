"""Ways in: links that work once, the set-up of an empty installation, and no sign-up."""

import pytest
from django.test import Client
from django.urls import reverse

from incidentops import accounts
from roles import tokens
from roles.models import User
from tests import make


@pytest.fixture
def visitor(db) -> Client:
    return Client()


def test_looking_at_a_link_changes_nothing_and_using_it_signs_in_once(visitor, bystander):
    url = reverse("sign_in_link", args=[tokens.make_link(bystander)])
    assert "Sign in" in visitor.get(url).content.decode()
    assert "_auth_user_id" not in visitor.session
    assert visitor.post(url).status_code == 302
    assert visitor.session["_auth_user_id"] == str(bystander.pk)
    again = Client().post(url)
    assert again.status_code == 410
    assert "used up" in again.content.decode()


def test_a_guessed_link_signs_nobody_in(visitor):
    assert visitor.post(reverse("sign_in_link", args=["guess"])).status_code == 410
    assert "_auth_user_id" not in visitor.session


def test_the_link_of_somebody_who_left_does_not_work(visitor, bystander):
    url = reverse("sign_in_link", args=[tokens.make_link(bystander)])
    User.objects.filter(pk=bystander.pk).update(is_active=False)
    assert visitor.post(url).status_code == 410


TYPED = {
    "first_name": "Hana",
    "last_name": "Novak",
    "username": "hana",
    "email": "hana@nordlys.example",
    "password": "a calm and long sentence",
}


def test_an_empty_installation_is_set_up_once(visitor):
    url = reverse("set_up", args=[tokens.make_link(accounts.first_administrator())])
    assert visitor.get(url).status_code == 200
    assert visitor.post(url, TYPED).status_code == 302
    hana = User.objects.get()
    assert (hana.username, hana.is_superuser, hana.check_password(TYPED["password"])) == ("hana", True, True)
    assert visitor.session["_auth_user_id"] == str(hana.pk)
    assert Client().post(url, {**TYPED, "username": "eve"}).status_code == 410
    assert User.objects.count() == 1


def test_a_weak_password_is_refused_and_the_link_stays_good(visitor):
    url = reverse("set_up", args=[tokens.make_link(accounts.first_administrator())])
    answer = visitor.post(url, {**TYPED, "password": "short"})
    assert answer.status_code == 200
    assert "hana@nordlys.example" in answer.content.decode()
    assert visitor.post(url, TYPED).status_code == 302


def test_without_the_link_nobody_sets_up(visitor):
    accounts.first_administrator()
    assert visitor.post(reverse("set_up", args=["guess"]), TYPED).status_code == 410
    assert not User.objects.get().has_usable_password()


def test_an_installation_with_an_administrator_is_not_set_up_again(visitor, administrator):
    administrator.set_password("a calm and long sentence")
    administrator.save()
    url = reverse("set_up", args=[tokens.make_link(administrator)])
    assert visitor.get(url).status_code == 410
    assert visitor.post(url, TYPED).status_code == 410
    administrator.refresh_from_db()
    assert administrator.username == "hana"
    assert administrator.check_password("a calm and long sentence")


def test_the_first_administrator_is_made_once(db):
    assert accounts.first_administrator() == accounts.first_administrator()
    assert accounts.is_empty()


def test_nobody_signs_up(visitor):
    answer = visitor.post(
        reverse("account_signup"),
        {"email": "eve@example.org", "username": "eve", "password1": "a calm and long sentence"},
    )
    assert not User.objects.exists()
    assert answer.status_code in {200, 403}


def test_signing_in_by_user_name_or_address(visitor, db):
    person = make.make_user("amara")
    person.set_password("a calm and long sentence")
    person.save()
    for name in ("amara", "amara@nordlys.example"):
        browser = Client()
        browser.post(reverse("account_login"), {"login": name, "password": "a calm and long sentence"})
        assert browser.session.get("_auth_user_id") == str(person.pk)


def test_a_wrong_password_keeps_the_name(visitor, bystander):
    answer = visitor.post(reverse("account_login"), {"login": "ben", "password": "wrong"})
    assert answer.status_code == 200
    assert 'value="ben"' in answer.content.decode()
    assert "_auth_user_id" not in visitor.session


@pytest.mark.parametrize("name", ["account", "account_change_password", "mfa_index", "usersessions_list"])
def test_account_pages_wear_the_design(name, bystander, client_of):
    answer = client_of(bystander).get(reverse(name), follow=True)
    assert answer.status_code == 200
    assert "base.html" in [template.name for template in answer.templates]
    assert "style=" not in answer.content.decode()
