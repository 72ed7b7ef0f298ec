"""The panel of changes near the start of the incident."""

from incidents.response import changes
from incidents.views.desk import Desk

#: So many are shown; the rest are opened.
SHOWN = 5


def shown(desk: Desk) -> dict[str, object]:
    """Changes of the last hours, those on the incident's services first."""
    near = changes.near(desk.incident)
    return {
        "changes_near": near[:SHOWN],
        "changes_more": near[SHOWN:],
        "may_propose_cause": "incidents.propose_action" in desk.may and desk.incident.is_active,
    }
