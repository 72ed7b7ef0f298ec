"""Incidents in the admin: one more door to `staffing`, which does the work; the rest is to read.

Who may is the policy's to say, not Django's model permissions. States and severities change in the room.
"""

from django import forms
from django.contrib import admin
from django.db.models import Case, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Concat, NullIf, Trim
from django.http import Http404
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline

from incidents.admin.reading import ReadOnly
from incidents.forms.seats import SeatForm, SeatFormSet
from incidents.models import Incident, IncidentRole, TimelineEntry
from incidents.response import staffing
from roles import policy
from roles.catalog import SIGNS, Holding, Role
from roles.requests import SignedInRequest

#: So many rows of a timeline are shown; all of it stands in the room.
NEWEST_ENTRIES = 50


class SeatInline(TabularInline):
    """Who holds which of the seven roles, since when; a row waits for each that is vacant."""

    model = IncidentRole
    form = SeatForm
    formset = SeatFormSet
    fields = ("role", "user", "kind", "held", "given_by", "reason")
    readonly_fields = ("held", "given_by")
    autocomplete_fields = ("user",)
    verbose_name_plural = "roles"
    hide_title = True
    extra = 0

    @admin.display(description="held since")
    def held(self, seat: IncidentRole) -> str:
        if seat.assumed_at:
            return f"{seat.assumed_at:%d %b %Y, %H:%M} UTC"
        if seat.offered_at is None:
            return ""
        asked = "asked to take over" if seat.takes_over_id else "offered"
        return f"{asked} {seat.offered_at:%d %b %Y, %H:%M} UTC, not accepted yet"

    @admin.display(description="given by")
    def given_by(self, seat: IncidentRole) -> str:
        return str(seat.assigned_by or "IncidentOps") if seat.pk else ""

    def get_queryset(self, request: SignedInRequest) -> QuerySet:
        order = [When(role=role, then=Value(place)) for place, role in enumerate(Role)]
        place = Case(*order, output_field=IntegerField())
        return IncidentRole.objects.live().select_related("user", "assigned_by").order_by(place, "pk")

    def get_extra(self, request: SignedInRequest, obj: Incident | None = None, **kwargs: object) -> int:
        return len(self.proposed(request, obj))

    def proposed(self, request: SignedInRequest, incident: Incident | None) -> list[dict[str, str]]:
        """The rows without a seat: each vacant role that may be given, and one more for whom one likes."""
        if incident is None:
            return []
        roles = staffing.roles_to_give(incident, request.user)
        vacant = [{"role": role.value, "kind": Holding.PRIMARY.value} for role in roles if not incident.is_filled(role)]
        more = [{"role": Role.SME.value, "kind": Holding.PRIMARY.value}] if len(roles) == len(Role) else []
        return vacant + more

    def get_formset(self, request: SignedInRequest, obj: Incident | None = None, **kwargs: object) -> type[SeatFormSet]:
        formset: type[SeatFormSet] = super().get_formset(request, obj, **kwargs)
        formset.by = request.user
        formset.roles = tuple(staffing.roles_to_give(obj, request.user)) if obj else ()
        return formset

    def has_view_permission(self, request: SignedInRequest, obj: Incident | None = None) -> bool:
        return obj is not None and obj.is_visible_to(request.user)

    def has_add_permission(self, request: SignedInRequest, obj: Incident | None = None) -> bool:
        return obj is not None and bool(staffing.roles_to_give(obj, request.user))

    def has_change_permission(self, request: SignedInRequest, obj: Incident | None = None) -> bool:
        return self.has_add_permission(request, obj)

    def has_delete_permission(self, request: SignedInRequest, obj: Incident | None = None) -> bool:
        return obj is not None and policy.may(request.user, "incidents.assign_role", obj)


