"""How an incident opens, and every move between its states: legal, illegal, too late, twice."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from pytest_django import Settings

from incidents import lifecycle
from incidents.conflicts import Conflict, Overtaken
from incidents.models import AlertSource, Incident, IncidentKind, Kind, Service, Severity, State, TimelineEntry
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


# --- opening ----------------------------------------------------------------------------------


def test_a_declared_incident_is_investigated_from_the_start(bystander: User, service: Service) -> None:
    incident = lifecycle.open_incident(title="  Cards  fail\n", by=bystander, severity="SEV2", services=[service])
    stored = Incident.objects.get()
    assert stored == incident
    assert (stored.key, stored.title, stored.state, stored.severity) == ("INC-1", "Cards fail", "investigating", "SEV2")
    assert (stored.declared_by, list(stored.services.all())) == (bystander, [service])
    assert stored.declared_at == stored.opened_at == stored.detected_at == stored.state_since
    entry = stored.entries.get()
    assert (entry.number, entry.kind, entry.actor, entry.body) == (1, Kind.OPENED, bystander, "Cards fail")
    assert entry.data == {"state": "investigating", "severity": "SEV2", "kind": "real"}


def test_an_incident_that_nobody_confirmed_opens_in_triage_undeclared(db: None) -> None:
    incident = lifecycle.open_incident(title="Errors rise", by=SYSTEM, state=State.TRIAGE)
    assert (incident.state, incident.declared_by, incident.declared_at) == (State.TRIAGE, None, None)
    assert incident.entries.get().actor is None


def test_keys_count_up(db: None) -> None:
    assert [make.make_incident().key for _ in range(3)] == ["INC-1", "INC-2", "INC-3"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": "  "}, "needs a title"),
        ({"title": "x" * 201}, "at most 200"),
        ({"title": "t", "severity": "SEV9"}, "SEV9 is no severity"),
        ({"title": "t", "state": "resolved"}, "opens in triage or investigating"),
        ({"title": "t", "kind": "joke"}, "joke is no kind"),
    ],
)
def test_what_makes_no_sense_opens_nothing(bystander: User, fields: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        lifecycle.open_incident(by=bystander, **fields)  # type: ignore[arg-type]
    assert not Incident.objects.exists()


def test_an_outsider_declares_nothing(outsider: User) -> None:
    with pytest.raises(PermissionDenied):
        lifecycle.open_incident(title="Let me in", by=outsider)
    assert not Incident.objects.exists()


def test_one_alert_key_has_one_open_incident(db: None) -> None:
    source = AlertSource.objects.create(kind="generic", name="probe", token_digest="d")
    first = make.make_incident(source=source, dedup_key="cards")
    with pytest.raises(Conflict, match="already has an open incident"):
        make.make_incident(source=source, dedup_key="cards")
    lifecycle.move(first, "resolve", by=SYSTEM, reason=LONG_ENOUGH)
    second = make.make_incident(source=source, dedup_key="cards")
    assert {one.key for one in Incident.objects.active()} == {second.key}


def test_an_incident_whose_alert_opened_the_next_one_is_not_reopened(db: None) -> None:
    source = AlertSource.objects.create(kind="generic", name="probe", token_digest="d")
    first = make.make_incident(source=source, dedup_key="cards", state=State.RESOLVED)
    make.make_incident(source=source, dedup_key="cards")
    with pytest.raises(Conflict, match="opened another incident since"):
        lifecycle.move(first, "reopen", by=SYSTEM, reason=LONG_ENOUGH)
    assert Incident.objects.get(pk=first.pk).state == State.RESOLVED


def test_an_alert_from_a_clock_that_is_ahead_was_not_detected_in_the_future(db: None) -> None:
    ahead = timezone.now() + timedelta(minutes=5)
    incident = make.make_incident(detected_at=ahead)
    assert incident.detected_at == incident.opened_at < ahead


def test_what_is_written_down_afterwards_has_the_stamps_of_then(bystander: User, service: Service) -> None:
    start = timezone.now() - timedelta(days=3)
    stamps = {
        "detected_at": start,
        "declared_at": start + timedelta(minutes=4),
        "mitigated_at": start + timedelta(minutes=30),
        "resolved_at": start + timedelta(minutes=50),
    }
    lifecycle.write_down(title="Cards failed on Friday", by=bystander, services=[service], **stamps)
    stored = Incident.objects.get()
    assert {name: getattr(stored, name) for name in stamps} == stamps
    assert (stored.kind, stored.state, stored.opened_at) == ("backfilled", "resolved", stamps["declared_at"])
    told = list(stored.entries.order_by("number").values_list("kind", "actor__username", "occurred_at"))
    assert told == [
        ("opened", "ben", stamps["declared_at"]),
        ("moved", "ben", stamps["mitigated_at"]),
        ("moved", "ben", stamps["resolved_at"]),
    ]


@pytest.mark.parametrize(("field", "minutes"), [("resolved_at", -200), ("detected_at", -50), ("mitigated_at", 10)])
def test_what_is_written_down_afterwards_happened_in_order(bystander: User, field: str, minutes: int) -> None:
    now = timezone.now()
    stamps = {"declared_at": now - timedelta(minutes=100), field: now + timedelta(minutes=minutes)}
    with pytest.raises(ValidationError) as refusal:
        lifecycle.write_down(title="Cards failed", by=bystander, **stamps)
    assert field in refusal.value.message_dict or "declared_at" in refusal.value.message_dict
    assert not Incident.objects.exists()


def test_whoever_opens_a_private_incident_sees_it(bystander: User) -> None:
    incident = make.make_incident(by=bystander, is_private=True)
    assert incident.is_visible_to(bystander)
    assert not incident.is_visible_to(make.make_user())


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


# --- severity and words -----------------------------------------------------------------------


def test_the_commander_changes_the_severity(incident: Incident, commander: User) -> None:
    entry = lifecycle.change_severity(incident, "SEV3", by=commander, reason=" One region only. ")
    assert entry is not None
    assert (entry.kind, entry.body, entry.data["old"], entry.data["new"]) == (
        "severity_changed",
        "One region only.",
        "SEV1",
        "SEV3",
    )
    assert entry.data["consequence"] == (
        "Comms Lead, Expert, Scribe, Support and Status page no longer needed; updates every 1 h."
    )
    assert Incident.objects.get().severity == incident.severity == "SEV3"
    assert [seat.user for seat in Incident.objects.get().live_seats] == [commander]


def test_the_same_severity_is_no_fact(incident: Incident, commander: User) -> None:
    rows = incident.entries.count()
    assert lifecycle.change_severity(incident, "SEV1", by=commander) is None
    assert incident.entries.count() == rows


@pytest.mark.parametrize("state", [State.CLOSED, State.CANCELLED])
def test_the_severity_of_what_is_over_stays(db: None, state: str) -> None:
    stale = make.make_incident()
    for verb in make.ROAD[state]:
        lifecycle.move(Incident.objects.get(), verb, by=SYSTEM, reason=LONG_ENOUGH)
    with pytest.raises(Conflict, match="its severity stays"):
        lifecycle.change_severity(stale, Severity.SEV4, by=SYSTEM)


def test_a_severity_that_does_not_exist_is_refused(incident: Incident, commander: User) -> None:
    with pytest.raises(ValidationError, match="SEV0 is no severity"):
        lifecycle.change_severity(incident, "SEV0", by=commander)


def test_others_change_neither_severity_nor_words(
    incident: Incident, comms_lead: User, scribe: User, bystander: User
) -> None:
    for person in (comms_lead, scribe, bystander):
        with pytest.raises(PermissionDenied):
            lifecycle.change_severity(incident, "SEV5", by=person)
        with pytest.raises(PermissionDenied):
            lifecycle.edit(incident, by=person, title="All is well")
    stored = Incident.objects.get()
    assert (stored.severity, stored.title) == ("SEV1", "Card payments fail in the EU")


def test_an_edit_keeps_the_old_words(incident: Incident, commander: User) -> None:
    entry = lifecycle.edit(incident, by=commander, title="  Cards fail\neverywhere ", summary="Since 11:50.")
    assert entry is not None
    assert entry.data == {
        "before": {"title": "Card payments fail in the EU", "summary": ""},
        "after": {"title": "Cards fail everywhere", "summary": "Since 11:50."},
    }
    stored = Incident.objects.get()
    assert (stored.title, stored.summary) == ("Cards fail everywhere", "Since 11:50.")
    assert stored.version == 2
    assert lifecycle.edit(stored, by=commander, title="Cards fail everywhere") is None


def test_two_who_edit_the_words_at_once_keep_both_versions(incident: Incident, commander: User, deputy: User) -> None:
    seen = Incident.objects.get()
    lifecycle.edit(incident, by=commander, seen_version=1, title="Cards fail in Germany")
    with pytest.raises(Overtaken) as refusal:
        lifecycle.edit(seen, by=deputy, seen_version=1, title="Cards fail in Austria")
    assert (refusal.value.mine, refusal.value.theirs, refusal.value.version) == (
        {"title": "Cards fail in Austria"},
        {"title": "Cards fail in Germany"},
        2,
    )
    assert Incident.objects.get().title == "Cards fail in Germany"
    lifecycle.edit(seen, by=deputy, seen_version=2, title="Cards fail in Austria")
    assert Incident.objects.get().title == "Cards fail in Austria"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": " "}, "needs a title"),
        ({"title": "x" * 201}, "at most 200"),
        ({"state": "closed"}, "state cannot be edited"),
    ],
)
def test_an_edit_that_makes_no_sense_changes_nothing(
    incident: Incident, commander: User, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        lifecycle.edit(incident, by=commander, **changes)
    stored = Incident.objects.get()
    assert (stored.title, stored.state) == ("Card payments fail in the EU", State.INVESTIGATING)


def test_kinds_that_never_leave_the_house(db: None) -> None:
    sandboxed = {kind: make.make_incident(kind=kind).is_sandboxed for kind in IncidentKind}
    assert sandboxed == {"real": False, "drill": True, "test": True, "backfilled": False}
