"""Calls, candidates, responders and waivers by API."""

import pytest

from incidents.models import Incident, Paging, RoleWaiver
from incidents.response import paging
from roles.catalog import Role
from roles.models import Team, User
from roles.policy import SYSTEM
from tests import make


def path(incident: Incident, rest: str = "") -> str:
    return f"incidents/{incident.key}/paging/{rest}"


def test_a_person_is_paged_with_a_message(call, commander: User, bystander: User, incident: Incident):
    body = {"user": "ben", "role": "sme", "message": "You wrote it."}
    first, again = (call(commander, "post", path(incident), body) for _ in range(2))
    assert (first.status_code, first.json()["user"], first.json()["state"]) == (201, "ben", "waiting")
    assert first.json()["id"] == again.json()["id"]
    assert [row["paged_by"] for row in call(bystander, "get", path(incident)).json()["results"]] == ["amara"]


def test_a_role_and_a_team_call_the_best_of_them(call, commander: User, incident: Incident):
    make.make_user("best", qualified=[Role.SCRIBE])
    team = Team.objects.create(name="Payments", slug="payments")
    team.members.add(make.make_user("member"))
    assert call(commander, "post", path(incident), {"role": "scribe"}).json()["user"] == "best"
    called = call(commander, "post", path(incident), {"team": "payments"}).json()
    assert (called["user"], called["role"]) == ("member", "sme")


def test_a_schedule_is_refused_until_there_are_any(call, commander: User, scribe: User, incident: Incident):
    answer = call(commander, "post", path(incident), {"schedule": "payments-primary"})
    assert (answer.status_code, "There are no schedules yet" in answer.json()["detail"]) == (409, True)
    assert call(scribe, "post", path(incident), {"schedule": "payments-primary"}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [{}, {"message": "Come"}, {"user": "nobody"}, {"role": "king"}, {"team": "none"}, {"user": "ben", "team": "web"}],
)
def test_a_call_to_nobody_is_refused(call, commander: User, bystander: User, incident: Incident, body: dict):
    Team.objects.create(name="Web", slug="web")
    assert call(commander, "post", path(incident), body).status_code == 400
    assert Paging.objects.count() == 0


def test_the_one_called_answers_and_nobody_else(call, commander: User, bystander: User, incident: Incident):
    one = paging.page(incident, bystander, by=commander)
    assert call(commander, "post", path(incident, f"{one.pk}/acknowledge/")).status_code == 403
    for _ in range(2):
        answer = call(bystander, "post", path(incident, f"{one.pk}/acknowledge/"))
        assert (answer.status_code, answer.json()["answered_through"]) == (200, "api")
    late = call(bystander, "post", path(incident, f"{one.pk}/decline/"))
    assert (late.status_code, "You said that you are on it" in late.json()["detail"]) == (409, True)


def test_who_declines_is_followed_by_the_next(call, commander: User, bystander: User, incident: Incident):
    make.make_user("second", qualified=[Role.SME])
    one = paging.page(incident, bystander, by=commander, role=Role.SME)
    answer = call(bystander, "post", path(incident, f"{one.pk}/decline/"), {"reason": "On a train."})
    assert (answer.status_code, answer.json()["state"]) == (200, "passed_on")
    newest = call(commander, "get", path(incident)).json()["results"][0]
    assert (newest["user"], newest["after"]) == ("second", one.pk)


def test_a_call_is_taken_back_by_who_may_call(call, commander: User, tech_lead: User, bystander: User, incident):
    one = paging.page(incident, bystander, by=SYSTEM, role=Role.SCRIBE)
    assert call(tech_lead, "delete", path(incident, f"{one.pk}/")).status_code == 403
    assert call(commander, "delete", path(incident, f"{one.pk}/")).json()["state"] == "withdrawn"


def test_a_call_of_another_incident_is_not_found_here(call, commander: User, bystander: User, incident: Incident):
    elsewhere = paging.page(make.make_incident(title="Other"), bystander, by=SYSTEM)
    for method, rest in (("post", "acknowledge/"), ("post", "decline/"), ("delete", "")):
        assert call(commander, method, path(incident, f"{elsewhere.pk}/{rest}")).status_code == 404


def test_candidates_come_best_first_with_their_reasons(call, commander: User, incident: Incident):
    make.make_user("best", qualified=[Role.SCRIBE])
    answer = call(commander, "get", f"incidents/{incident.key}/candidates/?role=scribe").json()
    first = answer["results"][0]
    assert (first["user"], first["training"], first["carries"], first["is_qualified"]) == (
        "best",
        "Qualified",
        "none",
        True,
    )
    assert call(commander, "get", f"incidents/{incident.key}/candidates/?role=king").status_code == 409


def test_responders_tell_what_everybody_holds(call, commander: User, bystander: User, outsider: User, incident):
    found = {row["user"]: row for row in call(bystander, "get", "responders/").json()["results"]}
    assert found["amara"]["seats"] == [{"incident": incident.key, "role": "commander", "kind": "primary"}]
    assert (found["ben"]["is_free"], found["amara"]["qualified_for"]) == (True, ["commander"])
    assert [row["user"] for row in call(bystander, "get", "responders/?role=commander").json()["results"]] == ["amara"]
    assert call(outsider, "get", "responders/").status_code == 403


def test_a_role_is_waived_and_wanted_again(call, commander: User, scribe: User, incident: Incident):
    where = f"incidents/{incident.key}/waivers/"
    body = {"role": "support_liaison", "reason": "No customer has written."}
    assert call(scribe, "post", where, body).status_code == 403
    made = call(commander, "post", where, body)
    assert (made.status_code, made.json()["waived_by"]) == (201, "amara")
    assert [row["role"] for row in call(scribe, "get", where).json()["results"]] == ["support_liaison"]
    assert call(commander, "post", where, {"role": "tech_lead", "reason": "no"}).status_code == 409
    assert call(scribe, "delete", f"{where}{made.json()['id']}/").status_code == 403
    assert call(commander, "delete", f"{where}{made.json()['id']}/").json()["withdrawn_at"] is not None
    assert RoleWaiver.objects.filter(withdrawn_at=None).count() == 0


def test_an_offer_is_declined_by_api(call, commander: User, bystander: User, incident: Incident):
    offer = make.seat(incident, Role.SCRIBE, bystander, offer=True)
    where = f"incidents/{incident.key}/roster/{offer.pk}/decline/"
    assert call(commander, "post", where).status_code == 403
    assert call(bystander, "post", where, {"reason": "No."}).json()["state"] == "renounced"


@pytest.mark.parametrize("people", [1, 3])
def test_the_list_of_calls_costs_the_same(
    call, incident: Incident, commander: User, people: int, django_assert_max_num_queries
):
    for _ in range(people):
        paging.page(incident, make.make_user(), by=SYSTEM)
    with django_assert_max_num_queries(8):
        assert len(call(commander, "get", path(incident)).json()["results"]) == people
