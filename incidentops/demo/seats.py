"""The part of the demo's night that shows: somebody called, somebody who offers help, a seat about to be passed on."""

from collections.abc import Callable
from datetime import datetime

from incidents import events
from incidents.models import Incident, Service
from incidents.response import handover, helping, paging
from roles.catalog import Role
from roles.models import User

#: The picture shall hold while somebody looks at it: the next one is called hours later, not minutes.
HOURS = -8 * 60


def tell(
    incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Callable[[float], datetime]
) -> None:
    """Adds to the major incident; `ago(m)` is m minutes before now."""
    with events.dated(ago(3)):
        call = paging.page(
            incident,
            staff["mei"],
            by=staff["amara"],
            role=Role.SME,
            message="Do the gateways send declined payments again?",
        )
    incident.pagings.filter(pk=call.pk).update(due_at=ago(HOURS))
    with events.dated(ago(2)):
        helping.offer_help(incident, by=staff["ben"], words="I can answer customers until Noor is here.")
    with events.dated(ago(0.5)):
        scribe = incident.seats.held().select_related("incident", "user").get(role=Role.SCRIBE)
        brief = handover.brief_of(incident)
        brief["open_decisions"] = brief["open_decisions"] or "None. No regional failover, decided at the last check."
        handover.hand_over(scribe, to=staff["sam"], by=staff["elif"], brief=brief)
