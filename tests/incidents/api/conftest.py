"""Programs that speak to the API for members of the cast."""

import json
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from roles.models import User
from tests import make

#: `call(user, "post", "incidents/", {...}, **headers)` → the answer.
Call = Callable[..., HttpResponse]


@pytest.fixture
def call() -> Call:
    programs: dict[int, Client] = {}

    def send(user: User, method: str, path: str, body: object = None, **headers: str) -> HttpResponse:
        if user.pk not in programs:
            programs[user.pk] = make.api_of(user)
        program = programs[user.pk]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "get":
            return program.get(f"/api/v1/{path}", body, headers=named)
        text = body if isinstance(body, str | bytes) else json.dumps({} if body is None else body)
        return getattr(program, method)(f"/api/v1/{path}", text, content_type="application/json", headers=named)

    return send
