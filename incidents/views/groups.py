"""The pages of stakeholder groups and of chats that read along, among the settings of our words."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents.communication import groups, mirrors
from incidents.conflicts import Conflict
from incidents.forms.inside import GroupForm, MirrorForm
from incidents.models import Audience, ChatMirror, StakeholderGroup
from notifications import chat_hooks
from roles import policy
from roles.requests import SignedInRequest

MANAGE = "incidents.manage_words"


@require_http_methods(["GET", "HEAD", "POST"])
def groups_page(request: SignedInRequest) -> HttpResponse:
    """All groups, and the form that makes one; every responder may look."""
    policy.authorize(request.user, "incidents.record_change")
    form = GroupForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        policy.authorize(request.user, MANAGE)
        if form.is_valid() and _done(form, lambda: groups.add(by=request.user, **form.about())):
            return redirect("incidents:groups")
    rows = StakeholderGroup.objects.annotate(member_count=Count("members", distinct=True))
    context = {
        "form": form,
        "groups": rows.order_by("-is_active", "name").prefetch_related("services"),
        "may_manage": policy.may(request.user, MANAGE),
    }
    return render(request, "incidents/words/groups.html", context, status=_status(request))


@require_http_methods(["GET", "HEAD", "POST"])
def group(request: SignedInRequest, slug: str) -> HttpResponse:
    """One group, to change."""
    policy.authorize(request.user, MANAGE)
    row = get_object_or_404(StakeholderGroup, slug=slug)
    if request.method == "POST" and (wanted := request.POST.get("active")):
        groups.change(row, by=request.user, is_active=wanted == "yes")
        return redirect("incidents:groups")
    form = GroupForm(request.POST) if request.method == "POST" else GroupForm.of(row)
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["version"]
        if _done(form, lambda: groups.change(row, by=request.user, seen_version=seen, **form.about())):
            return redirect("incidents:groups")
    return render(request, "incidents/words/group.html", {"form": form, "group": row}, status=_status(request))


@require_http_methods(["GET", "HEAD", "POST"])
def chats(request: SignedInRequest) -> HttpResponse:
    """All chats that read along, what is wrong with them, and the form that adds one."""
    policy.authorize(request.user, MANAGE)
    form = MirrorForm(request.POST if request.method == "POST" else None)
    is_filled = request.method == "POST" and form.is_valid()
    if is_filled and _done(form, lambda: mirrors.add(by=request.user, **form.about())):
        return redirect("incidents:chats")
    rows = ChatMirror.objects.select_related("hook").prefetch_related("services").order_by("-is_active", "hook__name")
    context = {
        "form": form,
        "rows": [
            {
                "mirror": row,
                "host": chat_hooks.host_of(row.hook),
                "audiences": [Audience(name).label for name in row.audiences],
                "events": [mirrors.EVENTS[name].lower() for name in row.events],
                "is_on": row.is_active and row.hook.is_active,
            }
            for row in rows
        ],
    }
    return render(request, "incidents/words/chats.html", context, status=_status(request))


@require_http_methods(["GET", "HEAD", "POST"])
def chat(request: SignedInRequest, mirror_id: int) -> HttpResponse:
    """One chat, to change."""
    policy.authorize(request.user, MANAGE)
    row = get_object_or_404(ChatMirror.objects.select_related("hook"), pk=mirror_id)
    form = MirrorForm(request.POST if request.method == "POST" else None, mirror=row)
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["version"]
        if _done(form, lambda: mirrors.change(row, by=request.user, seen_version=seen, **form.about())):
            return redirect("incidents:chats")
    context = {"form": form, "mirror": row, "host": chat_hooks.host_of(row.hook)}
    return render(request, "incidents/words/chat.html", context, status=_status(request))


@require_POST
def chat_switch(request: SignedInRequest, mirror_id: int) -> HttpResponse:
    """Switches a chat on or off."""
    policy.authorize(request.user, MANAGE)
    row = get_object_or_404(ChatMirror.objects.select_related("hook"), pk=mirror_id)
    mirrors.switch(row, request.POST.get("active") == "yes", by=request.user)
    return redirect("incidents:chats")


@require_POST
def chat_test(request: SignedInRequest, mirror_id: int) -> HttpResponse:
    """Sends a test message."""
    policy.authorize(request.user, MANAGE)
    row = get_object_or_404(ChatMirror.objects.select_related("hook"), pk=mirror_id)
    mirrors.try_out(row, by=request.user)
    messages.info(request, f"A test message is on its way to {row.hook}. What goes wrong shows on this page.")
    return redirect("incidents:chats")


def _done(form: Form, work: Callable[[], object]) -> bool:
    """Does it; where it makes no sense, the form says so and keeps what was typed."""
    try:
        work()
    except Conflict as problem:
        form.add_error(None, problem.messages[0])
        return False
    except ValidationError as problem:
        known = {**form.fields, "addresses": None}
        if hasattr(problem, "error_dict") and problem.error_dict.keys() <= known.keys():
            for name, texts in problem.message_dict.items():
                form.add_error("people" if name == "addresses" else name, texts)
        else:
            form.add_error(None, problem.messages)
        return False
    return True


def _status(request: SignedInRequest) -> int:
    return 400 if request.method == "POST" else 200
