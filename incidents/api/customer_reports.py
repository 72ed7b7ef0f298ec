"""Customer reports by API: of one incident, and those that belong to none yet."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.own import ServiceField
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import ApiView, IncidentView, IsResponder
from incidents.communication import customer_reports, replies, signals
from incidents.models import (
    AnsweredThrough,
    CustomerReport,
    CustomerSignal,
    Incident,
    Macro,
    ReportSource,
    ReportState,
)
from roles.policy import authorize


class CustomerReportSerializer(serializers.ModelSerializer):
    """What one customer says."""

    incident = serializers.SlugRelatedField(  # type: ignore[var-annotated]
        slug_field="key", read_only=True
    )
    account = serializers.SlugRelatedField(  # type: ignore[var-annotated]
        slug_field="name", read_only=True
    )
    tier = serializers.SerializerMethodField()
    service = ServiceField(read_only=True)
    recorded_by = PersonField(read_only=True)
    answered_by = PersonField(read_only=True)

    class Meta:
        model = CustomerReport
        fields = (
            "id",
            "incident",
            "state",
            "account",
            "account_name",
            "tier",
            "contact",
            "channel",
            "source",
            "symptom",
            "verbatim",
            "service",
            "component",
            "count",
            "ticket",
            "is_about_money",
            "external_id",
            "reported_at",
            "recorded_by",
            "answered_at",
            "answered_by",
            "answered_through",
            "answer",
            "note",
        )
        read_only_fields = fields

    def get_tier(self, report: CustomerReport) -> str | None:
        """Slug of the customer's tier."""
        return report.account.tier.slug if report.account and report.account.tier else None


class WriteReportSerializer(StrictSerializer):
    symptom = serializers.CharField(max_length=customer_reports.LONGEST_SYMPTOM, required=False)
    account_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    contact = serializers.CharField(max_length=254, allow_blank=True, required=False)
    channel = serializers.ChoiceField(CustomerReport.Channel.choices, required=False)
    verbatim = serializers.CharField(max_length=customer_reports.LONGEST_VERBATIM, allow_blank=True, required=False)
    service = ServiceField(allow_null=True, required=False)
    component = serializers.SlugField(max_length=50, allow_blank=True, required=False)
    count = serializers.IntegerField(min_value=1, max_value=customer_reports.MOST_AT_ONCE, required=False)
    ticket = serializers.CharField(max_length=200, allow_blank=True, required=False)
    is_about_money = serializers.BooleanField(required=False)


class RecordReportSerializer(WriteReportSerializer):
    symptom = serializers.CharField(max_length=customer_reports.LONGEST_SYMPTOM)
    external_id = serializers.CharField(max_length=300, required=False, help_text="Taken once.")
    reported_at = serializers.DateTimeField(required=False, help_text="Now, unless it was earlier.")


class ChangeReportSerializer(WriteReportSerializer):
    state = serializers.ChoiceField(
        [(ReportState.DISMISSED.value, "Dismissed"), (ReportState.WAITING.value, "Waiting")], required=False
    )
    note = serializers.CharField(max_length=300, allow_blank=True, required=False, help_text="Why it is dismissed.")


class ReplySerializer(StrictSerializer):
    macro = serializers.PrimaryKeyRelatedField(
        queryset=Macro.objects.filter(is_active=True, for_follow_up=False),
        allow_null=True,
        default=None,
        help_text="None: the approved answer alone.",
    )
    through = serializers.ChoiceField(AnsweredThrough.choices, default=AnsweredThrough.EMAIL)


class SortSerializer(StrictSerializer):
    incident = serializers.CharField(max_length=20, help_text="Its key.")


class DismissSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")


class SignalSerializer(serializers.ModelSerializer):
    """What the number of reports suggests."""

    rule = serializers.SlugRelatedField(  # type: ignore[var-annotated]
        slug_field="name", read_only=True
    )
    settled_by = PersonField(read_only=True)

    class Meta:
        model = CustomerSignal
        fields = (
            "id",
            "rule",
            "suggests_severity",
            "words",
            "raised_at",
            "settled_at",
            "settled_by",
            "is_followed",
            "reason",
        )
        read_only_fields = fields


class AsideSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=signals.LONGEST_REASON)


ROWS = ("account__tier", "service", "recorded_by", "answered_by", "incident")


