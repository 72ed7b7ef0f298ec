"""`manage.py run`: one command starts all of it, keeps it up, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.services.product import ROOT, Product, running, wait_for

PARTS = ("web", "urgent", "bulk", "broker")


def test_it_serves_the_page_and_prints_how_to_come_in(tmp_path: Path) -> None:
    with running(tmp_path / "product") as product:
        page = wait_for(lambda: _page(product), seconds=20, what="the public page")
        assert b"Halyard" in page
        assert f"{product.url}/s/halyard/" in product.log
        link = product.get(product.sign_in_link)
        assert link.status == 200
        assert b"<form" in link.body


def _page(product: Product) -> bytes:
    answer = product.get("/s/halyard/")
    return answer.body if answer.status == 200 else b""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_stopping_leaves_no_process(tmp_path: Path, sign: int) -> None:
    with running(tmp_path / "product", DEMO="0") as product:
        assert all(product.pids(part) for part in PARTS)
        assert int((product.var / "run.pid").read_text()) == product.process.pid
        assert product.stop(sign) == 0
        assert product.pids() == []
        assert not (product.var / "run.pid").exists()


def test_killing_the_supervisor_leaves_no_orphan_and_the_next_start_works(tmp_path: Path) -> None:
    with running(tmp_path / "product", DEMO="0") as product:
        product.wait_for_lanes()
        product.process.kill()
        product.process.wait()
        wait_for(lambda: not product.pids(), seconds=15, what="all processes ending with their supervisor")
        product.process = None
        begun = time.monotonic()
        product.start()
        assert time.monotonic() - begun < 15
        assert product.get("/healthz").status == 200


@pytest.mark.parametrize("part", PARTS)
def test_what_dies_is_started_again(tmp_path: Path, part: str) -> None:
    with running(tmp_path / "product", DEMO="0") as product:
        gone = product.kill(part)
        wait_for(lambda: set(product.pids(part)) - set(gone), seconds=15, what=f"a new {part}")
        wait_for(product._is_up, seconds=20, what="the product being ready again")
        product.wait_for_lanes()
        assert product.get("/healthz").status == 200


def test_a_second_start_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with running(tmp_path / "product", DEMO="0") as product:
        second = _run(product, PORT=str(product.port + 1))
        assert second.returncode != 0
        assert "already running" in second.stderr
        assert product.get("/healthz").status == 200


def test_a_port_in_use_is_said_in_a_sentence(tmp_path: Path) -> None:
    product = Product(tmp_path / "product", {"DEMO": "0"})
    with socket.socket() as other:
        other.bind(("127.0.0.1", product.port))
        other.listen()
        refused = _run(product)
    assert refused.returncode != 0
    assert f"Port {product.port}" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("SITE_URL", "ops.example.org"), ("EMAIL_URL", "mail.example.org"), ("DATABASE_URL", "nonsense://x")],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence(tmp_path: Path, name: str, value: str) -> None:
    refused = _run(Product(tmp_path / "product", {name: value}))
    assert refused.returncode != 0
    assert name in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_second_start_is_quick_and_keeps_what_was_there(tmp_path: Path) -> None:
    with running(tmp_path / "product") as product:
        people = product.script("from roles.models import User; print(User.objects.count())")
        product.stop()
        begun = time.monotonic()
        product.start()
        assert time.monotonic() - begun < 12
        assert product.script("from roles.models import User; print(User.objects.count())") == people


def test_an_empty_start_offers_a_link_that_sets_it_up_once(tmp_path: Path) -> None:
    with running(tmp_path / "product", DEMO="0") as product:
        assert "/accounts/setup/" in product.log
        assert (
            product.script("from roles.models import User; print(User.objects.filter(is_superuser=False).count())")
            == "0"
        )


def test_state_is_closed_to_others_and_the_key_is_its_own(tmp_path: Path) -> None:
    with running(tmp_path / "product", DEMO="0") as product:
        assert (product.var.stat().st_mode & 0o077) == 0
        assert ((product.var / "secret_key").stat().st_mode & 0o077) == 0
        assert (os.stat(product.var / "broker.sock").st_mode & 0o077) == 0


def _run(product: Product, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "run"],
        cwd=ROOT,
        env=product.environment | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
