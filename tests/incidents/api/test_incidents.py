"""Incidents by API: opened, listed, read, put right and moved, by those who may."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import lifecycle
from incidents.models import Incident, IncidentKind, Kind, Severity, State
from roles.models import User
from roles.policy import SYSTEM
from tests import make
from tests.worker import Worker

LEAST = {"key", "title", "state", "severity", "kind"}


def test_a_declaration_opens_in_investigating(call, bystander: User, service):
    answer = call(bystander, "post", "incidents/", {"title": " Card payments  fail ", "services": ["payments"]})
    assert answer.status_code == 201
    said = answer.json()
    assert said.keys() >= LEAST
    assert (said["title"], said["state"], said["severity"], said["kind"]) == (
        "Card payments fail",
        "investigating",
        "SEV3",
        "real",
    )
    assert (said["services"], said["declared_by"], said["is_private"]) == (["payments"], bystander.username, False)
    assert Incident.objects.get(key=said["key"]).declared_by == bystander


def test_all_that_a_declaration_may_say(call, bystander: User):
    body = {"title": "x", "severity": "SEV1", "summary": "y", "state": "triage", "kind": "drill", "is_private": True}
    said = call(bystander, "post", "incidents/", body).json()
    assert {name: said[name] for name in body} == body


def test_a_stakeholder_declares_nothing(call, outsider: User):
    answer = call(outsider, "post", "incidents/", {"title": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "nul \x00"}, "title"),
        ({"title": "x", "severity": "SEV9"}, "severity"),
        ({"title": "x", "state": "resolved"}, "state"),
        ({"title": "x", "kind": "joke"}, "kind"),
        ({"title": "x", "services": ["nowhere"]}, "services"),
        ({"title": "x", "is_private": "perhaps"}, "is_private"),
        ({"title": "x", "declared_by": "amara"}, "declared_by"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused_by_field(call, bystander: User, body: dict, field: str):
    answer = call(bystander, "post", "incidents/", body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed"
    assert list(answer.json()["fields"]) == [field]
    assert not Incident.objects.exists()


def test_no_field_of_the_model_can_be_forged(call, commander: User, incident: Incident):
    before = Incident.objects.values().get()
    open_ones = {"title", "summary", "severity", "services", "state", "kind", "is_private"}
    for field in Incident._meta.get_fields():
        for method, path, allowed in (
            ("post", "incidents/", open_ones),
            ("patch", f"incidents/{incident.key}/", {"title", "summary", "severity", "version"}),
        ):
            if field.name not in allowed:
                answer = call(commander, method, path, {"title": "x", field.name: 1})
                assert (field.name, answer.status_code) == (field.name, 400)
                assert field.name in answer.json()["fields"]
    assert Incident.objects.values().get() == before


def test_the_list_is_newest_first_and_goes_on(call, bystander: User):
    keys = [make.make_incident(title=f"Number {n}").key for n in range(53)]
    first = call(bystander, "get", "incidents/").json()
    assert [one["key"] for one in first["results"]] == keys[:2:-1]
    path = first["next"].split("/api/v1/")[1]
    second = call(bystander, "get", path).json()
    assert [one["key"] for one in second["results"]] == keys[2::-1]
    assert (set(second), second["next"]) == ({"results", "next"}, None)


def test_the_list_is_narrowed(call, bystander: User, worker: Worker):
    one = make.make_incident(title="Card payments fail", severity=Severity.SEV2)
    two = make.make_incident(title="Search is slow", severity=Severity.SEV4, state=State.RESOLVED)
    worker.run()
    found = {
        query: [row["key"] for row in call(bystander, "get", f"incidents/?{query}").json()["results"]]
        for query in ("state=investigating", "severity=SEV4", "severity=SEV2,SEV4", "q=PAYMENTS+card", f"q={two.key}")
    }
    assert list(found.values()) == [[one.key], [two.key], [two.key, one.key], [one.key], [two.key]]
    assert call(bystander, "get", "incidents/?state=broken").status_code == 400


def test_the_list_costs_the_same_for_one_and_for_three(call, bystander: User, service):
    counts = []
    for more in (1, 2):
        for _ in range(more):
            make.make_incident(services=[service], by=bystander)
        call(bystander, "get", "incidents/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            call(bystander, "get", "incidents/")
        counts.append(len(queries))
    assert counts == [4, 4]


def test_a_private_incident_is_not_there_for_others(call, bystander: User, commander: User, incident: Incident):
    Incident.objects.update(is_private=True)
    assert call(bystander, "get", "incidents/").json()["results"] == []
    for path in ("", "moves/", "roster/", "timeline/", "updates/"):
        assert call(bystander, "get", f"incidents/{incident.key}/{path}").status_code == 404
        assert call(commander, "get", f"incidents/{incident.key}/{path}").status_code == 200
    hidden = call(bystander, "get", f"incidents/{incident.key}/").json()
    assert hidden == call(bystander, "get", "incidents/INC-999/").json()


def test_words_and_severity_are_put_right(call, commander: User, incident: Incident):
    body = {"title": "Cards fail", "summary": "Since ten.", "severity": "SEV2", "reason": "Fewer are hit."}
    said = call(commander, "patch", f"incidents/{incident.key}/", body).json()
    assert (said["title"], said["summary"], said["severity"]) == ("Cards fail", "Since ten.", "SEV2")
    kinds = list(incident.entries.order_by("number").values_list("kind", flat=True))[-2:]
    assert kinds == [Kind.EDITED, Kind.SEVERITY_CHANGED]


def test_who_may_not_move_may_not_put_right(call, bystander: User, scribe: User, incident: Incident):
    for person in (bystander, scribe):
        for body in ({"title": "Mine"}, {"severity": "SEV5"}):
            assert call(person, "patch", f"incidents/{incident.key}/", body).status_code == 403
    incident.refresh_from_db()
    assert (incident.title, incident.severity) == ("Card payments fail in the EU", "SEV1")


def test_a_patch_is_all_or_nothing(call, commander: User, incident: Incident):
    lifecycle.move(incident, "cancel", by=SYSTEM, reason="Was a false alarm.")
    answer = call(commander, "patch", f"incidents/{incident.key}/", {"title": "Other", "severity": "SEV5"})
    assert answer.status_code == 409
    incident.refresh_from_db()
    assert incident.title == "Card payments fail in the EU"


def test_the_open_moves_are_listed_with_what_they_lack(call, commander: User, bystander: User, incident: Incident):
    offers = call(commander, "get", f"incidents/{incident.key}/moves/").json()["results"]
    assert [offer["verb"] for offer in offers] == ["identify", "monitor", "resolve", "cancel", "merge"]
    assert set(offers[0]) == {"verb", "label", "target", "needs_reason", "needs_target", "checks", "unmet"}
    assert call(bystander, "get", f"incidents/{incident.key}/moves/").json() == {"results": [], "next": None}


def test_a_move_answers_with_the_incident(call, commander: User, incident: Incident):
    answer = call(commander, "post", f"incidents/{incident.key}/moves/", {"verb": "identify"})
    assert (answer.status_code, answer.json()["state"]) == (200, "identified")
    assert answer.json()["identified_at"] is not None


def test_a_move_from_a_state_that_has_changed_names_who_and_when(call, commander: User, incident: Incident):
    path = f"incidents/{incident.key}/moves/"
    call(commander, "post", path, {"verb": "identify"})
    answer = call(commander, "post", path, {"verb": "identify"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "moved by Amara" in answer.json()["detail"]
    assert "Investigating" in answer.json()["needed"]
    seen = call(commander, "post", path, {"verb": "monitor", "seen": "investigating"})
    assert seen.status_code == 409


def test_a_verb_that_is_none_and_a_reason_that_lacks_are_refused(call, commander: User, incident: Incident):
    path = f"incidents/{incident.key}/moves/"
    assert call(commander, "post", path, {"verb": "explode"}).status_code == 400
    answer = call(commander, "post", path, {"verb": "cancel"})
    assert (answer.status_code, answer.json()["needed"]) == (409, ["reason"])


def test_a_drill_stays_a_drill(call, commander: User):
    key = call(commander, "post", "incidents/", {"title": "x", "kind": "drill"}).json()["key"]
    assert call(commander, "patch", f"incidents/{key}/", {"kind": "real"}).status_code == 400
    assert Incident.objects.get(key=key).kind == IncidentKind.DRILL
