"""Declaring an incident: one required field, and what might be the same thing already."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from incidents import duplicates, lifecycle, links, timeline
from incidents.communication import briefing
from incidents.detection import alerts
from incidents.forms.declare import DeclareForm
from incidents.models import Alert, Incident, IncidentKind, Service, Severity
from incidents.severity import rules
from incidents.views.answers import find, room_of
from roles import policy
from roles.requests import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: SignedInRequest) -> HttpResponse:
    """The form, and the declaration. On the first try, incidents that may be the same are shown before
    anything is opened; sending it again opens a new one, or adds what was typed to one of those."""
    policy.authorize(request.user, "incidents.declare_incident")
    alert = _alert(request)
    form = DeclareForm(request.POST or None, initial=_proposed(request, alert), user=request.user)
    if request.method != "POST":
        return _shown(request, form, alert)
    if not form.is_valid():
        return _shown(request, form, alert, status=400)
    if key := request.POST.get("add_to"):
        return _add_to(request, find(request, key), form, alert)
    alike = _going_on(request, form)
    if alike and not request.POST.get("is_new"):
        return _shown(request, form, alert, alike=alike, status=409)
    try:
        incident = _open(request, form, alert)
    except ValidationError as problem:
        form.add_error(None, problem)
        return _shown(request, form, alert, alike=alike, status=409)
    return redirect(room_of(incident))


@require_safe
def similar(request: SignedInRequest) -> HttpResponse:
    """Incidents that may be the same, or the same come back, as one types."""
    policy.authorize(request.user, "incidents.declare_incident")
    if not request.htmx:
        return redirect("incidents:declare")
    title, slugs = request.GET.get("title", "")[:200], request.GET.getlist("services")
    context = {
        "similar": duplicates.going_on(title, slugs, user=request.user),
        "ended": duplicates.ended(title, slugs, user=request.user),
        "recurrence_of": request.GET.get("recurrence_of", ""),
    }
    return render(request, "incidents/_similar.html", context)


@transaction.atomic
def _open(request: SignedInRequest, form: DeclareForm, alert: Alert | None) -> Incident:
    if form.is_written_down:
        incident = lifecycle.write_down(by=request.user, **form.writing_down())
    else:
        incident = lifecycle.open_incident(by=request.user, **form.opening(state=request.POST.get("state", "")))
    if earlier := form.cleaned_data["recurrence_of"]:
        links.declared_again(incident, earlier, by=request.user)
    _link(request, alert, incident)
    return incident


@transaction.atomic
def _add_to(request: SignedInRequest, incident: Incident, form: DeclareForm, alert: Alert | None) -> HttpResponse:
    """Writes what was typed into the timeline of the incident that covers it already."""
    told = "\n\n".join(filter(None, [form.cleaned_data["title"], form.cleaned_data["summary"].strip()]))
    timeline.add_entry(incident, by=request.user, body=told)
    _link(request, alert, incident)
    return redirect(room_of(incident))


def _link(request: SignedInRequest, alert: Alert | None, incident: Incident) -> None:
    if alert is not None and not (alert.incident and alert.incident.is_active):
        alerts.link(alert, incident, by=request.user)


def _going_on(request: SignedInRequest, form: DeclareForm) -> list[duplicates.Likeness]:
    if form.is_written_down:
        return []
    slugs = [service.slug for service in form.cleaned_data["services"]]
    return duplicates.going_on(form.cleaned_data["title"], slugs, user=request.user)


def _shown(
    request: SignedInRequest,
    form: DeclareForm,
    alert: Alert | None,
    *,
    alike: list[duplicates.Likeness] | None = None,
    status: int = 200,
) -> HttpResponse:
    called = briefing.called_by_opening(request.user, is_private=False)
    in_private = briefing.called_by_opening(request.user, is_private=True)
    kind = form["kind"].value() or IncidentKind.REAL
    is_private = bool(form["is_private"].value())
    earlier = form["recurrence_of"].value()
    typed = form.data if form.is_bound else form.initial
    if alike is None and not form.is_bound:
        slugs = [service.slug for service in typed.get("services", []) if isinstance(service, Service)]
        alike = duplicates.going_on(str(typed.get("title", "")), slugs, user=request.user)
    context = {
        "form": form,
        "alert": alert,
        "similar": alike or [],
        "recurrence_of": earlier.key if isinstance(earlier, Incident) else earlier or "",
        "severities": [(severity, rules()[severity].meaning) for severity in Severity],
        "called": called,
        "called_in_private": in_private,
        "consequence": _consequence(
            str(form["severity"].value()), str(kind), len(in_private if is_private else called), is_new=bool(alike)
        ),
        "has_more": kind != IncidentKind.REAL or is_private or bool(form["type"].value()) or bool(form.errors),
    }
    return render(request, "incidents/declare.html", context, status=status)


def _consequence(severity: str, kind: str, count: int, *, is_new: bool) -> str:
    """What the button does, as declare.js says it too."""
    if kind == IncidentKind.BACKFILLED:
        return f"Write {severity} down"
    if kind in {IncidentKind.DRILL, IncidentKind.TEST}:
        return f"Start a {severity} {kind}"
    verb = "Something new: declare" if is_new else "Declare"
    return f"{verb} {severity} and page {count}" if count else f"{verb} {severity}"


def _alert(request: SignedInRequest) -> Alert | None:
    """The alert named in the address, from which one declares; alerts are for responders."""
    number = request.GET.get("alert", "")
    if not (number.isdecimal() and len(number) < 18 and request.user.is_staff):
        return None
    return Alert.objects.filter(pk=int(number)).select_related("service", "incident").first()


def _proposed(request: SignedInRequest, alert: Alert | None) -> dict[str, object]:
    """What stands in the form before one types: from an alert, or from an incident that came back."""
    if alert is not None:
        return {
            "title": alert.title[:200],
            "summary": alert.body,
            "services": [alert.service] if alert.service else [],
        }
    key = request.GET.get("recurrence_of", "")
    earlier = Incident.objects.visible_to(request.user).filter(key=key).first() if key else None
    if earlier is None:
        return {"title": request.GET.get("title", "")[:200]}
    return {
        "title": earlier.title,
        "severity": earlier.severity,
        "services": list(earlier.services.all()),
        "type": earlier.type.slug if earlier.type and earlier.type.is_active else None,
        "is_private": earlier.is_private,
        "recurrence_of": earlier.key,
    }
