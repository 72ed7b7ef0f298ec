"""Reading the timeline piece by piece, writing into it, and correcting what was written."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents import timeline
from incidents.forms.timeline import EntryForm
from incidents.models import Incident
from incidents.views import entries, room
from incidents.views.answers import find, fragment, room_of
from roles import grants
from roles.requests import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
def entries_of(request: SignedInRequest, key: str) -> HttpResponse:
    """The timeline alone; with `?after=N` only the rows after N, for pages without a live stream.
    A post writes an entry."""
    incident = find(request, key)
    if request.method == "POST":
        return _add(request, incident)
    if after := entries.number_of(request, "after"):
        return _after(request, incident, after)
    may = grants.held(request.user, incident)
    return fragment(request, "incidents/_timeline.html", entries.shown(request, incident, may), page=room_of(incident))


def _after(request: SignedInRequest, incident: Incident, after: int) -> HttpResponse:
    found = entries.newer(incident, after)
    if not found:
        return HttpResponse(status=204)
    return render(request, "incidents/_entries.html", {"rows": found, "incident": incident, "may": frozenset()})


def _add(request: SignedInRequest, incident: Incident) -> HttpResponse:
    form = EntryForm(request.POST)
    if not form.is_valid():
        may = grants.held(request.user, incident)
        if not request.htmx:
            return room.whole(request, incident, status=400, entry_form=form)
        context = {**entries.shown(request, incident, may), "entry_form": form}
        return render(request, "incidents/_timeline.html", context, status=400)
    timeline.add_entry(
        incident,
        by=request.user,
        body=form.cleaned_data["body"],
        kind=form.cleaned_data["kind"],
        occurred_at=form.cleaned_data["occurred_at"],
    )
    return _refreshed(request, incident)


@require_POST
def supersede(request: SignedInRequest, key: str, number: int) -> HttpResponse:
    """Corrects a written entry by a new one."""
    incident = find(request, key)
    entry = get_object_or_404(incident.entries, number=number)
    timeline.supersede(entry, by=request.user, body=request.POST.get("body", ""))
    return _refreshed(request, incident)


def _refreshed(request: SignedInRequest, incident: Incident) -> HttpResponse:
    context = entries.shown(request, incident, grants.held(request.user, incident))
    answer = fragment(request, "incidents/_timeline.html", context, page=room_of(incident))
    if request.htmx:
        answer["HX-Trigger"] = "incident-noted"
    return answer
