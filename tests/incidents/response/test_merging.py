"""Merging one incident into another: both timelines kept, alerts brought along, seats ended on record."""

import pytest
from django.core.exceptions import PermissionDenied
from pytest_django import Settings

from incidents import access, lifecycle, relay, timeline
from incidents.conflicts import Conflict
from incidents.detection import alerts, sources
from incidents.detection.signal import Signal
from incidents.models import Alert, Incident, IncidentGrant, IncidentKind, Kind, Payload, State
from incidents.response import merging
from notifications.models import Message
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make
from tests.worker import Worker

REASON = "The same pool is behind both."


@pytest.fixture
def target(incident: Incident) -> Incident:
    return make.make_incident(title="Ledger pool exhausted", severity="SEV2")


def test_both_timelines_are_kept_and_each_names_the_other(
    incident: Incident, target: Incident, commander: User
) -> None:
    before = [entry.digest for entry in incident.entries.order_by("number")]
    merging.merge(incident, target, by=commander, reason=REASON)
    stored = Incident.objects.get(pk=incident.pk)
    assert (stored.state, stored.merged_into) == (State.MERGED, target)
    assert stored.merged_at is not None
    assert [entry.digest for entry in stored.entries.order_by("number")][: len(before)] == before
    moved = stored.entries.get(kind=Kind.MOVED)
    assert (moved.body, moved.data["into"]) == (REASON, target.key)
    arrived = target.entries.get(kind=Kind.MERGED_IN)
    assert arrived.body == f"INC-1 “Card payments fail in the EU” was merged into this one. {REASON}"


def test_alerts_come_along(incident: Incident, target: Incident) -> None:
    source = sources.create("generic", "probe", by=SYSTEM)
    alert = Alert.objects.create(
        source=source, dedup_key="cards", status="firing", title="Cards fail", incident=incident
    )
    merging.merge(incident, target, by=SYSTEM, reason=REASON)
    alert.refresh_from_db()
    assert alert.incident == target
    assert "Its 1 alert came along." in target.entries.get(kind=Kind.MERGED_IN).body


def test_what_fires_again_belongs_to_where_it_goes_on(incident: Incident, target: Incident, worker: Worker) -> None:
    source = sources.create("generic", "probe", by=SYSTEM)
    words = {"source": source, "dedup_key": "cards"}
    opened = make.make_incident(title="Cards fail", **words)
    alert = Alert.objects.create(status="resolved", title="Cards fail", incident=opened, **words)
    merging.merge(opened, target, by=SYSTEM, reason=REASON)
    signal = Signal(dedup_key="cards", status="firing", title="Cards fail")
    alerts.note(source, signal, payload=Payload.objects.create(source=source, body=b"{}"), service=None)
    alert.refresh_from_db()
    assert (alert.incident, alert.status) == (target, "firing")
    assert Incident.objects.count() == 3


def test_seats_end_each_on_record_and_nobody_is_seated_in_silence(
    incident: Incident, target: Incident, commander: User, scribe: User
) -> None:
    make.seat(incident, Role.SME, make.make_user("mei"), offer=True)
    merging.merge(incident, target, by=commander, reason=REASON)
    stored = Incident.objects.get(pk=incident.pk)
    assert stored.live_seats == []
    released = stored.entries.filter(kind=Kind.SEAT_RELEASED).order_by("number")
    assert {(entry.data["name"], entry.data["was_offer"], entry.body) for entry in released} == {
        ("Amara", False, "INC-1 was merged into INC-2."),
        ("Elif", False, "INC-1 was merged into INC-2."),
        ("Mei", True, "INC-1 was merged into INC-2."),
    }
    assert not IncidentGrant.objects.filter(content_object=incident).exists()
    assert Incident.objects.get(pk=target.pk).live_seats == []


def test_the_commander_of_the_other_one_is_told(
    incident: Incident, target: Incident, commander: User, settings: Settings
) -> None:
    lead = make.seat(target, Role.COMMANDER, make.make_user("lead")).user
    settings.INCIDENT_LISTENERS = ["incidents.communication.briefing.on_event"]
    relay.drain(target.pk)
    Message.objects.all().delete()
    merging.merge(incident, target, by=commander, reason=REASON)
    relay.drain(target.pk)
    assert {(one.user, one.channel) for one in Message.objects.all()} == {(lead, "email"), (lead, "sms")}
    assert Message.objects.latest("pk").content.subject == "INC-1 was merged into INC-2"


