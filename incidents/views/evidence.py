"""Attaching evidence, and giving it back: to those who may read it, as a file and never as a page."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from incidents import attachments, file_types
from incidents.forms.timeline import EvidenceForm
from incidents.models import Attachment, Incident
from incidents.views import room
from incidents.views.answers import find
from incidents.views.desk import desk
from roles.requests import SignedInRequest


@require_POST
def attach(request: SignedInRequest, key: str) -> HttpResponse:
    """Keeps files as evidence, with a word on what they show; a refusal comes back on the console."""
    incident = find(request, key)
    form = EvidenceForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refused(request, incident, form)
    words = {name: form.cleaned_data[name] for name in ("body", "visibility")}
    attachments.attach(incident, by=request.user, uploads=form.cleaned_data["files"], **words)
    return room.after_change(request, incident)


def _refused(request: SignedInRequest, incident: Incident, form: EvidenceForm) -> HttpResponse:
    """The console with the form as it was typed, and what was wrong with the file."""
    if not request.htmx:
        return room.whole(request, incident, status=400, evidence_form=form)
    _, context = room.console_of(desk(request, incident))
    return render(request, "incidents/_console.html", {**context, "evidence_form": form}, status=400)


@require_safe
def file(request: SignedInRequest, key: str, public_id: str) -> HttpResponse:
    """The file, for whoever may read it; 404 otherwise."""
    incident = find(request, key)
    return given(get_object_or_404(attachments.readable(incident, request.user), public_id=public_id))


def given(attachment: Attachment) -> HttpResponse:
    """The bytes, to be kept and looked at elsewhere: no browser opens them as a page of ours, or runs them."""
    answer = HttpResponse(attachments.content_of(attachment), content_type=attachment.media_type)
    name = file_types.safe_name(attachment.name, attachment.media_type)
    answer["Content-Disposition"] = content_disposition_header(True, name)
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, max-age=3600"
    return answer
