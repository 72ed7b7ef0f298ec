"""The first start: what it makes, what it prints, and that the second one changes nothing."""

import os
import socket
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.test import Client
from pytest_django import Settings

from incidentops import setting_up
from incidentops.management.commands.run import lines_of, refuse_taken_port, take_lock
from roles.models import User


@pytest.fixture(autouse=True)
def no_static_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collecting them takes a second and is looked at by the service suite."""
    monkeypatch.setattr(setting_up, "_collect_static", lambda: None)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("DEMO", "DEMO_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.django_db
def test_a_demo_start_prints_page_link_and_password_once(environment: pytest.MonkeyPatch, client: Client) -> None:
    first = setting_up.set_up()
    assert first.page_url.endswith("/s/halyard/")
    assert User.objects.get(username="mei").check_password(first.demo_password)
    second = setting_up.set_up()
    assert second.demo_password == ""
    assert second.sign_in_url != first.sign_in_url
    assert User.objects.count() == 14
    path = second.sign_in_url.partition("8000")[2]
    assert client.post(path, follow=True).wsgi_request.user.username == "amara"
    assert client.post(path).status_code == 410


@pytest.mark.django_db
def test_a_given_password_is_used_and_not_printed(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEMO_PASSWORD", "harbour-lights")
    # Its people alone: what they went through is told by the test above.
    for part in ("history.write", "story.tell"):
        environment.setattr(f"incidentops.demo.{part}", lambda *_: None)
    welcome = setting_up.set_up()
    assert User.objects.get(username="mei").check_password("harbour-lights")
    assert "harbour-lights" not in " ".join(lines_of(welcome))


@pytest.mark.django_db
def test_an_empty_start_has_nobody_and_no_password(environment: pytest.MonkeyPatch, client: Client) -> None:
    environment.setenv("DEMO", "0")
    welcome = setting_up.set_up()
    assert welcome.page_url == ""
    assert not any(person.has_usable_password() for person in User.objects.all())
    path = welcome.set_up_url.partition("8000")[2]
    assert client.get(path).status_code == 200


def test_two_cannot_hold_one_folder(tmp_path: Path) -> None:
    lock = take_lock(tmp_path)
    with pytest.raises(CommandError, match="already running"):
        take_lock(tmp_path)
    os.close(lock)
    os.close(take_lock(tmp_path))


def test_a_taken_port_is_refused_in_words() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} on 127.0.0.1 cannot be used"):
            refuse_taken_port("127.0.0.1", port)


def test_every_setting_of_the_environment_is_explained(settings: Settings) -> None:
    """What settings.py and the first start read stands in .env.example."""
    folder = settings.BASE_DIR / "incidentops"
    code = "".join((folder / name).read_text() for name in ("settings.py", "setting_up.py"))
    explained = {
        line.lstrip("#").partition("=")[0].strip()
        for line in (settings.BASE_DIR / ".env.example").read_text().splitlines()
        if "=" in line and line.startswith("#") and line[1:2].isupper()
    }
    missing = [name for name in _read_names(code) if name not in explained]
    assert missing == []


def _read_names(code: str) -> set[str]:
    names = set()
    for call in ("env.str(", "env.flag(", "env.list(", "env.port(", "env.database("):
        for part in code.split(call)[1:]:
            name = part.partition('"')[2].partition('"')[0]
            if name.isupper():
                names.add(name)
    return names
