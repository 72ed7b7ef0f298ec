"""Escalations and follow-ups by API."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.customers import TierField
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import IncidentView
from incidents.communication import customers, escalations, follow_ups
from incidents.models import CustomerEscalation, FollowUp, FollowUpState, Urgency
from roles.catalog import Role
from roles.policy import authorize


class EscalationSerializer(serializers.ModelSerializer):
    """A customer who cannot wait."""

    account = serializers.SlugRelatedField(  # type: ignore[var-annotated]
        slug_field="name", read_only=True
    )
    owner = PersonField(read_only=True)
    opened_by = PersonField(read_only=True)
    acknowledged_by = PersonField(read_only=True)
    answered_by = PersonField(read_only=True)

    class Meta:
        model = CustomerEscalation
        fields = (
            "id",
            "state",
            "title",
            "reason",
            "urgency",
            "account",
            "report",
            "owner_role",
            "owner",
            "opened_by",
            "opened_at",
            "acknowledge_by",
            "acknowledged_by",
            "acknowledged_at",
            "breached_at",
            "paging",
            "outcome",
            "answered_by",
            "answered_at",
            "version",
        )
        read_only_fields = fields


class EscalateSerializer(StrictSerializer):
    title = serializers.CharField(max_length=escalations.LONGEST_TITLE)
    reason = serializers.CharField(max_length=escalations.LONGEST_TEXT, allow_blank=True, default="")
    urgency = serializers.ChoiceField(Urgency.choices, default=Urgency.SOON)
    owner_role = serializers.ChoiceField(
        [(one.value, one.label) for one in escalations.OWNERS], default=Role.TECH_LEAD.value
    )
    account_name = serializers.CharField(max_length=150, allow_blank=True, default="")
    report = serializers.IntegerField(allow_null=True, default=None, help_text="A report of this incident.")


class OutcomeSerializer(StrictSerializer):
    outcome = serializers.CharField(max_length=escalations.LONGEST_TEXT)


class WhySerializer(StrictSerializer):
    reason = serializers.CharField(max_length=escalations.LONGEST_TEXT, allow_blank=True, default="")


class Escalations(IncidentView):
    newest = ("-id",)

    @extend_schema(operation_id="escalations_list", responses=EscalationSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """Escalations, newest first; for those who may read reports."""
        authorize(self.caller, "incidents.view_reports", self.incident)
        people = ("owner", "opened_by", "acknowledged_by", "answered_by", "account")
        return self.page_of(self.incident.escalations.select_related(*people), EscalationSerializer)

    @extend_schema(operation_id="escalations_open", request=EscalateSerializer, responses={201: EscalationSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Brings a customer to the Technical Lead or the commander."""
        authorize(self.caller, "incidents.escalate", self.incident)
        asked = self.read(EscalateSerializer)
        number, name = asked.pop("report"), asked.pop("account_name")
        report = get_object_or_404(self.incident.customer_reports, pk=number) if number else None
        made = escalations.escalate(
            self.incident, by=self.caller, report=report, account=customers.account_named(name), **asked
        )
        return Response(EscalationSerializer(made).data, status=status.HTTP_201_CREATED)


class EscalationView(IncidentView):
    """A view of one escalation."""

    def row(self, pk: int) -> CustomerEscalation:
        found = get_object_or_404(self.incident.escalations.select_related("account__tier"), pk=pk)
        found.incident = self.incident
        return found


class Acknowledge(EscalationView):
    @extend_schema(operation_id="escalations_acknowledge", request=None, responses=EscalationSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Says "I have it"."""
        return Response(EscalationSerializer(escalations.acknowledge(self.row(pk), by=self.caller)).data)


class Answer(EscalationView):
    @extend_schema(operation_id="escalations_answer", request=OutcomeSerializer, responses=EscalationSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Says what the customer can be told."""
        authorize(self.caller, "incidents.acknowledge_escalation", self.incident)
        outcome = str(self.read(OutcomeSerializer)["outcome"])
        return Response(EscalationSerializer(escalations.answer(self.row(pk), by=self.caller, outcome=outcome)).data)


class Withdraw(EscalationView):
    @extend_schema(operation_id="escalations_withdraw", request=WhySerializer, responses=EscalationSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Takes it back."""
        authorize(self.caller, "incidents.escalate", self.incident)
        reason = str(self.read(WhySerializer)["reason"])
        return Response(EscalationSerializer(escalations.withdraw(self.row(pk), by=self.caller, reason=reason)).data)


# --- follow-ups -------------------------------------------------------------------------------


class FollowUpSerializer(serializers.ModelSerializer):
    """One customer who must hear how it ended."""

    tier = TierField(read_only=True)
    done_by = PersonField(read_only=True)

    class Meta:
        model = FollowUp
        fields = (
            "id",
            "state",
            "name",
            "contact",
            "tier",
            "report",
            "escalation",
            "note",
            "text",
            "done_by",
            "done_at",
        )
        read_only_fields = fields


class SettleSerializer(StrictSerializer):
    state = serializers.ChoiceField(
        [
            (FollowUpState.CONTACTED.value, "Told in another way"),
            (FollowUpState.WAIVED.value, "Not needed"),
            (FollowUpState.OPEN.value, "Not told after all"),
        ]
    )
    note = serializers.CharField(max_length=follow_ups.LONGEST_NOTE, allow_blank=True, default="")


class SentSerializer(serializers.Serializer):
    sent = serializers.IntegerField(help_text="How many were written to.")
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    percent = serializers.IntegerField()


class FollowUps(IncidentView):
    newest = ("-id",)

    @extend_schema(operation_id="follow_ups_list", responses=FollowUpSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """Who must hear how it ended, newest first; for those who may read reports."""
        authorize(self.caller, "incidents.view_reports", self.incident)
        return self.page_of(self.incident.follow_ups.select_related("tier", "done_by"), FollowUpSerializer)


class SendFollowUps(IncidentView):
    @extend_schema(operation_id="follow_ups_send", request=None, responses=SentSerializer)
    def post(self, request: Request, key: str) -> Response:
        """Writes to all who have not heard and can be mailed; safe to repeat."""
        sent = follow_ups.send(self.incident, by=self.caller)
        progress = follow_ups.progress(self.incident)
        figures = {"sent": sent, "total": progress.total, "done": progress.done, "percent": progress.percent}
        return Response(SentSerializer(figures).data)


class OneFollowUp(IncidentView):
    @extend_schema(operation_id="follow_ups_settle", request=SettleSerializer, responses=FollowUpSerializer)
    def patch(self, request: Request, key: str, pk: int) -> Response:
        """Marks a customer as told in another way, as not needed, or takes that back."""
        authorize(self.caller, "incidents.follow_up", self.incident)
        row = get_object_or_404(self.incident.follow_ups.select_related("tier", "done_by"), pk=pk)
        row.incident = self.incident
        asked = self.read(SettleSerializer)
        if asked["state"] == FollowUpState.CONTACTED:
            follow_ups.mark_contacted(row, by=self.caller, note=asked["note"])
        elif asked["state"] == FollowUpState.WAIVED:
            follow_ups.waive(row, by=self.caller, reason=asked["note"])
        else:
            follow_ups.open_again(row, by=self.caller)
        return Response(FollowUpSerializer(row).data)
