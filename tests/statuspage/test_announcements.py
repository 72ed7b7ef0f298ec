from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents import lifecycle
from incidents.communication import updates
from notifications import links, wording
from notifications.models import Content, Message
from roles.policy import SYSTEM
from statuspage import announcements, checks, linking
from statuspage.models import PublicIncident, PublicUpdate
from tests import make


def say(incident, **fields):
    """Drafts and publishes a public text on the page."""
    words = {"page": "halyard", "title": "Card payments are failing", "body": "Some card payments are declined."}
    return updates.publish(updates.draft(incident, by=SYSTEM, **{**words, **fields}), by=SYSTEM)


@pytest.fixture
def quiet(page, incident, worker):
    """The incident, with the draft of its opening heard and dropped, so that a test sees its own texts only."""
    worker.run()
    for update in incident.updates.pending():
        updates.discard(update, by=SYSTEM)
    worker.run()
    return incident


def test_publishing_writes_the_pages_own_rows(page, quiet):
    say(quiet, status="investigating", components={"card-payments": "major_outage"})
    told = PublicIncident.objects.get()
    assert (told.title, told.status, told.impact) == ("Card payments are failing", "investigating", "major")
    assert PublicUpdate.objects.get().affected == [
        {
            "code": page.components.get(slug="card-payments").public_id,
            "name": "Card payments",
            "old_status": "operational",
            "new_status": "major_outage",
        }
    ]
    assert page.components.get(slug="card-payments").status == "major_outage"


def test_the_internal_title_is_never_copied(page, quiet):
    update = updates.draft(quiet, by=SYSTEM, page="halyard", body="We are looking into it.")
    assert update.title == "Problem with Card payments"


def test_an_update_needs_a_page_that_exists_and_components_that_it_has(page, quiet):
    with pytest.raises(ValidationError, match="no status page 'nowhere'"):
        updates.draft(quiet, by=SYSTEM, page="nowhere", body="Words.")
    with pytest.raises(ValidationError, match="Halyard has no component teapots"):
        updates.draft(quiet, by=SYSTEM, page="halyard", body="Words.", components={"teapots": "major_outage"})
    with pytest.raises(ValidationError, match="broken is no component status"):
        updates.draft(quiet, by=SYSTEM, page="halyard", body="Words.", components={"payouts": "broken"})
    assert not quiet.updates.pending().exists()


def test_a_drill_is_not_told_on_a_public_page(page, service):
    drill = make.make_incident(kind="drill", services=[service])
    with pytest.raises(ValidationError, match="drill incidents are not told there"):
        updates.draft(drill, by=SYSTEM, page="halyard", body="Words.")


def test_each_confirmed_subscriber_gets_one_message(page, quiet, worker):
    told = {make.make_subscriber(page).address for _ in range(3)}
    told.add(make.make_subscriber(page, channel="sms").address)
    make.make_subscriber(page, "waiting@subscribers.example", is_confirmed=False)
    make.make_subscriber(page, "left@subscribers.example", unsubscribed_at=timezone.now())
    update = say(quiet)
    worker.run()
    messages = Message.objects.filter(content__topic=f"update:{update.pk}")
    assert sorted(messages.values_list("address", flat=True)) == sorted(told)


def test_announcing_costs_the_same_queries_for_one_and_for_many(page, quiet, django_assert_num_queries):
    make.make_subscriber(page)
    say(quiet)
    entry = quiet.entries.filter(kind="update_published").last()
    with django_assert_num_queries(14):
        announcements.announce(entry)
    for _ in range(3):
        make.make_subscriber(page)
    say(quiet, body="More words.")
    entry = quiet.entries.filter(kind="update_published").last()
    with django_assert_num_queries(14):
        assert announcements.announce(entry) == 4


def test_nobody_is_told_where_the_author_says_so_and_of_what_was_added_later(page, quiet, reader, service, worker):
    say(quiet, notify=False)
    backfilled = make.make_incident(kind="backfilled", severity="SEV4", services=[service])
    say(backfilled, body="It happened last week.")
    worker.run()
    assert not Message.objects.filter(address=reader.address).exists()
    assert PublicIncident.objects.get(incident=backfilled).is_backfilled


def test_amount_and_components_are_respected(page, quiet, worker):
    everything = make.make_subscriber(page, "all@subscribers.example")
    ends = make.make_subscriber(page, "ends@subscribers.example", amount="ends")
    major = make.make_subscriber(page, "major@subscribers.example", amount="major")
    payouts = make.make_subscriber(page, "payouts@subscribers.example")
    payouts.components.set(page.components.filter(slug="payouts"))
    cards = make.make_subscriber(page, "cards@subscribers.example")
    cards.components.set(page.components.filter(slug="card-payments"))

    def told(update):
        worker.run()
        return set(Message.objects.filter(content__topic=f"update:{update.pk}").values_list("address", flat=True))

    first = told(say(quiet, components={"card-payments": "degraded_performance"}))
    assert first == {everything.address, ends.address, cards.address}
    middle = told(say(quiet, status="identified", components={"card-payments": "major_outage"}))
    assert middle == {everything.address, major.address, cards.address}
    end = told(say(quiet, status="resolved", components={"card-payments": "operational"}))
    assert end == {everything.address, ends.address, major.address, cards.address}


