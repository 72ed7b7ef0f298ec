"""The panel of expert requests: what is asked of whom, what came back, and asking more."""

from incidents.forms.coordination import WAITS
from incidents.models import ActionState, AdviceRequest, AdviceState, HypothesisState
from incidents.response import experts
from incidents.views.desk import Desk

#: So many answered or withdrawn requests are shown, the newest first.
MOST_DONE = 4
OPEN_ACTIONS = (ActionState.PROPOSED, ActionState.APPROVED, ActionState.RUNNING)
PEOPLE = ("asked", "asked_by", "answered_by", "service", "action", "hypothesis")


def shown(desk: Desk) -> dict[str, object]:
    """Open requests, the urgent and the oldest first, and those that came to an end."""
    incident = desk.incident
    rows = incident.advice.select_related(*PEOPLE)
    may_ask = "incidents.coordinate" in desk.may and incident.is_active
    context: dict[str, object] = {
        "advice_open": list(rows.filter(state=AdviceState.ASKED).order_by("-is_urgent", "due_at")),
        "advice_done": list(rows.exclude(state=AdviceState.ASKED).order_by("-answered_at", "-pk")[:MOST_DONE]),
        "may_ask": may_ask,
    }
    if not may_ask:
        return context
    return context | {
        "askable": experts.to_choose_from(incident, but=desk.user),
        "ask_waits": list(WAITS.items()),
        "ask_services": list(incident.services.all()),
        "ask_causes": list(incident.hypotheses.exclude(state=HypothesisState.RULED_OUT)),
        "ask_actions": list(incident.actions.filter(state__in=OPEN_ACTIONS)),
    }


def of_person(desk: Desk) -> list[AdviceRequest]:
    """What is asked of the reader now."""
    rows = desk.incident.advice.select_related(*PEOPLE)
    return list(rows.filter(state=AdviceState.ASKED, asked=desk.user).order_by("-is_urgent", "due_at"))
