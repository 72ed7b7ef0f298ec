"""What the people who work on an incident are told, and that nobody is told what they did themselves."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from incidents import lifecycle, relay
from incidents.communication import updates
from incidents.models import Incident, IncidentKind, Update
from incidents.response import handover, staffing
from notifications.models import Lane, Message, Preference
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make

Told = Callable[[], dict[str, set[str]]]


@pytest.fixture
def told(settings: Settings, incident: Incident) -> Told:
    """`told()` tells what is untold and answers who was written to since the last call: name → channels."""
    settings.INCIDENT_LISTENERS = ["incidents.communication.briefing.on_event"]
    seen: set[int] = set()

    def since_last_time() -> dict[str, set[str]]:
        for one in Incident.objects.all():
            relay.drain(one.pk)
        answer: dict[str, set[str]] = {}
        for message in Message.objects.exclude(pk__in=seen).select_related("user"):
            answer.setdefault(message.user.username if message.user else message.address, set()).add(message.channel)
            seen.add(message.pk)
        return answer

    return since_last_time


BOTH = {"email", "sms"}


def test_an_opened_incident_calls_those_qualified_as_commander(told: Told) -> None:
    make.make_user("qualified", qualified=[Role.COMMANDER])
    make.make_user("other", qualified=[Role.SCRIBE])
    told()
    make.make_incident(title="Webhooks are late")
    assert told() == {"qualified": BOTH}
    newest = Message.objects.order_by("-pk")[0]
    assert newest.lane == Lane.URGENT
    assert "Webhooks are late" in newest.content.subject + newest.content.text


def test_a_private_incident_calls_only_those_who_may_know_of_it(told: Told) -> None:
    make.make_user("qualified", qualified=[Role.COMMANDER])
    make.make_user("boss", is_superuser=True, qualified=[Role.COMMANDER])
    told()
    make.make_incident(is_private=True)
    assert told() == {"boss": BOTH}


def test_a_move_reaches_the_seats_but_not_who_made_it(
    incident: Incident, commander: User, comms_lead: User, scribe: User, shadow: User, former_holder: User, told: Told
) -> None:
    make.seat(incident, Role.SME, make.make_user("asked"), offer=True)
    told()
    lifecycle.move(incident, "identify", by=commander, reason="A bad certificate.")
    assert told() == {"jonas": BOTH, "elif": BOTH, "mei": BOTH}
    content = Message.objects.order_by("-pk")[0].content
    assert content.subject == "[Identified] INC-1 Card payments fail in the EU"
    assert "moved by Amara" in content.text
    assert "Reason: A bad certificate." in content.text
    assert content.sms.startswith("INC-1 SEV1 is now Identified (Amara)")
    assert f"/incidents/{incident.key}/" in content.sms


def test_a_person_is_told_on_the_channels_they_want(
    incident: Incident, commander: User, comms_lead: User, told: Told
) -> None:
    Preference.objects.create(user=comms_lead, channel="sms", is_enabled=False)
    make.seat(incident, Role.SCRIBE, make.make_user("unreachable", phone=""))
    told()
    lifecycle.move(incident, "identify", by=commander)
    assert told() == {"jonas": {"email"}, "unreachable": {"email"}}


def test_whoever_is_seated_offered_or_released_by_another_is_told(
    incident: Incident, commander: User, bystander: User, told: Told
) -> None:
    told()
    seat, _ = staffing.assign(incident, Role.SCRIBE, bystander, by=commander)
    assert told() == {"ben": BOTH}
    assert Message.objects.order_by("-pk")[0].content.subject == "You are Scribe on INC-1"
    staffing.release(seat, by=commander, reason="Two are enough.")
    assert told() == {"ben": BOTH}
    assert Message.objects.order_by("-pk")[0].content.subject == "You are off Scribe on INC-1"
    staffing.assign(incident, Role.SME, bystander, by=commander, offer=True)
    assert told() == {"ben": BOTH}
    assert Message.objects.order_by("-pk")[0].content.subject == "You are asked to be Subject Matter Expert on INC-1"


def test_whoever_takes_or_gives_up_a_seat_is_not_told_of_it(incident: Incident, bystander: User, told: Told) -> None:
    told()
    seat = staffing.take(incident, Role.SCRIBE, by=bystander)
    staffing.release(seat, by=bystander, reason="My shift ends.")
    assert told() == {}


def test_a_handover_is_told_to_the_successor_with_the_brief(
    incident: Incident, commander: User, bystander: User, told: Told
) -> None:
    told()
    seat = incident.seats.get(user=commander)
    handover.hand_over(seat, to=bystander, by=commander, brief={"situation": "EU cards fail."})
    assert told() == {"ben": BOTH}
    text = Message.objects.order_by("-pk")[0].content.text
    assert "Amara asks you to take Incident Commander on INC-1 over" in text
    assert "Situation: EU cards fail." in text
    staffing.accept(incident.seats.offered().get(), by=bystander)
    assert told() == {"amara": BOTH}
    assert Message.objects.order_by("-pk")[0].content.subject == "You are off Incident Commander on INC-1"


def test_whose_seat_was_passed_on_by_another_is_told(
    incident: Incident, commander: User, scribe: User, bystander: User, told: Told
) -> None:
    told()
    seat = incident.seats.get(user=scribe)
    handover.hand_over(seat, to=bystander, by=commander, at_once=True, reason="She does not answer.")
    assert told() == {"ben": BOTH, "elif": BOTH}
    to_former = Message.objects.filter(user=scribe).order_by("-pk")[0].content
    assert to_former.subject == "You are off Scribe on INC-1"
    assert "went from you to Ben, by Amara" in to_former.text


def test_a_commander_hears_that_the_seat_they_offered_was_accepted(
    incident: Incident, commander: User, bystander: User, told: Told
) -> None:
    offer, _ = staffing.assign(incident, Role.COMMANDER, bystander, by=commander, offer=True)
    told()
    staffing.accept(offer, by=bystander)
    assert told() == {"amara": BOTH}


def test_a_submitted_text_asks_those_who_may_approve_it(
    draft: Update, commander: User, comms_lead: User, page_manager: User, scribe: User, told: Told
) -> None:
    told()
    updates.submit(draft, by=comms_lead)
    assert told() == {"amara": {"email", "sms"}}
    updates.approve(draft, by=commander)
    assert told() == {"kenji": {"email"}}


def test_a_text_sent_back_goes_to_its_author_with_the_comment(
    draft: Update, commander: User, comms_lead: User, told: Told
) -> None:
    updates.submit(draft, by=comms_lead)
    told()
    updates.send_back(draft, by=commander, comment="Say since when.")
    assert told() == {"jonas": {"email"}}
    assert "Say since when." in Message.objects.order_by("-pk")[0].content.text


def test_a_raised_severity_reaches_the_seats(incident: Incident, commander: User, scribe: User, told: Told) -> None:
    told()
    lifecycle.change_severity(incident, "SEV2", by=commander)
    assert told() == {"elif": BOTH}


@pytest.mark.parametrize("kind", [IncidentKind.DRILL, IncidentKind.TEST])
def test_a_drill_says_so_and_stays_in_the_sandbox(told: Told, kind: str) -> None:
    make.make_user("qualified", qualified=[Role.COMMANDER])
    told()
    drill = make.make_incident(kind=kind)
    make.seat(drill, Role.COMMANDER, make.make_user("lead"))
    lifecycle.move(drill, "identify", by=SYSTEM)
    assert told() == {"qualified": BOTH, "lead": BOTH}
    contents = {message.content for message in Message.objects.filter(content__topic=f"incident:{drill.pk}")}
    assert {content.is_sandbox for content in contents} == {True}
    assert all("DRILL" in content.text for content in contents)


def test_what_is_written_down_afterwards_calls_nobody(told: Told) -> None:
    make.make_user("qualified", qualified=[Role.COMMANDER])
    told()
    past = make.make_incident(kind=IncidentKind.BACKFILLED)
    make.seat(past, Role.COMMANDER, make.make_user("lead"), kind=Holding.PRIMARY)
    lifecycle.move(past, "resolve", by=SYSTEM, reason=make.REASON)
    assert told() == {}
