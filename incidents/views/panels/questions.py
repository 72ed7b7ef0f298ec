"""The panel of questions for the reader: answering, asking back, handing on."""

from incidents.models import AdviceState, Confidence
from incidents.response import experts
from incidents.views.desk import Desk
from incidents.views.panels import advice

#: So many of one's own answers are shown.
MOST_ANSWERED = 3


def shown(desk: Desk) -> dict[str, object]:
    """What is asked of the reader, and what they answered last: two queries, and three more to hand on."""
    open_now = advice.of_person(desk)
    answered = desk.incident.advice.filter(state=AdviceState.ANSWERED, answered_by=desk.user)
    return {
        "questions": open_now,
        "questions_answered": list(answered.select_related("asked_by").order_by("-answered_at")[:MOST_ANSWERED]),
        "hand_on_to": experts.to_choose_from(desk.incident, but=desk.user) if open_now else [],
        "answer_confidences": Confidence.choices,
    }
