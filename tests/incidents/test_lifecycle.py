"""Every move between states: legal, illegal, too late, twice; which are offered, and what they lack."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from pytest_django import Settings

from incidents import lifecycle
from incidents.conflicts import Conflict
from incidents.models import Incident, State, TimelineEntry
from incidents.moves import BY_VERB, MOVES
from roles import grants
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM, Actor
from tests import make

#: The product's transitions, written down a second time from its lifecycle: state → verb → state.
ALLOWED = {
    State.TRIAGE: {"declare": State.INVESTIGATING, "cancel": State.CANCELLED, "merge": State.MERGED},
    State.INVESTIGATING: {
        "identify": State.IDENTIFIED,
        "monitor": State.MONITORING,
        "resolve": State.RESOLVED,
        "cancel": State.CANCELLED,
        "merge": State.MERGED,
    },
    State.IDENTIFIED: {
        "investigate": State.INVESTIGATING,
        "monitor": State.MONITORING,
        "resolve": State.RESOLVED,
        "merge": State.MERGED,
    },
    State.MONITORING: {
        "investigate": State.INVESTIGATING,
        "identify": State.IDENTIFIED,
        "resolve": State.RESOLVED,
        "merge": State.MERGED,
    },
    State.RESOLVED: {"review": State.REVIEWING, "close": State.CLOSED, "reopen": State.INVESTIGATING},
    State.REVIEWING: {"close": State.CLOSED, "reopen": State.INVESTIGATING},
    State.CLOSED: {"review": State.REVIEWING},
    State.CANCELLED: {},
    State.MERGED: {},
}
REACHED = list(make.ROAD)
STAMPS = ("detected", "declared", "identified", "mitigated", "resolved", "review_opened", "closed")
LONG_ENOUGH = "It was seen again."


def go(incident: Incident, verb: str, *, by: Actor = SYSTEM, reason: str = LONG_ENOUGH) -> TimelineEntry:
    """One move; a merge goes on in an incident of its own."""
    into = make.make_incident(title="Where it goes on") if verb == "merge" else None
    return lifecycle.move(incident, verb, by=by, reason=reason, into=into)


@pytest.fixture(autouse=True)
def own_checks(settings: Settings) -> None:
    """What the wings ask for before a move is tested with them."""
    settings.INCIDENT_CHECKS = ["incidents.checks.unmet", "statuspage.checks.unmet"]


@pytest.fixture
def at_noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 3, 2, 12, 0, tzinfo=timezone.get_default_timezone()), tick=False) as clock:
        yield clock


# --- moving -----------------------------------------------------------------------------------


def test_the_table_is_the_products_own(db: None) -> None:
    table = {state: {rule.verb: rule.target for rule in MOVES if state in rule.sources} for state in State}
    assert table == ALLOWED


@pytest.mark.parametrize(("state", "verb"), list(itertools.product(REACHED, BY_VERB)))
def test_from_every_state_each_verb_leads_on_or_is_refused(db: None, state: str, verb: str) -> None:
    incident = make.make_incident(state=state)
    rows = incident.entries.count()
    target = ALLOWED[State(state)].get(verb)
    if target is None:
        with pytest.raises(Conflict, match=f"{incident.key} is {State(state).label}"):
            go(incident, verb)
        assert Incident.objects.get(pk=incident.pk).state == state
        assert incident.entries.count() == rows
    else:
        entry = go(incident, verb)
        assert Incident.objects.get(pk=incident.pk).state == incident.state == target
        assert incident.entries.count() == rows + 1
        assert (entry.kind, entry.data["verb"], entry.data["old"], entry.data["new"]) == ("moved", verb, state, target)


@pytest.mark.parametrize("verb", BY_VERB)
def test_the_commander_and_the_deputy_make_every_move(
    commander: User, deputy: User, administrator: User, verb: str
) -> None:
    state = next(state for state in REACHED if state in BY_VERB[verb].sources)
    for person in (commander, deputy, administrator):
        incident = make.make_incident(state=state)
        if person != administrator:
            kind = "primary" if person == commander else "deputy"
            make.seat(incident, Role.COMMANDER, person, kind=kind)
        assert go(incident, verb, by=person).actor == person


@pytest.mark.parametrize(("state", "verb"), [(state, verb) for state in REACHED for verb in ALLOWED[State(state)]])
def test_nobody_else_makes_any_move(
    incident: Incident,
    comms_lead: User,
    tech_lead: User,
    sme: User,
    scribe: User,
    liaison: User,
    page_manager: User,
    shadow: User,
    former_holder: User,
    bystander: User,
    outsider: User,
    state: str,
    verb: str,
) -> None:
    """Each seat, on an incident of each state from which the move would be legal."""
    for step in make.ROAD[state]:
        go(incident, step)
    Incident.objects.filter(pk=incident.pk).update(state=state)  # no move leads to triage
    rows = incident.entries.count()
    for person in (
        comms_lead, tech_lead, sme, scribe, liaison, page_manager, shadow, former_holder, bystander, outsider,
    ):  # fmt: skip
        with pytest.raises(PermissionDenied):
            lifecycle.move(incident, verb, by=person, reason=LONG_ENOUGH)
    assert (Incident.objects.get(pk=incident.pk).state, incident.entries.count()) == (state, rows)


def test_only_administrators_take_a_closed_incident_back_to_review(
    incident: Incident, commander: User, deputy: User, administrator: User
) -> None:
    for verb in make.ROAD[State.CLOSED]:
        go(incident, verb)
    for person in (commander, deputy):
        assert lifecycle.moves_for(incident, grants.held(person, incident)) == []
        with pytest.raises(PermissionDenied):
            lifecycle.move(incident, "review", by=person)
    lifecycle.move(incident, "review", by=administrator)
    stored = Incident.objects.get()
    assert (stored.state, stored.closed_at) == (State.REVIEWING, None)
    assert stored.review_opened_at is not None


def test_a_verb_that_does_not_exist_is_a_sentence(incident: Incident, commander: User) -> None:
    with pytest.raises(ValidationError, match="explode is no move"):
        lifecycle.move(incident, "explode", by=commander)


def test_whoever_comes_too_late_is_told_who_moved_it_and_when(
    incident: Incident, commander: User, deputy: User, at_noon: time_machine.Traveller
) -> None:
    seen_by_deputy = Incident.objects.get()
    lifecycle.move(incident, "identify", by=commander)
    with pytest.raises(Conflict) as refusal:
        lifecycle.move(seen_by_deputy, "identify", by=deputy)
    assert refusal.value.messages == [
        "INC-1 is Identified since 12:00 UTC, moved by Amara: identify does not lead on from there."
    ]
    assert refusal.value.needed == ["Investigating", "Monitoring"]


def test_a_click_on_an_old_page_is_not_taken_for_another_move(
    incident: Incident, commander: User, deputy: User, at_noon: time_machine.Traveller
) -> None:
    """Resolving would be legal from both states; but the deputy has not seen the present one."""
    lifecycle.move(incident, "monitor", by=commander)
    with pytest.raises(Conflict, match=r"Monitoring since 12:00 UTC, moved by Amara: look at it again"):
        lifecycle.move(Incident.objects.get(), "resolve", by=deputy, seen=State.INVESTIGATING)
    assert Incident.objects.get().state == State.MONITORING
    lifecycle.move(Incident.objects.get(), "resolve", by=deputy, seen=State.MONITORING)
    assert Incident.objects.get().state == State.RESOLVED


@pytest.mark.parametrize(("verb", "state"), [("cancel", State.INVESTIGATING), ("reopen", State.RESOLVED)])
def test_some_moves_must_be_explained(db: None, verb: str, state: str) -> None:
    incident = make.make_incident(state=state)
    for reason in ("", "too short", "  too short   "):
        with pytest.raises(Conflict, match="say why in at least 10 characters") as refusal:
            lifecycle.move(incident, verb, by=SYSTEM, reason=reason)
        assert refusal.value.needed == ["reason"]
    assert lifecycle.move(incident, verb, by=SYSTEM, reason=f"  {LONG_ENOUGH} ").body == LONG_ENOUGH


def test_an_unmet_check_stops_a_move_until_there_is_a_reason(
    incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(incident: Incident, verb: str) -> list[str]:
        return ["The page still shows an outage."] if verb == "resolve" else []

    monkeypatch.setattr("statuspage.checks.unmet", lacking)
    lifecycle.move(incident, "monitor", by=SYSTEM)
    with pytest.raises(Conflict, match=r"Not yet: The page still shows an outage\. Give a reason") as refusal:
        lifecycle.move(incident, "resolve", by=SYSTEM)
    assert refusal.value.needed == ["The page still shows an outage."]
    with pytest.raises(Conflict, match="at least 10 characters"):
        lifecycle.move(incident, "resolve", by=SYSTEM, reason="Because.")
    entry = lifecycle.move(incident, "resolve", by=SYSTEM, reason="The page is ours no more.")
    assert entry.data["unmet"] == ["The page still shows an outage."]


def test_every_move_stamps_its_state(at_noon: time_machine.Traveller, db: None) -> None:
    incident = make.make_incident(state=State.TRIAGE)
    noon = timezone.now()
    for minute, verb in enumerate(["declare", "identify", "monitor", "resolve", "review", "close"], start=1):
        at_noon.shift(timedelta(minutes=1))
        lifecycle.move(incident, verb, by=SYSTEM, reason=LONG_ENOUGH)
        assert Incident.objects.get().state_since == noon + timedelta(minutes=minute)
    stored = Incident.objects.get()
    stamps = [getattr(stored, f"{name}_at") for name in STAMPS]
    assert stamps == [noon + timedelta(minutes=minute) for minute in range(7)]


def test_going_back_takes_back_what_is_no_longer_true(db: None) -> None:
    incident = make.make_incident(state=State.MONITORING)
    lifecycle.move(incident, "identify", by=SYSTEM)
    now = Incident.objects.get()
    assert now.identified_at is not None
    assert now.mitigated_at is None
    lifecycle.move(incident, "investigate", by=SYSTEM)
    now = Incident.objects.get()
    assert (now.identified_at, now.mitigated_at, now.resolved_at) == (None, None, None)
    assert now.declared_at is not None


def test_a_reopened_incident_is_neither_resolved_nor_mitigated(db: None) -> None:
    incident = make.make_incident(state=State.RESOLVED)
    lifecycle.move(incident, "reopen", by=SYSTEM, reason=LONG_ENOUGH)
    now = Incident.objects.get()
    assert (now.state, now.resolved_at, now.mitigated_at, now.identified_at) == (State.INVESTIGATING, None, None, None)


def test_what_ended_more_than_a_day_ago_is_a_new_incident(at_noon: time_machine.Traveller, db: None) -> None:
    incident = make.make_incident(state=State.RESOLVED)
    may = frozenset({"incidents.change_state"})
    at_noon.shift(lifecycle.REOPEN_WITHIN)
    assert "reopen" in [offer.move.verb for offer in lifecycle.moves_for(incident, may)]
    at_noon.shift(timedelta(seconds=1))
    assert [offer.move.verb for offer in lifecycle.moves_for(incident, may)] == ["review", "close"]
    with pytest.raises(Conflict, match="declare a new incident") as refusal:
        lifecycle.move(incident, "reopen", by=SYSTEM, reason=LONG_ENOUGH)
    assert refusal.value.needed == ["a new incident, recurrence_of this one"]


# --- what is offered --------------------------------------------------------------------------


@pytest.mark.parametrize("state", REACHED)
def test_what_is_offered_can_be_done_and_nothing_else(administrator: User, state: str) -> None:
    incident = make.make_incident(state=state)
    may = grants.held(administrator, incident)
    assert {offer.move.verb for offer in lifecycle.moves_for(incident, may)} == set(ALLOWED[State(state)])


def test_nothing_is_offered_to_who_may_nothing(incident: Incident, bystander: User) -> None:
    assert lifecycle.moves_for(incident, grants.held(bystander, incident)) == []


def test_the_way_forward_is_offered_first(db: None) -> None:
    incident = make.make_incident(state=State.MONITORING)
    verbs = [offer.move.verb for offer in lifecycle.moves_for(incident, {"incidents.change_state"})]
    assert verbs == ["resolve", "investigate", "identify", "merge"]
    following = lifecycle.next_move(incident, {"incidents.change_state"})
    assert following is not None
    assert following.move.verb == "resolve"


def test_review_is_offered_first_where_it_is_asked_for(db: None) -> None:
    first = {
        severity: lifecycle.moves_for(
            make.make_incident(severity=severity, state=State.RESOLVED), {"incidents.change_state"}
        )[0].move.verb
        for severity in ("SEV1", "SEV3", "SEV4")
    }
    assert first == {"SEV1": "review", "SEV3": "review", "SEV4": "close"}


# --- what a move lacks ------------------------------------------------------------------------


def test_a_major_incident_is_not_resolved_unwatched_without_a_word(incident: Incident, commander: User) -> None:
    lifecycle.move(incident, "identify", by=commander)
    with pytest.raises(Conflict, match="not watched in Monitoring") as refusal:
        lifecycle.move(incident, "resolve", by=commander)
    assert refusal.value.needed == ["It was not watched in Monitoring: say how you know that it is over."]
    entry = lifecycle.move(incident, "resolve", by=commander, reason="The provider says that it is over.")
    assert (entry.body, entry.data["unmet"]) == ("The provider says that it is over.", refusal.value.needed)


@pytest.mark.parametrize("severity", ["SEV3", "SEV4", "SEV5"])
def test_a_smaller_incident_moves_freely(db: None, severity: str) -> None:
    incident = make.make_incident(severity=severity)
    for verb in ("resolve", "close"):
        assert lifecycle.move(incident, verb, by=SYSTEM).data["unmet"] == []


def test_what_was_major_once_is_not_closed_in_silence(incident: Incident, commander: User) -> None:
    """Lowering the severity takes the review back from nobody."""
    for verb in make.ROAD[State.MONITORING]:
        lifecycle.move(incident, verb, by=commander)
    lifecycle.change_severity(incident, "SEV4", by=commander, reason="Few are left.")
    lifecycle.move(incident, "resolve", by=commander)
    with pytest.raises(Conflict, match="Not reviewed, and SEV1 asks for a review"):
        lifecycle.move(incident, "close", by=commander)
    lifecycle.move(incident, "close", by=commander, reason="Reviewed together with INC-7.")
    assert Incident.objects.get().state == State.CLOSED


def test_an_offer_says_what_is_met_and_what_is_not(db: None) -> None:
    offers = {
        offer.move.verb: [(check.is_met, check.sentence[:11]) for check in offer.checks]
        for offer in lifecycle.moves_for(make.make_incident(state=State.IDENTIFIED), {"incidents.change_state"})
    }
    assert offers["monitor"] == [(True, "Faulty part")]
    assert offers["resolve"] == [(False, "It was not ")]
