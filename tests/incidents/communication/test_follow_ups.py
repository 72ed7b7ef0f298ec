"""Everyone who reported hears how it ended, and closing says who has not."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents import lifecycle
from incidents.communication import customer_reports, customers, escalations, follow_ups
from incidents.conflicts import Conflict
from incidents.models import CustomerAccount, CustomerTier, FollowUp, Incident, Kind, Macro, TimelineEntry
from incidents.models import FollowUpState as F
from notifications.models import Message
from roles.policy import SYSTEM
from tests import make
from tests.incidents.communication.test_customer_reports import report, say


@pytest.fixture
def ended(incident, page, worker) -> Incident:
    """Resolved, after a public word; five reports of three customers, one escalation of a fourth."""
    enterprise = CustomerTier.objects.get(slug="enterprise")
    customers.keep(CustomerAccount(), by=SYSTEM, name="Nordlys Travel", tier=enterprise, email="ops@nordlys.example")
    say(incident, page)
    report(incident, account_name="Nordlys Travel")
    report(incident, account_name="Nordlys Travel", contact="ada@nordlys.example")
    report(incident, contact="bob@mirador.example", account_name="Café Mirador")
    report(incident, contact="BOB@mirador.example")
    report(incident, account_name="Somebody by phone")
    customer_reports.dismiss(report(incident, contact="spam@spam.example"), by=SYSTEM)
    escalations.escalate(incident, by=SYSTEM, title="Ostrava on sale at 04:00")
    for verb in ("identify", "monitor", "resolve"):
        lifecycle.move(incident, verb, by=SYSTEM, reason=make.REASON)
    worker.run()
    return incident


def test_resolving_leaves_one_line_for_each_customer(ended):
    rows = FollowUp.objects.values_list("name", "contact", "tier__slug", "state")
    assert sorted(rows, key=str) == sorted(
        [
            ("Nordlys Travel", "ada@nordlys.example", "enterprise", F.OPEN),
            ("Café Mirador", "bob@mirador.example", None, F.OPEN),
            ("Somebody by phone", "", None, F.OPEN),
            ("Ostrava on sale at 04:00", "", None, F.OPEN),
        ],
        key=str,
    )
    assert follow_ups.build(ended) == 0


def test_a_report_after_the_end_joins_the_list(ended):
    report(ended, contact="late@shop.example")
    assert FollowUp.objects.filter(contact="late@shop.example").count() == 1


def test_sending_writes_once_to_each_in_the_words_of_their_tier(ended, liaison, worker):
    assert follow_ups.send(ended, by=liaison) == 2
    assert follow_ups.send(ended, by=liaison) == 0
    mails = {one.address: one.content for one in Message.objects.filter(key__startswith="follow-up:")}
    assert mails.keys() == {"ada@nordlys.example", "bob@mirador.example"}
    assert "Your account manager will be in touch" in mails["ada@nordlys.example"].text
    assert "account manager" not in mails["bob@mirador.example"].text
    assert mails["bob@mirador.example"].text.startswith("Hello Café Mirador,")
    assert mails["ada@nordlys.example"].subject == "[Resolved] Card payments are failing"
    assert follow_ups.progress(ended).percent == 50
    assert TimelineEntry.objects.get(kind=Kind.FOLLOWED_UP).body == (
        "2 customers who reported told by e-mail how it ended"
    )


def test_nobody_is_told_how_it_ended_before_it_has(incident, liaison):
    with pytest.raises(Conflict, match="is not over"):
        follow_ups.send(incident, by=liaison)


def test_without_the_right_nobody_sends(ended, tech_lead):
    with pytest.raises(PermissionDenied):
        follow_ups.send(ended, by=tech_lead)


def test_without_a_macro_nothing_is_sent(ended, liaison):
    Macro.objects.filter(for_follow_up=True).update(is_active=False)
    with pytest.raises(Conflict, match="No macro for follow-up"):
        follow_ups.send(ended, by=liaison)
    assert not FollowUp.objects.exclude(state=F.OPEN).exists()


def test_others_are_told_in_person_or_need_not_be_and_a_click_is_taken_back(ended, liaison):
    phone = FollowUp.objects.get(name="Somebody by phone")
    with pytest.raises(ValidationError, match="Say why"):
        follow_ups.waive(phone, by=liaison, reason="")
    follow_ups.waive(phone, by=liaison, reason="an employee of ours")
    with pytest.raises(Conflict, match="not needed by Noor already"):
        follow_ups.mark_contacted(phone, by=liaison)
    assert follow_ups.open_again(phone, by=liaison).state == F.OPEN
    follow_ups.mark_contacted(phone, by=liaison, note="called back")
    assert (phone.state, phone.note, phone.done_by) == (F.CONTACTED, "called back", liaison)


def test_closing_lists_who_has_not_heard_and_names_no_person(ended, liaison):
    (sentence,) = follow_ups.unmet(ended, "close")
    assert sentence == "4 customers have not heard how it ended: Nordlys Travel and 3 more."
    assert sentence in lifecycle.unmet(ended, "close")
    assert follow_ups.unmet(ended, "resolve") == []
    follow_ups.send(ended, by=liaison)
    for one in FollowUp.objects.filter(state=F.OPEN):
        follow_ups.mark_contacted(one, by=liaison)
    assert follow_ups.unmet(ended, "close") == []
    assert follow_ups.met(ended, "close") == ["All 4 customers who reported have heard how it ended"]


def test_closing_all_the_same_needs_a_reason(ended, commander):
    with pytest.raises(Conflict, match="have not heard how it ended"):
        lifecycle.move(ended, "close", by=commander)
    lifecycle.move(ended, "close", by=commander, reason="They are told by their account managers.")
    assert ended.state == "closed"


def test_a_mail_that_comes_back_told_nobody(ended, liaison):
    follow_ups.send(ended, by=liaison)
    Message.objects.filter(address="bob@mirador.example").update(state="bounced")
    progress = follow_ups.progress(ended)
    assert (progress.total, progress.done, progress.bounced) == (4, 1, 1)
    bob = FollowUp.objects.get(contact="bob@mirador.example")
    assert follow_ups.mark_contacted(bob, by=liaison, note="by phone").state == F.CONTACTED
    assert follow_ups.progress(ended).done == 2


def test_a_day_later_the_liaison_is_reminded_once(ended, liaison, worker):
    assert follow_ups.remind() == 0
    Incident.objects.update(resolved_at=timezone.now() - timedelta(days=1, minutes=1))
    assert (follow_ups.remind(), follow_ups.remind()) == (1, 0)
    worker.run()
    mail = Message.objects.get(address="noor@nordlys.example", content__subject__contains="have not heard")
    assert f"{ended.key}: 4 customers have not heard how it ended" == mail.content.subject
    assert "follow-up/" in mail.content.text
