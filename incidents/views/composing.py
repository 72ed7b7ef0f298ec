"""What happens while somebody writes a text: it is kept, shown as it would go out, filled from a template, held."""

import json
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from incidents.communication import audiences, composing, mirrors, phrases, previewing
from incidents.conflicts import Conflict
from incidents.forms.updates import UpdateForm
from incidents.models import Incident, MessageTemplate, Update
from incidents.views.answers import find, room_of
from incidents.views.desk import desk
from incidents.views.panels import composer
from incidents.views.room import after_change, whole
from notifications import chats
from notifications.models import ChatKind
from roles import policy
from roles.requests import SignedInRequest

#: How long a preview can be opened in its frame, in seconds.
PREVIEW_LASTS = 900
#: Fields of the form that are not words of the person.
_NOT_TYPED = frozenset({"csrfmiddlewaretoken", "seat", "version", "then", "edit", "update", "template"})
#: What the frame of a preview may do: show itself. The mail's own styles stand in it.
_FRAME = {
    "page": {"style-src": ["'self'"]},
    "email": {"style-src": ["'unsafe-inline'"]},
}


@require_POST
def keep(request: SignedInRequest, key: str) -> HttpResponse:
    """Keeps what stands in the composer for this person, and the text in their hand while they write."""
    incident = find(request, key)
    update = _written(request, incident)
    seen = _number(request, "version")
    if update is not None and seen is not None and update.version > seen:
        # A late one, from before this text was saved.
        return JsonResponse({"kept": "", "writer": ""})
    words = {
        name: values if len(values) > 1 or name == "audience" else values[0]
        for name, values in request.POST.lists()
        if name not in _NOT_TYPED
    }
    row = composing.keep_unsaved(incident, by=request.user, words=words, update=update)
    writer = ""
    if update is not None:
        try:
            composing.hold(update, by=request.user)
        except Conflict as held:
            writer = held.messages[0]
    return JsonResponse({"kept": f"{row.typed_at:%H:%M}", "writer": writer})


@require_POST
def drop(request: SignedInRequest, key: str) -> HttpResponse:
    """Drops the person's unsaved words: the form is again as it was saved."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.draft_update", incident)
    update = _written(request, incident)
    composing.forget_unsaved(incident, by=request.user, update=update)
    if update is not None:
        composing.let_go(update, by=request.user)
    return after_change(request, incident)


@require_POST
def take_over(request: SignedInRequest, key: str, update_id: int) -> HttpResponse:
    """Takes a text out of somebody else's hand."""
    incident = find(request, key)
    update = get_object_or_404(incident.updates.select_related("incident"), pk=update_id)
    composing.hold(update, by=request.user, takes_over=True)
    if request.htmx:
        return after_change(request, incident)
    seat = desk(request, incident).seat
    return redirect(f"{room_of(incident, seat=seat)}{'&' if seat else '?'}edit={update.pk}#composer")


@require_POST
def fill(request: SignedInRequest, key: str) -> HttpResponse:
    """The template that was chosen, in the words of the facts: as JSON for script, else the form with it.

    Nothing is saved, and what was typed is given back beside it.
    """
    incident = find(request, key)
    policy.authorize(request.user, "incidents.draft_update", incident)
    number = _number(request, "template")
    template = get_object_or_404(MessageTemplate, pk=number, is_active=True) if number else None
    if template is None:
        raise ValidationError("Choose a template first.")
    form = UpdateForm(request.POST, incident=incident, update=_written(request, incident))
    text = form.sketch()
    said = phrases.prefill(
        template,
        incident,
        page=text.page,
        status=text.status or template.phase,
        components=text.components,
        next_update_at=text.next_update_at,
    )
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"title": said.title, "body": said.body, "language": template.language})
    typed = {
        name: values if len(values) > 1 or name == "audience" else values[0]
        for name, values in request.POST.lists()
        if name not in _NOT_TYPED
    }
    typed |= {"body": said.body, "language": template.language, "title": said.title or text.title}
    filled = UpdateForm(incident=incident, update=form.update, audience=form.audience, typed=typed)
    before = {"body": text.body, "title": text.title} if text.body or text.title else None
    shown = composer.shown(desk(request, incident), filled)
    return whole(request, incident, status=200, **shown, before_filling=before)


