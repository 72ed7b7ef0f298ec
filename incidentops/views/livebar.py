"""The live bar by itself, for pages that stay open: who is called while on another page sees it there."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from incidentops.navigation import Navigation
from roles.requests import SignedInRequest


@require_safe
def livebar(request: SignedInRequest) -> HttpResponse:
    """The bar for htmx, with calls that wait for an answer; the first page for everybody else."""
    if not request.htmx:
        return redirect("incidents:situation")
    navigation = Navigation(request)
    navigation.section = "elsewhere"
    return render(request, "_livebar.html", {"navigation": navigation})
