"""All incidents that one may see: filtered, searched, in one of two orders; and the views that people keep of it."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from incidents import saved_views
from incidents.conflicts import Conflict
from incidents.forms.listing import FilterForm
from incidents.models import Incident, SavedView
from incidents.response import coverage
from roles.requests import SignedInRequest

PAGE_SIZE = 30


@require_safe
def incidents(request: SignedInRequest) -> HttpResponse:
    """One page of the list. `past` names the incident after which the page starts, so that new incidents do not
    shift what is being read."""
    return _page(request)


def _page(request: SignedInRequest, *, status: int = 200, query: str = "", **extra: object) -> HttpResponse:
    form = FilterForm(QueryDict(query) if query else request.GET)
    rows = form.rows(request.user)
    before = _before(request.GET.get("past", ""))
    if before is not None:
        rows = rows.filter(_past(form.order, before))
    listed = list(rows.select_related("type").prefetch_related("services", "tags")[: PAGE_SIZE + 1])
    page, more = listed[:PAGE_SIZE], listed[PAGE_SIZE:]
    coverage.read_seats(page)
    kept = saved_views.filters_of(query or request.META.get("QUERY_STRING", ""))
    views = list(saved_views.visible_to(request.user))
    context = {
        "form": form,
        "wanted": form.wanted,
        "incidents": page,
        "older": f"{kept}&past={page[-1].pk}".lstrip("&") if more else "",
        "is_filtered": form.is_narrowed,
        "has_extras": bool(form.wanted.keys() & {"type", "kind", "private", *(field.name for field in form.extras)}),
        "is_past": before is not None,
        "query": kept,
        "views": views,
        "view": next((view for view in views if view.query == kept), None),
        "deleted": request.GET.get("deleted", ""),
        **extra,
    }
    return render(request, "incidents/incidents.html", context, status=status)


def _before(number: str) -> Incident | None:
    """The last incident of the page before; of it nothing is shown, so it is not asked who may see it."""
    if not (number.isdecimal() and len(number) < 18):
        return None
    return Incident.objects.only("opened_at").filter(pk=int(number)).first()


def _past(order: str, last: Incident) -> Q:
    """What stands after it in this order."""
    if order == "oldest":
        return Q(opened_at__gte=last.opened_at) & (Q(opened_at__gt=last.opened_at) | Q(pk__gt=last.pk))
    return Q(opened_at__lte=last.opened_at) & (Q(opened_at__lt=last.opened_at) | Q(pk__lt=last.pk))


@require_POST
def save_view(request: SignedInRequest) -> HttpResponse:
    """Keeps the filter that one has before oneself."""
    query, name = request.POST.get("query", ""), request.POST.get("name", "")
    try:
        view = saved_views.save(name, query, by=request.user, is_shared="is_shared" in request.POST)
    except ValidationError as problem:
        return _refused(request, problem, query=query, name=name)
    return redirect(_address(view.query))


@require_POST
def change_view(request: SignedInRequest, view_id: int) -> HttpResponse:
    """Renames one's view, shares it or takes it back."""
    view = _find(request, view_id)
    name = request.POST.get("name", "")
    try:
        saved_views.change(view, by=request.user, name=name, is_shared="is_shared" in request.POST)
    except ValidationError as problem:
        return _refused(request, problem, query=view.query, name=name)
    return redirect(_address(view.query))


@require_POST
def delete_view(request: SignedInRequest, view_id: int) -> HttpResponse:
    """Deletes one's view; the list then offers to bring it back."""
    token = saved_views.delete(_find(request, view_id), by=request.user)
    return redirect(_address(f"deleted={token}"))


@require_POST
def restore_view(request: SignedInRequest) -> HttpResponse:
    """Brings back the view that one has just deleted."""
    view = saved_views.restore(request.POST.get("token", ""), by=request.user)
    return redirect(_address(view.query))


def _find(request: SignedInRequest, view_id: int) -> SavedView:
    return get_object_or_404(saved_views.visible_to(request.user), pk=view_id)


def _address(query: str) -> str:
    return f"{reverse('incidents:incidents')}?{query}" if query else reverse("incidents:incidents")


def _refused(request: SignedInRequest, problem: ValidationError, *, query: str, name: str) -> HttpResponse:
    """The list again, with the name as it was typed and what is wrong with it."""
    status = 409 if isinstance(problem, Conflict) else 400
    typed = {"view_name": name, "view_problem": " ".join(problem.messages)}
    return _page(request, status=status, query=saved_views.filters_of(query), **typed)
