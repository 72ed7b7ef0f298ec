"""What a change of severity does to the seats: it offers and hints, and moves nobody."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from incidents import lifecycle
from incidents.models import Incident, IncidentKind, Kind, Severity, State
from incidents.response import coverage, offering, paging, staffing
from notifications.models import Message
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make
from tests.worker import Worker

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def small(db: None) -> Incident:
    """SEV3, commanded by Amara."""
    incident = make.make_incident(severity=Severity.SEV3)
    make.seat(incident, Role.COMMANDER, make.make_user("amara", qualified=[Role.COMMANDER]))
    return incident


def raise_to(severity: str, incident: Incident, worker: Worker) -> dict[str, str]:
    """Role → who is offered it since; by the same door as everybody's."""
    lifecycle.change_severity(incident, severity, by=incident.seats.get(role=Role.COMMANDER).user)
    worker.run()
    incident.forget_seats()
    return {seat.role: seat.user.username for seat in incident.seats.offered().select_related("user")}


def test_what_is_newly_needed_is_offered_to_who_is_qualified_and_seats_nobody(small: Incident, worker: Worker) -> None:
    make.make_user("ben")
    jonas = make.make_user("jonas", qualified=[Role.COMMS_LEAD])
    make.make_user("elif", qualified=[Role.SCRIBE])
    assert raise_to("SEV2", small, worker) == {"comms_lead": "jonas", "scribe": "elif"}
    assert {seat.role for seat in small.seats.held()} == {"commander"}
    assert [slot.role for slot in coverage.roster(small) if slot.is_gap and not slot.offers] == [
        Role.TECH_LEAD,
        Role.STATUS_PAGE_MANAGER,
    ]
    told = Message.objects.filter(user=jonas, channel="email").latest("pk").content
    assert "You are asked to be Communication Lead on INC-1: SEV2 asks for it." in told.text


def test_the_offer_stands_in_the_timeline_with_its_reason_and_by_nobody(small: Incident, worker: Worker) -> None:
    make.make_user("elif", qualified=[Role.SCRIBE])
    raise_to("SEV2", small, worker)
    entry = small.entries.get(kind=Kind.SEAT_OFFERED)
    assert (entry.actor, entry.data["name"], entry.data["reason"]) == (None, "Elif", "SEV2 asks for it")
    room = make.client_of(small.seats.held().get().user).get(reverse("incidents:room", args=[small.key]))
    assert "Scribe offered to Elif: SEV2 asks for it" in room.content.decode()


def test_who_sits_or_is_asked_is_left_alone(small: Incident, worker: Worker) -> None:
    both = [Role.COMMS_LEAD, Role.SCRIBE, Role.STATUS_PAGE_MANAGER]
    jonas = make.make_user("jonas", qualified=both)
    make.seat(small, Role.TECH_LEAD, jonas)
    held = make.seat(small, Role.COMMS_LEAD, make.make_user("mei"))
    asked = make.seat(small, Role.SCRIBE, make.make_user("elif"), offer=True)
    paging.page(small, make.make_user("olu"), by=SYSTEM, role=Role.STATUS_PAGE_MANAGER)
    make.make_user("dev", qualified=both)
    assert raise_to("SEV2", small, worker) == {"scribe": "elif"}
    assert {seat.pk for seat in small.seats.live()} >= {held.pk, asked.pk}


def test_one_person_is_asked_for_one_seat_and_not_again_after_a_no(small: Incident, worker: Worker) -> None:
    jonas = make.make_user("jonas", qualified=[Role.COMMS_LEAD, Role.SCRIBE, Role.STATUS_PAGE_MANAGER])
    assert raise_to("SEV2", small, worker) == {"comms_lead": "jonas"}
    staffing.decline(small.seats.get(user=jonas), by=jonas)
    small.refresh_from_db()
    assert raise_to("SEV3", small, worker) == {}
    assert raise_to("SEV2", small, worker) == {"scribe": "jonas"}


def test_a_waived_role_is_not_offered(small: Incident, worker: Worker) -> None:
    make.make_user("elif", qualified=[Role.SCRIBE])
    lifecycle.change_severity(small, "SEV2", by=SYSTEM)
    coverage.waive_role(small, Role.SCRIBE, by=SYSTEM, reason=make.REASON)
    worker.run()
    assert not small.seats.offered().exists()


