"""Verification, from the room: adding checks, entering what was read, signing, waiving."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from incidents.forms.diagnosis import CheckForm, PersonChoice
from incidents.models import Incident, VerificationCheck
from incidents.response import verification
from incidents.views.answers import find
from incidents.views.room import after_change
from roles.models import User
from roles.requests import SignedInRequest


@require_POST
def add(request: SignedInRequest, key: str) -> HttpResponse:
    """Adds something to measure, or to be tried by a tester."""
    incident = find(request, key)
    verification.add(incident, by=request.user, **CheckForm(request.POST, incident=incident).typed())
    return after_change(request, incident)


@require_POST
def step(request: SignedInRequest, key: str, pk: int, verb: str) -> HttpResponse:
    """What is done with one check: sign, read, assign, waive."""
    incident = find(request, key)
    check = _check(incident, pk)
    typed = request.POST
    match verb:
        case "sign":
            works = typed.get("works", "yes") == "yes"
            verification.sign(check, by=request.user, works=works, note=typed.get("note", ""))
        case "read":
            holds = typed.get("holds") == "yes"
            verification.read(check, by=request.user, reading=typed.get("reading", ""), holds=holds)
        case "assign":
            verification.assign(check, _person(typed.get("tester", "")), by=request.user)
        case "waive":
            verification.waive(check, by=request.user, reason=typed.get("reason", ""))
        case _:
            raise Http404
    return after_change(request, incident)


def _person(value: str) -> User:
    found = PersonChoice().clean(value)
    if not isinstance(found, User):
        raise ValidationError("Choose who tries it.")
    return found


def _check(incident: Incident, pk: int) -> VerificationCheck:
    return get_object_or_404(incident.verification.select_related("incident", "tester"), pk=pk)
