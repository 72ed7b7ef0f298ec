"""Declaring an incident: one required field, and what might be the same thing already."""

from collections.abc import Iterable

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from incidents import lifecycle
from incidents.detection import alerts
from incidents.forms.declare import DeclareForm
from incidents.models import Alert, Incident, IncidentKind, Severity
from incidents.severity import RULES
from incidents.views.answers import room_of
from roles import policy
from roles.catalog import Role
from roles.models import User
from roles.requests import SignedInRequest

#: Shorter words say nothing about being the same.
SHORTEST_WORD = 4
MOST_SIMILAR = 3


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: SignedInRequest) -> HttpResponse:
    """The form, and the declaration. On the first try, incidents that may be the same are shown before
    anything is opened; sending it again opens a new one."""
    policy.authorize(request.user, "incidents.declare_incident")
    alert = _alert(request)
    form = DeclareForm(request.POST or None, initial=_proposed_by(alert))
    similar: list[Incident] = []
    if request.method == "POST" and form.is_valid():
        services = form.cleaned_data["services"]
        similar = resembling(form.cleaned_data["title"], services, user=request.user)
        if not similar or request.POST.get("is_new"):
            with transaction.atomic():
                incident = lifecycle.open_incident(
                    title=form.cleaned_data["title"],
                    summary=form.cleaned_data["summary"],
                    severity=form.cleaned_data["severity"],
                    services=services,
                    kind=IncidentKind.DRILL if form.cleaned_data["is_drill"] else IncidentKind.REAL,
                    is_private=form.cleaned_data["is_private"],
                    by=request.user,
                )
                if alert is not None and not (alert.incident and alert.incident.is_active):
                    alerts.link(alert, incident, by=request.user)
            return redirect(room_of(incident))
    commanders = User.objects.qualified(Role.COMMANDER).exclude(pk=request.user.pk).count()
    context = {
        "form": form,
        "similar": similar,
        "severities": [(severity, RULES[severity].meaning) for severity in Severity],
        "commanders": commanders,
    }
    status = 200 if request.method != "POST" else 409 if similar else 400
    return render(request, "incidents/declare.html", context, status=status)


@require_safe
def similar(request: SignedInRequest) -> HttpResponse:
    """Open incidents that may be the same, as one types."""
    policy.authorize(request.user, "incidents.declare_incident")
    if not request.htmx:
        return redirect("incidents:declare")
    slugs = request.GET.getlist("services")
    found = resembling(request.GET.get("title", ""), slugs, user=request.user)
    return render(request, "incidents/_similar.html", {"similar": found})


def resembling(title: str, services: Iterable[object], *, user: User) -> list[Incident]:
    """Active incidents that `user` may see and that share words of the title or a service, closest first."""
    words = _words(title)
    wanted = {str(getattr(service, "slug", service)) for service in services}
    if not words and not wanted:
        return []
    scored = []
    for incident in Incident.objects.active().visible_to(user).prefetch_related("services"):
        shared = len(words & _words(incident.title))
        broken = len(wanted & {service.slug for service in incident.services.all()})
        if broken or shared >= min(2, len(words)) > 0:
            scored.append((shared + 2 * broken, incident))
    scored.sort(key=lambda pair: (-pair[0], -pair[1].pk))
    return [incident for _, incident in scored[:MOST_SIMILAR]]


def _words(text: str) -> set[str]:
    kept = "".join(mark if mark.isalnum() else " " for mark in text.lower())
    return {word for word in kept.split() if len(word) >= SHORTEST_WORD}


def _alert(request: SignedInRequest) -> Alert | None:
    """The alert named in the address, from which one declares; alerts are for responders."""
    number = request.GET.get("alert", "")
    if not (number.isdecimal() and len(number) < 18 and request.user.is_staff):
        return None
    return Alert.objects.filter(pk=int(number)).select_related("service", "incident").first()


def _proposed_by(alert: Alert | None) -> dict[str, object]:
    if alert is None:
        return {}
    return {"title": alert.title[:200], "summary": alert.body, "services": [alert.service] if alert.service else []}
