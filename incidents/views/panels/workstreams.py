"""The panel of workstreams: who works on what, and what they report, unmet needs first."""

from incidents.forms.coordination import TIMEBOXES
from incidents.response import coordination
from incidents.views.desk import Desk
from incidents.views.panels.tasks import seated


def shown(desk: Desk) -> dict[str, object]:
    """The roll-up of all reports; three queries."""
    may_lead = "incidents.coordinate" in desk.may and desk.incident.state not in coordination.ENDED
    return {
        "rollup": coordination.rollup(desk.incident),
        "may_lead": may_lead,
        "stream_people": seated(desk.incident) if may_lead else [],
        "timeboxes": list(TIMEBOXES.items()),
    }
