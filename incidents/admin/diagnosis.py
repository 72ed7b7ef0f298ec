"""Hypotheses, findings, actions and checks in the admin: to read. They are worked on in the room."""

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from unfold.admin import ModelAdmin

from incidents.admin.reading import ReadOnly
from incidents.models import Action, Finding, Hypothesis, Incident, VerificationCheck, Visibility
from roles.requests import SignedInRequest


class OfIncident(ReadOnly, ModelAdmin):
    """Rows of incidents that one may see."""

    list_select_related: tuple[str, ...] = ("incident",)
    show_full_result_count = False

    def get_queryset(self, request: SignedInRequest) -> QuerySet:
        rows: QuerySet = super().get_queryset(request)
        return rows.filter(incident__in=Incident.objects.visible_to(request.user))

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: SignedInRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_staff)


@admin.register(Hypothesis)
class HypothesisAdmin(OfIncident):
    """What may be, is, or is not the cause."""

    list_display = ("id", "incident", "title", "state", "owner", "settled_by", "settled_at")
    list_filter = ("state",)
    list_select_related = ("incident", "owner", "settled_by")
    search_fields = ("=incident__key", "title", "verdict")
    fields = (
        "incident", "title", "detail", "state", "verdict", "owner", "proposed_by", "created_at", "settled_by",
        "settled_at",
    )  # fmt: skip
    readonly_fields = fields


@admin.register(Finding)
class FindingAdmin(OfIncident):
    """What people saw; those kept to the response team are shown to it alone."""

    list_display = ("id", "incident", "text", "confidence", "hypothesis", "found_by", "found_at")
    list_filter = ("confidence",)
    list_select_related = ("incident", "hypothesis", "found_by")
    search_fields = ("=incident__key", "text")
    fields = (
        "incident", "entry", "text", "recommendation", "confidence", "hypothesis", "service", "found_by", "found_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: SignedInRequest) -> QuerySet:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        is_in_room = Q(incident__seats__user=request.user, incident__seats__assumed_at__isnull=False)
        held = is_in_room & Q(incident__seats__renounced_at=None)
        in_rooms = rows.filter(held | Q(incident__invited=request.user)).values("pk")
        return rows.filter(Q(entry__visibility=Visibility.STAFF) | Q(pk__in=in_rooms))


@admin.register(Action)
class ActionAdmin(OfIncident):
    """What was done to what we run, who cleared it, and what it did."""

    list_display = ("id", "incident", "title", "kind", "state", "effect", "executor", "approved_by", "started_at")
    list_filter = ("state", "kind", "risk")
    list_select_related = ("incident", "executor", "approved_by")
    search_fields = ("=incident__key", "title", "effect")
    fields = (
        "incident", "kind", "title", "detail", "undo", "risk", "state", "effect", "comment", "service", "hypothesis",
        "executor", "proposed_by", "proposed_at", "approved_by", "approved_at", "started_at", "ended_at",
    )  # fmt: skip
    readonly_fields = fields


@admin.register(VerificationCheck)
class VerificationAdmin(OfIncident):
    """What was to be seen before it was said to be over."""

    list_display = ("id", "incident", "title", "kind", "state", "reading", "tester", "settled_at")
    list_filter = ("state", "kind")
    list_select_related = ("incident", "tester")
    search_fields = ("=incident__key", "title", "note")
    fields = (
        "incident", "kind", "title", "state", "minutes", "reading", "note", "holds_since", "tester", "settled_by",
        "settled_at", "created_by", "created_at",
    )  # fmt: skip
    readonly_fields = fields
