"""The list of customers who must hear how it ended: sent to, told in person, or not needed."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents.communication import answers, follow_ups
from incidents.conflicts import Conflict
from incidents.models import FollowUp, FollowUpState, Incident
from incidents.views.answers import find, room_of
from incidents.views.room import after_change
from notifications.models import State as MessageState
from roles import policy
from roles.catalog import Role
from roles.requests import SignedInRequest


@dataclass(frozen=True)
class Row:
    """One customer of the list, with what became of the mail to them."""

    follow_up: FollowUp
    mail: str

    @property
    def is_lost(self) -> bool:
        return self.mail in follow_ups.NEVER_THERE

    @property
    def is_open(self) -> bool:
        return self.follow_up.state == FollowUpState.OPEN or self.is_lost

    @property
    def words(self) -> str:
        """What became of them, in a word or two."""
        return MessageState(self.mail).label if self.mail else self.follow_up.get_state_display()


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up(request: SignedInRequest, key: str) -> HttpResponse:
    """The list; a post writes to all on it who have not heard and can be mailed."""
    incident = find(request, key)
    if request.method == "POST":
        follow_ups.send(incident, by=request.user)
        if request.htmx or request.POST.get("seat"):
            return after_change(request, incident)
        return redirect("incidents:follow_up", key)
    policy.authorize(request.user, "incidents.view_reports", incident)
    rows = list(incident.follow_ups.select_related("tier", "report", "escalation", "done_by"))
    mails = follow_ups.message_states(rows)
    ready = follow_ups.sendable(incident)
    context = {
        "incident": incident,
        "rows": [Row(one, mails.get(one.pk, "")) for one in follow_ups.by_tier(rows)],
        "progress": follow_ups.progress_of(rows),
        "ready": ready,
        "preview": _preview(incident, ready),
        "may_follow_up": policy.may(request.user, "incidents.follow_up", incident),
        "back": room_of(incident, seat=Role.SUPPORT_LIAISON),
    }
    return render(request, "incidents/follow_up.html", context)


def _preview(incident: Incident, ready: list[FollowUp]) -> tuple[str, str]:
    """What the first of them would be written, and why nobody can be."""
    if not ready:
        return "", ""
    try:
        return follow_ups.text_for(ready[0], answers.approved(incident)), ""
    except Conflict as problem:
        return "", " ".join(problem.messages)


@require_POST
def step(request: SignedInRequest, key: str, pk: int, step: str) -> HttpResponse:
    """Marks one customer as told, as not needed, or takes that back."""
    incident = find(request, key)
    row = get_object_or_404(incident.follow_ups, pk=pk)
    row.incident = incident
    note = request.POST.get("note", "")
    if step == "contacted":
        follow_ups.mark_contacted(row, by=request.user, note=note)
    elif step == "waive":
        follow_ups.waive(row, by=request.user, reason=note)
    elif step == "open":
        follow_ups.open_again(row, by=request.user)
    else:
        raise ValidationError(f"{step} is nothing that can be done with a follow-up.")
    return redirect("incidents:follow_up", key)
