"""Message templates: their list, and one of them with what it says when it is filled in."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from incidents.communication import phrases
from incidents.communication.phrases import Facts
from incidents.conflicts import Overtaken
from incidents.forms.templates import FilterForm, TemplateForm
from incidents.models import Audience, Incident, MessageTemplate
from roles import policy
from roles.requests import SignedInRequest

MANAGE = "incidents.manage_words"


@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: SignedInRequest) -> HttpResponse:
    """All templates by filters; a post makes one."""
    policy.authorize(request.user, "incidents.record_change")
    form = TemplateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        policy.authorize(request.user, MANAGE)
        if form.is_valid() and _keep(request, form):
            return redirect("incidents:templates")
    filters = FilterForm(request.GET)
    context = {
        **_about(request, form),
        "filters": filters,
        "rows": filters.rows(),
    }
    return render(request, "incidents/words/templates.html", context, status=400 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def template(request: SignedInRequest, template_id: int) -> HttpResponse:
    """One template: read by responders, changed and taken out of use by those who keep our words."""
    policy.authorize(request.user, "incidents.record_change")
    row = get_object_or_404(MessageTemplate.objects.select_related("edited_by"), pk=template_id)
    form = TemplateForm(request.POST if request.method == "POST" else None, template=row)
    if request.method == "POST":
        policy.authorize(request.user, MANAGE)
        match request.POST.get("do", ""):
            case "retire":
                phrases.retire_template(row, by=request.user)
                return redirect("incidents:templates")
            case "bring-back":
                phrases.change_template(row, by=request.user, is_active=True)
                return redirect("incidents:template", row.pk)
        if form.is_valid() and _keep(request, form):
            return redirect("incidents:template", row.pk)
    context = {**_about(request, form), "template": row}
    return render(request, "incidents/words/template.html", context, status=400 if request.method == "POST" else 200)


@require_POST
def preview(request: SignedInRequest) -> HttpResponse:
    """A template as it stands in the form, filled from the newest incident that one may see; nothing is saved."""
    policy.authorize(request.user, "incidents.record_change")
    form = TemplateForm(request.POST)
    return render(request, "incidents/words/_template_preview.html", _filled(request, form))


# --- inside -----------------------------------------------------------------------------------


def _keep(request: SignedInRequest, form: TemplateForm) -> bool:
    """Whether it was kept; what speaks against it stands beside its field."""
    fields = dict(form.cleaned_data)
    try:
        if form.template is None:
            phrases.add_template(by=request.user, **fields)
        else:
            version = request.POST.get("version", "")
            seen = int(version) if version.isdecimal() and len(version) < 10 else None
            phrases.change_template(form.template, by=request.user, seen_version=seen, **fields)
    except Overtaken:
        raise
    except ValidationError as problem:
        for name, sentences in getattr(problem, "message_dict", {"__all__": problem.messages}).items():
            form.add_error(name if name in form.fields else None, sentences)
        return False
    return True


def _about(request: SignedInRequest, form: TemplateForm) -> dict[str, object]:
    return {
        "form": form,
        "may_manage": policy.may(request.user, MANAGE),
        "placeholders": phrases.PLACEHOLDERS.items(),
        **_filled(request, form),
    }


def _filled(request: SignedInRequest, form: TemplateForm) -> dict[str, object]:
    """What the text of the form says of a real incident, or of an invented one where there is none."""
    title, body = str(form["title"].value() or ""), str(form["body"].value() or "")
    audience = str(form["audience"].value() or Audience.PUBLIC)
    audience = audience if audience in Audience.values else Audience.PUBLIC
    if not body:
        return {}
    try:
        phrases.check(title, audience=audience)
        phrases.check(body, audience=audience)
    except ValidationError as problem:
        return {"trouble": problem.messages[0]}
    row = MessageTemplate(
        title=title,
        body=body[: phrases.LONGEST_BODY],
        audience=audience,
        language=str(form["language"].value() or "en"),
    )
    incident = Incident.objects.visible_to(request.user).order_by("-pk").first()
    status = str(form["phase"].value() or "investigating")
    promised = timezone.now() + timedelta(minutes=20)
    page = str(form["page"].value() or "")
    if incident is None:
        return {"said": phrases.filled(row, _invented(status)), "about": "an invented incident"}
    facts = phrases.facts_of(incident, audience=audience, page=page, status=status, next_update_at=promised)
    return {"said": phrases.filled(row, facts), "about": incident.key}


def _invented(status: str) -> Facts:
    now = timezone.now()
    return Facts(
        title="Problem with Card payments",
        components=("Card payments",),
        status=status,
        impact="major",
        next_update_at=now + timedelta(minutes=20),
        page="Our status",
        started_at=now - timedelta(minutes=44),
        ended_at=None,
        now=now,
        key="INC-1",
        severity="SEV2",
        state="investigating",
        summary="What is known.",
        commander="nobody",
    )
