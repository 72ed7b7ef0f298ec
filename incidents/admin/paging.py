"""Calls and waived roles in the admin: to read. They change in the room."""

from django.contrib import admin
from django.db.models import QuerySet
from unfold.admin import ModelAdmin

from incidents.admin.reading import ReadOnly
from incidents.models import Incident, Paging, RoleWaiver
from roles.requests import SignedInRequest


class OfVisibleIncidents(ReadOnly, ModelAdmin):
    """Rows of incidents that one may see."""

    show_full_result_count = False

    def get_queryset(self, request: SignedInRequest) -> QuerySet:
        rows: QuerySet = super().get_queryset(request)
        return rows.filter(incident__in=Incident.objects.visible_to(request.user))

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: SignedInRequest, obj: Paging | RoleWaiver | None = None) -> bool:
        return bool(request.user.is_staff) and (obj is None or obj.incident.is_visible_to(request.user))


@admin.register(Paging)
class PagingAdmin(OfVisibleIncidents):
    """Who was called to which incident, and how they answered."""

    list_display = ("id", "incident", "user", "role", "state", "paged_by", "paged_at", "due_at", "answered_at")
    list_filter = ("state", "role")
    list_select_related = ("incident", "user", "paged_by")
    search_fields = ("=incident__key", "user__username", "message")
    date_hierarchy = "paged_at"
    fields = (
        "incident", "user", "role", "message", "state", "after", "paged_by", "paged_at", "due_at", "answered_at",
        "answered_through",
    )  # fmt: skip
    readonly_fields = fields


@admin.register(RoleWaiver)
class RoleWaiverAdmin(OfVisibleIncidents):
    """Roles that were said to be not needed, and why."""

    list_display = ("id", "incident", "role", "reason", "waived_by", "waived_at", "withdrawn_at")
    list_filter = ("role",)
    list_select_related = ("incident", "waived_by")
    search_fields = ("=incident__key", "reason")
    fields = ("incident", "role", "reason", "waived_by", "waived_at", "withdrawn_at")
    readonly_fields = fields
