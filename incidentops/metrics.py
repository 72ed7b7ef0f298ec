"""Figures about the product itself, for Prometheus: read from the database, so that every process agrees."""

import hmac
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Min, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from incidentops.models import Heartbeat
from incidents.models import ACTIVE, Incident, Payload, TimelineEntry
from notifications.models import Lane, Message, State
from statuspage.models import StatusPage


@login_not_required
@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The figures, for whoever brings METRICS_TOKEN as a bearer token; 404 otherwise."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    if not wanted or scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), wanted.encode()):
        raise Http404
    registry = CollectorRegistry()
    registry.register(_Figures())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Figures:
    """What prometheus_client calls a collector."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = timezone.now()
        yield from self._messages(now)
        beats = GaugeMetricFamily(
            "incidentops_heartbeat_age_seconds", "Since a lane's worker last took a task.", labels=["lane"]
        )
        for beat in Heartbeat.objects.all():
            beats.add_metric([beat.lane], beat.age.total_seconds())
        yield beats
        entries = TimelineEntry.objects.filter(told_at=None).aggregate(
            untold=Count("pk", filter=Q(parked_at=None)), parked=Count("pk", filter=Q(parked_at__isnull=False))
        )
        yield _gauge("incidentops_entries_untold", "Timeline rows that listeners have yet to hear.", entries["untold"])
        yield _gauge("incidentops_entries_parked", "Timeline rows that a listener could not take.", entries["parked"])
        waiting = Payload.objects.filter(state=Payload.State.RECEIVED).count()
        yield _gauge("incidentops_payloads_waiting", "Alert payloads not yet worked off.", waiting)
        yield _gauge(
            "incidentops_pages_stale",
            "Status pages whose last change is not public.",
            StatusPage.objects.stale().count(),
        )
        open_incidents = GaugeMetricFamily("incidentops_incidents_active", "Incidents going on.", labels=["severity"])
        rows = Incident.objects.filter(state__in=ACTIVE).order_by().values_list("severity").annotate(Count("pk"))
        for severity, count in rows:
            open_incidents.add_metric([severity], count)
        yield open_incidents

    def _messages(self, now: datetime) -> Iterator[GaugeMetricFamily]:
        counts = GaugeMetricFamily("incidentops_messages", "Messages that are not done.", labels=["lane", "state"])
        ages = GaugeMetricFamily(
            "incidentops_queue_age_seconds", "How long the oldest due message waits.", labels=["lane"]
        )
        undone = Message.objects.filter(state__in=[State.QUEUED, State.SENDING, State.UNKNOWN]).order_by()
        for lane, state, count in undone.values_list("lane", "state").annotate(Count("pk")):
            counts.add_metric([lane, state], count)
        oldest = dict(
            Message.objects.filter(state=State.QUEUED, due_at__lte=now)
            .order_by()
            .values_list("lane")
            .annotate(Min("due_at"))
        )
        for lane in Lane.values:
            ages.add_metric([lane], (now - oldest[lane]).total_seconds() if lane in oldest else 0)
        yield counts
        yield ages


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
