"""The main road through real processes: an alert becomes an incident, a text is approved, readers and page know.

Once on the product's own parts, once on PostgreSQL and Redis. Mail and texts go to servers of the test.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.product import Product, running, wait_for
from tests.services.servers import Mailbox, Phones, mail_server, phone_server

E_MAILS = {f"reader{number:02d}@subscribers.example" for number in range(1, 41)}
NUMBERS = {f"+1500555{number:04d}" for number in range(1, 7)}
#: From the click to the last reader.
PROMPT_S = 5.0


@dataclass
class World:
    product: Product
    mailbox: Mailbox
    phones: Phones


@pytest.fixture
def world(tmp_path: Path, settings_of: dict[str, str]) -> Iterator[World]:
    with (
        mail_server() as (mailbox, url),
        phone_server() as (phones, twilio),
        running(tmp_path / "product", EMAIL_URL=url, **twilio, **settings_of) as product,
    ):
        product.wait_for_lanes()
        product.tokens_for("amara", "jonas", "kenji")
        yield World(product, mailbox, phones)


def test_an_alert_becomes_news_for_every_reader(world: World) -> None:
    product = world.product
    source = _source(product, "alertmanager")
    for _ in range(2):
        assert product.post(source, _notification("firing")).status == 202
    key = wait_for(lambda: _incident_of_the_alert(product), seconds=10, what="one incident", log=lambda: product.log)
    incident = product.get(f"/api/v1/incidents/{key}/", by="amara").json
    assert incident["state"] == "triage"
    wait_for(lambda: world.mailbox.to("amara@halyard.example"), seconds=10, what="a message to the qualified commander")

    product.request("PATCH", f"/api/v1/incidents/{key}/", {"severity": "SEV1"}, by="amara")
    for role, person in (("commander", "amara"), ("comms_lead", "jonas"), ("status_page_manager", "kenji")):
        answer = product.post(f"/api/v1/incidents/{key}/roster/", {"role": role, "user": person}, by="amara")
        assert answer.status == 201, answer.body
    assert product.request("PATCH", f"/api/v1/incidents/{key}/", {"severity": "SEV1"}, by="amara").status == 200
    assert product.post(f"/api/v1/incidents/{key}/moves/", {"verb": "declare"}, by="amara").status == 200

    updates = f"/api/v1/incidents/{key}/updates/"
    words = {
        "audience": "public",
        "page": "halyard",
        "title": "Payouts are not sent",
        "status": "investigating",
        "body": "Payouts are not being sent. We are looking into it and keep all of them.",
        "components": {"payouts": "major_outage"},
    }
    drafted = product.post(updates, words, by="jonas")
    assert drafted.status == 201, drafted.body
    one = f"{updates}{drafted.json['id']}/"
    assert product.post(f"{one}submit/", by="jonas").status == 200
    assert product.post(f"{one}approve/", by="jonas").status == 403
    assert product.post(f"{one}approve/", by="amara").status == 200
    assert product.post(f"{one}publish/", by="kenji").status == 200

    _everybody_knows(world, "Payouts are not sent")
    assert "Payouts are not sent" in _page(product)
    summary = product.get("/s/halyard/api/v2/summary.json").json
    assert {item["name"]: item["status"] for item in summary["components"]}["Payouts"] == "major_outage"
    assert "Payouts are not sent" in product.get("/s/halyard/history.atom").body.decode()


def test_a_move_alone_tells_seat_holders_readers_and_page(world: World) -> None:
    product = world.product
    opened = product.post(
        "/api/v1/incidents/", {"title": "Late payouts", "severity": "SEV4", "services": ["payouts"]}, by="amara"
    )
    key = opened.json["key"]
    for role, person in (("commander", "amara"), ("tech_lead", "priya")):
        product.post(f"/api/v1/incidents/{key}/roster/", {"role": role, "user": person}, by="amara")
    before = len(world.mailbox.letters)
    assert product.post(f"/api/v1/incidents/{key}/moves/", {"verb": "identify"}, by="amara").status == 200
    wait_for(
        lambda: {address for address, _ in world.mailbox.letters[before:]} >= E_MAILS | {"priya@halyard.example"},
        seconds=PROMPT_S,
        what="seat holder and readers by mail",
        log=lambda: product.log[-4000:],
    )
    priya = product.script("from roles.models import User; print(User.objects.get(username='priya').phone.as_e164)")
    wait_for(
        lambda: world.phones.counts().keys() >= NUMBERS | {priya},
        seconds=PROMPT_S,
        what="the same by text",
        log=lambda: f"{priya} {world.phones.counts()}\n{product.log[-4000:]}",
    )
    wait_for(lambda: '"identified"' in _summary(product), seconds=PROMPT_S, what="the page's JSON")


def test_the_same_move_at_sev1_waits_for_approval(world: World) -> None:
    product = world.product
    opened = product.post(
        "/api/v1/incidents/", {"title": "No payouts", "severity": "SEV1", "services": ["payouts"]}, by="amara"
    )
    key = opened.json["key"]
    product.post(f"/api/v1/incidents/{key}/roster/", {"role": "commander", "user": "amara"}, by="amara")
    assert product.post(f"/api/v1/incidents/{key}/moves/", {"verb": "identify"}, by="amara").status == 200

    def drafts() -> list[object]:
        rows = product.get(f"/api/v1/incidents/{key}/updates/", by="amara").json["results"]
        assert isinstance(rows, list)
        return [row for row in rows if row["status"] == "identified" and row["state"] == "draft"]

    wait_for(drafts, seconds=10, what="a draft that waits", log=lambda: product.log[-4000:])
    assert not set(world.mailbox.counts()) & E_MAILS


def test_who_left_before_it_was_sent_gets_nothing(world: World) -> None:
    product = world.product
    product.kill("bulk", 19)  # held still: what is queued stays queued
    opened = product.post(
        "/api/v1/incidents/", {"title": "Late payouts", "severity": "SEV4", "services": ["payouts"]}, by="amara"
    )
    key = opened.json["key"]
    product.post(f"/api/v1/incidents/{key}/roster/", {"role": "commander", "user": "amara"}, by="amara")
    product.post(f"/api/v1/incidents/{key}/moves/", {"verb": "identify"}, by="amara")
    waiting = (
        "from notifications.models import Message; print(Message.objects.filter(state='queued', lane='bulk').count())"
    )
    wait_for(lambda: int(product.script(waiting)) >= len(E_MAILS), seconds=20, what="queued letters")
    product.script(
        "from statuspage import subscriptions;"
        "from statuspage.models import Subscriber;"
        "subscriptions.unsubscribe(Subscriber.objects.get(address='reader07@subscribers.example'))"
    )
    product.kill("bulk", 18)
    wait_for(
        lambda: set(world.mailbox.counts()) >= E_MAILS - {"reader07@subscribers.example"},
        seconds=20,
        what="letters to the others",
        log=lambda: product.log[-4000:],
    )
    assert "reader07@subscribers.example" not in world.mailbox.counts()


def _everybody_knows(world: World, title: str) -> None:
    wait_for(
        lambda: set(world.mailbox.counts(title)) >= E_MAILS and set(world.phones.counts()) >= NUMBERS,
        seconds=PROMPT_S,
        what="every reader",
        log=lambda: f"{world.mailbox.counts()} {world.phones.counts()}\n{world.product.log[-4000:]}",
    )
    assert {address: n for address, n in world.mailbox.counts(title).items() if address in E_MAILS} == dict.fromkeys(
        E_MAILS, 1
    )
    assert {number: n for number, n in world.phones.counts().items() if number in NUMBERS} == dict.fromkeys(NUMBERS, 1)
    letter = world.mailbox.to("reader01@subscribers.example")[-1]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Unsubscribe"].startswith("<http")


def _page(product: Product) -> str:
    return wait_for(
        lambda: text if "Payouts are not sent" in (text := product.get("/s/halyard/").body.decode()) else "",
        seconds=PROMPT_S,
        what="the page",
    )


def _summary(product: Product) -> str:
    incidents = product.get("/s/halyard/api/v2/summary.json").json["incidents"]
    return json.dumps([incident for incident in incidents if "ayouts" in json.dumps(incident)])


def _source(product: Product, kind: str) -> str:
    sources = product.get("/api/v1/alert-sources/", by="amara").json["results"]
    return next(str(source["url"]) for source in sources if source["kind"] == kind)


def _incident_of_the_alert(product: Product) -> str:
    found = product.get("/api/v1/incidents/?state=triage", by="amara").json["results"]
    keys = [str(incident["key"]) for incident in found if incident["title"] == "Payouts stand still"]
    assert len(keys) < 2
    return keys[0] if keys else ""


def _notification(status: str) -> dict[str, object]:
    return {
        "version": "4",
        "groupKey": '{}:{alertname="PayoutsDown"}',
        "status": status,
        "receiver": "incidentops",
        "alerts": [
            {
                "status": status,
                "labels": {"alertname": "PayoutsDown", "severity": "critical", "service": "payouts"},
                "annotations": {"summary": "Payouts stand still"},
                "startsAt": "2026-11-23T02:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "fingerprint": "0123456789abcdef",
            }
        ],
    }
