"""Groups, chats, questions to the team and boards for programs."""

from collections.abc import Callable

from django.test import Client

from incidents.communication import groups, mirrors, questions
from incidents.models import BoardLink, Incident, StakeholderGroup
from notifications import chat_hooks
from roles.models import User
from roles.policy import SYSTEM

Program = Callable[[User], Client]
JSON = "application/json"
URL = "https://hooks.slack.example/services/T0/B0/secret-k7Qx"


def test_groups_are_listed_made_and_changed(administrator: User, bystander: User, api_of: Program) -> None:
    api = api_of(administrator)
    body = {"name": "Executives", "kind": "executive", "members": ["ben"], "addresses": ["Chair@nordlys.example"]}
    made = api.post("/api/v1/stakeholder-groups/", body, content_type=JSON)
    assert made.status_code == 201
    assert made.json() == {
        "slug": "executives",
        "name": "Executives",
        "kind": "executive",
        "members": ["ben"],
        "addresses": ["chair@nordlys.example"],
        "services": [],
        "least_severity": "SEV5",
        "is_active": True,
        "version": 1,
    }
    changed = api.patch("/api/v1/stakeholder-groups/executives/", {"is_active": False, "version": 1}, content_type=JSON)
    assert (changed.status_code, changed.json()["is_active"]) == (200, False)
    late = api.patch("/api/v1/stakeholder-groups/executives/", {"name": "Late", "version": 1}, content_type=JSON)
    assert (late.status_code, late.json()["theirs"]) == (409, {"name": "Executives"})
    assert [row["slug"] for row in api_of(bystander).get("/api/v1/stakeholder-groups/").json()["results"]] == [
        "executives"
    ]
    refused = api_of(bystander).post("/api/v1/stakeholder-groups/", body, content_type=JSON)
    assert refused.status_code == 403
    assert StakeholderGroup.objects.count() == 1


def test_the_address_of_a_chat_goes_in_and_never_out(administrator: User, api_of: Program) -> None:
    api = api_of(administrator)
    made = api.post(
        "/api/v1/chat-mirrors/",
        {"kind": "teams", "name": "Leadership", "url": URL, "audiences": ["executive"], "events": ["ended"]},
        content_type=JSON,
    )
    assert made.status_code == 201
    told = made.json()
    assert (told["kind"], told["audiences"], told["address"]) == ("teams", ["executive"], "hooks.slack.example/…k7Qx")
    address = f"/api/v1/chat-mirrors/{told['id']}/"
    changed = api.patch(address, {"url": f"{URL}2", "is_active": False}, content_type=JSON)
    assert changed.json()["is_active"] is False
    tried = api.post(f"{address}test/", {}, content_type=JSON)
    assert (tried.status_code, "switched off" in tried.json()["detail"]) == (409, True)
    for answer in (made, changed, api.get("/api/v1/chat-mirrors/")):
        assert "secret" not in answer.content.decode()


def test_a_chat_without_anything_to_read_is_refused_by_field(administrator: User, api_of: Program) -> None:
    body = {"kind": "slack", "name": "#x", "audiences": [], "events": []}
    answer = api_of(administrator).post("/api/v1/chat-mirrors/", body, content_type=JSON)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["audiences"])


def test_trouble_of_a_chat_is_told_to_those_who_keep_words_alone(
    administrator: User, bystander: User, api_of: Program
) -> None:
    mirror = mirrors.add(by=SYSTEM, kind="slack", name="#x")
    chat_hooks.failed(mirror.hook, "The chat answered 404.", is_refusal=True)
    (row,) = api_of(administrator).get("/api/v1/chat-mirrors/").json()["results"]
    assert row["trouble"] == "The chat answered 404."
    assert api_of(bystander).get("/api/v1/chat-mirrors/").status_code == 403


def test_a_question_goes_its_way(
    incident: Incident, comms_lead: User, tech_lead: User, bystander: User, api_of: Program
) -> None:
    address = f"/api/v1/incidents/{incident.key}/team-questions/"
    asked = api_of(bystander).post(address, {"question": "Is data lost?"}, content_type=JSON).json()
    assert (asked["state"], asked["asked_by"], asked["is_overdue"]) == ("open", "ben", False)
    mine = f"{address}{asked['id']}/"
    jonas = api_of(comms_lead)
    assert jonas.patch(mine, {"owner": "priya"}, content_type=JSON).json()["owner"] == "priya"
    answered = api_of(tech_lead).post(f"{mine}answer/", {"answer": "None is."}, content_type=JSON)
    assert (answered.json()["answer"], answered.json()["answered_by"]) == ("None is.", "priya")
    assert jonas.patch(mine, {"is_shared": True}, content_type=JSON).json()["is_shared"] is True
    again = jonas.post(f"{mine}decline/", {"reason": "Late."}, content_type=JSON)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert api_of(bystander).get(address).json()["results"][0]["answer"] == "None is."


def test_a_board_is_shared_listed_and_taken_back(
    incident: Incident, comms_lead: User, bystander: User, api_of: Program
) -> None:
    address, jonas = f"/api/v1/incidents/{incident.key}/boards/", api_of(comms_lead)
    made = jonas.post(address, {"name": "Auditors", "hours": 4}, content_type=JSON).json()
    path = made["url"].partition("/board/")[2]
    assert Client().get(f"/board/{path}").status_code == 200
    assert [row["name"] for row in jonas.get(address).json()["results"]] == ["Auditors"]
    assert api_of(bystander).get(address).status_code == 403
    assert jonas.post(address, {"name": "Long", "hours": 169}, content_type=JSON).status_code == 400
    assert jonas.delete(f"{address}{made['id']}/").status_code == 200
    assert Client().get(f"/board/{path}").status_code == 404
    assert BoardLink.objects.get().revoked_at is not None


def test_a_field_that_cannot_be_set_is_named(administrator: User, incident: Incident, api_of: Program) -> None:
    groups.add(by=SYSTEM, name="Executives")
    questions.ask(incident, by=SYSTEM, question="Is data lost?")
    answer = api_of(administrator).patch("/api/v1/stakeholder-groups/executives/", {"slug": "other"}, content_type=JSON)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["slug"])
