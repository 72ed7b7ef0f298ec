"""The signed record: what stands in it, and how an altered one is told."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from pytest_django import Settings

from incidents import attachments, exporting, timeline
from incidents.models import Incident, Kind, TimelineEntry
from roles.models import User


@pytest.fixture
def told(incident: Incident, scribe: User) -> Incident:
    """Four rows: opened, the scribe's seat, a decision, and a note for the response team."""
    timeline.add_entry(incident, by=scribe, body="Restore node by node.", kind=Kind.DECISION)
    timeline.add_entry(incident, by=scribe, body="planted", visibility="room")
    return incident


def export_of(incident: Incident, user: User) -> dict[str, Any]:
    """As it arrives on somebody else's machine."""
    found: dict[str, Any] = json.loads(json.dumps(exporting.export(incident, by=user)))
    return found


def verify(*args: str) -> str:
    said = StringIO()
    call_command("verify_timeline", *args, stdout=said)
    return said.getvalue().strip()


def test_the_record_holds_what_one_may_read_and_its_chain_can_be_followed(
    told: Incident, scribe: User, bystander: User
) -> None:
    whole, part = export_of(told, scribe), export_of(told, bystander)
    assert [row["content"]["body"] for row in whole["record"]["rows"]][2:] == ["Restore node by node.", "planted"]
    assert "planted" not in json.dumps(part)
    assert part["record"]["rows"][3] == {
        "number": 4,
        "digest": whole["record"]["rows"][3]["digest"],
        "before": whole["record"]["rows"][2]["digest"],
        "withheld": True,
    }
    assert exporting.fault_in(whole) == exporting.fault_in(part) == ""
    assert whole["record"]["incident"]["key"] == told.key


def test_who_may_not_see_it_takes_nothing_along(told: Incident, outsider: User) -> None:
    with pytest.raises(PermissionDenied):
        exporting.export(told, by=outsider)


def test_a_changed_record_is_not_signed_by_us(told: Incident, scribe: User) -> None:
    export = export_of(told, scribe)
    export["record"]["rows"][2]["content"]["body"] = "Fail over."
    assert exporting.fault_in(export) == "It was not signed by this installation, or was changed since."


def test_somebody_elses_key_is_not_ours(told: Incident, scribe: User, settings: Settings) -> None:
    export = export_of(told, scribe)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another one, long enough to be taken for a key of fifty"
    assert exporting.fault_in(export) == "It was not signed by this installation, or was changed since."
    settings.SECRET_KEY_FALLBACKS = [old]
    assert exporting.fault_in(export) == ""


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"body": "Fail over."}, "Row 3 is not as it was written."),
        ({"number": 9}, "Row 3 is not as it was written."),
        ({"before": "0" * 64}, "Row 3 is not as it was written."),
    ],
)
def test_a_row_that_was_altered_before_it_was_signed_is_named(
    told: Incident, scribe: User, row: dict[str, object], sentence: str
) -> None:
    record = export_of(told, scribe)["record"]
    record["rows"][2]["content"] |= row
    assert exporting.fault_in({"record": record, "signed": exporting.sign(record)}) == sentence


def test_a_record_that_ends_too_early_is_told(told: Incident, scribe: User) -> None:
    told.entries.get(number=4).delete()
    export = export_of(told, scribe)
    assert exporting.fault_in(export) == "It ends with row 3, which is not the last that was sealed."


@pytest.mark.parametrize("junk", [{}, {"record": {}, "signed": {}}, {"record": None, "signed": None}])
def test_what_is_no_export_is_told(junk: dict[str, Any]) -> None:
    assert exporting.fault_in(junk).startswith("This is no export")


# --- the command ------------------------------------------------------------------------------


def test_the_command_says_what_holds(told: Incident, scribe: User) -> None:
    upload = SimpleUploadedFile("pool.log", b"declined")
    attachments.attach(told, by=scribe, uploads=[upload])
    assert verify() == verify(told.key) == "5 rows and 1 file hold."
    with pytest.raises(CommandError, match="There is no incident INC-0"):
        verify("INC-0")


def test_the_command_names_the_row_that_was_tampered_with(told: Incident, scribe: User) -> None:
    TimelineEntry.objects.filter(incident=told, number=3).update(body="Fail over.")
    with pytest.raises(CommandError, match=rf"{told.key}: row 3 \(decision\) is not as it was written\."):
        verify()


def test_the_command_misses_a_row_at_the_end(told: Incident) -> None:
    told.entries.get(number=4).delete()
    with pytest.raises(CommandError, match="row 4 and what came after it, up to row 4, are gone"):
        verify(told.key)


def test_the_command_names_the_row_whose_file_was_altered(told: Incident, scribe: User) -> None:
    file = attachments.attach(told, by=scribe, uploads=[SimpleUploadedFile("pool.log", b"38%")]).attachments.get()
    Path(file.file.path).write_bytes(b"2%")
    with pytest.raises(CommandError, match=r"row 5: pool\.log is not as it was attached"):
        verify()


def test_the_command_checks_an_export_and_compares_it(told: Incident, scribe: User, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(exporting.export(told, by=scribe)))
    assert verify("--export", str(path)) == f"record.json: 4 rows of {told.key} hold, and the signature is ours."
    TimelineEntry.objects.filter(incident=told, number=3).update(digest="0" * 64)
    with pytest.raises(CommandError, match="row 3 is not the one that was exported"):
        verify("--export", str(path))
    path.write_text("{")
    with pytest.raises(CommandError, match="cannot be read"):
        verify("--export", str(path))
    path.write_text(json.dumps({"record": {}, "signed": {}}))
    with pytest.raises(CommandError, match="no export of the format"):
        verify("--export", str(path))


def test_the_command_prints_the_public_key() -> None:
    assert verify("--public-key") == exporting.public_key()
