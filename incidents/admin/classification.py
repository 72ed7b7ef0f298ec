"""Types of incidents and the organisation's own questions in the admin: doors to `taxonomy`, which also keeps who
changed what. Nothing is deleted: what is not wanted any more is taken out of use."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from incidents import taxonomy
from incidents.admin.reading import ReadOnly
from incidents.models import CustomField, IncidentType, Tag
from roles import policy
from roles.requests import SignedInRequest


class ForKeepers:
    """Seen and changed by those who may manage the rules."""

    actions = None

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return policy.may(request.user, "incidents.manage_rules")

    def has_view_permission(self, request: SignedInRequest, obj: object = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: SignedInRequest, obj: object = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: SignedInRequest) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: SignedInRequest, obj: object = None) -> bool:
        return False

    def save_related(self, request: SignedInRequest, form: forms.ModelForm, formsets: object, change: bool) -> None:
        """`taxonomy` has written the relations already."""


@admin.register(IncidentType)
class IncidentTypeAdmin(ForKeepers, ModelAdmin):
    """Sorts of incidents; its short name for programs is made of its first name, and stays."""

    list_display = ("name", "slug", "is_private", "is_active", "position")
    fields = ("name", "description", "is_private", "is_active", "position")

    def save_model(self, request: SignedInRequest, obj: IncidentType, form: forms.ModelForm, change: bool) -> None:
        """By `taxonomy`, with what was typed."""
        if change:
            stored = IncidentType.objects.get(pk=obj.pk)
            taxonomy.change_type(
                stored, by=request.user, **{name: form.cleaned_data[name] for name in form.changed_data}
            )
            return
        obj.__dict__.update(taxonomy.add_type(by=request.user, **form.cleaned_data).__dict__)


class FieldForm(forms.ModelForm):
    """A question; what there is to choose from stands line by line."""

    choices = forms.CharField(
        required=False, widget=UnfoldAdminTextareaWidget(), help_text="For 'one of a list': one on each line."
    )
    needed_to = forms.ChoiceField(
        required=False,
        choices=[("", "nothing"), *((verb, verb) for verb in taxonomy.HELD_UP)],
        widget=UnfoldAdminSelectWidget(),
        help_text="The move that stays open until it is answered.",
    )

    class Meta:
        model = CustomField
        fields = ("label", "kind", "choices", "help_text", "types", "needed_to", "is_active", "position")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if isinstance(self.instance.choices, list):
            self.initial["choices"] = "\n".join(self.instance.choices)

    def clean_choices(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["choices"].splitlines() if line.strip()]

    def clean(self) -> dict[str, object]:
        """Tried before it is done, so that a refusal stands beside what was typed."""
        cleaned = super().clean() or {}
        if not self.errors:
            kind = cleaned.get("kind", self.instance.kind)
            try:
                taxonomy.check_field(
                    CustomField(kind=kind, choices=cleaned["choices"], needed_to=cleaned.get("needed_to", ""))
                )
            except ValidationError as problem:
                self.add_error(None, problem)
        return cleaned


@admin.register(CustomField)
class CustomFieldAdmin(ForKeepers, ModelAdmin):
    """Questions of the organisation's own about each incident; kind and short name stay."""

    form = FieldForm
    list_display = ("label", "slug", "kind", "needed_to", "is_active", "position")

    def get_readonly_fields(self, request: SignedInRequest, obj: CustomField | None = None) -> tuple[str, ...]:
        return ("kind",) if obj else ()

    def save_model(self, request: SignedInRequest, obj: CustomField, form: FieldForm, change: bool) -> None:
        """By `taxonomy`, with what was typed."""
        if change:
            stored = CustomField.objects.get(pk=obj.pk)
            changed = {name: form.cleaned_data[name] for name in form.changed_data}
            taxonomy.change_field(stored, by=request.user, **changed)
            return
        obj.__dict__.update(taxonomy.add_field(by=request.user, **form.cleaned_data).__dict__)


@admin.register(Tag)
class TagAdmin(ReadOnly, ModelAdmin):
    """The tags of incidents that one may see; they come and go with the incidents."""

    list_display = ("name",)
    search_fields = ("name",)
    readonly_fields = ("name",)

    def get_queryset(self, request: SignedInRequest) -> QuerySet[Tag]:
        return taxonomy.tags_visible_to(request.user)

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: SignedInRequest, obj: Tag | None = None) -> bool:
        return bool(request.user.is_staff)
