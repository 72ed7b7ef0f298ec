"""What support says, in the admin: to read; it is written in the room."""

from django.contrib import admin

from incidents.admin.diagnosis import OfIncident
from incidents.models import TalkingPoints


@admin.register(TalkingPoints)
class TalkingPointsAdmin(OfIncident):
    """All versions, of every incident that one may see."""

    list_display = ("id", "incident", "number", "author", "approved_by", "approved_at")
    list_select_related = ("incident", "author", "approved_by")
    search_fields = ("=incident__key", "public_text", "addendum")
    fields = (
        "incident", "number", "update", "public_text", "addendum", "do_say", "do_not_say", "workaround",
        "next_update_at", "author", "created_at", "approved_by", "approved_at", "withdrawn_at",
    )  # fmt: skip
    readonly_fields = fields
