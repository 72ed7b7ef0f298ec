"""How one incident is sorted: a piece of its details, and a page of its own without script."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from incidents import classification
from incidents.conflicts import Overtaken
from incidents.forms.classification import SortingForm
from incidents.models import Incident
from incidents.taxonomy import catalogue
from incidents.views.answers import find, trigger
from roles import policy
from roles.requests import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
def sorting(request: SignedInRequest, key: str) -> HttpResponse:
    """Shows how the incident is sorted, to those who may with a form, and sorts it anew."""
    incident = find(request, key)
    if request.method != "POST":
        return _shown(request, incident)
    policy.authorize(request.user, "incidents.classify", incident)
    form = SortingForm(request.POST, incident=incident)
    if not form.is_valid():
        return _shown(request, incident, form=form, status=400)
    try:
        classification.classify(incident, by=request.user, **form.sorting)
    except Overtaken:
        raise
    except ValidationError as problem:
        form.add_error(None, problem)
        return _shown(request, incident, form=form, status=409)
    if not request.htmx:
        return redirect(reverse("incidents:sorting", args=[incident.key]))
    return trigger(_shown(request, find(request, key), is_saved=True), "incident-changed")


def _shown(
    request: SignedInRequest,
    incident: Incident,
    *,
    form: SortingForm | None = None,
    status: int = 200,
    is_saved: bool = False,
) -> HttpResponse:
    may = policy.may(request.user, "incidents.classify", incident)
    labels = {row.slug: row.label for row in catalogue().fields}
    context = {
        "incident": incident,
        "form": (form or SortingForm(None, incident=incident)) if may else None,
        "told": [
            (labels.get(slug, slug), classification.in_words(answer)) for slug, answer in incident.answers.items()
        ],
        "is_saved": is_saved,
    }
    template = "incidents/_sorting.html" if request.htmx else "incidents/sorting.html"
    return render(request, template, context, status=status)