def test_what_does_not_go_together_is_refused(incident: Incident, target: Incident, commander: User) -> None:
    over = make.make_incident(state=State.RESOLVED)
    drill = make.make_incident(kind=IncidentKind.DRILL)
    secret = make.make_incident()
    Incident.objects.filter(pk=secret.pk).update(is_private=True)
    make.seat(secret, Role.SME, commander)
    for into, sentence in (
        (incident, "cannot be merged into itself"),
        (over, "INC-3 is Resolved: only an active incident goes on"),
        (drill, "A drill stays in the sandbox"),
        (Incident.objects.get(pk=secret.pk), "INC-5 is private and INC-1 is not"),
    ):
        with pytest.raises(Conflict, match=sentence):
            merging.merge(incident, into, by=commander, reason=REASON)
    with pytest.raises(Conflict, match="at least 10 characters"):
        merging.merge(incident, target, by=commander, reason="Same.")
    assert Incident.objects.get(pk=incident.pk).state == State.INVESTIGATING


def test_what_one_may_not_see_is_no_target(incident: Incident, target: Incident, commander: User) -> None:
    Incident.objects.filter(pk=target.pk).update(is_private=True)
    with pytest.raises(PermissionDenied):
        merging.merge(incident, Incident.objects.get(pk=target.pk), by=commander, reason=REASON)


def test_what_goes_on_in_a_private_incident_is_seen_by_who_sees_that_one(
    incident: Incident, target: Incident, commander: User, bystander: User, administrator: User
) -> None:
    merging.merge(incident, target, by=commander, reason=REASON)
    invited = make.make_user("sam")
    for one in (incident, target):
        access.invite(one, make.make_user(f"stakeholder-{one.key}", is_staff=False), by=SYSTEM)
    access.invite(target, invited, by=SYSTEM)
    room, pages = f"/incidents/{incident.key}/", ("", "timeline/", "details/", "report/", "export/", "catch-up/")
    kept = make.client_of(bystander)
    assert [kept.get(f"{room}{page}").status_code for page in pages] == [302, 302, 200, 200, 200, 200]
    assert kept.get(f"{room}?as=merged").status_code == 200
    access.make_private(target, by=administrator)
    for person in (commander, bystander, User.objects.get(username=f"stakeholder-{incident.key}")):
        client = make.client_of(person)
        assert [client.get(f"{room}{page}").status_code for page in pages] == [404] * len(pages)
        assert client.get(f"{room}?as=merged").status_code == 404
        assert not Incident.objects.get(pk=incident.pk).is_visible_to(person)
        assert f"/incidents/{target.key}/" not in client.get("/incidents/", {"q": "payments"}).content.decode()
        assert incident not in Incident.objects.visible_to(person)
    for person in (invited, administrator):
        client = make.client_of(person)
        assert client.get(room)["Location"] == f"/incidents/{target.key}/"
        assert target.key in client.get(f"{room}?as=merged").content.decode()
        assert incident in Incident.objects.visible_to(person)
    access.make_public(target, by=administrator)
    assert incident in Incident.objects.visible_to(bystander)


def test_of_two_that_merge_into_each_other_the_second_is_refused(incident: Incident, target: Incident) -> None:
    stale_incident, stale_target = Incident.objects.get(pk=incident.pk), Incident.objects.get(pk=target.pk)
    merging.merge(incident, target, by=SYSTEM, reason=REASON)
    with pytest.raises(Conflict, match="INC-1 is Merged"):
        merging.merge(stale_target, stale_incident, by=SYSTEM, reason=REASON)
    assert Incident.objects.get(pk=target.pk).state == State.INVESTIGATING


def test_a_merge_names_where_it_goes_on(incident: Incident, commander: User) -> None:
    with pytest.raises(Conflict, match="Name the incident in which it goes on") as refusal:
        lifecycle.move(incident, "merge", by=commander, reason=REASON)
    assert refusal.value.needed == ["into"]
    with pytest.raises(Conflict, match="only merging asks for one"):
        lifecycle.move(incident, "identify", by=commander, into=make.make_incident())


def test_only_those_of_the_same_sort_are_proposed(incident: Incident, target: Incident) -> None:
    make.make_incident(state=State.CLOSED)
    make.make_incident(kind=IncidentKind.TEST)
    Incident.objects.filter(pk=make.make_incident().pk).update(is_private=True)
    assert merging.mergeable(incident) == [target]


def test_nothing_more_happens_on_a_merged_incident(incident: Incident, target: Incident, bystander: User) -> None:
    merging.merge(incident, target, by=SYSTEM, reason=REASON)
    with pytest.raises(Conflict, match="Merged"):
        make.seat(incident, Role.SCRIBE, bystander)
    with pytest.raises(Conflict, match="Merged"):
        make.make_draft(incident, by=SYSTEM)
    with pytest.raises(Conflict, match="Merged"):
        lifecycle.change_severity(incident, "SEV5", by=SYSTEM)
    with pytest.raises(Conflict, match="INC-1 goes on in INC-2: write there"):
        timeline.add_entry(incident, by=SYSTEM, body="And another thing.")
