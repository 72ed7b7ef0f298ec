"""A public update to six hundred readers, with workers or the broker killed in the middle of it."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.product import Product, running, wait_for
from tests.services.servers import Mailbox, mail_server

READERS = 600
TITLE = "Payouts are late"
#: Rows that two sender threads hold claimed at once: only these may be sent a second time.
IN_FLIGHT = 2 * 200

SUBSCRIBE = f"""
from django.utils import timezone
from statuspage.models import StatusPage, Subscriber
page = StatusPage.objects.get(slug="halyard")
Subscriber.objects.all().delete()
Subscriber.objects.bulk_create(
    Subscriber(page=page, channel="email", address=f"many{{n}}@subscribers.example", confirmed_at=timezone.now())
    for n in range({READERS})
)
"""


@pytest.fixture
def mailbox_and_product(tmp_path: Path, settings_of: dict[str, str]) -> Iterator[tuple[Mailbox, Product]]:
    with (
        mail_server(delay_s=0.004) as (mailbox, url),
        running(tmp_path / "product", EMAIL_URL=url, **settings_of) as product,
    ):
        product.script(SUBSCRIBE)
        product.wait_for_lanes()
        yield mailbox, product


@pytest.mark.parametrize("parts", [("urgent", "bulk"), ("broker",)], ids=["both workers killed", "broker killed"])
def test_nobody_is_left_out_and_only_what_was_in_flight_is_repeated(
    mailbox_and_product: tuple[Mailbox, Product], parts: tuple[str, ...]
) -> None:
    mailbox, product = mailbox_and_product
    if parts == ("broker",) and not product.pids("broker"):
        parts = ("bulk",)  # the Redis of this machine is not ours to kill
    announce(product)
    wait_for(lambda: len(mailbox.counts(TITLE)) > 60, seconds=30, what="the first letters", log=lambda: product.log)
    for part in parts:
        product.kill(part)
    at_the_kill = len(mailbox.counts(TITLE))
    assert at_the_kill < READERS, "the kill came too late to prove anything"
    wait_for(
        lambda: len(mailbox.counts(TITLE)) == READERS,
        seconds=120,
        what=f"a letter to each of {READERS}",
        log=lambda: f"{len(mailbox.counts(TITLE))} came\n{product.log[-4000:]}",
    )
    time.sleep(3)
    counts = mailbox.counts(TITLE)
    assert set(counts) == {f"many{n}@subscribers.example" for n in range(READERS)}
    assert sum(counts.values()) - READERS <= IN_FLIGHT
    assert max(counts.values()) <= 2
    states = product.script(
        "from notifications.models import Message;"
        "from collections import Counter;"
        "print(Counter(Message.objects.filter(address__startswith='many').values_list('state', flat=True)))"
    )
    assert states == f"Counter({{'sent': {READERS}}})"


def test_while_the_broker_hangs_a_click_is_answered_and_afterwards_all_goes_out(tmp_path: Path) -> None:
    with mail_server() as (mailbox, url), running(tmp_path / "product", EMAIL_URL=url) as product:
        product.wait_for_lanes()
        key = open_incident(product)
        broker = product.kill("broker", signal.SIGSTOP)
        try:
            answer = product.post(f"/api/v1/incidents/{key}/moves/", {"verb": "identify"}, by="amara")
            again = product.post(
                f"/api/v1/incidents/{key}/timeline/", {"kind": "note", "body": "Found it."}, by="amara"
            )
        finally:
            for pid in broker:
                os.kill(pid, signal.SIGCONT)
        assert answer.status == 200, answer.body
        assert again.status == 201, again.body
        assert answer.seconds < 1.5
        assert again.seconds < 1.5
        wait_for(
            lambda: mailbox.counts("Payouts").get("reader01@subscribers.example"),
            seconds=60,
            what="the move reaching a subscriber",
            log=lambda: product.log[-4000:],
        )


def open_incident(product: Product, *, services: tuple[str, ...] = ("payouts",)) -> str:
    """A new incident of amara's, commanded by her; with the service it is seen on the page. Answers its key."""
    opened = product.post(
        "/api/v1/incidents/", {"title": TITLE, "severity": "SEV4", "services": list(services)}, by="amara"
    )
    assert opened.status == 201, opened.body
    key = str(opened.json["key"])
    seat = product.post(f"/api/v1/incidents/{key}/roster/", {"role": "commander", "user": "amara"}, by="amara")
    assert seat.status in {200, 201}, seat.body
    return key


def announce(product: Product) -> None:
    """Publishes one update to everybody who listens, of an incident that the page does not tell of by itself."""
    key = open_incident(product, services=())
    drafted = product.post(
        f"/api/v1/incidents/{key}/updates/",
        {
            "audience": "public",
            "page": "halyard",
            "title": TITLE,
            "status": "identified",
            "body": "Payouts leave later than usual. None is lost.",
            "components": {"payouts": "degraded_performance"},
        },
        by="amara",
    )
    assert drafted.status == 201, drafted.body
    published = product.post(f"/api/v1/incidents/{key}/updates/{drafted.json['id']}/publish/", by="amara")
    assert published.status == 200, published.body
