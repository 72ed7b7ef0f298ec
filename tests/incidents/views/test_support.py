"""The Support Liaison at work: the console, one report, the follow-up list, the inbox, who our customers are."""

import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.utils import timezone

from incidents import lifecycle
from incidents.communication import customer_reports, customers, escalations, replies
from incidents.models import (
    CustomerAccount,
    CustomerEscalation,
    CustomerReport,
    CustomerSignal,
    CustomerTier,
    FollowUp,
    Incident,
    Macro,
)
from notifications.models import Message
from roles.catalog import Role
from roles.policy import SYSTEM
from tests import make
from tests.incidents.communication.test_customer_reports import report, say

HTMX = {"HX-Request": "true"}


def section(answer: HttpResponse, name: str) -> str:
    found = re.search(rf'<section class="sec" id="{name}".*?</section>', answer.content.decode(), re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def room(incident: Incident, rest: str = "") -> str:
    return f"/incidents/{incident.key}/{rest}"


def nordlys(**fields: object) -> CustomerAccount:
    tier = CustomerTier.objects.get(slug="enterprise")
    return customers.keep(CustomerAccount(), by=SYSTEM, name="Nordlys Travel", tier=tier, **fields)


# --- the console ------------------------------------------------------------------------------


def test_a_report_is_one_line_and_the_next_one_is_begun(client_of, incident, liaison):
    client = client_of(liaison)
    empty = section(client.get(room(incident)), "inquiries")
    assert "No customer has reported anything yet" in empty
    form = {
        "account_name": "Café Mirador",
        "symptom": "Terminal says declined",
        "channel": "chat",
        "seat": "support_liaison",
    }
    answer = client.post(room(incident, "reports/"), form, headers=HTMX)
    text = answer.content.decode()
    assert re.search(r'id="report-account"[^>]* autofocus', text)
    assert re.search(r'<option value="chat" selected', text)
    assert "1 waiting" in section(answer, "inquiries")
    assert CustomerReport.objects.get().recorded_by == liaison


def test_those_who_waited_longest_of_their_promise_stand_first_and_late_ones_are_red(client_of, incident, liaison):
    nordlys()
    now = timezone.now()
    report(incident, "Terminal says declined", account_name="Café Mirador", reported_at=now - timedelta(minutes=12))
    report(incident, "Are 212 charged?", account_name="Nordlys Travel", reported_at=now - timedelta(minutes=31))
    answer = client_of(liaison).get(room(incident))
    shown = section(answer, "inquiries")
    assert shown.index("Nordlys Travel") < shown.index("Café Mirador")
    assert "Enterprise, phone" in shown and "31 min late" in shown and "12 min late" not in shown
    assert "8 waiting" not in shown
    assert re.search(r"<b>Inquiries</b><a[^>]*>2 waiting</a>", answer.content.decode())


def test_a_bystander_sees_no_customer_and_no_curve(client_of, incident, bystander, tech_lead):
    report(incident, "Are 212 charged?", account_name="Nordlys Travel")
    text = client_of(bystander).get(room(incident)).content.decode()
    assert "Nordlys" not in text and "Are 212" not in text and 'id="curve"' not in text


def test_the_curve_stands_before_the_liaison_and_the_commander_with_its_words(client_of, incident, liaison, commander):
    nordlys(is_vip=True)
    report(incident, account_name="Nordlys Travel", count=3)
    for person in (liaison, commander):
        shown = section(client_of(person).get(room(incident)), "curve")
        assert "3 reported by 1 customer, 1 of them VIP. 15 in the last 10 min, weighed by tier" in shown


def test_the_commander_raises_the_severity_from_the_signal(client_of, service):
    incident = make.make_incident(severity="SEV4", services=[service])
    amara = make.seat(incident, Role.COMMANDER, make.make_user("amara")).user
    for _ in range(3):
        report(incident)
    client = client_of(amara)
    assert "That suggests SEV3." in section(client.get(room(incident)), "signals")
    signal = CustomerSignal.objects.get()
    client.post(room(incident, f"signals/{signal.pk}/follow/"))
    incident.refresh_from_db()
    assert incident.severity == "SEV3"
    assert section(client.get(room(incident)), "signals") == ""


def test_all_with_the_same_question_are_answered_from_the_console(client_of, incident, page, liaison):
    say(incident, page)
    for number in range(3):
        report(incident, "Was I charged?", contact=f"c{number}@shop.example")
    client = client_of(liaison)
    answer = client.get(room(incident))
    assert "Reply to all 3 of the same question, “Was I charged?”" in section(answer, "inquiries")
    asked = replies.questions(replies.waiting_of(incident))[0]
    macro = Macro.objects.get(name="What we know now")
    form = {"kind": asked.kind, "value": asked.value, "last": asked.last, "macro": macro.pk, "seat": "support_liaison"}
    for _ in range(2):
        assert client.post(room(incident, "reports/reply-to-all/"), form).status_code == 302
    assert Message.objects.filter(key__startswith="answer:").count() == 3
    assert "Everybody who reported has an answer." in section(client.get(room(incident)), "inquiries")


def test_an_escalation_stands_before_who_can_help(client_of, incident, liaison, tech_lead, commander):
    form = {
        "title": "Are Nordlys bookings charged?",
        "urgency": "now",
        "owner_role": "tech_lead",
        "account_name": "Nordlys",
    }
    client_of(liaison).post(room(incident, "escalations/"), form)
    row = CustomerEscalation.objects.get()
    for person in (liaison, tech_lead, commander):
        shown = section(client_of(person).get(room(incident)), "escalations")
        assert "Are Nordlys bookings charged?" in shown
        assert ("I have it" in shown) is (person != liaison)
    client_of(tech_lead).post(room(incident, f"escalations/{row.pk}/answer/"), {"outcome": "No, they are not."})
    assert "No, they are not." in section(client_of(liaison).get(room(incident)), "escalations")


# --- one report -------------------------------------------------------------------------------


def test_a_reply_shows_its_words_before_it_goes(client_of, incident, page, liaison):
    say(incident, page)
    made = report(incident, contact="ada@nordlys.example", account_name="Ada")
    client = client_of(liaison)
    shown = client.get(room(incident, f"reports/{made.pk}/")).content.decode()
    assert "Hello Ada," in shown and "Send to ada@nordlys.example" in shown
    macro = Macro.objects.get(name="We have your report")
    answer = client.post(room(incident, f"reports/{made.pk}/reply/"), {"macro": macro.pk, "through": "email"})
    assert answer["Location"] == room(incident, "reports/")
    made.refresh_from_db()
    assert made.answer in Message.objects.get(address="ada@nordlys.example").content.text
    assert "By e-mail by Noor" in client.get(room(incident, f"reports/{made.pk}/")).content.decode()


def test_without_a_public_word_the_page_says_what_is_missing(client_of, incident, liaison):
    made = report(incident)
    shown = client_of(liaison).get(room(incident, f"reports/{made.pk}/")).content.decode()
    assert "Nothing was said in public yet" in shown and "I have told them" not in shown


def test_what_was_typed_wrong_stays_and_is_put_right(client_of, incident, liaison):
    made = report(incident)
    client = client_of(liaison)
    refused = client.post(room(incident, f"reports/{made.pk}/"), {"symptom": "", "ticket": "HD-77"})
    assert refused.status_code == 400
    assert "HD-77" in refused.content.decode()
    client.post(room(incident, f"reports/{made.pk}/"), {"symptom": "Are we charged at all?", "ticket": "HD-77"})
    made.refresh_from_db()
    assert (made.symptom, made.ticket) == ("Are we charged at all?", "HD-77")


@pytest.mark.parametrize(
    ("query", "names"),
    [("", {"Nordlys Travel", "Café Mirador"}), ("?tier=enterprise", {"Nordlys Travel"}), ("?money=1", {"Café Mirador"}),
     ("?q=declined", {"Café Mirador"}), ("?state=answered", set())],
)  # fmt: skip
def test_the_list_is_filtered(client_of, incident, liaison, query, names):
    nordlys()
    report(incident, account_name="Nordlys Travel")
    report(incident, "Terminal says declined", account_name="Café Mirador", is_about_money=True)
    text = client_of(liaison).get(room(incident, f"reports/{query}")).content.decode()
    assert {name for name in ("Nordlys Travel", "Café Mirador") if f'<b class="block">{name}' in text} == names


def test_the_room_asks_as_often_for_three_reports_as_for_one(
    client_of, incident, page, liaison, django_assert_max_num_queries
):
    say(incident, page)
    client = client_of(liaison)
    report(incident)
    client.get(room(incident))
    counts = []
    for _ in range(2):
        with django_assert_max_num_queries(200) as seen:
            client.get(room(incident))
        counts.append(len(seen.captured_queries))
        report(incident, account_name="Café Mirador")
        report(incident, account_name="Nordlys Travel")
    assert counts[1] <= counts[0]


# --- follow-up --------------------------------------------------------------------------------


def test_the_list_is_sent_to_and_worked_off(client_of, incident, page, liaison, worker):
    say(incident, page)
    report(incident, contact="ada@nordlys.example", account_name="Ada")
    report(incident, account_name="By phone")
    client = client_of(liaison)
    assert "stands here once" in client.get(room(incident, "follow-up/")).content.decode()
    for verb in ("identify", "monitor", "resolve"):
        lifecycle.move(incident, verb, by=SYSTEM, reason=make.REASON)
    worker.run()
    shown = client.get(room(incident, "follow-up/")).content.decode()
    assert "0 of 2 told how it ended" in shown and "Send to 1" in shown and "Hello Ada," in shown
    assert "0 % told" in section(client.get(room(incident)), "follow-up")
    client.post(room(incident, "follow-up/"))
    phone = FollowUp.objects.get(name="By phone")
    client.post(room(incident, f"follow-up/{phone.pk}/contacted/"), {"note": "called back"})
    shown = client.get(room(incident, "follow-up/")).content.decode()
    assert "2 of 2 told how it ended" in shown and "called back" in shown
    client.post(room(incident, f"follow-up/{phone.pk}/open/"))
    assert "1 of 2 told" in client.get(room(incident, "follow-up/")).content.decode()


# --- the inbox --------------------------------------------------------------------------------


@pytest.fixture
def waiting(db: None) -> CustomerReport:
    return customer_reports.receive(by=SYSTEM, symptom="Exports are empty", source="email", contact="a@dune.example")


def test_a_report_is_sorted_put_aside_and_taken_back(client_of, incident, administrator, waiting):
    client = client_of(administrator)
    assert "Exports are empty" in client.get("/support/reports/").content.decode()
    client.post(f"/support/reports/{waiting.pk}/dismiss/", {"reason": "spam"})
    assert "a@dune.example: spam" in " ".join(client.get("/support/reports/").content.decode().split())
    client.post(f"/support/reports/{waiting.pk}/take-back/")
    client.post(f"/support/reports/{waiting.pk}/sort/", {"incident": incident.key})
    waiting.refresh_from_db()
    assert waiting.incident == incident
    assert "Every report belongs to an incident." in client.get("/support/reports/").content.decode()


def test_an_incident_in_triage_is_opened_from_what_is_ticked(client_of, administrator, waiting):
    client = client_of(administrator)
    refused = client.post("/support/reports/", {"title": "Exports are empty"})
    assert refused.status_code == 409
    assert "Choose the reports" in refused.content.decode()
    client.post("/support/reports/", {"title": "Exports are empty", "reports": [waiting.pk], "severity": "SEV4"})
    incident = Incident.objects.get()
    assert (incident.state, incident.severity, incident.customer_reports.get()) == ("triage", "SEV4", waiting)


# --- who our customers are --------------------------------------------------------------------


def test_a_list_is_checked_and_then_imported(client_of, administrator):
    client = client_of(administrator)
    text = "name,tier\nNordlys Travel,enterprise\nOstrava,platinum\n"
    tried = client.post("/settings/words/customers/import/", {"text": text}).content.decode()
    assert "Nothing is written yet" in tried and "There is no tier platinum." in tried and "Import 1" in tried
    assert not CustomerAccount.objects.exists()
    client.post("/settings/words/customers/import/", {"text": text, "write": "yes"})
    assert CustomerAccount.objects.get().tier.slug == "enterprise"


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("accounts", {"name": "Nordlys Travel", "is_vip": "on"}),
        ("tiers", {"slug": "gold", "name": "Gold", "rank": 2, "weight": 3, "answer_within": "10 min"}),
        ("signals", {"name": "Two", "reports": 2, "within": "5 min", "suggests_severity": "SEV2", "is_active": "on"}),
        ("macros", {"name": "Hello", "body": "Hello {customer}", "language": "en", "is_active": "on"}),
    ],
)
def test_each_kind_is_made_and_changed_on_the_page(client_of, administrator, kind, form):
    client = client_of(administrator)
    there = f"/settings/words/customers/{kind}/"
    assert client.get(there).status_code == 200
    assert client.post(there, form).status_code == 302
    link = re.search(rf'{there}(\d+)/">{form["name"]}<', client.get("/settings/words/customers/").content.decode())
    assert link
    assert client.post(f"{there}{link[1]}/", form | {"name": "Another", "version": 1}).status_code == 302
    assert "Another" in client.get("/settings/words/customers/").content.decode()


