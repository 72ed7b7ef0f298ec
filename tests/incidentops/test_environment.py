"""Settings from the environment: wrong values are sentences, secrets may lie in files, keys are drawn once."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from incidentops.environment import LONGEST_SOCKET_PATH, Environment, broker_socket, secret_key, state_folder


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Environment:
    for name in ("LEVEL", "LEVEL_FILE"):
        monkeypatch.delenv(name, raising=False)
    # A secret read from a file is kept for the whole process: each test starts without any.
    monkeypatch.setattr(Environment.ENVIRON, "files_cache", {})
    return Environment()


def test_a_choice_outside_the_list_names_the_list(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVEL", "loud")
    with pytest.raises(ImproperlyConfigured, match="LEVEL is 'loud'; it must be one of: low, high"):
        env.choice("LEVEL", ("low", "high"), "low")


@pytest.mark.parametrize(("text", "meant"), [("1", True), ("yes", True), ("ON", True), ("0", False), ("", False)])
def test_a_flag_is_read_as_people_write_it(
    env: Environment, monkeypatch: pytest.MonkeyPatch, text: str, meant: bool
) -> None:
    monkeypatch.setenv("LEVEL", text)
    assert env.flag("LEVEL", not meant) is meant


def test_a_flag_that_is_neither_yes_nor_no_is_refused(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVEL", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="must be 1 or 0"):
        env.flag("LEVEL", False)


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", ""])
def test_a_port_that_is_none_is_refused(env: Environment, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LEVEL", text)
    with pytest.raises(ImproperlyConfigured, match="from 1 to 65535"):
        env.port("LEVEL", 8000)


@pytest.mark.parametrize("text", ["mysql://x@y/z", "nonsense", "oracle://x", "postgres://u@h:notaport/x"])
def test_a_database_other_than_the_two_is_refused(env: Environment, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LEVEL", text)
    with pytest.raises(ImproperlyConfigured, match=r"LEVEL (must be|cannot be read)"):
        env.database("LEVEL", "sqlite:///x")


def test_a_secret_may_lie_in_a_file(env: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    monkeypatch.setenv("LEVEL_FILE", str(file))
    assert env.str("LEVEL").strip() == "from the file"


def test_the_key_is_drawn_once_and_closed_to_others(tmp_path: Path) -> None:
    first = secret_key(tmp_path)
    assert len(first) >= 50
    assert secret_key(tmp_path) == first
    assert ((tmp_path / "secret_key").stat().st_mode & 0o777) == 0o600


def test_the_folder_of_state_is_closed_to_others(tmp_path: Path) -> None:
    assert (state_folder(tmp_path / "var").stat().st_mode & 0o777) == 0o700


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="cannot be made"):
        state_folder(tmp_path / "file" / "var")


def test_the_brokers_socket_lies_in_the_folder_where_its_path_is_short_enough(tmp_path: Path) -> None:
    assert broker_socket(Path("/var")) == Path("/var").resolve() / "broker.sock"
    long = tmp_path / ("x" * 90)
    assert len(str(broker_socket(long))) <= LONGEST_SOCKET_PATH
    assert broker_socket(long) != broker_socket(tmp_path / ("y" * 90))
