"""Six hours of a SEV1 whose people forget, whose clocks restart, stop and jump: no reminder twice, none missed."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents import lifecycle
from incidents.communication import cadence, pacing, promise_clock, punctuality, updates
from incidents.models import Incident, Kind, Promise, Service
from incidents.models.promise import PromiseState
from roles.models import User
from roles.policy import SYSTEM
from statuspage.models import StatusPage
from tests import make
from tests.worker import Worker

START = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
STAGES = (Kind.PROMISE_NEAR, Kind.PROMISE_LATE, Kind.PROMISE_BROKEN)
TICK = timedelta(seconds=20)
Traveller = time_machine.Traveller


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def told(incident: Incident) -> Counter[tuple[int, str]]:
    """How often each promise was told of at each stage."""
    rows = incident.entries.filter(kind__in=STAGES).values_list("data", "kind")
    return Counter((data["promise"], kind) for data, kind in rows)


def say(incident: Incident, page: StatusPage) -> None:
    body = f"We are working on it. Since {len(incident.updates.all())} we know more."
    draft = make.make_draft(incident, by=SYSTEM, page=page, body=body, components={"card-payments": "major_outage"})
    updates.publish(draft, by=SYSTEM)


def test_six_hours_with_restarts_missed_ticks_and_jumps(
    clock: Traveller, page: StatusPage, incident: Incident, commander: User, comms_lead: User, worker: Worker
) -> None:
    chance = Random(284)  # noqa: S311 - the same night each time
    worker.run()
    asleep = {(95, 128), (230, 241)}  # the machine of the clock is suspended: minutes after the start
    forgets = {1, 4, 7, 8, 12}  # which updates come late, and by how much is chance
    now, ahead = START, timedelta()
    said, next_word, jumped = 0, START + timedelta(minutes=4), False
    while now < START + timedelta(hours=6):
        now += TICK
        minute = (now - START).total_seconds() / 60
        if minute == 180:
            ahead = -timedelta(minutes=9)  # somebody sets the clock back
            jumped = True
        if minute == 200:
            ahead = timedelta()
        clock.move_to(now + ahead)
        if now >= next_word:
            incident.refresh_from_db()
            say(incident, page)
            said += 1
            every = cadence.interval(incident, "public")
            late = timedelta(minutes=chance.choice([1, 4, 7, 14])) if said in forgets else -timedelta(minutes=2)
            next_word = now + every + late
        if minute == 150:
            pacing.set_rhythm(incident, by=comms_lead, audience="public", every=timedelta(minutes=45))
        if any(first <= minute < last for first, last in asleep) or chance.random() < 0.2:
            continue  # nobody ticks
        for _ in range(chance.choice([1, 1, 2, 3])):  # several clocks, and some that start anew and look again
            promise_clock.strike()
    assert (said, jumped) == (12, True)

    counted = told(incident)
    assert set(counted.values()) == {1}, "told twice"
    public = Promise.objects.filter(incident=incident, audience="public")
    for promise in public:
        ended = promise.settled_at or now
        stages = {stage for pk, stage in counted if pk == promise.pk}
        wide = timedelta(minutes=2)  # a few missed ticks
        for stage, at in (
            (Kind.PROMISE_NEAR, promise.due_at - min(promise_clock.NEAR, promise.span / 2)),
            (Kind.PROMISE_LATE, promise.due_at),
            (Kind.PROMISE_BROKEN, promise.due_at + promise_clock.TOLD_AFTER),
        ):
            is_set_back = timedelta(minutes=165) < promise.due_at - START < timedelta(minutes=215)
            if ended < at - timedelta(minutes=10) and not is_set_back:
                assert stage not in stages, f"{promise} was told of too early"
            if ended > at + wide + timedelta(minutes=34):
                assert stage in stages or _later(stage) & stages, f"{promise} was forgotten"
    figures = punctuality.of_incident(incident, "public")
    assert figures.kept + figures.late == said
    assert figures.late >= 3
    assert {row.state for row in public} <= {PromiseState.KEPT, PromiseState.LATE, PromiseState.OPEN}

    lifecycle.move(incident, "resolve", by=SYSTEM, reason=make.REASON)
    worker.run()
    before = told(incident)
    clock.move_to(now + timedelta(hours=2))
    promise_clock.strike()
    assert told(incident) == before
    assert not Promise.objects.still_open().filter(incident=incident).exists()


def _later(stage: str) -> set[str]:
    """What is told in place of a stage that was slept through."""
    return set(STAGES[STAGES.index(Kind(stage)) + 1 :])


def test_a_tick_every_twenty_seconds_misses_no_stage_of_a_silent_incident(
    clock: Traveller, page: StatusPage, incident: Incident, commander: User, worker: Worker
) -> None:
    worker.run()
    say(incident, page)
    for _ in range(3 * 60):
        clock.shift(TICK)
        promise_clock.strike()
    [promise] = Promise.objects.still_open().filter(incident=incident, audience="public")
    assert {stage for pk, stage in told(incident) if pk == promise.pk} == set(STAGES)
    assert (promise.nudged_at, promise.late_at, promise.told_at) == (
        START + timedelta(minutes=15),
        START + timedelta(minutes=20),
        START + timedelta(minutes=25),
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(min_value=-1200, max_value=2400), min_size=1, max_size=25))
def test_however_the_clock_walks_nothing_is_told_twice_nor_before_its_time(db: None, steps: list[int]) -> None:
    with time_machine.travel(START, tick=False) as clock:
        incident = _alone()
        walked = [START]
        for seconds in steps:
            clock.move_to(walked[-1] + timedelta(seconds=seconds))
            walked.append(walked[-1] + timedelta(seconds=seconds))
            promise_clock.strike()
        counted = told(incident)
        assert set(counted.values()) <= {1}
        [promise] = Promise.objects.filter(incident=incident)
        furthest = max(walked[1:])
        assert bool(counted) == (furthest >= promise.due_at - promise_clock.NEAR)
        if furthest >= promise.due_at + promise_clock.TOLD_AFTER:
            assert counted[promise.pk, Kind.PROMISE_BROKEN] == 1


def _alone() -> Incident:
    """An incident of its own with one promise, twenty minutes ahead."""
    service, _ = Service.objects.get_or_create(slug="ledger", defaults={"name": "Ledger"})
    incident = make.make_incident(services=[service])
    Promise.objects.create(
        incident=incident,
        audience="internal",
        made_at=START - timedelta(hours=10),
        due_at=START + timedelta(minutes=20),
    )
    return incident
