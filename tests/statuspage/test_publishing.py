import json
import os
from datetime import timedelta
from io import BytesIO

import feedparser
import pytest
from django.utils import timezone

from incidents.communication import updates
from roles.policy import SYSTEM
from statuspage import pages, publishing, staleness, store
from statuspage.models import PublicIncident, StatusPage
from tests import make


@pytest.fixture
def told(page, incident):
    """An incident that the page tells of."""
    update = updates.draft(
        incident,
        by=SYSTEM,
        page="halyard",
        title="Cards & payments <fail>",
        body="Some **cards** are declined. <script>alert(1)</script>",
        components={"card-payments": "major_outage"},
    )
    updates.publish(update, by=SYSTEM)
    return PublicIncident.objects.get()


def republish(page) -> store.Generation:
    staleness.mark(page)
    assert publishing.publish(page.pk)
    return store.current(page.slug)


def test_a_generation_holds_everything_that_the_page_serves(page, told):
    generation = republish(page)
    own = {f"incidents/{told.public_id}/index.html", f"i/{told.public_id}/index.html"}
    assert {path for path in generation.files if not path.startswith("assets/")} == own | {
        "index.html", "history/index.html", "brand.css", "history.atom", "history.rss",
        "api/v2/summary.json", "api/v2/status.json", "api/v2/components.json", "api/v2/incidents.json",
        "api/v2/incidents/unresolved.json", "api/v2/scheduled-maintenances.json",
        "api/v2/scheduled-maintenances/upcoming.json", "api/v2/scheduled-maintenances/active.json",
    }  # fmt: skip


def test_its_folder_alone_is_whole(page, told):
    """All that the pages load lies in the generation, under the page's own address."""
    generation = republish(page)
    for name in ("index.html", "history/index.html", f"incidents/{told.public_id}/index.html"):
        html = generation.read(name).decode()
        links = [part.split('"')[0].split("#")[0] for part in html.split('href="')[1:]]
        loaded = {link for link in links if "assets/" in link or link.endswith(".css")}
        assert loaded
        assert "/static/" not in html
        assert all(generation.find(link.removeprefix("/s/halyard/")) for link in loaded)


def test_what_people_wrote_is_escaped_and_no_page_holds_script_or_style(page, told):
    generation = republish(page)
    html = generation.read("index.html").decode()
    assert "Cards &amp; payments &lt;fail&gt;" in html
    assert "<strong>cards</strong>" in html
    for name in generation.files:
        if name.endswith(".html"):
            page_html = generation.read(name).decode()
            assert "<script" not in page_html
            assert "style=" not in page_html
            assert "<style" not in page_html


def test_the_feeds_are_well_formed_and_tell_the_incident(page, told):
    generation = republish(page)
    for name in ("history.atom", "history.rss"):
        feed = feedparser.parse(BytesIO(generation.read(name)))
        assert not feed.bozo
        assert [entry.title for entry in feed.entries] == ["Cards & payments <fail>"]
        assert "<script" not in feed.entries[0].summary


def test_each_file_has_its_compressed_twins(page, told):
    generation = republish(page)
    entry = generation.files["index.html"]
    assert entry.twins == ("gzip", "br")
    assert len(generation.read("index.html", "br")) < entry.length / 2
    assert generation.files["brand.css"].twins == ()


def test_a_page_that_is_not_stale_is_left_alone(page):
    first = republish(page)
    assert publishing.publish(page.pk) is False
    assert store.current(page.slug).folder == first.folder


def test_what_did_not_change_is_linked_and_not_written_again(page, told):
    first = republish(page)
    second = republish(page)
    assert first.folder != second.folder
    path = f"incidents/{told.public_id}/index.html"
    assert (first.folder / path).stat().st_ino == (second.folder / path).stat().st_ino
    assert first.files[path] == second.files[path]


def test_an_incident_page_is_made_anew_when_something_about_it_changes(page, told, incident):
    first = republish(page)
    updates.publish(updates.draft(incident, by=SYSTEM, page="halyard", status="identified", body="Found."), by=SYSTEM)
    second = republish(page)
    path = f"incidents/{told.public_id}/index.html"
    assert first.files[path].etag != second.files[path].etag
    assert b"Found." in second.read(path)


def test_a_failed_rendering_changes_nothing_for_readers_and_is_kept_on_the_page(page, monkeypatch, caplog):
    before = republish(page)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_save", fail)
    staleness.mark(page)
    assert publishing.publish(page.pk) is False
    page.refresh_from_db()
    assert "No space left" in page.trouble
    assert page.is_stale
    assert store.current(page.slug).folder == before.folder
    assert [folder.name for folder in before.folder.parent.iterdir()] == [before.folder.name]
    assert "ERROR" in {record.levelname for record in caplog.records}
    monkeypatch.undo()
    assert publishing.publish(page.pk)
    page.refresh_from_db()
    assert (page.trouble, page.is_stale) == ("", False)


def test_publishing_costs_the_same_queries_whatever_is_on_the_page(page, told, service, django_assert_num_queries):
    republish(page)
    staleness.mark(page)
    with django_assert_num_queries(10):
        publishing.publish(page.pk)
    for number in range(3):
        pages.add_component(page, slug=f"more-{number}", name=f"More {number}", by=SYSTEM)
        other = make.make_incident(title=f"Other {number}", services=[service])
        updates.publish(updates.draft(other, by=SYSTEM, page="halyard", body="Words."), by=SYSTEM)
    with django_assert_num_queries(10):
        publishing.publish(page.pk)


def test_the_clock_asks_again_for_what_the_broker_lost(page, worker):
    staleness.mark(page)
    worker.commit()
    worker.asked.clear()
    assert store.current(page.slug) is None
    assert "statuspage.tasks.republish" in worker.tick()
    page.refresh_from_db()
    assert page.is_stale is False


def test_the_clock_publishes_anew_with_a_new_day_and_only_once(page, worker):
    republish(page)
    yesterday = timezone.now() - timedelta(days=1)
    StatusPage.objects.update(published_at=yesterday)
    assert worker.tick().count("statuspage.tasks.republish") == 1
    assert "statuspage.tasks.republish" not in worker.tick()


def test_old_generations_are_pruned_and_the_served_one_stays(page):
    for _ in range(6):
        generation = republish(page)
    assert store.prune(page.slug) == 2
    assert store.current(page.slug).folder == generation.folder
    assert len(list(generation.folder.parent.iterdir())) == 1 + store.KEPT


def test_a_lost_folder_is_published_again(page, settings, tmp_path, worker):
    republish(page)
    settings.PUBLISH_DIR = tmp_path / "elsewhere"
    assert store.current(page.slug) is None
    worker.tick()
    assert json.loads(store.current(page.slug).read("api/v2/status.json"))["page"]["name"] == "Halyard"


def test_the_pointer_is_one_relative_link(page, settings):
    republish(page)
    target = os.readlink(settings.PUBLISH_DIR / "halyard" / "current")
    assert target.startswith("generations/0")
