"""People who click at the same moment: one wins, the others are told, and nothing happens twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.services.product import Answer, Product
from tests.services.test_fan_out import open_incident

AT_ONCE = 8


@pytest.fixture
def key(running_product: Product) -> str:
    return open_incident(running_product)


def test_of_eight_who_move_it_at_once_one_does_and_seven_are_told(running_product: Product, key: str) -> None:
    path = f"/api/v1/incidents/{key}/moves/"
    answers = _at_once(running_product, lambda: running_product.post(path, {"verb": "identify"}, by="amara"))
    assert sorted(answer.status for answer in answers) == [200] + [409] * (AT_ONCE - 1)
    refused = next(answer for answer in answers if answer.status == 409)
    assert "Amara Okafor" in str(refused.json["detail"])
    entries = running_product.get(f"/api/v1/incidents/{key}/timeline/", by="amara").json["results"]
    assert [entry["kind"] for entry in entries].count("moved") == 1


def test_of_eight_who_take_a_seat_at_once_one_sits(running_product: Product, key: str) -> None:
    people = ["priya", "tomas", "mei", "sam", "ben", "lucia", "olu", "dev"]
    running_product.tokens_for("amara")
    path = f"/api/v1/incidents/{key}/roster/"

    def take(person: str) -> Answer:
        return running_product.post(path, {"role": "tech_lead", "user": person}, by="amara")

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(take, people))
    assert sorted(answer.status for answer in answers) == [201] + [409] * (len(people) - 1)
    seats = running_product.get(path, by="amara").json
    held = [seat for seat in seats["results"] if seat["role"] == "tech_lead" and seat["state"] == "held"]
    assert len(held) == 1


def test_of_eight_who_correct_one_entry_at_once_one_does(running_product: Product, key: str) -> None:
    path = f"/api/v1/incidents/{key}/timeline/"
    running_product.post(f"/api/v1/incidents/{key}/roster/", {"role": "scribe", "user": "elif"}, by="elif")
    written = running_product.post(path, {"body": "At 02:14."}, by="elif").json["id"]
    correct = f"{path}{written}/supersede/"
    answers = _at_once(running_product, lambda: running_product.post(correct, {"body": "At 02:41."}, by="elif"))
    assert sorted(answer.status for answer in answers) == [201] + [409] * (AT_ONCE - 1)


def test_the_same_alert_sent_eight_times_at_once_opens_one_incident(running_product: Product) -> None:
    url = str(running_product.get("/api/v1/alert-sources/", by="amara").json["results"][0]["url"])
    body = {
        "version": "4",
        "status": "firing",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "LedgerDown", "severity": "critical", "service": "eu-ledger"},
                "annotations": {"summary": "The ledger does not answer"},
                "startsAt": "2026-11-23T02:00:00Z",
                "fingerprint": "feed5eed0000cafe",
            }
        ],
    }
    alertmanager = next(
        str(source["url"])
        for source in running_product.get("/api/v1/alert-sources/", by="amara").json["results"]
        if source["kind"] == "alertmanager"
    )
    assert url
    answers = _at_once(running_product, lambda: running_product.post(alertmanager, body))
    assert {answer.status for answer in answers} == {202}
    running_product.wait_for_lanes()
    opened = _opened(running_product)
    assert opened == 1


def _opened(product: Product) -> int:
    code = (
        "import time\n"
        "from incidents.models import Incident, Payload\n"
        "for _ in range(100):\n"
        "    if not Payload.objects.filter(state='received').exists(): break\n"
        "    time.sleep(0.1)\n"
        "print(Incident.objects.filter(dedup_key__contains='feed5eed0000cafe').count())"
    )
    return int(product.script(code))


def _at_once(product: Product, act: object) -> list[Answer]:
    product.tokens_for("amara")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [future.result() for future in [pool.submit(act) for _ in range(AT_ONCE)]]  # type: ignore[arg-type]


def test_of_two_who_merge_each_into_the_other_one_wins(running_product: Product) -> None:
    first, second = open_incident(running_product, services=()), open_incident(running_product, services=())
    running_product.tokens_for("amara")

    def merge(pair: tuple[str, str]) -> Answer:
        body = {"verb": "merge", "into": pair[1], "reason": "The same queue is behind both."}
        return running_product.post(f"/api/v1/incidents/{pair[0]}/moves/", body, by="amara")

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(merge, [(first, second), (second, first)]))
    assert sorted(answer.status for answer in answers) == [200, 409]
    states = [running_product.get(f"/api/v1/incidents/{key}/", by="amara").json["state"] for key in (first, second)]
    assert sorted(states) == ["investigating", "merged"]
