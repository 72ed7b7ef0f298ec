"""The command palette: its options for the script, and the same as a page to search on without one."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from incidentops import palette
from incidentops.navigation import Navigation
from roles.requests import SignedInRequest


@require_safe
def options(request: SignedInRequest) -> HttpResponse:
    """The options that fit what is typed, for the dialog; the page for everybody else."""
    if not request.htmx:
        return redirect(f"{reverse('search')}?{urlencode({'q': request.GET.get('q', '')})}")
    return render(request, "_palette_options.html", _found(request))


@require_safe
def search(request: SignedInRequest) -> HttpResponse:
    """The same as a page."""
    return render(request, "search.html", {"q": request.GET.get("q", ""), **_found(request)})


def _found(request: SignedInRequest) -> dict[str, object]:
    incident = palette.incident_at_hand(request.GET.get("in", "")[:20], request.user)
    text = request.GET.get("q", "")
    return {"groups": palette.groups(text, request.user, Navigation(request), incident)}