def test_a_macro_that_names_what_is_not_on_the_list_is_refused_and_kept_typed(client_of, administrator):
    form = {"name": "Why", "body": "It was {cause}", "language": "en"}
    answer = client_of(administrator).post("/settings/words/customers/macros/", form)
    assert answer.status_code == 409
    assert "There is no {cause}" in answer.content.decode() and "It was {cause}" in answer.content.decode()


def test_a_customer_and_an_address_are_erased_from_the_page(client_of, incident, administrator):
    account = nordlys()
    made = report(incident, account_name="Nordlys Travel", contact="ada@nordlys.example")
    client = client_of(administrator)
    client.post("/settings/words/customers/erase/", {"address": "ada@nordlys.example"})
    client.post(f"/settings/words/customers/accounts/{account.pk}/erase/")
    made.refresh_from_db()
    assert (made.contact, made.account_name, CustomerAccount.objects.count()) == ("", "", 0)


def test_an_escalation_of_a_report_leads_back_to_it(client_of, incident, liaison):
    made = report(incident)
    form = {"title": "Charged?", "urgency": "soon", "owner_role": "commander", "report": made.pk}
    answer = client_of(liaison).post(room(incident, "escalations/"), form)
    assert answer["Location"] == room(incident, f"reports/{made.pk}/")
    assert escalations.standing(incident)[0].report == made
