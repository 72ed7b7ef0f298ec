"""What the Customer Support Liaison's console shows: what to say, who waits, who cannot, who must still hear."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from incidents.models import EscalationState, TalkingPoints
from incidents.views.consoles.duties import Fact, duties
from incidents.views.desk import Desk
from incidents.views.panels import curve, escalations, follow_ups, inquiries
from roles.catalog import SIGNS, Role

PANELS = (inquiries, curve, escalations, follow_ups)


def shown(desk: Desk) -> dict[str, object]:
    """Everything on this console."""
    context: dict[str, object] = {}
    for panel in PANELS:
        context |= panel.shown(desk)
    return {**context, "duties": duties(Role.SUPPORT_LIAISON, _facts(desk, context))}


def _facts(desk: Desk, context: Mapping[str, Any]) -> dict[str, Fact]:
    said = desk.incident.feedback.count()
    return {
        "Inquiries": _inquiries(context),
        "Brief frontline": _briefed(desk),
        "Escalate": _escalated(context),
        "Feedback": Fact("you", f"{said} captured") if said else Fact("", "none yet"),
        "Follow-up": _followed_up(desk, context["follow_up"]),
    }


def _inquiries(context: Mapping[str, Any]) -> Fact:
    waiting, here = context["inquiries_waiting"], "#inquiries"
    if not waiting:
        return Fact("ok", "nobody waits", here)
    is_late = any(one.tone == "bad" for one in context["inquiries"])
    return Fact("bad" if is_late else "caution", f"{waiting} waiting", here)


def _briefed(desk: Desk) -> Fact:
    points = TalkingPoints.objects.filter(incident=desk.incident, withdrawn_at=None)
    newest = points.order_by("-number").first()
    if newest is None:
        return Fact("caution" if desk.incident.is_active else "", "nothing to say yet")
    return (
        Fact("ok", f"v{newest.number} approved") if newest.approved_at else Fact("caution", f"v{newest.number} waits")
    )


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
    if desk.incident.is_active:
        return Fact("", "after resolve")
    if progress is None:
        return Fact("ok", "nobody to tell")
    here = reverse("incidents:follow_up", args=[desk.incident.key])
    if progress.open:
        return Fact("caution", f"{progress.open} of {progress.total} to tell", here)
    return Fact("ok", f"all {progress.total} told", here)
