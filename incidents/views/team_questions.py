"""Questions to the team: their page, and what is done with one from there or from a console."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents.communication import questions
from incidents.forms.inside import AnswerTeamForm, AskTeamForm
from incidents.models import Incident
from incidents.views.answers import find, room_of
from incidents.views.coordination import valid
from incidents.views.panels import team_questions as panel
from incidents.views.room import after_change
from roles import grants
from roles.models import User
from roles.requests import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedInRequest, key: str) -> HttpResponse:
    """All questions of an incident; a post asks one."""
    incident = find(request, key)
    form = AskTeamForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        questions.ask(incident, by=request.user, question=form.cleaned_data["question"])
        return redirect("incidents:team_questions", key=incident.key)
    may = grants.held(request.user, incident)
    context = {
        "incident": incident,
        "may": may,
        "form": form,
        "may_ask": questions.may_ask(request.user, incident) and incident.state not in questions.GONE,
        "back": room_of(incident),
        "is_page": True,
        **panel.of(incident, may),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "incidents/team_questions.html", context, status=status)


@require_POST
def step(request: SignedInRequest, key: str, question_id: int, step: str) -> HttpResponse:
    """Takes a question, gives it to somebody, answers it, says why not, or puts it on the board."""
    incident = find(request, key)
    asked = get_object_or_404(questions.of(incident), pk=question_id)
    asked.incident = incident
    match step:
        case "take":
            questions.take(asked, by=request.user)
        case "assign":
            questions.assign(asked, to=_person(request), by=request.user)
        case "answer":
            given = valid(AnswerTeamForm(request.POST)).cleaned_data
            questions.answer(asked, by=request.user, **given)
        case "decline":
            questions.decline(asked, by=request.user, reason=request.POST.get("text", ""))
        case "share" | "unshare":
            questions.share(asked, step == "share", by=request.user)
        case _:
            raise Http404
    return _answered(request, incident)


def _person(request: SignedInRequest) -> User:
    number = request.POST.get("to", "")
    return get_object_or_404(User, pk=int(number) if number.isdecimal() and len(number) < 10 else 0, is_active=True)


def _answered(request: SignedInRequest, incident: Incident) -> HttpResponse:
    if request.POST.get("from") == "page":
        return redirect("incidents:team_questions", key=incident.key)
    return after_change(request, incident)
