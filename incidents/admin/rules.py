"""Severities in the admin: what follows from each. A door to `severity.change`, which also keeps who changed what."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from incidents import severity
from incidents.forms.spans import SpanField
from incidents.models import SeverityRule
from incidents.severity import CHANGEABLE, SPANS
from roles import policy
from roles.catalog import Role
from roles.requests import SignedInRequest

LABELS = {
    "acknowledge_within": "A call is answered within",
    "review_within": "Review done within",
    "action_item_due": "Action items due after",
}


class RuleForm(forms.ModelForm):
    """A severity with its roles as boxes to tick and its spans in words."""

    required_roles = forms.MultipleChoiceField(
        label="Roles that it needs", choices=Role.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    public_impact = forms.ChoiceField(
        label="Public impact",
        choices=[(one, one.capitalize()) for one in ("none", "minor", "major", "critical")],
        widget=UnfoldAdminSelectWidget(),
        help_text="What pages suggest at first.",
    )

    version = forms.IntegerField(required=False, widget=forms.HiddenInput, help_text="What the person had before them.")

    class Meta:
        model = SeverityRule
        fields = CHANGEABLE

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in SPANS:
            self.fields[name] = SpanField(label=LABELS[name], widget=UnfoldAdminTextInputWidget())

    def clean(self) -> dict[str, object]:
        """Tried before it is done, so that a refusal stands beside what was typed."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                severity.refuse_nonsense(
                    SeverityRule(severity=self.instance.severity, **{name: cleaned[name] for name in CHANGEABLE})
                )
            except ValidationError as problem:
                self.add_error(None, problem)
        return cleaned


@admin.register(SeverityRule)
class SeverityRuleAdmin(ModelAdmin):
    """The five severities; they are changed, never added or taken away."""

    form = RuleForm
    list_display = ("severity", "meaning", "roles", "review")
    fieldsets = (
        (None, {"fields": ("version", "meaning", "required_roles", "public_impact")}),
        ("Clocks", {"fields": SPANS[:1]}),
        ("Approval", {"fields": ("needs_approval", "needs_four_eyes", "needs_cleared_actions")}),
        ("Afterwards", {"fields": ("review", *SPANS[1:])}),
    )
    actions = None

    @admin.display(description="needs")
    def roles(self, row: SeverityRule) -> str:
        return "all seven" if len(row.required_roles) == len(Role) else ", ".join(row.required_roles)

    def save_model(self, request: SignedInRequest, obj: SeverityRule, form: RuleForm, change: bool) -> None:
        """By `severity`, with the fields that were changed; where somebody else was first, both versions are shown."""
        changed = {name: form.cleaned_data[name] for name in form.changed_data if name in CHANGEABLE}
        seen = form.cleaned_data.get("version") or 0
        severity.change(obj.severity, by=request.user, seen_version=seen, **changed)

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return policy.may(request.user, "incidents.manage_rules")

    def has_view_permission(self, request: SignedInRequest, obj: SeverityRule | None = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: SignedInRequest, obj: SeverityRule | None = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: SignedInRequest) -> bool:
        return False

    def has_delete_permission(self, request: SignedInRequest, obj: SeverityRule | None = None) -> bool:
        return False
