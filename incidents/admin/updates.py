"""Updates in the admin: to read."""

from django.contrib import admin
from django.db.models import QuerySet
from unfold.admin import ModelAdmin

from incidents.admin.reading import ReadOnly
from incidents.models import Incident, Update
from roles.requests import SignedInRequest


@admin.register(Update)
class UpdateAdmin(ReadOnly, ModelAdmin):
    """What was said, or is being written, of incidents that one may see."""

    list_display = ("id", "incident", "audience", "page", "state", "title", "author", "published_at")
    list_filter = ("state", "audience", "page")
    list_select_related = ("incident", "author")
    search_fields = ("=incident__key", "title", "body")
    show_full_result_count = False
    fields = (
        "incident", "audience", "page", "state", "status", "title", "body", "components", "next_update_at", "notify",
        "comment", "author", "edited_by", "approved_by", "published_by", "created_at", "submitted_at", "approved_at",
        "published_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: SignedInRequest) -> QuerySet[Update]:
        return Update.objects.filter(incident__in=Incident.objects.visible_to(request.user))

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: SignedInRequest, obj: Update | None = None) -> bool:
        return bool(request.user.is_staff)
