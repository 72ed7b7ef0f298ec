"""Ways in that are our own, beside allauth's: one-time sign-in links, the set-up of an empty
installation, and the page where a person finds what belongs to their account."""

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from incidentops import accounts
from incidentops.forms import SetUpForm
from roles import tokens

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """What a person can change about their own account."""
    return render(request, "account/home.html")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """A one-time sign-in link: looking at it shows a button and changes nothing, since mail scanners look."""
    if request.method != "POST":
        return render(request, "account/link.html")
    person = tokens.use_link(token)
    if person is None:
        return render(request, "account/link.html", {"is_spent": True}, status=410)
    login(request, person, backend=BACKEND)
    return redirect("incidents:situation")


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """Makes the holder of the set-up link the first administrator, once."""
    if not accounts.is_empty():
        return render(request, "account/link.html", {"is_spent": True}, status=410)
    person = accounts.first_administrator()
    form = SetUpForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        if tokens.use_link(token) != person:
            return render(request, "account/link.html", {"is_spent": True}, status=410)
        login(request, form.save(), backend=BACKEND)
        return redirect("incidents:situation")
    return render(request, "account/set_up.html", {"form": form})
