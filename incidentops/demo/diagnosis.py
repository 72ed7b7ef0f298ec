"""The part of the demo's night that shows: what was taken for the cause, what was done, and what is not proven yet."""

from collections.abc import Callable
from datetime import datetime

from incidents import events
from incidents.models import Action, ActionKind, Confidence, Hypothesis, Incident, Risk, Service, State
from incidents.response import acting, diagnosis, verification
from roles.models import User

Clock = Callable[[float], datetime]


def tell(incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Clock) -> None:
    """Adds to the major incident and to the late webhooks; `ago(m)` is m minutes before now."""
    _late_webhooks(staff["dev"], services["webhooks"], ago)
    limit = _find_the_cause(incident, staff, services, ago)
    _act(incident, staff, limit, ago)
    _verify(incident, staff["priya"], ago)


def _find_the_cause(incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Clock) -> Hypothesis:
    """Three causes ruled out, one that makes it worse, one confirmed."""
    priya, tomas = staff["priya"], staff["tomas"]
    release = _propose(incident, ago(40), priya, "Release 4.118")
    cards = _propose(incident, ago(37), tomas, "Card network outage")
    _step(cards, ago(33), tomas, "rule-out", "US approvals normal")
    locks = _propose(incident, ago(30), tomas, "Ledger lock contention")
    with events.dated(ago(28)):
        rollback = acting.propose(
            incident, by=priya, kind=ActionKind.ROLLBACK, title="Roll back to 4.117", risk=Risk.LOW, hypothesis=release
        )
    rollback = _run(rollback, staff, approved=ago(27), started=ago(26.5))
    _end(rollback, ago(25), "finish", "No effect, declines unchanged at 38%")
    _step(release, ago(24.8), priya, "rule-out", "Rollback had no effect")
    limit = _propose(incident, ago(22), priya, "Ledger pool limit cut to 120")
    _step(limit, ago(21.5), priya, "test")
    storm = _propose(incident, ago(21), tomas, "Retry storm from checkout-web makes it worse", "Retries at 6× normal")
    _step(storm, ago(20.5), tomas, "test")
    with events.dated(ago(20)):
        diagnosis.share(
            incident,
            by=tomas,
            text="checkout-web retries each declined payment up to six times. Load on the pool is three times normal.",
            recommendation="cap retries at two once the pool is back",
            hypothesis=storm,
            service=services["checkout-api"],
        )
    with events.dated(ago(14)):
        diagnosis.share(
            incident,
            by=priya,
            text="Config diff: `max_client_conn` 1200 → 120 on all EU pool nodes at 01:58. Matches the first declines.",
            confidence=Confidence.CERTAIN,
            hypothesis=limit,
            service=services["eu-ledger"],
        )
    _step(limit, ago(13), priya, "confirm", "Diff, wait queue and timing agree")
    _step(locks, ago(4), tomas, "rule-out", "No long waits")
    with events.dated(ago(3)):
        diagnosis.share(
            incident,
            by=tomas,
            text="Wait queue on the pool empties within 40 s of the new limit. No lock contention behind it, "
            "the database itself is healthy.",
            recommendation="go on with the third node",
            confidence=Confidence.CERTAIN,
            hypothesis=limit,
            service=services["eu-ledger"],
        )
    return limit


def _act(incident: Incident, staff: dict[str, User], limit: Hypothesis, ago: Clock) -> None:
    """Two nodes restored, the third under way, and one action that waits for the commander."""
    priya, tomas = staff["priya"], staff["tomas"]
    undo = "Set `max_client_conn` back to 120 and reload the node: 20 seconds, no payment in flight is lost."
    with events.dated(ago(9)):
        first = acting.propose(incident, by=priya, title="Restore limit on `1a`, `1b`", undo=undo, hypothesis=limit)
    first = _run(first, staff, approved=ago(7.8), started=ago(7))
    _end(first, ago(5), "finish", "38% → 2.1%")
    with events.dated(ago(4.5)):
        last = acting.propose(incident, by=priya, title="Restore limit on `eu-west-1c`", undo=undo, hypothesis=limit)
    _run(last, staff, approved=ago(2.2), started=ago(1))
    with events.dated(ago(1.5)):
        acting.propose(
            incident,
            by=tomas,
            title="Cap retries of checkout-web at two",
            undo="Switch the flag `retry-cap` off.",
            risk=Risk.LOW,
        )


def _verify(incident: Incident, priya: User, ago: Clock) -> None:
    """What has to be seen before anyone says that it is over; read so far."""
    for title, minutes, at, reading, holds in (
        ("EU declines under 1%", 10, ago(1.8), "2.1%", False),
        ("Pool wait under 50 ms", 10, ago(4.6), "9 ms", True),
        ("Payout queue age under 2 min", 0, ago(1.7), "11.4 min", False),
        ("Synthetic checkout, 3 regions", 0, ago(2.6), "3 / 3", True),
    ):
        with events.dated(ago(6)):
            check = verification.add(incident, by=priya, title=title, minutes=minutes)
        with events.dated(at):
            verification.read(check, by=priya, reading=reading, holds=holds)


def _late_webhooks(dev: User, webhooks: Service, ago: Clock) -> None:
    """At SEV3 nothing waits for an approval."""
    incident = Incident.objects.get(state=State.MONITORING, services=webhooks)
    queue = _propose(incident, ago(112), dev, "One of three queues lost a worker")
    _step(queue, ago(106), dev, "confirm", "Its worker count is 3 instead of 4 since the last restart")
    with events.dated(ago(80)):
        moved = acting.propose(
            incident, by=dev, title="Move the two largest receivers to a queue of their own", hypothesis=queue
        )
        moved = acting.step(moved, "start", by=dev)
    _end(moved, ago(74), "finish", "9 min → 70 s")
    with events.dated(ago(36)):
        check = verification.add(incident, by=dev, title="Deliveries within 30 s", minutes=30)
    with events.dated(ago(21)):
        verification.read(check, by=dev, reading="22 s", holds=True)


def _propose(incident: Incident, at: datetime, by: User, title: str, detail: str = "") -> Hypothesis:
    with events.dated(at):
        return diagnosis.propose(incident, by=by, title=title, detail=detail, owner=by)


def _step(row: Hypothesis, at: datetime, by: User, verb: str, verdict: str = "") -> None:
    with events.dated(at):
        diagnosis.step(row, verb, by=by, verdict=verdict)


def _run(action: Action, staff: dict[str, User], *, approved: datetime, started: datetime) -> Action:
    """Cleared by the commander, started by who carries it out."""
    with events.dated(approved):
        action = acting.step(action, "approve", by=staff["amara"])
    with events.dated(started):
        return acting.step(action, "start", by=staff["priya"])


def _end(action: Action, at: datetime, verb: str, effect: str) -> None:
    with events.dated(at):
        acting.step(action, verb, by=action.executor or action.proposed_by, effect=effect)  # type: ignore[arg-type]
