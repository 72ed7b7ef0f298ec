"""The panel of findings: what people saw, how sure they are, and what was made of it."""

from incidents.models import Confidence, HypothesisState
from incidents.response import diagnosis
from incidents.views.desk import Desk

#: So many of the newest are shown; all stand in the timeline.
MOST_SHOWN = 8


def shown(desk: Desk) -> dict[str, object]:
    """The newest findings, and what a new one can stand for: three queries."""
    incident = desk.incident
    readable = diagnosis.findings_for(incident, desk.user)
    newest = list(readable.order_by("-found_at", "-pk")[: MOST_SHOWN + 1])
    return {
        "findings": newest[:MOST_SHOWN],
        "has_more_findings": len(newest) > MOST_SHOWN,
        "finding_causes": list(incident.hypotheses.exclude(state=HypothesisState.RULED_OUT)),
        "finding_services": list(incident.services.all()),
        "confidences": Confidence.choices,
        "may_share": "incidents.propose_action" in desk.may and incident.state not in diagnosis.PAST,
    }
