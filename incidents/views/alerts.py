"""The inbox of alerts: what fires, what came of it, and what could not be read."""

from dataclasses import dataclass
from itertools import groupby

from django.core.exceptions import PermissionDenied
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from incidents.detection import alerts
from incidents.forms.alerts import AlertFilterForm
from incidents.models import Alert, Incident, Payload
from incidents.views.answers import find
from roles import policy
from roles.requests import SignedInRequest

PAGE_SIZE = 50
#: A stored body is shown up to this length.
LONGEST_SHOWN = 100_000
Status = Alert.Status
#: Chips of the inbox: name → label and what they show.
SHOWN: dict[str, tuple[str, Q]] = {
    "open": ("Open", Q(status__in=[Status.FIRING, Status.ACKNOWLEDGED])),
    "triage": ("To triage", Q(status=Status.FIRING, incident=None)),
    "acknowledged": ("Acknowledged", Q(status=Status.ACKNOWLEDGED)),
    "linked": ("Linked", Q(incident__isnull=False, status__in=[Status.FIRING, Status.ACKNOWLEDGED])),
    "resolved": ("Resolved", Q(status=Status.RESOLVED)),
    "all": ("All", Q()),
}
#: Firing alerts first, whatever came later.
ORDER = (Status.FIRING, Status.ACKNOWLEDGED, Status.SUPPRESSED, Status.TEST, Status.RESOLVED)


@dataclass(frozen=True)
class Chip:
    name: str
    label: str
    count: int
    is_current: bool


@dataclass(frozen=True)
class Row:
    """An alert of the list, with its incident's key where the person may know of it."""

    alert: Alert
    key: str


@require_safe
def inbox(request: SignedInRequest, alert_id: int | None = None) -> HttpResponse:
    """The list, and beside it one alert in full: the chosen one, or the first. The number of queries does not
    grow with the list."""
    _for_responders(request)
    if request.GET.get("show") == "unreadable" and alert_id is None:
        return _unreadable(request)
    show = request.GET.get("show", "open")
    show = show if show in SHOWN else "open"
    form = AlertFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = _filtered(Alert.objects.filter(SHOWN[show][1]), wanted)
    start = _start(request)
    listed = list(_in_order(rows)[start : start + PAGE_SIZE + 1])
    page, more = listed[:PAGE_SIZE], listed[PAGE_SIZE:]
    chosen = get_object_or_404(_in_order(Alert.objects.all()), pk=alert_id) if alert_id else next(iter(page), None)
    query = request.GET.copy()
    query.pop("from", None)
    visible = _visible_keys(request, [*page, *([chosen] if chosen else [])])
    context = {
        "form": form,
        "wanted": wanted,
        "show": show,
        "chips": _chips(show),
        "unreadable_count": _unread().count(),
        "groups": _grouped([Row(alert, visible.get(alert.incident_id or 0, "")) for alert in page]),
        "query": query.urlencode(),
        "older": start + PAGE_SIZE if more else None,
        "newer": max(start - PAGE_SIZE, 0) if start else None,
        "is_filtered": any(wanted.values()),
        "may_manage_sources": policy.may(request.user, "incidents.manage_alertsource"),
    }
    if chosen is not None:
        context |= _details(request, chosen, visible)
    return render(request, "incidents/alerts.html", context)


def _details(request: SignedInRequest, alert: Alert, visible: dict[int, str]) -> dict[str, object]:
    is_linked = alert.incident is not None and alert.incident.is_active
    suggested = [] if is_linked else alerts.suggestions(alert, request.user)
    others: list[Incident] = []
    if not is_linked:
        others += Incident.objects.active().visible_to(request.user).order_by("severity", "-opened_at")[:20]
    return {
        "chosen": alert,
        "chosen_key": visible.get(alert.incident_id or 0),
        "is_open": alert.status in alerts.FIRING,
        "suggested": suggested,
        "others": [incident for incident in others if incident not in suggested],
        "may_view_payload": policy.may(request.user, "incidents.view_payload"),
    }


