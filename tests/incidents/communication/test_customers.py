"""Who our customers are: kept, found by their address, imported with errors by line, erased."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents.communication import customer_reports, customers, escalations, follow_ups
from incidents.conflicts import Conflict, Overtaken
from incidents.models import CustomerAccount, CustomerReport, CustomerTier, FollowUp, SignalRule
from incidents.models import ReportState as R
from notifications.models import Callback
from roles.models import AuditEvent
from roles.policy import SYSTEM

LIST = """name;tier;vip;email;domain;reference
Nordlys Travel;Enterprise;yes;ops@nordlys.example;nordlys.example;C-1
Café Mirador;starter;;;;
;growth;;;;
Ostrava Tickets;platinum;;;;
Nordlys Travel;growth;;;;
Late Bakery;growth;;not-an-address;;
"""


@pytest.fixture
def nordlys(db: None) -> CustomerAccount:
    tier = CustomerTier.objects.get(slug="enterprise")
    return customers.keep(
        CustomerAccount(), by=SYSTEM, name="Nordlys Travel", tier=tier, is_vip=True, domain="nordlys.example"
    )


def test_a_new_installation_has_three_tiers_and_rules_that_signal(db):
    tiers = {
        tier.slug: (tier.answer_within, tier.acknowledge_within, tier.weight) for tier in CustomerTier.objects.all()
    }
    minute = timedelta(minutes=1)
    assert tiers["enterprise"] == (15 * minute, 10 * minute, 5)
    assert list(tiers) == ["enterprise", "growth", "starter"]
    assert SignalRule.objects.filter(is_active=True).count() == 6


def test_customers_are_kept_by_those_who_manage_our_words_alone(db, bystander, administrator):
    with pytest.raises(PermissionDenied):
        customers.keep(CustomerAccount(), by=bystander, name="Nordlys Travel")
    kept = customers.keep(CustomerAccount(), by=administrator, name="Nordlys Travel", email="OPS@Nordlys.example")
    assert kept.email == "ops@nordlys.example"
    assert AuditEvent.objects.filter(action="customeraccount.added", actor=administrator).count() == 1


def test_the_later_of_two_editors_gets_both_versions(nordlys, administrator):
    customers.keep(nordlys, by=administrator, seen_version=1, reference="C-1")
    with pytest.raises(Overtaken):
        customers.keep(nordlys, by=administrator, seen_version=1, reference="C-2")


def test_a_rule_that_suggests_nothing_makes_no_sense(db):
    with pytest.raises(ValidationError, match="what the rule suggests"):
        customers.keep(SignalRule(), by=SYSTEM, name="Idle", reports=3, within=timedelta(minutes=5))


@pytest.mark.parametrize(
    ("address", "is_theirs"),
    [("ada@nordlys.example", True), ("ADA@Nordlys.Example", True), ("ada@other.example", False), ("", False)],
)
def test_a_customer_is_found_by_the_domain_of_an_address(nordlys, address, is_theirs):
    assert customers.account_of_address(address) == (nordlys if is_theirs else None)


def test_a_shared_mail_provider_says_nothing_of_the_customer(db):
    customers.keep(CustomerAccount(), by=SYSTEM, name="A shop", email="shop@gmail.com", domain="gmail.com")
    assert customers.account_of_address("somebody@gmail.com") is None
    assert customers.account_of_address("shop@gmail.com").name == "A shop"


def test_an_import_is_tried_before_it_is_written_and_tells_errors_by_line(db, administrator):
    tried = customers.import_accounts(LIST, by=administrator, is_dry_run=True)
    assert (tried.count("new"), tried.is_done, CustomerAccount.objects.count()) == (2, False, 0)
    assert {line.number: line.problem for line in tried.refused} == {
        4: "It has no name.",
        5: "There is no tier platinum.",
        6: "The name stands in the list twice.",
        7: "not-an-address is no e-mail address.",
    }
    customers.import_accounts(LIST, by=administrator)
    assert list(CustomerAccount.objects.values_list("name", "tier__slug", "is_vip")) == [
        ("Café Mirador", "starter", False),
        ("Nordlys Travel", "enterprise", True),
    ]
    again = customers.import_accounts(LIST, by=administrator)
    assert (again.count("new"), again.count("changed"), again.count("same")) == (0, 0, 2)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("customer\nNordlys", "one of them is name"),
        ("name,colour\nNordlys,red", "no column colour"),
        ("name\n", "no customer in this list"),
        ("", "one of them is name"),
    ],
)
def test_a_list_that_is_none_is_refused_as_a_whole(db, text, problem):
    assert problem in customers.import_accounts(text, by=SYSTEM).problem


def test_erasing_a_customer_keeps_what_was_seen_and_names_nobody(nordlys, incident, administrator):
    report = customer_reports.record(
        incident,
        by=SYSTEM,
        symptom="Are we charged?",
        account_name="Nordlys Travel",
        verbatim="This is Ada",
        ticket="T1",
    )
    escalations.escalate(incident, by=SYSTEM, title="Are 212 bookings charged?", reason="Ada calls", report=report)
    follow_ups.build(incident)
    customers.erase_account(nordlys, by=administrator)
    report.refresh_from_db()
    assert (report.symptom, report.account, report.account_name, report.verbatim, report.ticket) == (
        "Are we charged?", None, "", "", "",
    )  # fmt: skip
    assert incident.escalations.get().reason == ""
    assert [one.name for one in FollowUp.objects.all()] == [customers.ERASED]
    assert not CustomerAccount.objects.exists()


def test_erasing_an_address_reaches_received_mail_too(incident, administrator):
    Callback.objects.create(
        provider="email", kind="inbound", digest="1", body={"from": "ada@nordlys.example", "text": "secret"}
    )
    report = customer_reports.record(incident, by=SYSTEM, symptom="Slow", contact="Ada@nordlys.example", verbatim="Ada")
    other = customer_reports.record(incident, by=SYSTEM, symptom="Slow", contact="bob@nordlys.example", verbatim="Bob")
    assert customers.erase_contact("ada@nordlys.example", by=administrator) == 1
    report.refresh_from_db()
    other.refresh_from_db()
    assert (report.contact, report.verbatim, other.verbatim) == ("", "", "Bob")
    assert Callback.objects.get().body == {"is_erased": True}


def test_a_tier_with_customers_stays(nordlys, administrator):
    with pytest.raises(Conflict, match="another tier first"):
        customers.drop_tier(nordlys.tier, by=administrator)


def test_a_dismissed_report_is_no_customer(incident):
    report = customer_reports.record(incident, by=SYSTEM, symptom="Buy shoes")
    customer_reports.dismiss(report, by=SYSTEM, reason="spam")
    assert CustomerReport.objects.get().state == R.DISMISSED
