"""Evidence by page: attached, refused with what was typed, given back so that nothing of it can run."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from incidents import attachments, timeline
from incidents.models import Attachment, Finding, Incident, Kind
from roles.models import User
from roles.policy import SYSTEM
from tests import files

HTMX = {"HX-Request": "true"}


def url(incident: Incident, name: str = "attach", *args: object) -> str:
    return reverse(f"incidents:{name}", args=[incident.key, *args])


def upload(content: bytes = b"", name: str = "pool.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or files.png())


def test_files_are_attached_alone_and_beside_an_entry(tech_lead: User, incident: Incident, client_of):
    client = client_of(tech_lead)
    alone = client.post(url(incident), {"files": [upload(), upload(b"38%", "a.log")], "body": "Pool wait"})
    assert alone.status_code == 302
    entry = incident.entries.get(kind=Kind.ATTACHED)
    assert (entry.body, [file.name for file in entry.attachments.order_by("pk")]) == (
        "Pool wait",
        ["pool.png", "a.log"],
    )
    client.post(url(incident, "timeline"), {"body": "It fits.", "kind": "finding", "files": upload(b"2%", "b.log")})
    finding = incident.entries.get(kind=Kind.FINDING)
    assert [file.name for file in finding.attachments.all()] == ["b.log"]
    page = client.get(url(incident, "room")).content.decode()
    assert page.count("download>") >= 3
    assert "pool.png</a>" in page


def test_the_panel_shows_what_is_attached_and_how_many(tech_lead: User, incident: Incident, client_of):
    for number in range(7):
        attachments.attach(incident, by=tech_lead, uploads=[upload(b"x", f"{number}.log")])
    context = client_of(tech_lead).get(url(incident, "room")).context
    assert [file.name for file, _ in context["evidence"]] == [f"{number}.log" for number in (6, 5, 4, 3, 2)]
    assert (len(context["evidence_more"]), context["evidence_count"]) == (2, 7)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["whole page", "htmx"])
def test_a_refused_file_gives_the_words_back(tech_lead: User, incident: Incident, client_of, headers: dict[str, str]):
    client = client_of(tech_lead)
    page, words = b"<html><script>alert(1)</script>", {"body": "Long thought over"}
    answer = client.post(url(incident), {"files": upload(page, "report.pdf"), **words}, headers=headers)
    assert answer.status_code == 400
    assert "This file is a page, a drawing or a program." in answer.content.decode()
    assert 'value="Long thought over"' in answer.content.decode()
    answer = client.post(url(incident, "timeline"), {"files": upload(page, "report.pdf"), **words}, headers=headers)
    assert answer.status_code == 400
    assert "This file is a page" in answer.content.decode()
    assert 'value="Long thought over"' in answer.content.decode()
    assert (Attachment.objects.count(), incident.entries.filter(body="Long thought over").count()) == (0, 0)


def test_a_file_three_times_too_large_is_refused_and_not_kept_in_memory_or_whole(
    tech_lead: User, incident: Incident, client_of, settings, monkeypatch
):
    settings.ATTACHMENT_MAX_BYTES = 100_000
    seen = []

    def look(file):
        seen.append((file.size, hasattr(file, "temporary_file_path"), file.seek(0, io.SEEK_END)))
        return check(file)

    check = attachments.check
    monkeypatch.setattr(attachments, "check", look)
    answer = client_of(tech_lead).post(url(incident), {"files": upload(b"x" * 300_000, "huge.log")})
    assert answer.status_code == 400
    assert "A file has at most 0.0953674 MB." in answer.content.decode()
    ((size, is_on_disk, kept),) = seen
    assert (size, is_on_disk) == (300_000, True)
    assert kept < 200_000, "what lies beyond the limit is counted, not kept"
    assert Attachment.objects.count() == 0


def test_a_file_is_given_back_and_cannot_run(tech_lead: User, incident: Incident, client_of):
    entry = attachments.attach(incident, by=tech_lead, uploads=[upload(b"<3 <script>alert(1)</script>", "x.html")])
    file = entry.attachments.get()
    answer = client_of(tech_lead).get(url(incident, "evidence_file", file.public_id))
    assert answer.content == b"<3 <script>alert(1)</script>"
    assert {name: answer[name] for name in ("Content-Type", "Content-Disposition", "X-Content-Type-Options")} == {
        "Content-Type": "text/plain",
        "Content-Disposition": 'attachment; filename="x.html.txt"',
        "X-Content-Type-Options": "nosniff",
    }
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"].startswith("private")


@pytest.mark.parametrize("name", ["../../../etc/passwd", "%2e%2e%2fetc%2fpasswd", "..", "0" * 16])
def test_an_address_leads_to_nothing_else(tech_lead: User, incident: Incident, client_of, name: str):
    assert client_of(tech_lead).get(f"/incidents/{incident.key}/evidence/{name}/").status_code == 404


def test_a_file_of_another_incident_is_not_given_out_here(tech_lead: User, incident: Incident, client_of):
    file = attachments.attach(incident, by=SYSTEM, uploads=[upload()]).attachments.get()
    other = Incident.objects.create(
        key="INC-9", title="x", state_since=incident.opened_at, opened_at=incident.opened_at
    )
    assert client_of(tech_lead).get(url(other, "evidence_file", file.public_id)).status_code == 404


def test_a_private_incident_keeps_its_files(tech_lead: User, bystander: User, incident: Incident, client_of):
    file = attachments.attach(incident, by=tech_lead, uploads=[upload()]).attachments.get()
    address = url(incident, "evidence_file", file.public_id)
    assert client_of(bystander).get(address).status_code == 200
    Incident.objects.update(is_private=True)
    assert client_of(bystander).get(address).status_code == 404
    assert client_of(tech_lead).get(address).status_code == 200


def test_an_altered_file_is_not_given_out(tech_lead: User, incident: Incident, client_of):
    file = attachments.attach(incident, by=tech_lead, uploads=[upload()]).attachments.get()
    with open(file.file.path, "wb") as kept:
        kept.write(b"<html>")
    answer = client_of(tech_lead).get(url(incident, "evidence_file", file.public_id))
    assert answer.status_code == 409
    assert b"<html>\n" not in answer.content[:7]
    assert "not as it was attached" in answer.content.decode()


def test_the_admin_lists_what_one_may_read(scribe: User, bystander: User, incident: Incident, client_of):
    attachments.attach(incident, by=scribe, uploads=[upload(name="open.png")])
    attachments.attach(incident, by=scribe, uploads=[upload(name="planted.png")], visibility="room")
    timeline.add_entry(incident, by=scribe, body="planted words", visibility="room")
    for address in ("/admin/incidents/attachment/", f"/admin/incidents/incident/{incident.pk}/change/"):
        assert "planted" in client_of(scribe).get(address).content.decode()
        assert "planted" not in client_of(bystander).get(address).content.decode()
    assert "open.png" in client_of(bystander).get("/admin/incidents/attachment/").content.decode()


def test_a_finding_is_shared_with_the_files_that_show_it(sme: User, tech_lead: User, incident: Incident, client_of):
    sent = {"text": "1200 → 120", "confidence": "certain", "uploads": [upload(), upload(b"38%", "a.log")]}
    for person in (sme, tech_lead):
        page = client_of(person).get(url(incident, "room")).content.decode()
        assert 'type="file" id="finding-files" name="uploads"' in page
    assert client_of(sme).post(url(incident, "findings"), sent).status_code == 302
    finding = Finding.objects.get()
    assert [file.name for file in finding.entry.attachments.order_by("pk")] == ["pool.png", "a.log"]
    assert [file["name"] for file in finding.entry.data["files"]] == ["pool.png", "a.log"]
    assert (finding.text, finding.confidence, finding.entry.kind) == ("1200 → 120", "certain", Kind.FINDING)
    assert (timeline.first_fault(incident), attachments.first_fault(incident)) == (None, None)


def test_a_finding_with_a_file_that_is_not_taken_is_not_shared_and_leaves_no_file(
    sme: User, incident: Incident, client_of
):
    sent = {"text": "1200 → 120", "uploads": [upload(), upload(b"MZ\x90\x00" + b"\x00" * 60, "run.exe")]}
    answer = client_of(sme).post(url(incident, "findings"), sent)
    assert (answer.status_code, "1200 → 120" in answer.content.decode()) == (409, True)
    assert not Finding.objects.exists()
    assert not Attachment.objects.exists()


def test_a_finding_without_files_is_shared_as_before(sme: User, incident: Incident, client_of):
    client_of(sme).post(url(incident, "findings"), {"text": "1200 → 120"})
    assert "files" not in Finding.objects.get().entry.data
