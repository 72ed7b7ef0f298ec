"""Tasks: adding, giving, working, running out of time, and what each of it needs."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents import events, lifecycle
from incidents.conflicts import Conflict, Overtaken
from incidents.models import Incident, Kind, State, Task, TaskState
from incidents.response import tasking
from notifications.models import Message
from roles.policy import SYSTEM
from tests import make

IN_TEN = timedelta(minutes=10)


def told(incident: Incident, kind: Kind = Kind.TASK_CHANGED) -> list[str]:
    return [entry.body for entry in incident.entries.filter(kind=kind).order_by("number")]


def overdue(incident: Incident, **fields: object) -> Task:
    """A task whose ten minutes ended ten minutes ago."""
    with events.dated(timezone.now() - 2 * IN_TEN):
        return tasking.add(incident, by=SYSTEM, title="Count lost payments", timebox=IN_TEN, **fields)


def test_a_responder_adds_a_task_for_nobody_yet(bystander, incident):
    task = tasking.add(incident, by=bystander, title="  Stop the\nrollout ")
    assert (task.title, task.state, task.assignee, task.created_by) == ("Stop the rollout", "to_do", None, bystander)
    assert told(incident, Kind.TASK_ADDED) == ["New task: Stop the rollout. Nobody has it yet."]


def test_a_responder_adds_a_task_for_oneself_and_for_nobody_else(bystander, tech_lead, incident):
    assert tasking.add(incident, by=bystander, title="Mine", assignee=bystander).assignee == bystander
    with pytest.raises(PermissionDenied):
        tasking.add(incident, by=bystander, title="Yours", assignee=tech_lead)
    assert list(Task.objects.values_list("title", flat=True)) == ["Mine"]


@pytest.mark.parametrize("role", ["commander", "tech_lead", "scribe"])
def test_these_roles_give_tasks_to_others(role, request, incident, bystander):
    by = request.getfixturevalue(role)
    assert tasking.add(incident, by=by, title="Look", assignee=bystander).assignee == bystander


@pytest.mark.parametrize("role", ["comms_lead", "sme", "liaison", "page_manager", "bystander", "shadow"])
def test_these_do_not(role, request, incident, tech_lead):
    by = request.getfixturevalue(role)
    task = tasking.add(incident, by=SYSTEM, title="Look", assignee=tech_lead)
    for act in (
        lambda: tasking.add(incident, by=by, title="Look", assignee=tech_lead),
        lambda: tasking.assign(task, by, by=by),
        lambda: tasking.finish(task, by=by),
        lambda: tasking.drop(task, by=by, reason="Not needed."),
        lambda: tasking.edit(task, by=by, title="Another"),
        lambda: tasking.extend(task, IN_TEN, by=by),
        lambda: tasking.acknowledge(task, by=by),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert told(incident) == []


def test_what_one_has_added_one_may_change_though_nobody_has_it(bystander, incident):
    task = tasking.add(incident, by=bystander, title="Stop the rollout")
    tasking.edit(task, by=bystander, title="Stop the rollout in APAC")
    tasking.drop(task, by=bystander, reason="It ended by itself.")
    assert told(incident) == [
        "Changed: Stop the rollout in APAC. Title.",
        "Dropped: Stop the rollout in APAC. It ended by itself.",
    ]


def test_the_timebox_runs_from_the_moment_somebody_has_it(scribe, tech_lead, incident):
    task = tasking.add(incident, by=scribe, title="Restore 1c", timebox=IN_TEN)
    assert task.due_at is None
    tasking.assign(task, tech_lead, by=scribe)
    assert task.due_at == task.assigned_at + IN_TEN


def test_the_next_one_gets_the_whole_timebox(commander, tech_lead, sme, incident):
    with events.dated(timezone.now() - timedelta(minutes=8)):
        task = tasking.add(incident, by=commander, title="Restore 1c", timebox=IN_TEN, assignee=tech_lead)
    first = task.due_at
    tasking.assign(task, sme, by=commander)
    assert task.due_at - first >= timedelta(minutes=8)


def test_a_fixed_end_stays_whoever_has_it(commander, tech_lead, sme, incident):
    end = timezone.now() + timedelta(hours=1)
    task = tasking.add(incident, by=commander, title="Restore 1c", due_at=end, assignee=tech_lead)
    tasking.assign(task, sme, by=commander)
    tasking.assign(task, None, by=commander)
    assert task.due_at == end


def test_who_is_given_a_task_is_told_by_mail_and_sms_and_the_giver_is_not(commander, tech_lead, incident, worker):
    tasking.add(incident, by=commander, title="Restore 1c", assignee=tech_lead, timebox=IN_TEN)
    worker.run()
    about = Message.objects.filter(content__key__contains=":incidents/task").select_related("content")
    about = [one for one in Message.objects.select_related("content") if "Restore 1c" in one.content.text]
    assert {(one.user_id, one.channel) for one in about} == {(tech_lead.pk, "email"), (tech_lead.pk, "sms")}
    assert "Task for Priya: Restore 1c, until" in about[0].content.sms
    assert about[0].content.subject == f"[{incident.key}] Task for Priya: Restore 1c"


def test_who_takes_a_task_is_not_told_of_it(tech_lead, incident, worker):
    tasking.take(tasking.add(incident, by=SYSTEM, title="Restore 1c"), by=tech_lead)
    worker.run()
    assert not [one for one in Message.objects.select_related("content") if "Restore 1c" in one.content.text]


def test_of_two_who_take_one_task_the_first_has_it_and_the_second_is_told(bystander, sme, incident):
    task = tasking.add(incident, by=SYSTEM, title="Restore 1c")
    seen_by_second = Task.objects.get(pk=task.pk)
    tasking.take(task, by=sme)
    with pytest.raises(Conflict, match="Tomas has it since"):
        tasking.take(seen_by_second, by=bystander)
    assert Task.objects.get().assignee == sme


def test_giving_back_leaves_it_without_owner_and_without_end(sme, incident):
    task = tasking.add(incident, by=sme, title="Restore 1c", assignee=sme, timebox=IN_TEN)
    tasking.assign(task, None, by=sme)
    task = Task.objects.get()
    assert (task.assignee, task.due_at, task.acknowledged_at) == (None, None, None)


def test_tasks_are_given_to_responders_who_can_see_the_incident(commander, outsider, bystander):
    private = make.make_incident(is_private=True, by=commander)
    for person in (outsider, bystander):
        with pytest.raises(ValidationError, match="can see"):
            tasking.add(private, by=SYSTEM, title="Look", assignee=person)
    assert not Task.objects.exists()


def test_only_who_has_it_says_that_they_are_on_it(commander, sme, incident):
    task = tasking.add(incident, by=commander, title="Restore 1c", assignee=sme)
    with pytest.raises(PermissionDenied, match="Tomas has this task"):
        tasking.acknowledge(task, by=commander)
    tasking.acknowledge(task, by=sme)
    tasking.acknowledge(task, by=sme)
    assert task.acknowledged_at is not None
    assert told(incident) == ["On it: Restore 1c."]


@pytest.mark.parametrize("rule", tasking.STEPS, ids=lambda rule: rule.verb)
@pytest.mark.parametrize("state", TaskState.values)
def test_the_table_of_steps_is_the_whole_law(rule, state, scribe, incident):
    task = tasking.add(incident, by=scribe, title="Restore 1c", assignee=scribe)
    Task.objects.filter(pk=task.pk).update(state=state)
    if state in rule.sources:
        assert tasking.step(task, rule.verb, by=scribe, reason="As it is.").state == rule.target
        assert (Task.objects.get().ended_at is None) == (rule.target in {"to_do", "doing"})
    else:
        with pytest.raises(Conflict):
            tasking.step(task, rule.verb, by=scribe, reason="As it is.")
        assert Task.objects.get().state == state


def test_who_starts_what_nobody_has_takes_it(bystander, incident):
    task = tasking.start(tasking.add(incident, by=SYSTEM, title="Restore 1c", timebox=IN_TEN), by=bystander)
    task.refresh_from_db()
    assert (task.state, task.assignee) == ("doing", bystander)
    assert task.due_at == task.assigned_at + IN_TEN


def test_dropping_needs_a_reason(scribe, incident):
    task = tasking.add(incident, by=scribe, title="Restore 1c")
    with pytest.raises(Conflict, match="say why"):
        tasking.drop(task, by=scribe, reason="  ")
    assert Task.objects.get().state == "to_do"


def test_the_scribe_closes_what_somebody_else_has(scribe, sme, incident):
    task = tasking.add(incident, by=SYSTEM, title="Restore 1c", assignee=sme)
    tasking.finish(task, by=scribe)
    assert (Task.objects.get().state, Task.objects.get().assignee) == ("done", sme)


def test_two_who_edit_one_task_are_both_kept(scribe, tech_lead, incident):
    task = tasking.add(incident, by=scribe, title="Restore 1c")
    tasking.edit(Task.objects.get(), by=scribe, seen_version=1, title="Restore 1c first")
    with pytest.raises(Overtaken) as refused:
        tasking.edit(task, by=tech_lead, seen_version=1, title="Restore 1c and 1d")
    assert refused.value.theirs == {"title": "Restore 1c first"}
    assert (Task.objects.get().title, Task.objects.get().version) == ("Restore 1c first", 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": " "},
        {"title": "x" * 301},
        {"priority": 4},
        {"area": "janitor"},
        {"timebox": timedelta()},
        {"timebox": timedelta(days=31)},
        {"state": "done"},
    ],
)
def test_an_edit_that_makes_no_sense_changes_nothing(changes, scribe, incident):
    task = tasking.add(incident, by=scribe, title="Restore 1c")
    with pytest.raises(ValidationError):
        tasking.edit(task, by=scribe, **changes)
    assert told(incident) == []


def test_setting_an_end_ends_the_timebox_and_a_new_timebox_runs_from_the_assignment(scribe, incident):
    task = tasking.add(incident, by=scribe, title="Restore 1c", assignee=scribe, timebox=IN_TEN)
    end = timezone.now() + timedelta(hours=1)
    tasking.edit(task, by=scribe, due_at=end)
    assert (task.due_at, task.timebox) == (end, None)
    tasking.edit(task, by=scribe, timebox=2 * IN_TEN)
    assert task.due_at == task.assigned_at + 2 * IN_TEN


def test_overdue_is_told_once_to_assignee_and_commander(commander, sme, incident, worker):
    overdue(incident, assignee=sme)
    assert [tasking.tell_overdue(), tasking.tell_overdue()] == [1, 0]
    entry = incident.entries.get(kind=Kind.TASK_OVERDUE)
    assert set(entry.data["to"]) == {commander.pk, sme.pk}
    worker.run()
    mails = [one for one in Message.objects.select_related("content") if "is not done" in one.content.text]
    assert {(one.user_id, one.channel) for one in mails} == {
        (commander.pk, "email"),
        (commander.pk, "sms"),
        (sme.pk, "email"),
        (sme.pk, "sms"),
    }


def test_the_clock_tells_it(incident, sme, worker):
    overdue(incident, assignee=sme)
    worker.tick()
    assert incident.entries.filter(kind=Kind.TASK_OVERDUE).count() == 1


def test_more_time_is_watched_anew(commander, incident, sme):
    task = overdue(incident, assignee=sme)
    tasking.tell_overdue()
    tasking.extend(task, IN_TEN, by=sme)
    assert not Task.objects.overdue().exists()
    Task.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert tasking.tell_overdue() == 1


def test_what_is_done_or_of_an_ended_incident_is_not_told_of(incident, sme):
    task = overdue(incident, assignee=sme)
    tasking.finish(task, by=sme)
    gone = make.make_incident(title="Another")
    overdue(gone, assignee=sme)
    lifecycle.move(gone, "cancel", by=SYSTEM, reason=make.REASON)
    assert tasking.tell_overdue() == 0


@pytest.mark.parametrize("state", [State.CLOSED, State.CANCELLED])
def test_tasks_of_an_incident_that_is_over_do_not_change(state, administrator):
    incident = make.make_incident(severity="SEV4")
    task = tasking.add(incident, by=SYSTEM, title="Look")
    for verb in make.ROAD[state]:
        lifecycle.move(incident, verb, by=SYSTEM, reason=make.REASON)
    for act in (
        lambda: tasking.add(incident, by=administrator, title="Another"),
        lambda: tasking.take(task, by=administrator),
        lambda: tasking.finish(task, by=administrator),
        lambda: tasking.edit(task, by=administrator, title="Another"),
    ):
        with pytest.raises(Conflict, match="do not change any more"):
            act()


def test_closing_lacks_the_tasks_that_are_needed_for_it(scribe):
    incident = make.make_incident(severity="SEV4", state=State.RESOLVED)
    tasking.add(incident, by=SYSTEM, title="Tidy up")
    needed = tasking.add(incident, by=SYSTEM, title="Refund the declined", is_needed_to_close=True)
    sentence = "The task “Refund the declined” is open and needed to close."
    assert lifecycle.unmet(incident, "close") == [sentence]
    assert sentence not in lifecycle.unmet(incident, "reopen")
    with pytest.raises(Conflict, match="Refund the declined"):
        lifecycle.move(incident, "close", by=SYSTEM)
    tasking.finish(needed, by=SYSTEM)
    assert lifecycle.move(incident, "close", by=SYSTEM).data["new"] == State.CLOSED


def test_each_may_do_with_a_task_what_is_on_offer(commander, sme, bystander, incident):
    task = tasking.add(incident, by=commander, title="Restore 1c", assignee=sme)
    every, none = frozenset({"incidents.add_task", "incidents.assign_task"}), frozenset({"incidents.add_task"})
    assert tasking.verbs_for(task, commander, every) == {"start", "finish", "drop", "edit", "extend", "assign"}
    assert tasking.verbs_for(task, sme, none) == {
        "start",
        "finish",
        "drop",
        "edit",
        "extend",
        "give_back",
        "acknowledge",
    }
    assert tasking.verbs_for(task, bystander, none) == frozenset()
    assert tasking.verbs_for(task, bystander, frozenset()) == frozenset()
