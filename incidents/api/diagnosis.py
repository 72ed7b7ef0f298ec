"""Hypotheses and findings by API."""

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.own import AttachmentField, HypothesisField, ServiceField
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import IncidentView
from incidents.models import Confidence, Finding, Hypothesis, HypothesisState
from incidents.response import diagnosis


class HypothesisSerializer(serializers.ModelSerializer):
    """What may be the cause."""

    owner = PersonField(read_only=True)
    proposed_by = PersonField(read_only=True)
    settled_by = PersonField(read_only=True)
    findings = serializers.SerializerMethodField(help_text="Ids of the findings that speak for it.")

    class Meta:
        model = Hypothesis
        fields = (
            "id", "title", "detail", "state", "verdict", "owner", "findings", "proposed_by", "created_at", "settled_by",
            "settled_at", "version",
        )  # fmt: skip
        read_only_fields = fields

    def get_findings(self, row: Hypothesis) -> list[int]:
        view = self.context["view"]
        return [pk for pk, of in view.evidence.items() if of == row.pk]


class ProposeHypothesisSerializer(StrictSerializer):
    title = serializers.CharField(max_length=diagnosis.LONGEST_TITLE)
    detail = serializers.CharField(max_length=diagnosis.LONGEST_TEXT, allow_blank=True, default="")
    owner = PersonField(allow_null=True, default=None)


class ChangeHypothesisSerializer(StrictSerializer):
    """Its words, with the version that the caller saw; or where it stands, with the verdict."""

    title = serializers.CharField(max_length=diagnosis.LONGEST_TITLE, required=False)
    detail = serializers.CharField(max_length=diagnosis.LONGEST_TEXT, allow_blank=True, required=False)
    owner = PersonField(allow_null=True, required=False)
    state = serializers.ChoiceField(HypothesisState.choices, required=False)
    verdict = serializers.CharField(max_length=diagnosis.LONGEST_VERDICT, allow_blank=True, required=False)
    version = serializers.IntegerField(required=False, help_text="What the caller saw; 409 with both if it changed.")


class HypothesisView(IncidentView):
    """A view of hypotheses with what speaks for them."""

    @property
    def evidence(self) -> dict[int, int]:
        """Finding → hypothesis, as far as the caller may read; asked once per answer."""
        if not hasattr(self, "_evidence"):
            rows = diagnosis.findings_for(self.incident, self.caller).exclude(hypothesis=None)
            self._evidence = dict(rows.values_list("pk", "hypothesis_id"))
        return self._evidence

    def shown(self, row: Hypothesis) -> dict[str, object]:
        return dict(HypothesisSerializer(row, context=self.get_serializer_context()).data)


class Hypotheses(HypothesisView):
    @extend_schema(operation_id="hypotheses_list", responses=HypothesisSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """Hypotheses, newest first."""
        rows = self.incident.hypotheses.select_related("owner", "proposed_by", "settled_by")
        return self.page_of(rows, HypothesisSerializer)

    @extend_schema(
        operation_id="hypotheses_propose",
        request=ProposeHypothesisSerializer,
        responses={201: HypothesisSerializer},
    )
    def post(self, request: Request, key: str) -> Response:
        """Says what may be the cause."""
        asked = self.read(ProposeHypothesisSerializer)
        row = diagnosis.propose(self.incident, by=self.caller, **asked)
        return Response(self.shown(row), status=status.HTTP_201_CREATED)


class OneHypothesis(HypothesisView):
    @extend_schema(operation_id="hypotheses_read", responses=HypothesisSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """One hypothesis."""
        return Response(self.shown(self.row(pk)))

    @extend_schema(operation_id="hypotheses_change", request=ChangeHypothesisSerializer, responses=HypothesisSerializer)
    def patch(self, request: Request, key: str, pk: int) -> Response:
        """Changes its words, or walks it to another state: testing, ruled_out with why, confirmed with evidence."""
        row = self.row(pk)
        asked = self.read(ChangeHypothesisSerializer, partial=True)
        seen, state, verdict = asked.pop("version", None), asked.pop("state", ""), asked.pop("verdict", "")
        with transaction.atomic():
            if asked or not state:
                row = diagnosis.edit(row, by=self.caller, seen_version=seen, **asked)
            if state and state != row.state:
                verb = next(step.verb for step in diagnosis.STEPS if step.target == state)
                row = diagnosis.step(row, verb, by=self.caller, verdict=verdict)
        return Response(self.shown(self.row(row.pk)))

    def row(self, pk: int) -> Hypothesis:
        rows = self.incident.hypotheses.select_related("incident", "owner", "proposed_by", "settled_by")
        return get_object_or_404(rows, pk=pk)


class FindingSerializer(serializers.ModelSerializer):
    """What somebody saw, and how sure they are."""

    found_by = PersonField(read_only=True)
    service = ServiceField(read_only=True)
    hypothesis = HypothesisField(read_only=True)
    entry = serializers.IntegerField(source="entry.number", read_only=True, help_text="The number of its entry.")
    is_adopted = serializers.BooleanField(read_only=True, help_text="Whether its hypothesis is confirmed.")
    adopted_by = serializers.CharField(source="hypothesis.settled_by.username", read_only=True, default=None)

    class Meta:
        model = Finding
        fields = (
            "id", "text", "recommendation", "confidence", "hypothesis", "service", "is_adopted", "adopted_by", "entry",
            "found_by", "found_at",
        )  # fmt: skip
        read_only_fields = fields


class ShareSerializer(StrictSerializer):
    text = serializers.CharField(max_length=diagnosis.LONGEST_TEXT)
    recommendation = serializers.CharField(max_length=diagnosis.LONGEST_TEXT, allow_blank=True, default="")
    confidence = serializers.ChoiceField(Confidence.choices, default=Confidence.LIKELY.value)
    hypothesis = HypothesisField(allow_null=True, default=None)
    service = ServiceField(allow_null=True, default=None)
    attachment = AttachmentField(allow_null=True, default=None)
    occurred_at = serializers.DateTimeField(allow_null=True, default=None, help_text="When it was seen, if not now.")


class PlaceSerializer(StrictSerializer):
    hypothesis = HypothesisField(allow_null=True, help_text="Which hypothesis it speaks for; null for none.")


class Findings(IncidentView):
    @extend_schema(operation_id="findings_list", responses=FindingSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """Findings, newest first."""
        return self.page_of(diagnosis.findings_for(self.incident, self.caller), FindingSerializer)

    @extend_schema(operation_id="findings_share", request=ShareSerializer, responses={201: FindingSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Shares a finding: it stands in the timeline too."""
        finding = diagnosis.share(self.incident, by=self.caller, **self.read(ShareSerializer))
        return Response(FindingSerializer(finding).data, status=status.HTTP_201_CREATED)


class OneFinding(IncidentView):
    @extend_schema(operation_id="findings_read", responses=FindingSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """One finding."""
        return Response(FindingSerializer(self.row(pk)).data)

    @extend_schema(operation_id="findings_place", request=PlaceSerializer, responses=FindingSerializer)
    def patch(self, request: Request, key: str, pk: int) -> Response:
        """Says which hypothesis it speaks for."""
        row = self.row(pk)
        asked = self.read(PlaceSerializer)
        diagnosis.attach(row, asked["hypothesis"], by=self.caller)
        return Response(FindingSerializer(self.row(pk)).data)

    def row(self, pk: int) -> Finding:
        found: Finding = get_object_or_404(diagnosis.findings_for(self.incident, self.caller), pk=pk)
        found.incident = self.incident
        return found
