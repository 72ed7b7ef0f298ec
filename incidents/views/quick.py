"""The quick line: what the scribe types, understood and written; refused lines come back as typed."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from incidents.models import Incident
from incidents.response import quick
from incidents.views import desk as desks
from incidents.views import room
from incidents.views.answers import find, room_of, toast
from roles.requests import SignedInRequest


@require_POST
def write(request: SignedInRequest, key: str) -> HttpResponse:
    """Writes one line. Where it makes no sense, the box says which part, with the line still in it."""
    incident = find(request, key)
    line = request.POST.get("body", "")
    try:
        entry = quick.record(incident, line, by=request.user)
    except ValidationError as problem:
        return _refused(request, incident, line, " ".join(problem.messages))
    if not request.htmx:
        return redirect(room_of(incident, seat=request.POST.get("seat", ""), anchor="record"))
    label = entry.get_kind_display()
    return toast(room.after_change(request, incident), f"{label} recorded at {entry.occurred_at:%H:%M} UTC.")


def _refused(request: SignedInRequest, incident: Incident, line: str, sentence: str) -> HttpResponse:
    typed = {"typed": line, "refusal": sentence}
    if not request.htmx:
        return room.whole(request, incident, status=400, **typed)
    _, context = room.console_of(desks.desk(request, incident))
    return render(request, "incidents/_console.html", {**context, **typed}, status=400)
