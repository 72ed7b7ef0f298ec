"""The panel of customers who cannot wait: before who escalates, and before who can help."""

from incidents.communication import escalations
from incidents.models import EscalationState, Urgency
from incidents.views.desk import Desk

#: So many that are answered stay in sight.
MOST_ANSWERED = 3


def shown(desk: Desk) -> dict[str, object]:
    """Open ones by time, then the last answered; for those who may read reports."""
    if "incidents.view_reports" not in desk.may:
        return {"escalations": [], "escalations_open": 0}
    rows = escalations.standing(desk.incident)
    waiting = [one for one in rows if one.state in escalations.OPEN]
    answered = [one for one in rows if one.state == EscalationState.ANSWERED]
    may_escalate = "incidents.escalate" in desk.may and desk.incident.is_active
    context: dict[str, object] = {
        "escalations": [*waiting, *answered[::-1][:MOST_ANSWERED]],
        "escalations_open": len(waiting),
        "may_escalate": may_escalate,
        "may_acknowledge": "incidents.acknowledge_escalation" in desk.may,
        "shows_escalations": bool(rows) or may_escalate,
    }
    if may_escalate:
        context |= {
            "urgencies": Urgency.choices,
            "escalation_owners": [(one.value, one.label) for one in escalations.OWNERS],
        }
    return context
