"""Workstreams, reports and questions to experts by API."""

from datetime import timedelta
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.paging import whole, whole_list
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import IncidentView
from incidents.models import AdviceRequest, AdviceState, CanReport, Confidence, Service, Workstream
from incidents.response import advice, coordination

LONGEST_MINUTES = 24 * 60


class WorkstreamSerializer(serializers.ModelSerializer):
    """A part of the work with a lead of its own."""

    lead = PersonField(read_only=True)
    members = PersonField(many=True, read_only=True)

    class Meta:
        model = Workstream
        fields = (
            "id",
            "name",
            "goal",
            "lead",
            "members",
            "due_at",
            "report_asked_at",
            "ended_at",
            "created_at",
            "version",
        )
        read_only_fields = fields


class StartSerializer(StrictSerializer):
    name = serializers.CharField(max_length=coordination.LONGEST_NAME)
    goal = serializers.CharField(max_length=coordination.LONGEST_GOAL, allow_blank=True, default="")
    lead = PersonField(required=False, allow_null=True)
    members = PersonField(many=True, required=False)
    timebox_minutes = serializers.IntegerField(
        min_value=1, max_value=LONGEST_MINUTES, required=False, allow_null=True, help_text="From now; null lifts it."
    )


class ChangeStreamSerializer(StartSerializer):
    """What changes; `version` is the one that the caller has seen. `ended` ends it."""

    goal = serializers.CharField(max_length=coordination.LONGEST_GOAL, allow_blank=True, required=False)
    version = serializers.IntegerField(required=False)
    ended = serializers.BooleanField(required=False)
    outcome = serializers.CharField(max_length=300, allow_blank=True, required=False)


class CanReportSerializer(serializers.ModelSerializer):
    """Conditions, actions, needs."""

    workstream: serializers.PrimaryKeyRelatedField = serializers.PrimaryKeyRelatedField(read_only=True)
    reported_by = PersonField(read_only=True)

    class Meta:
        model = CanReport
        fields = ("id", "conditions", "actions", "needs", "workstream", "reported_by", "reported_at")
        read_only_fields = fields


class ReportSerializer(StrictSerializer):
    """Only conditions are needed."""

    conditions = serializers.CharField(max_length=coordination.LONGEST_FIELD)
    actions = serializers.CharField(max_length=coordination.LONGEST_FIELD, allow_blank=True, default="")
    needs = serializers.CharField(max_length=coordination.LONGEST_FIELD, allow_blank=True, default="")
    workstream = serializers.IntegerField(required=False, allow_null=True)


class AdviceSerializer(serializers.ModelSerializer):
    """A question to an expert, and the answer."""

    asked = PersonField(read_only=True, help_text="Whom, now.")
    asked_by = PersonField(read_only=True)
    answered_by = PersonField(read_only=True)
    service: serializers.SlugRelatedField = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = AdviceRequest
        fields = (
            "id",
            "state",
            "question",
            "context",
            "is_urgent",
            "asked",
            "asked_by",
            "asked_at",
            "due_at",
            "service",
            "action",
            "hypothesis",
            "answer",
            "confidence",
            "answered_by",
            "answered_at",
        )
        read_only_fields = fields


class AskSerializer(StrictSerializer):
    """A question; without `asked` the first expert who owns `service`, or one of the incident's services."""

    question = serializers.CharField(max_length=advice.LONGEST_QUESTION)
    asked = PersonField(required=False)
    context = serializers.CharField(  # type: ignore[assignment]  # the trade's word; a serializer has one of its own
        max_length=advice.LONGEST_ANSWER, allow_blank=True, default=""
    )
    wait_minutes = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES, default=10)
    is_urgent = serializers.BooleanField(default=False)
    service = serializers.SlugRelatedField(slug_field="slug", queryset=Service.objects.all(), required=False)
    hypothesis = serializers.IntegerField(required=False, help_text="Id of a hypothesis of this incident.")
    action = serializers.IntegerField(required=False, help_text="Id of an action of this incident.")


class AnswerSerializer(StrictSerializer):
    answer = serializers.CharField(max_length=advice.LONGEST_ANSWER)
    confidence = serializers.ChoiceField(Confidence.choices, default=Confidence.LIKELY)


class DeclineSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")


class HandOnSerializer(StrictSerializer):
    to = PersonField()


class AskBackSerializer(StrictSerializer):
    text = serializers.CharField(max_length=2000)


class ChangeAdviceSerializer(StrictSerializer):
    """Takes the question back."""

    state = serializers.ChoiceField([(AdviceState.WITHDRAWN.value, AdviceState.WITHDRAWN.label)])
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")


