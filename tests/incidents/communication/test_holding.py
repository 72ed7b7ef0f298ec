"""The holding message: off unless opted in, once a silence, by nobody's hand and said so, never for drills."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from incidents.communication import holding, updates
from incidents.models import HoldingRule, Incident, Kind, MessageTemplate, Promise, Update
from notifications.models import Message
from roles.models import AuditEvent, User
from roles.policy import SYSTEM
from statuspage.models import PublicUpdate, StatusPage
from tests import make
from tests.worker import Worker

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WORDS = "We are still working to restore {components}. {next_update}"


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def template(db: None) -> MessageTemplate:
    return MessageTemplate.objects.create(name="Hold the line", body=WORDS, is_approved=True, is_holding=True)


@pytest.fixture
def silent(
    clock: time_machine.Traveller, page: StatusPage, incident: Incident, commander: User, comms_lead: User,
    worker: Worker,
) -> Incident:  # fmt: skip
    """The public was told at noon to hear again by 12:20."""
    worker.run()
    said = make.make_draft(
        incident, by=SYSTEM, page=page, components={"card-payments": "major_outage"}, next_update_at=NOON + minutes(20)
    )
    updates.publish(said, by=SYSTEM)
    worker.run()
    return incident


@pytest.fixture
def rule(silent: Incident, template: MessageTemplate, administrator: User) -> HoldingRule:
    return holding.set_rule("halyard", by=administrator, template=template, silence=minutes(10), is_on=True)


def spoken(incident: Incident) -> int:
    return Update.objects.filter(incident=incident, key__startswith="holding:", state="published").count()


def test_it_goes_out_once_where_nobody_speaks_and_says_that_nobody_wrote_it(
    clock: time_machine.Traveller,
    silent: Incident,
    rule: HoldingRule,
    commander: User,
    comms_lead: User,
    worker: Worker,
) -> None:
    clock.move_to(NOON + minutes(29))
    assert holding.strike() == 0
    clock.move_to(NOON + minutes(30))
    assert [holding.strike(), holding.strike()] == [1, 0]
    [out] = Update.objects.filter(incident=silent, key__startswith="holding:")
    assert out.body == "We are still working to restore Card payments. Next update by 12:50 UTC."
    assert (out.author, out.published_by, out.title) == (None, None, "Card payments are failing")
    assert PublicUpdate.objects.filter(update=out).exists()
    assert list(Promise.objects.still_open().filter(audience="public").values_list("due_at", "made_by")) == [
        (NOON + minutes(50), out.pk)
    ]
    assert Promise.objects.get(kept_by=out).state == "late"
    fact = silent.entries.get(kind=Kind.PROMISE_BROKEN, data__is_holding=True)
    assert fact.body == (
        "Nobody wrote for 10 min after the promised time: the approved holding message went out on halyard by itself."
    )
    assert fact.data["to"] == sorted([commander.pk, comms_lead.pk])
    worker.run()
    assert Message.objects.filter(user=commander, content__text__contains="Nobody wrote for 10 min").exists()


def test_the_same_silence_is_not_filled_twice(
    clock: time_machine.Traveller, silent: Incident, rule: HoldingRule, page: StatusPage
) -> None:
    clock.move_to(NOON + minutes(30))
    holding.strike()
    clock.move_to(NOON + minutes(120))
    assert (holding.strike(), spoken(silent)) == (0, 1)
    updates.publish(make.make_draft(silent, by=SYSTEM, page=page, body="Cards of two banks work again."), by=SYSTEM)
    clock.shift(minutes(31))
    assert (holding.strike(), spoken(silent)) == (1, 2)


def test_it_is_off_until_somebody_opts_in_and_that_is_kept(
    clock: time_machine.Traveller, silent: Incident, template: MessageTemplate, administrator: User
) -> None:
    made = holding.set_rule("halyard", by=administrator, template=template, silence=minutes(10))
    assert (made.is_on, made.opted_in_by, made.severities) == (False, None, ["SEV1", "SEV2"])
    clock.move_to(NOON + minutes(60))
    assert holding.strike() == 0
    made = holding.set_rule("halyard", by=administrator, is_on=True)
    assert (made.opted_in_by, made.opted_in_at) == (administrator, NOON + minutes(60))
    assert [note.action for note in AuditEvent.objects.order_by("pk")] == ["holding_rule.made", "holding_rule.changed"]
    assert holding.strike() == 1


def test_never_for_drills_other_severities_or_a_text_that_is_no_longer_approved(
    clock: time_machine.Traveller, silent: Incident, rule: HoldingRule, template: MessageTemplate
) -> None:
    clock.move_to(NOON + minutes(40))
    Incident.objects.update(kind="drill")
    assert holding.strike() == 0
    Incident.objects.update(kind="real", severity="SEV3")
    assert holding.strike() == 0
    Incident.objects.update(severity="SEV1")
    MessageTemplate.objects.filter(pk=template.pk).update(is_approved=False)
    assert holding.strike() == 0
    MessageTemplate.objects.filter(pk=template.pk).update(is_approved=True)
    assert holding.strike() == 1


def test_not_before_the_first_word_nor_after_the_end(
    clock: time_machine.Traveller, page: StatusPage, incident: Incident, template: MessageTemplate, worker: Worker
) -> None:
    worker.run()
    holding.set_rule("halyard", by=SYSTEM, template=template, silence=minutes(1), is_on=True)
    clock.shift(minutes(90))
    assert (holding.strike(), spoken(incident)) == (0, 0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"silence": timedelta(0)}, "silence"),
        ({"severities": []}, "severities"),
        ({"silence": timedelta(days=2)}, "silence"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_field(
    rule: HoldingRule, administrator: User, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        holding.set_rule("halyard", by=administrator, **changes)  # type: ignore[arg-type]
    assert list(refusal.value.message_dict) == [field]


def test_only_an_approved_holding_text_may_be_switched_on(page: StatusPage, administrator: User) -> None:
    raw = MessageTemplate.objects.create(name="Raw", body="Still at it.", is_holding=True)
    with pytest.raises(ValidationError, match="approve it first"):
        holding.set_rule("halyard", by=administrator, template=raw, silence=minutes(10), is_on=True)
    plain = MessageTemplate.objects.create(name="Plain", body="Cards fail.", is_approved=True)
    with pytest.raises(ValidationError, match="must be a holding message"):
        holding.set_rule("halyard", by=administrator, template=plain, silence=minutes(10))
    with pytest.raises(ValidationError, match="no status page"):
        holding.set_rule("nowhere", by=administrator, template=plain, silence=minutes(10))


def test_a_commander_switches_nothing_on(rule: HoldingRule, commander: User) -> None:
    with pytest.raises(PermissionDenied):
        holding.set_rule("halyard", by=commander, is_on=False)
