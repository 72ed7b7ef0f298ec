"""Actions by API: proposing, clearing, running, and what they did."""

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.own import HypothesisField, ServiceField
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import IncidentView
from incidents.models import Action, ActionKind, ActionState, Risk
from incidents.response import acting, action_words

_SEEN = "What the caller saw; 409 if it was reworded since."


class ActionSerializer(serializers.ModelSerializer):
    """Something done to what we run. `may_start` says whether it is cleared."""

    executor = PersonField(read_only=True)
    proposed_by = PersonField(read_only=True)
    approved_by = PersonField(read_only=True)
    service = ServiceField(read_only=True)
    hypothesis = HypothesisField(read_only=True)
    may_start = serializers.SerializerMethodField()

    class Meta:
        model = Action
        fields = (
            "id", "kind", "title", "detail", "undo", "risk", "state", "may_start", "effect", "comment", "service",
            "hypothesis", "executor", "proposed_by", "proposed_at", "approved_by", "approved_at", "started_at",
            "ended_at", "version",
        )  # fmt: skip
        read_only_fields = fields

    def get_may_start(self, row: Action) -> bool:
        return acting.may_start(row)


class ProposeActionSerializer(StrictSerializer):
    title = serializers.CharField(max_length=action_words.LONGEST_TITLE)
    kind = serializers.ChoiceField(ActionKind.choices, default=ActionKind.MITIGATION.value)
    detail = serializers.CharField(max_length=action_words.LONGEST_TEXT, allow_blank=True, default="")
    undo = serializers.CharField(max_length=action_words.LONGEST_TEXT, allow_blank=True, default="")
    risk = serializers.ChoiceField(Risk.choices, default=Risk.MEDIUM.value)
    executor = PersonField(allow_null=True, default=None)
    service = ServiceField(allow_null=True, default=None)
    hypothesis = HypothesisField(allow_null=True, default=None)


class ChangeActionSerializer(StrictSerializer):
    """Its words, with the version that the caller saw; or the state that it is walked to."""

    title = serializers.CharField(max_length=action_words.LONGEST_TITLE, required=False)
    kind = serializers.ChoiceField(ActionKind.choices, required=False)
    detail = serializers.CharField(max_length=action_words.LONGEST_TEXT, allow_blank=True, required=False)
    undo = serializers.CharField(max_length=action_words.LONGEST_TEXT, allow_blank=True, required=False)
    risk = serializers.ChoiceField(Risk.choices, required=False)
    executor = PersonField(allow_null=True, required=False)
    service = ServiceField(allow_null=True, required=False)
    hypothesis = HypothesisField(allow_null=True, required=False)
    effect = serializers.CharField(max_length=action_words.LONGEST_WORDS, allow_blank=True, required=False)
    state = serializers.ChoiceField(ActionState.choices, required=False)
    comment = serializers.CharField(max_length=action_words.LONGEST_WORDS, allow_blank=True, required=False)
    version = serializers.IntegerField(required=False, help_text=_SEEN)


class ApproveActionSerializer(StrictSerializer):
    comment = serializers.CharField(max_length=action_words.LONGEST_WORDS, allow_blank=True, default="")
    version = serializers.IntegerField(required=False, help_text=_SEEN)


class DeclineActionSerializer(StrictSerializer):
    comment = serializers.CharField(max_length=action_words.LONGEST_WORDS, help_text="Why not.")
    version = serializers.IntegerField(required=False, help_text=_SEEN)


class StartActionSerializer(StrictSerializer):
    version = serializers.IntegerField(required=False, help_text=_SEEN)


class EndActionSerializer(StrictSerializer):
    effect = serializers.CharField(
        max_length=action_words.LONGEST_WORDS, allow_blank=True, default="", help_text="What it did: '38% → 2.1%'."
    )


class Actions(IncidentView):
    @extend_schema(operation_id="actions_list", responses=ActionSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """Actions, newest first."""
        related = ("incident", "executor", "proposed_by", "approved_by", "service")
        return self.page_of(self.incident.actions.select_related(*related), ActionSerializer)

    @extend_schema(operation_id="actions_propose", request=ProposeActionSerializer, responses={201: ActionSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Proposes an action; the caller carries it out unless another is named."""
        action = acting.propose(self.incident, by=self.caller, **self.read(ProposeActionSerializer))
        return Response(ActionSerializer(action).data, status=status.HTTP_201_CREATED)


class ActionView(IncidentView):
    """A view of one action."""

    def row(self, pk: int) -> Action:
        related = ("incident", "executor", "proposed_by", "approved_by", "service", "hypothesis")
        return get_object_or_404(self.incident.actions.select_related(*related), pk=pk)

    def walk(self, pk: int, verb: str, asks: type[StrictSerializer]) -> Response:
        row = self.row(pk)
        asked = self.read(asks)
        seen = asked.pop("version", None)
        return Response(ActionSerializer(acting.step(row, verb, by=self.caller, seen_version=seen, **asked)).data)


class OneAction(ActionView):
    @extend_schema(operation_id="actions_read", responses=ActionSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """One action."""
        return Response(ActionSerializer(self.row(pk)).data)

    @extend_schema(operation_id="actions_change", request=ChangeActionSerializer, responses=ActionSerializer)
    def patch(self, request: Request, key: str, pk: int) -> Response:
        """Rewords it, or walks it to a state, which asks for what its own address asks for."""
        row = self.row(pk)
        asked = self.read(ChangeActionSerializer, partial=True)
        seen, state, comment = asked.pop("version", None), asked.pop("state", ""), asked.pop("comment", "")
        effect = asked.pop("effect", "") if state and state != row.state else ""
        with transaction.atomic():
            if asked or not state:
                row = acting.edit(row, by=self.caller, seen_version=seen, **asked)
                seen = None
            if state and state != row.state:
                verb = acting.VERB_TO[state]
                row = acting.step(row, verb, by=self.caller, comment=comment, effect=effect, seen_version=seen)
        return Response(ActionSerializer(row).data)


class ApproveAction(ActionView):
    @extend_schema(operation_id="actions_approve", request=ApproveActionSerializer, responses=ActionSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Lets it run. At SEV1 and SEV2 the commander's alone."""
        return self.walk(pk, "approve", ApproveActionSerializer)


class DeclineAction(ActionView):
    @extend_schema(operation_id="actions_decline", request=DeclineActionSerializer, responses=ActionSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Does not let it run, and says why."""
        return self.walk(pk, "decline", DeclineActionSerializer)


class StartAction(ActionView):
    @extend_schema(operation_id="actions_start", request=StartActionSerializer, responses=ActionSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Starts it. 409 where the severity asks for an approval that is not given."""
        return self.walk(pk, "start", StartActionSerializer)


class FinishAction(ActionView):
    @extend_schema(operation_id="actions_finish", request=EndActionSerializer, responses=ActionSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Says that it is done, and what it did."""
        return self.walk(pk, "finish", EndActionSerializer)


class FailAction(ActionView):
    @extend_schema(operation_id="actions_fail", request=EndActionSerializer, responses=ActionSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Says that it could not be done, and what came of it."""
        return self.walk(pk, "fail", EndActionSerializer)


class RevertAction(ActionView):
    @extend_schema(operation_id="actions_revert", request=EndActionSerializer, responses=ActionSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Says that it was taken back."""
        return self.walk(pk, "revert", EndActionSerializer)
