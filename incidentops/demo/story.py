"""The night that the demo shows: one major incident, two smaller ones, dated back from now."""

from collections.abc import Callable
from datetime import datetime, timedelta

from incidentops.demo import (
    command,
    coordination,
    customers,
    diagnosis,
    finding,
    informing,
    inside,
    promises,
    record,
    scribe,
    seats,
)
from incidentops.demo import lifecycle as changes_of_state
from incidents import events, lifecycle, timeline
from incidents.communication import updates
from incidents.models import AlertSource, Incident, KeyCounter, Kind, Service, Severity, State, Update
from incidents.response import staffing
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM

#: What else happened that night, a file for each kind of work.
PARTS = (
    finding,
    diagnosis,
    coordination,
    command,
    seats,
    scribe,
    changes_of_state,
    record,
    customers,
    inside,
    promises,
    informing,
)

Clock = Callable[[float], datetime]


def tell(staff: dict[str, User], services: dict[str, Service], page: str, source: AlertSource, now: datetime) -> None:
    """Plays the three incidents through the work functions, each step at its minute."""

    def ago(minutes: float) -> datetime:
        return now - timedelta(minutes=minutes)

    KeyCounter.objects.update_or_create(pk=1, defaults={"last": 280})
    _search_index(staff, services, ago)
    KeyCounter.objects.filter(pk=1).update(last=282)
    _late_webhooks(staff, services, page, ago)
    _card_payments(staff, services, page, source, ago)


def _search_index(staff: dict[str, User], services: dict[str, Service], ago: Clock) -> None:
    ben = staff["ben"]
    with events.dated(ago(331)):
        incident = lifecycle.open_incident(
            title="Search index stale for new products",
            summary="Products added since this morning do not show up in search.",
            severity=Severity.SEV4,
            services=[services["search"]],
            by=ben,
        )
    with events.dated(ago(330)):
        staffing.take(incident, Role.COMMANDER, by=ben)
        staffing.assign(incident, Role.TECH_LEAD, staff["dev"], by=ben)
    _write(incident, ago(318), staff["dev"], Kind.FINDING, "The indexer reads from a replica that stopped at 09:12.")
    _write(incident, ago(204), staff["dev"], Kind.ACTION, "Rebuilding the index from the primary, about six hours.")


def _late_webhooks(staff: dict[str, User], services: dict[str, Service], page: str, ago: Clock) -> None:
    lucia, hana, kenji = staff["lucia"], staff["hana"], staff["kenji"]
    with events.dated(ago(126)):
        incident = lifecycle.open_incident(
            title="Webhook deliveries delayed up to 9 min",
            summary="One of three delivery queues works off slower than it fills.",
            severity=Severity.SEV3,
            services=[services["webhooks"]],
            by=lucia,
        )
    with events.dated(ago(124)):
        staffing.take(incident, Role.COMMANDER, by=lucia)
        for role, person in (
            (Role.COMMS_LEAD, hana),
            (Role.TECH_LEAD, staff["dev"]),
            (Role.SCRIBE, staff["sam"]),
            (Role.STATUS_PAGE_MANAGER, kenji),
        ):
            staffing.assign(incident, role, person, by=lucia)
    with events.dated(ago(104)):
        lifecycle.move(incident, "identify", by=lucia)
    _say(
        incident,
        ago(101),
        page,
        author=hana,
        approver=lucia,
        publisher=kenji,
        status="identified",
        title="Webhook deliveries are delayed",
        body="Webhooks arrive up to 9 minutes late. None is lost. We have found the slow queue and add capacity.",
        components={"webhooks": "degraded_performance"},
        next_update_at=ago(41),
    )
    with events.dated(ago(37)):
        lifecycle.move(incident, "monitor", by=lucia)
    _say(
        incident,
        ago(35),
        page,
        author=hana,
        approver=lucia,
        publisher=kenji,
        status="monitoring",
        title="Webhook deliveries are delayed",
        body="Webhooks are delivered faster again and the backlog is shrinking. We keep watching until it is gone.",
        components={"webhooks": "degraded_performance"},
        next_update_at=ago(-24.8),
    )


