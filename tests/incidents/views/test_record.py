"""The timeline as its readers find it: what is theirs to read, what is new, who is here, and that it stays quick."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from incidents import looks, timeline
from incidents.models import Incident, KeyMoment, Kind, Look, TimelineEntry
from incidents.views import entries
from notifications.models import Message
from roles.models import User
from tests import make
from tests.incidents.views.test_evidence import upload

HTMX = {"HX-Request": "true"}


def url(incident: Incident, name: str = "timeline", *args: object) -> str:
    return reverse(f"incidents:{name}", args=[incident.key, *args])


def chips(context) -> dict[str, int]:
    return {group: count for group, _, count in context["filters"]}


# --- for the response team alone --------------------------------------------------------------


def test_a_planted_word_is_found_by_the_team_and_by_nobody_else(
    scribe: User, tech_lead: User, bystander: User, incident: Incident, client_of, worker
):
    team, other = client_of(scribe), client_of(bystander)
    posted = {
        "body": "planted @ben @priya",
        "kind": "finding",
        "visibility": "room",
        "files": upload(name="planted.png"),
    }
    assert team.post(url(incident), posted).status_code == 302
    entry = incident.entries.get(kind=Kind.FINDING)
    timeline.mark(entry, by=scribe)
    doors = [url(incident), url(incident) + "?after=1", url(incident) + "?kind=finding", url(incident) + "?kind=key"]
    for door in doors:
        assert "planted" in team.get(door, headers=HTMX).content.decode(), door
        assert "planted" not in other.get(door, headers=HTMX).content.decode(), door
    for name in ("room", "catch_up", "export"):
        assert "planted" in team.get(url(incident, name)).content.decode(), name
        assert "planted" not in other.get(url(incident, name)).content.decode(), name
    file = entry.attachments.get()
    assert other.get(url(incident, "evidence_file", file.public_id)).status_code == 404
    worker.run(but="deliver")
    told = Message.objects.filter(content__key__endswith=":mentioned").values_list("address", flat=True)
    assert set(told) == {tech_lead.email, str(tech_lead.phone)}


def test_the_chips_do_not_count_what_one_may_not_read(scribe, bystander, incident, client_of):
    timeline.mark(timeline.add_entry(incident, by=scribe, body="planted", kind="quote", visibility="room"), by=scribe)
    team, other = (client_of(who).get(url(incident), headers=HTMX).context for who in (scribe, bystander))
    assert (team["total"], chips(team)["finding"]) == (3, 1)
    assert (other["total"], chips(other)["finding"]) == (2, 0)
    assert chips(team)["key"] == 1
    assert "key" not in chips(other)


def test_those_outside_neither_write_nor_correct_nor_mark_for_the_team(scribe, bystander, incident, client_of):
    entry = timeline.add_entry(incident, by=scribe, body="planted", visibility="room")
    other = client_of(bystander)
    assert other.post(url(incident), {"body": "x", "visibility": "room"}).status_code == 403
    assert other.post(url(incident, "supersede", entry.number), {"body": "x"}).status_code == 404
    assert other.post(url(incident, "key_moment", entry.number)).status_code == 404
    assert "Response team only" not in other.get(url(incident), headers=HTMX).content.decode()


def test_who_is_invited_or_administers_is_of_the_team(scribe, bystander, administrator, incident, client_of):
    timeline.add_entry(incident, by=scribe, body="planted", visibility="room")
    incident.invited.add(bystander)
    for person in (bystander, administrator):
        assert "planted" in client_of(person).get(url(incident), headers=HTMX).content.decode()


# --- what is new, and who is here -------------------------------------------------------------


def test_the_first_page_shows_what_is_new_since_one_looked(commander, scribe, incident, client_of):
    client = client_of(commander)
    assert client.get(url(incident), headers=HTMX).context["new_count"] == 0
    client.post(url(incident, "looked"), {"number": "3"})
    assert looks.last_seen(incident, commander) == 3
    for body in ("One.", "Two."):
        timeline.add_entry(incident, by=scribe, body=body)
    page = client.get(url(incident, "room"))
    assert "2 new since you looked" in page.content.decode()
    starts = [row.entry.number for row in page.context["rows"] if row.starts_old]
    assert starts == [3]
    client.post(url(incident, "looked"), {"number": "5"})
    assert "since you looked" not in client.get(url(incident, "room")).content.decode()


def test_what_was_written_late_is_new_where_it_stands(commander, scribe, incident, client_of):
    timeline.add_entry(incident, by=scribe, body="Seen.")
    looks.look(incident, by=commander, number=4)
    hour_ago = timezone.now() - timedelta(hours=1)
    timeline.add_entry(incident, by=scribe, body="It began.", occurred_at=hour_ago)
    rows = client_of(commander).get(url(incident), headers=HTMX).context["rows"]
    assert [row.entry.body for row in rows if row.is_new] == ["It began."]
    assert [(row.is_late, row.is_new) for row in rows][-1] == (True, True)
    assert rows[0].starts_old
    assert "written" in client_of(commander).get(url(incident), headers=HTMX).content.decode()


def test_the_head_says_who_else_is_here(commander, scribe, tech_lead, sme, bystander, incident, client_of):
    client = client_of(commander)
    assert "Nobody else is here" in client.post(url(incident, "looked")).content.decode()
    for person in (bystander, sme, tech_lead, scribe):
        looks.look(incident, by=person)
    text = client.post(url(incident, "looked")).content.decode()
    assert "Elif, Priya, Tomas and 1 other are here" in text
    Look.objects.exclude(user=scribe).update(looked_at=timezone.now() - timedelta(minutes=2))
    assert "Elif is here" in client.get(url(incident), headers=HTMX).content.decode()


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "²"])
def test_a_look_takes_any_number(commander, incident, client_of, number):
    assert client_of(commander).post(url(incident, "looked"), {"number": number}).status_code == 200
    assert looks.last_seen(incident, commander) == 0


# --- key moments, corrections, kinds ----------------------------------------------------------


def test_key_moments_are_marked_in_the_room_and_filtered(scribe, commander, incident, client_of):
    entry = timeline.add_entry(incident, by=commander, body="It began.")
    timeline.add_entry(incident, by=commander, body="Nothing of note.")
    client = client_of(scribe)
    assert client.post(url(incident, "key_moment", entry.number)).status_code == 302
    page = client.get(url(incident) + "?kind=key", headers=HTMX)
    assert [row.entry for row in page.context["rows"]] == [entry]
    client.post(url(incident, "key_moment", entry.number), {"is_key": "no"})
    assert KeyMoment.objects.count() == 0
    assert "Mark as a key moment" not in client_of(make.make_user()).get(url(incident), headers=HTMX).content.decode()


def test_a_correction_stands_where_the_entry_stood_in_its_writers_name(scribe, commander, incident, client_of):
    entry = timeline.add_entry(incident, by=commander, body="At 02:14.")
    later = timeline.supersede(timeline.supersede(entry, by=scribe, body="At 02:41."), by=scribe, body="At 02:42.")
    rows = client_of(scribe).get(url(incident), headers=HTMX).context["rows"]
    (row,) = [row for row in rows if row.is_written]
    assert (row.entry, row.author) == (later, commander)
    assert [old.body for old in row.earlier] == ["At 02:41.", "At 02:14."]
    assert client_of(scribe).post(url(incident, "supersede", entry.number), {"body": "x"}).status_code == 409


def test_names_are_marked_and_the_box_offers_them(commander, tech_lead, incident, client_of):
    timeline.add_entry(incident, by=commander, body="@priya <b>which</b> config, @nobody?")
    page = client_of(commander).get(url(incident), headers=HTMX)
    text = page.content.decode()
    assert '<b class="mention">@priya</b> &lt;b&gt;which&lt;/b&gt; config, @nobody?' in text
    assert page.context["names"] == [
        ("amara", "Amara"), ("priya", "Priya"), ("commander", "Incident Commander"), ("tech_lead", "Technical Lead")
    ]  # fmt: skip


# --- exports and a thousand entries -----------------------------------------------------------


def test_the_export_is_a_file_that_verifies(scribe, incident, client_of):
    answer = client_of(scribe).get(url(incident, "export"))
    assert answer["Content-Disposition"] == f'attachment; filename="{incident.key}-timeline.json"'
    assert json.loads(answer.content)["signed"]["algorithm"] == "Ed25519"


@pytest.fixture
def long(incident: Incident, commander: User, tech_lead: User) -> Incident:
    """A room with a thousand entries, as a long night leaves behind."""
    start = timezone.now() - timedelta(hours=10)
    TimelineEntry.objects.bulk_create(
        TimelineEntry(
            incident=incident,
            number=number,
            kind=Kind.values[number % len(Kind.values)],
            body=f"Entry {number}",
            actor=tech_lead,
            data={},
            occurred_at=start + timedelta(seconds=30 * number),
            recorded_at=start + timedelta(seconds=30 * number),
            digest=f"{number:064}",
        )
        for number in range(10, 1010)
    )
    return incident


def test_a_thousand_entries_cost_what_a_few_cost(long: Incident, commander: User, client_of, django_assert_num_queries):
    client = client_of(commander)
    assert client.get(url(long), headers=HTMX).context["total"] == 1003
    with django_assert_num_queries(16):
        page = client.get(url(long), headers=HTMX)
    assert len(page.context["rows"]) == entries.PAGE_SIZE
    TimelineEntry.objects.filter(incident=long, number__gte=70).delete()
    with django_assert_num_queries(16):
        client.get(url(long), headers=HTMX)


def test_older_entries_are_loaded_on_demand(long: Incident, commander: User, client_of):
    client = client_of(commander)
    first = client.get(url(long), headers=HTMX)
    older = first.context["older"]
    assert f'hx-get="{url(long)}?before={older}"' in first.content.decode()
    piece = client.get(f"{url(long)}?before={older}", headers=HTMX)
    assert piece.content.decode().count("<article") == entries.PAGE_SIZE
    assert "compose-box" not in piece.content.decode()
    shown = {row.entry.number for page in (first, piece) for row in page.context["rows"]}
    assert len(shown) == 2 * entries.PAGE_SIZE
