"""Refusals as people read them: what was refused, why, and where to go. Pages for browsers, a notice
for htmx, which is put above the page so that nothing typed is lost."""

from dataclasses import dataclass

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import requires_csrf_token

from incidentops.views import versions
from incidents.conflicts import Overtaken

#: What people write and would not want to write again: field → what the page calls it.
WRITTEN_FIELDS = {
    "title": "Title",
    "summary": "Summary",
    "body": "Text",
    "reason": "Reason",
    "comment": "Comment",
    "outcome": "Decision",
    "question": "Question",
    "context": "Context",
    "text": "Text",
    "recommendation": "Recommendation",
    "name": "Name",
    "goal": "Done when",
    "detail": "Detail",
    "answer": "Answer",
    "conditions": "Conditions",
    "actions": "Actions",
    "needs": "Needs",
    "effect": "Effect",
    "undo": "Undo",
    "message": "Message",
    "situation": "Situation",
    "impact": "Impact",
    "running_actions": "Running actions",
    "open_decisions": "Open decisions",
    "next_update": "Next update",
}


@dataclass(frozen=True)
class Typed:
    label: str
    text: str


def refusal(
    request: HttpRequest, status: int, heading: str, sentence: str, *, needed: list[str] | None = None
) -> HttpResponse:
    """A refusal as a page, or as a notice for htmx; what was typed is given back."""
    context = {"status": status, "heading": heading, "sentence": sentence, "needed": needed or []}
    if getattr(request, "htmx", False):
        answer = render(request, "_refusal.html", context, status=status)
        answer["HX-Retarget"] = "#notices"
        answer["HX-Reswap"] = "innerHTML show:none"
        return answer
    context["typed"] = [
        Typed(label, text) for field, label in WRITTEN_FIELDS.items() if (text := request.POST.get(field, "").strip())
    ]
    if back := _came_from(request):
        context |= {"back": back, "back_label": "Back to where you were"}
    return render(request, "error.html", context, status=status)


def _came_from(request: HttpRequest) -> str:
    """The page that sent the request, if it is one of ours and not this very address."""
    referer = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    return referer if is_ours and not referer.endswith(request.get_full_path()) else ""


def conflict(request: HttpRequest, problem: ValidationError) -> HttpResponse:
    """409: the state forbids it. The sentence comes from the work function. Where somebody else was faster,
    both versions are shown."""
    if isinstance(problem, Overtaken):
        return versions.both(request, problem, back=_came_from(request))
    needed = list(getattr(problem, "needed", []))
    sentence = " ".join(problem.messages)
    return refusal(request, 409, "Not now", sentence, needed=[need for need in needed if need not in sentence])


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: they may see it, but not do it."""
    return refusal(request, 403, "You may not do this", str(exception or "") or "Your roles do not include it.")


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: it is not there, or not for them; the answer does not say which."""
    return refusal(request, 404, "Nothing here", "There is no such page, or it is not shared with you.")


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request itself makes no sense."""
    return refusal(request, 400, "That request made no sense", "The address or the form was malformed.")


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429: too many tries."""
    return refusal(request, 429, "Slow down", "Too many tries from here. Wait a few minutes, then try again.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was too old, or came from somewhere else. Who is signed out meanwhile is told so: the piece asks
    for the way in, which the open page offers beside what is typed."""
    if getattr(request, "htmx", False) and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return refusal(
        request, 403, "This form has expired", "Nothing was changed. Go back, reload the page and send it again."
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500, without database and session: they may be what broke."""
    return render(None, "500.html", status=500)
