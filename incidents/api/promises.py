"""Promises by API: what each audience is owed, how often whom is told, the slower rhythm of one incident, and what may
go out by itself."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import rhythm
from incidents.api.lifecycle import MinutesField
from incidents.api.paging import whole, whole_list
from incidents.api.strict import StrictSerializer
from incidents.api.views import ApiView, IncidentView, IsResponder
from incidents.communication import audiences, holding, pacing, punctuality
from incidents.models import (
    Audience,
    HoldingRule,
    Incident,
    MessageTemplate,
    Promise,
    PromiseState,
    Severity,
    UpdatePolicy,
)


class PromiseSerializer(serializers.ModelSerializer):
    """One time by which one audience hears: open, kept, late (told after it), broken or lifted."""

    incident = serializers.CharField(source="incident.key")

    class Meta:
        model = Promise
        fields = (
            "id", "incident", "audience", "page", "kind", "state", "made_by", "made_at", "due_at", "kept_by",
            "settled_at", "nudged_at", "late_at", "told_at",
        )  # fmt: skip
        read_only_fields = fields


class FiguresSerializer(serializers.Serializer):
    """How promises ended; `rate` is the share kept in time, null where none counts."""

    kept = serializers.IntegerField()
    late = serializers.IntegerField()
    broken = serializers.IntegerField()
    lifted = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True)


class KeptSerializer(serializers.Serializer):
    figures = FiguresSerializer()
    results = PromiseSerializer(many=True)


class RhythmSerializer(StrictSerializer):
    """A slower rhythm of a long incident."""

    audience = serializers.ChoiceField(Audience.choices, default=Audience.PUBLIC)
    every_minutes = serializers.IntegerField(min_value=1, max_value=43_200)
    reason = serializers.CharField(max_length=pacing.LONGEST_REASON, allow_blank=True, default="")


class ChosenSerializer(serializers.Serializer):
    """The rhythm that was chosen."""

    audience = serializers.CharField()
    every_minutes = serializers.SerializerMethodField()
    reason = serializers.CharField()
    chosen_at = serializers.DateTimeField()

    def get_every_minutes(self, row: Any) -> int:
        return int(row.every.total_seconds() // 60)


def _spans(**kwargs: Any) -> dict[str, serializers.Field]:
    return {f"{name}_minutes": MinutesField(source=name, allow_null=True, **kwargs) for name in rhythm.SPANS}


class PolicySerializer(serializers.ModelSerializer):
    """How often one audience hears at one severity; null where nothing is due."""

    class Meta:
        model = UpdatePolicy
        fields = ("id", "severity", "audience", "version")
        read_only_fields = fields

    def get_fields(self) -> dict[str, serializers.Field]:
        return super().get_fields() | _spans(read_only=True)


class ChangePolicySerializer(StrictSerializer):
    """What changes of it; what is not said stays."""

    version = serializers.IntegerField(min_value=1, required=False, help_text="409 if somebody changed it since.")

    def get_fields(self) -> dict[str, serializers.Field]:
        return super().get_fields() | _spans(required=False)


class HoldingRuleSerializer(serializers.ModelSerializer):
    """What may go out by itself on one page."""

    silence_minutes = serializers.SerializerMethodField()
    severities = serializers.ListField(child=serializers.CharField(), read_only=True)
    opted_in_by = serializers.CharField(source="opted_in_by.username", allow_null=True, default=None, read_only=True)

    class Meta:
        model = HoldingRule
        fields = ("page", "template", "severities", "silence_minutes", "is_on", "opted_in_by", "opted_in_at", "version")
        read_only_fields = fields

    def get_silence_minutes(self, row: HoldingRule) -> int:
        return int(row.silence.total_seconds() // 60)


class ChangeHoldingSerializer(StrictSerializer):
    """What changes of the rule; what is not said stays. A page's first one needs template and silence."""

    template = serializers.IntegerField(min_value=1, required=False, help_text="A holding message.")
    severities = serializers.ListField(child=serializers.ChoiceField(Severity.choices), required=False)
    silence_minutes = serializers.IntegerField(min_value=1, max_value=1440, required=False)
    is_on = serializers.BooleanField(required=False)
    version = serializers.IntegerField(min_value=1, required=False, help_text="409 if somebody changed it since.")


