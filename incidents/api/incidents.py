"""Incidents by API: the list, one incident, and the moves that stand open."""

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import classification, lifecycle, links
from incidents.api.classification import SortingSerializer, filter_parameters, taken_from
from incidents.api.paging import whole, whole_list
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import ApiView, IncidentView
from incidents.forms.listing import FilterForm
from incidents.models import Incident, IncidentKind, IncidentType, Service, Severity, State
from incidents.moves import BY_VERB
from incidents.response import merging, report_record

#: In which states an incident may be opened.
OPENING_STATES = [(state.value, state.label) for state in (State.TRIAGE, State.INVESTIGATING)]
#: What only an incident that is written down afterwards says of itself.
STAMPS_OF_THEN = ("detected_at", "declared_at", "identified_at", "mitigated_at", "resolved_at")


class IncidentSerializer(serializers.ModelSerializer):
    """An incident as those see it who may know of it."""

    services = serializers.SlugRelatedField(  # type: ignore[var-annotated]
        slug_field="slug", many=True, read_only=True
    )
    type = serializers.SlugRelatedField(  # type: ignore[var-annotated]
        slug_field="slug", read_only=True, allow_null=True
    )
    tags = serializers.SlugRelatedField(  # type: ignore[var-annotated]
        slug_field="name", many=True, read_only=True
    )
    fields = serializers.DictField(  # type: ignore[assignment]  # the metaclass takes it out of the class
        source="answers", read_only=True, help_text="Answers to the organisation's own questions, by their slug."
    )
    declared_by = PersonField(read_only=True)
    took_seconds = serializers.SerializerMethodField(
        help_text="From the first signal until it was declared, acknowledged, identified, mitigated and resolved."
    )
    merged_into = serializers.SerializerMethodField(help_text="Key of the incident in which it goes on.")

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
            "type",
            "tags",
            "fields",
            "declared_by",
            "state_since",
            "opened_at",
            "detected_at",
            "declared_at",
            "acknowledged_at",
            "identified_at",
            "mitigated_at",
            "resolved_at",
            "review_opened_at",
            "closed_at",
            "cancelled_at",
            "merged_at",
            "merged_into",
            "took_seconds",
            "worst_severity",
            "version",
        )
        read_only_fields = fields

    def get_took_seconds(self, incident: Incident) -> dict[str, int | None]:
        took = report_record.durations(incident)
        return {verb: None if length is None else int(length.total_seconds()) for verb, length in took.items()}

    def get_merged_into(self, incident: Incident) -> str | None:
        target = incident.merged_into
        return target.key if target else None


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
    type = serializers.SlugRelatedField(  # some types open private
        slug_field="slug", queryset=IncidentType.objects.filter(is_active=True), required=False, allow_null=True
    )

    recurrence_of = serializers.SlugRelatedField(  # what one may not see is not there
        slug_field="key", queryset=Incident.objects.none(), required=False, help_text="The incident that came back."
    )
    detected_at = serializers.DateTimeField(required=False, help_text="Of `backfilled` ones only, as those below.")
    declared_at = serializers.DateTimeField(required=False)
    identified_at = serializers.DateTimeField(required=False)
    mitigated_at = serializers.DateTimeField(required=False)
    resolved_at = serializers.DateTimeField(required=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        if request := self.context.get("request"):
            fields["recurrence_of"].queryset = Incident.objects.visible_to(request.user)  # type: ignore[attr-defined]
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Past stamps belong to what is written down afterwards; that one has its moment of declaring."""
        given = [name for name in STAMPS_OF_THEN if name in attrs]
        if attrs["kind"] != IncidentKind.BACKFILLED and given:
            raise ValidationError({name: ["Only a backfilled incident says when it happened."] for name in given})
        if given and "declared_at" not in given:
            raise ValidationError({"declared_at": ["Say when it was declared, or began."]})
        return attrs


class EditSerializer(SortingSerializer):
    """What may be put right in an open incident, and how it is sorted."""

    title = serializers.CharField(max_length=200, required=False)
    summary = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    severity = serializers.ChoiceField(Severity.choices, required=False)
    reason = serializers.CharField(max_length=2000, required=False, help_text="Why the severity changes.")
    version = serializers.IntegerField(
        required=False, help_text="The version that the caller saw; 409 with both texts if others wrote since."
    )


class MoveSerializer(StrictSerializer):
    """One verb, and why."""

    verb = serializers.ChoiceField(list(BY_VERB))
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")
    seen = serializers.ChoiceField(
        State.choices, required=False, help_text="The state that the caller saw; 409 if it has changed since."
    )
    into = serializers.CharField(
        max_length=20, required=False, help_text="`merge` only: the key of the incident in which it goes on."
    )


class CheckSerializer(serializers.Serializer):
    """One thing that is looked at before a move."""

    sentence = serializers.CharField()
    is_met = serializers.BooleanField()


class OfferSerializer(serializers.Serializer):
    """A move that stands open to the caller."""

    verb = serializers.CharField(source="move.verb")
    label = serializers.CharField(source="move.label")  # type: ignore[assignment]
    target = serializers.CharField(source="move.target")
    needs_reason = serializers.BooleanField(source="move.needs_reason")
    needs_target = serializers.BooleanField(source="move.needs_target", help_text="Whether `into` must be named.")
    checks = CheckSerializer(many=True, help_text="All that is looked at, what is lacking first.")
    unmet = serializers.ListField(child=serializers.CharField(), help_text="What is lacking; a reason overrides it.")


class Incidents(ApiView):
    newest = ("-opened_at", "-id")

    @extend_schema(
        operation_id="incidents_list",
        parameters=filter_parameters(),
        responses=IncidentSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The incidents that the caller may know of."""
        form = FilterForm(request.query_params)
        if form.errors:
            raise ValidationError({name: [str(text) for text in texts] for name, texts in form.errors.items()})
        rows = (
            form.rows(self.caller)
            .select_related("declared_by", "type", "merged_into")
            .prefetch_related("services", "tags")
        )
        return self.page_of(rows, IncidentSerializer)

    @transaction.atomic
    @extend_schema(operation_id="incidents_declare", request=DeclareSerializer, responses={201: IncidentSerializer})
    def post(self, request: Request) -> Response:
        """Opens an incident."""
        asked = self.read(DeclareSerializer)
        earlier = asked.pop("recurrence_of", None)
        if "declared_at" in asked:
            incident = lifecycle.write_down(by=self.caller, **_of_then(asked))
        else:
            incident = lifecycle.open_incident(by=self.caller, **asked)
        if earlier is not None:
            links.declared_again(incident, earlier, by=self.caller)
        return Response(IncidentSerializer(incident).data, status=status.HTTP_201_CREATED)


def _of_then(asked: dict[str, Any]) -> dict[str, Any]:
    """What `write_down` wants: its kind goes without saying, its state follows from its stamps."""
    return {name: value for name, value in asked.items() if name not in {"kind", "state"}}


class OneIncident(IncidentView):
    @extend_schema(operation_id="incidents_read", responses=IncidentSerializer)
    def get(self, request: Request, key: str) -> Response:
        """One incident."""
        return Response(IncidentSerializer(self.incident).data)

    @extend_schema(operation_id="incidents_edit", request=EditSerializer, responses=IncidentSerializer)
    @transaction.atomic
    def patch(self, request: Request, key: str) -> Response:
        """Changes title, summary or severity, or sorts it: type, tags, services, fields."""
        incident = self.incident
        changes = self.read(EditSerializer, partial=True)
        if sorting := taken_from(changes):
            classification.classify(incident, by=self.caller, **sorting)
        reason, severity = str(changes.pop("reason", "")), changes.pop("severity", None)
        seen = changes.pop("version", None)
        if changes or not (sorting or severity):
            lifecycle.edit(incident, by=self.caller, seen_version=seen, **changes)
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
        verb, into = asked.pop("verb"), asked.pop("into", "")
        if verb == "merge" and into:
            target = get_object_or_404(Incident.objects.visible_to(self.caller), key=into)
            merging.merge(incident, target, by=self.caller, **asked)
        elif into:
            raise ValidationError({"into": ["Only `merge` goes on in another incident."]})
        else:
            lifecycle.move(incident, verb, by=self.caller, **asked)
        return Response(IncidentSerializer(incident).data)
