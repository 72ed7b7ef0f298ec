"""The quick line: what each line writes, by whom, and that nothing is written where it was not understood."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents.models import Decision, Finding, Incident, Kind, Task
from incidents.response import quick
from roles.models import User
from tests import make


def written(incident: Incident) -> list[tuple[str, str]]:
    rows = incident.entries.exclude(kind__in=[Kind.OPENED, Kind.SEAT_HELD]).order_by("number")
    return [(entry.kind, entry.body) for entry in rows]


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("Seen from the shop", (Kind.NOTE, "Seen from the shop")),
        ("/action Drained 1c", (Kind.ACTION, "Drained 1c")),
        ("/f No lock behind it", (Kind.FINDING, "No lock behind it")),
        ("/now Draining the third node", (Kind.NOW, "Draining the third node")),
        ("/q “We are back”", (Kind.QUOTE, "“We are back”")),
        ("/d No failover because it drops 400", (Kind.DECISION, "**No failover**\n\nWhy: it drops 400")),
        ("/t Count lost payments", (Kind.TASK_ADDED, "New task: Count lost payments. Nobody has it yet.")),
    ],
)
def test_a_line_becomes_what_it_says(line, row, scribe, incident):
    entry = quick.record(incident, line, by=scribe)
    assert written(incident) == [row]
    assert (entry.kind, entry.body) == row


def test_an_action_for_somebody_is_a_task_with_its_end(scribe, tech_lead, incident):
    quick.record(incident, "/action @priya restore 1c by 03:01", by=scribe, now=datetime(2126, 3, 1, 2, 57, tzinfo=UTC))
    task = Task.objects.get()
    assert (task.title, task.assignee, task.created_by) == ("restore 1c", tech_lead, scribe)
    assert task.due_at == datetime(2126, 3, 1, 3, 1, tzinfo=UTC)
    assert written(incident) == [(Kind.TASK_ADDED, "New task: restore 1c. For Priya, until 03:01 UTC.")]


@pytest.mark.parametrize("name", ["priya", "PRIYA", "Priya", "tech_lead", "tech-lead"])
def test_people_are_named_by_user_name_first_name_or_role(name, scribe, tech_lead, incident):
    quick.record(incident, f"/t @{name} restore 1c", by=scribe)
    assert Task.objects.get().assignee == tech_lead


def test_oneself_is_me(bystander, incident):
    quick.record(incident, "/t @me look at the shop in 10m", by=bystander)
    task = Task.objects.get()
    assert (task.assignee, task.due_at) == (bystander, task.assigned_at + timedelta(minutes=10))


def test_names_that_nobody_or_several_have_are_refused_by_name(scribe, incident):
    User.objects.filter(pk=make.make_user("ann1").pk).update(first_name="Ann")
    User.objects.filter(pk=make.make_user("ann2").pk).update(first_name="Ann")
    for line, sentence in [
        ("/t @nobody look", "No responder is called @nobody."),
        ("/t @ann look", "Several responders are called ann"),
        ("/t @comms_lead look", "Nobody holds Communication Lead"),
    ]:
        with pytest.raises(ValidationError) as refused:
            quick.record(incident, line, by=scribe)
        assert sentence in refused.value.message_dict["line"][0]
    assert written(incident) == []


def test_a_line_that_is_not_understood_writes_nothing(scribe, incident):
    with pytest.raises(ValidationError, match="/decide is no command"):
        quick.record(incident, "/decide it", by=scribe)
    assert written(incident) == []


def test_what_is_told_later_happened_when_the_line_says(scribe, incident):
    before = timezone.now() - timedelta(minutes=5)
    entries = [quick.record(incident, f"-5m {line}", by=scribe) for line in ("Seen", "/t Look", "/f Seen, certain")]
    assert all(abs(entry.occurred_at - before) < timedelta(seconds=5) for entry in entries)
    assert all(entry.recorded_at - entry.occurred_at > timedelta(minutes=4) for entry in entries)


def test_the_commander_decides_by_it(commander, incident):
    quick.record(incident, "/d Restore node by node because failover drops 400", by=commander)
    decision = Decision.objects.get()
    assert (decision.outcome, decision.reason) == ("Restore node by node", "failover drops 400")
    assert (decision.decided_by, decision.state) == (commander, "decided")


def test_the_scribe_writes_down_what_others_decided(scribe, incident):
    quick.record(incident, "/d Restore node by node", by=scribe)
    assert not Decision.objects.exists()


def test_a_finding_that_says_how_sure_it_is_stands_on_the_board(sme, incident):
    quick.record(incident, "/f The pool empties within 40 s, certain", by=sme)
    finding = Finding.objects.get()
    assert (finding.text, finding.confidence, finding.found_by) == ("The pool empties within 40 s", "certain", sme)


def test_who_may_not_assign_does_not_by_shorthand(bystander, tech_lead, incident):
    with pytest.raises(PermissionDenied):
        quick.record(incident, "/a @priya restore 1c", by=bystander)
    assert written(incident) == []


def test_who_may_not_write_may_not_quickly(outsider, incident):
    with pytest.raises(PermissionDenied):
        quick.record(incident, "Seen", by=outsider)
