"""Moving the incident, changing how bad it is, and putting its words right."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents import lifecycle
from incidents.forms.moves import WordsForm
from incidents.views.answers import find, room_of
from incidents.views.room import after_change
from roles import policy
from roles.requests import SignedInRequest


@require_POST
def move(request: SignedInRequest, key: str, verb: str) -> HttpResponse:
    """One step of the lifecycle. `seen` is the state that the person was looking at."""
    incident = find(request, key)
    lifecycle.move(
        incident, verb, by=request.user, reason=request.POST.get("reason", ""), seen=request.POST.get("seen", "")
    )
    return after_change(request, incident)


@require_POST
def severity(request: SignedInRequest, key: str) -> HttpResponse:
    """How bad it is taken to be from now on."""
    incident = find(request, key)
    lifecycle.change_severity(
        incident, request.POST.get("severity", ""), by=request.user, reason=request.POST.get("reason", "")
    )
    return after_change(request, incident)


@require_http_methods(["GET", "HEAD", "POST"])
def words(request: SignedInRequest, key: str) -> HttpResponse:
    """Title and summary."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.change_state", incident)
    form = WordsForm(request.POST or None, initial={"title": incident.title, "summary": incident.summary})
    if request.method == "POST" and form.is_valid():
        lifecycle.edit(incident, by=request.user, **form.cleaned_data)
        return redirect(room_of(incident))
    status = 400 if request.method == "POST" else 200
    return render(request, "incidents/words.html", {"incident": incident, "form": form}, status=status)
