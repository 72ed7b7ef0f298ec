"""Incidents by API: the list, one incident, and the moves that stand open."""

from django.db import transaction
from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import lifecycle
from incidents.api.paging import whole, whole_list
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import ApiView, IncidentView
from incidents.models import Incident, IncidentKind, Service, Severity, State

#: In which states an incident may be opened.
OPENING_STATES = [(state.value, state.label) for state in (State.TRIAGE, State.INVESTIGATING)]


class IncidentSerializer(serializers.ModelSerializer):
    """An incident as those see it who may know of it."""

    services = serializers.SlugRelatedField(  # type: ignore[var-annotated]
        slug_field="slug", many=True, read_only=True
    )
    declared_by = PersonField(read_only=True)

    class Meta:
        model = Incident
        fields = (
            "key",
            "title",
            "summary",
            "state",
            "severity",
            "kind",
            "is_private",
            "services",
            "declared_by",
            "state_since",
            "opened_at",
            "detected_at",
            "declared_at",
            "acknowledged_at",
            "identified_at",
            "mitigated_at",
            "resolved_at",
            "closed_at",
            "cancelled_at",
        )
        read_only_fields = fields


class DeclareSerializer(StrictSerializer):
    """What opens an incident."""

    title = serializers.CharField(max_length=200)
    severity = serializers.ChoiceField(Severity.choices, default=Severity.SEV3)
    summary = serializers.CharField(max_length=20_000, allow_blank=True, default="")
    services = serializers.SlugRelatedField(
        slug_field="slug", many=True, queryset=Service.objects.all(), required=False
    )
    state = serializers.ChoiceField(OPENING_STATES, default=State.INVESTIGATING)
    kind = serializers.ChoiceField(IncidentKind.choices, default=IncidentKind.REAL)
    is_private = serializers.BooleanField(default=False)


class EditSerializer(StrictSerializer):
    """What may be put right in an open incident."""

    title = serializers.CharField(max_length=200, required=False)
    summary = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    severity = serializers.ChoiceField(Severity.choices, required=False)
    reason = serializers.CharField(max_length=2000, required=False, help_text="Why the severity changes.")


class MoveSerializer(StrictSerializer):
    """One verb, and why."""

    verb = serializers.ChoiceField(list(lifecycle.BY_VERB))
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")
    seen = serializers.ChoiceField(
        State.choices, required=False, help_text="The state that the caller saw; 409 if it has changed since."
    )


class OfferSerializer(serializers.Serializer):
    """A move that stands open to the caller."""

    verb = serializers.CharField(source="move.verb")
    label = serializers.CharField(source="move.label")  # type: ignore[assignment]
    target = serializers.CharField(source="move.target")
    needs_reason = serializers.BooleanField(source="move.needs_reason")
    unmet = serializers.ListField(child=serializers.CharField(), help_text="What is lacking; a reason overrides it.")


class Incidents(ApiView):
    newest = ("-opened_at", "-id")

    @extend_schema(
        operation_id="incidents_list",
        parameters=[
            OpenApiParameter("state", str, description="One state, or several with commas."),
            OpenApiParameter("severity", str, description="One severity, or several with commas."),
            OpenApiParameter("q", str, description="Words in key, title or summary."),
        ],
        responses=IncidentSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The incidents that the caller may know of."""
        rows = Incident.objects.visible_to(self.caller).select_related("declared_by").prefetch_related("services")
        rows = rows.filter(_narrowing("state", request, State.values), _narrowing("severity", request, Severity.values))
        for word in request.query_params.get("q", "")[:200].replace("\x00", "").split():
            rows = rows.filter(Q(key__iexact=word) | Q(title__icontains=word) | Q(summary__icontains=word))
        return self.page_of(rows, IncidentSerializer)

    @extend_schema(operation_id="incidents_declare", request=DeclareSerializer, responses={201: IncidentSerializer})
    def post(self, request: Request) -> Response:
        """Opens an incident."""
        incident = lifecycle.open_incident(by=self.caller, **self.read(DeclareSerializer))
        return Response(IncidentSerializer(incident).data, status=status.HTTP_201_CREATED)


def _narrowing(name: str, request: Request, known: list[str]) -> Q:
    wanted = [value for value in request.query_params.get(name, "").split(",") if value]
    if unknown := [value for value in wanted if value not in known]:
        raise ValidationError({name: [f"{', '.join(unknown)} is none; they are {', '.join(known)}."]})
    return Q(**{f"{name}__in": wanted}) if wanted else Q()


class OneIncident(IncidentView):
    @extend_schema(operation_id="incidents_read", responses=IncidentSerializer)
    def get(self, request: Request, key: str) -> Response:
        """One incident."""
        return Response(IncidentSerializer(self.incident).data)

    @extend_schema(operation_id="incidents_edit", request=EditSerializer, responses=IncidentSerializer)
    @transaction.atomic
    def patch(self, request: Request, key: str) -> Response:
        """Changes title, summary or severity."""
        incident = self.incident
        changes = self.read(EditSerializer, partial=True)
        reason, severity = str(changes.pop("reason", "")), changes.pop("severity", None)
        lifecycle.edit(incident, by=self.caller, **changes)
        if severity is not None:
            lifecycle.change_severity(incident, str(severity), by=self.caller, reason=reason)
        return Response(IncidentSerializer(incident).data)


class Moves(IncidentView):
    @extend_schema(operation_id="moves_list", responses=whole_list(OfferSerializer))
    def get(self, request: Request, key: str) -> Response:
        """The moves open to the caller now, each with what it lacks."""
        offers = lifecycle.moves_for(self.incident, self.may)
        return whole(OfferSerializer(offers, many=True).data)

    @extend_schema(operation_id="moves_make", request=MoveSerializer, responses=IncidentSerializer)
    def post(self, request: Request, key: str) -> Response:
        """Moves the incident by one verb."""
        incident = self.incident
        asked = self.read(MoveSerializer)
        lifecycle.move(incident, asked.pop("verb"), by=self.caller, **asked)
        return Response(IncidentSerializer(incident).data)
