"""What support says: always the newest public text, word for word, and never what is internal."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from incidents import timeline
from incidents.communication import groups, talking, updates
from incidents.conflicts import Conflict
from incidents.models import Incident, Kind, StakeholderGroup, Update
from notifications.models import Message
from roles.models import User
from roles.policy import SYSTEM
from statuspage.models import StatusPage
from tests import make
from tests.worker import Worker

pytestmark = pytest.mark.django_db

SAID = "Some card payments fail in the EU. Customers can retry."
PLANTED = "zebra-unicorn-4711"


@pytest.fixture
def agents() -> list[User]:
    people = [make.make_user(name, is_staff=False) for name in ("agnes", "aldo", "ada")]
    groups.add(by=SYSTEM, name="Frontline", kind=StakeholderGroup.Kind.SUPPORT, members=people)
    return people


def publish(incident: Incident, page: StatusPage, body: str = SAID) -> Update:
    update = make.make_draft(
        incident, by=SYSTEM, page=page, body=body, next_update_at=timezone.now() + timedelta(hours=1)
    )
    return updates.publish(updates.approve(updates.submit(update, by=SYSTEM), by=SYSTEM), by=SYSTEM)


def test_a_public_text_is_what_support_says_from_then_on(
    incident: Incident, page: StatusPage, agents: list[User], worker: Worker
) -> None:
    update = publish(incident, page)
    worker.run()
    points = talking.current(incident)
    assert points is not None
    assert (points.public_text, points.update, points.next_update_at) == (SAID, update, update.next_update_at)
    told = Message.objects.filter(content__subject__contains="What to say now", channel="email")
    assert set(told.values_list("address", flat=True)) == {agent.email for agent in agents}


def test_hearing_of_a_public_text_twice_makes_one_version(incident: Incident, page: StatusPage, worker: Worker) -> None:
    publish(incident, page)
    worker.run()
    talking.on_event(incident.entries.filter(kind=Kind.UPDATE_PUBLISHED).get())
    assert incident.talking_points.count() == 1


def test_the_inner_part_is_carried_over_to_the_next_public_text(
    incident: Incident, page: StatusPage, liaison: User, commander: User, worker: Worker
) -> None:
    publish(incident, page)
    worker.run()
    talking.approve(talking.write(incident, by=liaison, do_not_say="Any refund promise"), by=commander)
    publish(incident, page, "Most payments are restored; some still fail.")
    worker.run()
    points = talking.current(incident)
    assert points is not None
    assert (points.number, points.public_text) == (3, "Most payments are restored; some still fail.")
    assert points.do_not_say == "Any refund promise"


def test_what_the_liaison_writes_counts_only_when_somebody_approves_it(
    incident: Incident, liaison: User, commander: User
) -> None:
    points = talking.write(incident, by=liaison, addendum="Retrying is safe.")
    assert talking.current(incident) is None
    with pytest.raises(PermissionDenied):
        talking.approve(points, by=liaison)
    assert talking.approve(points, by=commander).approved_by == commander
    assert talking.current(incident) == points


def test_at_sev1_nobody_approves_what_they_wrote(incident: Incident, commander: User) -> None:
    points = talking.write(incident, by=commander, addendum="Retrying is safe.")
    with pytest.raises(PermissionDenied, match="somebody else"):
        talking.approve(points, by=commander)


def test_who_wrote_from_an_older_version_is_told(incident: Incident, liaison: User, comms_lead: User) -> None:
    talking.write(incident, by=liaison, addendum="One.")
    talking.write(incident, by=comms_lead, addendum="Two.", seen_number=1)
    with pytest.raises(Conflict, match="v2"):
        talking.write(incident, by=liaison, addendum="Three.", seen_number=1)


def test_nothing_at_all_is_no_version(incident: Incident, liaison: User) -> None:
    with pytest.raises(ValidationError, match="nothing to say"):
        talking.write(incident, by=liaison, addendum="  ")


def test_reading_is_noted_once_and_nudging_reaches_the_others_alone(
    incident: Incident, page: StatusPage, agents: list[User], liaison: User, worker: Worker
) -> None:
    publish(incident, page)
    worker.run()
    points = talking.current(incident)
    assert points is not None
    talking.read(points, by=agents[0])
    talking.read(points, by=agents[0])
    seen = talking.reading(points)
    assert (seen.read, seen.unread) == ([agents[0]], agents[1:])
    assert talking.nudge(points, by=liaison) == 2
    worker.run()
    reminded = Message.objects.filter(content__subject__startswith="Please read", channel="email")
    assert set(reminded.values_list("address", flat=True)) == {agent.email for agent in agents[1:]}


def test_who_is_of_no_support_group_is_not_told(incident: Incident, page: StatusPage, worker: Worker) -> None:
    publish(incident, page)
    worker.run()
    stranger = make.make_user("stranger", is_staff=False)
    points = talking.current(incident)
    assert points is not None
    with pytest.raises(PermissionDenied):
        talking.read(points, by=stranger)
    client = make.client_of(stranger)
    assert client.get("/support/").status_code == 403
    assert client.get(f"/support/incidents/{incident.key}/").status_code == 404


def test_an_agent_reads_on_the_desk_what_may_be_said_and_nothing_internal(
    incident: Incident, page: StatusPage, agents: list[User], commander: User, worker: Worker
) -> None:
    plant(incident, commander)
    publish(incident, page)
    worker.run()
    client = make.client_of(agents[0])
    for path in ("/support/", f"/support/incidents/{incident.key}/"):
        text = client.get(path).content.decode()
        assert SAID in text
        assert PLANTED not in text
    assert client.get(f"/incidents/{incident.key}/").status_code == 404


def plant(incident: Incident, by: User) -> None:
    """Puts a word that must not get out into everything that is internal."""
    Incident.objects.filter(pk=incident.pk).update(title=f"Title {PLANTED}", summary=PLANTED)
    for kind in (Kind.NOTE, Kind.DECISION, Kind.FINDING, Kind.NOW):
        timeline.add_entry(incident, by=by, kind=kind, body=f"Internal: {PLANTED}")
    updates.draft(incident, by=by, audience="internal", body=f"For us: {PLANTED}")


def test_an_agent_says_on_the_desk_that_they_have_read_it(
    incident: Incident, page: StatusPage, agents: list[User], worker: Worker
) -> None:
    publish(incident, page)
    worker.run()
    client = make.client_of(agents[0])
    assert b"I have read v1" in client.get("/support/").content
    answer = client.post(f"/support/incidents/{incident.key}/", {"back": "desk"})
    assert answer["Location"] == "/support/"
    assert b"You have read v1" in client.get("/support/").content


def test_a_private_incident_is_on_no_agents_desk(
    incident: Incident, page: StatusPage, agents: list[User], worker: Worker
) -> None:
    publish(incident, page)
    worker.run()
    Incident.objects.filter(pk=incident.pk).update(is_private=True)
    client = make.client_of(agents[0])
    assert incident.key.encode() not in client.get("/support/").content
    assert client.get(f"/support/incidents/{incident.key}/").status_code == 404


def test_the_liaison_writes_in_the_room_and_the_commander_approves(
    incident: Incident, liaison: User, commander: User
) -> None:
    path = f"/incidents/{incident.key}/talking-points/"
    make.client_of(liaison).post(path, {"addendum": "Retrying is safe.", "seat": "support_liaison"})
    assert make.client_of(liaison).post(f"{path}1/approve/").status_code == 403
    make.client_of(commander).post(f"{path}1/approve/")
    points = talking.current(incident)
    assert points is not None
    assert points.addendum == "Retrying is safe."


def test_by_api_a_version_is_written_read_and_counted(
    incident: Incident, agents: list[User], liaison: User, commander: User, client: Client
) -> None:
    path = f"/api/v1/incidents/{incident.key}/talking-points/"
    made = make.client_of(liaison).post(path, {"addendum": "Retrying is safe."}, content_type="application/json")
    assert (made.status_code, made.json()["number"], made.json()["approved_at"]) == (201, 1, None)
    assert make.client_of(commander).post(f"{path}1/approve/").status_code == 200
    assert make.client_of(commander).get(f"{path}1/read/").json() == {
        "read": [],
        "unread": [agent.username for agent in agents],
    }
