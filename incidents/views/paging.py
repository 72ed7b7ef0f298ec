"""Calling somebody from the room, and answering: in the room, or by the link of the message."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from incidents.forms.paging import PageForm
from incidents.models import Incident, Paging, PagingState
from incidents.response import paging
from incidents.views.answers import find, room_of
from incidents.views.room import after_change
from roles.requests import SignedInRequest


@require_POST
def page(request: SignedInRequest, key: str) -> HttpResponse:
    """Calls a person, or the best candidate for a role."""
    incident = find(request, key)
    form = PageForm(request.POST)
    form.full_clean()
    chosen, role = form.chosen(), form.cleaned_data.get("role", "")
    message = form.cleaned_data.get("message", "")
    if chosen is not None:
        paging.page(incident, chosen, by=request.user, role=role, message=message)
    else:
        paging.page_best(incident, by=request.user, role=role, message=message)
    return after_change(request, incident)


@require_POST
def acknowledge(request: SignedInRequest, key: str, paging_id: int) -> HttpResponse:
    """Says "I am on it"; the room opens."""
    incident = find(request, key)
    paging.acknowledge(_call(incident, paging_id), by=request.user, through="room")
    return after_change(request, incident) if request.htmx else redirect(room_of(incident))


@require_POST
def decline(request: SignedInRequest, key: str, paging_id: int) -> HttpResponse:
    """Says "I cannot": the next one is called."""
    incident = find(request, key)
    paging.decline(_call(incident, paging_id), by=request.user, reason=request.POST.get("reason", ""))
    return after_change(request, incident)


@require_POST
def withdraw(request: SignedInRequest, key: str, paging_id: int) -> HttpResponse:
    """The call is not needed any more."""
    incident = find(request, key)
    paging.withdraw(_call(incident, paging_id), by=request.user)
    return after_change(request, incident)


@login_not_required
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Behind the link of a call: one button, which is trusted by the signed token. A GET changes nothing, since
    mail scanners open every link; the POST may be repeated."""
    call = paging.by_token(token)
    if call is None:
        raise Http404
    sentence = ""
    if request.method == "POST":
        try:
            paging.acknowledge(call, by=call.user, through="link")
        except (PermissionDenied, ValidationError):
            sentence = paging.too_late(call)
    elif call.state not in {PagingState.WAITING, PagingState.ACKNOWLEDGED}:
        sentence = paging.too_late(call)
    context = {"call": call, "incident": call.incident, "too_late": sentence}
    response = render(request, "incidents/paging.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _call(incident: Incident, paging_id: int) -> Paging:
    return get_object_or_404(incident.pagings.select_related("incident", "user"), pk=paging_id)
