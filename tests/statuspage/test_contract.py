import json

import pytest

from roles.policy import SYSTEM
from statuspage import component_status, contract, publishing, snapshot, store
from statuspage.models import StatusPage

OK, M, D, P, X = "operational", "under_maintenance", "degraded_performance", "partial_outage", "major_outage"


@pytest.mark.parametrize(
    ("statuses", "indicator", "description"),
    [
        ([], "none", "All Systems Operational"),
        ([OK, OK], "none", "All Systems Operational"),
        ([X, X], "critical", "Major System Outage"),
        ([X, OK], "major", "Partial System Outage"),
        ([X, P], "major", "Partial System Outage"),
        ([P, P], "major", "Partial System Outage"),
        ([P, OK], "minor", "Minor Service Outage"),
        ([P, D], "minor", "Minor Service Outage"),
        ([D, D], "minor", "Degraded System Service"),
        ([D, OK], "minor", "Partially Degraded Service"),
        ([D, M], "minor", "Partially Degraded Service"),
        ([M, OK], "maintenance", "Service Under Maintenance"),
        ([M, M], "maintenance", "Service Under Maintenance"),
    ],
)
def test_the_headline_follows_the_table(statuses, indicator, description):
    assert contract.headline(statuses) == (indicator, description)


def test_impact_is_that_of_the_whole_page_and_never_falls():
    assert contract.impact([X], of=12) == "major"
    assert contract.impact([X], of=1) == "critical"
    assert contract.impact([D], of=12) == "minor"
    assert contract.impact([OK], of=12, at_least="major") == "major"


def test_every_document_has_its_arrays_even_when_nothing_is_wrong(page):
    documents = contract.documents(snapshot.read(page.pk))
    assert documents["summary.json"].keys() == {"page", "components", "incidents", "scheduled_maintenances", "status"}
    assert documents["summary.json"]["incidents"] == []
    assert documents["incidents/unresolved.json"]["incidents"] == []
    assert documents["scheduled-maintenances/active.json"]["scheduled_maintenances"] == []
    assert documents["status.json"]["status"] == {"indicator": "none", "description": "All Systems Operational"}


def test_a_component_has_exactly_the_fields_that_clients_read(page):
    component = contract.documents(snapshot.read(page.pk))["components.json"]["components"][0]
    assert component.keys() == {
        "id", "name", "status", "created_at", "updated_at", "position", "description", "showcase", "start_date",
        "group_id", "page_id", "group", "only_show_if_degraded",
    }  # fmt: skip
    assert (component["name"], component["status"], component["group"]) == ("Card payments", OK, False)
    assert component["updated_at"].endswith("Z")


def test_what_is_published_is_what_the_component_is(page: StatusPage):
    component_status.set_status(page.components.get(slug="payouts"), X, by=SYSTEM)
    assert publishing.publish(page.pk)
    generation = store.current("halyard")
    status = json.loads(generation.read("api/v2/status.json"))
    assert status["status"] == {"indicator": "major", "description": "Partial System Outage"}
