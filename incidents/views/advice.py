"""Questions to experts: asking, answering, handing on, and one question as a page of its own."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents import attachments
from incidents.forms.coordination import AnswerForm, AskForm, HandOnForm
from incidents.models import AdviceRequest, AdviceState, Confidence, Incident
from incidents.response import advice, experts
from incidents.views.answers import find, room_of
from incidents.views.coordination import valid
from incidents.views.room import after_change
from roles import grants
from roles.requests import SignedInRequest


@require_POST
def ask(request: SignedInRequest, key: str) -> HttpResponse:
    """Asks an expert."""
    incident = find(request, key)
    form = valid(AskForm(request.POST, incident=incident))
    advice.ask(incident, by=request.user, **form.asked_for())
    return after_change(request, incident)


@require_http_methods(["GET", "HEAD", "POST"])
def question(request: SignedInRequest, key: str, request_id: int) -> HttpResponse:
    """One question, as the mail leads to it; a post answers it."""
    incident = find(request, key)
    asked = _question(incident, request_id)
    if request.method == "POST":
        form = valid(AnswerForm(request.POST))
        with transaction.atomic():
            advice.answer(asked, by=request.user, **form.cleaned_data)
            if uploads := request.FILES.getlist("files"):
                shows = f"Beside the answer to “{asked.question}”."
                attachments.attach(incident, by=request.user, uploads=uploads, body=shows)
        return after_change(request, incident)
    if not request.user.is_staff and not request.user.is_superuser:
        raise PermissionDenied("Questions are for responders.")
    is_mine = asked.state == AdviceState.ASKED and asked.asked_id == request.user.pk
    context = {
        "incident": incident,
        "question": asked,
        "is_mine": is_mine,
        "answer_confidences": Confidence.choices,
        "hand_on_to": experts.to_choose_from(incident, but=request.user) if is_mine else [],
        "may": grants.held(request.user, incident),
        "back": room_of(incident),
    }
    return render(request, "incidents/question.html", context)


@require_POST
def decline(request: SignedInRequest, key: str, request_id: int) -> HttpResponse:
    """Says that it is not one's own."""
    incident = find(request, key)
    advice.decline(_question(incident, request_id), by=request.user, reason=request.POST.get("reason", ""))
    return after_change(request, incident)


@require_POST
def hand_on(request: SignedInRequest, key: str, request_id: int) -> HttpResponse:
    """Gives it to another expert."""
    incident = find(request, key)
    asked = _question(incident, request_id)
    advice.hand_on(asked, by=request.user, to=valid(HandOnForm(request.POST)).cleaned_data["to"])
    return after_change(request, incident)


@require_POST
def ask_back(request: SignedInRequest, key: str, request_id: int) -> HttpResponse:
    """Asks the asker something first."""
    incident = find(request, key)
    advice.ask_back(_question(incident, request_id), by=request.user, text=request.POST.get("text", ""))
    return after_change(request, incident)


@require_POST
def withdraw(request: SignedInRequest, key: str, request_id: int) -> HttpResponse:
    """Takes it back."""
    incident = find(request, key)
    advice.withdraw(_question(incident, request_id), by=request.user, reason=request.POST.get("reason", ""))
    return after_change(request, incident)


def _question(incident: Incident, request_id: int) -> AdviceRequest:
    people = ("asked", "asked_by", "answered_by", "service", "action", "hypothesis")
    found = get_object_or_404(incident.advice.select_related(*people), pk=request_id)
    found.incident = incident
    return found
