"""Who is proposed for a role, in which order, and for which reasons."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from incidents import events
from incidents.models import Incident, Service, Task
from incidents.response import candidates, helping, paging
from roles.catalog import Role
from roles.models import Qualification, Team, User
from roles.policy import SYSTEM
from tests import make

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def one_of(incident: Incident, role: str, user: User) -> candidates.Candidate:
    return next(one for one in candidates.for_role(incident, role) if one.user == user)


@time_machine.travel(NOON, tick=False)
def test_candidates_are_the_qualified_the_awake_and_the_free_in_that_order(incident: Incident) -> None:
    Qualification.objects.all().delete()
    busy = make.make_user("busy", qualified=[Role.TECH_LEAD])
    make.seat(make.make_incident(title="Another one"), Role.SCRIBE, busy)
    asleep = make.make_user("asleep", qualified=[Role.TECH_LEAD], time_zone="Pacific/Auckland")
    free = make.make_user("free", qualified=[Role.TECH_LEAD])
    untrained = make.make_user("untrained")
    expired = make.make_user("xpired")
    Qualification.objects.create(user=expired, role=Role.TECH_LEAD, expires_on=NOON.date() - timedelta(days=1))
    make.seat(incident, Role.TECH_LEAD, make.make_user("holder", qualified=[Role.TECH_LEAD]))
    make.make_user("gone", is_active=False, qualified=[Role.TECH_LEAD])
    found = candidates.for_role(incident, Role.TECH_LEAD)
    assert [one.user for one in found] == [free, busy, asleep, untrained, expired]
    assert [one.is_qualified for one in found] == [True, True, True, False, False]
    assert [one.load for one in found] == [0, 1, 0, 0, 0]
    assert [one.training for one in found][2:] == ["Qualified", "Not trained", "Qualification has expired"]
    assert (found[2].is_night, f"{found[2].local:%H:%M}") == (True, "01:00")


@time_machine.travel(NOON, tick=False)
def test_how_fresh_a_training_is_comes_from_the_seats(incident: Incident) -> None:
    person = make.make_user(qualified=[Role.SCRIBE])
    past = make.make_incident(title="Last week's")
    for days, words in ((9, "Qualified, last ran 9 days ago"), (1, "Qualified, last ran yesterday")):
        with events.dated(NOON - timedelta(days=days)):
            make.seat(make.make_incident(title="Past"), Role.SCRIBE, person)
        assert one_of(incident, Role.SCRIBE, person).training == words
    make.seat(past, Role.SCRIBE, person)
    assert one_of(incident, Role.SCRIBE, person).training == "Qualified, last ran today"


def test_the_load_counts_seats_and_tasks_and_names_what_is_not_private(incident: Incident, service: Service) -> None:
    commands, works, hidden, idle = (make.make_user(name) for name in ("commands", "works", "hidden", "idle"))
    other = make.make_incident(title="Another one")
    make.seat(other, Role.COMMANDER, commands)
    for role in (Role.SCRIBE, Role.SUPPORT_LIAISON):
        make.seat(other, role, works)
    for state in ("doing", "to_do", "done"):
        Task.objects.create(incident=other, title="Count them", assignee=works, state=state)
    make.seat(make.make_incident(is_private=True), Role.SCRIBE, hidden)
    words = {one.user: one.carries.words for one in candidates.for_role(incident, Role.TECH_LEAD)}
    assert [words[person] for person in (commands, works, hidden, idle)] == [
        f"commands {other.key}",
        "2 seats, 2 tasks",
        "1 seat",
        "none",
    ]
    assert one_of(incident, Role.TECH_LEAD, works).carries.bar == (True, True, True)


def test_owners_of_an_affected_service_come_first_as_experts_and_stand_out_as_technical_lead(
    incident: Incident, service: Service
) -> None:
    trained, owner = make.make_user("trained", qualified=[Role.SME]), make.make_user("owner")
    service.team = Team.objects.create(name="Payments", slug="payments")
    service.save()
    service.team.members.add(owner)
    found = candidates.for_role(incident, Role.SME)
    assert [(one.user, one.owns) for one in found] == [(owner, ("Payments",)), (trained, ())]
    assert candidates.for_role(incident, Role.TECH_LEAD)[0].user == owner
    assert one_of(incident, Role.SCRIBE, owner).owns == ()


def test_reasons_from_the_room_are_shown(incident: Incident, commander: User, bystander: User) -> None:
    helping.offer_help(incident, by=bystander)
    asked = make.make_user()
    paging.page(incident, asked, by=SYSTEM)
    found = {one.user: one for one in candidates.for_role(incident, Role.TECH_LEAD)}
    assert found[commander].holds_here == ("Commander",)
    assert found[commander].needs_reason
    assert (found[bystander].is_helping, found[asked].is_waiting) == (True, True)
    assert found[bystander].needs_reason is False


def test_on_a_private_incident_it_is_said_who_would_be_let_in(bystander: User, administrator: User) -> None:
    private = make.make_incident(is_private=True)
    make.seat(private, Role.COMMANDER, make.make_user("amara"))
    found = {one.user.username: one.is_let_in for one in candidates.for_role(private, Role.SCRIBE)}
    assert found == {"amara": False, "ben": True, "hana": False}


@pytest.mark.parametrize("people", [1, 3])
def test_candidates_cost_the_same_for_one_and_for_three(
    incident: Incident, service: Service, people: int, django_assert_num_queries
) -> None:
    other = make.make_incident(title="Another one")
    for _ in range(people):
        person = make.make_user(qualified=[Role.SME])
        make.seat(other, Role.SCRIBE, person)
        Task.objects.create(incident=other, title="Count them", assignee=person)
    asked = Incident.objects.get(pk=incident.pk)
    with django_assert_num_queries(9):
        assert len(candidates.for_role(asked, Role.SME)) == people


@time_machine.travel(NOON, tick=False)
def test_who_offers_help_is_awake_and_comes_before_those_like_them(incident: Incident) -> None:
    make.make_user("able")
    helper = make.make_user("helper", time_zone="Pacific/Auckland")
    helping.offer_help(incident, by=helper)
    found = candidates.for_role(incident, Role.SCRIBE)
    assert [one.user.username for one in found] == ["helper", "able"]
    assert (found[0].is_night, found[0].is_woken) == (True, False)
