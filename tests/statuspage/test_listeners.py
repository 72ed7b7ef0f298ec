from datetime import timedelta

import pytest

from incidents import lifecycle, times
from incidents.communication import updates
from incidents.models import MessageTemplate, State, Update, UpdateState
from notifications.models import Message
from roles.policy import SYSTEM
from statuspage import listeners, store
from statuspage.models import PublicIncident, PublicUpdate
from tests import make


def drafts():
    return list(Update.objects.order_by("pk").values_list("status", "state"))


@pytest.fixture
def minor(page, service):
    """A SEV4 on the page's service; its opening is not yet heard."""
    return make.make_incident(severity="SEV4", services=[service])


def test_a_sev4_move_reaches_page_and_subscribers_at_once(page, minor, reader, worker):
    worker.run()
    lifecycle.move(minor, "identify", by=SYSTEM)
    worker.run()
    assert drafts() == [("investigating", "published"), ("identified", "published")]
    told = PublicIncident.objects.get()
    assert (told.status, told.title) == ("identified", "Problem with Card payments")
    public = Message.objects.filter(address=reader.address)
    assert public.count() == 2
    html = store.current("halyard").read("index.html").decode()
    assert "We know what causes the problem with Card payments" in html
    assert minor.title not in html


def test_a_move_that_is_heard_late_does_not_contradict_what_people_said_since(
    page, minor, reader, worker, page_manager
):
    """The opening waits in the queue of a worker that was killed; meanwhile somebody publishes."""
    said = make.make_draft(minor, by=SYSTEM, page=page, status="identified", title="Cards are late", body="Cards fail.")
    make.seat(minor, "status_page_manager", page_manager)
    updates.publish(said, by=page_manager)
    worker.run()
    assert list(minor.updates.values_list("status", "state")) == [("identified", "published")]
    assert PublicIncident.objects.get(incident=minor).status == "identified"
    assert Message.objects.filter(address=reader.address).count() == 1


def test_two_moves_before_anybody_heard_are_told_in_their_order(page, minor, reader, worker):
    lifecycle.move(minor, "identify", by=SYSTEM)
    worker.run()
    assert drafts() == [("investigating", "published"), ("identified", "published")]


def test_a_sev1_opening_leaves_a_draft_that_waits(page, service, reader, worker):
    make.make_incident(severity="SEV1", services=[service])
    worker.run()
    update = Update.objects.get()
    assert (update.state, update.components) == (UpdateState.DRAFT, {"card-payments": "major_outage"})
    assert update.next_update_at is not None
    assert not PublicIncident.objects.exists()
    assert not Message.objects.filter(address=reader.address).exists()


def test_a_newer_move_drops_the_older_draft_that_nobody_touched(page, service, worker):
    incident = make.make_incident(severity="SEV1", services=[service])
    worker.run()
    lifecycle.move(incident, "identify", by=SYSTEM)
    worker.run()
    assert drafts() == [("investigating", "discarded"), ("identified", "draft")]


def test_a_draft_that_somebody_worked_on_stays(page, incident, comms_lead, worker):
    worker.run()
    update = Update.objects.get()
    updates.edit(update, by=comms_lead, seen_version=update.version, body="Better words.")
    lifecycle.move(incident, "identify", by=SYSTEM)
    worker.run()
    assert drafts() == [("investigating", "draft"), ("identified", "draft")]


def test_hearing_a_fact_twice_changes_nothing(page, minor, reader, worker):
    worker.run()
    before = (drafts(), PublicUpdate.objects.count(), Message.objects.count())
    for entry in minor.entries.order_by("pk"):
        listeners.on_event(entry)
    worker.run()
    assert (drafts(), PublicUpdate.objects.count(), Message.objects.count()) == before


def test_an_incident_in_triage_says_nothing_yet(page, service, worker):
    make.make_incident(severity="SEV4", state=State.TRIAGE, services=[service])
    worker.run()
    assert drafts() == []


def test_a_drill_never_reaches_a_public_page(page, service, reader, worker):
    make.make_incident(severity="SEV4", kind="drill", services=[service])
    worker.run()
    assert drafts() == []
    assert not Message.objects.filter(address=reader.address).exists()


def test_a_private_incident_concerns_no_page_by_its_services(page, service, worker):
    make.make_incident(severity="SEV4", is_private=True, services=[service])
    worker.run()
    assert drafts() == []


def test_a_page_without_approved_text_gets_a_draft_but_publishes_nothing(page, service, worker):
    MessageTemplate.objects.filter(page=page.slug).update(is_approved=False)
    make.make_incident(severity="SEV4", services=[service])
    worker.run()
    assert drafts() == [("investigating", "draft")]


def test_resolving_proposes_that_what_it_brought_down_works_again(page, service, worker):
    incident = make.make_incident(severity="SEV3", services=[service])
    worker.run()
    assert page.components.get(slug="card-payments").status == "degraded_performance"
    lifecycle.move(incident, "resolve", by=SYSTEM, reason="It was short.")
    worker.run()
    assert page.components.get(slug="card-payments").status == "operational"
    assert PublicIncident.objects.get().resolved_at is not None


def test_cancelling_drops_the_draft(page, service, worker):
    incident = make.make_incident(severity="SEV1", services=[service])
    worker.run()
    lifecycle.move(incident, "cancel", by=SYSTEM, reason="A false alarm, nothing broke.")
    worker.run()
    assert drafts() == [("investigating", "discarded")]


def test_an_investigation_never_makes_a_component_look_better(page, service, worker):
    page.components.filter(slug="card-payments").update(status="major_outage")
    make.make_incident(severity="SEV1", title="Another one", services=[service])
    worker.run()
    assert Update.objects.get().components == {}


def test_corrected_times_have_the_page_written_anew(page, minor, worker):
    worker.run()
    page.refresh_from_db()
    before = page.wanted_version
    times.correct(minor, by=SYSTEM, reason="The graph shows it.", detected_at=minor.detected_at - timedelta(minutes=9))
    worker.run()
    page.refresh_from_db()
    assert page.wanted_version == before + 1
