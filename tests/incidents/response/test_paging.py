"""Calling people: who may, how they answer, and that nobody's silence is the end of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import lifecycle
from incidents.conflicts import Conflict
from incidents.models import Incident, Kind, Paging, Severity
from incidents.response import called, paging, staffing
from notifications.models import Message
from roles.catalog import Role
from roles.models import Team, User
from roles.policy import SYSTEM
from tests import make
from tests.worker import Worker

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def states(incident: Incident) -> list[tuple[str, str]]:
    return [(call.user.username, call.state) for call in incident.pagings.select_related("user").order_by("pk")]


def later(clock: time_machine.Traveller, minutes: float) -> None:
    clock.shift(timedelta(minutes=minutes))


# --- calling ----------------------------------------------------------------------------------


def test_the_commander_pages_anybody_and_the_row_names_whom(
    clock: time_machine.Traveller, incident: Incident, commander: User, bystander: User
) -> None:
    call = paging.page(incident, bystander, by=commander, message=" You wrote\nthe pool. ")
    assert (call.state, call.message, call.due_at - NOON) == ("waiting", "You wrote the pool.", timedelta(minutes=5))
    entry = incident.entries.last()
    assert (entry.kind, entry.body, entry.data["to"]) == (Kind.PAGED, "Ben paged: You wrote the pool.", [bystander.pk])


def test_where_the_severity_sets_no_time_a_quarter_of_an_hour_is_given(
    clock: time_machine.Traveller, bystander: User
) -> None:
    call = paging.page(make.make_incident(severity=Severity.SEV4), bystander, by=SYSTEM)
    assert call.due_at - NOON == timedelta(minutes=15)


def test_the_technical_lead_pages_experts_and_nobody_else(incident: Incident, tech_lead: User, bystander: User) -> None:
    assert paging.page(incident, bystander, by=tech_lead, role=Role.SME).state == "waiting"
    for role in ("", Role.SCRIBE):
        with pytest.raises(PermissionDenied):
            paging.page(incident, make.make_user(), by=tech_lead, role=role)


def test_others_page_nobody(
    incident: Incident, scribe: User, sme: User, shadow: User, bystander: User, outsider: User
) -> None:
    for person in (scribe, sme, shadow, bystander, outsider):
        for role in ("", Role.SME):
            with pytest.raises(PermissionDenied):
                paging.page(incident, make.make_user(), by=person, role=role)
    assert Paging.objects.count() == 0


def test_one_who_is_being_called_is_not_called_twice(incident: Incident, commander: User, bystander: User) -> None:
    first = paging.page(incident, bystander, by=commander)
    rows = incident.entries.count()
    assert paging.page(incident, bystander, by=commander, role=Role.SME) == first
    assert (Paging.objects.count(), incident.entries.count()) == (1, rows)


def test_calls_that_make_no_sense(incident: Incident, commander: User, outsider: User, bystander: User) -> None:
    with pytest.raises(ValidationError, match="is not an active responder"):
        paging.page(incident, outsider, by=commander)
    with pytest.raises(ValidationError, match="king is no role"):
        paging.page(incident, bystander, by=commander, role="king")
    with pytest.raises(ValidationError, match="at most 300 characters"):
        paging.page(incident, bystander, by=commander, message="x" * 301)
    with pytest.raises(Conflict, match="nobody pages themselves"):
        paging.page(incident, commander, by=commander)


def test_nobody_is_called_to_what_is_closed(bystander: User) -> None:
    closed = make.make_incident(state="closed")
    with pytest.raises(Conflict, match="its seats do not change any more"):
        paging.page(closed, bystander, by=SYSTEM)


def test_a_role_calls_its_best_candidate_and_a_team_its_own(
    clock: time_machine.Traveller, incident: Incident, commander: User
) -> None:
    best = make.make_user("best", qualified=[Role.SCRIBE])
    member = make.make_user("member")
    team = Team.objects.create(name="Payments", slug="payments")
    team.members.add(member)
    assert paging.page_best(incident, by=commander, role=Role.SCRIBE).user == best
    assert paging.page_best(incident, by=commander, role=Role.SME, team=team).user == member
    empty = Team.objects.create(name="Web", slug="web")
    with pytest.raises(Conflict, match="Web has nobody left who could be called"):
        paging.page_best(incident, by=commander, role=Role.SME, team=empty)


def test_a_second_call_for_a_role_goes_to_the_next_candidate(incident: Incident, commander: User) -> None:
    first, second = (make.make_user(name, qualified=[Role.SCRIBE]) for name in ("first", "second"))
    calls = [paging.page_best(incident, by=commander, role=Role.SCRIBE) for _ in range(2)]
    assert [call.user for call in calls] == [first, second]


def test_to_a_private_incident_only_who_may_let_people_in_calls_them(commander: User, bystander: User) -> None:
    private = make.make_incident(is_private=True, title="Keys were copied")
    make.seat(private, Role.COMMANDER, commander)
    lead = make.seat(private, Role.TECH_LEAD, make.make_user("priya")).user
    with pytest.raises(PermissionDenied):
        paging.page(private, bystander, by=lead, role=Role.SME)
    assert (private.pagings.count(), private.is_visible_to(bystander)) == (0, False)
    paging.page(private, bystander, by=commander, role=Role.SME)
    assert private.is_visible_to(bystander)


# --- the message ------------------------------------------------------------------------------


def test_the_call_goes_out_by_mail_and_sms_with_a_link_that_needs_no_sign_in(
    incident: Incident, commander: User, bystander: User, worker: Worker
) -> None:
    call = paging.page(incident, bystander, by=commander, role=Role.SME, message="You know the pool.")
    worker.run(but="deliver")
    told = {message.channel: message for message in Message.objects.filter(user=bystander)}
    assert {message.lane for message in told.values()} == {"urgent"}
    assert set(told) == {"email", "sms"}
    assert {message.token for message in told.values()} == {paging.token_of(call)}
    sms = told["sms"].content.sms
    assert sms.startswith("INC-1 SEV1 calls you as Subject Matter Expert: You know the pool.")
    assert paging.token_of(call) not in str(list(incident.entries.values_list("body", "data")))


def test_a_call_of_a_drill_stays_in_the_sandbox(commander: User, bystander: User, worker: Worker) -> None:
    drill = make.make_incident(kind="drill")
    paging.page(drill, bystander, by=SYSTEM)
    worker.run(but="deliver")
    messages = Message.objects.filter(user=bystander)
    assert [message.content.is_sandbox for message in messages] == [True, True]
    assert "DRILL" in messages[0].content.text


# --- answering --------------------------------------------------------------------------------


def test_the_one_called_answers_once_and_may_say_it_again(incident: Incident, commander: User, bystander: User) -> None:
    call = paging.page(incident, bystander, by=commander, role=Role.SME)
    with pytest.raises(PermissionDenied, match="Ben is called, and answers"):
        paging.acknowledge(call, by=commander, through="room")
    for through in ("link", "room"):
        assert paging.acknowledge(call, by=bystander, through=through).state == "acknowledged"
    call.refresh_from_db()
    assert call.answered_through == "link"
    answers = incident.entries.filter(kind=Kind.PAGING_ANSWERED)
    assert [entry.body for entry in answers] == ["Ben answered the call as Subject Matter Expert"]
    assert called.of(bystander).waiting == ()
    assert called.of(bystander).to_take == (called.OpenSeat(call, needs_reason=False),)


def test_sitting_down_answers_the_call(incident: Incident, commander: User, bystander: User) -> None:
    call = paging.page(incident, bystander, by=commander, role=Role.TECH_LEAD)
    other = paging.page(incident, make.make_user(), by=commander, role=Role.TECH_LEAD)
    staffing.take(incident, Role.TECH_LEAD, by=bystander)
    assert [Paging.objects.get(pk=one.pk).state for one in (call, other)] == ["acknowledged", "withdrawn"]
    assert called.of(bystander) == called.Calls()


def test_an_answered_call_leads_to_its_seat_for_as_long_as_one_could_take_it(
    incident: Incident, commander: User, bystander: User
) -> None:
    call = paging.page(incident, bystander, by=commander, role=Role.TECH_LEAD)
    paging.acknowledge(call, by=bystander, through="link")
    assert [one.call for one in called.of(bystander).to_take] == [call]
    taken = make.seat(incident, Role.TECH_LEAD, make.make_user())
    assert called.of(bystander).to_take == ()
    staffing.release(taken, by=SYSTEM)
    assert [one.call for one in called.of(bystander).to_take] == [call]
    lifecycle.move(incident, "resolve", by=SYSTEM, reason=make.REASON)
    assert called.of(bystander).to_take == ()


def test_a_seat_that_one_took_and_gave_up_is_not_put_to_them_again(
    incident: Incident, commander: User, bystander: User
) -> None:
    call = paging.page(incident, bystander, by=commander, role=Role.SME)
    paging.acknowledge(call, by=bystander, through="room")
    staffing.release(staffing.take(incident, Role.SME, by=bystander), by=bystander, reason=make.REASON)
    assert called.of(bystander) == called.Calls()
    again = paging.page(incident, bystander, by=commander, role=Role.SME)
    paging.acknowledge(again, by=bystander, through="room")
    assert [one.call for one in called.of(bystander).to_take] == [again]


def test_command_below_sev2_is_put_to_the_qualified_alone(bystander: User) -> None:
    small = make.make_incident(severity=Severity.SEV3)
    qualified = make.make_user(qualified=[Role.COMMANDER])
    for person in (bystander, qualified):
        paging.acknowledge(paging.page(small, person, by=SYSTEM, role=Role.COMMANDER), by=person, through="link")
    assert [len(called.of(person).to_take) for person in (bystander, qualified)] == [0, 1]


def test_a_call_taken_back_is_not_answered(incident: Incident, commander: User, bystander: User) -> None:
    call = paging.page(incident, bystander, by=commander)
    with pytest.raises(PermissionDenied):
        paging.withdraw(call, by=bystander)
    for _ in range(2):
        assert paging.withdraw(call, by=commander).state == "withdrawn"
    with pytest.raises(Conflict, match="was taken back"):
        paging.acknowledge(call, by=bystander, through="room")


def test_who_cannot_come_passes_it_to_the_next_at_once(
    clock: time_machine.Traveller, incident: Incident, commander: User, bystander: User
) -> None:
    make.make_user("next", qualified=[Role.SME])
    call = paging.page(incident, bystander, by=commander, role=Role.SME)
    for _ in range(2):
        paging.decline(call, by=bystander, reason="On a train.")
    assert states(incident) == [("ben", "passed_on"), ("next", "waiting")]
    entry = incident.entries.get(kind=Kind.PAGING_PASSED_ON)
    assert entry.body == "Ben declined (On a train): Next is called as Subject Matter Expert."
    assert entry.data["to"] == [commander.pk]


# --- by the clock -----------------------------------------------------------------------------


def test_nobody_is_passed_over_before_their_time_and_then_the_next_is_called(
    clock: time_machine.Traveller, incident: Incident, commander: User, bystander: User
) -> None:
    make.make_user("second", qualified=[Role.SME])
    paging.page(incident, bystander, by=commander, role=Role.SME, message="You know it.")
    later(clock, 4.9)
    assert paging.pass_on_unanswered() == 0
    later(clock, 0.1)
    assert [paging.pass_on_unanswered() for _ in range(3)] == [1, 0, 0]
    assert states(incident) == [("ben", "passed_on"), ("second", "waiting")]
    following = incident.pagings.get(state="waiting")
    assert (following.after.user, following.message, following.paged_by) == (bystander, "You know it.", None)
    assert following.due_at == NOON + timedelta(minutes=10)
    entry = incident.entries.get(kind=Kind.PAGING_PASSED_ON)
    assert entry.body == "Ben did not answer: Second is called as Subject Matter Expert."
    assert entry.data["to"] == [commander.pk]
    with pytest.raises(Conflict, match="Second was called after you at 12:05 UTC"):
        paging.acknowledge(Paging.objects.get(user=bystander), by=bystander, through="link")


def test_after_a_long_silence_of_the_clock_each_still_has_their_time(
    clock: time_machine.Traveller, incident: Incident, commander: User, bystander: User
) -> None:
    make.make_user("second", qualified=[Role.SME])
    make.make_user("third", qualified=[Role.SME])
    paging.page(incident, bystander, by=commander, role=Role.SME)
    later(clock, 24 * 60)
    assert [paging.pass_on_unanswered() for _ in range(2)] == [1, 0]
    clock.shift(timedelta(hours=-2))
    assert paging.pass_on_unanswered() == 0
    assert states(incident) == [("ben", "passed_on"), ("second", "waiting")]


def test_two_clocks_that_read_the_same_row_pass_it_on_once(
    clock: time_machine.Traveller, incident: Incident, commander: User, bystander: User
) -> None:
    make.make_user("second", qualified=[Role.SME])
    call = paging.page(incident, bystander, by=commander, role=Role.SME)
    later(clock, 6)
    assert [paging._pass_on_one(call.pk) for _ in range(2)] == [True, False]
    assert incident.pagings.count() == 2


def test_with_nobody_left_it_is_unanswered_and_the_commander_is_told(
    clock: time_machine.Traveller, incident: Incident, commander: User, bystander: User
) -> None:
    paging.page(incident, bystander, by=commander, role=Role.SCRIBE)
    make.seat(incident, Role.SCRIBE, commander)
    later(clock, 6)
    paging.pass_on_unanswered()
    assert states(incident) == [("ben", "unanswered")]
    entry = incident.entries.get(kind=Kind.PAGING_PASSED_ON)
    assert entry.body == "Ben did not answer and nobody is left to call as Scribe."
    assert entry.data["to"] == [commander.pk]


def test_one_called_by_name_alone_has_no_follower(
    clock: time_machine.Traveller, incident: Incident, commander: User, bystander: User
) -> None:
    make.make_user("second", qualified=[Role.SME])
    paging.page(incident, bystander, by=commander)
    later(clock, 6)
    paging.pass_on_unanswered()
    assert states(incident) == [("ben", "unanswered")]


def test_a_private_incident_is_opened_to_nobody_by_silence(
    clock: time_machine.Traveller, commander: User, bystander: User
) -> None:
    private = make.make_incident(is_private=True, title="Keys were copied")
    make.seat(private, Role.COMMANDER, commander)
    stranger = make.make_user("stranger", qualified=[Role.SME])
    paging.page(private, bystander, by=commander, role=Role.SME)
    make.seat(private, Role.SME, commander)
    later(clock, 6)
    paging.pass_on_unanswered()
    assert states(private) == [("ben", "unanswered")]
    assert not private.is_visible_to(stranger)


def test_calls_end_with_the_incident(
    clock: time_machine.Traveller, incident: Incident, commander: User, bystander: User
) -> None:
    paging.page(incident, bystander, by=commander, role=Role.SME)
    lifecycle.move(incident, "resolve", by=commander, reason=make.REASON)
    assert called.of(bystander).waiting == ()
    paging.pass_on_unanswered()
    assert states(incident) == [("ben", "withdrawn")]


# --- links ------------------------------------------------------------------------------------


def test_a_link_leads_to_its_call_and_a_forged_one_nowhere(
    incident: Incident, commander: User, bystander: User
) -> None:
    call = paging.page(incident, bystander, by=commander)
    token = paging.token_of(call)
    assert paging.by_token(token) == call
    assert paging.by_token(f"{call.pk + 1}.{token.partition('.')[2]}") is None
    assert paging.by_token("nonsense") is None
