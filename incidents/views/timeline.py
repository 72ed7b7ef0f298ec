"""Reading the timeline piece by piece, writing into it, correcting what was written, and marking key moments."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents import attachments, timeline
from incidents.forms.timeline import EntryForm
from incidents.models import Incident, TimelineEntry
from incidents.response import quick
from incidents.views import entries, room
from incidents.views.answers import find, fragment, room_of
from roles import grants
from roles.requests import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
def entries_of(request: SignedInRequest, key: str) -> HttpResponse:
    """The timeline alone; with `?after=N` only the rows after N, for pages without a live stream, and with
    `?before=N` the next older ones. A post writes an entry."""
    incident = find(request, key)
    if request.method == "POST":
        return _add(request, incident)
    if after := entries.number_of(request, "after"):
        return _after(request, incident, after)
    may = grants.held(request.user, incident)
    if entries.number_of(request, "before"):
        return _before(request, incident, may)
    return fragment(request, "incidents/_timeline.html", entries.shown(request, incident, may), page=room_of(incident))


def _after(request: SignedInRequest, incident: Incident, after: int) -> HttpResponse:
    found = entries.newer(incident, after, request.user)
    if not found:
        return HttpResponse(status=204)
    return render(request, "incidents/_entries.html", {"rows": found, "incident": incident, "may": frozenset()})


def _before(request: SignedInRequest, incident: Incident, may: frozenset[str]) -> HttpResponse:
    rows, older = entries.page_of(request, incident)
    kind = entries.kind_of(request)
    context = {"rows": rows, "older": older, "incident": incident, "may": may, "kind": kind}
    return fragment(request, "incidents/_older.html", context, page=room_of(incident))


def _add(request: SignedInRequest, incident: Incident) -> HttpResponse:
    form = EntryForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refused(request, incident, form)
    if form.is_shorthand():
        try:
            quick.record(
                incident, form.cleaned_data["body"], by=request.user, visibility=form.cleaned_data["visibility"]
            )
        except ValidationError as problem:
            form.add_error("body", problem.messages)
            return _refused(request, incident, form)
        return refreshed(request, incident)
    words = {name: form.cleaned_data[name] for name in ("body", "kind", "occurred_at", "visibility")}
    if files := form.cleaned_data["files"]:
        attachments.attach(incident, by=request.user, uploads=files, **words)
    else:
        timeline.add_entry(incident, by=request.user, **words)
    return refreshed(request, incident)


def _refused(request: SignedInRequest, incident: Incident, form: EntryForm) -> HttpResponse:
    """The form as it was typed, with what is wrong."""
    if not request.htmx:
        return room.whole(request, incident, status=400, entry_form=form)
    context = {**entries.shown(request, incident, grants.held(request.user, incident)), "entry_form": form}
    return render(request, "incidents/_timeline.html", context, status=400)


@require_POST
def supersede(request: SignedInRequest, key: str, number: int) -> HttpResponse:
    """Corrects a written entry by a new one."""
    incident = find(request, key)
    timeline.supersede(_entry(request, incident, number), by=request.user, body=request.POST.get("body", ""))
    return refreshed(request, incident)


@require_POST
def key_moment(request: SignedInRequest, key: str, number: int) -> HttpResponse:
    """Marks an entry as a key moment; `is_key=no` takes the mark away."""
    incident = find(request, key)
    entry = _entry(request, incident, number)
    if request.POST.get("is_key") == "no":
        timeline.unmark(entry, by=request.user)
    else:
        timeline.mark(entry, by=request.user)
    return refreshed(request, incident)


def _entry(request: SignedInRequest, incident: Incident, number: int) -> TimelineEntry:
    """The row, if the person may read it; Http404 otherwise."""
    entry = get_object_or_404(incident.entries.readable_by(request.user, incident), number=number)
    entry.incident = incident
    return entry


def refreshed(request: SignedInRequest, incident: Incident) -> HttpResponse:
    """What a change answers: the timeline anew, and word to the panels beside it."""
    context = entries.shown(request, incident, grants.held(request.user, incident))
    answer = fragment(request, "incidents/_timeline.html", context, page=room_of(incident))
    if request.htmx:
        answer["HX-Trigger"] = "incident-noted"
    return answer
