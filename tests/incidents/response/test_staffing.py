"""Seats: given, offered, taken, handed over and given up; by whom, and by whom not."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents import lifecycle
from incidents.lifecycle import Conflict
from incidents.models import Incident, IncidentRole, Kind, Severity, State
from incidents.response import handover, staffing
from roles.catalog import SHARED_ROLES, Holding, Role
from roles.models import Qualification, User
from roles.policy import SYSTEM, may
from tests import make

SINGLE_ROLES = [role for role in Role if role not in SHARED_ROLES]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def held(incident: Incident, role: str) -> list[User]:
    """Who holds `role` as primary, as the database has it."""
    return [seat.user for seat in incident.seats.held().filter(role=role, kind=Holding.PRIMARY).order_by("pk")]


# --- giving -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if role != Role.COMMANDER])
def test_the_commander_gives_every_seat_and_it_holds_at_once(incident: Incident, commander: User, role: Role) -> None:
    person = make.make_user()
    seat, is_new = staffing.assign(incident, role, person, by=commander)
    assert (seat.state, is_new, seat.assigned_by, held(incident, role)) == ("held", True, commander, [person])
    entry = incident.entries.last()
    assert (entry.kind, entry.actor, entry.data["role"], entry.data["user"]) == (
        "seat_held",
        commander,
        role,
        person.pk,
    )


def test_nobody_else_gives_seats(
    incident: Incident,
    commander: User,
    comms_lead: User,
    tech_lead: User,
    scribe: User,
    bystander: User,
    outsider: User,
) -> None:
    rows = incident.entries.count()
    for person in (comms_lead, tech_lead, scribe, bystander, outsider):
        with pytest.raises(PermissionDenied):
            staffing.assign(incident, Role.SME, person, by=person)
    assert (held(incident, Role.SME), incident.entries.count()) == ([], rows)


def test_a_deputy_commander_gives_seats(incident: Incident, commander: User, deputy: User) -> None:
    staffing.assign(incident, Role.SCRIBE, deputy, by=deputy)
    assert held(incident, Role.SCRIBE) == [deputy]


def test_giving_a_seat_to_its_holder_changes_nothing(incident: Incident, commander: User, tech_lead: User) -> None:
    rows = incident.entries.count()
    seat, is_new = staffing.assign(incident, Role.TECH_LEAD, tech_lead, by=commander)
    assert (seat, is_new) == (incident.seats.get(user=tech_lead), False)
    assert incident.entries.count() == rows


@pytest.mark.parametrize("role", SINGLE_ROLES)
def test_a_single_seat_that_somebody_holds_is_not_given_away(db: None, role: Role) -> None:
    with time_machine.travel(NOON, tick=False):
        incident = make.make_incident()
        holder = make.seat(incident, role, make.make_user("holder")).user
    with pytest.raises(Conflict, match=f"Holder holds {role.label} since 12:00 UTC") as refusal:
        staffing.assign(incident, role, make.make_user(), by=SYSTEM)
    assert refusal.value.needed == ["hand over or release"]
    assert held(incident, role) == [holder]


@pytest.mark.parametrize("role", sorted(SHARED_ROLES))
def test_shared_roles_seat_several(incident: Incident, role: Role) -> None:
    people = [make.seat(incident, role, make.make_user()).user for _ in range(3)]
    assert held(incident, role) == people


def test_a_single_role_takes_deputies_and_shadows_beside_its_holder(incident: Incident, tech_lead: User) -> None:
    deputies = [make.seat(incident, Role.TECH_LEAD, make.make_user(), kind=Holding.DEPUTY) for _ in range(2)]
    shadow = make.seat(incident, Role.TECH_LEAD, make.make_user(), kind=Holding.SHADOW)
    assert incident.holders_of(Role.TECH_LEAD) == [incident.seats.get(user=tech_lead), *deputies, shadow]


@pytest.mark.parametrize(
    ("role", "kind", "sentence"),
    [("captain", "primary", "captain is no role"), ("scribe", "ghost", "ghost is no way to hold a role")],
)
def test_seats_that_do_not_exist(incident: Incident, commander: User, role: str, kind: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        staffing.assign(incident, role, make.make_user(), by=commander, kind=kind)


def test_only_active_responders_are_seated(incident: Incident, commander: User, outsider: User) -> None:
    gone = make.make_user("gone", is_active=False)
    for person in (outsider, gone):
        with pytest.raises(ValidationError, match="is not an active responder"):
            staffing.assign(incident, Role.SCRIBE, person, by=commander)
    assert held(incident, Role.SCRIBE) == []


@pytest.mark.parametrize("state", [State.CLOSED, State.CANCELLED])
def test_seats_of_what_is_over_do_not_change(administrator: User, state: str) -> None:
    incident = make.make_incident()
    offer = make.seat(incident, Role.SME, administrator, offer=True)
    for verb in make.ROAD[state]:
        lifecycle.move(incident, verb, by=SYSTEM, reason=make.REASON)
    for attempt in (
        lambda: staffing.assign(incident, Role.SCRIBE, administrator, by=administrator),
        lambda: staffing.take(incident, Role.SCRIBE, by=administrator),
        lambda: staffing.accept(IncidentRole.objects.get(pk=offer.pk), by=administrator),
    ):
        with pytest.raises(Conflict, match="its seats do not change any more"):
            attempt()


# --- while nobody commands --------------------------------------------------------------------


def test_while_nobody_commands_the_declarer_the_qualified_and_administrators_fill_that_seat(
    administrator: User, bystander: User
) -> None:
    qualified = make.make_user("amara", qualified=[Role.COMMANDER])
    for by in (qualified, administrator, bystander):
        incident = make.make_incident(by=bystander)
        chosen = make.make_user()
        staffing.assign(incident, Role.COMMANDER, chosen, by=by)
        assert held(incident, Role.COMMANDER) == [chosen]


def test_while_nobody_commands_others_fill_no_seat(incident: Incident, bystander: User) -> None:
    learning = make.make_user("learning")
    Qualification.objects.create(user=learning, role=Role.COMMANDER, level=Qualification.Level.SHADOWED)
    expired = make.make_user("expired")
    yesterday = timezone.now().date() - timedelta(days=1)
    Qualification.objects.create(user=expired, role=Role.COMMANDER, expires_on=yesterday)
    for person in (bystander, learning, expired):
        with pytest.raises(PermissionDenied):
            staffing.assign(incident, Role.COMMANDER, make.make_user(), by=person)
    assert held(incident, Role.COMMANDER) == []


def test_whoever_may_fill_command_gives_no_other_seat(incident: Incident) -> None:
    qualified = make.make_user(qualified=[Role.COMMANDER])
    with pytest.raises(PermissionDenied):
        staffing.assign(incident, Role.SCRIBE, make.make_user(), by=qualified)


def test_once_somebody_commands_the_qualified_assign_no_more(incident: Incident, deputy: User) -> None:
    qualified = make.make_user(qualified=[Role.COMMANDER])
    with pytest.raises(PermissionDenied):
        staffing.assign(incident, Role.COMMANDER, qualified, by=qualified)


def test_the_first_commander_acknowledges_the_incident(incident: Incident) -> None:
    first = make.seat(incident, Role.COMMANDER, make.make_user())
    assert Incident.objects.get().acknowledged_at == first.assumed_at
    handover.hand_over(first, to=make.make_user(), by=SYSTEM, at_once=True)
    assert Incident.objects.get().acknowledged_at == first.assumed_at


# --- taking -----------------------------------------------------------------------------------


@pytest.mark.parametrize("severity", [Severity.SEV1, Severity.SEV2])
def test_any_responder_takes_any_vacant_seat_of_a_major_incident(bystander: User, severity: str) -> None:
    incident = make.make_incident(severity=severity)
    for role in Role:
        assert staffing.take(incident, role, by=bystander, reason="Nobody else is here.").state == "held"


@pytest.mark.parametrize("severity", [Severity.SEV3, Severity.SEV4, Severity.SEV5])
def test_below_that_command_is_for_those_who_may_fill_it(bystander: User, administrator: User, severity: str) -> None:
    incident = make.make_incident(severity=severity)
    with pytest.raises(PermissionDenied, match="is for those who are qualified"):
        staffing.take(incident, Role.COMMANDER, by=bystander)
    for role in Role:
        if role != Role.COMMANDER:
            staffing.take(incident, role, by=bystander)
    for person in (administrator, make.make_user(qualified=[Role.COMMANDER])):
        again = make.make_incident(severity=severity)
        assert staffing.take(again, Role.COMMANDER, by=person).user == person
    own = make.make_incident(severity=severity, by=bystander)
    assert staffing.take(own, Role.COMMANDER, by=bystander).user == bystander


def test_outsiders_take_nothing(incident: Incident, outsider: User) -> None:
    with pytest.raises(PermissionDenied):
        staffing.take(incident, Role.SCRIBE, by=outsider)


def test_two_who_take_one_seat_the_first_wins_and_the_other_is_told(db: None, bystander: User) -> None:
    with time_machine.travel(NOON, tick=False):
        make.make_incident()
        seen_by_one, seen_by_other = Incident.objects.get(), Incident.objects.get()
        assert not seen_by_one.is_filled(Role.SCRIBE)
        assert not seen_by_other.is_filled(Role.TECH_LEAD)
        staffing.take(seen_by_one, Role.TECH_LEAD, by=bystander)
    with pytest.raises(Conflict, match="Ben holds Technical Lead since 12:00 UTC"):
        staffing.take(seen_by_other, Role.TECH_LEAD, by=make.make_user())
    assert held(seen_by_one, Role.TECH_LEAD) == [bystander]


def test_taking_ones_own_seat_again_is_told(incident: Incident, scribe: User) -> None:
    with pytest.raises(Conflict, match="You hold Scribe already"):
        staffing.take(incident, Role.SCRIBE, by=scribe)


def test_taking_a_seat_gives_its_rights_at_once(incident: Incident, bystander: User) -> None:
    assert not may(bystander, "incidents.draft_update", incident)
    staffing.take(incident, Role.COMMS_LEAD, by=bystander)
    assert may(bystander, "incidents.draft_update", incident)


# --- offering and accepting -------------------------------------------------------------------


def test_an_offer_is_accepted_by_the_one_it_was_made_to(incident: Incident, commander: User, bystander: User) -> None:
    offer, is_new = staffing.assign(incident, Role.SCRIBE, bystander, by=commander, offer=True)
    assert (offer.state, is_new, held(incident, Role.SCRIBE)) == ("offered", True, [])
    assert staffing.assign(incident, Role.SCRIBE, bystander, by=commander, offer=True) == (offer, False)
    with pytest.raises(PermissionDenied, match="was offered to Ben"):
        staffing.accept(offer, by=commander)
    assert staffing.accept(offer, by=bystander).state == "held"
    assert held(incident, Role.SCRIBE) == [bystander]
    assert staffing.accept(offer, by=bystander).state == "held"
    assert incident.entries.filter(kind=Kind.SEAT_HELD, data__role="scribe").count() == 1


def test_an_offer_taken_back_is_gone(incident: Incident, commander: User, bystander: User) -> None:
    offer, _ = staffing.assign(incident, Role.SCRIBE, bystander, by=commander, offer=True)
    staffing.release(offer, by=commander)
    with pytest.raises(Conflict, match="was taken back"):
        staffing.accept(offer, by=bystander)


def test_two_are_offered_one_seat_and_the_first_to_accept_has_it(incident: Incident, commander: User) -> None:
    offers = [
        staffing.assign(incident, Role.TECH_LEAD, make.make_user(), by=commander, offer=True)[0] for _ in range(2)
    ]
    staffing.accept(offers[0], by=offers[0].user)
    ended = IncidentRole.objects.get(pk=offers[1].pk)
    assert (ended.state, incident.entries.last().body) == ("renounced", f"{offers[0].user} has it.")
    with pytest.raises(Conflict, match="holds Technical Lead since"):
        staffing.accept(offers[1], by=offers[1].user)
    assert held(incident, Role.TECH_LEAD) == [offers[0].user]


def test_a_commander_who_offers_command_gives_it_up_when_it_is_accepted(
    incident: Incident, commander: User, bystander: User
) -> None:
    offer, _ = staffing.assign(incident, Role.COMMANDER, bystander, by=commander, offer=True)
    assert held(incident, Role.COMMANDER) == [commander]
    staffing.accept(offer, by=bystander)
    assert held(incident, Role.COMMANDER) == [bystander]
    assert not may(commander, "incidents.change_state", Incident.objects.get())
    assert incident.entries.last().data["from_user"] == commander.pk


def test_a_deputy_who_accepts_takes_nothing_from_the_commander(
    incident: Incident, commander: User, bystander: User
) -> None:
    offer, _ = staffing.assign(incident, Role.COMMANDER, bystander, by=commander, kind=Holding.DEPUTY, offer=True)
    staffing.accept(offer, by=bystander)
    assert held(incident, Role.COMMANDER) == [commander]
    assert may(bystander, "incidents.change_state", Incident.objects.get())
