"""Moving the incident, merging it, and changing how bad it is."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from incidents import lifecycle
from incidents.models import Incident
from incidents.response import merging
from incidents.views.answers import find
from incidents.views.room import after_change
from roles.requests import SignedInRequest


@require_POST
def move(request: SignedInRequest, key: str, verb: str) -> HttpResponse:
    """One step of the lifecycle. `seen` is the state that the person was looking at."""
    incident = find(request, key)
    reason, seen = request.POST.get("reason", ""), request.POST.get("seen", "")
    if verb == "merge" and (into := request.POST.get("into", "")):
        target = get_object_or_404(Incident.objects.visible_to(request.user), key=into)
        return after_change(request, merging.merge(incident, target, by=request.user, reason=reason, seen=seen))
    lifecycle.move(incident, verb, by=request.user, reason=reason, seen=seen)
    return after_change(request, incident)


@require_POST
def severity(request: SignedInRequest, key: str) -> HttpResponse:
    """How bad it is taken to be from now on."""
    incident = find(request, key)
    lifecycle.change_severity(
        incident, request.POST.get("severity", ""), by=request.user, reason=request.POST.get("reason", "")
    )
    return after_change(request, incident)
