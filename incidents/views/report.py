"""The running report: to read, to copy, to take along as Markdown or as data."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents.models import Incident, TimelineEntry
from incidents.response import reporting
from incidents.response.reporting import Report
from incidents.views import telling
from incidents.views.answers import find
from notifications.prose import to_text
from roles.models import User
from roles.requests import SignedInRequest


def compiled(incident: Incident, reader: User) -> Report:
    """The report, its timeline in the words of the room."""
    return reporting.compile(incident, reader, tell=said)


def said(entry: TimelineEntry) -> str:
    """A row as one plain text."""
    told = telling.told(entry)
    words = " ".join(filter(None, [told.sentence, to_text(told.body)]))
    is_said = not told.tag or words.lower().startswith(told.tag.lower())
    return words if is_said else f"[{told.tag}] {words}"


@require_safe
def report(request: SignedInRequest, key: str) -> HttpResponse:
    """The page; with `?format=md` or `?format=json` a file."""
    found = compiled(find(request, key), request.user)
    match request.GET.get("format", ""):
        case "md":
            answer = HttpResponse(found.markdown(), content_type="text/markdown; charset=utf-8")
            return _file(answer, f"{found.name}.md")
        case "json":
            return _file(JsonResponse(found.data(), json_dumps_params={"indent": 2}), f"{found.name}.json")
    context = {"incident": found.incident, "report": found, "markdown": found.markdown()}
    return render(request, "incidents/report.html", context)


def _file(answer: HttpResponse, name: str) -> HttpResponse:
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
