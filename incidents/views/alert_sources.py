"""The page of alert sources: made, shown with their address, renewed, switched off. For those who manage them."""

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents.detection import sources
from incidents.detection.intake import LABELS
from incidents.forms.alerts import SourceForm
from incidents.models import AlertSource
from roles import policy
from roles.requests import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: SignedInRequest) -> HttpResponse:
    """All sources with their addresses, and the form that makes one."""
    policy.authorize(request.user, "incidents.manage_alertsource")
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _created(request, form):
        return redirect("incidents:alert_sources")
    rows = [
        {"source": source, "kind": LABELS.get(source.kind, source.kind), "url": sources.url_of(source, by=request.user)}
        for source in AlertSource.objects.annotate(last_at=Max("payloads__received_at")).order_by("-is_active", "name")
    ]
    status = 400 if request.method == "POST" else 200
    return render(request, "incidents/alert_sources.html", {"form": form, "rows": rows}, status=status)


def _created(request: SignedInRequest, form: SourceForm) -> bool:
    """Makes the source; where it makes no sense, the form says so and keeps what was typed."""
    typed = dict(form.cleaned_data)
    try:
        sources.create(typed.pop("kind"), typed.pop("name"), by=request.user, **typed)
    except ValidationError as problem:
        form.add_error(None, problem)
        return False
    return True


@require_POST
def rotate(request: SignedInRequest, source_id: int) -> HttpResponse:
    """Gives it a new address; the old one is closed."""
    policy.authorize(request.user, "incidents.manage_alertsource")
    sources.rotate(get_object_or_404(AlertSource, pk=source_id), by=request.user)
    return redirect("incidents:alert_sources")


@require_POST
def switch(request: SignedInRequest, source_id: int) -> HttpResponse:
    """Opens or closes its address."""
    policy.authorize(request.user, "incidents.manage_alertsource")
    source = get_object_or_404(AlertSource, pk=source_id)
    sources.set_active(source, request.POST.get("active") == "yes", by=request.user)
    return redirect("incidents:alert_sources")
