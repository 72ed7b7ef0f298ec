"""Which seats are missed, and which are said to be not needed."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import lifecycle
from incidents.conflicts import Conflict
from incidents.models import Incident, Kind, RoleWaiver, Severity
from incidents.response import coverage, paging, staffing
from roles.catalog import Holding, Role
from roles.models import Team, User
from roles.policy import SYSTEM
from tests import make

WHY = "No customer has written to us."


def slot_of(incident: Incident, role: str) -> coverage.Slot:
    return next(slot for slot in coverage.roster(Incident.objects.get(pk=incident.pk)) if slot.role == role)


def test_a_role_that_is_not_needed_is_waived_with_a_reason_and_missed_no_more(
    incident: Incident, commander: User
) -> None:
    for reason in ("", "because"):
        with pytest.raises(Conflict, match="at least 10 characters"):
            coverage.waive_role(incident, Role.SUPPORT_LIAISON, by=commander, reason=reason)
    assert slot_of(incident, Role.SUPPORT_LIAISON).is_gap
    first = coverage.waive_role(incident, Role.SUPPORT_LIAISON, by=commander, reason=WHY)
    again = coverage.waive_role(incident, Role.SUPPORT_LIAISON, by=commander, reason="Another reason altogether.")
    slot = slot_of(incident, Role.SUPPORT_LIAISON)
    assert (slot.is_gap, slot.is_waived, slot.waiver, again) == (False, True, first, first)
    entry = incident.entries.get(kind=Kind.SEAT_WAIVED)
    assert (entry.actor, entry.body) == (commander, f"Customer Support Liaison is not needed here: {WHY}")


def test_it_is_needed_after_all(incident: Incident, commander: User) -> None:
    waiver = coverage.waive_role(incident, Role.SUPPORT_LIAISON, by=commander, reason=WHY)
    for _ in range(2):
        coverage.withdraw(RoleWaiver.objects.get(pk=waiver.pk), by=commander)
    assert slot_of(incident, Role.SUPPORT_LIAISON).is_gap
    assert incident.entries.filter(kind=Kind.SEAT_WAIVED).count() == 2
    assert coverage.waive_role(incident, Role.SUPPORT_LIAISON, by=commander, reason=WHY) != waiver


def test_nobody_but_the_commander_waives(
    incident: Incident, tech_lead: User, scribe: User, shadow: User, bystander: User, outsider: User
) -> None:
    waiver = RoleWaiver.objects.create(incident=incident, role=Role.SME, reason=WHY)
    for person in (tech_lead, scribe, shadow, bystander, outsider):
        with pytest.raises(PermissionDenied):
            coverage.waive_role(incident, Role.SUPPORT_LIAISON, by=person, reason=WHY)
        with pytest.raises(PermissionDenied):
            coverage.withdraw(waiver, by=person)


def test_what_cannot_be_waived(incident: Incident, commander: User, scribe: User) -> None:
    with pytest.raises(Conflict, match="Somebody must command"):
        coverage.waive_role(incident, Role.COMMANDER, by=commander, reason=WHY)
    with pytest.raises(Conflict, match="Somebody holds Scribe: release the seat first"):
        coverage.waive_role(incident, Role.SCRIBE, by=commander, reason=WHY)
    with pytest.raises(ValidationError, match="king is no role"):
        coverage.waive_role(incident, "king", by=commander, reason=WHY)
    minor = make.make_incident(severity=Severity.SEV4)
    with pytest.raises(Conflict, match="does not ask for a Scribe"):
        coverage.waive_role(minor, Role.SCRIBE, by=SYSTEM, reason=WHY)


def test_a_waived_seat_may_still_be_taken(incident: Incident, commander: User, bystander: User) -> None:
    coverage.waive_role(incident, Role.SUPPORT_LIAISON, by=commander, reason=WHY)
    staffing.take(incident, Role.SUPPORT_LIAISON, by=bystander)
    assert not slot_of(incident, Role.SUPPORT_LIAISON).is_waived


def test_a_major_incident_is_resolved_with_every_seat_filled_or_waived_or_with_a_reason(
    incident: Incident, commander: User, tech_lead: User, comms_lead: User, sme: User, scribe: User, page_manager: User
) -> None:
    for verb in ("identify", "monitor"):
        lifecycle.move(incident, verb, by=commander)
    wanted = "Nobody is Customer Support Liaison: fill the seat or say why it is not needed."
    assert coverage.unmet(incident, "resolve") == [wanted]
    assert coverage.unmet(incident, "identify") == []
    with pytest.raises(Conflict, match="Nobody is Customer Support Liaison"):
        lifecycle.move(incident, "resolve", by=commander)
    coverage.waive_role(incident, Role.SUPPORT_LIAISON, by=commander, reason=WHY)
    assert (coverage.unmet(incident, "resolve"), coverage.met(incident, "resolve")) == (
        [],
        ["Every needed role filled"],
    )
    lifecycle.move(incident, "resolve", by=commander)


@pytest.mark.parametrize("severity", [Severity.SEV3, Severity.SEV4, Severity.SEV5])
def test_minor_incidents_are_resolved_without_any_seat(db: None, severity: str) -> None:
    incident = make.make_incident(severity=severity)
    assert coverage.unmet(incident, "resolve") == []


def test_one_person_covers_several(db: None, bystander: User) -> None:
    incident = make.make_incident(severity=Severity.SEV2)
    for role in Role:
        staffing.take(incident, role, by=bystander)
    assert coverage.unmet(incident, "resolve") == []


def test_at_sev1_one_person_commands_and_leads_the_fix_only_with_a_reason(incident: Incident, commander: User) -> None:
    other = make.make_user()
    with pytest.raises(Conflict, match="does not lead the fix as well"):
        staffing.take(incident, Role.TECH_LEAD, by=commander)
    with pytest.raises(Conflict, match="does not lead the fix as well"):
        staffing.assign(incident, Role.TECH_LEAD, commander, by=commander)
    deputy, _ = staffing.assign(incident, Role.TECH_LEAD, commander, by=commander, kind=Holding.DEPUTY)
    assert deputy.is_held
    seat = staffing.take(incident, Role.TECH_LEAD, by=commander, reason="Nobody else is awake.")
    assert (seat.reason, incident.entries.last().data["reason"]) == ("Nobody else is awake.",) * 2
    minor = make.make_incident(severity=Severity.SEV2)
    for role in (Role.COMMANDER, Role.TECH_LEAD):
        staffing.take(minor, role, by=other)


def test_at_sev1_each_affected_service_wants_an_expert_of_its_owners(incident: Incident, sme: User) -> None:
    ledger = make.make_service("eu-ledger")
    incident.services.add(ledger)
    assert {service.slug for service in coverage.services_without_expert(incident)} == {"payments", "eu-ledger"}
    team = Team.objects.create(name="Platform", slug="platform")
    team.members.add(sme)
    ledger.team = team
    ledger.save()
    assert [service.slug for service in coverage.services_without_expert(incident)] == ["payments"]


def test_the_roster_names_who_is_called(incident: Incident, commander: User, bystander: User) -> None:
    call = paging.page(incident, bystander, by=commander, role=Role.SME)
    assert slot_of(incident, Role.SME).calls == (call,)
    paging.acknowledge(call, by=bystander, through="room")
    assert slot_of(incident, Role.SME).calls == ()


def test_whoever_takes_a_seat_is_announced_to_those_at_work(
    incident: Incident, commander: User, scribe: User, bystander: User
) -> None:
    staffing.take(incident, Role.TECH_LEAD, by=bystander)
    entry = incident.entries.last()
    assert (entry.kind, set(entry.data["to"])) == (Kind.SEAT_HELD, {commander.pk, scribe.pk})


# --- the roster -------------------------------------------------------------------------------


def test_the_roster_shows_seven_slots_in_one_order(incident: Incident, commander: User, shadow: User) -> None:
    slots = coverage.roster(incident)
    assert [slot.role for slot in slots] == list(Role)
    assert [seat.user for seat in slots[0].holders] == [commander, shadow]
    assert [slot.role for slot in slots if slot.is_gap] == list(Role)[1:]


def test_a_slot_with_a_shadow_alone_is_vacant(incident: Incident, shadow: User) -> None:
    assert coverage.roster(incident)[0].is_vacant


@pytest.mark.parametrize(
    ("severity", "required"),
    [
        (Severity.SEV1, list(Role)),
        (Severity.SEV2, ["commander", "comms_lead", "tech_lead", "scribe", "status_page_manager"]),
        (Severity.SEV3, ["commander", "tech_lead"]),
        (Severity.SEV4, ["commander"]),
        (Severity.SEV5, ["commander"]),
    ],
)
def test_what_a_severity_asks_for_is_missed_while_the_incident_goes_on(
    db: None, severity: str, required: list[str]
) -> None:
    incident = make.make_incident(severity=severity)
    assert [slot.role for slot in coverage.roster(incident) if slot.is_gap] == required
    lifecycle.move(incident, "resolve", by=SYSTEM, reason=make.REASON)
    assert [slot for slot in coverage.roster(incident) if slot.is_gap] == []


def test_three_rosters_cost_as_much_as_one(db: None, django_assert_num_queries) -> None:
    for _ in range(3):
        incident = make.make_incident()
        make.seat(incident, Role.SCRIBE, make.make_user())
    for number in (1, 3):
        listed = list(Incident.objects.all()[:number])
        with django_assert_num_queries(3):
            coverage.read_seats(listed)
            found = [slot.holders for one in listed for slot in coverage.roster(one) if slot.holders]
        assert len(found) == number
