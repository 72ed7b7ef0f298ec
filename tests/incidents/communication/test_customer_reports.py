"""What customers report: taken once, sorted, signalling, and answered in approved words alone."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents import events, lifecycle
from incidents.communication import answers, customer_reports, customers, replies, signals, updates
from incidents.conflicts import Conflict
from incidents.models import (
    CustomerAccount,
    CustomerReport,
    CustomerSignal,
    CustomerTier,
    Incident,
    Kind,
    Macro,
    TimelineEntry,
    Visibility,
)
from incidents.models import ReportState as R
from notifications.models import Message
from roles.catalog import Role
from roles.policy import SYSTEM
from tests import make


def account(name: str, tier: str = "", *, is_vip: bool = False) -> CustomerAccount:
    return customers.keep(
        CustomerAccount(), by=SYSTEM, name=name, tier=CustomerTier.objects.filter(slug=tier).first(), is_vip=is_vip
    )


def say(incident: Incident, page, body: str = "Some card payments are declined. Please try again.", **words):
    update = make.make_draft(incident, by=SYSTEM, page=page, body=body, **words)
    update = updates.approve(updates.submit(update, by=SYSTEM), by=SYSTEM)
    return updates.publish(update, by=SYSTEM)


def report(incident: Incident, symptom: str = "Are we charged?", **about) -> CustomerReport:
    return customer_reports.record(incident, by=SYSTEM, symptom=symptom, **about)


# --- taking in --------------------------------------------------------------------------------


def test_the_liaison_writes_down_a_report_and_others_may_not(incident, liaison, tech_lead):
    nordlys = account("Nordlys Travel", "enterprise")
    made = customer_reports.record(
        incident, by=liaison, symptom="  Are 212 bookings  charged? ", account_name="nordlys travel", count=212
    )
    assert (made.account, made.symptom, made.count, made.state) == (
        nordlys, "Are 212 bookings charged?", 212, R.WAITING,
    )  # fmt: skip
    with pytest.raises(PermissionDenied):
        customer_reports.record(incident, by=tech_lead, symptom="Are we charged?")


def test_the_timeline_tells_the_symptom_to_the_room_and_never_the_customers_words(incident, liaison):
    report(
        incident, account_name="Nordlys Travel", verbatim="I am furious", contact="ada@nordlys.example", ticket="T-77"
    )
    entry = TimelineEntry.objects.get(incident=incident, kind=Kind.CUSTOMER_REPORTED)
    assert (entry.body, entry.visibility) == ("Customers report: Are we charged?", Visibility.ROOM)
    assert not any(word in f"{entry.body} {entry.data}" for word in ("furious", "ada@", "Nordlys", "T-77"))


def test_what_a_program_posts_twice_is_taken_once(incident):
    first = report(incident, external_id="zendesk:1")
    assert report(incident, symptom="Something else", external_id="zendesk:1") == first
    assert CustomerReport.objects.count() == 1


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"symptom": "  "}, "Say what they see or ask"),
        ({"count": 0}, "between 1 and"),
        ({"channel": "fax"}, "fax is no channel"),
        ({"account_name": "x" * 151}, "at most 150"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(incident, about, sentence):
    with pytest.raises(ValidationError, match=sentence):
        report(incident, **about)
    assert not CustomerReport.objects.exists()


def test_a_closed_incident_takes_no_reports(incident):
    Incident.objects.update(state="closed")
    incident.refresh_from_db()
    with pytest.raises(Conflict, match="takes no reports"):
        report(incident)


# --- sorting ----------------------------------------------------------------------------------


@pytest.fixture
def unsorted(db: None) -> CustomerReport:
    return customer_reports.receive(
        by=SYSTEM, symptom="Checkout hangs", source="public", contact="ada@nordlys.example", verbatim="x" * 30_000
    )


def test_what_comes_from_outside_waits_to_be_sorted_and_is_cut_not_lost(unsorted):
    assert (unsorted.state, unsorted.incident, len(unsorted.verbatim)) == (R.UNSORTED, None, 20_000)
    assert list(customer_reports.unsorted()) == [unsorted]


def test_it_is_sorted_by_who_records_reports_on_that_incident(incident, unsorted, liaison, bystander):
    with pytest.raises(PermissionDenied):
        customer_reports.sort(unsorted, into=incident, by=bystander)
    done = customer_reports.sort(unsorted, into=incident, by=liaison)
    assert (done.incident, done.state) == (incident, R.WAITING)
    assert customer_reports.sort(done, into=incident, by=liaison) == done
    assert TimelineEntry.objects.filter(incident=incident, kind=Kind.CUSTOMER_REPORTED).count() == 1


def test_a_triage_incident_is_opened_from_reports(unsorted, administrator, bystander):
    with pytest.raises(PermissionDenied):
        customer_reports.open_triage([unsorted], by=bystander, title="Checkout hangs")
    incident = customer_reports.open_triage([unsorted], by=administrator, title="Checkout hangs")
    unsorted.refresh_from_db()
    assert (incident.state, unsorted.incident, incident.detected_at) == ("triage", incident, unsorted.reported_at)


def test_a_dismissed_report_does_not_count_until_it_is_taken_back(incident, liaison):
    made = report(incident)
    customer_reports.dismiss(made, by=liaison, reason="no customer of ours")
    made.refresh_from_db()
    assert (made.state, made.note) == (R.DISMISSED, "no customer of ours")
    assert signals.curve(customer_reports.of(incident), until=timezone.now()).total == 0
    assert customer_reports.take_back(made, by=liaison).state == R.WAITING


def test_what_was_reported_of_a_merged_incident_goes_on_with_it(incident, worker):
    other = make.make_incident(title="The same in other words")
    made = report(other, contact="ada@nordlys.example")
    customer_reports.dismiss(report(other, "Buy shoes"), by=SYSTEM)
    lifecycle.move(other, "merge", by=SYSTEM, reason=make.REASON, into=incident)
    worker.run()
    assert customer_reports.of(incident) == [made]
    told = TimelineEntry.objects.get(incident=incident, kind=Kind.CUSTOMER_REPORTED)
    assert told.body == f"1 report of {other.key} goes on here"


# --- the curve and its signals ----------------------------------------------------------------


def test_three_reports_move_the_curve_each(incident):
    account("Nordlys Travel", "enterprise")
    seen = []
    for name in ("Nordlys Travel", "Café Mirador", "Ostrava Tickets"):
        report(incident, account_name=name)
        seen.append(signals.curve(customer_reports.of(incident), until=timezone.now()).lately)
    assert seen == [5, 6, 7]


def test_the_curve_has_a_step_for_each_five_minutes_even_without_reports(incident):
    now = timezone.now()
    report(incident, reported_at=now - timedelta(minutes=21), count=3)
    report(incident)
    curve = signals.curve(customer_reports.of(incident), until=now)
    assert [point.reports for point in curve.points if point.reports] == [3, 1]
    assert len(curve.points) in {5, 6}
    assert (curve.total, curve.accounts, curve.peak.reports) == (4, 2, 3)


@pytest.fixture
def minor(service) -> Incident:
    return make.make_incident(severity="SEV4", services=[service])


def signalled(incident: Incident) -> list[str]:
    return [one.suggests_severity for one in CustomerSignal.objects.filter(incident=incident).order_by("pk")]


def test_three_reports_in_ten_minutes_suggest_sev3_once(minor):
    for _ in range(3):
        report(minor)
    report(minor)
    assert signalled(minor) == ["SEV3"]
    assert TimelineEntry.objects.filter(incident=minor, kind=Kind.SIGNAL).count() == 1


def test_reports_too_far_apart_signal_nothing(minor):
    for minutes in (40, 25, 12):
        report(minor, reported_at=timezone.now() - timedelta(minutes=minutes))
    report(minor)
    assert signalled(minor) == []


def test_a_tier_weighs_and_a_vip_is_enough(minor):
    account("Nordlys Travel", "enterprise", is_vip=True)
    report(minor, account_name="Nordlys Travel")
    assert signalled(minor) == ["SEV3", "", "SEV2"]


def test_five_reports_suggest_a_public_post_only_while_nothing_is_said(minor, page):
    say(minor, page)
    for _ in range(5):
        report(minor)
    assert signalled(minor) == ["SEV3"]


def test_a_signal_is_told_to_who_commands(minor, worker):
    make.seat(minor, Role.COMMANDER, make.make_user("amara"))
    for _ in range(3):
        report(minor)
    worker.run()
    told = Message.objects.filter(content__subject__startswith="Customers signal")
    assert {one.address for one in told if one.channel == "email"} == {"amara@nordlys.example"}
    assert "3 reports of 3 customers within 10 min" in told.first().content.text


def test_following_raises_the_severity_and_settles_what_asked_for_less(minor):
    amara = make.seat(minor, Role.COMMANDER, make.make_user("amara")).user
    for _ in range(10):
        report(minor)
    worst = signals.standing(minor)[0]
    assert worst.suggests_severity == "SEV2"
    signals.follow(worst, by=amara)
    minor.refresh_from_db()
    assert minor.severity == "SEV2"
    assert [one.suggests_severity for one in signals.standing(minor)] == [""]  # nothing is said in public yet
    with pytest.raises(Conflict, match="was followed by Amara"):
        signals.put_aside(worst, by=amara, reason="Too late")


def test_putting_aside_needs_a_reason_and_the_right(minor, bystander):
    for _ in range(3):
        report(minor)
    signal = CustomerSignal.objects.get()
    with pytest.raises(PermissionDenied):
        signals.put_aside(signal, by=bystander, reason="No")
    with pytest.raises(ValidationError, match="Say why"):
        signals.put_aside(signal, by=SYSTEM, reason=" ")
    signals.put_aside(signal, by=SYSTEM, reason="One customer who calls often")
    assert signals.standing(minor) == []
    report(minor)
    assert CustomerSignal.objects.filter(incident=minor).count() == 1


# --- answering --------------------------------------------------------------------------------


def macro(body: str = "Hello {customer}. {answer} {next_update} {status_page}", **fields) -> Macro:
    return answers.keep_macro(Macro(), by=SYSTEM, name="Now", body=body, **fields)


def test_a_macro_may_name_what_is_on_the_list_and_nothing_else(db):
    with pytest.raises(ValidationError, match=r"There is no \{summary\}"):
        macro("What we think: {summary}")
    assert macro("{customer} {answer} {title} {symptom} {next_update} {status_page}").pk


def test_the_answer_is_the_latest_public_text_word_for_word(incident, page):
    assert answers.approved(incident) is None
    say(incident, page, "We look into it.")
    say(incident, page, "Payments in other regions work.")
    assert answers.approved(incident).text == "Payments in other regions work."


def test_a_reply_goes_by_mail_once_and_is_proven(incident, page, liaison, worker):
    say(incident, page)
    made = report(incident, contact="ada@nordlys.example", account_name="Nordlys Travel")
    for _ in range(2):
        replies.reply(made, by=liaison, macro=macro() if not Macro.objects.filter(name="Now").exists() else None)
    made.refresh_from_db()
    assert (made.state, made.answered_by, made.answered_through) == (R.ANSWERED, liaison, "email")
    assert made.answer.startswith("Hello Nordlys Travel. Some card payments are declined.")
    mail = Message.objects.get(address="ada@nordlys.example")
    assert (mail.key, mail.content.text.strip()) == (f"answer:{made.pk}", made.answer)


def test_without_an_address_it_is_told_and_marked(incident, page, liaison):
    say(incident, page)
    made = report(incident, contact="+4670")
    with pytest.raises(Conflict, match="no e-mail address"):
        replies.reply(made, by=liaison)
    assert replies.reply(made, by=liaison, through="told").answered_through == "told"
    assert not Message.objects.filter(key=f"answer:{made.pk}").exists()


def test_nothing_is_answered_before_anything_is_said_in_public(incident, liaison):
    with pytest.raises(Conflict, match="Nothing was said in public yet"):
        replies.reply(report(incident, contact="ada@nordlys.example"), by=liaison)


def test_all_who_ask_the_same_are_answered_in_one_go_and_never_twice(incident, page, liaison):
    say(incident, page)
    same = [report(incident, "Was I charged?", contact=f"c{n}@shop.example") for n in range(4)]
    same.append(report(incident, "was i charged", contact="c9@shop.example"))
    by_phone = report(incident, "Was I charged?")
    other = report(incident, "Terminal is down", contact="d@shop.example")
    (asked,) = replies.questions(replies.waiting_of(incident))
    assert (len(asked.reports), len(asked.mailable)) == (6, 5)
    later = report(incident, "Was I charged?", contact="late@shop.example")
    answer = {"by": liaison, "kind": asked.kind, "value": asked.value, "last": asked.last, "macro": macro()}
    assert replies.reply_to_all(incident, **answer) == 5
    assert replies.reply_to_all(incident, **answer) == 0
    assert {one.pk for one in replies.waiting_of(incident)} == {by_phone.pk, other.pk, later.pk}
    assert Message.objects.filter(key__startswith="answer:").count() == 5


def test_who_waited_longest_of_what_was_promised_comes_first(incident):
    account("Nordlys Travel", "enterprise")
    account("Café Mirador", "starter")
    now = timezone.now()
    cafe = report(incident, account_name="Café Mirador", reported_at=now - timedelta(minutes=50))
    nordlys = report(incident, account_name="Nordlys Travel", reported_at=now - timedelta(minutes=10))
    assert replies.ranked([cafe, nordlys], now=now) == [nordlys, cafe]


def test_the_median_of_first_replies(incident, page):
    say(incident, page)
    assert replies.median_first_reply([report(incident)]) is None
    now = timezone.now()
    for minutes in (2, 8, 30):
        with events.dated(now - timedelta(minutes=minutes)):
            made = report(incident, reported_at=now - timedelta(minutes=minutes))
        with events.dated(now):
            replies.reply(made, by=SYSTEM, through="told")
    assert replies.median_first_reply(customer_reports.of(incident)) == timedelta(minutes=8)
