"""What customers report of one incident: written down in a line, read, put right, answered."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from incidents.communication import answers, customer_reports, escalations, replies, signals
from incidents.forms.customers import AllForm, CorrectionForm, ReplyForm, ReportForm
from incidents.models import AnsweredThrough, CustomerReport, CustomerSignal, Incident, ReportState, Urgency
from incidents.views.answers import find, room_of
from incidents.views.coordination import valid
from incidents.views.panels.inquiries import inquiry_of
from incidents.views.room import after_change
from roles import grants, policy
from roles.catalog import Role
from roles.requests import SignedInRequest

#: So many are on one page of the list.
MOST_LISTED = 200


@require_http_methods(["GET", "HEAD", "POST"])
def reports(request: SignedInRequest, key: str) -> HttpResponse:
    """All reports of an incident; a post writes the next one down."""
    incident = find(request, key)
    if request.method == "POST":
        form = valid(ReportForm(request.POST))
        customer_reports.record(incident, by=request.user, **form.given())
        return _done(request, incident)
    policy.authorize(request.user, "incidents.view_reports", incident)
    rows = customer_reports.of(incident)
    found = _filtered(rows, request)
    waiting = [one for one in found if one.state == ReportState.WAITING]
    others = [one for one in found if one.state != ReportState.WAITING]
    may = grants.held(request.user, incident)
    tiers = {one.account.tier.slug: one.account.tier for one in rows if one.account and one.account.tier}
    listed = [*replies.ranked(waiting, now=timezone.now()), *others]
    context = {
        "incident": incident,
        "inquiries": [inquiry_of(one) for one in listed[:MOST_LISTED]],
        "is_whole_list": True,
        "is_filtered": len(found) != len(rows),
        "left_out": max(len(listed) - MOST_LISTED, 0),
        "tiers": sorted(tiers.values(), key=lambda tier: tier.rank),
        "chosen": request.GET.dict(),
        "states": ReportState.choices[1:],
        "counts": {"all": len(rows), "waiting": sum(1 for one in rows if one.state == ReportState.WAITING)},
        "may_record_reports": "incidents.record_report" in may and incident.state not in customer_reports.PAST,
    }
    return render(request, "incidents/customer_reports.html", context)


def _filtered(rows: list[CustomerReport], request: SignedInRequest) -> list[CustomerReport]:
    tier, state, money = (request.GET.get(name, "") for name in ("tier", "state", "money"))
    words = request.GET.get("q", "").strip().casefold()
    return [
        one
        for one in rows
        if (not tier or (one.account and one.account.tier and one.account.tier.slug == tier))
        and (not state or one.state == state)
        and (not money or one.is_about_money)
        and (not words or words in f"{one.account_name} {one.symptom} {one.ticket} {one.contact}".casefold())
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: SignedInRequest, key: str, pk: int) -> HttpResponse:
    """One report in whole, with what can be answered; a post puts right what was written down."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.view_reports", incident)
    row = _row(incident, pk)
    if request.method != "POST":
        return _shown(request, incident, row)
    policy.authorize(request.user, "incidents.record_report", incident)
    form = CorrectionForm(request.POST, report=row, incident=incident)
    if not form.is_valid():
        return _shown(request, incident, row, form=form, status=400)
    try:
        customer_reports.change(row, by=request.user, **form.given())
    except ValidationError as problem:
        form.add_error(None, problem.messages)
        return _shown(request, incident, row, form=form, status=409)
    return redirect("incidents:customer_report", key, pk)


def _shown(
    request: SignedInRequest,
    incident: Incident,
    row: CustomerReport,
    *,
    form: CorrectionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    may = grants.held(request.user, incident)
    said = answers.approved(incident)
    may_record = "incidents.record_report" in may and incident.state not in customer_reports.PAST
    name = row.account.name if row.account else row.account_name
    ready = (
        [(one, answers.render(one, said, customer=name, symptom=row.symptom)) for one in answers.macros()]
        if said
        else []
    )
    context = {
        "incident": incident,
        "report": row,
        "inquiry": inquiry_of(row),
        "form": (form or CorrectionForm(None, report=row, incident=incident)) if may_record else None,
        "said": said,
        "ready": ready,
        "may_record_reports": may_record,
        "may_escalate": "incidents.escalate" in may and incident.is_active,
        "urgencies": Urgency.choices,
        "escalation_owners": [(one.value, one.label) for one in escalations.OWNERS],
        "escalated": list(row.escalations.select_related("owner")),
        "back": room_of(incident, seat=Role.SUPPORT_LIAISON, anchor="inquiries"),
    }
    return render(request, "incidents/customer_report.html", context, status=status)


@require_POST
def step(request: SignedInRequest, key: str, pk: int, step: str) -> HttpResponse:
    """Answers a report, puts it aside, or has it count again."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.record_report", incident)
    row = _row(incident, pk)
    if step == "reply":
        form = valid(ReplyForm(request.POST))
        through = form.cleaned_data["through"] or AnsweredThrough.EMAIL
        replies.reply(row, by=request.user, macro=form.cleaned_data["macro"], through=through)
    elif step == "dismiss":
        customer_reports.dismiss(row, by=request.user, reason=request.POST.get("reason", ""))
    elif step == "take-back":
        customer_reports.take_back(row, by=request.user)
    else:
        raise ValidationError(f"{step} is nothing that can be done with a report.")
    return _done(request, incident)


@require_POST
def reply_to_all(request: SignedInRequest, key: str) -> HttpResponse:
    """Answers everyone who asks the same, with one macro."""
    incident = find(request, key)
    form = valid(AllForm(request.POST))
    replies.reply_to_all(incident, by=request.user, **form.cleaned_data)
    return _done(request, incident)


@require_POST
def step_signal(request: SignedInRequest, key: str, pk: int, step: str) -> HttpResponse:
    """Follows what the number of reports suggests, or puts it aside."""
    incident = find(request, key)
    signal = get_object_or_404(CustomerSignal.objects.select_related("rule"), incident=incident, pk=pk)
    signal.incident = incident
    if step == "follow":
        signals.follow(signal, by=request.user)
    elif step == "put-aside":
        signals.put_aside(signal, by=request.user, reason=request.POST.get("reason", ""))
    else:
        raise ValidationError(f"{step} is nothing that can be done with a signal.")
    return after_change(request, incident)


def _row(incident: Incident, pk: int) -> CustomerReport:
    rows = incident.customer_reports.select_related("account__tier", "service", "recorded_by", "answered_by")
    found = get_object_or_404(rows, pk=pk)
    found.incident = incident
    return found


def _done(request: SignedInRequest, incident: Incident) -> HttpResponse:
    """The console anew for the room, the list for its own pages."""
    if request.htmx or request.POST.get("seat"):
        return after_change(request, incident)
    return redirect(reverse("incidents:customer_reports", args=[incident.key]))
