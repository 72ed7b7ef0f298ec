import asyncio
import gzip
from datetime import timedelta

import brotli
import pytest
from django.utils import timezone

from roles.policy import SYSTEM
from statuspage import component_status, publishing, serving, staleness, store
from statuspage.models import PublicIncident
from statuspage.serving import PublishedPages


class Reader:
    """Somebody who asks the short-cut; `passed_on` counts what went to the application behind it."""

    def __init__(self) -> None:
        self.passed_on = 0
        self.pages = PublishedPages(self._behind)

    async def _behind(self, scope, receive, send) -> None:
        self.passed_on += 1
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def get(self, path: str, method: str = "GET", **headers: str):
        sent: list[dict] = []

        async def send(event) -> None:
            sent.append(event)

        async def receive():
            return {"type": "http.request", "body": b""}

        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": raw}
        asyncio.run(self.pages(scope, receive, send))
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], found, sent[1]["body"]


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def published(page):
    assert publishing.publish(page.pk)
    return page


def test_the_page_is_served_without_a_query(published, reader, django_assert_num_queries):
    with django_assert_num_queries(0):
        status, headers, body = reader.get("/s/halyard/")
    assert (status, reader.passed_on) == (200, 0)
    assert b"All systems operational" in body
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-length"] == str(len(body))


def test_each_reader_gets_the_encoding_that_they_take(published, reader):
    plain = reader.get("/s/halyard/")[2]
    status, headers, body = reader.get("/s/halyard/", accept_encoding="gzip, deflate, br")
    assert (status, headers["content-encoding"], brotli.decompress(body)) == (200, "br", plain)
    _, headers, body = reader.get("/s/halyard/", accept_encoding="gzip, br;q=0")
    assert (headers["content-encoding"], gzip.decompress(body)) == ("gzip", plain)
    assert "content-encoding" not in reader.get("/s/halyard/", accept_encoding="identity")[1]


def test_who_has_it_already_gets_304_without_a_body(published, reader):
    etag = reader.get("/s/halyard/", accept_encoding="br")[1]["etag"]
    status, headers, body = reader.get("/s/halyard/", accept_encoding="br", if_none_match=etag)
    assert (status, headers["etag"], body) == (304, etag, b"")
    assert reader.get("/s/halyard/", accept_encoding="br", if_none_match='"another"')[0] == 200


def test_head_answers_with_the_headers_alone(published, reader):
    status, headers, body = reader.get("/s/halyard/", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 1000


def test_every_page_carries_its_policy_and_json_may_be_read_by_any_site(published, reader):
    page = reader.get("/s/halyard/")[1]
    assert "script-src 'self'" in page["content-security-policy"]
    assert "'unsafe-inline'" not in page["content-security-policy"]
    assert page["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in page
    for path in ("api/v2/summary.json", "api/v2/incidents/unresolved.json", "history.atom"):
        assert reader.get(f"/s/halyard/{path}")[1]["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "path",
    [
        "/s/halyard/nothing",
        "/s/halyard",
        "/s/other/",
        "/s/../",
        "/s/halyard/../../db.sqlite3",
        "/s/halyard/manifest.json",
        "/s/halyard/subscribe/",
        "/",
        "/s/",
    ],
)
def test_what_is_not_published_is_passed_on(published, reader, path):
    assert reader.get(path)[0] == 418
    assert reader.passed_on == 1


def test_what_is_not_reading_is_passed_on(published, reader):
    assert reader.get("/s/halyard/", "POST")[0] == 418


def test_a_new_generation_shows_once_the_pointer_is_looked_at_again(published, reader, monkeypatch):
    monkeypatch.setattr(serving, "BELIEVED_FOR", 600.0)
    assert b"All systems operational" in reader.get("/s/halyard/")[2]
    component_status.set_status(published.components.get(slug="payouts"), "major_outage", by=SYSTEM)
    publishing.publish(published.pk)
    assert b"All systems operational" in reader.get("/s/halyard/")[2]
    monkeypatch.setattr(serving, "BELIEVED_FOR", 0.0)
    assert b"Partial System Outage" in reader.get("/s/halyard/")[2]


def test_the_page_outlives_its_folder(published, reader, monkeypatch, settings, tmp_path):
    reader.get("/s/halyard/")
    settings.PUBLISH_DIR = tmp_path
    monkeypatch.setattr(serving, "BELIEVED_FOR", 0.0)
    assert reader.get("/s/halyard/")[0] == 200


def test_assets_are_kept_for_good_and_pages_for_seconds(published, reader):
    html = reader.get("/s/halyard/")[2].decode()
    sheet = html.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in reader.get(sheet)[1]["cache-control"]
    assert reader.get("/s/halyard/")[1]["cache-control"].startswith("public, max-age=3")


def test_django_serves_the_same_where_no_short_cut_stands_in_front(published, reader, client):
    response = client.get("/s/halyard/api/v2/status.json")
    assert response.status_code == 200
    assert response.content == reader.get("/s/halyard/api/v2/status.json")[2]
    again = client.get("/s/halyard/api/v2/status.json", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


def test_an_unknown_page_is_404_and_one_not_yet_published_says_so(page, client):
    assert client.get("/s/nowhere/").status_code == 404
    response = client.get("/s/halyard/")
    assert response.status_code == 503
    assert b"Not published yet" in response.content
    staleness.mark(page)


def test_an_incident_too_old_for_a_generation_is_rendered_when_asked_for(published, client):
    long_ago = timezone.now() - timedelta(days=200)
    told = PublicIncident.objects.create(
        page=published, title="Long ago", status="resolved", started_at=long_ago, resolved_at=long_ago
    )
    staleness.mark(published)
    publishing.publish(published.pk)
    assert store.current("halyard").find(f"incidents/{told.public_id}/") is None
    assert b"Long ago" in client.get(told.path).content
    assert client.get("/s/halyard/incidents/nothing/").status_code == 404
