"""Writing updates and walking them from draft to published."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents.communication import composing, scheduling, updates
from incidents.forms.updates import UpdateForm
from incidents.models import Audience, Incident, Update
from incidents.views import approval
from incidents.views.answers import find
from incidents.views.desk import desk
from incidents.views.panels import composer
from incidents.views.room import after_change, console_of, whole
from roles import policy
from roles.requests import SignedInRequest


@require_POST
def write(request: SignedInRequest, key: str) -> HttpResponse:
    """Starts a text, and walks it one step on where the button said so."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.draft_update", incident)
    if any(name not in settings.UPDATE_AUDIENCES for name in request.POST.getlist("audience")):
        raise ValidationError(f"Updates can be for: {', '.join(Audience.labels)}.")
    form = UpdateForm(request.POST, incident=incident)
    if not form.is_valid():
        return _again(request, incident, form)
    with transaction.atomic():
        update = updates.draft(incident, by=request.user, audience=form.audience, **form.changes())
        composing.forget_unsaved(incident, by=request.user)
        _onward(request, update)
    return after_change(request, incident)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: SignedInRequest, key: str, update_id: int) -> HttpResponse:
    """The text's own page, to read, compare and decide; posting to it changes the text."""
    if request.method == "POST":
        return edit(request, key, update_id)
    incident = find(request, key)
    return approval.page(request, incident, approval.update_of(incident, update_id))


@require_POST
def edit(request: SignedInRequest, key: str, update_id: int) -> HttpResponse:
    """Changes a pending text; the form names the version that it shows."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.draft_update", incident)
    update = _update(incident, update_id)
    form = UpdateForm(request.POST, incident=incident, update=update)
    if not form.is_valid():
        return _again(request, incident, form)
    with transaction.atomic():
        update = updates.edit(update, by=request.user, seen_version=_seen(request) or 0, **form.changes())
        composing.forget_unsaved(incident, by=request.user, update=update)
        _onward(request, update)
    return after_change(request, incident)


@require_POST
def step(request: SignedInRequest, key: str, update_id: int, step: str) -> HttpResponse:
    """One step of the update's machine: submit, approve, send-back, publish, discard, schedule, unschedule,
    or approving and publishing in one go, for who may do both."""
    incident = find(request, key)
    update = _update(incident, update_id)
    match step:
        case "submit":
            updates.submit(update, by=request.user)
        case "approve":
            updates.approve(update, by=request.user, seen_version=_seen(request))
        case "send-back":
            approval.send_back(request, update, seen_version=_seen(request))
        case "publish":
            updates.publish(update, by=request.user, seen_version=_seen(request))
        case "approve-and-publish":
            with transaction.atomic():
                approved = updates.approve(update, by=request.user, seen_version=_seen(request))
                updates.publish(approved, by=request.user)
        case "discard":
            updates.discard(update, by=request.user)
        case "schedule":
            approval.schedule(request, update, seen_version=_seen(request))
        case "unschedule":
            scheduling.unschedule(update, by=request.user)
        case _:
            raise Http404
    if request.POST.get("back") == "update":
        return redirect(approval.address(incident, update.pk))
    return after_change(request, incident)


def _seen(request: SignedInRequest) -> int | None:
    """The version of the text that the form was made from."""
    version = request.POST.get("version", "")
    return int(version) if version.isdecimal() and len(version) < 10 else None


def _onward(request: SignedInRequest, update: Update) -> None:
    """What the pressed button asks for beyond saving."""
    match request.POST.get("then", ""):
        case "submit":
            updates.submit(update, by=request.user)
        case "publish":
            updates.publish(update, by=request.user)


def _update(incident: Incident, update_id: int) -> Update:
    return get_object_or_404(incident.updates.select_related("incident", "author", "edited_by"), pk=update_id)


def _again(request: SignedInRequest, incident: Incident, form: UpdateForm) -> HttpResponse:
    """The form as it was typed, with what is wrong beside each field."""
    before = desk(request, incident)
    refused = composer.shown(before, form)
    if not request.htmx:
        return whole(request, incident, status=400, **refused)
    _, context = console_of(before)
    return render(request, "incidents/_console.html", {**context, **refused}, status=400)
