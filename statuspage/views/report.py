"""The form "Report a problem" of a status page: no cookie, no account, the same answer always."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from statuspage import problem_reports
from statuspage.forms.report import ReportForm
from statuspage.models import StatusPage
from statuspage.views.frame import asker, frame
from statuspage.views.subscribe import for_everybody


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, where the page takes reports; what is sent goes to support, never onto the page."""
    page = get_object_or_404(StatusPage, slug=slug)
    if not page.takes_reports:
        raise Http404
    form = ReportForm(request.POST if request.method == "POST" else None, page=page)
    if request.method != "POST":
        return _form(request, page, form)
    if form.is_robot:
        return _thanks(request, page)
    if not form.is_valid():
        return _form(request, page, form, status=400)
    said = {name: form.cleaned_data[name] for name in ("symptom", "details", "component", "name", "email")}
    try:
        problem_reports.report(page, network=asker(request), **said)
    except problem_reports.ReportedTooOften as problem:
        form.add_error(None, problem)
        return _form(request, page, form, status=429)
    return _thanks(request, page)


def _form(request: HttpRequest, page: StatusPage, form: ReportForm, *, status: int = 200) -> HttpResponse:
    context = {**frame(page), "form": form, "stamp": form.fresh_stamp()}
    return render(request, "statuspage/public/report.html", context, status=status)


def _thanks(request: HttpRequest, page: StatusPage) -> HttpResponse:
    return render(request, "statuspage/public/reported.html", frame(page))