class Workstreams(IncidentView):
    @extend_schema(operation_id="workstreams_list", responses=whole_list(WorkstreamSerializer))
    def get(self, request: Request, key: str) -> Response:
        """All workstreams, ended ones too."""
        rows = self.incident.workstreams.select_related("lead").prefetch_related("members")
        return whole(WorkstreamSerializer(rows.order_by("-pk"), many=True).data)

    @extend_schema(operation_id="workstreams_start", request=StartSerializer, responses={201: WorkstreamSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Starts a workstream."""
        given = self.read(StartSerializer)
        timebox = _length(given.pop("timebox_minutes", None))
        stream = coordination.start(self.incident, by=self.caller, timebox=timebox, **given)
        return Response(WorkstreamSerializer(stream).data, status=status.HTTP_201_CREATED)


class OneWorkstream(IncidentView):
    @extend_schema(operation_id="workstreams_read", responses=WorkstreamSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """One workstream."""
        return Response(WorkstreamSerializer(self.stream(pk)).data)

    @extend_schema(operation_id="workstreams_change", request=ChangeStreamSerializer, responses=WorkstreamSerializer)
    def patch(self, request: Request, key: str, pk: int) -> Response:
        """Changes name, goal, lead, members or the timebox, or ends it."""
        stream = self.stream(pk)
        given = self.read(ChangeStreamSerializer, partial=True)
        words = {name: given[name] for name in (*coordination.EDITABLE, "members") if name in given}
        if words:
            stream = coordination.change(stream, by=self.caller, seen_version=given.get("version"), **words)
        if "timebox_minutes" in given:
            stream = coordination.give_time(stream, by=self.caller, timebox=_length(given["timebox_minutes"]))
        if given.get("ended"):
            stream = coordination.end(stream, by=self.caller, outcome=given.get("outcome", ""))
        return Response(WorkstreamSerializer(stream).data)

    def stream(self, pk: int) -> Workstream:
        found = get_object_or_404(self.incident.workstreams.select_related("lead"), pk=pk)
        found.incident = self.incident
        return found


class AskReport(OneWorkstream):
    http_method_names = ("post", "options")

    @extend_schema(operation_id="workstreams_ask_report", request=None, responses=WorkstreamSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Asks lead and members how it goes."""
        return Response(WorkstreamSerializer(coordination.ask_report(self.stream(pk), by=self.caller)).data)


class CanReports(IncidentView):
    @extend_schema(operation_id="can_reports_list", responses=CanReportSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """All reports, the newest first."""
        return self.page_of(self.incident.can_reports.select_related("reported_by"), CanReportSerializer)

    @extend_schema(operation_id="can_reports_write", request=ReportSerializer, responses={201: CanReportSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Writes a report."""
        given = self.read(ReportSerializer)
        number = given.pop("workstream", None)
        stream = get_object_or_404(self.incident.workstreams.all(), pk=number) if number is not None else None
        written = coordination.report(self.incident, by=self.caller, workstream=stream, **given)
        return Response(CanReportSerializer(written).data, status=status.HTTP_201_CREATED)


class Advice(IncidentView):
    @extend_schema(operation_id="advice_list", responses=AdviceSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """All questions, the newest first."""
        rows = self.incident.advice.select_related("asked", "asked_by", "answered_by", "service")
        return self.page_of(rows, AdviceSerializer)

    @extend_schema(operation_id="advice_ask", request=AskSerializer, responses={201: AdviceSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Asks an expert."""
        incident = self.incident
        given = self.read(AskSerializer)
        wait = timedelta(minutes=given.pop("wait_minutes"))
        for name, rows in (("hypothesis", incident.hypotheses), ("action", incident.actions)):
            if name in given:
                given[name] = get_object_or_404(rows.all(), pk=given[name])
        asked = advice.ask(incident, by=self.caller, wait=wait, **given)
        return Response(AdviceSerializer(asked).data, status=status.HTTP_201_CREATED)


class OneAdvice(IncidentView):
    @extend_schema(operation_id="advice_read", responses=AdviceSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """One question."""
        return Response(AdviceSerializer(self.question(pk)).data)

    @extend_schema(operation_id="advice_change", request=ChangeAdviceSerializer, responses=AdviceSerializer)
    def patch(self, request: Request, key: str, pk: int) -> Response:
        """Takes a question back."""
        question = self.question(pk)
        reason = str(self.read(ChangeAdviceSerializer)["reason"])
        return Response(AdviceSerializer(advice.withdraw(question, by=self.caller, reason=reason)).data)

    def question(self, pk: int) -> AdviceRequest:
        people = ("asked", "asked_by", "answered_by", "service")
        found = get_object_or_404(self.incident.advice.select_related(*people), pk=pk)
        found.incident = self.incident
        return found


class AdviceStep(OneAdvice):
    """What whoever is asked does with a question."""

    http_method_names = ("post", "options")


class Answer(AdviceStep):
    @extend_schema(operation_id="advice_answer", request=AnswerSerializer, responses=AdviceSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Answers it: only whoever is asked now."""
        question = self.question(pk)
        given = self.read(AnswerSerializer)
        answered = advice.answer(question, by=self.caller, text=given["answer"], confidence=given["confidence"])
        return Response(AdviceSerializer(answered).data)


class Decline(AdviceStep):
    @extend_schema(operation_id="advice_decline", request=DeclineSerializer, responses=AdviceSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Says that it is not theirs: the next expert is asked."""
        question = self.question(pk)
        given = self.read(DeclineSerializer)
        return Response(AdviceSerializer(advice.decline(question, by=self.caller, **given)).data)


class HandOn(AdviceStep):
    @extend_schema(operation_id="advice_hand_on", request=HandOnSerializer, responses=AdviceSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Passes it to another expert."""
        question = self.question(pk)
        given = self.read(HandOnSerializer)
        return Response(AdviceSerializer(advice.hand_on(question, by=self.caller, to=given["to"])).data)


class AskBack(AdviceStep):
    @extend_schema(operation_id="advice_ask_back", request=AskBackSerializer, responses=AdviceSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Asks the asker something first; the time to answer starts anew."""
        question = self.question(pk)
        advice.ask_back(question, by=self.caller, text=str(self.read(AskBackSerializer)["text"]))
        return Response(AdviceSerializer(question).data)


def _length(minutes: Any) -> timedelta | None:
    return timedelta(minutes=minutes) if minutes else None
