"""Guardian's rows are the copy of what held seats allow: whatever happens to seats, all answers agree."""

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from incidents.models import Incident, IncidentGrant, IncidentRole
from incidents.response import handover, staffing
from roles import grants, policy
from roles.catalog import Holding, Role
from roles.models import User
from tests import make

ON_INCIDENTS = [action for action in policy.POLICY if action.startswith("incidents.")]


def rows_of(person: User, incident: Incident) -> set[str]:
    """The codenames that guardian holds for `person` on `incident`."""
    return set(
        IncidentGrant.objects.filter(user=person, content_object=incident).values_list(
            "permission__codename", flat=True
        )
    )


def rows_by_seats(person: User, incident: Incident) -> set[str]:
    """The codenames that the table gives, read anew from the seats in the database."""
    live = IncidentRole.objects.filter(incident=incident, user=person, renounced_at=None)
    wanted = {"view_incident"} if live.exists() or incident.invited.filter(pk=person.pk).exists() else set()
    for seat in live.exclude(assumed_at=None).exclude(kind=Holding.SHADOW):
        wanted |= {action.split(".")[1] for action in ON_INCIDENTS if seat.role in policy.POLICY[action]}
    return wanted


#: One change of seats: what is done, to the seat of which role and holding, by and for which person.
CHANGES = st.tuples(
    st.sampled_from(["assign", "offer", "take", "accept", "decline", "hand_over", "pass_on", "release", "delegate"]),
    st.sampled_from(Role),
    st.sampled_from(Holding),
    st.integers(0, 3),
    st.integers(0, 3),
)


def change(incident: Incident, what: str, role: Role, holding: Holding, by: User, to: User) -> None:
    """Does one change, or is refused: both are fine, as long as the answers agree afterwards."""
    seat = IncidentRole.objects.filter(incident=incident, role=role, kind=holding, renounced_at=None).first()
    try:
        if what in {"assign", "offer"}:
            staffing.assign(incident, role, to, by=by, kind=holding, offer=what == "offer")
        elif what == "take":
            staffing.take(incident, role, by=by)
        elif seat and what == "accept":
            staffing.accept(seat, by=by)
        elif seat and what == "decline":
            staffing.decline(seat, by=by)
        elif seat and what in {"hand_over", "pass_on"}:
            handover.hand_over(seat, to=to, by=by, at_once=what == "pass_on", reason="They are away.")
        elif seat and what == "release":
            staffing.release(seat, by=by, reason="Not needed now.")
        elif seat and what == "delegate":
            staffing.delegate_approval(seat, by=by, may_approve=not seat.may_approve)
    except (PermissionDenied, ValidationError):
        pass


class AfterAnyChangesOfSeats(TestCase):
    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(st.booleans(), st.lists(CHANGES, max_size=12))
    def test_seats_rows_and_answers_agree(
        self, is_private: bool, changes: list[tuple[str, Role, Holding, int, int]]
    ) -> None:
        people = [
            make.make_user("first"),
            make.make_user("second"),
            make.make_user("third"),
            make.make_user("boss", is_superuser=True),
        ]
        incident = make.make_incident(is_private=is_private, by=people[0])
        make.seat(incident, Role.COMMANDER, people[1])
        for what, role, holding, by, to in changes:
            change(Incident.objects.get(pk=incident.pk), what, role, holding, people[by], people[to])
        for person in people:
            now = Incident.objects.get(pk=incident.pk)
            assert rows_of(person, now) == rows_by_seats(person, now)
            held = grants.held(person, now)
            assert held == {action for action in ON_INCIDENTS if policy.may(person, action, now)}
            assert ("incidents.view_incident" in held) == now.is_visible_to(person)
        primaries = IncidentRole.objects.held().filter(incident=incident, role=Role.COMMANDER, kind=Holding.PRIMARY)
        assert primaries.count() == 1


def test_a_seat_writes_its_rows_and_giving_it_up_takes_them(incident: Incident, bystander: User) -> None:
    assert rows_of(bystander, incident) == set()
    seat = make.seat(incident, Role.SCRIBE, bystander)
    assert rows_of(bystander, incident) == {
        "view_incident",
        "add_entry",
        "add_task",
        "answer_team",
        "ask_team",
        "assign_task",
        "classify",
        "correct_times",
        "mark_entry",
        "propose_decision",
        "supersede_entry",
    }
    staffing.release(seat, by=bystander, reason=make.REASON)
    assert rows_of(bystander, incident) == set()


def test_giving_up_one_of_two_seats_keeps_what_the_other_allows(incident: Incident, bystander: User) -> None:
    scribe = make.seat(incident, Role.SCRIBE, bystander)
    make.seat(incident, Role.COMMS_LEAD, bystander)
    staffing.release(scribe, by=bystander, reason=make.REASON)
    assert rows_of(bystander, incident) == {
        "view_incident",
        "add_entry",
        "add_task",
        "classify",
        "propose_decision",
        "draft_update",
        "approve_update",
        "publish_update",
        "answer_team",
        "approve_points",
        "ask_team",
        "brief_support",
        "capture_feedback",
        "resend_update",
        "set_rhythm",
        "share_board",
        "view_reports",
    }


def test_nothing_is_written_where_nothing_changed(
    incident: Incident, commander: User, django_assert_num_queries
) -> None:
    seats = list(incident.seats_held_by(commander))
    with django_assert_num_queries(1):
        grants.sync(commander, incident, seats, grants=IncidentGrant)


def test_held_asks_no_more_with_three_seats_than_with_one(
    incident: Incident, bystander: User, django_assert_num_queries
) -> None:
    for role in (Role.SCRIBE, Role.COMMS_LEAD, Role.TECH_LEAD):
        make.seat(incident, role, bystander)
        fresh = Incident.objects.get(pk=incident.pk)
        with django_assert_num_queries(1):
            grants.held(bystander, fresh)


def test_a_right_that_is_no_permission_is_an_error(
    incident: Incident, commander: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(policy.POLICY, "incidents.pay_invoice", {Role.COMMANDER: policy.always})
    with pytest.raises(LookupError, match="pay_invoice"):
        grants.sync(commander, incident, incident.seats_held_by(commander), grants=IncidentGrant)


def test_sync_all_mends_rows_that_were_lost_or_forged(incident: Incident, commander: User, bystander: User) -> None:
    IncidentGrant.objects.filter(user=commander).delete()
    forged = Permission.objects.get(content_type__app_label="incidents", codename="change_state")
    IncidentGrant.objects.create(user=bystander, permission=forged, content_object=incident)
    staffing.sync_all(Incident.objects.all())
    assert rows_of(commander, incident) == rows_by_seats(commander, incident) != set()
    assert rows_of(bystander, incident) == set()


def test_objects_granted_names_what_a_person_has_a_row_for(incident: Incident, commander: User) -> None:
    make.make_incident(title="Another one")
    granted = grants.objects_granted(commander, "incidents.change_state", grants=IncidentGrant)
    assert list(Incident.objects.filter(pk__in=granted)) == [incident]


def test_a_row_on_one_incident_is_none_on_another(incident: Incident, commander: User) -> None:
    other = make.make_incident(title="Another one")
    assert commander.has_perm("incidents.change_state", incident)
    assert not commander.has_perm("incidents.change_state", other)
    assert not commander.has_perm("incidents.change_state")
