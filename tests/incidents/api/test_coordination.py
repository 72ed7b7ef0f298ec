"""Workstreams, reports, questions to experts, changes and similar incidents by API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import Action, AdviceRequest, ChangeEvent, Incident
from incidents.response import advice, changes, coordination
from roles.catalog import Role
from roles.models import Team, User
from roles.policy import SYSTEM
from tests import make

QUESTION = "Is it safe to raise the limit to 1,600?"


def path(incident: Incident, rest: str) -> str:
    return f"incidents/{incident.key}/{rest}"


# --- workstreams and reports ------------------------------------------------------------------


def test_a_workstream_is_started_changed_and_ended(call, incident, tech_lead, sme):
    body = {"name": "Restore the pool", "lead": "tomas", "members": ["priya"], "timebox_minutes": 30}
    made = call(tech_lead, "post", path(incident, "workstreams/"), body)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in ("name", "lead", "members", "version")} == {
        "name": "Restore the pool",
        "lead": "tomas",
        "members": ["priya"],
        "version": 1,
    }
    one = path(incident, f"workstreams/{made.json()['id']}/")
    changed = call(tech_lead, "patch", one, {"goal": "All nodes back", "version": 1, "timebox_minutes": None}).json()
    assert (changed["goal"], changed["due_at"]) == ("All nodes back", None)
    assert call(tech_lead, "post", f"{one}ask-report/").json()["report_asked_at"] is not None
    assert call(tech_lead, "patch", one, {"ended": True, "outcome": "Done."}).json()["ended_at"] is not None
    late = call(tech_lead, "patch", one, {"name": "Again"})
    assert (late.status_code, late.json()["detail"][:25]) == (409, "Restore the pool ended at")
    assert [row["name"] for row in call(sme, "get", path(incident, "workstreams/")).json()["results"]] == [
        "Restore the pool"
    ]


def test_the_later_of_two_who_change_a_workstream_is_refused(call, incident, tech_lead):
    stream = coordination.start(incident, by=tech_lead, name="Restore the pool")
    one = path(incident, f"workstreams/{stream.pk}/")
    assert call(tech_lead, "patch", one, {"name": "Restore limits", "version": 1}).status_code == 200
    refused = call(tech_lead, "patch", one, {"name": "Restore nodes", "version": 1})
    assert refused.status_code == 409
    assert "both versions are kept" in refused.json()["detail"].lower()


def test_a_report_is_written_by_three_fields_and_listed_newest_first(call, incident, sme, bystander):
    stream = coordination.start(incident, by=SYSTEM, name="Restore the pool", lead=sme)
    body = {"conditions": "2 of 3 are back", "needs": "Access", "workstream": stream.pk}
    made = call(sme, "post", path(incident, "can-reports/"), body)
    assert (made.status_code, made.json()["workstream"], made.json()["reported_by"]) == (201, stream.pk, "tomas")
    call(bystander, "post", path(incident, "can-reports/"), {"conditions": "Search is fine"})
    rows = call(bystander, "get", path(incident, "can-reports/")).json()["results"]
    assert [row["conditions"] for row in rows] == ["Search is fine", "2 of 3 are back"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"actions": "Watching"}, "conditions"),
        ({"conditions": "x" * 501}, "conditions"),
        ({"conditions": "x", "mood": "good"}, "mood"),
    ],
)
def test_a_report_that_makes_no_sense_names_the_field(body, field, call, incident, sme):
    answer = call(sme, "post", path(incident, "can-reports/"), body)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]


def test_a_report_on_a_workstream_of_elsewhere_is_not_found(call, incident, sme):
    other = coordination.start(make.make_incident(), by=SYSTEM, name="Elsewhere")
    body = {"conditions": "Seen", "workstream": other.pk}
    assert call(sme, "post", path(incident, "can-reports/"), body).status_code == 404


# --- advice -----------------------------------------------------------------------------------


def test_a_question_is_asked_and_answered(call, incident, tech_lead, sme):
    action = Action.objects.create(incident=incident, title="Raise the limit")
    body = {"question": QUESTION, "asked": "tomas", "wait_minutes": 5, "is_urgent": True, "action": action.pk}
    made = call(tech_lead, "post", path(incident, "advice/"), body)
    assert made.status_code == 201
    assert (made.json()["state"], made.json()["asked"], made.json()["action"]) == ("asked", "tomas", action.pk)
    one = path(incident, f"advice/{made.json()['id']}/")
    assert call(tech_lead, "post", f"{one}answer/", {"answer": "Yes."}).status_code == 403
    told = call(sme, "post", f"{one}answer/", {"answer": "Yes.", "confidence": "certain"})
    assert (told.status_code, told.json()["state"], told.json()["confidence"]) == (200, "answered", "certain")
    again = call(sme, "post", f"{one}answer/", {"answer": "No."})
    assert (again.status_code, "answered it at" in again.json()["detail"]) == (409, True)


def test_without_a_name_whoever_owns_the_service_is_asked(call, incident, service, tech_lead):
    team = Team.objects.create(name="Payments", slug="payments")
    team.members.add(make.make_user("mei"))
    service.team = team
    service.save()
    made = call(tech_lead, "post", path(incident, "advice/"), {"question": QUESTION, "service": service.slug})
    assert made.json()["asked"] == "mei"


def test_a_question_that_nobody_answers_is_with_the_next_expert(call, incident, tech_lead, sme, worker):
    """The observable: it times out to the next one."""
    make.seat(incident, Role.SME, make.make_user("mei"))
    body = {"question": QUESTION, "asked": "tomas", "wait_minutes": 1}
    one = path(incident, f"advice/{call(tech_lead, 'post', path(incident, 'advice/'), body).json()['id']}/")
    AdviceRequest.objects.update(due_at=timezone.now())
    worker.tick()
    shown = call(tech_lead, "get", one).json()
    assert (shown["asked"], shown["state"]) == ("mei", "asked")
    assert call(sme, "post", f"{one}answer/", {"answer": "Yes."}).status_code == 409


def test_declining_handing_on_asking_back_and_withdrawing(call, incident, tech_lead, sme, bystander):
    question = advice.ask(incident, by=tech_lead, asked=sme, question=QUESTION)
    one = path(incident, f"advice/{question.pk}/")
    assert call(sme, "post", f"{one}ask-back/", {"text": "Which node?"}).json()["state"] == "asked"
    assert call(sme, "post", f"{one}hand-on/", {"to": "ben"}).json()["asked"] == "ben"
    assert call(sme, "post", f"{one}decline/").status_code == 409
    assert call(bystander, "patch", one, {"state": "withdrawn"}).status_code == 403
    assert call(tech_lead, "patch", one, {"state": "answered"}).status_code == 400
    assert call(tech_lead, "patch", one, {"state": "withdrawn"}).json()["state"] == "withdrawn"


def test_declined_with_nobody_left_it_is_unanswered(call, incident, tech_lead, sme):
    question = advice.ask(incident, by=tech_lead, asked=sme, question=QUESTION)
    answer = call(sme, "post", path(incident, f"advice/{question.pk}/decline/"), {"reason": "Not my pool"})
    assert answer.json()["state"] == "unanswered"


def test_who_cannot_see_a_private_incident_is_named_with_what_is_needed(call, bystander: User):
    hidden = make.make_incident(is_private=True)
    lead = make.seat(hidden, Role.TECH_LEAD, make.make_user("priya")).user
    answer = call(lead, "post", path(hidden, "advice/"), {"question": QUESTION, "asked": "ben"})
    assert answer.status_code == 409
    assert answer.json()["needed"] == ["an invitation for Ben"]
    assert call(bystander, "get", path(hidden, "advice/")).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_however_long_they_are(count, call, incident, tech_lead, sme, django_assert_num_queries):
    for number in range(count):
        advice.ask(incident, by=tech_lead, asked=sme, question=f"Question {number}?")
        stream = coordination.start(incident, by=tech_lead, name=f"Stream {number}", lead=sme, members=[tech_lead])
        coordination.report(incident, by=sme, conditions=f"Seen {number}", workstream=stream)
    for rest, cost in (("advice/", 4), ("workstreams/", 5), ("can-reports/", 4)):
        call(sme, "get", path(incident, rest))
        with django_assert_num_queries(cost):
            assert len(call(sme, "get", path(incident, rest)).json()["results"]) == count


# --- changes and similar incidents ------------------------------------------------------------


def test_a_change_is_told_once_and_told_again(call, bystander, service):
    body = {
        "kind": "deployment",
        "title": "checkout-api 4.118",
        "services": [service.slug],
        "external_id": "run-77",
        "url": "https://ci.example/77",
        "labels": {"region": "eu"},
    }
    first, again = call(bystander, "post", "changes/", body), call(bystander, "post", "changes/", body)
    assert (first.status_code, again.status_code, ChangeEvent.objects.count()) == (201, 200, 1)
    assert first.json() == again.json()
    changed = call(bystander, "post", "changes/", {**body, "title": "checkout-api 4.118, rolled back"})
    assert (changed.status_code, changed.json()["title"]) == (200, "checkout-api 4.118, rolled back")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"url": "javascript:alert(1)"}, 400),
        ({"kind": "party"}, 400),
        ({"services": ["nothing"]}, 400),
        ({"title": ""}, 400),
        ({"colour": "red"}, 400),
        ({"labels": ["a"]}, 400),
        ({"happened_at": "2999-01-01T00:00:00Z"}, 409),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(wrong, code, call, bystander, service):
    assert call(bystander, "post", "changes/", {"kind": "flag", "title": "New layout", **wrong}).status_code == code
    assert not ChangeEvent.objects.exists()


def test_changes_are_filtered_and_paged(call, bystander, service):
    changes.record(by=SYSTEM, title="Ours", services=[service], kind="flag")
    changes.record(by=SYSTEM, title="Old", services=[service], happened_at=timezone.now() - timedelta(days=2))
    changes.record(by=SYSTEM, title="Others")

    def titles(**wanted: str) -> list[str]:
        return [row["title"] for row in call(bystander, "get", "changes/", wanted).json()["results"]]

    assert titles() == ["Others", "Ours", "Old"]
    assert titles(service=service.slug) == ["Ours", "Old"]
    assert titles(kind="flag") == ["Ours"]
    assert titles(since=(timezone.now() - timedelta(hours=1)).isoformat()) == ["Others", "Ours"]
    assert call(bystander, "get", "changes/", {"since": "yesterday"}).status_code == 400


def test_a_recent_change_is_listed_by_the_shared_service(call, bystander, incident, service):
    """The observable: a recent change, by shared component."""
    first_sign = incident.detected_at or incident.opened_at
    changes.record(by=SYSTEM, title="Rollout", services=[service], happened_at=first_sign - timedelta(minutes=14))
    [row] = call(bystander, "get", path(incident, "changes/")).json()["results"]
    assert (row["change"]["title"], row["is_ours"], row["is_before"], row["minutes"]) == ("Rollout", True, True, 14)


def test_stakeholders_who_see_the_incident_do_not_see_changes(call, outsider):
    shared = make.make_incident()
    shared.invited.add(outsider)
    assert call(outsider, "get", path(shared, "changes/")).status_code == 404


def test_a_similar_incident_is_listed_by_the_shared_service(call, bystander, incident, service):
    """The observable: a past incident, by shared component."""
    past = make.make_incident(title="Ledger slow", services=[service], state="resolved")
    [row] = call(bystander, "get", path(incident, "similar/")).json()["results"]
    assert (row["key"], row["reasons"], row["state"], row["is_linked"]) == (past.key, ["Payments"], "resolved", False)
