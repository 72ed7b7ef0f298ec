"""Workstreams and CAN reports: who leads what, who is asked how it goes, and what rolls up."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents.conflicts import Conflict, Overtaken
from incidents.models import CanReport, Incident, Kind, Workstream
from incidents.response import coordination
from notifications.models import Message
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make


@pytest.fixture
def stream(incident: Incident, tech_lead: User, sme: User, bystander: User) -> Workstream:
    return coordination.start(
        incident,
        by=tech_lead,
        name="Restore the pool",
        goal="Limit back on all nodes",
        lead=sme,
        members=[bystander],
        timebox=timedelta(minutes=20),
    )


def bodies(incident: Incident, kind: str) -> list[str]:
    return list(incident.entries.filter(kind=kind).order_by("number").values_list("body", flat=True))


# --- workstreams ------------------------------------------------------------------------------


def test_a_workstream_has_a_lead_members_and_a_timebox(stream, incident, sme, bystander):
    assert (stream.lead, list(stream.members.all())) == (sme, [bystander])
    assert stream.due_at - timezone.now() > timedelta(minutes=19)
    assert bodies(incident, Kind.WORKSTREAM) == ["Workstream started: Restore the pool, led by Tomas, 20 min."]


@pytest.mark.parametrize("person", ["sme", "scribe", "comms_lead", "bystander", "shadow"])
def test_only_who_leads_the_work_starts_changes_asks_and_ends(person, stream, incident, request):
    who = request.getfixturevalue(person)
    for attempt in (
        lambda: coordination.start(incident, by=who, name="Another"),
        lambda: coordination.change(stream, by=who, name="Another"),
        lambda: coordination.give_time(stream, by=who, timebox=None),
        lambda: coordination.ask_report(stream, by=who),
        lambda: coordination.end(stream, by=who),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert Workstream.objects.get().version == 1


def test_the_commander_leads_the_work_too(incident, commander):
    assert coordination.start(incident, by=commander, name="Payouts").name == "Payouts"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "needs a name"),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"goal": "x" * 301}, "at most 300 characters"),
        ({"timebox": timedelta(0)}, "from one minute to 24 hours"),
    ],
)
def test_a_workstream_that_makes_no_sense_is_refused_in_words(wrong, sentence, incident, tech_lead):
    with pytest.raises(ValidationError, match=sentence):
        coordination.start(incident, by=tech_lead, **{"name": "Payouts", **wrong})


def test_two_workstreams_of_one_name_are_refused(stream, incident, tech_lead):
    with pytest.raises(Conflict, match="has a workstream called Restore the pool already"):
        coordination.start(incident, by=tech_lead, name=" Restore  the pool ")


def test_members_can_see_the_incident(incident, tech_lead, outsider):
    with pytest.raises(ValidationError, match="Lucia is not an active responder"):
        coordination.start(incident, by=tech_lead, name="Payouts", members=[outsider])
    hidden = make.make_incident(is_private=True)
    with pytest.raises(Conflict, match="invite them first"):
        coordination.start(hidden, by=SYSTEM, name="Payouts", lead=make.make_user("ben"))


def test_name_lead_and_members_change_in_one_row(stream, incident, tech_lead, bystander):
    coordination.change(stream, by=tech_lead, name="Restore limits", lead=bystander, members=[])
    stream.refresh_from_db()
    assert (stream.name, stream.lead, list(stream.members.all()), stream.version) == (
        "Restore limits",
        bystander,
        [],
        2,
    )
    assert bodies(incident, Kind.WORKSTREAM)[-1] == (
        "Restore the pool is now called Restore limits. Restore limits is led by Ben. On Restore limits: nobody."
    )


def test_nothing_changed_writes_no_row(stream, incident, tech_lead, bystander):
    coordination.change(stream, by=tech_lead, name="Restore the pool", members=[bystander])
    assert len(bodies(incident, Kind.WORKSTREAM)) == 1


def test_the_later_of_two_who_edit_is_shown_both_versions(stream, tech_lead, commander):
    coordination.change(stream, by=tech_lead, seen_version=1, goal="All nodes back")
    with pytest.raises(Overtaken) as refusal:
        coordination.change(stream, by=commander, seen_version=1, goal="Two nodes are enough")
    assert (refusal.value.mine, refusal.value.theirs) == ({"goal": "Two nodes are enough"}, {"goal": "All nodes back"})


def test_more_time_runs_from_now(stream, incident, tech_lead):
    Workstream.objects.update(due_at=timezone.now() - timedelta(minutes=5))
    assert coordination.rollup(incident).overdue == 1
    coordination.give_time(stream, by=tech_lead, timebox=timedelta(minutes=10))
    assert coordination.rollup(incident).overdue == 0
    assert bodies(incident, Kind.WORKSTREAM)[-1] == "Restore the pool has more time, 10 min from now."


def test_an_ended_workstream_takes_nothing_more(stream, tech_lead, incident):
    coordination.end(stream, by=tech_lead, outcome="All nodes back.")
    assert bodies(incident, Kind.WORKSTREAM)[-1] == "Workstream ended: Restore the pool. All nodes back."
    with pytest.raises(Conflict, match="Restore the pool ended at"):
        coordination.ask_report(stream, by=tech_lead)
    assert coordination.rollup(incident).streams == ()


def test_nothing_starts_on_an_ended_incident(db):
    over = make.make_incident(state="cancelled")
    with pytest.raises(Conflict, match="its work is over"):
        coordination.start(over, by=SYSTEM, name="Payouts")


# --- reports ----------------------------------------------------------------------------------


def test_asked_for_a_report_lead_and_members_are_told_once_and_it_waits(
    stream, incident, tech_lead, sme, bystander, worker
):
    for _ in range(2):
        coordination.ask_report(stream, by=tech_lead)
    worker.run()
    [row] = incident.entries.filter(kind=Kind.REPORT_ASKED)
    assert row.data["to"] == [sme.pk, bystander.pk]
    mails = Message.objects.filter(key__startswith=f"event:{row.pk}:", channel="email")
    assert mails.count() == 2
    assert coordination.rollup(incident).waiting == 1


def test_a_report_answers_what_was_asked(stream, incident, tech_lead, sme):
    coordination.ask_report(stream, by=tech_lead)
    coordination.report(incident, by=sme, conditions="2 of 3 nodes are back", workstream=stream)
    assert coordination.rollup(incident).waiting == 0


def test_nobody_to_ask_is_said(incident, tech_lead):
    empty = coordination.start(incident, by=tech_lead, name="Payouts")
    with pytest.raises(Conflict, match="Nobody works on Payouts yet"):
        coordination.ask_report(empty, by=tech_lead)


def test_a_report_stands_in_the_timeline_as_it_is_said(stream, incident, sme):
    coordination.report(
        incident,
        by=sme,
        conditions="Queue empties within 40 s",
        actions="Watching 1c.",
        needs="Somebody from payouts",
        workstream=stream,
    )
    [row] = incident.entries.filter(kind=Kind.CAN_REPORTED)
    assert row.body == "Conditions: Queue empties within 40 s. Actions: Watching 1c. Needs: Somebody from payouts."
    assert row.data["tag"] == "CAN report, Restore the pool"


def test_only_conditions_are_needed_and_what_is_empty_is_not_said(incident, bystander):
    coordination.report(incident, by=bystander, conditions="Search is fine")
    assert bodies(incident, Kind.CAN_REPORTED) == ["Conditions: Search is fine."]
    with pytest.raises(ValidationError, match="conditions are the one field that is needed"):
        coordination.report(incident, by=bystander, conditions=" ", actions="Looking")


@pytest.mark.parametrize("field", ["conditions", "actions", "needs"])
def test_each_field_has_at_most_500_characters(field, incident, sme):
    with pytest.raises(ValidationError, match=f"{field.capitalize()}: at most 500 characters"):
        coordination.report(incident, by=sme, **{"conditions": "Seen", field: "x" * 501})


def test_a_phone_that_sends_twice_reports_once(incident, sme):
    for _ in range(2):
        coordination.report(incident, by=sme, conditions="Queue empties", needs="Nothing")
    assert CanReport.objects.count() == 1
    assert len(bodies(incident, Kind.CAN_REPORTED)) == 1


def test_an_outsider_and_a_workstream_of_elsewhere_are_refused(stream, incident, outsider, sme):
    with pytest.raises(PermissionDenied):
        coordination.report(incident, by=outsider, conditions="Seen")
    with pytest.raises(ValidationError, match="another incident"):
        coordination.report(make.make_incident(), by=sme, conditions="Seen", workstream=stream)


def test_nothing_is_reported_once_it_is_closed(sme):
    over = make.make_incident(state="cancelled")
    with pytest.raises(Conflict, match="nothing is reported any more"):
        coordination.report(over, by=sme, conditions="Seen")


# --- rolling up -------------------------------------------------------------------------------


def test_reports_roll_up_per_workstream_and_person_with_needs_first(stream, incident, tech_lead, sme, bystander):
    calm = coordination.start(incident, by=tech_lead, name="A calm one", lead=sme)
    coordination.report(incident, by=sme, conditions="All well", workstream=calm)
    coordination.report(incident, by=sme, conditions="Old news", workstream=stream)
    coordination.report(incident, by=sme, conditions="2 of 3 back", workstream=stream)
    coordination.report(incident, by=bystander, conditions="1c hangs", needs="A restart", workstream=stream)
    seen = coordination.rollup(incident)
    assert [(one.workstream.name, [report.conditions for report in one.reports]) for one in seen.streams] == [
        ("Restore the pool", ["1c hangs", "2 of 3 back"]),
        ("A calm one", ["All well"]),
    ]
    assert seen.needs == 1


def test_reports_without_a_workstream_roll_up_under_the_person(incident, sme, scribe):
    coordination.report(incident, by=sme, conditions="First")
    coordination.report(incident, by=sme, conditions="Second")
    coordination.report(incident, by=scribe, conditions="Log is complete", needs="A second pair of eyes")
    seen = coordination.rollup(incident)
    assert [(report.reported_by, report.conditions) for report in seen.alone] == [
        (scribe, "Log is complete"),
        (sme, "Second"),
    ]


def test_a_need_that_the_next_report_does_not_name_is_met(incident, sme):
    coordination.report(incident, by=sme, conditions="Stuck", needs="Access to 1c")
    coordination.report(incident, by=sme, conditions="Moving again")
    assert coordination.rollup(incident).needs == 0


@pytest.mark.parametrize("count", [1, 3])
def test_the_roll_up_costs_the_same_however_much_there_is(count, incident, tech_lead, django_assert_num_queries):
    for number in range(count):
        person = make.seat(incident, Role.SME, make.make_user()).user
        stream = coordination.start(incident, by=tech_lead, name=f"Stream {number}", lead=person, members=[tech_lead])
        coordination.report(incident, by=person, conditions="Seen", workstream=stream)
        coordination.report(incident, by=person, conditions="Seen alone")
    with django_assert_num_queries(3):
        seen = coordination.rollup(incident)
        assert [str(report.reported_by) for stream in seen.streams for report in stream.reports]


def test_one_sees_the_streams_that_one_works_on(stream, incident, tech_lead, sme, bystander, scribe):
    assert [coordination.streams_of(incident, person) for person in (sme, bystander, scribe)] == [
        [stream],
        [stream],
        [],
    ]
