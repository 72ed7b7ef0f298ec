"""Where we are, and what somebody missed: read from rows, as far as the reader may know."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import timeline
from incidents.models import (
    Action,
    ActionState,
    AdviceRequest,
    CheckKind,
    Decision,
    Finding,
    Hypothesis,
    HypothesisState,
    Incident,
    Kind,
    Promise,
    Task,
    VerificationCheck,
)
from incidents.response import standing
from roles.models import User


def write(incident: Incident, by: User, kind: Kind, body: str, **more: object):
    return timeline.add_entry(incident, by=by, kind=kind, body=body, **more)  # type: ignore[arg-type]


def confirm(incident: Incident, owner: User) -> Hypothesis:
    return Hypothesis.objects.create(
        incident=incident,
        title="Pool limit cut to 120",
        state=HypothesisState.CONFIRMED,
        owner=owner,
        settled_at=timezone.now(),
    )


# --- where we are -----------------------------------------------------------------------------


def test_a_new_incident_says_nothing(incident: Incident, bystander: User) -> None:
    where = standing.where_we_are(incident, bystander)
    assert (where.cause, where.now, where.next, where.is_known, where.newest) == (None, None, (), False, None)


def test_the_cause_is_what_was_confirmed(incident: Incident, tech_lead: User) -> None:
    write(incident, tech_lead, Kind.FINDING, "Pool **exhausted**.")
    cause = standing.where_we_are(incident, tech_lead).cause
    assert cause is not None
    assert (cause.text, cause.tag, cause.who) == ("Pool exhausted.", "likely", tech_lead)
    confirm(incident, tech_lead)
    cause = standing.where_we_are(incident, tech_lead).cause
    assert cause is not None
    assert (cause.text, cause.tag, cause.tone) == ("Pool limit cut to 120", "confirmed", "ok")


def test_a_guess_is_called_one(incident: Incident, tech_lead: User) -> None:
    entry = write(incident, tech_lead, Kind.FINDING, "Sunspots.")
    Finding.objects.create(incident=incident, entry=entry, text="Sunspots.", confidence="guess")
    cause = standing.where_we_are(incident, tech_lead).cause
    assert cause is not None
    assert cause.tag == "a guess"


def test_now_is_what_the_scribe_wrote_else_what_is_running(incident: Incident, tech_lead: User, scribe: User) -> None:
    write(incident, tech_lead, Kind.ACTION, "Rolled back.")
    assert standing.where_we_are(incident, scribe).now.text == "Rolled back."  # type: ignore[union-attr]
    for title in ("Restore 1a", "Restore 1b"):
        Action.objects.create(
            incident=incident, title=title, state=ActionState.RUNNING, executor=tech_lead, started_at=timezone.now()
        )
    assert standing.where_we_are(incident, scribe).now.text == "Restore 1b; Restore 1a"  # type: ignore[union-attr]
    write(incident, scribe, Kind.NOW, "Two of three nodes are back.")
    now = standing.where_we_are(incident, scribe).now
    assert now is not None
    assert (now.text, now.who) == ("Two of three nodes are back.", scribe)


def test_next_is_what_is_verified_due_and_promised(incident: Incident, tech_lead: User) -> None:
    VerificationCheck.objects.create(incident=incident, kind=CheckKind.MEASURED, title="Declines under 1%")
    VerificationCheck.objects.create(incident=incident, kind=CheckKind.SIGNED, title="Checkout tried")
    soon = timezone.now() + timedelta(minutes=5)
    for title, due in (("Later", soon + timedelta(hours=1)), ("Watch the queue", soon), ("Some day", None)):
        Task.objects.create(incident=incident, title=title, due_at=due, assignee=tech_lead)
    Promise.objects.create(incident=incident, audience="public", made_at=timezone.now(), due_at=soon)
    lines = standing.where_we_are(incident, tech_lead).next
    assert [line.text for line in lines] == [
        "Verify: Declines under 1% and 1 more",
        "Watch the queue",
        "Public update",
    ]
    assert [line.at for line in lines] == [None, soon, soon]


def test_what_was_corrected_is_read_as_corrected(incident: Incident, scribe: User) -> None:
    entry = write(incident, scribe, Kind.NOW, "Three of three.")
    timeline.supersede(entry, by=scribe, body="Two of three.")
    assert standing.where_we_are(incident, scribe).now.text == "Two of three."  # type: ignore[union-attr]


def test_what_is_for_the_response_team_is_not_told_to_others(incident: Incident, scribe: User, bystander: User) -> None:
    for kind in (Kind.NOW, Kind.FINDING, Kind.DECISION, Kind.ACTION):
        entry = write(incident, scribe, kind, "planted", visibility="room")
        timeline.mark(entry, by=scribe)
    assert "planted" in repr(standing.catch_up(incident, scribe))
    known = standing.catch_up(incident, bystander)
    assert "planted" not in repr(known)
    assert known.are_marked is False
    assert [entry.kind for entry in known.moments] == [Kind.OPENED]


# --- catching up ------------------------------------------------------------------------------


@pytest.fixture
def busy(incident: Incident, scribe: User, tech_lead: User) -> Incident:
    write(incident, scribe, Kind.DECISION, "Restore node by node.")
    for number in range(7):
        timeline.mark(write(incident, scribe, Kind.NOTE, f"Moment {number}"), by=scribe)
    write(incident, scribe, Kind.NOTE, "No moment.")
    Task.objects.create(incident=incident, title="Watch the queue")
    Task.objects.create(incident=incident, title="Done", state="done")
    Decision.objects.create(incident=incident, question="Fail over?", proposed_by=tech_lead)
    AdviceRequest.objects.create(
        incident=incident,
        question="How many payments?",
        asked=tech_lead,
        wait=timedelta(minutes=5),
        due_at=timezone.now(),
    )
    return incident


def test_who_comes_late_reads_moments_decisions_tasks_and_questions(busy: Incident, bystander: User) -> None:
    known = standing.catch_up(busy, bystander)
    assert [entry.body for entry in known.moments] == [f"Moment {number}" for number in (6, 5, 4, 3, 2)]
    assert [line.text for line in known.decisions] == ["Restore node by node."]
    assert [task.title for task in known.tasks] == ["Watch the queue"]
    assert [line.text for line in known.questions] == ["Fail over?", "How many payments?"]
    assert known.said is None


@pytest.mark.parametrize("times", [1, 3])
def test_catching_up_costs_the_same_however_much_there_is(
    busy: Incident, bystander: User, tech_lead: User, times: int, django_assert_num_queries
) -> None:
    for number in range(times):
        write(busy, tech_lead, Kind.DECISION, f"Decision {number}")
        Task.objects.create(incident=busy, title=f"Task {number}", assignee=tech_lead)
        Decision.objects.create(incident=busy, question=f"Question {number}", proposed_by=tech_lead)
    incident = Incident.objects.get(pk=busy.pk)
    with django_assert_num_queries(15):
        standing.catch_up(incident, bystander)
