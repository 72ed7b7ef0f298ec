"""Seats passed on, given up and delegated: who may, and what happens to the rights."""

import pytest
from django.core.exceptions import PermissionDenied

from incidents import lifecycle
from incidents.lifecycle import Conflict
from incidents.models import Incident, IncidentRole, Kind
from incidents.response import staffing
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import may
from tests import make


def held(incident: Incident, role: str) -> list[User]:
    """Who holds `role` as primary, as the database has it."""
    return [seat.user for seat in incident.seats.held().filter(role=role, kind=Holding.PRIMARY).order_by("pk")]


# --- handing over -----------------------------------------------------------------------------


def test_a_handover_is_a_new_row_and_passes_the_rights_at_once(
    incident: Incident, commander: User, bystander: User
) -> None:
    old = incident.seats.get(user=commander)
    new = staffing.hand_over(old, to=bystander, by=commander, brief={"situation": " EU cards fail. ", "gossip": "no"})
    old.refresh_from_db()
    assert (old.state, new.state, new.pk != old.pk) == ("renounced", "held", True)
    now = Incident.objects.get()
    assert may(bystander, "incidents.change_state", now)
    assert not may(commander, "incidents.change_state", now)
    entry = incident.entries.last()
    assert entry.kind == Kind.SEAT_HANDED_OVER
    assert (entry.data["from_user"], entry.data["user"]) == (commander.pk, bystander.pk)
    assert entry.data["brief"] == {
        "situation": "EU cards fail.",
        "impact": "",
        "running_actions": "",
        "open_decisions": "",
        "next_update": "",
    }


@pytest.mark.parametrize("role", Role)
def test_every_primary_hands_over_their_own_seat(incident: Incident, role: Role) -> None:
    seat = make.seat(incident, role, make.make_user())
    successor = make.make_user()
    staffing.hand_over(seat, to=successor, by=seat.user)
    assert held(incident, role) == [successor]


def test_the_commander_hands_over_anybodys_seat(incident: Incident, commander: User, tech_lead: User) -> None:
    successor = make.make_user()
    staffing.hand_over(incident.seats.get(user=tech_lead), to=successor, by=commander)
    assert held(incident, Role.TECH_LEAD) == [successor]


def test_a_deputy_hands_nothing_over(incident: Incident, commander: User, deputy: User, tech_lead: User) -> None:
    for holder in (commander, tech_lead, deputy):
        seat = incident.seats.get(user=holder)
        with pytest.raises(PermissionDenied):
            staffing.hand_over(seat, to=make.make_user(), by=deputy)
    assert held(incident, Role.COMMANDER) == [commander]


def test_others_hand_over_nothing_that_is_not_theirs(
    incident: Incident, commander: User, tech_lead: User, shadow: User, bystander: User
) -> None:
    seat = incident.seats.get(user=tech_lead)
    for person in (shadow, bystander, make.seat(incident, Role.SCRIBE, make.make_user()).user):
        with pytest.raises(PermissionDenied):
            staffing.hand_over(seat, to=person, by=person)


def test_a_seat_that_was_handed_over_is_not_handed_over_again(
    incident: Incident, commander: User, bystander: User
) -> None:
    stale = incident.seats.get(user=commander)
    staffing.hand_over(incident.seats.get(user=commander), to=bystander, by=commander)
    with pytest.raises(Conflict, match="Amara no longer holds Incident Commander"):
        staffing.hand_over(stale, to=make.make_user(), by=commander)
    assert held(incident, Role.COMMANDER) == [bystander]


def test_a_handover_to_oneself_or_to_another_holder_is_none(incident: Incident, commander: User, scribe: User) -> None:
    other = make.seat(incident, Role.SCRIBE, make.make_user("other"))
    for to in (scribe, other.user):
        with pytest.raises(Conflict, match="holds Scribe already"):
            staffing.hand_over(incident.seats.get(user=scribe), to=to, by=commander)
    assert set(held(incident, Role.SCRIBE)) == {scribe, other.user}


# --- giving up --------------------------------------------------------------------------------


def test_whoever_gives_a_seat_up_loses_its_rights(incident: Incident, comms_lead: User) -> None:
    staffing.release(incident.seats.get(user=comms_lead), by=comms_lead, reason="End of shift.")
    assert held(incident, Role.COMMS_LEAD) == []
    assert not may(comms_lead, "incidents.draft_update", Incident.objects.get())
    assert incident.entries.last().body == "End of shift."


def test_nobody_ends_somebody_elses_seat_but_the_commander(
    incident: Incident, commander: User, comms_lead: User, tech_lead: User, bystander: User
) -> None:
    seat = incident.seats.get(user=comms_lead)
    for person in (tech_lead, bystander):
        with pytest.raises(PermissionDenied):
            staffing.release(seat, by=person)
    staffing.release(seat, by=commander)
    assert held(incident, Role.COMMS_LEAD) == []
    with pytest.raises(Conflict, match="has given up Communication Lead already"):
        staffing.release(seat, by=commander)


def test_command_is_not_left_empty_while_the_incident_goes_on(
    incident: Incident, commander: User, administrator: User
) -> None:
    for person in (commander, administrator):
        with pytest.raises(Conflict, match="hand the seat over instead"):
            staffing.release(incident.seats.get(user=commander), by=person)
    lifecycle.move(incident, "resolve", by=commander)
    staffing.release(IncidentRole.objects.get(user=commander), by=commander)
    assert held(incident, Role.COMMANDER) == []


# --- delegating -------------------------------------------------------------------------------


def test_approval_is_delegated_to_the_comms_lead_only(
    incident: Incident, commander: User, comms_lead: User, tech_lead: User
) -> None:
    seat = incident.seats.get(user=comms_lead)
    with pytest.raises(PermissionDenied):
        staffing.delegate_approval(seat, by=comms_lead, may_approve=True)
    with pytest.raises(Conflict, match="a Communication Lead who holds the seat"):
        staffing.delegate_approval(incident.seats.get(user=tech_lead), by=commander, may_approve=True)
    staffing.delegate_approval(seat, by=commander, may_approve=True)
    assert IncidentRole.objects.get(pk=seat.pk).may_approve


def test_a_delegation_ends_with_the_seat(incident: Incident, commander: User, comms_lead: User) -> None:
    seat = incident.seats.get(user=comms_lead)
    staffing.delegate_approval(seat, by=commander, may_approve=True)
    assert not staffing.hand_over(seat, to=make.make_user(), by=comms_lead).may_approve