def test_count_names_whom_publishing_would_reach(page, quiet, reader):
    make.make_subscriber(page, channel="sms")
    update = updates.draft(quiet, by=SYSTEM, page="halyard", body="Words.")
    assert announcements.PublicAudience().count(update).by_channel == {"email": 1, "sms": 1}
    update.notify = False
    assert announcements.PublicAudience().count(update).total == 0


def test_the_mail_carries_news_links_and_nothing_executable(page, quiet, reader, worker):
    update = say(
        quiet,
        status="investigating",
        title="Cards <b>fail</b>",
        body="Some **cards** are declined.\n\n<script>alert(1)</script>",
        components={"card-payments": "partial_outage"},
        next_update_at=timezone.now() + timedelta(minutes=20),
    )
    worker.run()
    content = Content.objects.get(topic=f"update:{update.pk}")
    told = PublicIncident.objects.get()
    assert content.subject == "[Investigating] Cards <b>fail</b>"
    assert "<strong>cards</strong>" in content.html
    assert "Cards &lt;b&gt;fail&lt;/b&gt;" in content.html
    assert "<script" not in content.html
    assert "Card payments: Partial outage (was operational)" in content.text
    for text in (content.html, content.text):
        assert f"/s/halyard/unsubscribe/{links.TOKEN_MARK}/" in text
        assert told.short_url in text
    assert content.list_name == "page:halyard"


def test_an_sms_fits_one_segment(page, quiet, reader, worker, settings):
    settings.SITE_URL = "https://status.halyard.example"
    update = say(quiet, body="We are investigating. " * 40, next_update_at=timezone.now() + timedelta(minutes=20))
    worker.run()
    sms = Content.objects.get(topic=f"update:{update.pk}").sms
    assert wording.sms_cost(sms).segments == 1
    assert sms.startswith("Halyard: Card payments are failing. Investigating. We are")
    assert sms.endswith(PublicIncident.objects.get().short_url)


def test_approval_is_asked_for_by_severity_unless_the_page_says_otherwise(page, quiet, comms_lead, page_manager):
    update = updates.draft(quiet, by=comms_lead, page="halyard", body="Words.")
    with pytest.raises(ValidationError, match="must be approved"):
        updates.publish(update, by=page_manager)
    page.publish_without_approval = True
    page.save(update_fields=["publish_without_approval"])
    assert updates.publish(update, by=page_manager).state == "published"


def test_who_may_not_publish_changes_nothing(page, quiet, scribe):
    update = updates.draft(quiet, by=SYSTEM, page="halyard", body="Words.")
    with pytest.raises(PermissionDenied):
        updates.publish(update, by=scribe)
    assert not PublicIncident.objects.exists()


def test_resolving_without_naming_components_proposes_what_the_incident_brought_down(page, quiet):
    say(quiet, components={"card-payments": "major_outage"})
    update = updates.draft(quiet, by=SYSTEM, page="halyard", status="resolved", body="It is over.")
    assert update.components == {"card-payments": "operational"}


def test_a_resolved_incident_can_be_told_of_again(page, quiet):
    say(quiet, status="resolved")
    assert PublicIncident.objects.get().resolved_at is not None
    say(quiet, status="investigating")
    told = PublicIncident.objects.get()
    assert (told.status, told.resolved_at) == ("investigating", None)


def test_an_incident_cannot_end_while_a_page_tells_of_it(page, quiet):
    assert checks.unmet(quiet, "close") == []
    say(quiet)
    assert checks.unmet(quiet, "close") == [
        "Halyard still shows “Card payments are failing” as investigating: publish its end first."
    ]
    assert checks.unmet(quiet, "identify") == []
    say(quiet, status="resolved")
    assert checks.unmet(quiet, "close") == []


def test_pages_are_linked_by_their_components_services(page, incident):
    make.make_page("other", components=("Search",))
    assert linking.pages_of(incident) == [page]


def test_the_reason_for_cancelling_does_not_leave_a_page_telling_of_it(page, quiet):
    say(quiet)
    with pytest.raises(ValidationError, match="publish its end first"):
        lifecycle.move(quiet, "cancel", by=SYSTEM, reason="A false alarm, nothing broke.")
    say(quiet, status="resolved")
    lifecycle.move(quiet, "cancel", by=SYSTEM, reason="A false alarm, nothing broke.")
    assert quiet.state == "cancelled"