def test_hearing_it_twice_offers_once(small: Incident, worker: Worker) -> None:
    for name in ("elif", "sam"):
        make.make_user(name, qualified=[Role.SCRIBE])
    raise_to("SEV2", small, worker)
    first = small.seats.offered().get()
    staffing.decline(first, by=first.user)
    offering.on_event(small.entries.get(kind=Kind.SEVERITY_CHANGED))
    assert not small.seats.offered().exists()


def test_the_lower_severity_offers_nothing_and_what_is_over_neither(small: Incident, worker: Worker) -> None:
    make.make_user("elif", qualified=[Role.SCRIBE])
    lifecycle.change_severity(small, "SEV2", by=SYSTEM)
    lifecycle.change_severity(small, "SEV4", by=SYSTEM)
    worker.run()
    assert not small.seats.offered().exists()
    lifecycle.move(small, "resolve", by=SYSTEM, reason=make.REASON)
    lifecycle.change_severity(small, "SEV1", by=SYSTEM)
    worker.run()
    assert small.state == State.RESOLVED
    assert not small.seats.offered().exists()


def test_a_private_incident_is_opened_to_nobody_by_it(small: Incident, worker: Worker) -> None:
    make.make_user("elif", qualified=[Role.SCRIBE])
    Incident.objects.filter(pk=small.pk).update(is_private=True)
    assert raise_to("SEV2", small, worker) == {}


def test_nobody_is_woken_for_what_is_not_major(clock: time_machine.Traveller, worker: Worker, db: None) -> None:
    make.make_user("far", qualified=[Role.TECH_LEAD, Role.COMMS_LEAD], time_zone="Asia/Tokyo")
    tiny = make.make_incident(severity=Severity.SEV4)
    make.seat(tiny, Role.COMMANDER, make.make_user("amara"))
    clock.move_to(NOON + timedelta(hours=4))  # 01:00 in Tokyo
    assert raise_to("SEV3", tiny, worker) == {}
    assert raise_to("SEV2", tiny, worker) == {"comms_lead": "far"}


def test_what_is_written_down_afterwards_asks_nobody(worker: Worker, db: None) -> None:
    make.make_user("elif", qualified=[Role.SCRIBE])
    past = make.make_incident(severity=Severity.SEV3, kind=IncidentKind.BACKFILLED)
    lifecycle.change_severity(past, "SEV2", by=SYSTEM)
    worker.run()
    assert not past.seats.exists()


# --- lowering ---------------------------------------------------------------------------------


def queue(incident: Incident, person: User) -> str:
    page = make.client_of(person).get(reverse("incidents:console", args=[incident.key]), {"seat": "commander"},
                                      headers={"HX-Request": "true"})  # fmt: skip
    return page.content.decode()


def test_lowering_puts_the_release_of_what_is_not_needed_to_the_commander_for_half_an_hour(
    clock: time_machine.Traveller, small: Incident
) -> None:
    commander = small.seats.get().user
    elif_ = make.make_user("elif")
    clock.shift(timedelta(minutes=1))
    lifecycle.change_severity(small, "SEV2", by=commander)
    seat = make.seat(small, Role.SCRIBE, elif_)
    make.seat(small, Role.SCRIBE, make.make_user("mei"), kind=Holding.SHADOW)
    make.seat(small, Role.TECH_LEAD, make.make_user("priya"))
    assert "any more" not in queue(small, commander)
    clock.shift(timedelta(minutes=1))
    lifecycle.change_severity(small, "SEV3", by=commander)
    shown = queue(small, commander)
    assert "SEV3 needs no Scribe any more" in shown
    assert "Elif holds the seat" in shown
    assert [one.pk for one in offering.spared(Incident.objects.get())] == [seat.pk]
    assert seat.pk in {one.pk for one in small.seats.held()}
    assert reverse("incidents:release", args=[small.key, seat.pk]) in (
        make.client_of(commander).get(reverse("incidents:room", args=[small.key]), {"seat": "scribe"}).content.decode()
    )
    clock.shift(offering.HINTED_FOR)
    assert "any more" not in queue(small, commander)


def test_the_hint_goes_with_the_seat(small: Incident) -> None:
    commander = small.seats.get().user
    lifecycle.change_severity(small, "SEV2", by=commander)
    seat = make.seat(small, Role.SCRIBE, make.make_user("elif"), offer=True)
    lifecycle.change_severity(small, "SEV3", by=commander)
    assert "Elif is asked" in queue(small, commander)
    staffing.release(seat, by=commander)
    assert "any more" not in queue(small, commander)
