"""The roster: giving a seat, taking one, handing it over, giving it up."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents.forms.roster import AssignForm, HandOverForm
from incidents.models import Incident, IncidentRole
from incidents.response import candidates, staffing
from incidents.views.answers import find, room_of
from incidents.views.room import after_change
from roles.requests import SignedInRequest


@require_POST
def assign(request: SignedInRequest, key: str, role: str) -> HttpResponse:
    """Gives somebody the seat, at once or as an offer."""
    incident = find(request, key)
    form = AssignForm(request.POST)
    form.full_clean()
    person = form.chosen()
    staffing.assign(
        incident,
        role,
        person,
        by=request.user,
        kind=form.cleaned_data.get("kind") or "primary",
        offer=form.cleaned_data.get("offer", False),
    )
    return after_change(request, incident)


@require_POST
def take(request: SignedInRequest, key: str, role: str) -> HttpResponse:
    """Takes a vacant seat for oneself; the room opens at its console."""
    incident = find(request, key)
    staffing.take(incident, role, by=request.user)
    return after_change(request, incident) if request.htmx else redirect(room_of(incident, seat=role))


@require_POST
def accept(request: SignedInRequest, key: str, seat_id: int) -> HttpResponse:
    """Accepts an offer made to oneself."""
    incident = find(request, key)
    seat = staffing.accept(_seat(incident, seat_id), by=request.user)
    return after_change(request, incident) if request.htmx else redirect(room_of(incident, seat=seat.role))


@require_POST
def release(request: SignedInRequest, key: str, seat_id: int) -> HttpResponse:
    """Ends a seat, or takes an offer back."""
    incident = find(request, key)
    staffing.release(_seat(incident, seat_id), by=request.user, reason=request.POST.get("reason", ""))
    return after_change(request, incident)


@require_POST
def delegate(request: SignedInRequest, key: str, seat_id: int) -> HttpResponse:
    """Lets the Communication Lead approve updates, or takes that back."""
    incident = find(request, key)
    staffing.delegate_approval(
        _seat(incident, seat_id), by=request.user, may_approve=request.POST.get("may_approve") == "yes"
    )
    return after_change(request, incident)


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: SignedInRequest, key: str, seat_id: int) -> HttpResponse:
    """Passes a seat on, with a brief: what the next one must know."""
    incident = find(request, key)
    seat = _seat(incident, seat_id)
    staffing.authorize_handover(seat, by=request.user)
    people = candidates.for_role(incident, seat.role)
    form = HandOverForm(request.POST or None, people=people)
    if request.method == "POST" and form.is_valid():
        staffing.hand_over(seat, to=form.chosen(), by=request.user, brief=form.brief())
        return redirect(room_of(incident))
    context = {"incident": incident, "held": seat, "form": form, "people": people}
    return render(request, "incidents/hand_over.html", context, status=400 if request.method == "POST" else 200)


def _seat(incident: Incident, seat_id: int) -> IncidentRole:
    return get_object_or_404(incident.seats.select_related("incident", "user"), pk=seat_id)
