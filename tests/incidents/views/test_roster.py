"""Seats in the room: offers with their brief, handing over, waiving, offering help, and what consoles show of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from incidents import timeline
from incidents.models import Incident, IncidentRole, Kind, RoleWaiver, TimelineEntry
from incidents.response import coverage, handover, helping, staffing
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make

ClientOf = Callable[[User], Client]


def url(name: str, incident: Incident, *args: object) -> str:
    return reverse(f"incidents:{name}", args=[incident.key, *args])


def room(client: Client, incident: Incident, seat: str = "") -> str:
    return client.get(url("room", incident), {"seat": seat} if seat else {}).content.decode()


# --- handing over -----------------------------------------------------------------------------


def test_the_form_comes_filled_in_and_the_receiver_reads_the_brief_before_accepting(
    scribe: User, incident: Incident, bystander: User, client_of: ClientOf
) -> None:
    timeline.add_entry(incident, by=scribe, kind=Kind.NOW, body="Draining node three.")
    seat = incident.seats.get(user=scribe)
    client = client_of(scribe)
    form = client.get(url("hand_over", incident, seat.pk)).content.decode()
    assert "Draining node three." in form
    assert "Pass it on at once" not in form
    client.post(
        url("hand_over", incident, seat.pk),
        {"to": bystander.pk, "situation": "Two nodes done.", "open_decisions": "Fail over?"},
    )
    assert "is asked to take over" in room(client, incident)
    read = room(client_of(bystander), incident)
    assert "Elif hands Scribe over to you." in read
    assert "Two nodes done." in read
    assert "Fail over?" in read
    offer = incident.seats.offered().get()
    client_of(bystander).post(url("accept", incident, offer.pk))
    assert incident.seats.held().get(role=Role.SCRIBE).user == bystander


def test_a_refused_form_keeps_every_word(
    commander: User, tech_lead: User, incident: Incident, client_of: ClientOf
) -> None:
    seat = incident.seats.get(user=tech_lead)
    typed = {"to": make.make_user("mei").pk, "situation": "Draining.", "impact": "The EU.", "at_once": "on"}
    answer = client_of(commander).post(url("hand_over", incident, seat.pk), {**typed, "reason": "away"})
    page = answer.content.decode()
    assert (answer.status_code, "say why in at least 10 characters" in page) == (409, True)
    assert ("Draining." in page, "The EU." in page, 'value="away"' in page) == (True, True, True)
    assert incident.seats.held().get(role=Role.TECH_LEAD).user == tech_lead


def test_the_commander_replaces_an_absent_holder_at_once(
    commander: User, tech_lead: User, incident: Incident, client_of: ClientOf
) -> None:
    seat, mei = incident.seats.get(user=tech_lead), make.make_user("mei")
    client = client_of(commander)
    assert "Pass it on at once" in client.get(url("hand_over", incident, seat.pk)).content.decode()
    client.post(url("hand_over", incident, seat.pk), {"to": mei.pk, "at_once": "on", "reason": "She does not answer."})
    assert incident.seats.held().get(role=Role.TECH_LEAD).user == mei


def test_at_once_is_not_taken_from_who_may_not(
    scribe: User, incident: Incident, bystander: User, client_of: ClientOf
) -> None:
    seat = incident.seats.get(user=scribe)
    client_of(scribe).post(
        url("hand_over", incident, seat.pk), {"to": bystander.pk, "at_once": "on", "reason": "I am in a hurry."}
    )
    assert incident.seats.held().get(role=Role.SCRIBE).user == scribe


def test_others_do_not_even_see_the_form(
    tech_lead: User, commander: User, deputy: User, bystander: User, incident: Incident, client_of: ClientOf
) -> None:
    seat = incident.seats.get(user=tech_lead)
    for person in (deputy, bystander):
        assert client_of(person).get(url("hand_over", incident, seat.pk)).status_code == 403


def test_the_giver_takes_it_back_in_the_room(
    scribe: User, incident: Incident, bystander: User, client_of: ClientOf
) -> None:
    offer = handover.hand_over(incident.seats.get(user=scribe), to=bystander, by=scribe)
    client = client_of(scribe)
    assert url("release", incident, offer.pk) in room(client, incident)
    client.post(url("release", incident, offer.pk))
    assert not incident.seats.offered().exists()


# --- offers -----------------------------------------------------------------------------------


def test_who_holds_a_seat_already_is_led_to_the_offer_of_another(
    scribe: User, commander: User, incident: Incident, client_of: ClientOf
) -> None:
    offer, _ = staffing.assign(incident, Role.COMMS_LEAD, scribe, by=commander, offer=True)
    client = client_of(scribe)
    assert f"?seat={Role.COMMS_LEAD.value}" in room(client, incident)
    assert url("decline", incident, offer.pk) in room(client, incident, Role.COMMS_LEAD)
    client.post(url("decline", incident, offer.pk), {"reason": "I write the log."})
    offer.refresh_from_db()
    assert offer.state == "renounced"
    assert "Elif declined Comms Lead: I write the log." in room(client, incident)


def test_nobody_declines_for_another(bystander: User, commander: User, incident: Incident, client_of: ClientOf) -> None:
    offer, _ = staffing.assign(incident, Role.SCRIBE, bystander, by=commander, offer=True)
    assert client_of(commander).post(url("decline", incident, offer.pk)).status_code == 403


def test_silence_is_shown_to_the_commander_with_the_next_one(
    commander: User, incident: Incident, bystander: User, client_of: ClientOf
) -> None:
    best = make.make_user("best", qualified=[Role.SCRIBE])
    offer, _ = staffing.assign(incident, Role.SCRIBE, bystander, by=commander, offer=True)
    IncidentRole.objects.filter(pk=offer.pk).update(told_at=timezone.now())
    page = room(client_of(commander), incident, Role.SCRIBE)
    assert "no answer" in page
    client_of(commander).post(url("assign", incident, Role.SCRIBE), {"user": best.pk, "offer": "on"})
    assert {seat.user for seat in incident.seats.offered()} == {bystander, best}


# --- giving up, waiving -----------------------------------------------------------------------


def test_a_needed_seat_is_given_up_with_a_reason(scribe: User, incident: Incident, client_of: ClientOf) -> None:
    seat, client = incident.seats.get(user=scribe), client_of(scribe)
    assert "Why may it stay empty?" in room(client, incident)
    answer = client.post(url("release", incident, seat.pk))
    assert (answer.status_code, "hand the seat over, or say why" in answer.content.decode()) == (409, True)
    client.post(url("release", incident, seat.pk), {"reason": "It is nearly over."})
    assert not incident.seats.held().filter(role=Role.SCRIBE).exists()


def test_a_role_is_waived_and_wanted_again_in_its_slot(
    commander: User, incident: Incident, client_of: ClientOf
) -> None:
    client = client_of(commander)
    assert "Not needed because" in room(client, incident, Role.SUPPORT_LIAISON)
    client.post(url("waive", incident, Role.SUPPORT_LIAISON), {"reason": "No customer has written."})
    page = room(client, incident, Role.SUPPORT_LIAISON)
    assert ("Not needed here." in page, "No customer has written." in page) == (True, True)
    client.post(url("withdraw_waiver", incident, RoleWaiver.objects.get().pk))
    assert next(one for one in coverage.roster(incident) if one.role == Role.SUPPORT_LIAISON).is_gap


def test_a_waiver_of_another_incident_is_not_found_here(
    commander: User, incident: Incident, client_of: ClientOf
) -> None:
    other = make.make_incident(title="Another one")
    waiver = coverage.waive_role(other, Role.SCRIBE, by=SYSTEM, reason="Short and simple.")
    assert client_of(commander).post(url("withdraw_waiver", incident, waiver.pk)).status_code == 404


# --- joining ----------------------------------------------------------------------------------


def test_an_observer_offers_help_once_and_the_commander_reads_it(
    commander: User, incident: Incident, bystander: User, client_of: ClientOf
) -> None:
    client = client_of(bystander)
    assert "Offer help" in room(client, incident)
    client.post(url("offer_help", incident), {"words": "I know the ledger."})
    entry = TimelineEntry.objects.get(incident=incident, kind=Kind.NOTE)
    assert (entry.body, entry.data["to"]) == ("Ben offers help: I know the ledger.", [commander.pk])
    assert "You offered help at" in room(client, incident)
    assert client.post(url("offer_help", incident)).status_code == 409
    assert "Offers help" in room(client_of(commander), incident, Role.SCRIBE)


def test_help_is_not_offered_where_nothing_goes_on(bystander: User, client_of: ClientOf) -> None:
    over = make.make_incident(state="resolved")
    assert "Offer help" not in room(client_of(bystander), over)
    assert client_of(bystander).post(url("offer_help", over)).status_code == 409


def test_an_observer_sees_where_we_are_and_the_open_seats(
    incident: Incident, commander: User, bystander: User, client_of: ClientOf
) -> None:
    page = room(client_of(bystander), incident)
    assert 'id="h-standing"' in page
    assert url("take", incident, Role.SCRIBE) in page
    assert url("take", incident, Role.COMMANDER) not in page


def test_a_shadow_is_told_that_the_holder_acts(
    incident: Incident, commander: User, shadow: User, client_of: ClientOf
) -> None:
    page = room(client_of(shadow), incident)
    assert "You shadow this role" in page
    assert "Offer help" not in page


def test_at_sev1_taking_the_other_lead_asks_why(incident: Incident, commander: User, client_of: ClientOf) -> None:
    client = client_of(commander)
    assert "Why both?" in room(client, incident, Role.TECH_LEAD)
    assert client.post(url("take", incident, Role.TECH_LEAD)).status_code == 409
    client.post(url("take", incident, Role.TECH_LEAD), {"reason": "Nobody else is awake."})
    assert incident.seats.held().get(role=Role.TECH_LEAD).user == commander


def test_the_experts_slot_names_services_without_an_owner(
    incident: Incident, commander: User, client_of: ClientOf
) -> None:
    assert "SEV1 wants one per affected service" in room(client_of(commander), incident, Role.SME)


def test_a_tired_holder_is_shown_the_way_to_hand_over(scribe: User, incident: Incident, client_of: ClientOf) -> None:
    client = client_of(scribe)
    assert "Hand over before it shows" not in room(client, incident)
    IncidentRole.objects.filter(user=scribe).update(told_at=timezone.now() - timedelta(minutes=1))
    assert "Hand over before it shows" in room(client, incident)


@pytest.mark.parametrize("role", [Role.COMMS_LEAD, Role.SUPPORT_LIAISON, Role.STATUS_PAGE_MANAGER])
def test_each_duty_has_a_fact_that_leads_to_where_it_is_done(
    incident: Incident, page: object, role: Role, client_of: ClientOf
) -> None:
    person = make.seat(incident, role, make.make_user()).user
    shown = room(client_of(person), incident)
    strip = shown[shown.index('class="duties"') : shown.index("</ul>", shown.index('class="duties"'))]
    assert strip.count("<li") == strip.count('<a class="plain"') == 5
    for anchor in {part.split('"')[0] for part in strip.split('href="#')[1:]}:
        assert f'id="{anchor}"' in shown, anchor


def test_a_deputy_is_offered_no_handover(
    incident: Incident, commander: User, deputy: User, client_of: ClientOf
) -> None:
    seat = incident.seats.get(user=deputy, kind=Holding.DEPUTY)
    assert url("hand_over", incident, seat.pk) not in room(client_of(deputy), incident).split('id="h-roster"')[0]


def test_who_offered_help_is_known_by_one_query(incident: Incident, bystander: User, django_assert_num_queries) -> None:
    helping.offer_help(incident, by=bystander)
    helping.offer_help(incident, by=make.make_user())
    with django_assert_num_queries(1):
        assert len(helping.offers_of_help(incident)) == 2


def test_one_who_could_take_a_vacant_seat_is_not_offered_it_by_themselves(incident, client_of):
    amara = make.make_user("amara", qualified=[Role.COMMANDER])
    make.make_user("mei")
    page = client_of(amara).get(f"/incidents/{incident.key}/?seat=commander").content.decode()
    assert 'Offer<span class="sr"> to Mei' in page
    assert 'Offer<span class="sr"> to Amara' not in page
    assert ">Take it</button>" in page


def test_of_several_in_one_seat_each_sees_themselves_in_the_roster(incident, sme, client_of):
    mei = make.make_user("mei")
    make.seat(incident, Role.SME, mei)
    for person in (sme, mei):
        roster = client_of(person).get(f"/incidents/{incident.key}/").content.decode().split('class="roster"')[1]
        slot = roster.split("?seat=sme")[0].rsplit("<a ", 1)[1] + roster.split("?seat=sme")[1].split("</a>")[0]
        assert 'class="slot you' in slot
        assert "You, since" in slot
        assert "2 people" in slot
