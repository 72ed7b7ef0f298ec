"""Published pages where no short-cut stands in front, and what is too old to be part of a generation."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from statuspage import branding, presenting, serving, snapshot, store
from statuspage.models import Component, Interval, PublicIncident, StatusPage
from statuspage.views.frame import frame


@login_not_required
@require_safe
def published(request: HttpRequest, slug: str, path: str = "") -> HttpResponse:
    """A file of the current generation; the front page of a page that has none says so."""
    generation = store.current(slug)
    found = generation.find(path) if generation else None
    if generation is None or found is None:
        return _unpublished(request, slug, path)
    name, entry = found
    accepted = serving.best_encoding(request.headers.get("Accept-Encoding", ""))
    encoding = accepted if accepted in entry.twins else ""
    headers = serving.headers_of(name, entry, encoding)
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        return HttpResponseNotModified(headers={key: headers[key] for key in ("ETag", "Cache-Control", "Vary")})
    return HttpResponse(generation.read(name, encoding), headers=headers)


@login_not_required
@require_safe
def incident(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """One incident: published, or rendered now where it is older than what a generation holds."""
    generation = store.current(slug)
    if generation is not None and generation.find(f"incidents/{public_id}/"):
        return published(request, slug, f"incidents/{public_id}/")
    page = get_object_or_404(StatusPage, slug=slug)
    old = snapshot.read_incident(page, public_id)
    if old is None:
        raise Http404
    return render(request, "statuspage/public/incident.html", {**frame(page), **_told(page, old)})


@login_not_required
@require_safe
def brand(request: HttpRequest, slug: str) -> HttpResponse:
    """The page's colours, also before its first publishing."""
    page = get_object_or_404(StatusPage, slug=slug)
    return HttpResponse(branding.sheet(page), content_type="text/css; charset=utf-8")


def _unpublished(request: HttpRequest, slug: str, path: str) -> HttpResponse:
    page = get_object_or_404(StatusPage, slug=slug)
    if path or page.published_version:
        raise Http404
    response = render(request, "statuspage/public/unpublished.html", frame(page), status=503)
    response["Retry-After"] = "5"
    return response


def _told(page: StatusPage, incident: PublicIncident) -> dict[str, object]:
    incident.page = page
    intervals: dict[int, list[Interval]] = {}
    for interval in Interval.objects.filter(public_incident=incident):
        intervals.setdefault(interval.component_id, []).append(interval)
    components = Component.objects.filter(pk__in=intervals)
    return {"told": presenting.told(incident), "spells": presenting.spells(components, intervals, incident)}
