"""Where carriers report back. A report is checked for who sent it, stored raw and answered at once.

`callbacks` makes something of it afterwards: a defect there must not make the carrier send it again.
"""

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator

from notifications import callbacks, inbound, links, tasks

log = logging.getLogger(__name__)

View = Callable[..., HttpResponse]


def from_twilio(view: View) -> View:
    """Opens a view to Twilio alone: no session and no CSRF token, but its signature over the public address.

    The address is built from SITE_URL, never from the request's own Host. Without an account: 404.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.TWILIO_AUTH_TOKEN:
            raise Http404
        url = f"{settings.SITE_URL}{request.get_full_path()}"
        given = request.headers.get("X-Twilio-Signature", "")
        if not RequestValidator(settings.TWILIO_AUTH_TOKEN).validate(url, request.POST, given):
            raise PermissionDenied("The signature does not fit.")
        return view(request, *args, **kwargs)

    return login_not_required(csrf_exempt(require_POST(checked)))


@from_twilio
def twilio_status(request: HttpRequest, token: str) -> HttpResponse:
    """What became of one of our SMS; the token in the address is our signed id of it."""
    value = links.read("twilio-status", token)
    if value is None or not value.isdecimal():
        raise Http404
    _take("twilio", "status", request.POST.dict(), message_id=int(value))
    return HttpResponse(status=204)


@from_twilio
def twilio_sms(request: HttpRequest) -> HttpResponse:
    """An SMS that somebody sent us. Answered without words: the carrier confirms STOP and HELP itself."""
    _take("twilio", "inbound", request.POST.dict())
    return HttpResponse("<Response/>", content_type="text/xml")


@login_not_required
@csrf_exempt
def email_tracking(request: HttpRequest, provider: str) -> HttpResponse:
    """Reports of the configured e-mail provider, checked and read by anymail."""
    view, answer = _from_provider(request, provider, "tracking")
    if view is None:
        return answer
    for event in view.parse_events(request):
        body = {
            "event_type": event.event_type,
            "event_id": event.event_id,
            "timestamp": event.timestamp and event.timestamp.isoformat(),
            "message_id": event.message_id,
            "recipient": event.recipient,
            "reject_reason": event.reject_reason,
            "description": event.description,
            "mta_response": event.mta_response,
        }
        _take("email", "tracking", body)
    return HttpResponse()


@login_not_required
@csrf_exempt
def email_inbound(request: HttpRequest, provider: str) -> HttpResponse:
    """A mail that somebody wrote to us, brought by the provider. One that cannot be read is kept as it came."""
    view, answer = _from_provider(request, provider, "inbound")
    if view is None:
        return answer
    raw = request.body
    try:
        bodies = [inbound.body_of(event) for event in view.parse_events(request)]
    except Exception:
        log.exception("a mail by %s could not be read", provider)
        bodies = [inbound.unreadable(raw or request.POST.dict())]
    for body in bodies:
        _take("email", "inbound", body)
    return HttpResponse()


def _from_provider(request: HttpRequest, provider: str, kind: str) -> tuple[Any, HttpResponse]:
    """Anymail's view for a checked request of the configured provider; without one, the answer to give.

    404 for any other provider, and for one that signs nothing while no ANYMAIL_WEBHOOK_SECRET is set;
    403 where the check fails.
    """
    if not provider or provider != settings.EMAIL_PROVIDER:
        raise Http404
    try:
        view_class = resolve(f"/{provider}/{kind}/", urlconf="anymail.urls").func.view_class  # type: ignore[attr-defined]
    except Resolver404 as problem:
        raise Http404 from problem
    if view_class.warn_if_no_basic_auth and not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404
    if request.method != "POST":  # some providers look whether anybody is there
        return None, HttpResponse(status=200 if request.method == "HEAD" else 405)
    view = view_class()
    try:
        view.run_validators(request)
    except AnymailWebhookValidationFailure as problem:
        raise PermissionDenied from problem
    return view, HttpResponse()


def _take(provider: str, kind: str, body: Mapping[str, object], *, message_id: int | None = None) -> None:
    """Stores a report and asks for it to be worked off; one that is known already changes nothing."""
    callback = callbacks.store(provider, kind, body, message_id=message_id)
    if callback is not None:
        transaction.on_commit(lambda: tasks.work_off.delay(callback.pk), robust=True)
