"""Rules of style: their page, and what they say of a text while somebody writes it."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from incidents.communication import consistency, style_rules
from incidents.communication.consistency import Check, Draft, Finding
from incidents.forms.style import StyleRuleForm, TryForm
from incidents.forms.updates import UpdateForm
from incidents.models import Audience, Incident, StyleRule, Update
from incidents.views.answers import find
from roles import policy
from roles.requests import SignedInRequest


@dataclass(frozen=True)
class Marked:
    """A finding with the words that it is about."""

    finding: Finding
    words: str


@dataclass(frozen=True)
class Line:
    """One line of the list of checks with what speaks against it."""

    check: Check
    marked: list[Marked]


def lines(draft: Draft) -> list[Line]:
    """The checks of a draft as the composer shows them."""
    texts = {"title": draft.title, "body": draft.body}
    return [
        Line(check, [Marked(one, texts[one.part][one.start : one.end][:80]) for one in check.findings])
        for check in consistency.checks(draft)
    ]


@require_POST
def check(request: SignedInRequest, key: str) -> HttpResponse:
    """What the rules say of the composer's fields as they stand; nothing is saved."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.draft_update", incident)
    shown = lines(consistency.draft_of(_unsaved(request, incident)))
    met = sum(not line.marked for line in shown)
    return render(request, "incidents/panels/_findings.html", {"lines": shown, "met": met, "all": len(shown)})


@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: SignedInRequest) -> HttpResponse:
    """All rules: the built-in ones with their level, those of one's own, and a text to try them on."""
    policy.authorize(request.user, "incidents.record_change")
    form = StyleRuleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        policy.authorize(request.user, "incidents.manage_words")
        if form.is_valid() and _add(request, form):
            return redirect("incidents:style")
    return _page(request, form, status=400 if request.method == "POST" else 200)


@require_POST
def set_level(request: SignedInRequest, code: str) -> HttpResponse:
    """Has a built-in rule off, advising or blocking."""
    style_rules.set_level(code, request.POST.get("level", ""), by=request.user)
    return redirect(f"{reverse('incidents:style')}#{code}")


@require_POST
def change(request: SignedInRequest, rule_id: int) -> HttpResponse:
    """Changes a rule of one's own: on, off, its level, or gone."""
    rule = get_object_or_404(StyleRule, pk=rule_id)
    match request.POST.get("do", ""):
        case "drop":
            style_rules.drop(rule, by=request.user)
        case "off" | "on" as wanted:
            style_rules.change(rule, by=request.user, is_active=wanted == "on")
        case _:
            style_rules.change(rule, by=request.user, level=request.POST.get("level", rule.level))
    return redirect("incidents:style")


# --- inside -----------------------------------------------------------------------------------


def _unsaved(request: SignedInRequest, incident: Incident) -> Update:
    """The composer's fields as an update that nobody has saved; what cannot be read is left out."""
    number = request.POST.get("update", "")
    is_number = number.isdecimal() and len(number) < 10
    written = incident.updates.filter(pk=int(number)).first() if is_number else None
    audience = request.POST.get("audience", Audience.PUBLIC)
    audience = audience if audience in Audience.values else Audience.PUBLIC
    form = UpdateForm(request.POST, incident=incident, update=written, audience=audience)
    return form.sketch()


def _add(request: SignedInRequest, form: StyleRuleForm) -> bool:
    try:
        style_rules.add(by=request.user, **form.cleaned_data)
    except ValidationError as problem:
        form.add_error(None, problem)
        return False
    return True


def _page(request: SignedInRequest, form: StyleRuleForm, *, status: int) -> HttpResponse:
    trying = TryForm(request.GET)
    trying.is_valid()
    text = str(trying.cleaned_data.get("text") or "")
    audience = str(trying.cleaned_data.get("audience") or Audience.PUBLIC)
    levels = style_rules.levels()
    context = {
        "form": form,
        "trying": trying,
        "text": text,
        "found": [
            Marked(one, text[one.start : one.end][:80])
            for one in consistency.findings(Draft(body=text, audience=audience, now=timezone.now()))
        ]
        if text
        else [],
        "built_in": [(rule, levels[rule.code]) for rule in consistency.RULES],
        "own": StyleRule.objects.all(),
        "levels": [
            ("off", "Off"),
            *((value, label) for value, label in StyleRule._meta.get_field("level").choices or ()),
        ],
        "may_manage": policy.may(request.user, "incidents.manage_words"),
    }
    return render(request, "incidents/words/style.html", context, status=status)
