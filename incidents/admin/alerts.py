"""Services, alert sources and payloads in the admin: doors to `sources`, which does the work."""

from collections.abc import Sequence
from typing import ClassVar

from django import forms
from django.contrib import admin
from unfold.admin import ModelAdmin

from incidents.admin.reading import ReadOnly
from incidents.detection import sources
from incidents.detection.intake import CHOICES
from incidents.models import AlertSource, Payload, Service, Severity
from roles import policy
from roles.requests import SignedInRequest

#: A stored body is shown up to this length.
LONGEST_SHOWN = 20_000


@admin.register(Service)
class ServiceAdmin(ModelAdmin):
    """What we run. Responders read it, administrators keep it."""

    list_display = ("name", "slug", "team", "description")
    list_filter = ("team",)
    list_select_related = ("team",)
    search_fields = ("name", "slug")
    prepopulated_fields: ClassVar = {"slug": ("name",)}

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: SignedInRequest, obj: Service | None = None) -> bool:
        return bool(request.user.is_staff)


class SourceForm(forms.ModelForm):
    """A source without its token, which is never shown here."""

    kind = forms.ChoiceField(choices=CHOICES)
    severity = forms.ChoiceField(choices=[("", "SEV3"), *Severity.choices], required=False)

    class Meta:
        model = AlertSource
        fields = ("kind", "name", "severity", "opens_incidents", "is_active")


@admin.register(AlertSource)
class AlertSourceAdmin(ModelAdmin):
    """Sources of alerts, for those who manage them; their addresses are shown on the page of sources alone."""

    form = SourceForm
    list_display = ("name", "kind", "severity", "opens_incidents", "is_active", "created_at")
    list_filter = ("kind", "is_active")
    search_fields = ("name",)
    actions = None

    def get_readonly_fields(self, request: SignedInRequest, obj: AlertSource | None = None) -> Sequence[str]:
        return ("kind",) if obj else ("is_active",)

    def save_model(self, request: SignedInRequest, obj: AlertSource, form: SourceForm, change: bool) -> None:
        """By `sources`, with the fields that were changed."""
        changed = {name: form.cleaned_data[name] for name in form.changed_data if name in sources.CHANGEABLE}
        if not change:
            typed = {name: form.cleaned_data[name] for name in ("kind", "name", "severity", "opens_incidents")}
            made = sources.create(typed.pop("kind"), typed.pop("name"), by=request.user, **typed)
            obj.__dict__.update(made.__dict__)
            return
        stored = AlertSource.objects.get(pk=obj.pk)
        sources.change(stored, by=request.user, **changed)
        if "is_active" in form.changed_data:
            sources.set_active(stored, form.cleaned_data["is_active"], by=request.user)

    def _may(self, request: SignedInRequest) -> bool:
        return policy.may(request.user, "incidents.manage_alertsource")

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: SignedInRequest, obj: AlertSource | None = None) -> bool:
        return self._may(request)

    def has_add_permission(self, request: SignedInRequest) -> bool:
        return self._may(request)

    def has_change_permission(self, request: SignedInRequest, obj: AlertSource | None = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: SignedInRequest, obj: AlertSource | None = None) -> bool:
        return False


@admin.register(Payload)
class PayloadAdmin(ReadOnly, ModelAdmin):
    """What sources sent, byte for byte, for those who may read payloads."""

    list_display = ("id", "source", "state", "trouble", "attempts", "received_at")
    list_filter = ("state", "source")
    list_select_related = ("source",)
    show_full_result_count = False
    fields = ("source", "state", "trouble", "attempts", "received_at", "done_at", "content_type", "text")
    readonly_fields = fields

    @admin.display(description="body")
    def text(self, payload: Payload) -> str:
        return bytes(payload.body)[:LONGEST_SHOWN].decode("utf-8", "replace")

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: SignedInRequest, obj: Payload | None = None) -> bool:
        return policy.may(request.user, "incidents.view_payload")
