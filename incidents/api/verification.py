"""Verification by API: what is still to be seen before anyone says that it is over."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import IncidentView
from incidents.models import CheckKind, CheckState, VerificationCheck
from incidents.response import verification

#: What a person adds; alerts are watched by themselves.
ADDED_KINDS = [
    (CheckKind.MEASURED.value, CheckKind.MEASURED.label),
    (CheckKind.SIGNED.value, CheckKind.SIGNED.label),
]
#: What a person settles a check to.
SETTLED_STATES = [
    (CheckState.PASSED.value, CheckState.PASSED.label),
    (CheckState.FAILED.value, CheckState.FAILED.label),
    (CheckState.WAIVED.value, CheckState.WAIVED.label),
]


class VerificationSerializer(serializers.ModelSerializer):
    """One thing to verify."""

    tester = PersonField(read_only=True)
    settled_by = PersonField(read_only=True)
    created_by = PersonField(read_only=True)

    class Meta:
        model = VerificationCheck
        fields = (
            "id", "kind", "title", "state", "minutes", "reading", "note", "holds_since", "tester", "settled_by",
            "settled_at", "created_by", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class AddCheckSerializer(StrictSerializer):
    title = serializers.CharField(max_length=verification.LONGEST_TITLE)
    kind = serializers.ChoiceField(ADDED_KINDS, default=CheckKind.MEASURED.value)
    minutes = serializers.IntegerField(min_value=0, max_value=verification.LONGEST_WAIT, default=0)
    tester = PersonField(allow_null=True, default=None)


class SettleCheckSerializer(StrictSerializer):
    """Who tries it; or how it stands: a tester signs, a reading is entered, or it is waived."""

    tester = PersonField(required=False)
    state = serializers.ChoiceField(SETTLED_STATES, required=False)
    reading = serializers.CharField(
        max_length=verification.LONGEST_READING,
        required=False,
        help_text="What was read off, for what is measured: state passed says that it is well.",
    )
    note = serializers.CharField(
        max_length=verification.LONGEST_NOTE,
        allow_blank=True,
        required=False,
        help_text="What the tester saw, or why it is waived.",
    )

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if "tester" not in attrs and "state" not in attrs:
            raise serializers.ValidationError("Name a tester, or the state.")
        return attrs


class Checks(IncidentView):
    @extend_schema(operation_id="verification_list", responses=VerificationSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """Checks, newest first."""
        rows = self.incident.verification.select_related("tester", "settled_by", "created_by")
        return self.page_of(rows, VerificationSerializer)

    @extend_schema(operation_id="verification_add", request=AddCheckSerializer, responses={201: VerificationSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Adds something to measure, or to be tried by a tester."""
        check = verification.add(self.incident, by=self.caller, **self.read(AddCheckSerializer))
        return Response(VerificationSerializer(check).data, status=status.HTTP_201_CREATED)


class OneCheck(IncidentView):
    @extend_schema(operation_id="verification_read", responses=VerificationSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """One check."""
        return Response(VerificationSerializer(self.row(pk)).data)

    @extend_schema(operation_id="verification_settle", request=SettleCheckSerializer, responses=VerificationSerializer)
    def patch(self, request: Request, key: str, pk: int) -> Response:
        """Names a tester, signs, enters a reading, or waives with the reason."""
        row = self.row(pk)
        asked = self.read(SettleCheckSerializer)
        with transaction.atomic():
            if "tester" in asked:
                row = verification.assign(row, asked["tester"], by=self.caller)
            if "state" in asked:
                row = self.settle(row, asked)
        return Response(VerificationSerializer(self.row(row.pk)).data)

    def settle(self, row: VerificationCheck, asked: dict[str, str]) -> VerificationCheck:
        """By the work function that fits the kind of check."""
        state, note = asked["state"], asked.get("note", "")
        if state == CheckState.WAIVED:
            return verification.waive(row, by=self.caller, reason=note)
        is_well = state == CheckState.PASSED
        match row.kind:
            case CheckKind.SIGNED:
                return verification.sign(row, by=self.caller, works=is_well, note=note)
            case CheckKind.MEASURED:
                return verification.read(row, by=self.caller, reading=asked.get("reading", ""), holds=is_well)
            case _:
                raise ValidationError("Alerts are watched by themselves; they can be waived.")

    def row(self, pk: int) -> VerificationCheck:
        related = ("incident", "tester", "settled_by", "created_by")
        return get_object_or_404(self.incident.verification.select_related(*related), pk=pk)
