"""Previews are what is then sent: page, e-mail, SMS and chats, byte for byte."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from incidents.communication import audiences, mirrors, previewing, updates
from incidents.models import ChatMirror, Incident, Update
from notifications import links
from notifications.models import Content, Message
from roles.models import User
from roles.policy import SYSTEM
from statuspage import store
from statuspage.models import PublicIncident, PublicUpdate, StatusPage
from tests import make
from tests.worker import Worker

AT = datetime(2025, 11, 23, 2, 58, tzinfo=UTC)


@pytest.fixture
def quiet(incident: Incident, page: StatusPage, worker: Worker) -> Incident:
    """The incident, its opening heard and its own draft dropped."""
    worker.run()
    for update in incident.updates.pending():
        updates.discard(update, by=SYSTEM)
    worker.run()
    return incident


@pytest.fixture
def room_that_reads_along(db: None) -> ChatMirror:
    return mirrors.add(by=SYSTEM, kind="slack", name="#incidents", audiences=["public", "internal"])


def written(incident: Incident, page: StatusPage, **fields: object) -> Update:
    words = {
        "title": "EU card payments are <recovering>",
        "status": "identified",
        "body": "Capacity is **restored** for most. About 2% still fail.\n\n- Declined customers are not charged.",
        "components": {"card-payments": "partial_outage", "checkout-api": "degraded_performance"},
        "next_update_at": AT + timedelta(minutes=17),
        **fields,
    }
    return updates.draft(incident, by=SYSTEM, page=page.slug, **words)


def sent(update: Update) -> Content:
    return Content.objects.get(topic=f"update:{update.pk}", list_name="page:halyard")


@pytest.mark.parametrize("said_before", [0, 1, 5])
def test_page_mail_sms_and_chats_are_what_then_goes_out(
    quiet: Incident, page: StatusPage, room_that_reads_along: ChatMirror, worker: Worker, said_before: int
) -> None:
    make.make_subscriber(page)
    make.make_subscriber(page, channel="sms")
    for number in range(said_before):
        with time_machine.travel(AT - timedelta(minutes=30 - number), tick=False):
            updates.publish(written(quiet, page, body=f"Word {number}.", next_update_at=None), by=SYSTEM)
            worker.run()
    with time_machine.travel(AT, tick=False):
        update = written(quiet, page)
        before = (PublicIncident.objects.count(), PublicUpdate.objects.count(), Content.objects.count())
        shown = previewing.previews(update)
        assert (PublicIncident.objects.count(), PublicUpdate.objects.count(), Content.objects.count()) == before
        assert page.components.get(slug="checkout-api").status != "degraded_performance" or said_before
        updates.publish(update, by=SYSTEM)
        worker.run()
    content = sent(update)
    assert (shown.email.subject, shown.email.text, shown.email.html) == (content.subject, content.text, content.html)
    assert links.TOKEN_MARK in shown.email.text
    assert shown.sms.body == content.sms
    told = PublicIncident.objects.get()
    html = store.current("halyard").read(f"incidents/{told.public_id}/index.html").decode()
    assert shown.page
    assert shown.page in html
    assert "EU card payments are &lt;recovering&gt;" in shown.page
    chat = Content.objects.filter(key__endswith=":chat").latest("pk")
    assert shown.chats == chat.chat


def test_an_unsaved_text_is_shown_as_a_saved_one_would_be(quiet: Incident, page: StatusPage) -> None:
    with time_machine.travel(AT, tick=False):
        saved = written(quiet, page)
        unsaved = Update(
            **{field: getattr(saved, field) for field in (*updates.WRITABLE, "id", "audience", "incident")}
        )
        assert previewing.previews(unsaved).email == previewing.previews(saved).email
        assert previewing.previews(unsaved).page == previewing.previews(saved).page


@pytest.mark.parametrize("audience", ["internal", "executive", "support"])
def test_what_those_inside_get_is_previewed_as_well(quiet: Incident, bystander: User, audience: str) -> None:
    people = audiences.audience_of(Update(incident=quiet, audience=audience))
    update = updates.draft(quiet, by=SYSTEM, audience=audience, body="The limit was cut.", title="Ledger pool")
    shown = previewing.previews(update)
    updates.publish(update, by=SYSTEM)
    content = Content.objects.get(topic=f"update:{update.pk}")
    assert (shown.email.subject, shown.email.text, shown.email.html) == (content.subject, content.text, content.html)
    assert (shown.page, shown.sms) == ("", None)
    assert people.count(update).total >= 0


def test_nobody_notified_means_no_mail_and_no_sms_but_a_page(quiet: Incident, page: StatusPage) -> None:
    shown = previewing.previews(written(quiet, page, notify=False))
    assert (shown.email, shown.sms) == (None, None)
    assert "Capacity is <strong>restored</strong>" in shown.page


def test_an_sms_says_what_it_costs(quiet: Incident, page: StatusPage, settings) -> None:
    settings.SITE_URL = "https://status.halyard.example"
    plain = previewing.previews(written(quiet, page, title="Cards fail")).sms
    assert (plain.encoding, plain.segments, plain.room) == ("GSM-7", 1, 160)
    assert plain.units == len(plain.body)
    greek = previewing.previews(written(quiet, page, title="Κάρτες")).sms
    assert (greek.encoding, greek.segments > 1, greek.room) == ("UCS-2", True, 67 * greek.segments)


def test_a_text_that_makes_no_sense_has_a_sentence_instead(quiet: Incident, page: StatusPage) -> None:
    update = written(quiet, page)
    update.page = "nowhere"
    with pytest.raises(ValidationError, match="no status page 'nowhere'"):
        previewing.previews(update)


def test_countries_are_counted_by_their_dialling_codes(quiet: Incident, page: StatusPage) -> None:
    for address in ("+15005550006", "+4915112345678", "+4791234567", "+4798765432"):
        make.make_subscriber(page, address, channel="sms")
    found = audiences.count(written(quiet, page))
    assert (found.by_channel["sms"], found.countries) == (4, 3)


def test_programs_read_the_same_previews(quiet: Incident, page: StatusPage, comms_lead: User, api_of) -> None:
    update = written(quiet, page)
    with time_machine.travel(AT, tick=False):
        answer = api_of(comms_lead).get(f"/api/v1/incidents/{quiet.key}/updates/{update.pk}/previews/").json()
        shown = previewing.previews(update)
    assert answer["page"] == shown.page
    assert answer["email"] == {"subject": shown.email.subject, "text": shown.email.text, "html": shown.email.html}
    assert answer["sms"]["segments"] == shown.sms.segments
    assert (answer["slack"], answer["teams"]) == (shown.chats["slack"], shown.chats["teams"])


# --- bad input --------------------------------------------------------------------------------


def test_nobody_is_rung_by_a_text(quiet: Incident, page: StatusPage) -> None:
    shown = previewing.previews(written(quiet, page, title="<!channel> now", body="@everyone @here <!channel> look"))
    for payload in shown.chats.values():
        text = str(payload)
        for ring in ("<!channel>", "@everyone", "@here"):
            assert ring not in text


def test_links_with_scripts_and_markup_stay_text(quiet: Incident, page: StatusPage) -> None:
    shown = previewing.previews(written(quiet, page, body="[click](javascript:alert(1)) <img src=x onerror=alert(1)>"))
    for html in (shown.page, shown.email.html):
        assert 'href="javascript:' not in html
        assert "<img" not in html


def test_a_subject_cannot_carry_headers(quiet: Incident, page: StatusPage) -> None:
    with pytest.raises(ValidationError, match="one line"):
        written(quiet, page, title="Cards\r\nBcc: all@halyard.example")
    assert "\n" not in previewing.previews(written(quiet, page)).email.subject


def test_a_bomb_of_brackets_is_shown_in_time(quiet: Incident, page: StatusPage) -> None:
    shown = previewing.previews(written(quiet, page, body="[" * 9000 + "*_" * 5000))
    assert shown.page


def test_signs_that_turn_the_words_are_taken_out_when_it_is_kept(quiet: Incident, page: StatusPage) -> None:
    update = written(quiet, page, title="Cards\u202e fail", body="Some\u202e cards\x07 fail.\u2066")
    assert (update.title, update.body) == ("Cards fail", "Some cards fail.")


def test_the_messages_of_several_audiences_are_each_their_own(
    quiet: Incident, page: StatusPage, bystander: User, worker: Worker
) -> None:
    make.make_subscriber(page)
    update = written(quiet, page, also_for=["internal"], next_update_at=None)
    updates.publish(update, by=SYSTEM)
    worker.run()
    assert Message.objects.filter(user=bystander, content__topic=f"update:{update.pk}").count() == 1
    assert Message.objects.filter(content=sent(update)).count() == 1
    fact = quiet.entries.filter(kind="update_published").get()
    assert fact.data["audiences"] == ["public", "internal"]
