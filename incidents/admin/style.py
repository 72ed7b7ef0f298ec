"""Rules of style in the admin: a door to `style_rules`."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from unfold.admin import ModelAdmin

from incidents.communication import style_rules
from incidents.communication.consistency import BY_CODE
from incidents.communication.style import own
from incidents.forms.style import StyleRuleForm
from incidents.models import StyleRule
from roles import policy
from roles.requests import SignedInRequest


class _RuleForm(StyleRuleForm, forms.ModelForm):  # type: ignore[misc]  # both make forms of a model's columns
    class Meta:
        model = StyleRule
        fields = ("code", "how", "patterns", "fix", "message", "level", "audiences", "languages", "is_active")

    def clean(self) -> dict[str, object]:
        """Tried before it is done, so that a refusal stands beside what was typed."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if not self.instance.pk and cleaned["code"] in BY_CODE:
            self.add_error("code", "A built-in rule has this name.")
        try:
            own.check(StyleRule(how=cleaned["how"], patterns=cleaned["patterns"], fix=cleaned["fix"]))
        except ValidationError as problem:
            self.add_error(None, problem)
        return cleaned


@admin.register(StyleRule)
class StyleRuleAdmin(ModelAdmin):
    """The organisation's own rules."""

    form = _RuleForm
    list_display = ("code", "how", "message", "level", "is_active")
    list_filter = ("level", "is_active")
    search_fields = ("code", "message")

    def get_readonly_fields(self, request: SignedInRequest, obj: StyleRule | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def save_model(self, request: SignedInRequest, obj: StyleRule, form: _RuleForm, change: bool) -> None:
        """By `style_rules`."""
        about = {name: form.cleaned_data[name] for name in style_rules.CHANGEABLE if name in form.cleaned_data}
        if change:
            style_rules.change(obj, by=request.user, **about)
        else:
            obj.pk = style_rules.add(by=request.user, code=form.cleaned_data["code"], **about).pk

    def delete_model(self, request: SignedInRequest, obj: StyleRule) -> None:
        style_rules.drop(obj, by=request.user)

    def delete_queryset(self, request: SignedInRequest, queryset: "admin.options.QuerySet[StyleRule]") -> None:  # type: ignore[name-defined]
        for row in queryset:
            style_rules.drop(row, by=request.user)

    def has_view_permission(self, request: SignedInRequest, obj: StyleRule | None = None) -> bool:
        return policy.may(request.user, "incidents.manage_words")

    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission

    def has_add_permission(self, request: SignedInRequest) -> bool:
        return policy.may(request.user, "incidents.manage_words")

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return policy.may(request.user, "incidents.manage_words")
