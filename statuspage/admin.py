"""Pages in the admin: one more door to `pages`, `page_roles` and `component_status`, which do the work.

Who may is the policy's to say, not Django's model permissions. A component's status is shown here and set
on `/pages/`; subscribers are only read.
"""

from typing import ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from incidents.models import Severity
from notifications import addresses
from roles import policy
from roles.catalog import Role
from roles.models import RoleAssignment, User
from roles.requests import SignedInRequest
from statuspage import branding, page_roles, pages
from statuspage.models import Component, ComponentGroup, PageRole, StatusPage, Subscriber


class PageForm(forms.ModelForm):
    """Settings of a page, with the severities as boxes to tick."""

    publishes_moves = forms.MultipleChoiceField(
        choices=Severity.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Moves at these severities go to the page and its subscribers at once, in approved words.",
    )

    site_url = forms.URLField(required=False, assume_scheme="https", help_text="The company's own site.")

    class Meta:
        model = StatusPage
        fields = ("slug", "name", *(name for name in pages.EDITABLE if name != "name"))

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        for name in ("brand_colour", "spark_colour"):
            try:
                branding.check(str(values.get(name, "")))
            except ValidationError as problem:
                self.add_error(name, problem)
        return values


class OfPage:
    """Rights of what lies inside a page: those on the page."""

    extra = 0
    manages = "statuspage.manage_page"

    def has_view_permission(self, request: SignedInRequest, obj: StatusPage | None = None) -> bool:
        return bool(request.user.is_staff)

    def has_change_permission(self, request: SignedInRequest, obj: StatusPage | None = None) -> bool:
        return obj is not None and policy.may(request.user, self.manages, obj)

    def has_add_permission(self, request: SignedInRequest, obj: StatusPage | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: SignedInRequest, obj: StatusPage | None = None) -> bool:
        return self.has_change_permission(request, obj)


class GroupInline(OfPage, TabularInline):
    model = ComponentGroup
    fields = ("name", "slug", "position", "is_open")
    prepopulated_fields: ClassVar = {"slug": ("name",)}


class ComponentInline(OfPage, StackedInline):
    model = Component
    fields = (
        ("name", "slug", "position"),
        ("group", "description"),
        "services",
        ("shows_uptime", "only_show_if_degraded", "start_date"),
        "status",
    )
    readonly_fields = ("status",)
    filter_horizontal = ("services",)
    prepopulated_fields: ClassVar = {"slug": ("name",)}

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: SignedInRequest, **kwargs: object
    ) -> forms.Field | None:
        """Only groups of this page can be chosen."""
        if db_field.name == "group" and request.resolver_match:
            kwargs["queryset"] = ComponentGroup.objects.filter(page=request.resolver_match.kwargs.get("object_id"))
        field: forms.Field | None = super().formfield_for_foreignkey(db_field, request, **kwargs)
        return field


class PageRoleForm(forms.ModelForm):
    """A new holder; the role is the one that there is on a page."""

    class Meta:
        model = PageRole
        fields = ("user", "kind")


class PageRoleInline(OfPage, TabularInline):
    """Who holds the page now. A new row gives the role, a deleted one ends it; what was is not rewritten."""

    model = PageRole
    form = PageRoleForm
    fields = ("user", "kind", "assumed_at", "assigned_by")
    readonly_fields = ("assumed_at", "assigned_by")
    verbose_name_plural = "Status Page Managers"

    def get_queryset(self, request: SignedInRequest) -> QuerySet[RoleAssignment]:
        return PageRole.objects.live().select_related("user", "assigned_by")

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: SignedInRequest, **kwargs: object
    ) -> forms.Field | None:
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.responders()
        field: forms.Field | None = super().formfield_for_foreignkey(db_field, request, **kwargs)
        return field


