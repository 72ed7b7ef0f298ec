"""The curve of customer reports, weighed by tier, and what it signals."""

from django.utils import timezone

from incidents.communication import signals
from incidents.views.desk import Desk
from incidents.views.panels import inquiries


def shown(desk: Desk) -> dict[str, object]:
    """The curve with its figures, and the signals that nobody has settled; for those who may read reports."""
    if "incidents.view_reports" not in desk.may:
        return {"curve": None, "signals": []}
    rows = inquiries.of(desk.incident)
    curve = signals.curve(rows, until=desk.incident.ended_at or timezone.now()) if rows else None
    standing = signals.standing(desk.incident) if rows else []
    # The worst one says it all; lesser ones would only repeat it.
    worst = next((one for one in standing if one.suggests_severity), None)
    post = next((one for one in standing if not one.suggests_severity), None)
    return {
        "curve": curve if curve and curve.points else None,
        "curve_values": [point.weighed for point in curve.points] if curve else [],
        "signals": [one for one in (worst, post) if one is not None],
        "may_follow_signals": "incidents.change_state" in desk.may,
        "may_draft": "incidents.draft_update" in desk.may,
    }
