"""deploy/nginx.conf in a real nginx: the page from its folder, the rest passed on, and the page outlives us."""

import gzip
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.product import ROOT, Answer, Product, free_port, running, wait_for

PAGE = "/s/halyard/"
FILES = {
    PAGE: "text/html",
    f"{PAGE}history/": "text/html",
    f"{PAGE}api/v2/summary.json": "application/json",
    f"{PAGE}api/v2/status.json": "application/json",
    f"{PAGE}history.atom": "application/atom+xml",
    f"{PAGE}brand.css": "text/css",
}


def nginx_binary() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert found, "nginx is missing: apt install nginx-light"
    return found


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    with running(tmp_path / "product", BEHIND_PROXY="1") as product:
        wait_for(lambda: product.get(PAGE).status == 200, seconds=20, what="the first generation")
        yield product


@pytest.fixture
def nginx(tmp_path: Path, product: Product) -> Iterator[str]:
    """The address of nginx in front of the product, with our own file but for addresses and folders."""
    port = free_port()
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    for ours, here in (
        ("server web-1:8000", f"server 127.0.0.1:{product.port}"),
        ("server web-2:8000", f"server 127.0.0.1:{product.port}"),
        ("listen 8080", f"listen 127.0.0.1:{port}"),
        ("/var/lib/incidentops/published", str(product.var / "published")),
    ):
        assert ours in site
        site = site.replace(ours, here)
    folder = tmp_path / "nginx"
    folder.mkdir()
    (folder / "site.conf").write_text(site)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; user root; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off;\n{temporary}include {folder}/site.conf; }}\n"
    )
    process = subprocess.Popen([nginx_binary(), "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: _ask(f"{address}/nginx-alive").status == 204, seconds=10, what="nginx")
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _ask(url: str, **headers: str) -> Answer:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Answer(answer.status, answer.read(), 0.0)
    except urllib.error.HTTPError as refusal:
        return Answer(refusal.code, refusal.read(), 0.0)
    except OSError:
        return Answer(0, b"", 0.0)


def _type(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.headers.get_content_type())


def test_the_page_and_all_that_belongs_to_it_outlive_the_product(nginx: str, product: Product) -> None:
    before = {path: _ask(nginx + path).body for path in FILES}
    assert b"Halyard" in before[PAGE]
    product.stop()
    assert {path: _ask(nginx + path).body for path in FILES} == before
    assert {path: _type(nginx + path) for path in FILES} == FILES
    assert _ask(f"{nginx}/").status in {502, 504}


def test_compressed_twins_are_sent_as_they_lie_there(nginx: str, product: Product) -> None:
    plain, packed = _ask(nginx + PAGE), _ask(nginx + PAGE, **{"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.body) == plain.body
    assert (product.var / "published" / "halyard" / "current" / "index.html.gz").read_bytes() == packed.body


def test_forms_and_the_dashboard_are_passed_on(nginx: str) -> None:
    assert b"<form" in _ask(f"{nginx}{PAGE}subscribe/").body
    assert b"<form" in _ask(f"{nginx}/accounts/login/").body
    assert _ask(f"{nginx}/s/nowhere/").status == 404


def test_a_path_that_climbs_out_of_the_folder_finds_nothing(nginx: str, product: Product) -> None:
    for path in ("/s/halyard/../../db.sqlite3", "/s/halyard/%2e%2e/%2e%2e/%2e%2e/db.sqlite3", "/s/../secret_key"):
        answer = _ask(nginx + path)
        assert answer.status in {302, 400, 404} or b"<form" in answer.body
        assert b"SQLite format" not in answer.body
