"""Types, questions, tags and sorting by API."""

import pytest

from incidents import classification, taxonomy
from incidents.models import CustomField, IncidentType
from roles.policy import SYSTEM
from tests import make

INCIDENTS = "/api/v1/incidents/"


@pytest.fixture
def region(db):
    return taxonomy.add_field(by=SYSTEM, label="Region", kind="choice", choices=["EU", "US"])


def patch(client, path, **fields):
    return client.patch(path, fields, content_type="application/json")


def test_an_incident_is_sorted_and_says_how(tech_lead, incident, region, service, api_of):
    taxonomy.add_type(by=SYSTEM, name="Security")
    make.make_service("webhooks")
    answer = patch(
        api_of(tech_lead),
        f"{INCIDENTS}{incident.key}/",
        type="security",
        tags=["Limits"],
        services=["webhooks"],
        fields={"region": "EU"},
    )
    assert answer.status_code == 200
    for shown in (answer.json(), api_of(tech_lead).get(f"{INCIDENTS}{incident.key}/").json()):
        sorting = {name: shown[name] for name in ("type", "tags", "services", "fields")}
        assert sorting == {"type": "security", "tags": ["limits"], "services": ["webhooks"], "fields": {"region": "EU"}}
    assert patch(api_of(tech_lead), f"{INCIDENTS}{incident.key}/", type=None).json()["type"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "invented"},
        {"services": ["invented"]},
        {"tags": "limits"},
        {"fields": []},
        {"fields": {"region": [1]}},
        {"invented": 1},
    ],
)
def test_what_makes_no_sense_is_named(wrong, commander, incident, region, api_of):
    answer = patch(api_of(commander), f"{INCIDENTS}{incident.key}/", **wrong)
    assert answer.status_code in {400, 409}
    assert incident.entries.filter(kind="classified").count() == 0


def test_who_may_not_sort_it(bystander, outsider, incident, api_of):
    assert patch(api_of(bystander), f"{INCIDENTS}{incident.key}/", tags=["mine"]).status_code == 403
    assert patch(api_of(outsider), f"{INCIDENTS}{incident.key}/", tags=["mine"]).status_code == 404


def test_of_two_editors_the_second_gets_both_versions(commander, incident, api_of):
    classification.classify(incident, by=SYSTEM, tags=["theirs"])
    answer = patch(api_of(commander), f"{INCIDENTS}{incident.key}/", tags=["mine"], sorting_version=0)
    assert answer.status_code == 409


def test_a_private_type_is_declared_privately(bystander, api_of, db):
    taxonomy.add_type(by=SYSTEM, name="Security", is_private=True)
    made = api_of(bystander).post(INCIDENTS, {"title": "Names leak", "type": "security"}, "application/json").json()
    assert (made["type"], made["is_private"]) == ("security", True)


def test_the_list_takes_the_filters_of_the_page(bystander, incident, region, worker, api_of):
    classification.classify(incident, by=SYSTEM, tags=["limits"], answers={"region": "EU"})
    worker.run()
    client = api_of(bystander)
    for query in ("q=card+paym", "tag=limits", "field-region=EU", "state=active", "service=payments", "q=inc-1"):
        assert [one["key"] for one in client.get(f"{INCIDENTS}?{query}").json()["results"]] == [incident.key], query
    for query in ("q=zanzibar", "tag=none", "field-region=US", "private=true", "mine=true"):
        assert client.get(f"{INCIDENTS}?{query}").json()["results"] == [], query
    assert client.get(f"{INCIDENTS}?severity=SEV9").json()["fields"].keys() == {"severity"}
    assert client.get(f"{INCIDENTS}?since=never").status_code == 400


