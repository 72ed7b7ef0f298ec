"""The roster: giving a seat, taking one, answering an offer, giving it up, and saying that none is needed."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from incidents.forms.roster import AssignForm
from incidents.models import Incident, IncidentRole, RoleWaiver
from incidents.response import coverage, helping, staffing
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
        reason=request.POST.get("reason", ""),
    )
    return after_change(request, incident)


@require_POST
def take(request: SignedInRequest, key: str, role: str) -> HttpResponse:
    """Takes a vacant seat for oneself; the room opens at its console."""
    incident = find(request, key)
    staffing.take(incident, role, by=request.user, reason=request.POST.get("reason", ""))
    return after_change(request, incident) if request.htmx else redirect(room_of(incident, seat=role))


@require_POST
def accept(request: SignedInRequest, key: str, seat_id: int) -> HttpResponse:
    """Accepts an offer made to oneself."""
    incident = find(request, key)
    seat = staffing.accept(seat_of(incident, seat_id), by=request.user, reason=request.POST.get("reason", ""))
    return after_change(request, incident) if request.htmx else redirect(room_of(incident, seat=seat.role))


@require_POST
def decline(request: SignedInRequest, key: str, seat_id: int) -> HttpResponse:
    """Says no to an offer made to oneself, with a word if one likes."""
    incident = find(request, key)
    staffing.decline(seat_of(incident, seat_id), by=request.user, reason=request.POST.get("reason", ""))
    return after_change(request, incident)


@require_POST
def release(request: SignedInRequest, key: str, seat_id: int) -> HttpResponse:
    """Ends a seat, or takes an offer back."""
    incident = find(request, key)
    staffing.release(seat_of(incident, seat_id), by=request.user, reason=request.POST.get("reason", ""))
    return after_change(request, incident)


@require_POST
def delegate(request: SignedInRequest, key: str, seat_id: int) -> HttpResponse:
    """Lets the Communication Lead approve updates, or takes that back."""
    incident = find(request, key)
    staffing.delegate_approval(
        seat_of(incident, seat_id), by=request.user, may_approve=request.POST.get("may_approve") == "yes"
    )
    return after_change(request, incident)


@require_POST
def waive(request: SignedInRequest, key: str, role: str) -> HttpResponse:
    """Says that the role is not needed here, and why."""
    incident = find(request, key)
    coverage.waive_role(incident, role, by=request.user, reason=request.POST.get("reason", ""))
    return after_change(request, incident)


@require_POST
def withdraw_waiver(request: SignedInRequest, key: str, waiver_id: int) -> HttpResponse:
    """The role is needed after all."""
    incident = find(request, key)
    waiver = get_object_or_404(RoleWaiver.objects.select_related("incident"), pk=waiver_id, incident=incident)
    coverage.withdraw(waiver, by=request.user)
    return after_change(request, incident)


@require_POST
def offer_help(request: SignedInRequest, key: str) -> HttpResponse:
    """Tells the commander that one could help."""
    incident = find(request, key)
    helping.offer_help(incident, by=request.user, words=request.POST.get("words", ""))
    return after_change(request, incident)


def seat_of(incident: Incident, seat_id: int) -> IncidentRole:
    """The seat, if it is one of this incident."""
    rows = incident.seats.select_related("incident", "user", "takes_over__user")
    return get_object_or_404(rows, pk=seat_id)
