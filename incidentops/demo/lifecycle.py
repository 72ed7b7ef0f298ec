"""The part of the demo's night that shows: what turned out to be the same thing, what is linked, a corrected time."""

from collections.abc import Callable
from datetime import datetime, timedelta

from incidents import events, lifecycle, links, times
from incidents.models import Incident, LinkKind, Service, Severity
from incidents.response import merging, staffing
from roles.catalog import Role
from roles.models import User


def tell(
    incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Callable[[float], datetime]
) -> None:
    """Adds to the major incident; `ago(m)` is m minutes before now."""
    ben = staff["ben"]
    with events.dated(ago(31)):
        same = lifecycle.open_incident(
            title="Shops in the EU report slow checkout",
            summary="Three shops wrote within five minutes. Cards are declined after a long wait.",
            severity=Severity.SEV3,
            services=[services["checkout-api"]],
            by=ben,
        )
        staffing.take(same, Role.COMMANDER, by=ben)
    with events.dated(ago(28)):
        merging.merge(same, incident, by=ben, reason="The same declines, seen from the shops.")
    webhooks = Incident.objects.filter(services=services["webhooks"]).order_by("opened_at").first()
    if webhooks is not None:
        with events.dated(ago(22)):
            links.link(incident, webhooks, by=staff["priya"], kind=LinkKind.RELATED)
    detected = incident.detected_at
    if detected is not None:
        with events.dated(ago(17)):
            times.correct(
                incident,
                by=staff["elif"],
                reason="The first declines are a minute earlier in the gateway's log.",
                detected_at=detected - timedelta(minutes=1),
            )
