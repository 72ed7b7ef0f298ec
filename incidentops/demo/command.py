"""The part of the demo's night that shows: decisions, one taken and one proposed."""

from collections.abc import Callable
from datetime import datetime, timedelta

from incidents import events
from incidents.models import Incident, Service
from incidents.response import deciding
from roles.models import User


def tell(
    incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Callable[[float], datetime]
) -> None:
    """Adds to the major incident; `ago(m)` is m minutes before now."""
    with events.dated(ago(8)):
        deciding.record(
            incident,
            by=staff["amara"],
            question="How do we get the limit back?",
            outcome="Restore the limit node by node. No regional failover.",
            reason="Failover drops about 400 in-flight payments; rolling restore takes 12 min, no further loss.",
        )
    with events.dated(ago(1.5)):
        deciding.propose(
            incident,
            by=staff["priya"],
            question="Stop the config rollout in US and APAC now?",
            options=[
                {"text": "Freeze all rollouts for an hour", "risk": "holds back two fixes of other teams"},
                {"text": "Stop this rollout alone", "risk": ""},
            ],
            recommended=1,
            window=timedelta(minutes=5),
        )
