"""The timeline: writing, filtering, catching up, correcting."""

from django.urls import reverse

from incidents import timeline
from incidents.models import Incident, Kind, TimelineEntry
from incidents.views import entries
from roles.catalog import Role
from roles.policy import SYSTEM
from tests import make

HTMX = {"HX-Request": "true"}


def url(incident: Incident, name: str = "timeline", *args: object) -> str:
    return reverse(f"incidents:{name}", args=[incident.key, *args])


def test_a_responder_without_a_seat_logs_a_note(bystander, incident, client_of):
    client_of(bystander).post(url(incident), {"body": "Seen from the shop too.", "kind": "note"})
    assert [entry.body for entry in incident.entries.filter(kind=Kind.NOTE)] == ["Seen from the shop too."]


def test_an_entry_may_lie_in_the_past(scribe, incident, client_of):
    client_of(scribe).post(url(incident), {"body": "Pager rang.", "kind": "finding", "occurred_at": "2025-01-02T03:04"})
    assert incident.entries.get(kind=Kind.FINDING).occurred_at.isoformat() == "2025-01-02T03:04:00+00:00"


def test_an_empty_entry_is_refused_in_the_room(scribe, incident, client_of):
    answer = client_of(scribe).post(url(incident), {"body": "", "kind": "decision"})
    assert answer.status_code == 400
    assert "Write what happened" in answer.content.decode()


def test_an_entry_in_the_future_is_refused_and_given_back(scribe, incident, client_of):
    answer = client_of(scribe).post(url(incident), {"body": "Not yet.", "occurred_at": "2199-01-01T00:00"})
    assert answer.status_code == 409
    assert "Not yet." in answer.content.decode()
    assert not incident.entries.filter(body="Not yet.").exists()


def test_a_kind_that_the_product_writes_cannot_be_forged(scribe, incident, client_of):
    answer = client_of(scribe).post(url(incident), {"body": "Moved it.", "kind": "moved"})
    assert answer.status_code == 400
    assert not incident.entries.filter(kind=Kind.MOVED).exists()


def test_a_filter_shows_its_kind_alone(commander, incident, client_of):
    timeline.add_entry(incident, by=commander, body="Fail over.", kind=Kind.DECISION)
    timeline.add_entry(incident, by=commander, body="Saw something.", kind=Kind.NOTE)
    text = client_of(commander).get(url(incident) + "?kind=decision", headers=HTMX).content.decode()
    assert "Fail over." in text
    assert 'class="tl-body">Saw something.' not in text


def test_polling_answers_only_what_is_newer(commander, incident, client_of):
    client = client_of(commander)
    last = incident.entries.order_by("-number").first().number
    assert client.get(url(incident) + f"?after={last}", headers=HTMX).status_code == 204
    timeline.add_entry(incident, by=commander, body="New.")
    answer = client.get(url(incident) + f"?after={last}", headers=HTMX)
    assert answer.content.decode().count("data-number") == 1


def test_what_is_new_since_one_looked_is_marked(commander, tech_lead, incident, client_of):
    last = incident.entries.order_by("-number").first().number
    timeline.add_entry(incident, by=tech_lead, body="One.")
    timeline.add_entry(incident, by=tech_lead, body="Two.")
    timeline.add_entry(incident, by=commander, body="My own is not new to me.")
    text = client_of(commander).get(url(incident) + f"?seen={last}", headers=HTMX).content.decode()
    assert "2 new since you looked" in text


def test_older_pages_repeat_nothing_and_leave_nothing_out(commander, incident, client_of, monkeypatch):
    monkeypatch.setattr(entries, "PAGE_SIZE", 3)
    for number in range(7):
        timeline.add_entry(incident, by=commander, body=f"Entry {number}")
    client, seen, before = client_of(commander), [], ""
    while True:
        page = client.get(url(incident) + before, headers=HTMX)
        seen += [row.entry.number for row in page.context["rows"]]
        if page.context["older"] is None:
            break
        before = f"?before={page.context['older']}"
    assert sorted(seen) == list(incident.entries.order_by("number").values_list("number", flat=True))


def test_the_scribe_corrects_and_others_may_not(scribe, commander, incident, client_of):
    entry = timeline.add_entry(incident, by=commander, body="At 02:14.")
    correct = url(incident, "supersede", entry.number)
    assert client_of(commander).post(correct, {"body": "At 02:41."}).status_code == 403
    assert client_of(scribe).post(correct, {"body": "At 02:41."}).status_code == 302
    assert TimelineEntry.objects.get(supersedes=entry).body == "At 02:41."
    page = client_of(scribe).get(url(incident), headers=HTMX)
    (row,) = [row for row in page.context["rows"] if row.is_written]
    assert (row.author, row.entry.body, [old.body for old in row.earlier]) == (commander, "At 02:41.", ["At 02:14."])
    text = page.content.decode()
    assert "Corrected by Elif" in text
    assert text.count("<p>At 02:14.</p>") == 1


def test_every_kind_of_row_reads_as_a_sentence(commander, comms_lead, bystander, page, incident, client_of):
    seat = make.seat(incident, Role.SCRIBE, bystander, offer=True)
    draft = make.make_draft(incident, by=comms_lead, page=page)
    rows = {entry.kind: entries.row_of(entry) for entry in incident.entries.select_related("actor")}
    assert rows[Kind.OPENED].sentence == f"Incident declared as SEV1: {incident.title}"
    assert rows[Kind.SEAT_OFFERED].sentence == f"Scribe offered to {seat.user}"
    assert rows[Kind.UPDATE_DRAFTED].sentence == f"Public update “{draft.title}” drafted by {comms_lead}"


def test_what_people_write_is_shown_as_text(commander, incident, client_of):
    timeline.add_entry(incident, by=SYSTEM, body="<script>alert(1)</script>")
    text = client_of(commander).get(url(incident), headers=HTMX).content.decode()
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
