"""Proof of informing: a page for each update that went out."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from incidents.communication import informing
from incidents.models import Incident, Update, UpdateState
from incidents.views.answers import find, fragment
from roles import grants
from roles.requests import SignedInRequest


@require_safe
def proof(request: SignedInRequest, key: str, update_id: int) -> HttpResponse:
    """Who was told, how fast, and who was not."""
    incident = find(request, key)
    return render(request, "incidents/proof.html", _context(request, incident, _published(incident, update_id)))


@require_POST
def resend(request: SignedInRequest, key: str, update_id: int) -> HttpResponse:
    """Tells those once more who missed it."""
    incident = find(request, key)
    update = _published(incident, update_id)
    informing.resend(update, by=request.user)
    if not request.htmx:
        return redirect("incidents:proof", key, update_id)
    return fragment(
        request,
        "incidents/_proof.html",
        _context(request, incident, update),
        page=request.path.removesuffix("resend/"),
        changed=True,
    )


def _published(incident: Incident, update_id: int) -> Update:
    update = get_object_or_404(incident.updates.select_related("published_by"), pk=update_id)
    if update.state != UpdateState.PUBLISHED:
        raise Http404
    update.incident = incident
    return update


def _context(request: SignedInRequest, incident: Incident, update: Update) -> dict[str, object]:
    lines = informing.proof(update)
    missed = informing.missed(update)
    return {
        "incident": incident,
        "update": update,
        "lines": lines,
        "missed": missed,
        "missed_count": sum(line.told.missed for line in lines),
        "can_resend": any(one.can_be_resent for one in missed),
        "is_moving": any(line.told.queued for line in lines),
        "may_resend": "incidents.resend_update" in grants.held_on_visible(request.user, incident),
    }
