"""What customers wrote that belongs to no incident yet: sorted into one, made into one, or put aside."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from incidents.communication import customer_reports
from incidents.models import CustomerReport, Incident, ReportState, Severity
from incidents.views.answers import room_of
from incidents.views.panels.inquiries import inquiry_of
from roles import policy
from roles.requests import SignedInRequest

MOST_SHOWN = 100
#: So many of those put aside stay in sight.
MOST_ASIDE = 30


@require_http_methods(["GET", "HEAD", "POST"])
def inbox(request: SignedInRequest) -> HttpResponse:
    """The unsorted ones, newest first; a post opens an incident in triage from those that were ticked."""
    policy.authorize(request.user, "incidents.sort_reports")
    problem, status = "", 200
    if request.method == "POST":
        numbers = [int(one) for one in request.POST.getlist("reports") if one.isdecimal() and len(one) < 19]
        chosen = list(customer_reports.unsorted().filter(pk__in=numbers))
        severity = request.POST.get("severity", "") or Severity.SEV3
        try:
            incident = customer_reports.open_triage(
                chosen, by=request.user, title=request.POST.get("title", ""), severity=severity
            )
            return redirect(room_of(incident))
        except ValidationError as refused:
            problem, status = " ".join(refused.messages), 409
    rows = customer_reports.unsorted()
    aside = CustomerReport.objects.filter(incident=None, state=ReportState.DISMISSED).select_related("account__tier")
    context = {
        "inquiries": [inquiry_of(one) for one in rows.order_by("-reported_at", "-pk")[:MOST_SHOWN]],
        "total": rows.count(),
        "aside": [inquiry_of(one) for one in aside[:MOST_ASIDE]],
        "incidents": customer_reports.takers(request.user),
        "ticked": request.POST.getlist("reports"),
        "title": request.POST.get("title", ""),
        "severities": Severity.values,
        "severity": request.POST.get("severity", Severity.SEV3),
        "problem": problem,
        "now": timezone.now(),
    }
    return render(request, "incidents/report_inbox.html", context, status=status)


@require_POST
def step(request: SignedInRequest, pk: int, step: str) -> HttpResponse:
    """Sorts one report into an incident, puts it aside, or takes that back."""
    policy.authorize(request.user, "incidents.sort_reports")
    row = get_object_or_404(CustomerReport.objects.select_related("account__tier"), incident=None, pk=pk)
    if step == "sort":
        into = get_object_or_404(Incident.objects.visible_to(request.user), key=request.POST.get("incident", ""))
        customer_reports.sort(row, into=into, by=request.user)
    elif step == "dismiss":
        customer_reports.dismiss(row, by=request.user, reason=request.POST.get("reason", ""))
    elif step == "take-back":
        customer_reports.take_back(row, by=request.user)
    else:
        raise ValidationError(f"{step} is nothing that can be done with a report.")
    return redirect("incidents:report_inbox")
