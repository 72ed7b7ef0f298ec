"""What the Customer Support Liaison's console shows: what to say, who waits, who cannot, who must still hear."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from incidents.models import EscalationState
from incidents.views.desk import Desk
from incidents.views.duties import Fact, duties
from incidents.views.panels import composer, curve, escalations, feedback, follow_ups, inquiries, talking
from roles.catalog import SIGNS, Role

PANELS = (talking, inquiries, curve, escalations, feedback, follow_ups)


def shown(desk: Desk) -> dict[str, object]:
    """Everything on this console."""
    context: dict[str, object] = {}
    for panel in PANELS:
        context |= panel.shown(desk)
    context |= composer.shown_where_needed(desk)
    return {**context, "duties": duties(Role.SUPPORT_LIAISON, _facts(desk, context))}


def _facts(desk: Desk, context: Mapping[str, Any]) -> dict[str, Fact]:
    said = context["feedback_tally"].total
    return {
        "Inquiries": _inquiries(context),
        "Brief frontline": talking.fact(context["say"]),
        "Escalate": _escalated(context),
        "Feedback": Fact("you", f"{said} captured", "#feedback") if said else Fact("", "none yet", "#feedback"),
        "Follow-up": _followed_up(desk, context["follow_up"]),
    }


def _inquiries(context: Mapping[str, Any]) -> Fact:
    waiting, here = context["inquiries_waiting"], "#inquiries"
    if not waiting:
        return Fact("ok", "nobody waits", here)
    is_late = any(one.tone == "bad" for one in context["inquiries"])
    return Fact("bad" if is_late else "caution", f"{waiting} waiting", here)


def _escalated(context: Mapping[str, Any]) -> Fact:
    here = "#escalations"
    rows = [one for one in context["escalations"] if one.state != EscalationState.ANSWERED]
    if not rows:
        return Fact("", "none open", here)
    new = [one for one in rows if one.state == EscalationState.NEW]
    if any(one.breached_at for one in new):
        return Fact("bad", f"{len(new)} unanswered", here)
    roles = {SIGNS[one.owner_role].short for one in rows}
    on = roles.pop() if len(roles) == 1 else "others"
    return Fact("caution" if new else "you", f"{len(rows)} waiting on {on}", here)


def _followed_up(desk: Desk, progress: Any) -> Fact:
    here = reverse("incidents:follow_up", args=[desk.incident.key])
    if desk.incident.is_active:
        return Fact("", "after resolve", here)
    if progress is None:
        return Fact("ok", "nobody to tell", here)
    if progress.open:
        return Fact("caution", f"{progress.open} of {progress.total} to tell", here)
    return Fact("ok", f"all {progress.total} told", here)
