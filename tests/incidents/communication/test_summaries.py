"""The summary after an incident: to exactly those who were told of it, and not before it is over."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import Settings

from incidents.communication import audiences, summaries, updates
from incidents.conflicts import Conflict
from incidents.models import Incident, PublicStatus, State, Update
from notifications.models import Message
from roles.models import User
from roles.policy import SYSTEM
from statuspage import subscriptions
from statuspage.models import PublicIncident, StatusPage
from tests import make
from tests.worker import Worker

pytestmark = pytest.mark.django_db

PARTS = {
    "impact": "About 2% of card payments in the EU were declined",
    "cause": "A change of ours",
    "changes": "Changes of limits are tried on one server group first.",
}


def lacks_review(incident: Incident) -> list[str]:
    """What a review would say that is not done."""
    return [f"The review of {incident.key} is not done."]


def publish(update: Update) -> Update:
    return updates.publish(updates.approve(updates.submit(update, by=SYSTEM), by=SYSTEM), by=SYSTEM)


@pytest.fixture
def over(incident: Incident, page: StatusPage, worker: Worker) -> Incident:
    """Told while it went on to nora and to ole, who left since; over now. Late subscribed when it was over."""
    make.make_subscriber(page, address="nora@subscribers.example")
    leaver = make.make_subscriber(page, address="ole@subscribers.example")
    publish(
        make.make_draft(
            incident, by=SYSTEM, page=page, body="Some cards fail.", next_update_at=timezone.now() + timedelta(hours=1)
        )
    )
    worker.run()
    subscriptions.unsubscribe(leaver)
    make.make_subscriber(page, address="late@subscribers.example")
    Incident.objects.filter(pk=incident.pk).update(state=State.RESOLVED, resolved_at=timezone.now())
    incident.refresh_from_db()
    return incident


def test_a_summary_reaches_exactly_those_who_got_earlier_notices(over: Incident, worker: Worker) -> None:
    update = publish(summaries.draft(over, by=SYSTEM, **PARTS))
    worker.run()
    told = Message.objects.about(f"update:{update.pk}")
    assert list(told.values_list("address", flat=True)) == ["nora@subscribers.example"]


def test_the_count_beforehand_is_the_number_that_is_sent(over: Incident, worker: Worker) -> None:
    from_summary = summaries.draft(over, by=SYSTEM, **PARTS)
    assert audiences.count(from_summary).by_channel["email"] == 1


def test_it_stands_on_the_page_with_the_status_postmortem(over: Incident, page: StatusPage, worker: Worker) -> None:
    publish(summaries.draft(over, by=SYSTEM, **PARTS))
    worker.run()
    told = PublicIncident.objects.get(incident=over, page=page)
    assert told.status == PublicStatus.POSTMORTEM
    newest = told.updates.first()
    assert newest is not None
    assert "About 2% of card payments" in newest.body


def test_while_it_goes_on_there_is_no_summary(incident: Incident, comms_lead: User) -> None:
    with pytest.raises(Conflict, match="when it is over"):
        summaries.draft(incident, by=comms_lead, **PARTS)


def test_what_was_never_public_is_summed_up_for_nobody(incident: Incident, comms_lead: User) -> None:
    Incident.objects.filter(pk=incident.pk).update(state=State.RESOLVED)
    incident.refresh_from_db()
    with pytest.raises(Conflict, match="nobody to tell"):
        summaries.draft(incident, by=comms_lead, **PARTS)


def test_each_part_is_needed(over: Incident, comms_lead: User) -> None:
    with pytest.raises(ValidationError) as refusal:
        summaries.draft(over, by=comms_lead, impact=" ", cause="", changes="")
    assert set(refusal.value.message_dict) == {"impact", "cause", "changes"}


def test_there_is_one_summary(over: Incident, comms_lead: User) -> None:
    summaries.draft(over, by=comms_lead, **PARTS)
    with pytest.raises(Conflict, match="already"):
        summaries.draft(over, by=comms_lead, **PARTS)


def test_a_gate_of_the_settings_holds_it_back(over: Incident, settings: Settings) -> None:
    settings.SUMMARY_CHECKS = ["tests.incidents.communication.test_summaries.lacks_review"]
    update = summaries.draft(over, by=SYSTEM, **PARTS)
    with pytest.raises(Conflict, match="review of"):
        publish(update)


def test_nobody_calls_an_update_a_postmortem_while_it_goes_on(incident: Incident, page: StatusPage) -> None:
    with pytest.raises(Conflict, match="when it is over"):
        publish(make.make_draft(incident, by=SYSTEM, page=page, status="postmortem", body="It was lost and is over."))


def test_the_comms_lead_starts_it_on_its_page(over: Incident, comms_lead: User) -> None:
    client = make.client_of(comms_lead)
    assert client.post(f"/incidents/{over.key}/summary/", {**PARTS, "impact": ""}).status_code == 400
    answer = client.post(f"/incidents/{over.key}/summary/", PARTS)
    update = summaries.of(over)
    assert update is not None
    assert f"edit={update.pk}" in answer["Location"]


def test_by_api_it_is_a_draft_like_any_other(over: Incident, comms_lead: User, scribe: User) -> None:
    path = f"/api/v1/incidents/{over.key}/summary/"
    assert make.client_of(scribe).post(path, PARTS, content_type="application/json").status_code == 403
    made = make.client_of(comms_lead).post(path, PARTS, content_type="application/json")
    assert (made.status_code, made.json()["status"], made.json()["state"]) == (201, "postmortem", "draft")
