"""Decisions in the admin: to read. They are made in the room."""

from django.contrib import admin
from django.db.models import QuerySet
from unfold.admin import ModelAdmin, TabularInline

from incidents.admin.reading import ReadOnly
from incidents.models import Decision, Incident, Objection
from roles.requests import SignedInRequest


class ObjectionInline(ReadOnly, TabularInline):
    model = Objection
    fields = ("user", "text", "raised_at", "withdrawn_at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_view_permission(self, request: SignedInRequest, obj: Decision | None = None) -> bool:
        return bool(request.user.is_staff)


@admin.register(Decision)
class DecisionAdmin(ReadOnly, ModelAdmin):
    """What was decided, by whom and why, of incidents that one may see."""

    list_display = ("id", "incident", "state", "question", "outcome", "decided_by", "decided_at")
    list_filter = ("state",)
    list_select_related = ("incident", "decided_by")
    search_fields = ("=incident__key", "question", "outcome", "reason")
    show_full_result_count = False
    inlines = (ObjectionInline,)
    fields = (
        "incident", "state", "question", "options", "recommended", "closes_at", "closed_at", "outcome", "reason",
        "revisit_at", "proposed_by", "proposed_at", "decided_by", "decided_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: SignedInRequest) -> QuerySet[Decision]:
        return Decision.objects.filter(incident__in=Incident.objects.visible_to(request.user))

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: SignedInRequest, obj: Decision | None = None) -> bool:
        return bool(request.user.is_staff)
