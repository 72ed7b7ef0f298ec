"""All incidents that one may see: filtered, searched, newest first."""

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents.forms.listing import FilterForm
from incidents.models import ACTIVE, Incident, IncidentRole
from incidents.response import staffing
from roles.requests import SignedInRequest

PAGE_SIZE = 30


@require_safe
def incidents(request: SignedInRequest) -> HttpResponse:
    """One page of the list. `before` is the id that the page starts under, so that new incidents do not
    shift what is being read."""
    form = FilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = _filtered(Incident.objects.visible_to(request.user), wanted, request)
    if before := wanted.get("before"):
        rows = rows.filter(pk__lt=before)
    listed = list(rows.order_by("-pk").prefetch_related("services")[: PAGE_SIZE + 1])
    page, more = listed[:PAGE_SIZE], listed[PAGE_SIZE:]
    staffing.read_seats(page)
    query = request.GET.copy()
    if more:
        query["before"] = str(page[-1].pk)
    context = {
        "form": form,
        "wanted": wanted,
        "incidents": page,
        "older": query.urlencode() if more else "",
        "is_filtered": any(wanted.get(name) for name in ("state", "severity", "kind", "mine", "q")),
    }
    return render(request, "incidents/incidents.html", context)


def _filtered(rows: QuerySet[Incident], wanted: dict[str, object], request: SignedInRequest) -> QuerySet[Incident]:
    state = wanted.get("state")
    if state == "active":
        rows = rows.filter(state__in=ACTIVE)
    elif state:
        rows = rows.filter(state=state)
    for name in ("severity", "kind"):
        if wanted.get(name):
            rows = rows.filter(**{name: wanted[name]})
    if wanted.get("mine"):
        rows = rows.filter(pk__in=IncidentRole.objects.held().filter(user=request.user).values("incident"))
    if words := wanted.get("q"):
        rows = rows.filter(Q(key__iexact=words) | Q(title__icontains=words) | Q(summary__icontains=words))
    return rows
