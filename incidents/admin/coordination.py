"""Workstreams, reports, questions to experts and changes in the admin: to read. They are worked on in the room."""

from django.contrib import admin
from django.db.models import Model
from unfold.admin import ModelAdmin

from incidents.admin.diagnosis import OfIncident
from incidents.admin.reading import ReadOnly
from incidents.models import AdviceRequest, CanReport, ChangeEvent, Workstream
from roles.requests import SignedInRequest


@admin.register(Workstream)
class WorkstreamAdmin(OfIncident):
    """Parts of the work, and who leads them."""

    list_display = ("id", "incident", "name", "lead", "due_at", "report_asked_at", "ended_at")
    list_select_related = ("incident", "lead")
    search_fields = ("=incident__key", "name")
    fields = (
        "incident", "name", "goal", "lead", "members", "due_at", "report_asked_at", "created_by", "created_at",
        "ended_at",
    )  # fmt: skip
    readonly_fields = fields


@admin.register(CanReport)
class CanReportAdmin(OfIncident):
    """What people saw, did and lacked."""

    list_display = ("id", "incident", "workstream", "conditions", "needs", "reported_by", "reported_at")
    list_select_related = ("incident", "workstream", "reported_by")
    search_fields = ("=incident__key", "conditions", "actions", "needs")
    fields = ("incident", "workstream", "conditions", "actions", "needs", "reported_by", "reported_at")
    readonly_fields = fields


@admin.register(AdviceRequest)
class AdviceRequestAdmin(OfIncident):
    """Questions to experts, who has them now, and what was answered."""

    list_display = ("id", "incident", "question", "state", "asked", "asked_by", "due_at", "answered_by")
    list_filter = ("state", "is_urgent")
    list_select_related = ("incident", "asked", "asked_by", "answered_by")
    search_fields = ("=incident__key", "question", "answer")
    fields = (
        "incident", "question", "context", "is_urgent", "state", "asked", "due_at", "service", "hypothesis", "action",
        "answer", "confidence", "asked_by", "asked_at", "answered_by", "answered_at",
    )  # fmt: skip
    readonly_fields = fields


@admin.register(ChangeEvent)
class ChangeEventAdmin(ReadOnly, ModelAdmin):
    """What was changed in what we run, as its tools told."""

    list_display = ("id", "happened_at", "kind", "title", "author", "recorded_by")
    list_filter = ("kind", "services")
    list_select_related = ("recorded_by",)
    search_fields = ("title", "author", "=external_id")
    date_hierarchy = "happened_at"
    show_full_result_count = False
    fields = (
        "kind", "title", "summary", "url", "author", "services", "labels", "external_id", "happened_at", "recorded_by",
        "created_at",
    )  # fmt: skip
    readonly_fields = fields

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: SignedInRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_staff)
