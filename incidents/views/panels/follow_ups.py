"""How far the follow-up is: who reported and has not heard how it ended."""

from incidents.communication import follow_ups
from incidents.views.desk import Desk


def shown(desk: Desk) -> dict[str, object]:
    """The figures, once there is a list; for those who may read reports."""
    if "incidents.view_reports" not in desk.may or desk.incident.resolved_at is None:
        return {"follow_up": None}
    progress = follow_ups.progress(desk.incident)
    return {
        "follow_up": progress if progress.total else None,
        "follow_up_sendable": len(follow_ups.sendable(desk.incident)) if "incidents.follow_up" in desk.may else 0,
        "may_follow_up": "incidents.follow_up" in desk.may and not desk.incident.is_active,
    }
