"""Boards: shared and taken back from the room, and looked at by whoever has the link, without an account.

Behind the link there is no session: a post is trusted by the signed token in its address. Nobody is told the
address by a link that is followed from there, and no search engine keeps it.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from incidents.communication import boards, questions
from incidents.forms.inside import AskByLinkForm, ShareForm
from incidents.models import BoardLink
from incidents.views.answers import find
from incidents.views.coordination import valid
from incidents.views.room import after_change
from notifications import limits
from roles.requests import SignedInRequest

View = Callable[[HttpRequest, str], HttpResponse]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LOOKS_A_MINUTE = 120
QUESTIONS_AN_HOUR = 20


@require_POST
def share(request: SignedInRequest, key: str) -> HttpResponse:
    """Makes a link."""
    incident = find(request, key)
    boards.share(incident, by=request.user, **valid(ShareForm(request.POST)).about())
    return after_change(request, incident)


@require_POST
def revoke(request: SignedInRequest, key: str, board_id: int) -> HttpResponse:
    """Takes a link back."""
    incident = find(request, key)
    board = get_object_or_404(incident.boards.select_related("incident"), pk=board_id)
    boards.revoke(board, by=request.user)
    return after_change(request, incident)


def _for_whoever_has_the_link(view: Callable[[HttpRequest, BoardLink, str], HttpResponse]) -> View:
    """No sign-in, no cookie, never cached or kept by a search engine, and no other site hears the address."""

    @wraps(view)
    def answered(request: HttpRequest, token: str) -> HttpResponse:
        if not limits.take(f"board:{request.META.get('REMOTE_ADDR', '')}", capacity=LOOKS_A_MINUTE, per=MINUTE):
            response = render(request, "429.html", status=429)
        else:
            board = boards.by_token(token)
            if board is None:
                raise Http404
            response = view(request, board, token)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return login_not_required(csrf_exempt(never_cache(answered)))


@_for_whoever_has_the_link
@require_http_methods(["GET", "HEAD"])
def board(request: HttpRequest, board: BoardLink, token: str) -> HttpResponse:
    """Where the incident stands; htmx asks for the middle again and again."""
    if getattr(request, "htmx", False):
        return render(request, "incidents/_board.html", {"token": token, "picture": boards.picture(board)})
    boards.seen(board)
    return _page(request, board, token, AskByLinkForm())


@_for_whoever_has_the_link
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, board: BoardLink, token: str) -> HttpResponse:
    """Asks the team; a look leads back to the board."""
    if request.method != "POST":
        return redirect("incidents:board", token=token)
    form = AskByLinkForm(request.POST)
    if not form.is_valid():
        return _page(request, board, token, form, status=400)
    if not limits.take(f"board-question:{board.public_id}", capacity=QUESTIONS_AN_HOUR, per=HOUR):
        form.add_error(None, "Too many questions came through this link. Wait a few minutes, then try again.")
        return _page(request, board, token, form, status=429)
    try:
        questions.ask_by_link(board, **form.cleaned_data)
    except ValidationError as problem:
        form.add_error(None, problem.messages)
        return _page(request, board, token, form, status=409)
    return _page(request, board, token, AskByLinkForm(), is_asked=True)


def _page(
    request: HttpRequest,
    board: BoardLink,
    token: str,
    form: AskByLinkForm,
    *,
    status: int = 200,
    is_asked: bool = False,
) -> HttpResponse:
    picture = boards.picture(board)
    context = {
        "board": board,
        "token": token,
        "picture": picture,
        "form": form,
        "is_asked": is_asked,
        "may_ask": board.incident.state not in questions.GONE,
    }
    return render(request, "incidents/board.html", context, status=status)
