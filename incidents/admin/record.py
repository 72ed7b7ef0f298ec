"""Evidence in the admin: to read. It is attached in the room, and nobody takes it away."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from incidents.admin.reading import ReadOnly
from incidents.models import Attachment, Incident, IncidentRole, Visibility
from roles.requests import SignedInRequest


@admin.register(Attachment)
class AttachmentAdmin(ReadOnly, ModelAdmin):
    """Files of incidents that one may see; those for the response team only where one is of it."""

    list_display = ("name", "incident", "media_type", "length", "visibility", "attached_by", "attached_at", "content")
    list_filter = ("media_type", "visibility")
    list_select_related = ("incident", "attached_by")
    search_fields = ("=incident__key", "name")
    show_full_result_count = False
    fields = (
        "name", "incident", "entry", "media_type", "length", "digest", "visibility", "attached_by", "attached_at",
        "content",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: SignedInRequest) -> QuerySet[Attachment]:
        reader = request.user
        files = Attachment.objects.filter(incident__in=Incident.objects.visible_to(reader))
        if reader.is_superuser:
            return files
        seats = IncidentRole.objects.held().filter(user=reader).values("incident")
        invited = Incident.objects.filter(invited=reader).values("pk")
        return files.filter(Q(visibility=Visibility.STAFF) | Q(incident__in=seats) | Q(incident__in=invited))

    @admin.display(description="size")
    def length(self, file: Attachment) -> str:
        return str(filesizeformat(file.size))

    @admin.display(description="content")
    def content(self, file: Attachment) -> str:
        address = reverse("incidents:evidence_file", args=[file.incident.key, file.public_id])
        return format_html('<a href="{}">Download</a>', address)

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: SignedInRequest, obj: Attachment | None = None) -> bool:
        return bool(request.user.is_staff)
