"""Message templates in the admin: a door to `phrases`, which checks and keeps them."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from incidents.communication import phrases
from incidents.models import MessageTemplate
from roles import policy
from roles.requests import SignedInRequest


class TemplateForm(forms.ModelForm):
    """A template; a placeholder that does not exist is told beside its field."""

    body = forms.CharField(widget=UnfoldAdminTextareaWidget(), max_length=phrases.LONGEST_BODY)

    class Meta:
        model = MessageTemplate
        fields = phrases.EDITABLE

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        for name in ("title", "body"):
            try:
                phrases.check(str(values.get(name, "")), audience=str(values.get("audience", "public")))
            except ValidationError as problem:
                self.add_error(name, problem)
        return values


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ModelAdmin):
    """Texts to start from. None is deleted: what is not wanted any more is taken out of use."""

    form = TemplateForm
    actions = None
    list_display = ("name", "audience", "phase", "impact", "language", "page", "is_approved", "is_active", "version")
    list_filter = ("audience", "phase", "language", "is_approved", "is_active")
    search_fields = ("name", "title", "body")

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

    def save_model(self, request: SignedInRequest, obj: MessageTemplate, form: TemplateForm, change: bool) -> None:
        """By `phrases`, with what was typed."""
        if change:
            changed = {name: form.cleaned_data[name] for name in form.changed_data}
            phrases.change_template(MessageTemplate.objects.get(pk=obj.pk), by=request.user, **changed)
            return
        obj.__dict__.update(phrases.add_template(by=request.user, **form.cleaned_data).__dict__)