def _unreadable(request: SignedInRequest) -> HttpResponse:
    """Payloads that came to nothing, with the reason."""
    payloads = list(_unread().select_related("source").defer("body").order_by("-pk")[:PAGE_SIZE])
    context = {
        "chips": _chips(""),
        "show": "unreadable",
        "unreadable_count": _unread().count(),
        "payloads": payloads,
        "may_view_payload": policy.may(request.user, "incidents.view_payload"),
        "may_manage_sources": policy.may(request.user, "incidents.manage_alertsource"),
    }
    return render(request, "incidents/alerts_unreadable.html", context)


@require_safe
def payload(request: SignedInRequest, payload_id: int) -> HttpResponse:
    """One stored payload as it came; for those who may read payloads."""
    policy.authorize(request.user, "incidents.view_payload")
    found = get_object_or_404(Payload.objects.select_related("source"), pk=payload_id)
    body = bytes(found.body)
    context = {
        "payload": found,
        "body": body[:LONGEST_SHOWN].decode("utf-8", "replace"),
        "size": len(body),
        "is_cut": len(body) > LONGEST_SHOWN,
        "alerts": found.alerts.all()[:PAGE_SIZE],
    }
    return render(request, "incidents/alerts_payload.html", context)


@require_POST
def acknowledge(request: SignedInRequest, alert_id: int) -> HttpResponse:
    """Says that one looks after it."""
    _for_responders(request)
    alert = get_object_or_404(Alert, pk=alert_id)
    alerts.acknowledge(alert, by=request.user)
    return _back_to(alert)


@require_POST
def link(request: SignedInRequest, alert_id: int) -> HttpResponse:
    """Makes it part of an open incident."""
    _for_responders(request)
    alert = get_object_or_404(Alert, pk=alert_id)
    alerts.link(alert, find(request, request.POST.get("incident", "")), by=request.user)
    return _back_to(alert)


def _back_to(alert: Alert) -> HttpResponse:
    return redirect(f"{reverse('incidents:alert', args=[alert.pk])}?show=open#alert")


def _for_responders(request: SignedInRequest) -> None:
    if not (request.user.is_staff or request.user.is_superuser):
        raise PermissionDenied("Alerts are for responders.")


def _in_order(rows: QuerySet[Alert]) -> QuerySet[Alert]:
    place = Case(
        *(When(status=status, then=Value(number)) for number, status in enumerate(ORDER)), output_field=IntegerField()
    )
    people = ("source", "service", "service__team", "incident", "acknowledged_by")
    return rows.select_related(*people).annotate(place=place).order_by("place", "-last_seen_at", "-pk")


def _filtered(rows: QuerySet[Alert], wanted: dict[str, object]) -> QuerySet[Alert]:
    for name in ("source", "service"):
        if wanted.get(name):
            rows = rows.filter(**{name: wanted[name]})
    for word in str(wanted.get("q") or "").split():
        rows = rows.filter(
            Q(title__icontains=word) | Q(body__icontains=word) | Q(dedup_key=word) | Q(component_hint__icontains=word)
        )
    return rows


def _grouped(rows: list[Row]) -> list[tuple[str, list[Row]]]:
    by_status = groupby(rows, key=lambda row: row.alert.status)
    return [(Status(status).label, list(group)) for status, group in by_status]


def _chips(show: str) -> list[Chip]:
    counts = Alert.objects.aggregate(
        **{name: Count("pk", filter=condition) for name, (_, condition) in SHOWN.items() if name != "all"}
    )
    return [Chip(name, label, counts.get(name, 0), name == show) for name, (label, _) in SHOWN.items()]


def _unread() -> QuerySet[Payload]:
    return Payload.objects.filter(state__in=[Payload.State.UNREADABLE, Payload.State.FAILED])


def _visible_keys(request: SignedInRequest, listed: list[Alert]) -> dict[int, str]:
    """Keys of the incidents of these alerts that the person may know of."""
    numbers = {alert.incident_id for alert in listed if alert.incident_id}
    return dict(Incident.objects.visible_to(request.user).filter(pk__in=numbers).values_list("pk", "key"))


def _start(request: SignedInRequest) -> int:
    text = request.GET.get("from", "")
    return int(text) if text.isdecimal() and len(text) < 7 else 0
