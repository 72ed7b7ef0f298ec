"""Answers for the whole product: refusals of work functions, and the admin's own content policy."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from incidentops.views import errors

NUL = "\x00"


class ClientAddressMiddleware(MiddlewareMixin):
    """Behind a proxy of ours, takes the client's address from what that proxy added to X-Forwarded-For.

    Only the last entry is the proxy's own word; what stands before it anybody may have sent. Without
    BEHIND_PROXY the header is not looked at.
    """

    def process_request(self, request: HttpRequest) -> None:
        if settings.BEHIND_PROXY and (hops := request.META.get("HTTP_X_FORWARDED_FOR", "")):
            request.META["REMOTE_ADDR"] = hops.rpartition(",")[2].strip()


class RefusalMiddleware(MiddlewareMixin):
    """Turns the ValidationError of a work function, which is a sentence for people, into a 409 page.

    Views that show the sentence beside a form catch it themselves; this is for all that do not.
    """

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ValidationError):
            return errors.conflict(request, exception)
        return None


class CleanPostMiddleware(MiddlewareMixin):
    """Takes NUL characters out of what a person sends: nobody types them, what is pasted may carry them, and
    PostgreSQL holds none. After CSRF has read the form; programs, whose views are exempt, are told instead."""

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponseBase], *_: object) -> None:
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return
        if any(NUL in value for values in request.POST.lists() for value in values[1]):
            clean = request.POST.copy()
            for name, values in request.POST.lists():
                clean.setlist(name, [value.replace(NUL, "") for value in values])
            request.POST = clean  # type: ignore[assignment]  # as read-only as the other: nobody writes to it


class AdminPolicyMiddleware(MiddlewareMixin):
    """Gives pages under /admin/ the content policy that their theme needs, and no other page.

    django-csp reads `_csp_replace` from the response when it writes the header, further out.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith("/admin/"):
            response._csp_replace = settings.ADMIN_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]
        return response
