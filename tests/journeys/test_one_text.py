"""One text, one save: the page, mail, SMS, insiders and chats say the same, to as many as were counted before."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.communication import audiences, groups, mirrors
from incidents.models import Incident, StakeholderGroup, Update, UpdateState
from notifications.models import Message
from notifications.wording import sms_cost
from roles.models import User
from roles.policy import SYSTEM
from statuspage.models import PublicUpdate, StatusPage
from tests import make
from tests.worker import Worker

pytestmark = pytest.mark.django_db

SAID = "Some card payments in the EU are declined. Customers can retry now."


def test_one_save_reaches_page_mail_sms_executives_slack_and_teams_with_the_same_words(
    incident: Incident,
    page: StatusPage,
    comms_lead: User,
    commander: User,
    page_manager: User,
    worker: Worker,
) -> None:
    for number in range(5):
        make.make_subscriber(page, address=f"reader{number}@subscribers.example")
    for number in range(2):
        make.make_subscriber(page, channel="sms", address=f"+1500555000{number}")
    groups.add(by=SYSTEM, name="Board", kind=StakeholderGroup.Kind.EXECUTIVE, addresses=["ceo@nordlys.example"])
    for kind in ("slack", "teams"):
        mirrors.add(by=SYSTEM, kind=kind, name=f"{kind} room")
    form = {
        "audience": ["public", "executive"],
        "page": page.slug,
        "status": "investigating",
        "title": "EU card payments are failing",
        "body": SAID,
        "notify": "on",
        "next_update_at": f"{timezone.now() + timedelta(minutes=30):%Y-%m-%dT%H:%M}",
        "then": "submit",
        "seat": "comms_lead",
    }
    make.client_of(comms_lead).post(f"/incidents/{incident.key}/updates/", form)
    update = Update.objects.get(incident=incident, body=SAID)
    counted = audiences.count(update).by_channel
    assert (counted["email"], counted["sms"]) == (6, 2)

    steps = f"/incidents/{incident.key}/updates/{update.pk}/"
    make.client_of(commander).post(f"{steps}approve/", {"version": update.version})
    make.client_of(page_manager).post(f"{steps}publish/")
    update.refresh_from_db()
    assert update.state == UpdateState.PUBLISHED
    worker.run()

    rows = Message.objects.about(f"update:{update.pk}").select_related("content")
    sent = {channel: rows.filter(channel=channel).count() for channel in ("email", "sms", "chat")}
    assert sent == {"email": counted["email"], "sms": counted["sms"], "chat": 2}
    for row in rows.filter(channel="email"):
        assert SAID in row.content.text.replace("\n", " ")
    for row in rows.filter(channel="sms"):
        assert "Some card payments in the EU" in row.content.sms
        assert sms_cost(row.content.sms).segments <= 2
    for row in rows.filter(channel="chat"):
        assert row.content.chat is not None
        assert all(SAID in str(row.content.chat[kind]) for kind in ("slack", "teams"))
    assert PublicUpdate.objects.get(update=update).body == SAID
    assert SAID in make.client_of(commander).get(page.path).content.decode()