class CustomerReports(IncidentView):
    newest = ("-id",)

    @extend_schema(operation_id="customer_reports_list", responses=CustomerReportSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """The reports of an incident, newest first; for those who may read them."""
        authorize(self.caller, "incidents.view_reports", self.incident)
        return self.page_of(self.incident.customer_reports.select_related(*ROWS), CustomerReportSerializer)

    @extend_schema(
        operation_id="customer_reports_record",
        request=RecordReportSerializer,
        responses={201: CustomerReportSerializer},
    )
    def post(self, request: Request, key: str) -> Response:
        """Writes a report down; with an `external_id` once."""
        asked = self.read(RecordReportSerializer)
        made = customer_reports.record(self.incident, by=self.caller, source=ReportSource.API, **asked)
        return Response(CustomerReportSerializer(made).data, status=status.HTTP_201_CREATED)


class ReportView(IncidentView):
    """A view of one report."""

    def row(self, pk: int) -> CustomerReport:
        found = get_object_or_404(self.incident.customer_reports.select_related(*ROWS), pk=pk)
        found.incident = self.incident
        return found

    def answer(self, pk: int) -> Response:
        """The report as it is now."""
        return Response(CustomerReportSerializer(self.row(pk)).data)


class OneCustomerReport(ReportView):
    @extend_schema(operation_id="customer_reports_read", responses=CustomerReportSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """One report."""
        authorize(self.caller, "incidents.view_reports", self.incident)
        return self.answer(pk)

    @extend_schema(
        operation_id="customer_reports_change", request=ChangeReportSerializer, responses=CustomerReportSerializer
    )
    def patch(self, request: Request, key: str, pk: int) -> Response:
        """Puts a report right, dismisses it, or has it count again."""
        authorize(self.caller, "incidents.record_report", self.incident)
        report, asked = self.row(pk), self.read(ChangeReportSerializer, partial=True)
        state, note = asked.pop("state", None), asked.pop("note", "")
        if asked:
            report = customer_reports.change(report, by=self.caller, **asked)
        if state == ReportState.DISMISSED:
            customer_reports.dismiss(report, by=self.caller, reason=note)
        elif state == ReportState.WAITING:
            customer_reports.take_back(report, by=self.caller)
        return self.answer(pk)


class Reply(ReportView):
    @extend_schema(operation_id="customer_reports_reply", request=ReplySerializer, responses=CustomerReportSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Answers it in approved words, by e-mail or as told; safe to repeat."""
        authorize(self.caller, "incidents.record_report", self.incident)
        replies.reply(self.row(pk), by=self.caller, **self.read(ReplySerializer))
        return self.answer(pk)


class Signals(IncidentView):
    newest = ("-id",)

    @extend_schema(operation_id="signals_list", responses=SignalSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """What reports suggested, newest first."""
        authorize(self.caller, "incidents.view_reports", self.incident)
        return self.page_of(self.incident.signals.select_related("rule", "settled_by"), SignalSerializer)


class SignalView(IncidentView):
    def row(self, pk: int) -> CustomerSignal:
        found = get_object_or_404(self.incident.signals.select_related("rule", "settled_by"), pk=pk)
        found.incident = self.incident
        return found


class FollowSignal(SignalView):
    @extend_schema(operation_id="signals_follow", request=None, responses=SignalSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Raises the severity as suggested."""
        return Response(SignalSerializer(signals.follow(self.row(pk), by=self.caller)).data)


class PutSignalAside(SignalView):
    @extend_schema(operation_id="signals_put_aside", request=AsideSerializer, responses=SignalSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Does not follow it, and says why."""
        signal = self.row(pk)
        authorize(
            self.caller,
            "incidents.change_state" if signal.suggests_severity else "incidents.draft_update",
            self.incident,
        )
        reason = str(self.read(AsideSerializer)["reason"])
        return Response(SignalSerializer(signals.put_aside(signal, by=self.caller, reason=reason)).data)


# --- those that belong to no incident ---------------------------------------------------------


class UnsortedReports(ApiView):
    permission_classes = (IsResponder,)
    newest = ("-id",)

    @extend_schema(operation_id="unsorted_reports_list", responses=CustomerReportSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Reports that belong to no incident yet, newest first."""
        authorize(self.caller, "incidents.sort_reports")
        return self.page_of(customer_reports.unsorted().select_related(*ROWS), CustomerReportSerializer)

    @extend_schema(
        operation_id="unsorted_reports_receive",
        request=RecordReportSerializer,
        responses={201: CustomerReportSerializer},
    )
    def post(self, request: Request) -> Response:
        """Takes a report in, to be sorted; with an `external_id` once."""
        authorize(self.caller, "incidents.sort_reports")
        asked = self.read(RecordReportSerializer)
        made = customer_reports.receive(by=self.caller, source=ReportSource.API, **asked)
        return Response(CustomerReportSerializer(made).data, status=status.HTTP_201_CREATED)


class UnsortedView(ApiView):
    permission_classes = (IsResponder,)

    def row(self, pk: int) -> CustomerReport:
        authorize(self.caller, "incidents.sort_reports")
        return get_object_or_404(CustomerReport.objects.select_related(*ROWS), incident=None, pk=pk)


class SortReport(UnsortedView):
    @extend_schema(operation_id="unsorted_reports_sort", request=SortSerializer, responses=CustomerReportSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Gives the report to an incident."""
        report, key = self.row(pk), self.read(SortSerializer)["incident"]
        into = Incident.objects.visible_to(self.caller).filter(key=key).first()
        if into is None:
            raise ValidationError({"incident": [f"There is no incident {key}."]})
        return Response(CustomerReportSerializer(customer_reports.sort(report, into=into, by=self.caller)).data)


class DismissReport(UnsortedView):
    @extend_schema(
        operation_id="unsorted_reports_dismiss", request=DismissSerializer, responses=CustomerReportSerializer
    )
    def post(self, request: Request, pk: int) -> Response:
        """Puts the report aside."""
        report = self.row(pk)
        reason = str(self.read(DismissSerializer)["reason"])
        return Response(CustomerReportSerializer(customer_reports.dismiss(report, by=self.caller, reason=reason)).data)
