"""The part of the demo's night that shows: who does what by when, and what the scribe has written down quickly."""

from collections.abc import Callable
from datetime import datetime, timedelta

from incidents import events
from incidents.models import Incident, Service, State, Task
from incidents.models.task import Priority
from incidents.response import quick, tasking
from roles.catalog import Role
from roles.models import User

Clock = Callable[[float], datetime]


def tell(incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Clock) -> None:
    """Adds to the major incident and to the late webhooks; `ago(m)` is m minutes before now."""
    amara, priya, tomas, elif_ = staff["amara"], staff["priya"], staff["tomas"], staff["elif"]
    ledger = services["eu-ledger"]
    _done(incident, "Roll checkout back to 4.117", ago(28), ago(25), priya, by=amara)
    _done(incident, "Ask the card network for their figures", ago(37), ago(33), tomas, by=elif_)
    _done(incident, "Restore the limit on eu-west-1a", ago(8), ago(5), priya, by=amara, service=ledger)
    _done(incident, "Restore the limit on eu-west-1b", ago(8), ago(3.8), priya, by=amara, service=ledger)
    _add(
        incident,
        "Stop the config rollout in US and APAC",
        ago(12),
        by=elif_,
        priority=Priority.URGENT,
        timebox=timedelta(minutes=10),
    )
    count = _add(incident, "Count payments lost and list merchants", ago(10), by=elif_, assignee=tomas)
    with events.dated(ago(9.5)):
        tasking.edit(count, by=elif_, is_needed_to_close=True)
    with events.dated(ago(4)):
        quick.record(incident, "/task @jonas Brief the executive channel in 25m", by=elif_)
    watch = _add(incident, "Watch the payout queue age", ago(4.5), by=priya, assignee=tomas, area=Role.TECH_LEAD)
    with events.dated(ago(4)):
        tasking.start(watch, by=tomas)
    with events.dated(ago(1)):
        quick.record(incident, "/action @priya Restore the limit on eu-west-1c in 6m", by=elif_)
        tasking.start(incident.tasks.get(assignee=priya, state="to_do"), by=priya)
    _late_webhooks(staff, ago)


def _late_webhooks(staff: dict[str, User], ago: Clock) -> None:
    incident = Incident.objects.filter(title__startswith="Webhook", state=State.MONITORING).first()
    if incident is None:
        return
    lucia = staff["lucia"]
    queue = _add(
        incident,
        "Watch until the backlog is gone",
        ago(36),
        by=lucia,
        assignee=staff["dev"],
        timebox=timedelta(minutes=60),
    )
    with events.dated(ago(34)):
        tasking.start(queue, by=staff["dev"])
    _add(incident, "Tell the two largest receivers", ago(30), by=lucia, assignee=staff["hana"])
    _add(incident, "Raise the alarm's threshold back", ago(20), by=lucia)


def _add(incident: Incident, title: str, at: datetime, *, by: User, **fields: object) -> Task:
    with events.dated(at):
        return tasking.add(incident, by=by, title=title, **fields)  # type: ignore[arg-type]


def _done(
    incident: Incident,
    title: str,
    at: datetime,
    ended: datetime,
    who: User,
    *,
    by: User,
    service: Service | None = None,
) -> None:
    task = _add(incident, title, at, by=by, assignee=who, service=service)
    with events.dated(ended):
        tasking.finish(task, by=who)