@admin.register(StatusPage)
class StatusPageAdmin(ModelAdmin):
    form = PageForm
    list_display = ("name", "slug", "published_at", "is_current", "subscriber_count")
    search_fields = ("name", "slug")
    readonly_fields = ("published_at", "trouble")
    inlines = (PageRoleInline, GroupInline, ComponentInline)

    def get_queryset(self, request: SignedInRequest) -> QuerySet[StatusPage]:
        return StatusPage.objects.visible_to(request.user)

    @admin.display(boolean=True, description="up to date")
    def is_current(self, page: StatusPage) -> bool:
        return not page.is_stale and not page.trouble

    @admin.display(description="subscribers")
    def subscriber_count(self, page: StatusPage) -> int:
        return page.subscribers.confirmed().count()

    def get_fields(self, request: SignedInRequest, obj: StatusPage | None = None) -> list[str]:
        return [*PageForm.Meta.fields, *(self.readonly_fields if obj else ())]

    def get_readonly_fields(self, request: SignedInRequest, obj: StatusPage | None = None) -> tuple[str, ...]:
        # A page's address is in its subscribers' mail: it is chosen once.
        return ("slug", *self.readonly_fields) if obj else ()

    def get_inlines(self, request: SignedInRequest, obj: StatusPage | None) -> tuple:
        return self.inlines if obj else ()

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: SignedInRequest, obj: StatusPage | None = None) -> bool:
        return bool(request.user.is_staff) and (obj is None or obj.is_visible_to(request.user))

    def has_change_permission(self, request: SignedInRequest, obj: StatusPage | None = None) -> bool:
        if obj is None:
            return bool(request.user.is_staff)
        return policy.may(request.user, "statuspage.manage_page", obj)

    def has_add_permission(self, request: SignedInRequest) -> bool:
        return policy.may(request.user, "statuspage.manage_page")

    def has_delete_permission(self, request: SignedInRequest, obj: StatusPage | None = None) -> bool:
        return False

    def save_model(self, request: SignedInRequest, obj: StatusPage, form: PageForm, change: bool) -> None:
        """By `pages`, with the fields that were changed."""
        changed = {name: form.cleaned_data[name] for name in form.changed_data if name != "slug"}
        if change:
            if changed:
                pages.change(obj, by=request.user, **changed)
            return
        name = changed.pop("name")
        made = pages.create(slug=form.cleaned_data["slug"], name=name, by=request.user, **changed)
        obj.__dict__.update(made.__dict__)

    def save_formset(
        self, request: SignedInRequest, form: PageForm, formset: forms.BaseModelFormSet, change: bool
    ) -> None:
        """Parts by `pages`, roles by `page_roles`: nothing is saved past them."""
        rows = formset.save(commit=False)
        if formset.model is PageRole:
            for seat in formset.deleted_objects:
                page_roles.release(seat, by=request.user)
            for seat in formset.new_objects:
                page_roles.assign(
                    form.instance, seat.user, by=request.user, role=Role.STATUS_PAGE_MANAGER, kind=seat.kind
                )
            for seat, _ in formset.changed_objects:
                before = PageRole.objects.get(pk=seat.pk)
                page_roles.release(before, by=request.user)
                page_roles.assign(form.instance, seat.user, by=request.user, kind=seat.kind)
            return
        for part in formset.deleted_objects:
            pages.drop(part, by=request.user)
        for part in rows:
            pages.keep(part, by=request.user)
        formset.save_m2m()


@admin.register(Subscriber)
class SubscriberAdmin(ModelAdmin):
    """Who is told, address masked; for those who manage the subscribers of a page."""

    list_display = ("public_id", "page", "channel", "masked", "amount", "confirmed_at", "unsubscribed_at")
    list_filter = ("page", "channel", "amount")
    list_select_related = ("page",)
    fields = ("page", "channel", "masked", "amount", "source", "created_at", "confirmed_at", "unsubscribed_at")
    readonly_fields = fields

    @admin.display(description="address")
    def masked(self, subscriber: Subscriber) -> str:
        return addresses.masked(subscriber.channel, subscriber.address)

    def get_queryset(self, request: SignedInRequest) -> QuerySet[Subscriber]:
        return Subscriber.objects.filter(page__in=self._managed(request))

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(self._managed(request))

    def has_view_permission(self, request: SignedInRequest, obj: Subscriber | None = None) -> bool:
        managed = self._managed(request)
        return bool(managed) if obj is None else obj.page_id in {page.pk for page in managed}

    def has_add_permission(self, request: SignedInRequest) -> bool:
        return False

    def has_change_permission(self, request: SignedInRequest, obj: Subscriber | None = None) -> bool:
        return False

    def has_delete_permission(self, request: SignedInRequest, obj: Subscriber | None = None) -> bool:
        return False

    @staticmethod
    def _managed(request: SignedInRequest) -> list[StatusPage]:
        """The pages whose subscribers this person manages; there are few pages, so each is asked about."""
        if not request.user.is_staff:
            return []
        pages_seen = StatusPage.objects.visible_to(request.user)
        return [page for page in pages_seen if policy.may(request.user, "statuspage.manage_subscribers", page)]
