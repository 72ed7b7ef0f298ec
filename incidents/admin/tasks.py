"""Tasks in the admin: to read."""

from django.contrib import admin
from django.db.models import QuerySet
from unfold.admin import ModelAdmin

from incidents.admin.reading import ReadOnly
from incidents.models import Incident, Task
from roles.requests import SignedInRequest


@admin.register(Task)
class TaskAdmin(ReadOnly, ModelAdmin):
    """Who does what by when, in incidents that one may see."""

    list_display = ("id", "incident", "title", "state", "assignee", "priority", "due_at", "acknowledged_at", "ended_at")
    list_filter = ("state", "priority", "is_needed_to_close", "area")
    list_select_related = ("incident", "assignee")
    search_fields = ("=incident__key", "title", "=assignee__username")
    show_full_result_count = False
    fields = (
        "incident", "title", "detail", "state", "priority", "area", "service", "assignee", "timebox", "due_at",
        "is_needed_to_close", "created_by", "created_at", "assigned_at", "acknowledged_at", "ended_at",
        "told_overdue_at", "version",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: SignedInRequest) -> QuerySet[Task]:
        return Task.objects.filter(incident__in=Incident.objects.visible_to(request.user))

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: SignedInRequest, obj: Task | None = None) -> bool:
        return bool(request.user.is_staff)