def _card_payments(
    staff: dict[str, User], services: dict[str, Service], page: str, source: AlertSource, ago: Clock
) -> None:
    amara, jonas, priya, tomas = staff["amara"], staff["jonas"], staff["priya"], staff["tomas"]
    elif_, kenji = staff["elif"], staff["kenji"]
    with events.dated(ago(44.2)):
        incident = lifecycle.open_incident(
            title="Card payments failing in the EU",
            summary=(
                "Connection limit on the EU ledger pool was cut from 1,200 to 120 by the 01:58 config rollout. "
                "Limit restored on 2 of 3 nodes; declines down from 38% to 2.1%."
            ),
            severity=Severity.SEV1,
            services=[services["card-payments"], services["checkout-api"], services["eu-ledger"]],
            state=State.TRIAGE,
            detected_at=ago(46),
            source=source,
            dedup_key="demo-checkout-api-5xx",
            by=SYSTEM,
        )
        events.record(incident, Kind.ALERT_LINKED, by=SYSTEM, body="checkout-api 5xx above 5%", status="firing")
        staffing.take(incident, Role.TECH_LEAD, by=priya)
    with events.dated(ago(43.2)):
        staffing.take(incident, Role.COMMANDER, by=amara)
        lifecycle.move(incident, "declare", by=amara)
    with events.dated(ago(41)):
        staffing.assign(incident, Role.COMMS_LEAD, jonas, by=amara)
    with events.dated(ago(40)):
        staffing.assign(incident, Role.SME, tomas, by=amara)
        staffing.assign(incident, Role.SCRIBE, elif_, by=amara)
    with events.dated(ago(38)):
        staffing.assign(incident, Role.STATUS_PAGE_MANAGER, kenji, by=amara)
    _say(
        incident,
        ago(36),
        page,
        author=jonas,
        approver=amara,
        publisher=kenji,
        status="investigating",
        title="EU card payments are failing",
        body=(
            "We are investigating declined card payments for some customers in the EU. "
            "Payments in other regions are working."
        ),
        components={"card-payments": "major_outage", "checkout-api": "partial_outage"},
        next_update_at=ago(16),
    )
    with events.dated(ago(12)):
        lifecycle.move(incident, "identify", by=amara)
    _say(
        incident,
        ago(11),
        page,
        author=jonas,
        approver=amara,
        publisher=kenji,
        status="identified",
        title="EU card payments are failing",
        body=(
            "We have identified why some EU card payments are failing and are restoring capacity now. "
            "Declined customers are not charged and can try again."
        ),
        components={"card-payments": "major_outage", "checkout-api": "partial_outage"},
        next_update_at=ago(-6.2),
    )
    with events.dated(ago(5)):
        events.record(incident, Kind.ALERT_LINKED, by=SYSTEM, body="checkout-api 5xx above 5%", status="resolved")
    with events.dated(ago(2)):
        waiting = _draft(
            incident,
            page,
            by=jonas,
            status="identified",
            title="EU card payments are recovering",
            body=(
                "Capacity is restored for most EU card payments. About 2% still fail while we finish the last "
                "server group. Declined customers are not charged and can try again."
            ),
            components={"card-payments": "partial_outage", "checkout-api": "degraded_performance"},
            next_update_at=ago(-17),
        )
        updates.submit(waiting, by=jonas)
    for part in PARTS:
        part.tell(incident, staff, services, ago)


def _write(incident: Incident, at: datetime, by: User, kind: Kind, body: str) -> None:
    with events.dated(at):
        timeline.add_entry(incident, by=by, kind=kind, body=body)


def _draft(incident: Incident, page: str, *, by: User, **words: object) -> Update:
    return updates.draft(incident, by=by, page=page, **words)  # type: ignore[arg-type]


def _say(
    incident: Incident, at: datetime, page: str, *, author: User, approver: User, publisher: User, **words: object
) -> None:
    """One public update, from draft to published."""
    with events.dated(at):
        update = _draft(incident, page, by=author, **words)
        updates.submit(update, by=author)
        updates.approve(update, by=approver)
        updates.publish(update, by=publisher)
