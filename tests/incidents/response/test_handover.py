"""Seats passed on in two steps, or at once where the holder is away: who may, and what happens to the rights."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import lifecycle, timeline
from incidents.conflicts import Conflict
from incidents.models import Action, Decision, Incident, IncidentRole, Kind, Promise, Severity, Task
from incidents.response import handover, staffing
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM, may
from statuspage.models import StatusPage
from tests import make

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
AWAY = "She does not answer for ten minutes."


def held(incident: Incident, role: str) -> list[User]:
    """Who holds `role` as primary, as the database has it."""
    return [seat.user for seat in incident.seats.held().filter(role=role, kind=Holding.PRIMARY).order_by("pk")]


# --- in two steps -----------------------------------------------------------------------------


def test_the_giver_stays_until_the_receiver_accepts(incident: Incident, commander: User, bystander: User) -> None:
    old = incident.seats.get(user=commander)
    brief = {"situation": " EU cards fail. ", "gossip": "no"}
    new = handover.hand_over(old, to=bystander, by=commander, brief=brief)
    old.refresh_from_db()
    assert (old.state, new.state, new.takes_over, held(incident, Role.COMMANDER)) == (
        "held",
        "offered",
        old,
        [commander],
    )
    assert may(commander, "incidents.change_state", Incident.objects.get())
    assert not may(bystander, "incidents.change_state", Incident.objects.get())
    asked = incident.entries.last()
    assert (asked.kind, asked.data["giver_name"], asked.data["brief"]["situation"]) == (
        Kind.SEAT_OFFERED,
        "Amara",
        "EU cards fail.",
    )


def test_accepting_passes_seat_and_rights_at_one_instant_with_the_brief(
    incident: Incident, commander: User, bystander: User
) -> None:
    old = incident.seats.get(user=commander)
    new = handover.hand_over(old, to=bystander, by=commander, brief={"situation": "EU cards fail."})
    staffing.accept(new, by=bystander)
    old.refresh_from_db()
    assert (old.state, new.state, new.pk != old.pk) == ("renounced", "held", True)
    now = Incident.objects.get()
    assert may(bystander, "incidents.change_state", now)
    assert not may(commander, "incidents.change_state", now)
    entry = incident.entries.last()
    assert (entry.kind, entry.actor) == (Kind.SEAT_HANDED_OVER, bystander)
    assert (entry.data["from_user"], entry.data["user"]) == (commander.pk, bystander.pk)
    assert entry.data["brief"] == {
        "situation": "EU cards fail.",
        "impact": "",
        "running_actions": "",
        "open_decisions": "",
        "next_update": "",
    }
    assert abs(old.renounced_at - new.assumed_at) < timedelta(seconds=1)


@pytest.mark.parametrize("role", Role)
def test_every_primary_hands_over_their_own_seat(incident: Incident, role: Role) -> None:
    seat = make.seat(incident, role, make.make_user())
    successor = make.make_user()
    staffing.accept(handover.hand_over(seat, to=successor, by=seat.user), by=successor)
    assert held(incident, role) == [successor]


def test_the_commander_has_anybodys_seat_taken_over_and_the_holder_stays_till_then(
    incident: Incident, commander: User, tech_lead: User
) -> None:
    successor = make.make_user()
    offer = handover.hand_over(incident.seats.get(user=tech_lead), to=successor, by=commander)
    assert held(incident, Role.TECH_LEAD) == [tech_lead]
    assert incident.entries.last().data["to"] == [tech_lead.pk]
    staffing.accept(offer, by=successor)
    assert held(incident, Role.TECH_LEAD) == [successor]


def test_somebody_without_a_seat_is_asked_and_sees_a_private_incident_by_it(commander: User, bystander: User) -> None:
    private = make.make_incident(is_private=True, title="Keys were copied")
    seat = make.seat(private, Role.COMMANDER, commander)
    assert not private.is_visible_to(bystander)
    offer = handover.hand_over(seat, to=bystander, by=commander, brief={"situation": "Keys were copied."})
    assert private.is_visible_to(bystander)
    staffing.decline(offer, by=bystander)
    assert not private.is_visible_to(bystander)


def test_the_giver_takes_it_back_and_then_it_is_not_accepted(
    incident: Incident, commander: User, scribe: User, bystander: User
) -> None:
    offer = handover.hand_over(incident.seats.get(user=scribe), to=bystander, by=scribe)
    with pytest.raises(PermissionDenied):
        staffing.release(IncidentRole.objects.get(pk=offer.pk), by=make.make_user())
    staffing.release(IncidentRole.objects.get(pk=offer.pk), by=scribe)
    with pytest.raises(Conflict, match="was taken back"):
        staffing.accept(offer, by=bystander)
    assert held(incident, Role.SCRIBE) == [scribe]


def test_a_second_asking_takes_the_first_back(incident: Incident, commander: User, bystander: User) -> None:
    seat = incident.seats.get(user=commander)
    first = handover.hand_over(seat, to=make.make_user("mei"), by=commander)
    second = handover.hand_over(seat, to=bystander, by=commander)
    first.refresh_from_db()
    assert (first.state, second.state) == ("renounced", "offered")
    again = handover.hand_over(seat, to=bystander, by=commander, brief={"situation": "Newer."})
    assert incident.seats.offered().get() == again


def test_a_decline_leaves_the_giver_in_the_seat(incident: Incident, commander: User, bystander: User) -> None:
    offer = handover.hand_over(incident.seats.get(user=commander), to=bystander, by=commander)
    staffing.decline(offer, by=bystander, reason="I have been up since four.")
    entry = incident.entries.last()
    assert (entry.kind, entry.body, entry.data["is_declined"], entry.data["to"]) == (
        Kind.SEAT_RELEASED,
        "I have been up since four.",
        True,
        [commander.pk],
    )
    assert held(incident, Role.COMMANDER) == [commander]


def test_a_seat_handed_over_elsewhere_meanwhile_is_not_accepted(
    incident: Incident, commander: User, tech_lead: User, administrator: User, bystander: User
) -> None:
    seat = incident.seats.get(user=tech_lead)
    offer = handover.hand_over(seat, to=bystander, by=tech_lead)
    handover.hand_over(seat, to=make.make_user("mei"), by=commander, at_once=True, reason=AWAY)
    with pytest.raises(Conflict, match="Mei holds Technical Lead since"):
        staffing.accept(offer, by=bystander)


def test_of_two_scribes_the_one_who_asked_leaves(incident: Incident, scribe: User, bystander: User) -> None:
    other = make.seat(incident, Role.SCRIBE, make.make_user("other")).user
    offer = handover.hand_over(incident.seats.get(user=scribe), to=bystander, by=scribe)
    staffing.accept(offer, by=bystander)
    assert set(held(incident, Role.SCRIBE)) == {other, bystander}


# --- at once ----------------------------------------------------------------------------------


def test_the_commander_replaces_somebody_absent_at_once_with_a_reason(
    incident: Incident, commander: User, tech_lead: User, bystander: User
) -> None:
    seat = incident.seats.get(user=tech_lead)
    for reason in ("", "away"):
        with pytest.raises(Conflict, match="say why in at least 10 characters"):
            handover.hand_over(seat, to=bystander, by=commander, at_once=True, reason=reason)
    new = handover.hand_over(seat, to=bystander, by=commander, at_once=True, reason=AWAY)
    assert (new.state, held(incident, Role.TECH_LEAD)) == ("held", [bystander])
    entry = incident.entries.last()
    assert (entry.kind, entry.actor, entry.data["how"], entry.data["reason"]) == (
        Kind.SEAT_HANDED_OVER,
        commander,
        "at once",
        AWAY,
    )


def test_an_administrator_replaces_an_absent_commander(
    incident: Incident, commander: User, administrator: User, bystander: User
) -> None:
    seat = incident.seats.get(user=commander)
    handover.hand_over(seat, to=bystander, by=administrator, at_once=True, reason=AWAY)
    assert held(incident, Role.COMMANDER) == [bystander]
    assert not may(commander, "incidents.change_state", Incident.objects.get())


def test_nobody_passes_their_own_seat_on_at_once(
    incident: Incident, commander: User, tech_lead: User, bystander: User
) -> None:
    for holder in (commander, tech_lead):
        with pytest.raises(PermissionDenied, match="until the next one accepts"):
            handover.hand_over(
                incident.seats.get(user=holder), to=bystander, by=holder, at_once=True, reason="I am in a hurry."
            )
    assert held(incident, Role.COMMANDER) == [commander]


# --- who may not ------------------------------------------------------------------------------


def test_a_deputy_hands_nothing_over(incident: Incident, commander: User, deputy: User, tech_lead: User) -> None:
    for holder in (commander, tech_lead, deputy):
        seat = incident.seats.get(user=holder)
        for at_once in (False, True):
            with pytest.raises(PermissionDenied):
                handover.hand_over(seat, to=make.make_user(), by=deputy, at_once=at_once, reason=AWAY)
    assert held(incident, Role.COMMANDER) == [commander]


def test_others_hand_over_nothing_that_is_not_theirs(
    incident: Incident, commander: User, tech_lead: User, shadow: User, bystander: User
) -> None:
    seat = incident.seats.get(user=tech_lead)
    for person in (shadow, bystander, make.seat(incident, Role.SCRIBE, make.make_user()).user):
        with pytest.raises(PermissionDenied):
            handover.hand_over(seat, to=person, by=person)


def test_a_seat_that_was_handed_over_is_not_handed_over_again(
    incident: Incident, commander: User, bystander: User
) -> None:
    stale = incident.seats.get(user=commander)
    staffing.accept(handover.hand_over(incident.seats.get(user=commander), to=bystander, by=commander), by=bystander)
    with pytest.raises(Conflict, match="Amara no longer holds Incident Commander"):
        handover.hand_over(stale, to=make.make_user(), by=commander)
    assert held(incident, Role.COMMANDER) == [bystander]


def test_a_handover_to_oneself_or_to_another_holder_is_none(incident: Incident, commander: User, scribe: User) -> None:
    other = make.seat(incident, Role.SCRIBE, make.make_user("other"))
    for to in (scribe, other.user):
        with pytest.raises(Conflict, match="holds Scribe already"):
            handover.hand_over(incident.seats.get(user=scribe), to=to, by=commander)
    assert set(held(incident, Role.SCRIBE)) == {scribe, other.user}


def test_nobody_but_responders_takes_over(incident: Incident, commander: User, outsider: User) -> None:
    with pytest.raises(ValidationError, match="is not an active responder"):
        handover.hand_over(incident.seats.get(user=commander), to=outsider, by=commander)


def test_at_sev1_command_does_not_go_to_who_leads_the_fix_without_a_reason(
    incident: Incident, commander: User, tech_lead: User
) -> None:
    seat = incident.seats.get(user=commander)
    with pytest.raises(Conflict, match="does not lead the fix as well"):
        handover.hand_over(seat, to=tech_lead, by=commander)
    offer = handover.hand_over(seat, to=tech_lead, by=commander, reason="Nobody else is awake.")
    staffing.accept(offer, by=tech_lead)
    assert held(incident, Role.COMMANDER) == held(incident, Role.TECH_LEAD) == [tech_lead]


# --- the brief --------------------------------------------------------------------------------


def test_the_brief_is_filled_in_from_the_rows(
    incident: Incident, page: StatusPage, commander: User, tech_lead: User
) -> None:
    with time_machine.travel(NOON, tick=False):
        timeline.add_entry(incident, by=SYSTEM, kind=Kind.FINDING, body="The pool is full.")
        timeline.add_entry(incident, by=SYSTEM, kind=Kind.NOW, body="Draining the third node.")
        Action.objects.create(incident=incident, title="Restore the limit", state="running", executor=tech_lead)
        Action.objects.create(incident=incident, title="Fail over", state="declined")
        due = NOON + timedelta(minutes=8)
        Task.objects.create(incident=incident, title="Watch payouts", state="doing", assignee=tech_lead, due_at=due)
        Decision.objects.create(incident=incident, question="Fail over to Asia?", closes_at=due)
    assert handover.brief_of(incident) == {
        "situation": "Draining the third node.",
        "impact": (
            "SEV1, Investigating. Many customers down, data exposed, or a promise to customers broken. "
            "Affected: Payments."
        ),
        "running_actions": "Restore the limit (Priya, running)\nWatch payouts (Priya, by 12:08 UTC)",
        "open_decisions": "Fail over to Asia? (objections until 12:08 UTC)",
        "next_update": "Nothing has been said in public yet.",
    }


def test_the_brief_names_what_was_promised(incident: Incident, page: StatusPage, comms_lead: User) -> None:
    promised = datetime(2030, 1, 1, 3, 15, tzinfo=UTC)
    Promise.objects.create(incident=incident, audience="public", page=page.slug, made_at=NOON, due_at=promised)
    assert handover.brief_of(incident)["next_update"] == "Public update by 03:15 UTC."


@pytest.mark.parametrize("rows", [1, 3])
def test_the_brief_costs_the_same_for_one_row_and_for_three(
    incident: Incident, tech_lead: User, rows: int, django_assert_num_queries
) -> None:
    for number in range(rows):
        Action.objects.create(incident=incident, title=f"Action {number}", state="running", executor=tech_lead)
        Task.objects.create(incident=incident, title=f"Task {number}", state="doing", assignee=tech_lead)
    with django_assert_num_queries(7):
        assert handover.brief_of(incident)["running_actions"].count("\n") == rows * 2 - 1


# --- giving up --------------------------------------------------------------------------------


def test_whoever_gives_a_needed_seat_up_says_why_and_loses_its_rights(incident: Incident, comms_lead: User) -> None:
    seat = incident.seats.get(user=comms_lead)
    with pytest.raises(Conflict, match="SEV1 asks for a Communication Lead: hand the seat over, or say why"):
        staffing.release(seat, by=comms_lead)
    staffing.release(seat, by=comms_lead, reason="End of shift.")
    assert held(incident, Role.COMMS_LEAD) == []
    assert not may(comms_lead, "incidents.draft_update", Incident.objects.get())
    assert incident.entries.last().body == "End of shift."


def test_a_seat_that_somebody_else_holds_too_or_that_is_not_asked_for_is_given_up_without_a_word(
    incident: Incident, scribe: User
) -> None:
    make.seat(incident, Role.SCRIBE, make.make_user("other"))
    staffing.release(incident.seats.get(user=scribe), by=scribe)
    minor = make.make_incident(severity=Severity.SEV4)
    staffing.release(make.seat(minor, Role.SCRIBE, scribe), by=scribe)
    assert held(minor, Role.SCRIBE) == []


def test_nobody_ends_somebody_elses_seat_but_the_commander(
    incident: Incident, commander: User, comms_lead: User, tech_lead: User, bystander: User
) -> None:
    seat = incident.seats.get(user=comms_lead)
    for person in (tech_lead, bystander):
        with pytest.raises(PermissionDenied):
            staffing.release(seat, by=person)
    staffing.release(seat, by=commander, reason=AWAY)
    assert held(incident, Role.COMMS_LEAD) == []
    with pytest.raises(Conflict, match="has given up Communication Lead already"):
        staffing.release(seat, by=commander)


def test_command_is_not_left_empty_while_the_incident_goes_on(
    incident: Incident, commander: User, administrator: User
) -> None:
    for person in (commander, administrator):
        with pytest.raises(Conflict, match="hand the seat over instead"):
            staffing.release(incident.seats.get(user=commander), by=person, reason=AWAY)
    lifecycle.move(incident, "resolve", by=commander, reason=make.REASON)
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
    successor = make.make_user()
    offer = handover.hand_over(seat, to=successor, by=comms_lead)
    assert not staffing.accept(offer, by=successor).may_approve
