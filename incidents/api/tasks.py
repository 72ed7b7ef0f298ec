"""Tasks by API: the board of one incident, one's own over all, and the quick line, gaps and report beside them."""

import json
from datetime import timedelta
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.paging import whole, whole_list
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.timeline import EntrySerializer
from incidents.api.views import ApiView, IncidentView
from incidents.models import Service, Task, TaskState
from incidents.models.task import Priority
from incidents.response import gaps, quick, task_fields, tasking
from incidents.views import report
from roles.catalog import Role

_LONGEST_MINUTES = int(task_fields.LONGEST_TIMEBOX.total_seconds()) // 60


class MinutesField(serializers.IntegerField):
    """A timebox, in minutes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=_LONGEST_MINUTES, **kwargs)

    def to_representation(self, value: Any) -> int:
        return int(value.total_seconds()) // 60


class ServiceField(serializers.SlugRelatedField):
    """A service by its slug."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="slug", queryset=Service.objects.all(), **kwargs)


class TaskSerializer(serializers.ModelSerializer):
    """One piece of work of one incident."""

    incident = serializers.CharField(source="incident.key", read_only=True)
    assignee = PersonField(read_only=True, allow_null=True)
    created_by = PersonField(read_only=True, allow_null=True)
    service: serializers.Field = serializers.SlugRelatedField(slug_field="slug", read_only=True, allow_null=True)
    timebox_minutes = MinutesField(source="timebox", read_only=True, allow_null=True)
    is_overdue = serializers.BooleanField(read_only=True)

    class Meta:
        model = Task
        fields = (
            "id",
            "incident",
            "title",
            "detail",
            "state",
            "priority",
            "area",
            "service",
            "assignee",
            "timebox_minutes",
            "due_at",
            "is_overdue",
            "is_needed_to_close",
            "created_by",
            "created_at",
            "assigned_at",
            "acknowledged_at",
            "ended_at",
            "version",
        )
        read_only_fields = fields


class _TaskFields(StrictSerializer):
    """What one may say of a task, whenever."""

    detail = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    assignee = PersonField(allow_null=True, required=False)
    timebox_minutes = MinutesField(
        allow_null=True, required=False, help_text="Runs from the moment at which somebody has it."
    )
    due_at = serializers.DateTimeField(allow_null=True, required=False, help_text="A fixed end, instead of a timebox.")
    priority = serializers.ChoiceField(Priority.choices, required=False)
    area = serializers.ChoiceField(
        [("", "none"), *Role.choices], required=False, help_text="The role whose work it is."
    )
    service = ServiceField(allow_null=True, required=False)
    is_needed_to_close = serializers.BooleanField(required=False)


class AddTaskSerializer(_TaskFields):
    """A new task."""

    title = serializers.CharField(max_length=task_fields.LONGEST_TITLE)


class ChangeTaskSerializer(_TaskFields):
    """Words, time, whose it is, and its state. Dropping says why, in `reason`."""

    title = serializers.CharField(max_length=task_fields.LONGEST_TITLE, required=False)
    state = serializers.ChoiceField(TaskState.choices, required=False)
    reason = serializers.CharField(max_length=300, allow_blank=True, required=False)
    version = serializers.IntegerField(required=False, help_text="What the caller saw; 409 with both if it changed.")


class QuickSerializer(StrictSerializer):
    line = serializers.CharField(
        max_length=quick.LONGEST_LINE,
        help_text="-5m /finding The pool empties; /action @priya restore 1c by 03:01; /d Wait because of the bank.",
    )


class GapSerializer(serializers.Serializer):
    """Something that nobody has written down."""

    kind = serializers.CharField(help_text="promise, task, reason, confidence, waved, effect, silence or impact")
    sentence = serializers.CharField()
    detail = serializers.CharField()
    line = serializers.CharField(help_text="The beginning of a quick line that closes it; may be empty.")
    at = serializers.DateTimeField(allow_null=True)


