"""Groups, chats, questions to the team and board links in the admin.

Groups and chats are doors to `groups` and `mirrors`; questions and links are to read, they are worked on in the room.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from unfold.admin import ModelAdmin

from incidents.admin.diagnosis import OfIncident
from incidents.communication import groups, mirrors
from incidents.forms.style import LinesField
from incidents.models import Audience, BoardLink, ChatMirror, StakeholderGroup, TeamQuestion
from notifications import chat_hooks
from notifications.models import ChatKind
from roles import policy
from roles.requests import SignedInRequest

MANAGE = "incidents.manage_words"


class KeptByManagers:
    """For those who may manage our words; nothing is deleted, since what was told by it stays on record."""

    def has_module_permission(self, request: SignedInRequest) -> bool:
        return policy.may(request.user, MANAGE)

    def has_view_permission(self, request: SignedInRequest, obj: object = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: SignedInRequest) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: SignedInRequest, obj: object = None) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: SignedInRequest, obj: object = None) -> bool:
        return False


class GroupAdminForm(forms.ModelForm):
    """A group; addresses one a line."""

    addresses = LinesField(label="Addresses without an account", required=False)

    class Meta:
        model = StakeholderGroup
        fields = ("name", "kind", "members", "addresses", "services", "least_severity", "is_active")

    def clean_addresses(self) -> list[str]:
        """Tried before it is done, so that a refusal stands beside what was typed."""
        try:
            return groups.clean_addresses(self.cleaned_data["addresses"])
        except ValidationError as problem:
            raise forms.ValidationError(problem.messages) from problem


@admin.register(StakeholderGroup)
class StakeholderGroupAdmin(KeptByManagers, ModelAdmin):
    """Who hears of incidents without working on them."""

    form = GroupAdminForm
    list_display = ("name", "kind", "least_severity", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name",)
    filter_horizontal = ("members", "services")

    def save_model(self, request: SignedInRequest, obj: StakeholderGroup, form: GroupAdminForm, change: bool) -> None:
        """By `groups`, with what was filled in."""
        about: dict[str, Any] = dict(form.cleaned_data)
        if change:
            groups.change(obj, by=request.user, **about)
        else:
            obj.pk = groups.add(by=request.user, **about).pk

    def save_related(self, request: SignedInRequest, form: Any, formsets: Any, change: bool) -> None:
        """Members and services are saved by `groups` already."""


class MirrorAdminForm(forms.ModelForm):
    """A chat with its room; the address is taken and never shown."""

    kind = forms.ChoiceField(choices=ChatKind.choices)
    name = forms.CharField(label="Room", max_length=100)
    url = forms.CharField(label="Address of its incoming webhook", required=False, help_text="Empty: it stays.")
    audiences = forms.MultipleChoiceField(choices=Audience.choices, required=False, widget=forms.CheckboxSelectMultiple)
    events = forms.MultipleChoiceField(
        choices=list(mirrors.EVENTS.items()), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ChatMirror
        fields = ("audiences", "events", "least_severity", "services", "includes_private")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["kind"].disabled = True
            self.fields["kind"].initial = self.instance.hook.kind
            self.fields["name"].initial = self.instance.hook.name

    def clean(self) -> dict[str, Any]:
        """Tried before it is done."""
        cleaned = super().clean() or {}
        if not cleaned.get("audiences") and not cleaned.get("events"):
            self.add_error("audiences", "Say what the room reads along of: updates for somebody, or events.")
        if url := cleaned.get("url"):
            try:
                chat_hooks.check_url(url)
            except ValidationError as problem:
                self.add_error("url", problem.messages)
        return cleaned


@admin.register(ChatMirror)
class ChatMirrorAdmin(KeptByManagers, ModelAdmin):
    """Chat rooms that read along, and what is wrong with them."""

    form = MirrorAdminForm
    list_display = ("hook", "audiences", "events", "least_severity", "is_on", "trouble")
    list_select_related = ("hook",)
    filter_horizontal = ("services",)
    actions = ("send_test", "switch_on", "switch_off")
    fields = ("kind", "name", "url", "audiences", "events", "least_severity", "services", "includes_private")

    @admin.display(description="On", boolean=True)
    def is_on(self, mirror: ChatMirror) -> bool:
        return mirror.is_active and mirror.hook.is_active

    @admin.display(description="Trouble")
    def trouble(self, mirror: ChatMirror) -> str:
        return mirror.hook.trouble

    @admin.action(description="Send a test message")
    def send_test(self, request: SignedInRequest, rows: QuerySet[ChatMirror]) -> None:
        """By `mirrors`; those that are off say so."""
        for row in rows.select_related("hook"):
            try:
                mirrors.try_out(row, by=request.user)
            except ValidationError as problem:
                self.message_user(request, problem.messages[0], messages.WARNING)

    @admin.action(description="Switch on")
    def switch_on(self, request: SignedInRequest, rows: QuerySet[ChatMirror]) -> None:
        for row in rows:
            mirrors.switch(row, True, by=request.user)

    @admin.action(description="Switch off")
    def switch_off(self, request: SignedInRequest, rows: QuerySet[ChatMirror]) -> None:
        for row in rows:
            mirrors.switch(row, False, by=request.user)

    def save_model(self, request: SignedInRequest, obj: ChatMirror, form: MirrorAdminForm, change: bool) -> None:
        """By `mirrors`; an address that was left empty stays."""
        about: dict[str, Any] = dict(form.cleaned_data)
        if change:
            about.pop("kind")
            if not about["url"]:
                about.pop("url")
            mirrors.change(obj, by=request.user, **about)
        else:
            made = mirrors.add(by=request.user, **about)
            obj.pk, obj.hook = made.pk, made.hook

    def save_related(self, request: SignedInRequest, form: Any, formsets: Any, change: bool) -> None:
        """Services are saved by `mirrors` already."""


@admin.register(TeamQuestion)
class TeamQuestionAdmin(OfIncident):
    """What the team was asked, who has it, and what was answered."""

    list_display = ("id", "incident", "question", "state", "asked_by", "asked_name", "owner", "answered_by")
    list_filter = ("state",)
    list_select_related = ("incident", "asked_by", "owner", "answered_by")
    search_fields = ("=incident__key", "question", "answer")
    fields = (
        "incident", "question", "asked_by", "asked_name", "asked_at", "owner", "owned_at", "state", "answer",
        "answered_by", "answered_at", "is_shared",
    )  # fmt: skip
    readonly_fields = fields


@admin.register(BoardLink)
class BoardLinkAdmin(OfIncident):
    """For whom links were made and when they end; the links themselves are shown in the room alone."""

    list_display = ("id", "incident", "name", "created_by", "expires_at", "revoked_at", "seen_count")
    list_select_related = ("incident", "created_by")
    search_fields = ("=incident__key", "name")
    fields = (
        "incident", "name", "created_by", "created_at", "expires_at", "revoked_at", "covers_private", "seen_at",
        "seen_count",
    )  # fmt: skip
    readonly_fields = fields
