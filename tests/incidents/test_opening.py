"""How an incident opens: by a person, by an alert, in private, and written down when it is over."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents import lifecycle
from incidents.conflicts import Conflict
from incidents.models import AlertSource, Incident, IncidentKind, Kind, Service, State
from roles.models import User
from roles.policy import SYSTEM
from tests import make


def test_a_declared_incident_is_investigated_from_the_start(bystander: User, service: Service) -> None:
    incident = lifecycle.open_incident(title="  Cards  fail\n", by=bystander, severity="SEV2", services=[service])
    stored = Incident.objects.get()
    assert stored == incident
    assert (stored.key, stored.title, stored.state, stored.severity) == ("INC-1", "Cards fail", "investigating", "SEV2")
    assert (stored.declared_by, list(stored.services.all())) == (bystander, [service])
    assert stored.declared_at == stored.opened_at == stored.detected_at == stored.state_since
    entry = stored.entries.get()
    assert (entry.number, entry.kind, entry.actor, entry.body) == (1, Kind.OPENED, bystander, "Cards fail")
    assert entry.data == {"state": "investigating", "severity": "SEV2", "kind": "real"}


def test_an_incident_that_nobody_confirmed_opens_in_triage_undeclared(db: None) -> None:
    incident = lifecycle.open_incident(title="Errors rise", by=SYSTEM, state=State.TRIAGE)
    assert (incident.state, incident.declared_by, incident.declared_at) == (State.TRIAGE, None, None)
    assert incident.entries.get().actor is None


def test_keys_count_up(db: None) -> None:
    assert [make.make_incident().key for _ in range(3)] == ["INC-1", "INC-2", "INC-3"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": "  "}, "needs a title"),
        ({"title": "x" * 201}, "at most 200"),
        ({"title": "t", "severity": "SEV9"}, "SEV9 is no severity"),
        ({"title": "t", "state": "resolved"}, "opens in triage or investigating"),
        ({"title": "t", "kind": "joke"}, "joke is no kind"),
    ],
)
def test_what_makes_no_sense_opens_nothing(bystander: User, fields: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        lifecycle.open_incident(by=bystander, **fields)  # type: ignore[arg-type]
    assert not Incident.objects.exists()


def test_an_outsider_declares_nothing(outsider: User) -> None:
    with pytest.raises(PermissionDenied):
        lifecycle.open_incident(title="Let me in", by=outsider)
    assert not Incident.objects.exists()


def test_one_alert_key_has_one_open_incident(db: None) -> None:
    source = AlertSource.objects.create(kind="generic", name="probe", token_digest="d")
    first = make.make_incident(source=source, dedup_key="cards")
    with pytest.raises(Conflict, match="already has an open incident"):
        make.make_incident(source=source, dedup_key="cards")
    lifecycle.move(first, "resolve", by=SYSTEM, reason=make.REASON)
    second = make.make_incident(source=source, dedup_key="cards")
    assert {one.key for one in Incident.objects.active()} == {second.key}


def test_an_incident_whose_alert_opened_the_next_one_is_not_reopened(db: None) -> None:
    source = AlertSource.objects.create(kind="generic", name="probe", token_digest="d")
    first = make.make_incident(source=source, dedup_key="cards", state=State.RESOLVED)
    make.make_incident(source=source, dedup_key="cards")
    with pytest.raises(Conflict, match="opened another incident since"):
        lifecycle.move(first, "reopen", by=SYSTEM, reason=make.REASON)
    assert Incident.objects.get(pk=first.pk).state == State.RESOLVED


def test_an_alert_from_a_clock_that_is_ahead_was_not_detected_in_the_future(db: None) -> None:
    ahead = timezone.now() + timedelta(minutes=5)
    incident = make.make_incident(detected_at=ahead)
    assert incident.detected_at == incident.opened_at < ahead


def test_what_is_written_down_afterwards_has_the_stamps_of_then(bystander: User, service: Service) -> None:
    start = timezone.now() - timedelta(days=3)
    stamps = {
        "detected_at": start,
        "declared_at": start + timedelta(minutes=4),
        "mitigated_at": start + timedelta(minutes=30),
        "resolved_at": start + timedelta(minutes=50),
    }
    lifecycle.write_down(title="Cards failed on Friday", by=bystander, services=[service], **stamps)
    stored = Incident.objects.get()
    assert {name: getattr(stored, name) for name in stamps} == stamps
    assert (stored.kind, stored.state, stored.opened_at) == ("backfilled", "resolved", stamps["declared_at"])
    told = list(stored.entries.order_by("number").values_list("kind", "actor__username", "occurred_at"))
    assert told == [
        ("opened", "ben", stamps["declared_at"]),
        ("moved", "ben", stamps["mitigated_at"]),
        ("moved", "ben", stamps["resolved_at"]),
    ]


@pytest.mark.parametrize(("field", "minutes"), [("resolved_at", -200), ("detected_at", -50), ("mitigated_at", 10)])
def test_what_is_written_down_afterwards_happened_in_order(bystander: User, field: str, minutes: int) -> None:
    now = timezone.now()
    stamps = {"declared_at": now - timedelta(minutes=100), field: now + timedelta(minutes=minutes)}
    with pytest.raises(ValidationError) as refusal:
        lifecycle.write_down(title="Cards failed", by=bystander, **stamps)
    assert field in refusal.value.message_dict or "declared_at" in refusal.value.message_dict
    assert not Incident.objects.exists()


def test_whoever_opens_a_private_incident_sees_it(bystander: User) -> None:
    incident = make.make_incident(by=bystander, is_private=True)
    assert incident.is_visible_to(bystander)
    assert not incident.is_visible_to(make.make_user())


def test_kinds_that_never_leave_the_house(db: None) -> None:
    sandboxed = {kind: make.make_incident(kind=kind).is_sandboxed for kind in IncidentKind}
    assert sandboxed == {"real": False, "drill": True, "test": True, "backfilled": False}
