"""The panel of what people say of how we told them."""

from incidents.communication import feedback
from incidents.forms.feedback import CaptureForm
from incidents.views.desk import Desk

#: So many of the newest opinions in words are shown.
MOST = 3


def shown(desk: Desk) -> dict[str, object]:
    """Three queries."""
    rows = desk.incident.feedback.exclude(words="").select_related("account")
    return {
        "said_of_us": list(rows[:MOST]),
        "feedback_tally": feedback.tally(desk.incident),
        "may_capture_feedback": "incidents.capture_feedback" in desk.may,
        "capture_form": CaptureForm(auto_id="capture-%s"),
    }