class RunningReportSectionSerializer(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField(help_text="filled, partly or empty")
    lacks = serializers.CharField()
    content = serializers.JSONField()


class RunningReportSerializer(serializers.Serializer):
    """The running report. Each section's content has a shape of its own."""

    key = serializers.CharField()
    title = serializers.CharField()
    severity = serializers.CharField()
    worst_severity = serializers.CharField()
    state = serializers.CharField()
    kind = serializers.CharField()
    compiled_at = serializers.DateTimeField()
    percent = serializers.IntegerField()
    sections = RunningReportSectionSerializer(many=True)


class Tasks(IncidentView):
    newest = ("-id",)

    @extend_schema(
        operation_id="tasks_list",
        parameters=[OpenApiParameter("state", str, enum=TaskState.values, description="Tasks of one state only.")],
        responses=TaskSerializer(many=True),
    )
    def get(self, request: Request, key: str) -> Response:
        """The tasks of one incident, newest first."""
        rows = self.incident.tasks.select_related("incident", "assignee", "created_by", "service")
        if state := request.query_params.get("state"):
            if state not in TaskState.values:
                raise serializers.ValidationError({"state": [f"{state[:40]} is no state of a task."]})
            rows = rows.filter(state=state)
        return self.page_of(rows, TaskSerializer)

    @extend_schema(operation_id="tasks_add", request=AddTaskSerializer, responses={201: TaskSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Adds a task: for oneself, for nobody yet, or with the right to assign for somebody else."""
        asked = _as_stored(self.read(AddTaskSerializer))
        task = tasking.add(self.incident, by=self.caller, **asked)
        return Response(TaskSerializer(task).data, status=status.HTTP_201_CREATED)


class TaskView(IncidentView):
    """A view of one task."""

    def task(self, pk: int) -> Task:
        rows = self.incident.tasks.select_related("assignee", "created_by", "service")
        found: Task = get_object_or_404(rows, pk=pk)
        found.incident = self.incident
        return found


class OneTask(TaskView):
    @extend_schema(operation_id="tasks_read", responses=TaskSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """One task."""
        return Response(TaskSerializer(self.task(pk)).data)

    @extend_schema(operation_id="tasks_change", request=ChangeTaskSerializer, responses=TaskSerializer)
    def patch(self, request: Request, key: str, pk: int) -> Response:
        """Changes words and time, gives it to somebody, takes it a step; all of it or nothing."""
        task = self.task(pk)
        asked = _as_stored(self.read(ChangeTaskSerializer))
        asked["seen_version"] = asked.pop("version", None)
        return Response(TaskSerializer(tasking.change(task, by=self.caller, **asked)).data)


class AcknowledgeTask(TaskView):
    @extend_schema(operation_id="tasks_acknowledge", request=None, responses=TaskSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Whoever has the task says: I am on it."""
        return Response(TaskSerializer(tasking.acknowledge(self.task(pk), by=self.caller)).data)


class OwnTasks(ApiView):
    newest = ("-id",)

    @extend_schema(
        operation_id="tasks_own",
        parameters=[
            OpenApiParameter(
                "mine",
                bool,
                description="true (default): open tasks that the caller has. false: open ones of nobody, "
                "in incidents where the caller holds a seat.",
            )
        ],
        responses=TaskSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Open tasks over all incidents, newest first."""
        mine = serializers.BooleanField().to_internal_value(request.query_params.get("mine", "true"))
        rows = Task.objects.waiting_for(self.caller) if mine else Task.objects.free_for(self.caller)
        return self.page_of(rows.select_related("incident", "assignee", "created_by", "service"), TaskSerializer)


class Quick(IncidentView):
    @extend_schema(operation_id="quick_record", request=QuickSerializer, responses={201: EntrySerializer})
    def post(self, request: Request, key: str) -> Response:
        """Writes what one line says, and answers the row that tells of it."""
        entry = quick.record(self.incident, str(self.read(QuickSerializer)["line"]), by=self.caller)
        return Response(EntrySerializer(entry).data, status=status.HTTP_201_CREATED)


class Gaps(IncidentView):
    @extend_schema(operation_id="gaps_list", responses=whole_list(GapSerializer))
    def get(self, request: Request, key: str) -> Response:
        """What nobody has written down, the loudest first."""
        return whole(GapSerializer(gaps.of(self.incident, self.caller), many=True).data)


class Markdown(BaseRenderer):
    """What was compiled, as text."""

    media_type = "text/markdown"
    format = "md"

    def render(self, data: object, accepted_media_type: object = None, renderer_context: object = None) -> bytes:
        return (data if isinstance(data, str) else json.dumps(data)).encode()


class RunningReport(IncidentView):
    renderer_classes = (JSONRenderer, Markdown)

    @extend_schema(
        operation_id="report_read",
        responses={(200, "application/json"): RunningReportSerializer, (200, "text/markdown"): str},
    )
    def get(self, request: Request, key: str) -> Response:
        """All that is known of the incident, as far as the caller may read it; as data, or with `?format=md` as
        Markdown."""
        found = report.compiled(self.incident, self.caller)
        is_text = isinstance(request.accepted_renderer, Markdown)
        return Response(found.markdown() if is_text else found.data())


def _as_stored(asked: dict[str, Any]) -> dict[str, Any]:
    """Minutes become the length that they are."""
    if "timebox_minutes" in asked:
        minutes = asked.pop("timebox_minutes")
        asked["timebox"] = timedelta(minutes=minutes) if minutes else None
    return asked
