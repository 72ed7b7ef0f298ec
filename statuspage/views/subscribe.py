"""Subscribing, confirming, changing and leaving, by form and by signed link.

None of these takes a cookie. A POST is trusted by what it carries: a signed stamp in the form, or the
signed token in the address. A GET changes nothing, since mail scanners open every link.
"""

import json
from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from statuspage import subscriptions
from statuspage.forms.subscribe import SubscribeForm, WishForm
from statuspage.models import StatusPage, Subscriber
from statuspage.views.frame import asker, frame

View = Callable[..., HttpResponseBase]
#: Most that the API reads of a request.
LONGEST_BODY = 10_000


def for_everybody(view: View) -> View:
    """A public view whose POST is verified by a signed value of its own: no sign-in, no cookie, never cached,
    and the address with its token is told to no other site."""

    @wraps(view)
    def answered(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        return response

    return login_not_required(csrf_exempt(never_cache(answered)))


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, and the same answer whatever is known of the address."""
    page = get_object_or_404(StatusPage, slug=slug)
    if request.method != "POST":
        return _form(
            request, page, SubscribeForm(page=page, initial={"everything": True, "amount": "all", "channel": "email"})
        )
    form = SubscribeForm(request.POST, page=page)
    if form.is_robot:
        return _asked(request, page, Subscriber.Channel.EMAIL, "")
    if not form.is_valid():
        return _form(request, page, form, status=400)
    wish = form.wish()
    try:
        subscriptions.subscribe(page, wish, network=asker(request))
    except subscriptions.AskedTooOften as problem:
        form.add_error(None, problem)
        return _form(request, page, form, status=429)
    return _asked(request, page, wish.channel, wish.address)


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """One button behind the link of a confirmation, or the form that takes the code of an SMS."""
    page = get_object_or_404(StatusPage, slug=slug)
    subscriber = subscriptions.by_token(page, token, purpose=subscriptions.CONFIRM)
    if subscriber is None:
        return _by_code(request, page, token)
    if request.method == "POST":
        if subscriber.unsubscribed_at is None:
            subscriptions.confirm(subscriber)
        return _said(request, page, "confirmed", subscriber)
    return render(request, "statuspage/public/confirm.html", {**frame(page), "subscriber": subscriber})


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def manage(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """What a subscriber is told, to look at and to change. The link does not expire."""
    page = get_object_or_404(StatusPage, slug=slug)
    subscriber = _subscriber(page, token)
    chosen = list(subscriber.components.all())
    initial = {"amount": subscriber.amount, "everything": not chosen, "components": chosen}
    form = WishForm(request.POST if request.method == "POST" else None, page=page, initial=initial)
    is_saved = False
    if request.method == "POST" and form.is_valid():
        subscriptions.change(subscriber, amount=form.cleaned_data["amount"], components=form.cleaned_data["components"])
        is_saved = True
    context = {**frame(page), "form": form, "subscriber": subscriber, "token": token, "is_saved": is_saved}
    return render(request, "statuspage/public/manage.html", context, status=400 if form.errors else 200)


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """GET shows one button; POST, from a person or a mail program (RFC 8058), acts and may be repeated."""
    page = get_object_or_404(StatusPage, slug=slug)
    subscriber = _subscriber(page, token)
    if request.method == "POST":
        subscriptions.unsubscribe(subscriber)
        return _said(request, page, "left", subscriber)
    return render(
        request, "statuspage/public/unsubscribe.html", {**frame(page), "subscriber": subscriber, "token": token}
    )


@for_everybody
@require_http_methods(["POST", "OPTIONS"])
def subscribers_json(request: HttpRequest, slug: str) -> HttpResponse:
    """Statuspage's way to subscribe: `subscriber[email]`, or `subscriber[phone_number]` with `[phone_country]`.

    JSON or a form. The answer is the same whatever is known of the address.
    """
    if request.method == "OPTIONS":
        return _open(HttpResponse(status=204))
    page = get_object_or_404(StatusPage, slug=slug)
    try:
        asked = _asked_for(request)
        wish = _wish(page, asked)
        subscriptions.subscribe(page, wish, network=asker(request), source="api")
    except subscriptions.AskedTooOften as problem:
        return _open(_refused(problem, 429, "throttled"))
    except ValidationError as problem:
        return _open(_refused(problem, 400, "invalid"))
    named = "email" if wish.channel == Subscriber.Channel.EMAIL else "phone_number"
    return _open(
        JsonResponse({"subscriber": {named: wish.address, "mode": wish.channel, "state": "pending"}}, status=201)
    )


# --- inside -----------------------------------------------------------------------------------


def _form(request: HttpRequest, page: StatusPage, form: SubscribeForm, *, status: int = 200) -> HttpResponse:
    context = {**frame(page), "form": form, "stamp": form.fresh_stamp()}
    return render(request, "statuspage/public/subscribe.html", context, status=status)


def _asked(request: HttpRequest, page: StatusPage, channel: str, address: str) -> HttpResponse:
    token = subscriptions.code_token(page, channel, address) if channel == Subscriber.Channel.SMS else ""
    context = {**frame(page), "channel": channel, "address": address, "token": token}
    return render(request, "statuspage/public/asked.html", context)


def _by_code(request: HttpRequest, page: StatusPage, token: str) -> HttpResponse:
    """The form that takes an SMS code; a right one confirms. A link that names nobody is a 404."""
    subscriber = subscriptions.awaiting_code(page, token)
    context: dict[str, object] = {**frame(page), "channel": "sms", "token": token}
    if request.method == "POST" and "code" in request.POST:
        if subscriptions.confirm_by_code(subscriber, request.POST["code"]) and subscriber is not None:
            return _said(request, page, "confirmed", subscriber)
        context["problem"] = "This code is not right, or no longer good. Use the link in the message instead."
        return render(request, "statuspage/public/asked.html", context, status=400)
    if subscriber is None:
        raise Http404
    return render(request, "statuspage/public/asked.html", context)


def _said(request: HttpRequest, page: StatusPage, what: str, subscriber: Subscriber) -> HttpResponse:
    return render(request, "statuspage/public/said.html", {**frame(page), "what": what, "subscriber": subscriber})


def _subscriber(page: StatusPage, token: str) -> Subscriber:
    subscriber = subscriptions.by_token(page, token)
    if subscriber is None:
        raise Http404
    return subscriber


def _asked_for(request: HttpRequest) -> dict[str, object]:
    """The fields of `subscriber`, from JSON or from a form."""
    if request.content_type == "application/json":
        try:
            body = json.loads(request.read(LONGEST_BODY + 1)[: LONGEST_BODY + 1])
        except (ValueError, RecursionError) as problem:
            raise ValidationError("The request is not valid JSON.") from problem
        if not isinstance(body, dict) or not isinstance(body.get("subscriber", body), dict):
            raise ValidationError('Send an object: {"subscriber": {"email": …}}.')
        asked: dict[str, object] = body.get("subscriber", body)
        return asked
    fields: dict[str, object] = {
        name.removeprefix("subscriber[").removesuffix("]"): request.POST[name]
        for name in request.POST
        if name.startswith("subscriber[") and not name.endswith("[]")
    }
    if components := request.POST.getlist("subscriber[component_ids][]"):
        fields["component_ids"] = components
    return fields


def _wish(page: StatusPage, asked: dict[str, object]) -> subscriptions.Wish:
    email, phone = asked.get("email"), asked.get("phone_number")
    if email and isinstance(email, str):
        channel, address = Subscriber.Channel.EMAIL, subscriptions.address_of("email", email)
    elif phone and isinstance(phone, str):
        country = asked.get("phone_country")
        channel = Subscriber.Channel.SMS
        address = subscriptions.address_of(channel, phone, country=country if isinstance(country, str) else None)
    else:
        raise ValidationError("Say subscriber[email], or subscriber[phone_number] with subscriber[phone_country].")
    wanted = asked.get("component_ids") or ([asked["component_id"]] if asked.get("component_id") else [])
    if not isinstance(wanted, list):
        raise ValidationError("component_ids is a list of component ids.")
    found = dict(page.components.filter(public_id__in=[str(one) for one in wanted]).values_list("public_id", "pk"))
    if unknown := [str(one) for one in wanted if str(one) not in found]:
        raise ValidationError(f"{page} has no component {', '.join(unknown)}.")
    return subscriptions.Wish(channel=channel, address=address, components=tuple(found.values()))


def _refused(problem: ValidationError, status: int, code: str) -> JsonResponse:
    return JsonResponse({"detail": " ".join(problem.messages), "code": code}, status=status)


def _open(response: HttpResponse) -> HttpResponse:
    """Any site may subscribe its readers: there is no cookie to misuse."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Methods"] = "POST, OPTIONS"
    response["Access-Control-Allow-Headers"] = "Content-Type"
    return response