def _answer(rows: Any, figures: punctuality.Figures) -> Response:
    return Response(KeptSerializer({"figures": figures, "results": rows}).data)


class IncidentPromises(IncidentView):
    @extend_schema(operation_id="incident_promises_list", responses=KeptSerializer)
    def get(self, request: Request, key: str) -> Response:
        """All promises of the incident, newest first, and how many were kept."""
        incident = self.incident
        rows = Promise.objects.filter(incident=incident).select_related("incident").order_by("-made_at", "-pk")
        return _answer(rows, punctuality.of_incident(incident))


class Promises(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(
        operation_id="promises_list",
        parameters=[
            OpenApiParameter("audience", str, enum=Audience.values),
            OpenApiParameter("state", str, enum=PromiseState.values),
        ],
        responses=KeptSerializer,
    )
    def get(self, request: Request) -> Response:
        """The latest hundred promises of incidents that the caller may see, and the figures of 90 days over all."""
        asked = {}
        for name, known in (("audience", Audience.values), ("state", PromiseState.values)):
            if wanted := request.query_params.get(name):
                if wanted not in known:
                    raise serializers.ValidationError({name: [f"This is none; they are {', '.join(known)}."]})
                asked[name] = wanted
        visible = Incident.objects.visible_to(self.caller)
        rows = Promise.objects.filter(incident__in=visible, **asked).select_related("incident")
        return _answer(rows.order_by("-due_at", "-pk")[:100], punctuality.over_all(audience=asked.get("audience", "")))


class SetRhythm(IncidentView):
    @extend_schema(operation_id="rhythm_set", request=RhythmSerializer, responses={201: ChosenSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Promises a slower rhythm, once the incident is long."""
        asked = self.read(RhythmSerializer)
        every = timedelta(minutes=int(asked.pop("every_minutes")))
        chosen = pacing.set_rhythm(self.incident, by=self.caller, every=every, **asked)
        return Response(ChosenSerializer(chosen).data, status=status.HTTP_201_CREATED)


class Policies(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="update_policies_list", responses=whole_list(PolicySerializer))
    def get(self, request: Request) -> Response:
        """How often each audience hears at each severity."""
        return whole(PolicySerializer(UpdatePolicy.objects.all(), many=True).data)


class OnePolicy(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="update_policies_change", request=ChangePolicySerializer, responses=PolicySerializer)
    def patch(self, request: Request, severity: str, audience: str) -> Response:
        """Changes it from now on, for open incidents too; what was promised stays promised."""
        row = get_object_or_404(UpdatePolicy, severity=severity, audience=audience)
        asked = self.read(ChangePolicySerializer, partial=True)
        seen = asked.pop("version", None)
        return Response(PolicySerializer(rhythm.change(row, by=self.caller, seen_version=seen, **asked)).data)


class HoldingRules(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="holding_rules_list", responses=whole_list(HoldingRuleSerializer))
    def get(self, request: Request) -> Response:
        """What may go out by itself, page by page."""
        return whole(HoldingRuleSerializer(HoldingRule.objects.select_related("opted_in_by"), many=True).data)


class OneHoldingRule(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="holding_rules_set", request=ChangeHoldingSerializer, responses=HoldingRuleSerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Makes or changes the rule of a page; switching it on keeps who did and when."""
        if slug not in dict(audiences.pages()):
            raise Http404
        asked = self.read(ChangeHoldingSerializer, partial=True)
        if "template" in asked:
            found = MessageTemplate.objects.filter(pk=asked["template"]).first()
            if found is None:
                raise ValidationError({"template": "There is no such template."})
            asked["template"] = found
        if "silence_minutes" in asked:
            asked["silence"] = timedelta(minutes=int(asked.pop("silence_minutes")))
        seen = asked.pop("version", None)
        return Response(HoldingRuleSerializer(holding.set_rule(slug, by=self.caller, seen_version=seen, **asked)).data)
