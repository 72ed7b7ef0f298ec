"""The pages from the inside: what each says, whether it is up to date, and the few things to do about it."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from roles import grants
from roles.requests import SignedInRequest
from statuspage import component_status, presenting
from statuspage import pages as work
from statuspage.models import Component, ComponentStatus, PublicIncident, StatusPage, Subscriber
from statuspage.models.component import worst


@dataclass(frozen=True)
class Listed:
    """One page of the list, with what is worth knowing before opening it."""

    page: StatusPage
    worst: str
    subscribers: int


@require_safe
def pages(request: SignedInRequest) -> HttpResponse:
    """The pages that the person may see."""
    confirmed = Q(subscribers__unsubscribed_at=None, subscribers__confirmed_at__isnull=False)
    found = (
        StatusPage.objects.visible_to(request.user)
        .annotate(told=Count("subscribers", filter=confirmed, distinct=True))
        .prefetch_related("components")
    )
    listed = [Listed(page, worst(component.status for component in page.components.all()), page.told) for page in found]
    return render(request, "statuspage/pages.html", {"listed": listed})


@require_safe
def page(request: SignedInRequest, slug: str) -> HttpResponse:
    """One page: state, components, open incidents, subscribers."""
    return render(request, "statuspage/page.html", _context(request, _find(request, slug)))


@require_safe
def panel(request: SignedInRequest, slug: str) -> HttpResponse:
    """What the page says now, as a piece of another screen."""
    found = _find(request, slug)
    components = list(found.components.all())
    affected = [component for component in components if component.status != ComponentStatus.OPERATIONAL]
    context = {
        "page": found,
        "affected": affected,
        "well_count": len(components) - len(affected),
        "open_incidents": found.incidents.unresolved().select_related("page"),
    }
    return render(request, "statuspage/_panel.html", context)


@require_POST
def publish(request: SignedInRequest, slug: str) -> HttpResponse:
    """Asks for a fresh publishing."""
    found = _find(request, slug)
    work.request_publish(found, by=request.user)
    messages.success(request, f"{found} is being published.")
    return redirect("statuspage:page", slug=slug)


@require_POST
def component(request: SignedInRequest, slug: str, component: str) -> HttpResponse:
    """Sets the status of one component."""
    found = _find(request, slug)
    row = get_object_or_404(Component.objects.select_related("page"), page=found, slug=component)
    component_status.set_status(row, request.POST.get("status", ""), by=request.user)
    if request.htmx:
        found.refresh_from_db()
        return render(request, "statuspage/_components.html", _context(request, found))
    messages.success(request, f"{row} is now {row.get_status_display().lower()}.")
    return redirect("statuspage:page", slug=slug)


# --- inside -----------------------------------------------------------------------------------


def _find(request: SignedInRequest, slug: str) -> StatusPage:
    """The page, if the person may see it from the inside; 404 otherwise, which does not say which."""
    return get_object_or_404(StatusPage.objects.visible_to(request.user), slug=slug)


def _context(request: SignedInRequest, found: StatusPage) -> dict[str, object]:
    counts = dict(found.subscribers.confirmed().order_by().values_list("channel").annotate(Count("pk")))
    waiting = found.subscribers.live().filter(confirmed_at=None).count()
    return {
        "page": found,
        "may": grants.held(request.user, found),
        "components": found.components.select_related("group").order_by("group__position", "position", "pk"),
        "statuses": [(status.value, status.label) for status in ComponentStatus],
        "open_incidents": [presenting.told(one) for one in _open(found)],
        "subscribers": [(channel.label, counts.get(channel.value, 0)) for channel in Subscriber.Channel],
        "unconfirmed_count": waiting,
        "managers": [seat for seat in found.live_seats if seat.is_held],
    }


def _open(found: StatusPage) -> list[PublicIncident]:
    incidents = list(found.incidents.unresolved().prefetch_related("updates"))
    for incident in incidents:
        incident.page = found
    return incidents
