"""Posts that happen once, however often they arrive.

An open room names each of its posts by `X-Once`, keeps those that got no answer and sends them again when the
connection is back (room.js, queue.js). Programs have `Idempotency-Key` for the same (api.views).
"""

import hashlib
import re
from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from incidents.models import KeptAnswer
from incidents.views.answers import trigger

HEADER = "X-Once"
_NAME = re.compile(r"[A-Za-z0-9-]{8,64}")


class OnceMiddleware:
    """The last of the middleware: work and name are kept in one transaction, so there is never one without
    the other. What is refused is not kept. A second arrival changes nothing and has the page read itself anew."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = request.headers.get(HEADER, "")
        if request.method != "POST" or not _NAME.fullmatch(name) or not request.user.is_authenticated:
            return self.get_response(request)
        mine = KeptAnswer.objects.filter(user=request.user)
        digest = hashlib.sha256(request.get_full_path().encode()).hexdigest()
        with transaction.atomic():
            mine.expired().delete()
            _, is_new = mine.get_or_create(user=request.user, key=f"once:{name}", defaults={"digest": digest})
            if not is_new:
                return trigger(HttpResponse(status=204), "incident-changed")
            response = self.get_response(request)
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response
