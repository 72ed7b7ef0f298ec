"""The running report: each section from real rows, nothing for eyes that may not see it, one price for any length."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import events, lifecycle, timeline
from incidents.communication import updates
from incidents.models import Alert, AlertSource, Hypothesis, Incident, Kind, TimelineEntry, Visibility
from incidents.response import acting, deciding, quick, report_record, reporting, tasking
from incidents.response.reporting import Report
from roles.models import User
from roles.policy import SYSTEM
from tests import make


def tell(entry: TimelineEntry) -> str:
    return entry.body or entry.get_kind_display()


def compiled(incident: Incident, reader: User) -> Report:
    incident.refresh_from_db()
    incident.forget_seats()
    return reporting.compile(incident, reader, tell=tell)


def section(incident: Incident, reader: User, key: str) -> list[str]:
    return list(next(one for one in compiled(incident, reader).sections if one.key == key).lines)


def lacks(incident: Incident, reader: User, key: str) -> str:
    return next(one.lacks for one in compiled(incident, reader).sections if one.key == key)


def test_the_report_has_its_sections_in_order(scribe, incident):
    assert [one.title for one in compiled(incident, scribe).sections] == [
        "Summary",
        "Times and durations",
        "Cause and findings",
        "Roles and handovers",
        "Key moments",
        "Decisions",
        "Actions and their effect",
        "Tasks",
        "Updates sent",
        "Alerts",
        "Evidence",
        "Open ends",
        "Timeline",
    ]


def test_times_are_counted_from_the_first_signal(scribe):
    start = timezone.now() - timedelta(minutes=60)
    with events.dated(start + timedelta(minutes=2)):
        incident = make.make_incident(detected_at=start)
    for minutes, verb in ((20, "identify"), (35, "monitor"), (50, "resolve")):
        with events.dated(start + timedelta(minutes=minutes)):
            lifecycle.move(incident, verb, by=SYSTEM, reason=make.REASON)
    took = report_record.durations(incident)
    assert {verb: length and length.total_seconds() / 60 for verb, length in took.items()} == {
        "declare": 2,
        "acknowledge": None,
        "identify": 20,
        "mitigate": 35,
        "resolve": 50,
    }
    assert "- Time to mitigate: 35 min" in section(incident, scribe, "impact")


def test_roles_are_told_with_their_times(commander, scribe, incident):
    lines = section(incident, scribe, "roles")
    assert [line.split(", ")[0] for line in lines] == ["- Incident Commander: Amara", "- Scribe: Elif"]
    assert all(line.endswith(" to now") for line in lines)


def test_decisions_come_with_options_objections_and_reason(commander, scribe, tech_lead, incident):
    decision = deciding.propose(
        incident,
        by=tech_lead,
        question="Fail over?",
        options=[{"text": "Fail over", "risk": "drops 400"}, {"text": "Wait", "risk": ""}],
        recommended=1,
    )
    deciding.object_to(decision, by=scribe, text="The standby lags.")
    deciding.decide(decision, by=commander, outcome="Wait", reason="It drops 400 payments.")
    quick.record(incident, "/d Wake the vendor because we cannot", by=scribe)
    lines = section(incident, scribe, "decisions")
    assert [line.partition("Amara: ")[2] or line for line in lines[:6]] == [
        "**Wait**",
        "  - Asked: Fail over?",
        "  - Option: Fail over; risk: drops 400",
        "  - Option (recommended): Wait",
        "  - Strong objection by Elif: The standby lags.",
        "  - Why: It drops 400 payments.",
    ]
    assert lines[6].endswith("Elif: Wake the vendor Why: we cannot")
    assert len(lines) == 7


def test_a_confirmed_cause_comes_first(scribe, incident):
    Hypothesis.objects.create(incident=incident, title="A lock", state="ruled_out", verdict="none seen")
    assert lacks(incident, scribe, "cause") == "No cause is confirmed."
    Hypothesis.objects.create(incident=incident, title="Pool limit cut", state="confirmed", verdict="Config diff.")
    quick.record(incident, "/f The pool empties, likely", by=scribe)
    assert section(incident, scribe, "cause") == [
        "**Pool limit cut** Config diff.",
        "",
        "- Ruled out: A lock (none seen)",
        "- Finding, likely: The pool empties (Elif)",
    ]
    assert lacks(incident, scribe, "cause") == ""


def test_actions_say_what_they_changed(scribe, incident, tech_lead):
    action = acting.propose(incident, by=SYSTEM, title="Roll checkout back")
    incident.actions.filter(pk=action.pk).update(state="done", executor=tech_lead)
    assert section(incident, scribe, "actions")[0].endswith("done: Roll checkout back (Priya). Effect: not stated.")
    assert lacks(incident, scribe, "actions") == "1 done without a stated effect."


def test_tasks_are_boxes(scribe, sme, incident):
    tasking.add(incident, by=scribe, title="Count payments")
    tasking.finish(tasking.add(incident, by=scribe, title="Restore 1a", assignee=sme), by=sme)
    assert section(incident, scribe, "tasks") == [
        "- [ ] Count payments, without owner, to do",
        "- [x] Restore 1a, Tomas, done",
    ]


def test_updates_come_with_what_became_of_their_messages(scribe, incident, page, worker):
    for _ in range(3):
        make.make_subscriber(page)
    text = make.make_draft(incident, by=SYSTEM, page=page)
    updates.publish(updates.approve(updates.submit(text, by=SYSTEM), by=SYSTEM), by=SYSTEM)
    worker.run()
    found = next(one for one in compiled(incident, scribe).sections if one.key == "updates")
    assert found.data[0]["deliveries"]["email"]["total"] == 3
    assert any(line.startswith("  - email: 3 total") for line in found.lines)


def test_alerts_are_listed(scribe, incident):
    source = AlertSource.objects.create(kind="generic", name="Prometheus", token_digest="x", token_encrypted="x")
    Alert.objects.create(source=source, dedup_key="a", status="resolved", title="5xx above 5%", incident=incident)
    assert section(incident, scribe, "alerts")[0].endswith("5xx above 5% (Prometheus), resolved")


def test_key_moments_come_before_the_whole_timeline(scribe, incident):
    entry = timeline.add_entry(incident, by=scribe, body="The pager rang.")
    timeline.mark(entry, by=scribe)
    assert [line.partition(": ")[2] for line in section(incident, scribe, "moments")] == ["The pager rang."]
    assert section(incident, scribe, "timeline")[-1].endswith("Elif (Scribe): The pager rang.")


def test_what_was_written_down_later_says_so(scribe, incident):
    quick.record(incident, "-20m The pager rang", by=scribe)
    assert "The pager rang (written down " in section(incident, scribe, "timeline")[0]


def test_of_a_correction_the_corrected_words_stand_alone(scribe, incident):
    timeline.supersede(timeline.add_entry(incident, by=scribe, body="38 %"), by=scribe, body="83 %")
    text = compiled(incident, scribe).markdown()
    assert "83 %" in text
    assert "38 %" not in text


def test_what_is_for_the_response_team_is_for_it_alone(scribe, commander, bystander, incident):
    timeline.add_entry(incident, by=commander, body="Call the lawyers", visibility=Visibility.ROOM)
    quick.record(incident, "/f Customer data is in the dump, certain", by=scribe, visibility=Visibility.ROOM)
    quick.record(incident, "/d Tell the regulator because we must", by=scribe, visibility=Visibility.ROOM)
    for words in ("Call the lawyers", "Customer data", "regulator"):
        assert words in compiled(incident, scribe).markdown()
        assert words in json.dumps(compiled(incident, scribe).data())
        assert words not in compiled(incident, bystander).markdown()
        assert words not in json.dumps(compiled(incident, bystander).data())


def test_words_of_people_are_no_headings(scribe, incident):
    timeline.add_entry(incident, by=scribe, body="first\n\n## Not a heading")
    lines = compiled(incident, scribe).markdown().splitlines()
    assert "## Not a heading" not in lines


def test_what_lacks_is_said_and_counted(scribe, commander, incident):
    before = compiled(incident, scribe).percent
    assert lacks(incident, scribe, "summary") == "The impact is not stated."
    lifecycle.edit(incident, by=commander, summary="One in five payments fails.")
    assert section(incident, scribe, "summary")[0] == "One in five payments fails."
    assert compiled(incident, scribe).percent > before


def test_the_checklist_says_the_same_as_the_report(scribe, commander, incident):
    timeline.mark(timeline.add_entry(incident, by=scribe, body="The pager rang."), by=scribe)
    quick.record(incident, "/d Wait because of the bank", by=commander)
    report = compiled(incident, scribe)
    brief = reporting.checklist(incident, scribe, [])
    assert [(one.key, one.state) for one in brief.sections if one.key not in {"open", "timeline"}] == [
        (one.key, one.state) for one in report.sections if one.key not in {"open", "timeline"}
    ]
    assert brief.sections[-1].note == report.sections[-1].note


@pytest.mark.parametrize("rows", [1, 3])
def test_a_long_record_costs_no_more_queries(rows, scribe, commander, page, incident, django_assert_num_queries):
    for _ in range(rows):
        quick.record(incident, "/d Wait because of the bank", by=commander)
        quick.record(incident, "/f Seen, likely", by=scribe)
        tasking.add(incident, by=scribe, title="Look", assignee=scribe)
        Hypothesis.objects.create(incident=incident, title=f"Lock {incident.hypotheses.count()}")
        acting.propose(incident, by=SYSTEM, title="Roll back")
        text = make.make_draft(incident, by=SYSTEM, page=page)
        updates.publish(updates.approve(updates.submit(text, by=SYSTEM), by=SYSTEM), by=SYSTEM)
    reader = Incident.objects.get(pk=incident.pk)
    list(reader.live_seats)
    with django_assert_num_queries(20):
        reporting.compile(reader, scribe, tell=tell).markdown()


def test_every_kind_of_row_is_told(scribe, incident):
    assert {Kind.OPENED} == {entry.kind for entry in incident.entries.exclude(kind=Kind.SEAT_HELD)}
    assert section(incident, scribe, "timeline")[0].endswith("IncidentOps: Card payments fail in the EU")
