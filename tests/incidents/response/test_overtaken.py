"""What somebody else changed between looking and pressing: rights and rows are asked again behind the lock.

Each test holds the row as it was read, lets somebody else be quicker, and acts with the old row.
"""

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents import events, lifecycle
from incidents.conflicts import Conflict
from incidents.detection import sources
from incidents.models import Alert, Incident, IncidentRole, Task
from incidents.response import deciding, handover, paging, staffing, tasking, verification
from roles.catalog import Role
from roles.policy import SYSTEM
from tests import make

AnyRow = TypeVar("AnyRow", bound=Model)
TEN_MINUTES = timedelta(minutes=10)


def old(row: AnyRow) -> AnyRow:
    """The row as somebody else has it on their screen."""
    return copy.deepcopy(row)


def test_who_gave_a_seat_does_not_end_it_once_the_offer_is_accepted(incident, sme, commander):
    mei = make.make_user("mei")
    offered = handover.hand_over(incident.seats.get(user=sme), to=mei, by=sme)
    seen = old(offered)
    staffing.accept(offered, by=mei)
    with pytest.raises(PermissionDenied):
        staffing.release(seen, by=sme, reason="I took the offer back a second too late.")
    assert IncidentRole.objects.get(pk=offered.pk).is_held


def test_a_seat_is_not_given_where_the_incident_ended_meanwhile(incident, commander):
    seen = old(incident)
    lifecycle.move(incident, "cancel", by=commander, reason="A test alert of ours.")
    with pytest.raises(Conflict, match="Cancelled"):
        staffing.assign(seen, Role.SCRIBE, make.make_user("elif"), by=SYSTEM)
    with pytest.raises(Conflict, match="Cancelled"):
        paging.page(seen, make.make_user("mei"), by=SYSTEM)
    assert not seen.is_filled(Role.SCRIBE)


def test_one_who_commands_and_leads_the_fix_is_refused_by_the_severity_of_now(incident, commander):
    Incident.objects.filter(pk=incident.pk).update(severity="SEV3")
    seen = Incident.objects.get(pk=incident.pk)
    Incident.objects.filter(pk=incident.pk).update(severity="SEV1")
    with pytest.raises(Conflict, match="At SEV1"):
        staffing.assign(seen, Role.TECH_LEAD, commander, by=commander)


def test_a_task_that_somebody_took_first_is_not_taken_away(incident, bystander, sme):
    task = tasking.add(incident, by=SYSTEM, title="Count the lost payments")
    seen = old(task)
    tasking.take(task, by=sme)
    with pytest.raises(PermissionDenied):
        tasking.assign(seen, bystander, by=bystander)
    with pytest.raises(PermissionDenied):
        tasking.finish(old(seen), by=bystander)
    assert Task.objects.get().assignee == sme


def test_a_task_that_went_to_somebody_else_is_not_given_back_or_changed_by_its_old_assignee(
    incident, bystander, sme, commander
):
    task = tasking.add(incident, by=SYSTEM, title="Count the lost payments", assignee=bystander)
    seen = old(task)
    tasking.assign(task, sme, by=commander)
    acts: list[Callable[[Task], object]] = [
        lambda row: tasking.assign(row, None, by=bystander),
        lambda row: tasking.acknowledge(row, by=bystander),
        lambda row: tasking.extend(row, TEN_MINUTES, by=bystander),
        lambda row: tasking.edit(row, by=bystander, title="Mine after all"),
    ]
    for act in acts:
        with pytest.raises(PermissionDenied):
            act(old(seen))
    assert Task.objects.get().assignee == sme
    assert Task.objects.get().title == "Count the lost payments"


def locks_incident_first(table: str, act: Callable[[], object]) -> bool:
    """Whether `act` reads the incident's row, which is how it is locked, before it writes to `table`."""
    with CaptureQueriesContext(connection) as queries:
        act()
    told = [query["sql"] for query in queries]
    writes = next(n for n, sql in enumerate(told) if sql.startswith(f'UPDATE "{table}"'))
    return any('FROM "incidents_incident" WHERE "incidents_incident"."id" =' in sql for sql in told[:writes])


def test_the_clock_locks_the_incident_before_a_decision_or_a_task(incident, commander):
    with events.dated(timezone.now() - 2 * TEN_MINUTES):
        deciding.propose(incident, by=commander, question="Fail over?", window=TEN_MINUTES)
        tasking.add(incident, by=commander, title="Count", assignee=commander, timebox=TEN_MINUTES)
    assert locks_incident_first("incidents_decision", deciding.close_windows)
    assert locks_incident_first("incidents_task", tasking.tell_overdue)


def test_the_clock_locks_the_incident_before_a_check(incident, commander):
    source = sources.create("generic", "Scripts", by=SYSTEM)
    Alert.objects.create(
        source=source, dedup_key="5xx", status="resolved", title="5xx", incident=incident, last_seen_at=timezone.now()
    )
    lifecycle.move(incident, "monitor", by=commander, reason="The limit is back where it was.")
    verification.open_checks(incident)
    incident.verification.update(holds_since=timezone.now() - timedelta(hours=2))
    assert locks_incident_first("incidents_verificationcheck", verification.settle_quiet)
