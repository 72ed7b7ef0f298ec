"""Customers in the admin: doors to `customers` and `answers`, which also keep who changed what; reports, escalations
and follow-ups are to read. Erasing a customer is an action of the list."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from unfold.admin import ModelAdmin

from incidents.admin.reading import ReadOnly
from incidents.communication import answers, customers
from incidents.forms.customers import AccountForm, Keeping, MacroForm, SignalRuleForm, TierForm
from incidents.models import (
    CustomerAccount,
    CustomerEscalation,
    CustomerReport,
    CustomerTier,
    FollowUp,
    Incident,
    IncidentGrant,
    Macro,
    SignalRule,
)
from roles import policy
from roles.requests import SignedInRequest


class ForKeepers:
    """Seen and changed by those who may manage our words; written by the work functions."""

    actions: Any = None

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return policy.may(request.user, "incidents.manage_words")

    def has_view_permission(self, request: SignedInRequest, obj: object = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: SignedInRequest, obj: object = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: SignedInRequest) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: SignedInRequest, obj: object = None) -> bool:
        return False

    def save_model(self, request: SignedInRequest, obj: Any, form: Keeping, change: bool) -> None:
        """With what was typed."""
        changed = {name: value for name, value in form.changes().items() if not change or name in form.changed_data}
        row = type(obj).objects.get(pk=obj.pk) if change else type(obj)()
        keep = answers.keep_macro if isinstance(obj, Macro) else customers.keep
        obj.__dict__.update(keep(row, by=request.user, **changed).__dict__)

    def save_related(self, request: SignedInRequest, form: object, formsets: object, change: bool) -> None:
        """There is none."""


@admin.register(CustomerTier)
class CustomerTierAdmin(ForKeepers, ModelAdmin):
    """What a kind of customer was promised."""

    form = TierForm
    fields = customers.FIELDS[CustomerTier]
    list_display = ("name", "slug", "rank", "weight", "answer_within", "acknowledge_within")


@admin.register(CustomerAccount)
class CustomerAccountAdmin(ForKeepers, ModelAdmin):
    """Customers as support knows them."""

    form = AccountForm
    fields = customers.FIELDS[CustomerAccount]
    list_display = ("name", "tier", "is_vip", "email", "domain", "reference")
    list_filter = ("tier", "is_vip")
    list_select_related = ("tier",)
    search_fields = ("name", "email", "domain", "reference")
    actions = ("erase",)

    @admin.action(description="Erase: reports and follow-ups keep what was seen, and name nobody")
    def erase(self, request: SignedInRequest, queryset: QuerySet[CustomerAccount]) -> None:
        """Forgets the chosen customers."""
        count = sum(customers.erase_account(account, by=request.user) for account in queryset)
        messages.success(request, f"Erased; {count} rows name nobody now.")


@admin.register(SignalRule)
class SignalRuleAdmin(ForKeepers, ModelAdmin):
    """When reports suggest a severity, or a public post."""

    form = SignalRuleForm
    fields = customers.FIELDS[SignalRule]
    list_display = ("name", "reports", "accounts", "needs_vip", "within", "suggests_severity", "is_active")


@admin.register(Macro)
class MacroAdmin(ForKeepers, ModelAdmin):
    """Answers ready to send."""

    form = MacroForm
    fields = answers.FIELDS
    list_display = ("name", "language", "tier", "for_follow_up", "is_active")


class OfIncidents(ReadOnly):
    """Rows with what customers said: of incidents on which one may read reports."""

    list_select_related = ("incident",)
    show_full_result_count = False

    def get_queryset(self, request: SignedInRequest) -> QuerySet[Any]:
        """In the list those that one may read; of a single one, `has_view_permission` asks."""
        rows: QuerySet[Any] = self.model.objects.all()  # type: ignore[attr-defined]  # the admin's own
        if request.user.is_superuser:
            return rows
        rows = rows.filter(incident__in=Incident.objects.visible_to(request.user))
        if request.resolver_match and str(request.resolver_match.url_name).endswith("_changelist"):
            granted = IncidentGrant.objects.filter(user=request.user, permission__codename="view_reports")
            rows = rows.filter(incident_id__in=granted.values("content_object"))
        return rows

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: SignedInRequest, obj: Any = None) -> bool:
        if obj is None or obj.incident is None:
            return bool(request.user.is_superuser if obj else request.user.is_staff)
        return policy.may(request.user, "incidents.view_reports", obj.incident)


@admin.register(CustomerReport)
class CustomerReportAdmin(OfIncidents, ModelAdmin):
    """What customers reported."""

    list_display = ("id", "incident", "state", "account_name", "symptom", "channel", "reported_at")
    list_filter = ("state", "channel", "source")
    search_fields = ("=incident__key", "account_name", "symptom", "ticket")
    fields = (
        "incident", "state", "account", "account_name", "contact", "channel", "source", "symptom", "verbatim",
        "service", "component", "count", "ticket", "is_about_money", "reported_at", "recorded_by", "answered_at",
        "answered_by", "answered_through", "answer", "note",
    )  # fmt: skip
    readonly_fields = fields


@admin.register(CustomerEscalation)
class CustomerEscalationAdmin(OfIncidents, ModelAdmin):
    """Customers who could not wait."""

    list_display = ("id", "incident", "state", "title", "urgency", "owner", "acknowledge_by", "breached_at")
    list_filter = ("state", "urgency")
    fields = (
        "incident", "state", "title", "reason", "urgency", "account", "report", "owner_role", "owner", "opened_by",
        "opened_at", "acknowledge_by", "acknowledged_by", "acknowledged_at", "breached_at", "outcome", "answered_by",
        "answered_at",
    )  # fmt: skip
    readonly_fields = fields


@admin.register(FollowUp)
class FollowUpAdmin(OfIncidents, ModelAdmin):
    """Who must hear how it ended."""

    list_display = ("id", "incident", "state", "name", "tier", "done_by", "done_at")
    list_filter = ("state",)
    fields = (
        "incident", "state", "name", "contact", "tier", "report", "escalation", "note", "text", "done_by", "done_at",
    )  # fmt: skip
    readonly_fields = fields
