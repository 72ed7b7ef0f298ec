"""Evidence: what is kept, where it lies, who gets it back, and what happens when somebody tampers with it."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from incidents import attachments, timeline
from incidents.conflicts import Conflict
from incidents.models import Attachment, Incident, Kind, TimelineEntry
from incidents.timeline import Fault
from roles.models import User
from roles.policy import SYSTEM
from tests import files


def upload(name: str = "pool.png", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, files.png() if content is None else content)


def stored(settings: Settings) -> list[Path]:
    return sorted(path for path in Path(settings.ATTACHMENT_DIR).rglob("*") if path.is_file())


def test_a_file_is_kept_under_a_name_of_ours_and_the_chain_covers_it(
    incident: Incident, bystander: User, settings: Settings
) -> None:
    entry = attachments.attach(incident, by=bystander, uploads=[upload()], body="Pool wait")
    file = entry.attachments.get()
    (path,) = stored(settings)
    assert path.read_bytes() == files.png()
    assert (path.suffix, "pool" in path.name, path.stat().st_mode & 0o777) == ("", False, 0o600)
    assert (file.name, file.media_type, file.size) == ("pool.png", "image/png", len(files.png()))
    assert (entry.kind, entry.body, entry.data["files"]) == (Kind.ATTACHED, "Pool wait", [attachments.fact_of(file)])
    assert entry.data["files"][0]["sha256"] == file.digest
    assert timeline.first_fault(incident) is attachments.first_fault(incident) is None


def test_files_go_with_an_entry_of_any_written_kind(incident: Incident, bystander: User) -> None:
    two = [upload("a.png"), upload("b.log", b"declined")]
    entry = attachments.attach(incident, by=bystander, uploads=two, body="Matches.", kind=Kind.FINDING)
    assert (entry.kind, entry.body) == (Kind.FINDING, "Matches.")
    assert [file.name for file in entry.attachments.order_by("pk")] == ["a.png", "b.log"]


def test_a_correction_keeps_its_files(incident: Incident, scribe: User) -> None:
    entry = attachments.attach(incident, by=scribe, uploads=[upload()], body="Mathces.", kind=Kind.FINDING)
    corrected = timeline.supersede(entry, by=scribe, body="Matches.")
    assert [file.name for file in corrected.attachments.all()] == ["pool.png"]
    assert attachments.first_fault(incident) is None


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("/etc/shadow", "shadow"),
        ("a\x00b.png", "ab.png"),
        ("x\r\nSet-Cookie: a=b.png", "xSet-Cookie a=b.png"),
        ("pool.php.png", "pool.php.png"),
        ("<img src=x>.png", "img src=x.png"),
        ("gnp\u202e.exe", "gnp.exe"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".png", "x" * 116 + ".png"),
    ],
)
def test_what_a_file_is_called_leads_nowhere(
    incident: Incident, bystander: User, settings: Settings, name: str, called: str
) -> None:
    forged = upload()
    forged._name = name  # past Django's own care for names
    entry = attachments.attach(incident, by=bystander, uploads=[forged])
    assert entry.attachments.get().name == called
    (path,) = stored(settings)
    assert path.parent.parent == Path(settings.ATTACHMENT_DIR)


def test_what_is_refused_leaves_neither_row_nor_file(
    incident: Incident, bystander: User, outsider: User, settings: Settings
) -> None:
    settings.ATTACHMENT_MAX_BYTES = 200
    for uploads, sentence in (
        ([], "Choose a file"),
        ([upload(content=b"x" * 201)], "at most 0.000"),
        ([upload(), upload("page.png", b"<html>")], "a page, a drawing or a program"),
        ([upload()] * 11, "At most 10 files"),
    ):
        with pytest.raises(ValidationError, match=sentence):
            attachments.attach(incident, by=bystander, uploads=uploads)
    with pytest.raises(ValidationError, match="cannot lie in the future"):
        later = timezone.now() + timedelta(hours=1)
        attachments.attach(incident, by=bystander, uploads=[upload()], occurred_at=later)
    with pytest.raises(ValidationError, match="needs a text"):
        attachments.attach(incident, by=bystander, uploads=[upload()], kind=Kind.FINDING)
    with pytest.raises(PermissionDenied):
        attachments.attach(incident, by=outsider, uploads=[upload()])
    with pytest.raises(PermissionDenied):
        attachments.attach(incident, by=bystander, uploads=[upload()], visibility="room")
    assert (incident.entries.count(), Attachment.objects.count(), stored(settings)) == (1, 0, [])


def test_an_incident_holds_so_many_files(incident: Incident, bystander: User, monkeypatch) -> None:
    monkeypatch.setattr(attachments, "MOST_PER_INCIDENT", 2)
    attachments.attach(incident, by=bystander, uploads=[upload(), upload()])
    with pytest.raises(Conflict, match="2 files at most"):
        attachments.attach(incident, by=bystander, uploads=[upload()])


def test_those_outside_the_room_do_not_see_its_files(incident: Incident, scribe: User, bystander: User) -> None:
    attachments.attach(incident, by=scribe, uploads=[upload("open.png")])
    attachments.attach(incident, by=scribe, uploads=[upload("planted.png")], visibility="room")
    assert [file.name for file in attachments.readable(incident, scribe)] == ["planted.png", "open.png"]
    assert [file.name for file in attachments.readable(incident, bystander)] == ["open.png"]


# --- tampering --------------------------------------------------------------------------------


def test_an_altered_file_is_named_and_not_given_out(incident: Incident, scribe: User, settings: Settings) -> None:
    file = attachments.attach(incident, by=scribe, uploads=[upload()]).attachments.get()
    (path,) = stored(settings)
    path.write_bytes(files.gif())
    assert attachments.first_fault(incident) == Fault(3, "row 3: pool.png is not as it was attached")
    with pytest.raises(Conflict, match="not as it was attached"):
        attachments.content_of(file)
    path.unlink()
    assert attachments.first_fault(incident) == Fault(3, "row 3: pool.png cannot be read")


@pytest.mark.parametrize("changes", [{"digest": "0" * 64}, {"name": "other.png"}, {"size": 1}])
def test_an_altered_row_of_a_file_is_named(incident: Incident, scribe: User, changes: dict[str, object]) -> None:
    attachments.attach(incident, by=scribe, uploads=[upload()])
    Attachment.objects.update(**changes)
    assert attachments.first_fault(incident) == Fault(3, "row 3: pool.png is not the file that was attached")


def test_a_file_that_was_taken_away_or_slipped_in_is_named(incident: Incident, scribe: User) -> None:
    entry = attachments.attach(incident, by=scribe, uploads=[upload()])
    file = entry.attachments.get()
    Attachment.objects.all().delete()
    assert attachments.first_fault(incident) == Fault(3, "row 3: pool.png is not the file that was attached")
    file.save(force_insert=True)
    assert attachments.first_fault(incident) is None
    Attachment.objects.filter(pk=file.pk).update(public_id="f" * 16, entry=incident.entries.get(number=1))
    TimelineEntry.objects.filter(pk=entry.pk).update(data={})
    assert attachments.first_fault(incident) == Fault(1, "row 1 does not tell of pool.png")


# --- kills ------------------------------------------------------------------------------------


def test_a_kill_between_file_and_row_leaves_an_orphan_that_the_clock_takes_away(
    incident: Incident, scribe: User, settings: Settings, worker, monkeypatch
) -> None:
    kept = attachments.attach(incident, by=scribe, uploads=[upload()]).attachments.get()
    (path,) = stored(settings)
    orphan, fresh = path.with_name("0" * 32), path.with_name("1" * 32)
    for left in (orphan, fresh):
        left.write_bytes(b"half a file")
    for old in (path, orphan):
        os.utime(old, (0, 0))
    attachments.sweep()
    assert stored(settings) == sorted([path, fresh])
    assert attachments.content_of(kept) == files.png()
    orphan.write_bytes(b"half a file")
    os.utime(orphan, (0, 0))
    attachments.sweep()
    assert orphan.exists(), "swept again within the hour"


def test_an_upload_that_breaks_off_takes_its_file_along(incident: Incident, settings: Settings, monkeypatch) -> None:
    def break_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(attachments.events, "record", break_off)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        attachments.attach(incident, by=SYSTEM, uploads=[upload()])
    assert (Attachment.objects.count(), stored(settings)) == (0, [])
