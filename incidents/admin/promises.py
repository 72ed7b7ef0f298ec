"""How often whom is told, in the admin: policies and holding messages as doors to their work functions; promises to
read."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from incidents import rhythm
from incidents.admin.reading import ReadOnly
from incidents.communication import holding
from incidents.forms.rhythm import LABELS
from incidents.forms.spans import SpanField
from incidents.models import HoldingRule, Incident, Promise, Severity, UpdatePolicy
from incidents.rhythm import SPANS
from roles import policy
from roles.requests import SignedInRequest


class PolicyForm(forms.ModelForm):
    """The spans of one policy, in words."""

    class Meta:
        model = UpdatePolicy
        fields = SPANS

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in SPANS:
            self.fields[name] = SpanField(label=LABELS[name], widget=UnfoldAdminTextInputWidget())

    def clean(self) -> dict[str, object]:
        """Tried before it is done, so that a refusal stands beside what was typed."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                rhythm.refuse_nonsense(UpdatePolicy(**{name: cleaned.get(name) for name in SPANS}))
            except ValidationError as problem:
                self.add_error(None, problem)
        return cleaned


class _ByWords(ModelAdmin):
    """For those who manage words; the rows are neither added nor taken away here."""

    actions = None

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return policy.may(request.user, "incidents.manage_words")

    def has_view_permission(self, request: SignedInRequest, obj: object = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: SignedInRequest, obj: object = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: SignedInRequest) -> bool:
        return False

    def has_delete_permission(self, request: SignedInRequest, obj: object = None) -> bool:
        return False


@admin.register(UpdatePolicy)
class UpdatePolicyAdmin(_ByWords):
    """One row for each severity and audience."""

    form = PolicyForm
    list_display = ("__str__", "first_within", "every", "later_every")
    list_filter = ("severity", "audience")

    def save_model(self, request: SignedInRequest, obj: UpdatePolicy, form: PolicyForm, change: bool) -> None:
        """By `rhythm`, with the fields that were changed."""
        changed = {name: form.cleaned_data[name] for name in form.changed_data if name in SPANS}
        rhythm.change(obj, by=request.user, **changed)


class HoldingForm(forms.ModelForm):
    """The rule of one page."""

    severities = forms.MultipleChoiceField(choices=Severity.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)

    class Meta:
        model = HoldingRule
        fields = holding.EDITABLE

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["silence"] = SpanField(label="Silence", widget=UnfoldAdminTextInputWidget())

    def clean(self) -> dict[str, object]:
        """Tried before it is done, so that a refusal stands beside what was typed."""
        cleaned = super().clean() or {}
        if not self.errors:
            asked = {name: cleaned[name] for name in holding.EDITABLE}
            try:
                holding.refuse_nonsense(HoldingRule(page=self.instance.page, **asked))
            except ValidationError as problem:
                self.add_error(None, problem)
        return cleaned


@admin.register(HoldingRule)
class HoldingRuleAdmin(_ByWords):
    """What may go out by itself; rules are made on the page Rhythm."""

    form = HoldingForm
    list_display = ("page", "template", "silence", "is_on", "opted_in_by", "opted_in_at")

    def save_model(self, request: SignedInRequest, obj: HoldingRule, form: HoldingForm, change: bool) -> None:
        """By `holding`."""
        holding.set_rule(obj.page, by=request.user, **{name: form.cleaned_data[name] for name in holding.EDITABLE})


@admin.register(Promise)
class PromiseAdmin(ReadOnly, ModelAdmin):
    """What was promised about incidents that one may see, and what became of it."""

    list_display = ("incident", "audience", "page", "kind", "due_at", "state", "settled_at")
    list_filter = ("state", "audience", "kind")
    list_select_related = ("incident",)
    search_fields = ("=incident__key",)
    show_full_result_count = False
    fields = (
        "incident", "audience", "page", "kind", "made_by", "made_at", "due_at", "state", "kept_by", "settled_at",
        "nudged_at", "late_at", "told_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: SignedInRequest) -> QuerySet[Promise]:
        return Promise.objects.filter(incident__in=Incident.objects.visible_to(request.user))

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: SignedInRequest, obj: Promise | None = None) -> bool:
        return bool(request.user.is_staff)
