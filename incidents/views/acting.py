"""Actions on what we run, from the room: logging, clearing, running them."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from incidents.forms.diagnosis import ActionForm, RewordForm
from incidents.models import Action, Incident
from incidents.response import acting
from incidents.views.answers import find
from incidents.views.room import after_change
from incidents.views.seen import seen_version
from roles.requests import SignedInRequest


@require_POST
def propose(request: SignedInRequest, key: str) -> HttpResponse:
    """Proposes an action."""
    incident = find(request, key)
    acting.propose(incident, by=request.user, **ActionForm(request.POST, incident=incident).typed())
    return after_change(request, incident)


@require_POST
def edit(request: SignedInRequest, key: str, pk: int) -> HttpResponse:
    """Rewords it, names another to carry it out, or says what it did; the form names the version that it shows."""
    incident = find(request, key)
    action = _action(incident, pk)
    typed = RewordForm(request.POST, incident=incident).typed()
    acting.edit(action, by=request.user, seen_version=seen_version(request), **typed)
    return after_change(request, incident)


@require_POST
def step(request: SignedInRequest, key: str, pk: int, verb: str) -> HttpResponse:
    """One step: approve, decline, propose, start, finish, fail, revert."""
    incident = find(request, key)
    acting.step(
        _action(incident, pk),
        verb,
        by=request.user,
        comment=request.POST.get("comment", ""),
        effect=request.POST.get("effect", ""),
        seen_version=seen_version(request),
    )
    return after_change(request, incident)


def _action(incident: Incident, pk: int) -> Action:
    return get_object_or_404(incident.actions.select_related("incident", "executor", "proposed_by"), pk=pk)
