"""Finding the cause, from the room: hypotheses on their board, and findings."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from incidents.forms.diagnosis import FindingForm, HypothesisForm, PlaceForm
from incidents.models import Finding, Hypothesis, Incident
from incidents.response import diagnosis
from incidents.views.answers import find
from incidents.views.room import after_change
from incidents.views.seen import seen_version
from roles.requests import SignedInRequest


@require_POST
def propose(request: SignedInRequest, key: str) -> HttpResponse:
    """Says what may be the cause."""
    incident = find(request, key)
    diagnosis.propose(incident, by=request.user, **HypothesisForm(request.POST, incident=incident).typed())
    return after_change(request, incident)


@require_POST
def edit(request: SignedInRequest, key: str, pk: int) -> HttpResponse:
    """Changes its words or its owner; the form names the version that it shows."""
    incident = find(request, key)
    row = _hypothesis(incident, pk)
    typed = HypothesisForm(request.POST, incident=incident).typed()
    diagnosis.edit(row, by=request.user, seen_version=seen_version(request), **typed)
    return after_change(request, incident)


@require_POST
def step(request: SignedInRequest, key: str, pk: int, verb: str) -> HttpResponse:
    """Tests it, rules it out, confirms it, or opens it again."""
    incident = find(request, key)
    diagnosis.step(_hypothesis(incident, pk), verb, by=request.user, verdict=request.POST.get("verdict", ""))
    return after_change(request, incident)


@require_POST
def share(request: SignedInRequest, key: str) -> HttpResponse:
    """Shares a finding, with files as evidence beside it."""
    incident = find(request, key)
    form = FindingForm(request.POST, request.FILES, incident=incident)
    diagnosis.share(incident, by=request.user, **form.typed())
    return after_change(request, incident)


@require_POST
def place(request: SignedInRequest, key: str, pk: int) -> HttpResponse:
    """Says which hypothesis a finding stands for."""
    incident = find(request, key)
    readable = diagnosis.findings_for(incident, request.user)
    finding: Finding = get_object_or_404(readable, pk=pk)
    typed = PlaceForm(request.POST, incident=incident).typed()
    diagnosis.attach(finding, typed.get("hypothesis"), by=request.user)
    return after_change(request, incident)


def _hypothesis(incident: Incident, pk: int) -> Hypothesis:
    return get_object_or_404(incident.hypotheses.select_related("incident"), pk=pk)
