"""Deciding: recording, proposing, objecting, and taking back."""

from typing import TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from incidents import events
from incidents.forms.decisions import OutcomeForm, ProposalForm
from incidents.models import Decision, Incident
from incidents.response import deciding
from incidents.views.answers import find
from incidents.views.room import after_change
from roles.requests import SignedInRequest

AnyForm = TypeVar("AnyForm", bound=forms.Form)


@require_POST
def record(request: SignedInRequest, key: str) -> HttpResponse:
    """Writes down what the commander has decided."""
    incident = find(request, key)
    form = _valid(OutcomeForm(request.POST))
    later = form.revisit_in()
    deciding.record(
        incident,
        by=request.user,
        outcome=form.cleaned_data["outcome"],
        reason=form.cleaned_data["reason"],
        revisit_at=events.moment() + later if later else None,
    )
    return after_change(request, incident)


@require_POST
def propose(request: SignedInRequest, key: str) -> HttpResponse:
    """Puts a question to the seats."""
    incident = find(request, key)
    form = _valid(ProposalForm(request.POST))
    deciding.propose(
        incident,
        by=request.user,
        question=form.cleaned_data["question"],
        options=form.options(),
        recommended=form.cleaned_data["recommended"],
        window=form.length(),
    )
    return after_change(request, incident)


@require_POST
def edit(request: SignedInRequest, key: str, decision_id: int) -> HttpResponse:
    """Changes a proposal; the form names the version that it shows."""
    incident = find(request, key)
    decision = _decision(incident, decision_id)
    form = _valid(ProposalForm(request.POST))
    deciding.edit(
        decision,
        by=request.user,
        seen_version=form.cleaned_data["version"] or 0,
        question=form.cleaned_data["question"],
        options=form.options(),
        recommended=form.cleaned_data["recommended"],
    )
    return after_change(request, incident)


@require_POST
def decide(request: SignedInRequest, key: str, decision_id: int) -> HttpResponse:
    """Settles a proposal."""
    incident = find(request, key)
    decision = _decision(incident, decision_id)
    form = _valid(OutcomeForm(request.POST))
    later = form.revisit_in()
    deciding.decide(
        decision,
        by=request.user,
        outcome=form.cleaned_data["outcome"],
        reason=form.cleaned_data["reason"],
        revisit_at=events.moment() + later if later else None,
        seen_version=form.cleaned_data["version"],
    )
    return after_change(request, incident)


@require_POST
def object_to(request: SignedInRequest, key: str, decision_id: int) -> HttpResponse:
    """Raises a strong objection."""
    incident = find(request, key)
    deciding.object_to(_decision(incident, decision_id), by=request.user, text=request.POST.get("text", ""))
    return after_change(request, incident)


@require_POST
def take_back(request: SignedInRequest, key: str, decision_id: int) -> HttpResponse:
    """Takes one's own objection back."""
    incident = find(request, key)
    decision = _decision(incident, decision_id)
    objection = get_object_or_404(decision.objections.select_related("decision__incident", "user"), user=request.user)
    deciding.take_back_objection(objection, by=request.user)
    return after_change(request, incident)


@require_POST
def withdraw(request: SignedInRequest, key: str, decision_id: int) -> HttpResponse:
    """Takes a proposal back."""
    incident = find(request, key)
    deciding.withdraw(_decision(incident, decision_id), by=request.user, reason=request.POST.get("reason", ""))
    return after_change(request, incident)


def _decision(incident: Incident, decision_id: int) -> Decision:
    return get_object_or_404(incident.decisions.select_related("incident", "proposed_by"), pk=decision_id)


def _valid(form: AnyForm) -> AnyForm:
    """The form with its values; what makes no sense is told as a sentence, the page keeps what was typed."""
    if not form.is_valid():
        raise ValidationError([f"{name.capitalize()}: {texts[0]}" for name, texts in form.errors.items()])
    return form
