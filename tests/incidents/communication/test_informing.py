"""Proof of informing: who was told, how fast, who was not, and only those are told again."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from incidents.communication import groups, informing, updates
from incidents.conflicts import Conflict
from incidents.models import Incident, Kind, StakeholderGroup, Update
from notifications.models import Message, State, Suppression
from roles.models import User
from roles.policy import SYSTEM
from statuspage.models import StatusPage
from tests import make
from tests.worker import Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(incident: Incident, page: StatusPage, worker: Worker) -> Update:
    """An update that went to four subscribers by mail and one by SMS, and to two executives."""
    for number in range(4):
        make.make_subscriber(page, address=f"reader{number}@subscribers.example")
    make.make_subscriber(page, channel="sms", address="+15005550009")
    groups.add(
        by=SYSTEM,
        name="Board",
        kind=StakeholderGroup.Kind.EXECUTIVE,
        addresses=["ceo@nordlys.example", "cfo@nordlys.example"],
    )
    update = make.make_draft(
        incident,
        by=SYSTEM,
        page=page,
        body="Some card payments fail.",
        also_for=["executive"],
        next_update_at=timezone.now() + timedelta(hours=1),
    )
    update = updates.publish(updates.approve(updates.submit(update, by=SYSTEM), by=SYSTEM), by=SYSTEM)
    worker.run()
    return update


def messages(update: Update, **about: object) -> "list[Message]":
    return list(Message.objects.about(f"update:{update.pk}").filter(**about).order_by("pk"))


def test_the_proof_counts_by_audience_and_channel(told: Update) -> None:
    lines = {(line.audience, line.told.channel): line.told for line in informing.proof(told)}
    assert lines["public", "email"].total == 4
    assert lines["public", "sms"].total == 1
    assert lines["executive", "email"].total == 2
    assert all(one.total == one.queued + one.sent + one.missed for one in lines.values())


def test_half_and_95_percent_are_told_only_once_that_many_are_sent(told: Update) -> None:
    rows = messages(told, channel="email", address__endswith="@subscribers.example")
    start = timezone.now()
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.QUEUED, sent_at=None, queued_at=start)
    for number, row in enumerate(rows[:2]):
        at = start + timedelta(seconds=10 * (number + 1))
        Message.objects.filter(pk=row.pk).update(state=State.SENT, sent_at=at)
    public = next(
        line.told for line in informing.proof(told) if (line.audience, line.told.channel) == ("public", "email")
    )
    assert (public.t50, public.t95) == (20.0, None)
    for number, row in enumerate(rows[2:]):
        at = start + timedelta(seconds=100 * (number + 1))
        Message.objects.filter(pk=row.pk).update(state=State.SENT, sent_at=at)
    public = next(
        line.told for line in informing.proof(told) if (line.audience, line.told.channel) == ("public", "email")
    )
    assert (public.t50, public.t95) == (20.0, 200.0)


def test_only_those_who_missed_it_are_told_again(told: Update, comms_lead: User, worker: Worker) -> None:
    rows = messages(told, channel="email", address__endswith="@subscribers.example")
    Message.objects.filter(pk=rows[0].pk).update(state=State.FAILED, detail="The mailbox is full.")
    Message.objects.filter(pk=rows[1].pk).update(state=State.BOUNCED)
    Suppression.objects.create(channel="email", address=rows[1].address, reason="bounced")
    missed = informing.missed(told)
    assert (missed[0].hint, missed[0].detail) == ("r•••@subscribers.example", "The mailbox is full.")
    before = {row.pk: row.sent_at for row in messages(told)}
    assert informing.resend(told, by=comms_lead) == 1
    worker.run()
    changed = [row for row in messages(told) if row.sent_at != before[row.pk]]
    assert [row.pk for row in changed] == [rows[0].pk]
    assert told.incident.entries.filter(kind=Kind.UPDATE_RESENT, data__count=1).exists()


def test_where_all_were_told_nobody_is_told_again(told: Update, comms_lead: User) -> None:
    with pytest.raises(Conflict, match="nobody"):
        informing.resend(told, by=comms_lead)


def test_the_scribe_does_not_send_anything_again(told: Update, scribe: User) -> None:
    with pytest.raises(PermissionDenied):
        informing.resend(told, by=scribe)


def test_the_page_names_who_missed_it_without_their_address(told: Update, comms_lead: User, scribe: User) -> None:
    row = messages(told, channel="email", address="reader0@subscribers.example")[0]
    Message.objects.filter(pk=row.pk).update(state=State.FAILED)
    path = f"/incidents/{told.incident.key}/updates/{told.pk}/proof/"
    text = make.client_of(comms_lead).get(path).content.decode()
    assert "r•••@subscribers.example" in text
    assert "reader0@subscribers.example" not in text
    assert "Send to them again" in text
    assert "Send to them again" not in make.client_of(scribe).get(path).content.decode()
    make.client_of(comms_lead).post(f"{path}resend/")
    assert Message.objects.get(pk=row.pk).state == State.QUEUED


def test_a_draft_has_no_proof(incident: Incident, page: StatusPage, comms_lead: User) -> None:
    draft = make.make_draft(incident, by=SYSTEM, page=page)
    path = f"/incidents/{incident.key}/updates/{draft.pk}/proof/"
    assert make.client_of(comms_lead).get(path).status_code == 404


def test_by_api_the_proof_has_the_same_numbers(told: Update, comms_lead: User) -> None:
    path = f"/api/v1/incidents/{told.incident.key}/updates/{told.pk}/"
    lines = make.client_of(comms_lead).get(f"{path}proof/").json()["results"]
    assert [(line["audience"], line["channel"], line["total"]) for line in lines] == [
        ("public", "email", 4),
        ("public", "sms", 1),
        ("executive", "email", 2),
    ]
    assert make.client_of(comms_lead).post(f"{path}resend/").status_code == 409