@require_POST
def preview(request: SignedInRequest, key: str) -> HttpResponse:
    """The text as it would be shown and sent, how it differs from the last one, and whom it reaches."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.draft_update", incident)
    form = UpdateForm(request.POST, incident=incident, update=_written(request, incident))
    context = {**_preview(request, form.sketch()), "incident": incident}
    if request.htmx:
        return render(request, "incidents/consoles/_preview.html", context)
    shown = render_to_string("incidents/consoles/_preview.html", context, request)
    typed = UpdateForm(request.POST, incident=incident, update=form.update)
    context = {**composer.shown(desk(request, incident), typed), "preview_html": shown}
    return whole(request, incident, status=200, **context)


@require_safe
@xframe_options_sameorigin
def frame(request: SignedInRequest, key: str, token: str, part: str) -> HttpResponse:
    """One preview as a document of its own, for the frame beside the composer; only for who made it."""
    incident = find(request, key)
    made = cache.get(_kept_as(request, incident, token)) or {}
    if part not in _FRAME or not made.get(part):
        raise Http404
    response = HttpResponse(made[part])
    response._csp_replace = {  # type: ignore[attr-defined]  # read by django-csp
        "default-src": ["'none'"],
        "script-src": ["'none'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'self'"],
        "sandbox": ["allow-same-origin"],
        **_FRAME[part],
    }
    return response


# --- inside -----------------------------------------------------------------------------------


def _written(request: SignedInRequest, incident: Incident) -> Update | None:
    """The saved text that the form changes."""
    number = _number(request, "update")
    people = ("incident", "author", "edited_by", "editing_by")
    return get_object_or_404(incident.updates.select_related(*people), pk=number) if number else None


def _number(request: SignedInRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _preview(request: SignedInRequest, update: Update) -> dict[str, object]:
    """Everything beside the form; a text that makes no sense yet has a sentence in place of its previews."""
    shown: dict[str, object] = {"measure": composing.measure(update.body), "text": update}
    said = composing.last_said(update)
    if said is not None and update.body:
        shown |= {"said": said, "pieces": composing.changed(said.body, update.body)}
    shown["counts"] = _counts(update)
    if not update.body:
        return shown
    try:
        with transaction.atomic():
            audiences.check(update)
            made = previewing.previews(update)
            reach = audiences.count(update)
    except ValidationError as problem:
        return {**shown, "trouble": problem.messages[0]}
    token = secrets.token_urlsafe(12)
    documents = {"page": made.document, "email": made.email.html if made.email else ""}
    cache.set(_kept_as(request, update.incident, token), documents, PREVIEW_LASTS)
    return {
        **shown,
        "made": made,
        "reach": reach,
        "sends": {channel: _seconds(previewing.sends_in(channel, reach)) for channel in reach.by_channel},
        "chats": _chats(update, made),
        "sms_from": phrases.page_name(update),
        "token": token,
        "at": timezone.now(),
    }


def _chats(update: Update, made: previewing.Previews) -> list[dict[str, object]]:
    """What the two chats that the composer shows would get: in words, and as it is sent."""
    chat = mirrors.chat_of_update(update)
    return [
        {
            "kind": kind,
            "label": ChatKind(kind).label,
            "chat": chat,
            "title": chats.plain(chat.title, 150),
            "text": chats.plain(chat.text, 2400),
            "payload": json.dumps(made.chats[kind], indent=2, ensure_ascii=False),
        }
        for kind in (ChatKind.SLACK.value, ChatKind.TEAMS.value)
    ]


def _seconds(length: timedelta | None) -> str:
    """'40 s', '3 min', as one says it beforehand."""
    if length is None:
        return ""
    seconds = round(length.total_seconds())
    return f"{seconds} s" if seconds < 90 else f"{round(seconds / 60)} min"


def _counts(update: Update) -> dict[str, int]:
    """How many each audience has, ticked or not."""
    found = {}
    for name in settings.UPDATE_AUDIENCES:
        told = audiences.as_told_to(update, name)
        told.notify = True
        found[name] = audiences.audience_of(told).count(told).total
    return found


def _kept_as(request: SignedInRequest, incident: Incident, token: str) -> str:
    return f"preview:{request.user.pk}:{incident.pk}:{token}"
