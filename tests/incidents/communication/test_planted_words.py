"""What support sends never holds a word that is not public: words planted everywhere inside turn up nowhere outside."""

import pytest

from incidents import lifecycle, timeline
from incidents.communication import answers, customer_reports, escalations, follow_ups, replies, updates
from incidents.models import CustomerReport, Macro, TalkingPoints
from incidents.response import diagnosis
from notifications.models import Content, Message
from roles.policy import SYSTEM
from tests import make
from tests.incidents.communication.test_customer_reports import report, say

PLANTED = "zanzibar"


@pytest.fixture
def planted(incident, page, comms_lead, liaison, tech_lead):
    """The word in everything that is for us alone, and a public text without it."""
    lifecycle.edit(incident, by=SYSTEM, title=f"{PLANTED} title", summary=f"{PLANTED} summary")
    timeline.add_entry(incident, by=tech_lead, body=f"{PLANTED} note")
    diagnosis.propose(incident, by=tech_lead, title=f"{PLANTED} hypothesis")
    for audience in ("internal",):
        inner = updates.draft(incident, by=SYSTEM, audience=audience, body=f"{PLANTED} {audience}")
        inner = updates.approve(updates.submit(inner, by=SYSTEM), by=SYSTEM)
        updates.publish(inner, by=SYSTEM)
    said = say(incident, page)
    make.make_draft(incident, by=comms_lead, page=page, body=f"{PLANTED} draft of a public text")
    inner_words = dict.fromkeys(("addendum", "do_say", "do_not_say", "workaround"), f"{PLANTED} for agents")
    TalkingPoints.objects.filter(incident=incident).delete()
    TalkingPoints.objects.create(
        incident=incident, number=1, update=said, public_text=said.body, approved_at=said.published_at, **inner_words
    )
    told = report(incident, contact="ada@nordlys.example", verbatim=f"{PLANTED} their words")
    others = [report(incident, "Slow", contact=f"c{n}@shop.example", verbatim=PLANTED) for n in range(2)]
    escalations.escalate(incident, by=liaison, title=f"{PLANTED} escalation", reason=PLANTED, report=told)
    return incident, told, others


def sent_to_customers() -> str:
    rows = Message.objects.filter(address__contains="@").exclude(address__endswith="halyard.example")
    outside = rows.filter(user=None).values("content")
    return " ".join(f"{one.subject} {one.text} {one.html}" for one in Content.objects.filter(pk__in=outside))


def test_no_answer_holds_a_planted_word(planted, liaison):
    incident, told, others = planted
    everything = " ".join(f"{{{name}}}" for name in answers.PLACEHOLDERS)
    macro = answers.keep_macro(Macro(), by=SYSTEM, name="All of it", body=everything)
    replies.reply(told, by=liaison, macro=macro)
    asked = {"kind": "symptom", "value": "slow", "last": others[-1].pk}
    assert replies.reply_to_all(incident, by=liaison, **asked) == 2
    assert "Some card payments are declined" in sent_to_customers()
    assert PLANTED not in sent_to_customers()
    assert not CustomerReport.objects.filter(answer__contains=PLANTED).exists()


def test_no_follow_up_holds_a_planted_word(planted, liaison, worker):
    incident, _, _ = planted
    for verb in ("identify", "monitor", "resolve"):
        lifecycle.move(incident, verb, by=SYSTEM, reason=f"{PLANTED} reason")
    worker.run(but="deliver")
    assert follow_ups.send(incident, by=liaison) == 3
    assert "[Resolved] Card payments are failing" in sent_to_customers()
    assert PLANTED not in sent_to_customers()


def test_the_public_form_answers_with_no_planted_word(planted, page, client):
    type(page).objects.update(takes_reports=True)
    shown = client.get(f"/s/{page.slug}/report/").content.decode()
    thanks = client.post(f"/s/{page.slug}/report/", {"website": "robot"}).content.decode()
    assert "Report a problem" in shown and "Thank you" in thanks
    assert PLANTED not in shown + thanks


def test_the_page_of_a_report_shows_the_answer_and_nothing_of_ours(planted, liaison, client_of):
    incident, _, others = planted
    CustomerReport.objects.filter(pk=others[0].pk).update(verbatim="")
    text = client_of(liaison).get(f"/incidents/{incident.key}/reports/{others[0].pk}/").content.decode()
    ready = text.partition('id="h-reply"')[2].partition("</section>")[0]
    assert "Some card payments are declined" in ready
    assert PLANTED not in ready


def test_the_staffs_own_timeline_of_those_outside_the_room_has_no_customer(planted, bystander, client_of):
    incident, _, _ = planted
    seen = client_of(bystander).get(f"/incidents/{incident.key}/").content.decode()
    assert "Customers report" not in seen and "ada@nordlys.example" not in seen
    assert "zanzibar note" in seen
    assert customer_reports.of(incident)
