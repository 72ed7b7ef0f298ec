"""Messages as files: whole or not at all."""

import email
import json
import stat
from collections.abc import Callable
from datetime import timedelta
from email.policy import default
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone
from pytest_django import Settings

from notifications.channels.base import Letter, Outcome
from notifications.channels.file import EmailBackend, File, clear


def files(settings: Settings) -> list[Path]:
    return sorted(Path(settings.SENT_DIR).iterdir())


def test_a_mail_becomes_a_file_that_mail_programs_open(settings: Settings, letter: Callable[..., Letter]) -> None:
    (result,) = File("email").send([letter("a@x.example")])
    (file,) = files(settings)
    assert (result.outcome, result.provider_id) == (Outcome.SENT, file.name)
    mail = email.message_from_bytes(file.read_bytes(), policy=default)
    assert (mail["To"], mail["Subject"]) == ("a@x.example", "[Identified] Card payments recovering")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_sms_becomes_a_note(settings: Settings, letter: Callable[..., Letter]) -> None:
    list(File("sms").send([letter("+15550100001")]))
    (file,) = files(settings)
    note = json.loads(file.read_text())
    assert (note["to"], note["body"]) == ("+15550100001", "Halyard: about 2% still fail. ops.example/m/own-7")


def test_a_folder_that_cannot_be_written_is_said_and_leaves_no_piece(
    settings: Settings, letter: Callable[..., Letter], tmp_path: Path
) -> None:
    settings.SENT_DIR = tmp_path / "file" / "sent"
    (tmp_path / "file").write_text("in the way")
    (result,) = File("email").send([letter("a@x.example")])
    assert (result.outcome, result.is_provider_trouble) == (Outcome.RETRY, True)


def test_a_full_disk_leaves_no_piece(
    settings: Settings, letter: Callable[..., Letter], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    (result,) = File("email").send([letter("a@x.example")])
    assert (result.outcome, result.detail) == (Outcome.RETRY, "No space left on device")
    assert files(settings) == []


def test_old_files_are_cleared_and_young_ones_stay(settings: Settings, letter: Callable[..., Letter]) -> None:
    list(File("sms").send([letter("+15550100001")]))
    assert clear(before=timezone.now() - timedelta(days=1)) == 0
    assert clear(before=timezone.now() + timedelta(days=1)) == 1
    assert files(settings) == []


def test_the_products_own_mail_goes_there_too(settings: Settings) -> None:
    sent = EmailBackend().send_messages([EmailMessage("Your code", "123456", "a@b.example", ["c@d.example"])])
    (file,) = files(settings)
    assert sent == 1
    assert b"123456" in file.read_bytes()