def test_types_and_questions_are_kept_by_those_who_may(administrator, commander, api_of):
    client = api_of(administrator)
    made = client.post("/api/v1/incident-types/", {"name": "Third party"}, "application/json")
    assert (made.status_code, made.json()["slug"]) == (201, "third-party")
    assert patch(client, "/api/v1/incident-types/third-party/", is_private=True).json()["is_private"] is True
    asked = {"label": "Vendor", "kind": "choice", "choices": ["A", "B"], "types": ["third-party"], "needed_to": "close"}
    made = client.post("/api/v1/custom-fields/", asked, "application/json")
    assert made.status_code == 201
    assert made.json() == {"slug": "vendor", "help_text": "", "is_active": True, "position": 0, **asked}
    assert patch(client, "/api/v1/custom-fields/vendor/", choices=["A"]).json()["choices"] == ["A"]
    assert patch(client, "/api/v1/custom-fields/vendor/", kind="text").status_code == 400
    assert patch(client, "/api/v1/custom-fields/invented/", label="X").status_code == 404
    for client in (api_of(commander), api_of(make.make_user("someone"))):
        assert client.get("/api/v1/custom-fields/").json()["results"][0]["slug"] == "vendor"
        assert client.post("/api/v1/incident-types/", {"name": "Mine"}, "application/json").status_code == 403
        assert client.post("/api/v1/custom-fields/", {"label": "Mine"}, "application/json").status_code == 403
        assert patch(client, "/api/v1/incident-types/third-party/", name="Mine").status_code == 403
        assert patch(client, "/api/v1/custom-fields/vendor/", label="Mine").status_code == 403
    assert (IncidentType.objects.get().name, CustomField.objects.get().label) == ("Third party", "Vendor")


def test_a_name_that_is_taken_is_refused(administrator, api_of):
    taxonomy.add_type(by=SYSTEM, name="Security")
    answer = api_of(administrator).post("/api/v1/incident-types/", {"name": "Security"}, "application/json")
    assert answer.status_code in {400, 409}


def test_tags_of_private_incidents_are_not_told(bystander, commander, incident, api_of):
    classification.classify(make.make_incident(title="Open"), by=SYSTEM, tags=["limits"])
    classification.classify(incident, by=SYSTEM, tags=["zanzibar"])
    type(incident).objects.filter(pk=incident.pk).update(is_private=True)
    names = [
        [one["name"] for one in api_of(who).get("/api/v1/tags/").json()["results"]] for who in (bystander, commander)
    ]
    assert names == [["limits"], ["limits", "zanzibar"]]


def test_views_are_kept_shared_and_deleted(bystander, commander, api_of):
    mine, theirs = api_of(bystander), api_of(commander)
    made = mine.post("/api/v1/views/", {"name": "Bad", "query": "severity=SEV1&past=3"}, "application/json")
    assert made.status_code == 201
    assert (made.json()["query"], made.json()["owner"]) == ("severity=SEV1", "ben")
    path = f"/api/v1/views/{made.json()['id']}/"
    assert theirs.get("/api/v1/views/").json()["results"] == []
    assert patch(mine, path, is_shared=True).json()["is_shared"] is True
    assert theirs.get("/api/v1/views/").json()["results"][0]["name"] == "Bad"
    assert patch(theirs, path, name="Mine").status_code == 403
    assert theirs.delete(path).status_code == 403
    assert mine.post("/api/v1/views/", {"name": "Bad", "query": ""}, "application/json").status_code == 409
    assert mine.delete(path).json()["name"] == "Bad"
    assert mine.get("/api/v1/views/").json() == {"results": [], "next": None}


@pytest.mark.parametrize(
    "path", ["/api/v1/incident-types/", "/api/v1/custom-fields/", "/api/v1/tags/", "/api/v1/views/"]
)
def test_lists_cost_the_same_for_one_and_for_three(path, bystander, incident, api_of, django_assert_num_queries):
    count = 3 if path.endswith("custom-fields/") else 2

    def add(number):
        kind = taxonomy.add_type(by=SYSTEM, name=f"Type {number}")
        taxonomy.add_field(by=SYSTEM, label=f"Question {number}", types=[kind])
        classification.classify(make.make_incident(title="One"), by=SYSTEM, tags=[f"tag{number}"])
        api_of(bystander).post("/api/v1/views/", {"name": f"View {number}", "query": ""}, "application/json")

    add(1)
    client = api_of(bystander)
    client.get(path)
    with django_assert_num_queries(count):
        client.get(path)
    add(2)
    add(3)
    with django_assert_num_queries(count):
        assert len(client.get(path).json()["results"]) == 3
