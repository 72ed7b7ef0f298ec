"""API tokens and one-time sign-in links."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIRequestFactory

from roles import tokens
from roles.models import ApiToken, SignInLink, User

requests = APIRequestFactory()


def test_a_token_names_its_owner(bystander: User) -> None:
    assert tokens.owner(tokens.make(bystander)) == bystander


def test_the_database_does_not_hold_the_secret(bystander: User) -> None:
    text = tokens.make(bystander, label="deploy script")
    secret = text.split("_", 2)[2]
    row = ApiToken.objects.get()
    assert row.label == "deploy script"
    assert secret not in (row.prefix, row.digest)
    assert row.digest == tokens.digest(secret)


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1], lambda t: t + "x", lambda t: t.upper(), lambda t: "", lambda t: "iop__"]
)
def test_a_spoilt_token_names_nobody(bystander: User, spoil) -> None:
    text = tokens.make(bystander)
    assert tokens.owner(text) == bystander
    assert tokens.owner(spoil(text)) is None


def test_the_secret_of_one_token_does_not_open_another(bystander: User, administrator: User) -> None:
    own, other = tokens.make(bystander), tokens.make(administrator)
    mixed = "_".join([*other.split("_", 2)[:2], own.split("_", 2)[2]])
    assert tokens.owner(mixed) is None


def test_a_revoked_token_names_nobody(bystander: User) -> None:
    text = tokens.make(bystander)
    ApiToken.objects.update(revoked_at=timezone.now())
    assert tokens.owner(text) is None


def test_a_token_ends_with_its_life(bystander: User) -> None:
    text = tokens.make(bystander, life=timedelta(days=1))
    assert tokens.owner(text) == bystander
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert tokens.owner(text) is None


def test_the_token_of_a_person_who_left_is_dead(bystander: User) -> None:
    text = tokens.make(bystander)
    bystander.is_active = False
    bystander.save()
    assert tokens.owner(text) is None


def test_use_is_noted_once_in_a_while(bystander: User, django_assert_num_queries) -> None:
    text = tokens.make(bystander)
    with django_assert_num_queries(2):
        tokens.owner(text)
    assert ApiToken.objects.get().last_used_at is not None
    with django_assert_num_queries(1):
        tokens.owner(text)


def test_a_request_without_the_header_may_sign_in_another_way(db: None) -> None:
    assert tokens.BearerAuthentication().authenticate(requests.get("/")) is None


@pytest.mark.parametrize("header", ["Bearer", "Bearer iop_0_0", "Bearer a b", "bearer \xff"])
def test_a_request_with_a_bad_header_is_refused(db: None, header: str) -> None:
    with pytest.raises(AuthenticationFailed, match="not known"):
        tokens.BearerAuthentication().authenticate(requests.get("/", HTTP_AUTHORIZATION=header))


def test_a_request_with_a_token_acts_for_its_owner(bystander: User) -> None:
    request = requests.get("/", HTTP_AUTHORIZATION=f"Bearer {tokens.make(bystander)}")
    assert tokens.BearerAuthentication().authenticate(request) == (bystander, "token")


def test_a_sign_in_link_works_once(bystander: User) -> None:
    secret = tokens.make_link(bystander)
    assert tokens.use_link(secret) == bystander
    assert tokens.use_link(secret) is None
    assert SignInLink.objects.get().used_at is not None


def test_a_sign_in_link_expires(bystander: User) -> None:
    secret = tokens.make_link(bystander)
    with time_machine.travel(timezone.now() + tokens.LINK_LIFE + timedelta(seconds=1)):
        assert tokens.use_link(secret) is None


def test_a_sign_in_link_of_a_person_who_left_is_dead(bystander: User) -> None:
    secret = tokens.make_link(bystander)
    bystander.is_active = False
    bystander.save()
    assert tokens.use_link(secret) is None
    assert SignInLink.objects.get().used_at is None


def test_an_invented_link_signs_nobody_in(bystander: User) -> None:
    tokens.make_link(bystander)
    assert tokens.use_link("invented") is None
