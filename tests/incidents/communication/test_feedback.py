"""What people say of how we told them: below an update, in a survey, and to support."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from incidents.communication import feedback
from incidents.conflicts import Conflict
from incidents.models import CustomerReport, Feedback, Incident, Kind, State, Survey
from notifications import links
from notifications.models import Message
from roles.models import User
from tests import make
from tests.worker import Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def over(incident: Incident) -> Incident:
    """Resolved, with two who left an address, one of them twice, and one who did not."""
    for contact in ("nora@nordlys.example", "NORA@nordlys.example", "cafe@mirador.example", ""):
        CustomerReport.objects.create(incident=incident, contact=contact, symptom="Terminal says declined")
    Incident.objects.filter(pk=incident.pk).update(state=State.RESOLVED)
    incident.refresh_from_db()
    return incident


def test_support_writes_down_what_a_customer_said(incident: Incident, liaison: User) -> None:
    row = feedback.capture(incident, by=liaison, words="Found out from our own customers first.", said_by="Nordlys")
    assert (row.captured_by, row.source) == (liaison, Feedback.Source.STAFF)
    assert incident.entries.get(kind=Kind.FEEDBACK).body == "Found out from our own customers first."


def test_a_bystander_writes_nothing_down(incident: Incident, bystander: User) -> None:
    with pytest.raises(PermissionDenied):
        feedback.capture(incident, by=bystander, words="Bad.")


def test_empty_feedback_is_refused(incident: Incident, liaison: User) -> None:
    with pytest.raises(ValidationError, match="Write down"):
        feedback.capture(incident, by=liaison, words="  ")


def test_everybody_who_left_an_address_is_asked_once(over: Incident, liaison: User, worker: Worker) -> None:
    assert feedback.invite(over, by=liaison) == 2
    with pytest.raises(Conflict, match="nobody to ask"):
        feedback.invite(over, by=liaison)
    worker.run()
    sent = Message.objects.filter(content__topic=f"survey:{over.pk}")
    assert set(sent.values_list("address", flat=True)) == {"nora@nordlys.example", "cafe@mirador.example"}


def test_nobody_is_asked_while_it_goes_on(incident: Incident, liaison: User) -> None:
    with pytest.raises(Conflict, match="not over"):
        feedback.invite(incident, by=liaison)


def test_who_was_asked_answers_by_the_link_and_may_change_it(over: Incident, liaison: User, client: Client) -> None:
    feedback.invite(over, by=liaison)
    asked = Survey.objects.get(address="nora@nordlys.example")
    path = f"/survey/{links.sign(feedback.SURVEY, asked.pk)}/"
    assert client.get(path).status_code == 200
    assert client.post(path, {"words": "No number chosen."}).status_code == 400
    client.post(path, {"score": "2", "in_time": "no", "words": "Too late."})
    client.post(path, {"score": "3", "in_time": "no", "clear": "yes", "words": "Late, but clear."})
    row = Feedback.objects.get(incident=over, source="survey")
    assert (row.score, row.answers, row.words) == (3, {"in_time": False, "clear": True}, "Late, but clear.")
    tally = feedback.tally(over)
    assert (tally.invited, tally.answered, tally.average) == (2, 1, 3.0)


def test_a_forged_link_leads_nowhere(client: Client, db: None) -> None:
    assert client.get("/survey/forged.token/").status_code == 404


def test_an_invitation_names_nothing_internal(over: Incident, liaison: User, worker: Worker) -> None:
    Incident.objects.filter(pk=over.pk).update(title="zebra-unicorn-4711 secret title")
    over.refresh_from_db()
    feedback.invite(over, by=liaison)
    content = Message.objects.filter(content__topic=f"survey:{over.pk}").first()
    assert content is not None
    assert "zebra-unicorn-4711" not in content.content.text + content.content.subject


def test_the_page_shows_what_was_said_and_by_api_too(incident: Incident, liaison: User, bystander: User) -> None:
    client = make.client_of(liaison)
    client.post(f"/incidents/{incident.key}/feedback/capture/", {"words": "Clear page, thank you.", "helped": "yes"})
    assert b"Clear page, thank you." in make.client_of(bystander).get(f"/incidents/{incident.key}/feedback/").content
    listed = client.get(f"/api/v1/incidents/{incident.key}/feedback/").json()["results"]
    assert [(row["words"], row["helped"]) for row in listed] == [("Clear page, thank you.", True)]
