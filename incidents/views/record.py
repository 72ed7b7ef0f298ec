"""Who has looked, what somebody missed, and the whole record to take along."""

import json

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from incidents import exporting, looks
from incidents.response import standing
from incidents.views import entries
from incidents.views.answers import find
from roles.requests import SignedInRequest


@require_POST
def looked(request: SignedInRequest, key: str) -> HttpResponse:
    """The person is here and has had the rows up to `number` before them; answers who else is here."""
    incident = find(request, key)
    text = request.POST.get("number", "")
    looks.look(incident, by=request.user, number=int(text) if text.isdecimal() and len(text) < 10 else 0)
    return render(request, "incidents/_presence.html", entries.presence(incident, request.user))


@require_safe
def catch_up(request: SignedInRequest, key: str) -> HttpResponse:
    """What somebody who comes late needs, on one page."""
    incident = find(request, key)
    known = standing.catch_up(incident, request.user)
    moments = [entries.row_of(entry) for entry in known.moments]
    context = {"incident": incident, "known": known, "where": known.where, "moments": moments}
    return render(request, "incidents/catch_up.html", context)


@require_safe
def export(request: SignedInRequest, key: str) -> HttpResponse:
    """The record as the person may read it, signed, as a file."""
    incident = find(request, key)
    text = json.dumps(exporting.export(incident, by=request.user), ensure_ascii=False, indent=1)
    answer = HttpResponse(text, content_type="application/json")
    answer["Content-Disposition"] = content_disposition_header(True, f"{incident.key}-timeline.json")
    answer["Cache-Control"] = "private, no-store"
    return answer
