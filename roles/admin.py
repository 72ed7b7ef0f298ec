"""People, teams and the record of changes in the admin. Rights of whole accounts are an administrator's to give.

Rows of django-guardian are copies of what held seats allow: they are registered nowhere.
"""

from typing import ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db.models import ManyToManyField, Model, Q, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from roles import audit
from roles.models import AuditEvent, Qualification, Team, User
from roles.policy import GLOBAL_ACTIONS

#: Changes of these are kept in the record, with what they were before.
RIGHTS = ("username", "email", "is_active", "is_staff", "is_superuser")


class ForAdministrators:
    """Only administrators see and change these."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)


class QualificationInline(ForAdministrators, TabularInline):
    model = Qualification
    fields = ("role", "level", "gained_on", "expires_on")
    extra = 0


class NewPersonForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email")


class PersonForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class PersonAdmin(ForAdministrators, DjangoUserAdmin, ModelAdmin):
    """Accounts. Nobody is deleted, since what they did stays on record: an account is made inactive.

    Other responders use it for one thing: finding each other by name where a role is given.
    """

    form = PersonForm
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    inlines = (QualificationInline,)
    list_display = ("username", "first_name", "last_name", "email", "is_staff", "is_superuser", "is_active")
    list_filter = ("is_staff", "is_superuser", "is_active", "teams")
    search_fields = ("username", "first_name", "last_name", "email")
    filter_horizontal = ("user_permissions",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "phone", "title", "time_zone", "hue")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("username", "first_name", "last_name", "email", "usable_password", "password1", "password2")},
        ),
    )

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_view_permission(request, obj) or (_is_looking_up(request) and request.user.is_staff)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return self.search_fields if request.user.is_superuser else ("username", "first_name", "last_name")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Where a role is given, only active responders are found."""
        if _is_looking_up(request) and not (request.user.is_superuser and request.GET.get("model_name") == "team"):
            queryset = queryset.filter(is_active=True, is_staff=True)
        return super().get_search_results(request, queryset, search_term)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> tuple[type[TabularInline], ...]:
        return self.inlines if obj else ()

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: object
    ) -> forms.ModelMultipleChoiceField | None:
        """Only rights that are about the whole installation are given to people; the rest come with seats."""
        if db_field.name == "user_permissions":
            wanted = Q(pk__in=[])
            for action in GLOBAL_ACTIONS:
                app, codename = action.split(".")
                wanted |= Q(content_type__app_label=app, codename=codename)
            kwargs["queryset"] = Permission.objects.filter(wanted).select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        changed = [name for name in RIGHTS if name in form.changed_data]
        before = User.objects.filter(pk=obj.pk).values(*changed).first() if change and changed else None
        super().save_model(request, obj, form, change)
        if not change or before:
            after = {name: getattr(obj, name) for name in changed}
            audit.note(
                request.user, "user.changed" if change else "user.created", obj, before=before or {}, after=after
            )

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: list, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "user_permissions" in form.changed_data:
            held = sorted(form.instance.user_permissions.values_list("codename", flat=True))
            audit.note(_doer(request), "user.rights_changed", form.instance, after=held)


def _doer(request: HttpRequest) -> User:
    """Who saves; the admin lets nobody in who has not signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _is_looking_up(request: HttpRequest) -> bool:
    """Whether this is the admin's search for a person to put into a form."""
    return bool(request.resolver_match and request.resolver_match.url_name == "autocomplete")


@admin.register(Team)
class TeamAdmin(ForAdministrators, ModelAdmin):
    """People who own services together; responders may read it."""

    list_display = ("name", "slug")
    search_fields = ("name", "slug")
    prepopulated_fields: ClassVar = {"slug": ("name",)}
    autocomplete_fields = ("members",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_staff)


@admin.register(AuditEvent)
class AuditEventAdmin(ModelAdmin):
    """What was changed outside any incident: to read, for administrators."""

    list_display = ("at", "actor", "action", "subject")
    list_filter = ("action",)
    list_select_related = ("actor",)
    search_fields = ("subject", "action", "actor__username")
    date_hierarchy = "at"
    show_full_result_count = False
    fields = ("at", "actor", "action", "subject", "data")
    readonly_fields = fields

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False
