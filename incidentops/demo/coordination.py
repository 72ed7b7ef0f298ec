"""The part of the demo's night that shows: what was changed before it, who works on what, who is asked, and an
incident of last winter that was like it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from incidents import events, lifecycle, search
from incidents.models import ActionKind, ChangeEvent, Incident, KeyCounter, Service, Severity
from incidents.response import acting, advice, changes, coordination, diagnosis, staffing
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM

Clock = Callable[[float], datetime]
#: Long enough for whoever looks at the demo to find the questions open.
PATIENT = timedelta(minutes=45)
DAYS_AGO_OF_THE_LIKE = 247


def tell(incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Clock) -> None:
    """Adds to the major incident; `ago(m)` is m minutes before now."""
    _change_things(services, ago)
    _remember(staff, services, ago)
    with events.dated(ago(28)):
        staffing.assign(incident, Role.SME, staff["dev"], by=staff["amara"], kind=Holding.SHADOW)
    _ask(incident, staff, services, ago)
    _work(incident, staff, ago)


def _change_things(services: dict[str, Service], ago: Clock) -> None:
    """What our tools told of the hours before."""
    kind = ChangeEvent.Kind
    for minutes, what, title, author, slug in (
        (300, kind.DATA, "Ledger archive: entries older than 13 months moved", "nightly-jobs", "eu-ledger"),
        (171, kind.FLAG, "New receipt layout for 10% of merchants", "Hana Novak", "dashboard"),
        (96, kind.DEPLOYMENT, "checkout-api 4.118", "release-train", "checkout-api"),
        (60, kind.CONFIGURATION, "Config rollout 8841: connection limits of the ledger pools", "config", "eu-ledger"),
        (25, kind.DEPLOYMENT, "checkout-api 4.117, rolled back", "Priya Raman", "checkout-api"),
    ):
        changes.record(
            by=SYSTEM,
            kind=what,
            title=title,
            author=author,
            services=[services[slug]],
            url=f"https://changes.halyard.example/{8841 - minutes + 60}",
            external_id=f"demo-{minutes}",
            happened_at=ago(minutes),
        )


def _remember(staff: dict[str, User], services: dict[str, Service], ago: Clock) -> None:
    """An incident of last winter on the same service: INC-231, closed."""

    def then(minutes: float) -> datetime:
        return ago(DAYS_AGO_OF_THE_LIKE * 24 * 60 + 52 - minutes)

    priya, tomas = staff["priya"], staff["tomas"]
    last = KeyCounter.objects.get(pk=1).last
    KeyCounter.objects.filter(pk=1).update(last=230)
    with events.dated(then(0)):
        past = lifecycle.open_incident(
            title="EU ledger pool exhausted, card payments slow",
            summary="Payments waited for a connection to the ledger while settlement ran.",
            severity=Severity.SEV3,
            services=[services["eu-ledger"], services["card-payments"]],
            by=priya,
        )
        led = staffing.take(past, Role.TECH_LEAD, by=priya)
        commanded, _ = staffing.assign(past, Role.COMMANDER, staff["lucia"], by=SYSTEM)
    KeyCounter.objects.filter(pk=1).update(last=last)
    with events.dated(then(19)):
        cause = diagnosis.propose(past, by=priya, title="Settlement holds the connections of the pool")
        diagnosis.share(past, by=tomas, text="Settlement jobs hold 90 of 100 connections.", hypothesis=cause)
        diagnosis.step(cause, "confirm", by=priya, verdict="Wait queue empties when settlement is paused.")
        lifecycle.move(past, "identify", by=SYSTEM)
    with events.dated(then(24)):
        remedy = acting.propose(past, by=priya, kind=ActionKind.MITIGATION, title="Raise the pool limit to 1,200")
        acting.step(remedy, "start", by=priya)
    with events.dated(then(38)):
        acting.step(remedy, "finish", by=priya, effect="wait 4 s → 20 ms")
        lifecycle.move(past, "monitor", by=SYSTEM)
    with events.dated(then(52)):
        lifecycle.move(past, "resolve", by=SYSTEM, reason="Watched for a quarter of an hour without a wait.")
    with events.dated(then(2000)):
        for seat in (led, commanded):
            staffing.release(seat, by=SYSTEM, reason="It is over.")
        lifecycle.move(past, "close", by=SYSTEM, reason="Nothing is left to do.")
    search.index(past)


def _ask(incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Clock) -> None:
    priya, tomas = staff["priya"], staff["tomas"]
    with events.dated(ago(24)):
        healthy = advice.ask(
            incident, by=priya, asked=tomas, question="Is the database behind the pool healthy?", wait=PATIENT
        )
    with events.dated(ago(20)):
        advice.answer(
            healthy,
            by=tomas,
            text="Yes. No lock waits, replicas in step. Clients wait before it.",
            confidence="certain",
        )
    with events.dated(ago(6)):
        advice.ask(
            incident,
            by=priya,
            asked=tomas,
            question="How many payments were lost, and whose?",
            context="Needed for the executive brief at the full hour and for merchant follow-up. A range is fine.",
            is_urgent=True,
            service=services["eu-ledger"],
            wait=PATIENT,
        )
    with events.dated(ago(3)):
        advice.ask(
            incident,
            by=priya,
            asked=staff["mei"],
            question="Do gateways retry declines?",
            service=services["card-payments"],
            wait=PATIENT,
        )
    with events.dated(ago(2)):
        advice.ask(
            incident,
            by=priya,
            asked=tomas,
            question="Is it safe to raise the limit to 1,600 for the backlog?",
            wait=PATIENT,
        )


def _work(incident: Incident, staff: dict[str, User], ago: Clock) -> None:
    priya, tomas, mei = staff["priya"], staff["tomas"], staff["mei"]
    with events.dated(ago(9)):
        restore = coordination.start(
            incident,
            by=priya,
            name="Restore the pool limit",
            goal="1,200 on all three nodes",
            lead=priya,
            members=[tomas],
            timebox=timedelta(minutes=30),
        )
    with events.dated(ago(7)):
        counting = coordination.start(
            incident,
            by=priya,
            name="Count what was lost",
            goal="a range for the executive brief",
            lead=tomas,
            timebox=timedelta(minutes=20),
        )
    with events.dated(ago(5)):
        coordination.report(
            incident,
            by=mei,
            conditions="Gateways send declined payments again at six times the normal rate.",
            actions="Reading the retry settings.",
            needs="Somebody who may change the retry setting of checkout-web.",
        )
    with events.dated(ago(4)):
        coordination.report(
            incident,
            by=tomas,
            workstream=restore,
            conditions="Limit is back on 1a and 1b, their wait queues are empty. 1c drains.",
            actions="Watching the queue on 1c.",
        )
    with events.dated(ago(1.5)):
        coordination.ask_report(counting, by=priya)
