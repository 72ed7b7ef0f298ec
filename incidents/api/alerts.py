"""Alerts, their sources, and the services that they concern, by API. For responders."""

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import ApiView, IsResponder
from incidents.detection import alerts, sources
from incidents.detection.intake import CHOICES
from incidents.models import Alert, AlertSource, Incident, Service, Severity
from roles import policy


class AlertSerializer(serializers.ModelSerializer):
    """One alert of one source; firing again is the same alert."""

    source = serializers.CharField(source="source.name", read_only=True)  # type: ignore[assignment]
    service: serializers.SlugRelatedField = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    incident = serializers.SerializerMethodField(help_text="Key of its incident, where the caller may know of it.")
    labels = serializers.DictField(child=serializers.CharField(), read_only=True)
    links = serializers.DictField(child=serializers.CharField(), read_only=True)
    acknowledged_by = PersonField(read_only=True)

    class Meta:
        model = Alert
        fields = (
            "id",
            "source",
            "dedup_key",
            "status",
            "severity",
            "title",
            "body",
            "labels",
            "links",
            "component_hint",
            "service",
            "incident",
            "starts_at",
            "ends_at",
            "first_seen_at",
            "last_seen_at",
            "seen_count",
            "acknowledged_by",
            "acknowledged_at",
        )
        read_only_fields = fields

    def get_incident(self, alert: Alert) -> str | None:
        keys: dict[int | None, str] = self.context["keys"]
        return keys.get(alert.incident_id)


class SourceSerializer(serializers.ModelSerializer):
    """A tool that may post to us, with the whole address."""

    url = serializers.SerializerMethodField(help_text="The address to post to; it holds the token.")

    class Meta:
        model = AlertSource
        fields = ("id", "kind", "name", "severity", "opens_incidents", "is_active", "created_at", "url")
        read_only_fields = fields

    def get_url(self, source: AlertSource) -> str:
        return sources.url_of(source, by=self.context["request"].user)


class NewSourceSerializer(StrictSerializer):
    kind = serializers.ChoiceField(CHOICES)
    name = serializers.CharField(max_length=100)
    severity = serializers.ChoiceField(
        Severity.choices, allow_blank=True, default="", help_text="Of what it opens, where an alert names none."
    )
    opens_incidents = serializers.BooleanField(default=True)


class ServiceSerializer(serializers.ModelSerializer):
    """Something that we run."""

    team: serializers.SlugRelatedField = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Service
        fields = ("id", "slug", "name", "team", "description", "alert_names")
        read_only_fields = fields


class AlertView(ApiView):
    """A view of alerts."""

    permission_classes = (IsResponder,)
    people = ("source", "service", "acknowledged_by")

    def shown(self, alert: Alert) -> Response:
        return Response(AlertSerializer(alert, context=self.keys([alert])).data)

    def keys(self, found: list[Alert]) -> dict[str, object]:
        """Keys of the incidents of these alerts that the caller may know of: one query."""
        visible = Incident.objects.visible_to(self.caller).filter(pk__in={alert.incident_id for alert in found})
        return {"keys": dict(visible.values_list("pk", "key"))}


class Alerts(AlertView):
    newest = ("-last_seen_at", "-id")

    @extend_schema(
        operation_id="alerts_list",
        parameters=[
            OpenApiParameter("status", str, enum=Alert.Status.values),
            OpenApiParameter("source", int, description="Id of a source."),
            OpenApiParameter("q", str, description="Words in the title, the key or the hint."),
        ],
        responses=AlertSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Alerts, the last seen first."""
        rows = Alert.objects.select_related(*self.people)
        if wanted := request.query_params.get("status"):
            if wanted not in Alert.Status.values:
                raise serializers.ValidationError({"status": [f"They are {', '.join(Alert.Status.values)}."]})
            rows = rows.filter(status=wanted)
        if (source := request.query_params.get("source", "")).isdecimal() and len(source) < 18:
            rows = rows.filter(source=int(source))
        for word in request.query_params.get("q", "")[:200].replace("\x00", "").split():
            rows = rows.filter(Q(title__icontains=word) | Q(dedup_key=word) | Q(component_hint__icontains=word))
        found = list(self.paginate_queryset(rows) or [])
        return self.get_paginated_response(AlertSerializer(found, many=True, context=self.keys(found)).data)


class OneAlert(AlertView):
    @extend_schema(operation_id="alerts_read", responses=AlertSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One alert."""
        return self.shown(get_object_or_404(Alert.objects.select_related(*self.people), pk=pk))


class Acknowledge(AlertView):
    @extend_schema(operation_id="alerts_acknowledge", request=None, responses=AlertSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Says that one looks after a firing alert."""
        alert = get_object_or_404(Alert, pk=pk)
        return self.shown(alerts.acknowledge(alert, by=self.caller))


class Sources(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="alert_sources_list", responses=SourceSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All sources, for those who may manage them."""
        policy.authorize(self.caller, "incidents.manage_alertsource")
        return self.page_of(AlertSource.objects.all(), SourceSerializer)

    @extend_schema(operation_id="alert_sources_create", request=NewSourceSerializer, responses={201: SourceSerializer})
    def post(self, request: Request) -> Response:
        """Makes a source; the answer holds its whole address."""
        asked = self.read(NewSourceSerializer)
        source = sources.create(asked.pop("kind"), asked.pop("name"), by=self.caller, **asked)
        shown = SourceSerializer(source, context=self.get_serializer_context())
        return Response(shown.data, status=status.HTTP_201_CREATED)


class Services(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="services_list", responses=ServiceSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What we run."""
        return self.page_of(Service.objects.select_related("team"), ServiceSerializer)
