"""What support says: written and approved in the room, read on the support desk."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents.communication import talking
from incidents.forms.talking import PointsForm
from incidents.models import Incident, TalkingPoints
from incidents.severity import rule
from incidents.views.answers import find
from incidents.views.coordination import valid
from incidents.views.room import after_change
from roles import policy
from roles.requests import SignedInRequest


@require_POST
def write(request: SignedInRequest, key: str) -> HttpResponse:
    """Writes a new version; where nobody else has to approve it and the writer may, it counts at once."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.brief_support", incident)
    given = valid(PointsForm(request.POST)).cleaned_data
    with transaction.atomic():
        points = talking.write(incident, by=request.user, **given)
        alone = not rule(incident.severity).needs_four_eyes
        if alone and policy.may(request.user, "incidents.approve_points", incident):
            talking.approve(points, by=request.user)
    return after_change(request, incident)


@require_POST
def approve(request: SignedInRequest, key: str, number: int) -> HttpResponse:
    """Has support say it."""
    incident = find(request, key)
    talking.approve(_points(incident, number), by=request.user)
    return after_change(request, incident)


@require_POST
def withdraw(request: SignedInRequest, key: str, number: int) -> HttpResponse:
    """Takes back what waits for approval."""
    incident = find(request, key)
    talking.withdraw(_points(incident, number), by=request.user)
    return after_change(request, incident)


@require_POST
def nudge(request: SignedInRequest, key: str, number: int) -> HttpResponse:
    """Reminds the frontline."""
    incident = find(request, key)
    talking.nudge(_points(incident, number), by=request.user)
    return after_change(request, incident)


@dataclass(frozen=True)
class OnDesk:
    """One incident on the support desk: nothing of it but what may be said."""

    incident: Incident
    title: str
    points: TalkingPoints | None
    is_read: bool
    services: str


@require_http_methods(["GET", "HEAD"])
def desk(request: SignedInRequest) -> HttpResponse:
    """What support says of each incident that goes on. For responders, and members of support groups."""
    if not talking.is_frontline(request.user):
        raise PermissionDenied("The support desk is for responders and members of support groups.")
    listed = [_on_desk(incident, request) for incident in talking.desk_for(request.user)]
    template = "incidents/support/_desk.html" if request.htmx else "incidents/support/desk.html"
    return render(request, template, {"listed": listed})


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: SignedInRequest, key: str) -> HttpResponse:
    """The same for one incident, with all its versions; a post says that the newest one was read."""
    incident = get_object_or_404(Incident, key=key)
    if not talking.may_read(incident, request.user):
        raise Http404
    points = talking.current(incident)
    if request.method == "POST":
        if points is None:
            raise Http404
        talking.read(points, by=request.user)
        return redirect("incidents:support_desk" if request.POST.get("back") == "desk" else request.path)
    versions = incident.talking_points.filter(approved_at__isnull=False, withdrawn_at=None).select_related(
        "approved_by"
    )
    context = {
        "row": _on_desk(incident, request),
        "versions": versions,
        "may_open": incident.is_visible_to(request.user),
    }
    return render(request, "incidents/support/incident.html", context)


# --- inside -----------------------------------------------------------------------------------


def _on_desk(incident: Incident, request: SignedInRequest) -> OnDesk:
    points = talking.current(incident)
    said = talking.latest_public(incident)
    services = ", ".join(incident.services.values_list("name", flat=True))
    is_read = points is not None and points.reads.filter(reader=request.user).exists()
    return OnDesk(incident, said.title if said else "Not public yet", points, is_read, services)


def _points(incident: Incident, number: int) -> TalkingPoints:
    return get_object_or_404(incident.talking_points.select_related("incident"), number=number)
