"""Seats by API."""

import pytest

from incidents.models import Incident, IncidentRole, Kind
from roles.catalog import Holding, Role
from roles.models import User
from tests import make


def path(incident: Incident, rest: str = "") -> str:
    return f"incidents/{incident.key}/roster/{rest}"


def seat_of(incident: Incident, role: str) -> IncidentRole:
    return IncidentRole.objects.live().get(incident=incident, role=role)


def test_the_roster_is_in_the_order_of_the_roles(
    call, bystander: User, scribe: User, commander: User, incident: Incident
):
    make.seat(incident, Role.TECH_LEAD, make.make_user("priya"), offer=True)
    seats = call(bystander, "get", path(incident)).json()["results"]
    assert [(seat["role"], seat["user"], seat["kind"], seat["state"]) for seat in seats] == [
        ("commander", "amara", "primary", "held"),
        ("tech_lead", "priya", "primary", "offered"),
        ("scribe", "elif", "primary", "held"),
    ]
    assert seats[0].keys() >= {"id", "role", "kind", "user", "state"}


def test_the_commander_gives_a_seat_at_once_and_giving_it_again_changes_nothing(
    call, commander: User, incident: Incident
):
    jonas = make.make_user("jonas")
    body = {"role": "comms_lead", "user": "jonas"}
    first, again = (call(commander, "post", path(incident), body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (first.json()["state"], first.json()["assigned_by"]) == ("held", "amara")
    assert seat_of(incident, Role.COMMS_LEAD).user == jonas
    assert incident.entries.filter(kind=Kind.SEAT_HELD, data__role="comms_lead").count() == 1


def test_a_seat_that_somebody_else_holds_is_refused(call, commander: User, tech_lead: User, incident: Incident):
    make.make_user("jonas")
    answer = call(commander, "post", path(incident), {"role": "tech_lead", "user": "jonas"})
    assert answer.status_code == 409
    assert "Priya holds Technical Lead" in answer.json()["detail"]
    assert answer.json()["needed"] == ["hand over or release"]


def test_an_offer_is_accepted_by_whom_it_was_made_to(call, commander: User, bystander: User, incident: Incident):
    jonas = make.make_user("jonas")
    offered = call(commander, "post", path(incident), {"role": "scribe", "user": "jonas", "offer": True}).json()
    assert offered["state"] == "offered"
    accept = path(incident, f"{offered['id']}/accept/")
    assert call(bystander, "post", accept).status_code == 403
    assert call(jonas, "post", accept).json()["state"] == "held"


def test_a_responder_takes_a_vacant_seat_and_the_second_is_told(call, bystander: User, incident: Incident):
    body = {"role": "scribe", "user": bystander.username}
    assert call(bystander, "post", path(incident), body).status_code == 201
    assert call(bystander, "post", path(incident), body).status_code == 200
    other = make.make_user("lucia")
    call(other, "post", path(incident), {"role": "tech_lead", "user": "lucia"})
    late = call(bystander, "post", path(incident), {"role": "tech_lead", "user": bystander.username})
    assert (late.status_code, "Lucia holds Technical Lead" in late.json()["detail"]) == (409, True)


def test_nobody_without_the_right_gives_a_seat_to_another(
    call, bystander: User, scribe: User, tech_lead: User, incident: Incident
):
    make.make_user("jonas")
    for person in (bystander, scribe, tech_lead):
        for kind in Holding.values:
            answer = call(person, "post", path(incident), {"role": "comms_lead", "user": "jonas", "kind": kind})
            assert answer.status_code == 403
    assert not IncidentRole.objects.filter(role=Role.COMMS_LEAD).exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"user": "elif"}, "role"),
        ({"role": "king", "user": "elif"}, "role"),
        ({"role": "scribe", "user": "nobody"}, "user"),
        ({"role": "scribe", "user": "elif", "kind": "half"}, "kind"),
        ({"role": "scribe", "user": "elif", "may_approve": True}, "may_approve"),
    ],
)
def test_a_seat_that_makes_no_sense_is_refused_by_field(
    call, commander: User, scribe: User, incident: Incident, body, field
):
    answer = call(commander, "post", path(incident), body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_a_stakeholder_gets_no_seat(call, commander: User, outsider: User, incident: Incident):
    answer = call(commander, "post", path(incident), {"role": "scribe", "user": outsider.username})
    assert answer.status_code == 409
    assert "not an active responder" in answer.json()["detail"]


@pytest.mark.parametrize("brief", ["Payments are down.", {"situation": "Payments are down.", "impact": "The EU."}, {}])
def test_a_seat_is_handed_over_with_a_brief(call, commander: User, incident: Incident, brief: object):
    make.make_user("mei")
    seat = seat_of(incident, Role.COMMANDER)
    answer = call(commander, "post", path(incident, f"{seat.pk}/hand-over/"), {"to": "mei", "brief": brief})
    offered = answer.json()
    assert (answer.status_code, offered["user"], offered["state"], offered["takes_over"]) == (
        200,
        "mei",
        "offered",
        seat.pk,
    )
    mei = User.objects.get(username="mei")
    assert call(mei, "post", path(incident, f"{offered['id']}/accept/")).json()["state"] == "held"
    assert call(commander, "post", f"incidents/{incident.key}/moves/", {"verb": "identify"}).status_code == 403


@pytest.mark.parametrize("brief", [7, ["x"], {"situation": 7}, {"weather": "fine"}])
def test_a_brief_that_is_none_is_refused(call, commander: User, incident: Incident, brief: object):
    make.make_user("mei")
    seat = seat_of(incident, Role.COMMANDER)
    answer = call(commander, "post", path(incident, f"{seat.pk}/hand-over/"), {"to": "mei", "brief": brief})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["brief"])
    assert seat_of(incident, Role.COMMANDER).user == commander


def test_a_seat_is_given_up_by_its_holder_and_by_nobody_else(call, bystander: User, scribe: User, incident: Incident):
    seat = seat_of(incident, Role.SCRIBE)
    assert call(bystander, "delete", path(incident, f"{seat.pk}/")).status_code == 403
    answer = call(scribe, "delete", path(incident, f"{seat.pk}/"), {"reason": "My shift ends."})
    assert (answer.status_code, answer.json()["state"]) == (200, "renounced")
    assert call(scribe, "delete", path(incident, f"{seat.pk}/")).status_code == 409


def test_approval_is_delegated_by_the_commander_alone(call, commander: User, comms_lead: User, incident: Incident):
    seat = seat_of(incident, Role.COMMS_LEAD)
    body = {"may_approve": True}
    assert call(comms_lead, "patch", path(incident, f"{seat.pk}/"), body).status_code == 403
    assert call(commander, "patch", path(incident, f"{seat.pk}/"), body).json()["may_approve"] is True


def test_a_seat_of_another_incident_is_not_found_here(call, commander: User, incident: Incident):
    other = make.make_incident(title="Other")
    elsewhere = make.seat(other, Role.SCRIBE, make.make_user("elif"))
    for method, rest in (("delete", ""), ("patch", ""), ("post", "hand-over/"), ("post", "accept/")):
        assert call(commander, method, path(incident, f"{elsewhere.pk}/{rest}")).status_code == 404
    assert IncidentRole.objects.get(pk=elsewhere.pk).is_held
