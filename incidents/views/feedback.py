"""What people say of how we told them, and the summary for them: pages of the incident, and the survey's own."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.communication import feedback, summaries, summary_gate
from incidents.forms.feedback import CaptureForm, SummaryForm, SurveyForm
from incidents.models import Incident, Update
from incidents.views.answers import find, room_of, toast
from incidents.views.coordination import valid
from incidents.views.room import after_change
from roles import grants, policy
from roles.requests import SignedInRequest

#: So many opinions stand on one page.
MOST = 200


@require_safe
def listing(request: SignedInRequest, key: str) -> HttpResponse:
    """All feedback of an incident, newest first, with its numbers."""
    incident = find(request, key)
    may = grants.held_on_visible(request.user, incident)
    rows = incident.feedback.select_related("update", "account", "captured_by")
    source = request.GET.get("source", "")
    if source in {"update", "survey", "staff"}:
        rows = rows.filter(source=source)
    context = {
        "incident": incident,
        "rows": list(rows[:MOST]),
        "source": source,
        "tally": feedback.tally(incident),
        "questions": feedback.QUESTIONS,
        "to_invite": len(feedback.to_invite(incident))
        if "incidents.follow_up" in may and not incident.is_active
        else 0,
        "may_capture": "incidents.capture_feedback" in may,
        "form": CaptureForm(),
    }
    return render(request, "incidents/feedback.html", context)


@require_POST
def capture(request: SignedInRequest, key: str) -> HttpResponse:
    """Writes down what a customer said."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.capture_feedback", incident)
    feedback.capture(incident, by=request.user, **valid(CaptureForm(request.POST)).values())  # type: ignore[arg-type]
    if request.POST.get("back") == "feedback":
        return redirect("incidents:feedback", key)
    return toast(after_change(request, incident), "Kept for the review.")


@require_POST
def invite(request: SignedInRequest, key: str) -> HttpResponse:
    """Asks everybody who reported how we did."""
    incident = find(request, key)
    feedback.invite(incident, by=request.user)
    return redirect("incidents:feedback", key)


@login_not_required
@csrf_exempt  # the link is the right, and no session is looked at
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, token: str) -> HttpResponse:
    """The survey behind a link; what was answered may be changed."""
    asked = feedback.survey_of(token)
    if asked is None:
        raise Http404
    given = asked.feedback
    initial = {"score": given.score, "words": given.words} if given else {}
    initial |= {name: "yes" if value else "no" for name, value in (given.answers if given else {}).items()}
    form = SurveyForm(request.POST if request.method == "POST" else None, initial=initial)
    is_thanked = False
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        feedback.answer(asked, score=data["score"], answers=form.answers(), words=data["words"])
        is_thanked = True
    context = {"form": form, "is_thanked": is_thanked, "is_changed": given is not None}
    return render(request, "incidents/survey.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def summary(request: SignedInRequest, key: str) -> HttpResponse:
    """The summary of an incident that is over: the form that starts it, or how far it is."""
    incident = find(request, key)
    may = grants.held_on_visible(request.user, incident)
    form = SummaryForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        policy.authorize(request.user, "incidents.draft_update", incident)
        if form.is_valid() and (update := _drafted(request, incident, form)):
            return redirect(f"{room_of(incident, seat='comms_lead')}&edit={update.pk}#composer")
    there = summaries.of(incident)
    context = {
        "incident": incident,
        "form": form,
        "there": there,
        "lacking": summary_gate.unmet(there) if there else [],
        "is_over": incident.state in summary_gate.OVER,
        "lasted": summaries.lasted(incident),
        "may_write": "incidents.draft_update" in may,
    }
    return render(request, "incidents/summary.html", context, status=400 if form.errors else 200)


def _drafted(request: SignedInRequest, incident: Incident, form: SummaryForm) -> Update | None:
    try:
        return summaries.draft(incident, by=request.user, **form.cleaned_data)
    except ValidationError as problem:
        form.add_error(None, problem)
        return None
