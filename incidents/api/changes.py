"""Changes of what we run by API: told by the tools that make them, and those near one incident; and past
incidents like it."""

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.paging import whole, whole_list
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import ApiView, IncidentView, IsResponder
from incidents.models import ChangeEvent, Service, State
from incidents.response import changes, similar


class ChangeEventSerializer(serializers.ModelSerializer):
    """Something that was changed in what we run."""

    services: serializers.SlugRelatedField = serializers.SlugRelatedField(slug_field="slug", many=True, read_only=True)
    labels = serializers.DictField(child=serializers.CharField(), read_only=True)
    recorded_by = PersonField(read_only=True)

    class Meta:
        model = ChangeEvent
        fields = (
            "id",
            "kind",
            "title",
            "summary",
            "url",
            "author",
            "services",
            "labels",
            "external_id",
            "happened_at",
            "recorded_by",
            "created_at",
        )
        read_only_fields = fields


class NewChangeSerializer(StrictSerializer):
    """What a tool tells. The same `external_id` again is the same change, brought up to date."""

    kind = serializers.ChoiceField(ChangeEvent.Kind.choices)
    title = serializers.CharField(max_length=changes.LONGEST["title"])
    summary = serializers.CharField(max_length=changes.LONGEST["summary"], allow_blank=True, default="")
    url = serializers.CharField(
        max_length=changes.LONGEST["url"],
        allow_blank=True,
        default="",
        validators=[changes.is_web_address],
        help_text="http or https.",
    )
    author = serializers.CharField(max_length=changes.LONGEST["author"], allow_blank=True, default="")
    services = serializers.SlugRelatedField(
        slug_field="slug", many=True, queryset=Service.objects.all(), required=False
    )
    labels = serializers.DictField(
        child=serializers.CharField(max_length=changes.LONGEST_LABEL, allow_blank=True), required=False
    )
    external_id = serializers.CharField(max_length=changes.LONGEST["external_id"], required=False, allow_null=True)
    happened_at = serializers.DateTimeField(required=False, allow_null=True)


class ChangeFilterSerializer(serializers.Serializer):
    service = serializers.SlugField(required=False)
    kind = serializers.ChoiceField(ChangeEvent.Kind.choices, required=False)
    since = serializers.DateTimeField(required=False)


class NearSerializer(serializers.Serializer):
    """A change around the start of the incident."""

    change = ChangeEventSerializer()
    is_ours = serializers.BooleanField(help_text="Whether it is on one of the incident's services.")
    is_before = serializers.BooleanField(help_text="Whether it was made before the first sign.")
    minutes = serializers.SerializerMethodField(help_text="Before the first sign; below zero after it.")

    def get_minutes(self, near: changes.Near) -> int:
        return int(near.lead.total_seconds() // 60)


class SimilarSerializer(serializers.Serializer):
    """An incident like this one, and why it is listed."""

    key = serializers.CharField(source="incident.key")
    title = serializers.CharField(source="incident.title")
    state = serializers.ChoiceField(State.choices, source="incident.state")
    opened_at = serializers.DateTimeField(source="incident.opened_at")
    minutes = serializers.SerializerMethodField(help_text="How long it lasted, or lasts by now.")
    reasons = serializers.ListField(child=serializers.CharField())
    cause = serializers.CharField(help_text="The confirmed hypothesis.")
    remedy = serializers.CharField(help_text="The last action that was done, with its effect.")
    is_linked = serializers.BooleanField()

    def get_minutes(self, one: similar.Similar) -> int:
        return int(one.incident.age.total_seconds() // 60)


class Changes(ApiView):
    permission_classes = (IsResponder,)
    newest = ("-happened_at", "-id")

    @extend_schema(
        operation_id="changes_list",
        parameters=[
            OpenApiParameter("service", str, description="Slug of a service."),
            OpenApiParameter("kind", str, enum=ChangeEvent.Kind.values),
            OpenApiParameter("since", str, description="A moment; changes made from then on."),
        ],
        responses=ChangeEventSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Changes, the latest first."""
        filters = ChangeFilterSerializer(data=request.query_params)
        filters.is_valid(raise_exception=True)
        wanted = filters.validated_data
        rows = ChangeEvent.objects.select_related("recorded_by").prefetch_related("services")
        if "service" in wanted:
            rows = rows.filter(services__slug=wanted["service"])
        if "kind" in wanted:
            rows = rows.filter(kind=wanted["kind"])
        if "since" in wanted:
            rows = rows.filter(happened_at__gte=wanted["since"])
        return self.page_of(rows, ChangeEventSerializer)

    @extend_schema(
        operation_id="changes_record",
        request=NewChangeSerializer,
        responses={200: ChangeEventSerializer, 201: ChangeEventSerializer},
    )
    def post(self, request: Request) -> Response:
        """Writes a change down; 200 where its `external_id` is known already."""
        change, is_new = changes.record(by=self.caller, **self.read(NewChangeSerializer))
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(ChangeEventSerializer(change).data, status=code)


class ChangesNear(IncidentView):
    @extend_schema(operation_id="incidents_changes", responses=whole_list(NearSerializer))
    def get(self, request: Request, key: str) -> Response:
        """Changes from six hours before the first sign, those on the incident's services first. For responders."""
        incident = self.incident
        if not self.caller.is_staff and not self.caller.is_superuser:
            raise PermissionDenied("This is for responders.")
        return whole(NearSerializer(changes.near(incident), many=True).data)


class SimilarIncidents(IncidentView):
    @extend_schema(operation_id="incidents_similar", responses=whole_list(SimilarSerializer))
    def get(self, request: Request, key: str) -> Response:
        """Incidents like this one that the caller may know of, what is over first."""
        return whole(SimilarSerializer(similar.to(self.incident, self.caller), many=True).data)