class EntryInline(ReadOnly, TabularInline):
    """The newest rows of the timeline; nothing is ever changed in it."""

    model = TimelineEntry
    fk_name = "incident"
    fields = ("number", "happened", "kind", "body", "who", "acted_as")
    readonly_fields = fields
    ordering = ("-number",)
    verbose_name_plural = f"newest {NEWEST_ENTRIES} rows of the timeline"
    hide_title = True
    extra = 0
    can_delete = False

    @admin.display(description="at")
    def happened(self, entry: TimelineEntry) -> str:
        return f"{entry.occurred_at:%d %b %Y, %H:%M} UTC"

    @admin.display(description="by")
    def who(self, entry: TimelineEntry) -> str:
        return str(entry.actor or "IncidentOps")

    @admin.display(description="as")
    def acted_as(self, entry: TimelineEntry) -> str:
        return SIGNS[entry.actor_role].short if entry.actor_role in SIGNS else ""

    def get_queryset(self, request: SignedInRequest) -> QuerySet[TimelineEntry]:
        number = request.resolver_match.kwargs.get("object_id", "") if request.resolver_match else ""
        incident = Incident.objects.filter(pk=int(number) if number.isdecimal() else 0).first()
        if incident is None:
            return TimelineEntry.objects.none()
        rows = incident.entries.readable_by(request.user, incident)
        newest = list(rows.order_by("-number").values_list("pk", flat=True)[:NEWEST_ENTRIES])
        return TimelineEntry.objects.filter(pk__in=newest).select_related("actor").order_by("-number")

    def has_view_permission(self, request: SignedInRequest, obj: Incident | None = None) -> bool:
        return obj is not None and obj.is_visible_to(request.user)


@admin.register(Incident)
class IncidentAdmin(ModelAdmin):
    """An incident and who works on it. Only the seats are changed here, by `staffing`."""

    list_display = ("key", "title", "state", "severity", "kind", "commander", "opened_at")
    list_filter = ("state", "severity", "kind", "services")
    search_fields = ("=key", "title", "summary")
    date_hierarchy = "opened_at"
    show_full_result_count = False
    actions = None
    inlines = (SeatInline, EntryInline)
    fields = (
        ("key", "room"), "title", "summary", ("state", "severity", "kind"), "is_private", "affected",
        ("declared_by", "opened_at", "resolved_at"),
    )  # fmt: skip
    readonly_fields = (
        "key", "room", "title", "summary", "state", "severity", "kind", "is_private", "affected",
        "declared_by", "opened_at", "resolved_at",
    )  # fmt: skip

    def get_queryset(self, request: SignedInRequest) -> QuerySet[Incident]:
        holder = IncidentRole.objects.filter(
            incident=OuterRef("pk"),
            role=Role.COMMANDER,
            kind=Holding.PRIMARY,
            assumed_at__isnull=False,
            renounced_at=None,
        )
        name = Trim(Concat("user__first_name", Value(" "), "user__last_name"))
        named = holder.annotate(name=Coalesce(NullIf(name, Value("")), F("user__username")))
        rows = Incident.objects.visible_to(request.user).select_related("declared_by")
        return rows.annotate(commander_name=Subquery(named.values("name")[:1]))

    @admin.display(description="commander", empty_value="nobody")
    def commander(self, incident: Incident) -> str | None:
        return getattr(incident, "commander_name", None)

    @admin.display(description="services")
    def affected(self, incident: Incident) -> str:
        return ", ".join(service.name for service in incident.services.all())

    @admin.display(description="room")
    def room(self, incident: Incident) -> str:
        return format_html(
            '<a href="{}">State, severity and updates</a>', reverse("incidents:room", args=[incident.key])
        )

    def get_object(self, request: SignedInRequest, object_id: str, from_field: str | None = None) -> Incident:
        """What one may not know of is not there, as everywhere."""
        found: Incident | None = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def get_formset_kwargs(
        self, request: SignedInRequest, obj: Incident, inline: admin.options.InlineModelAdmin, prefix: str
    ) -> dict[str, object]:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        return {**kwargs, "initial": inline.proposed(request, obj)} if isinstance(inline, SeatInline) else kwargs

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: SignedInRequest, obj: Incident | None = None) -> bool:
        return bool(request.user.is_staff) and (obj is None or obj.is_visible_to(request.user))

    def has_change_permission(self, request: SignedInRequest, obj: Incident | None = None) -> bool:
        return obj is not None and bool(staffing.roles_to_give(obj, request.user))

    def has_add_permission(self, request: SignedInRequest) -> bool:
        return False

    def has_delete_permission(self, request: SignedInRequest, obj: Incident | None = None) -> bool:
        return False

    def save_model(self, request: SignedInRequest, obj: Incident, form: forms.ModelForm, change: bool) -> None:
        """The incident itself is not changed here."""

    def save_formset(
        self, request: SignedInRequest, form: forms.ModelForm, formset: forms.BaseInlineFormSet, change: bool
    ) -> None:
        """Seats are saved by `staffing`; nothing else is."""
        if isinstance(formset, SeatFormSet):
            formset.save()
        else:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
