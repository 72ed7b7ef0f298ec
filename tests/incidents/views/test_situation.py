"""Situation: what it calls attention to, and what it costs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.communication import updates
from incidents.models import Severity, TimelineEntry, Update, UpdateState
from incidents.views import attention
from roles.catalog import Role
from tests import make


def lines(incidents, user):
    return [item.what for item in attention.items(attention.pictures(incidents, user), user)]


def test_nothing_wrong_is_one_calm_line(bystander, client_of, db):
    text = client_of(bystander).get("/").content.decode()
    assert "No active incident. Nothing waits for you." in text


def test_a_gap_outranks_everything_with_the_button_that_closes_it(commander, client_of, db, incident):
    make.seat(incident, Role.TECH_LEAD, make.make_user("tess"))
    for role in (Role.COMMS_LEAD, Role.SME, Role.SCRIBE, Role.STATUS_PAGE_MANAGER):
        make.seat(incident, role, make.make_user(f"holds_{role}"))
    (item,) = attention.items(attention.pictures([incident], commander), commander)
    assert item.what == f"Customer Support Liaison is unassigned on {incident.key}."
    assert [button.label for button in item.buttons] == ["Take it", "Assign"]


def test_many_gaps_are_one_line(bystander, incident):
    assert lines([incident], bystander) == [f"7 roles are unassigned on {incident.key}."]


def test_a_draft_waits_for_the_commander_and_not_for_its_author(commander, comms_lead, draft, incident):
    updates.submit(draft, by=comms_lead)
    waits = f"Public update on {incident.key} waits for your approval."
    assert waits in lines([incident], commander)
    assert waits not in lines([incident], comms_lead)


def test_an_approved_text_waits_for_the_page_manager(commander, comms_lead, page_manager, draft, incident):
    updates.approve(updates.submit(draft, by=comms_lead), by=commander)
    line = f"Public update on {incident.key} is approved and not yet published."
    assert line in lines([incident], page_manager)
    assert line not in lines([incident], commander)


@pytest.mark.parametrize(("minutes", "expected"), [(-3, "overdue"), (2, "due in"), (15, None)])
def test_a_promise_is_shown_when_it_is_soon_and_when_it_is_late(minutes, expected, incident, bystander, page):
    Update.objects.create(
        incident=incident,
        page=page.slug,
        body="Said.",
        state=UpdateState.PUBLISHED,
        published_at=timezone.now(),
        next_update_at=timezone.now() + timedelta(minutes=minutes),
    )
    said = [line for line in lines([incident], bystander) if "public update" in line.lower()]
    assert [expected in line for line in said] == ([True] if expected else [])


def test_an_offer_is_shown_to_the_one_it_was_made_to(bystander, commander, incident):
    make.seat(incident, Role.SCRIBE, bystander, offer=True)
    offer = f"You are offered Scribe on {incident.key}."
    assert offer in lines([incident], bystander)
    assert offer not in lines([incident], commander)


def test_a_parked_fact_is_shown(commander, incident):
    TimelineEntry.objects.filter(incident=incident, number=1).update(parked_at=timezone.now(), told_at=None)
    assert f"1 fact of {incident.key} could not be passed on." in lines([incident], commander)


def test_private_incidents_are_not_on_a_bystanders_page(bystander, client_of, db):
    hidden = make.make_incident(title="Leak of names", is_private=True)
    text = client_of(bystander).get("/").content.decode()
    assert hidden.key not in text
    assert "Leak of names" not in text


def test_situation_costs_the_same_for_one_and_for_three(bystander, client_of, django_assert_num_queries, db):
    client = client_of(bystander)
    make.make_incident(title="One")
    client.get("/")
    with django_assert_num_queries(14):
        client.get("/")
    make.make_incident(title="Two", severity=Severity.SEV3)
    make.make_incident(title="Three", severity=Severity.SEV2)
    with django_assert_num_queries(14):
        client.get("/")
