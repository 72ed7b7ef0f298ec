"""The outbox in the admin: to read. Suppressions and contact methods may be added and taken away."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from notifications import addresses, suppressions
from notifications.models import Attempt, Callback, ContactMethod, Message, Preference, Suppression


class ReadOnly:
    """Nobody adds, changes or deletes these rows by hand."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class AttemptInline(ReadOnly, TabularInline):
    model = Attempt
    fields = ("at", "outcome", "code", "detail", "by")
    extra = 0


@admin.register(Message)
class MessageAdmin(ReadOnly, ModelAdmin):
    """What was said to whom; tried again on the page of the message, not here."""

    list_display = ("content", "masked_address", "channel", "lane", "state", "attempts", "queued_at")
    list_filter = ("state", "channel", "lane")
    list_select_related = ("content",)
    search_fields = ("=address", "content__subject")
    show_full_result_count = False
    inlines = (AttemptInline,)
    fields = (
        "content", "masked_address", "channel", "lane", "state", "code", "detail", "attempts",
        "queued_at", "due_at", "sent_at", "settled_at", "provider_id", "key",
    )  # fmt: skip
    readonly_fields = ("masked_address",)

    @admin.display(description="To")
    def masked_address(self, message: Message) -> str:
        return addresses.masked(message.channel, message.address)


@admin.register(Suppression)
class SuppressionAdmin(ModelAdmin):
    """Addresses that are not written to. Kept by `suppressions`, so there is nothing to edit."""

    list_display = ("address", "channel", "list_name", "reason", "created_at")
    list_filter = ("channel", "reason")
    search_fields = ("address",)
    fields = ("channel", "address", "list_name")

    def has_change_permission(self, request: HttpRequest, obj: Suppression | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Suppression, form: object, change: bool) -> None:
        stored = suppressions.suppress(
            obj.channel, obj.address, list_name=obj.list_name, reason=Suppression.Reason.BY_HAND
        )
        obj.pk = stored.pk


@admin.register(ContactMethod)
class ContactMethodAdmin(ModelAdmin):
    list_display = ("user", "channel", "address", "is_verified")
    list_filter = ("channel", "is_verified")
    search_fields = ("user__username", "address")
    raw_id_fields = ("user",)


@admin.register(Preference)
class PreferenceAdmin(ModelAdmin):
    list_display = ("user", "channel", "is_enabled")
    raw_id_fields = ("user",)


@admin.register(Callback)
class CallbackAdmin(ReadOnly, ModelAdmin):
    """Reports of providers that could not be worked off show their trouble here."""

    list_display = ("provider", "kind", "message_id", "received_at", "worked_at", "trouble")
    list_filter = ("provider", "kind", ("worked_at", admin.EmptyFieldListFilter))
