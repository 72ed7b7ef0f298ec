"""Customers who cannot wait: escalated, acknowledged, answered, withdrawn."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from incidents.communication import customers, escalations
from incidents.forms.customers import EscalationForm
from incidents.models import CustomerEscalation, Incident
from incidents.views.answers import find
from incidents.views.coordination import valid
from incidents.views.room import after_change
from roles.requests import SignedInRequest


@require_POST
def escalate(request: SignedInRequest, key: str) -> HttpResponse:
    """Brings a customer to who can help, from a report or anew."""
    incident = find(request, key)
    form = valid(EscalationForm(request.POST, incident=incident))
    given = dict(form.cleaned_data)
    account = customers.account_named(given.pop("account_name"))
    escalations.escalate(incident, by=request.user, account=account, **given)
    if given["report"] is not None and not request.htmx:
        return redirect("incidents:customer_report", key, given["report"].pk)
    return after_change(request, incident)


@require_POST
def step(request: SignedInRequest, key: str, pk: int, step: str) -> HttpResponse:
    """One step of an escalation."""
    incident = find(request, key)
    row = _row(incident, pk)
    if step == "acknowledge":
        escalations.acknowledge(row, by=request.user)
    elif step == "answer":
        escalations.answer(row, by=request.user, outcome=request.POST.get("outcome", ""))
    elif step == "withdraw":
        escalations.withdraw(row, by=request.user, reason=request.POST.get("outcome", ""))
    else:
        raise ValidationError(f"{step} is nothing that can be done with an escalation.")
    return after_change(request, incident)


def _row(incident: Incident, pk: int) -> CustomerEscalation:
    found = get_object_or_404(incident.escalations.select_related("account__tier", "owner"), pk=pk)
    found.incident = incident
    return found
