"""All changes of what we run, newest first, and the form that writes one down."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from incidents.forms.changes import SPANS, ChangeFilterForm, ChangeForm
from incidents.models import ChangeEvent, Service
from incidents.response import changes
from incidents.views.entries import number_of
from roles import policy
from roles.requests import SignedInRequest

PAGE_SIZE = 50
_REACH = {"6h": timedelta(hours=6), "24h": timedelta(hours=24), "7d": timedelta(days=7)}


@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: SignedInRequest) -> HttpResponse:
    """One page of the list; a post writes a change down. For responders."""
    policy.authorize(request.user, "incidents.record_change")
    form = ChangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = {**form.cleaned_data, "services": list(form.cleaned_data["services"])}
        try:
            changes.record(by=request.user, **given)
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            return redirect(request.path)
    wanted = ChangeFilterForm(request.GET)
    rows = _filtered(wanted.cleaned_data if wanted.is_valid() else {})
    start = number_of(request, "from")
    listed = list(rows.prefetch_related("services").select_related("recorded_by")[start : start + PAGE_SIZE + 1])
    query = request.GET.copy()
    query["from"] = str(start + PAGE_SIZE)
    context = {
        "form": form,
        "wanted": wanted,
        "services": Service.objects.all(),
        "kinds": ChangeEvent.Kind.choices,
        "spans": SPANS.items(),
        "changes": listed[:PAGE_SIZE],
        "older": query.urlencode() if len(listed) > PAGE_SIZE else "",
        "is_filtered": any(request.GET.get(name) for name in ("service", "kind", "since")),
    }
    return render(request, "incidents/changes.html", context, status=400 if request.method == "POST" else 200)


def _filtered(wanted: dict[str, Any]) -> QuerySet[ChangeEvent]:
    rows = ChangeEvent.objects.all()
    if service := wanted.get("service"):
        rows = rows.filter(services=service)
    if kind := wanted.get("kind"):
        rows = rows.filter(kind=kind)
    if reach := _REACH.get(str(wanted.get("since") or "")):
        rows = rows.filter(happened_at__gte=timezone.now() - reach)
    return rows
