"""Leading workstreams, and the report of three fields that a phone can send."""

from typing import TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from incidents.forms.coordination import CanForm, StreamForm, TimeForm, stream_of
from incidents.models import CanReport, Incident, Workstream
from incidents.response import coordination
from incidents.views.answers import find, room_of
from incidents.views.room import after_change
from roles.models import User
from roles.requests import SignedInRequest

AnyForm = TypeVar("AnyForm", bound=forms.Form)


def valid(form: AnyForm) -> AnyForm:
    """The form with its values; what makes no sense is told as a sentence, the page keeps what was typed."""
    if not form.is_valid():
        raise ValidationError(
            [f"{name.replace('_', ' ').capitalize()}: {texts[0]}" for name, texts in form.errors.items()]
        )
    return form


@require_POST
def start(request: SignedInRequest, key: str) -> HttpResponse:
    """Starts a workstream."""
    incident = find(request, key)
    form = valid(StreamForm(request.POST))
    given = {name: form.cleaned_data[name] for name in ("name", "goal", "lead", "members")}
    coordination.start(incident, by=request.user, timebox=form.timebox(), **given)
    return after_change(request, incident)


@require_POST
def change(request: SignedInRequest, key: str, stream_id: int) -> HttpResponse:
    """Changes name, goal, lead and members; the form names the version that it shows."""
    incident = find(request, key)
    stream = _stream(incident, stream_id)
    form = valid(StreamForm(request.POST))
    given = {name: form.cleaned_data[name] for name in ("name", "goal", "lead", "members")}
    coordination.change(stream, by=request.user, seen_version=form.cleaned_data["version"], **given)
    return after_change(request, incident)


@require_POST
def give_time(request: SignedInRequest, key: str, stream_id: int) -> HttpResponse:
    """Gives it so many minutes from now; none lifts the timebox."""
    incident = find(request, key)
    form = valid(TimeForm(request.POST))
    coordination.give_time(_stream(incident, stream_id), by=request.user, timebox=form.timebox())
    return after_change(request, incident)


@require_POST
def ask_report(request: SignedInRequest, key: str, stream_id: int) -> HttpResponse:
    """Asks how it goes."""
    incident = find(request, key)
    coordination.ask_report(_stream(incident, stream_id), by=request.user)
    return after_change(request, incident)


@require_POST
def end(request: SignedInRequest, key: str, stream_id: int) -> HttpResponse:
    """Ends a workstream."""
    incident = find(request, key)
    coordination.end(_stream(incident, stream_id), by=request.user, outcome=request.POST.get("outcome", ""))
    return after_change(request, incident)


@require_http_methods(["GET", "HEAD", "POST"])
def can(request: SignedInRequest, key: str) -> HttpResponse:
    """Conditions, actions, needs: three fields, made for one thumb. What is about to be written goes to the
    workstream that the address names, else to the one that it is most likely about."""
    incident = find(request, key)
    streams = coordination.streams_of(incident, request.user)
    asked = request.POST.get("workstream") if request.method == "POST" else request.GET.get("workstream")
    stream = stream_of(incident, asked) if asked is not None else _likeliest(incident, streams, request.user)
    form = CanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        coordination.report(incident, by=request.user, workstream=stream, **form.cleaned_data)
        if request.htmx or request.POST.get("seat"):
            return after_change(request, incident)
        number = stream.pk if stream else ""
        return redirect(f"{reverse('incidents:can', args=[key])}?{urlencode({'workstream': number, 'sent': 1})}")
    if request.method == "POST" and request.htmx:
        valid(form)
    last = incident.can_reports.filter(reported_by=request.user, workstream=stream).first()
    context = {
        "incident": incident,
        "form": _prefilled(form, last),
        "stream": stream,
        "streams": streams,
        "last": last,
        "is_sent": "sent" in request.GET,
        "back": room_of(incident),
    }
    return render(request, "incidents/can.html", context, status=400 if request.method == "POST" else 200)


def _likeliest(incident: Incident, streams: list[Workstream], person: User) -> Workstream | None:
    """The one that waits for a report, else the only one, else the one reported on last."""
    waiting = next((stream for stream in streams if stream.report_asked_at), None)
    if waiting is not None or len(streams) < 2:
        return waiting or next(iter(streams), None)
    last = incident.can_reports.filter(reported_by=person, workstream__in=streams).first()
    return next((stream for stream in streams if last and stream.pk == last.workstream_id), None)


def _prefilled(form: CanForm, last: CanReport | None) -> CanForm:
    """What was said last stands greyed in the fields, so that one sees what has changed."""
    for name in form.fields if last else ():
        if before := getattr(last, name):
            form.fields[name].widget.attrs["placeholder"] = before
    return form


def _stream(incident: Incident, stream_id: int) -> Workstream:
    found = get_object_or_404(incident.workstreams.select_related("lead"), pk=stream_id)
    found.incident = incident
    return found
