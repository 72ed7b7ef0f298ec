"""Decisions by API: proposals with options and objections, and what was decided."""

from datetime import timedelta

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import IncidentView
from incidents.models import Decision, Objection
from incidents.response import deciding


class OptionSerializer(StrictSerializer):
    """One way to go."""

    text = serializers.CharField(max_length=deciding.LONGEST_OPTION)
    risk = serializers.CharField(max_length=deciding.LONGEST_OPTION, allow_blank=True, default="")


class ObjectionSerializer(serializers.ModelSerializer):
    """A strong objection."""

    user = PersonField(read_only=True)

    class Meta:
        model = Objection
        fields = ("id", "user", "text", "raised_at", "withdrawn_at")
        read_only_fields = fields


class DecisionSerializer(serializers.ModelSerializer):
    """A decision, or a proposal of one."""

    options = OptionSerializer(many=True, read_only=True)
    objections = ObjectionSerializer(many=True, read_only=True)
    proposed_by = PersonField(read_only=True)
    decided_by = PersonField(read_only=True)

    class Meta:
        model = Decision
        fields = (
            "id",
            "state",
            "question",
            "options",
            "recommended",
            "closes_at",
            "closed_at",
            "objections",
            "outcome",
            "reason",
            "revisit_at",
            "proposed_by",
            "proposed_at",
            "decided_by",
            "decided_at",
            "version",
        )
        read_only_fields = fields


class ProposeSerializer(StrictSerializer):
    """A proposal; or with `outcome`, which is the commander's to give, a decision at once."""

    question = serializers.CharField(max_length=deciding.LONGEST_QUESTION, required=False)
    options = OptionSerializer(many=True, default=list)
    recommended = serializers.IntegerField(min_value=0, allow_null=True, default=None)
    window_seconds = serializers.IntegerField(
        min_value=1,
        max_value=int(deciding.LONGEST_WINDOW.total_seconds()),
        allow_null=True,
        default=None,
        help_text="How long strong objections are asked for.",
    )
    outcome = serializers.CharField(max_length=deciding.LONGEST_OUTCOME, required=False)
    reason = serializers.CharField(max_length=deciding.LONGEST_OUTCOME, allow_blank=True, default="")
    revisit_at = serializers.DateTimeField(allow_null=True, default=None)

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if not attrs.get("question") and not attrs.get("outcome"):
            raise serializers.ValidationError("Give a question to propose, or an outcome to record.")
        return attrs


class EditProposalSerializer(StrictSerializer):
    """The words of a proposal."""

    question = serializers.CharField(max_length=deciding.LONGEST_QUESTION, required=False)
    options = OptionSerializer(many=True, required=False)
    recommended = serializers.IntegerField(min_value=0, allow_null=True, required=False)
    version = serializers.IntegerField(required=False, help_text="What the caller saw; 409 with both if it changed.")


class DecideSerializer(StrictSerializer):
    outcome = serializers.CharField(max_length=deciding.LONGEST_OUTCOME)
    reason = serializers.CharField(max_length=deciding.LONGEST_OUTCOME, allow_blank=True, default="")
    revisit_at = serializers.DateTimeField(allow_null=True, default=None)
    version = serializers.IntegerField(required=False)


class ObjectSerializer(StrictSerializer):
    text = serializers.CharField(max_length=500)


class WithdrawSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class Decisions(IncidentView):
    newest = ("-id",)

    @extend_schema(operation_id="decisions_list", responses=DecisionSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """Decisions and proposals, newest first."""
        rows = self.incident.decisions.select_related("proposed_by", "decided_by")
        return self.page_of(rows.prefetch_related("objections__user"), DecisionSerializer)

    @extend_schema(operation_id="decisions_propose", request=ProposeSerializer, responses={201: DecisionSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Proposes a decision, or with an outcome records one."""
        asked = self.read(ProposeSerializer)
        if asked.get("outcome"):
            decision = deciding.record(
                self.incident,
                by=self.caller,
                outcome=asked["outcome"],
                reason=asked["reason"],
                question=asked.get("question", ""),
                revisit_at=asked["revisit_at"],
            )
        else:
            seconds = asked["window_seconds"]
            decision = deciding.propose(
                self.incident,
                by=self.caller,
                question=asked["question"],
                options=asked["options"],
                recommended=asked["recommended"],
                window=timedelta(seconds=seconds) if seconds else None,
            )
        return Response(DecisionSerializer(decision).data, status=status.HTTP_201_CREATED)


class DecisionView(IncidentView):
    """A view of one decision."""

    def decision(self, pk: int) -> Decision:
        rows = self.incident.decisions.select_related("incident", "proposed_by", "decided_by")
        return get_object_or_404(rows.prefetch_related("objections__user"), pk=pk)

    def answer(self, decision: Decision) -> Response:
        """The decision as it is now."""
        return Response(DecisionSerializer(self.decision(decision.pk)).data)


class OneDecision(DecisionView):
    @extend_schema(operation_id="decisions_read", responses=DecisionSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """One decision."""
        return Response(DecisionSerializer(self.decision(pk)).data)

    @extend_schema(operation_id="decisions_edit", request=EditProposalSerializer, responses=DecisionSerializer)
    def patch(self, request: Request, key: str, pk: int) -> Response:
        """Changes the words of a proposal."""
        decision = self.decision(pk)
        asked = self.read(EditProposalSerializer, partial=True)
        changed = deciding.edit(
            decision,
            by=self.caller,
            seen_version=asked.get("version"),
            question=asked.get("question", decision.question),
            options=asked.get("options", decision.options),
            recommended=asked.get("recommended", decision.recommended),
        )
        return self.answer(changed)


class Decide(DecisionView):
    @extend_schema(operation_id="decisions_decide", request=DecideSerializer, responses=DecisionSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Settles a proposal; against an open window or an objection it needs a reason."""
        decision = self.decision(pk)
        asked = self.read(DecideSerializer)
        seen = asked.pop("version", None)
        return self.answer(deciding.decide(decision, by=self.caller, seen_version=seen, **asked))


class Objections(DecisionView):
    @extend_schema(operation_id="decisions_object", request=ObjectSerializer, responses={201: DecisionSerializer})
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Raises a strong objection; a second one replaces the first."""
        decision = self.decision(pk)
        deciding.object_to(decision, by=self.caller, text=str(self.read(ObjectSerializer)["text"]))
        return Response(DecisionSerializer(self.decision(pk)).data, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="decisions_take_back", request=None, responses=DecisionSerializer)
    def delete(self, request: Request, key: str, pk: int) -> Response:
        """Takes the caller's own objection back."""
        decision = self.decision(pk)
        own = get_object_or_404(decision.objections.select_related("decision__incident", "user"), user=self.caller)
        deciding.take_back_objection(own, by=self.caller)
        return self.answer(decision)


class Withdraw(DecisionView):
    @extend_schema(operation_id="decisions_withdraw", request=WithdrawSerializer, responses=DecisionSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Takes a proposal back."""
        decision = self.decision(pk)
        reason = str(self.read(WithdrawSerializer)["reason"])
        return self.answer(deciding.withdraw(decision, by=self.caller, reason=reason))
