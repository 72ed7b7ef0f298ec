"""Where monitoring tools post: `/in/<kind>/<token>`. The token is the key; there is nobody to sign in.

Answers are short and quick, and tell a stranger nothing: a wrong token and a wrong kind look the same.
"""

import base64
import binascii

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from incidents.detection import receive, sources
from incidents.models import Payload

#: When an overloaded source may come back.
RETRY_AFTER_S = 10


@csrf_exempt  # verified by the token of an alert source
@login_not_required
@require_POST
def inlet(request: HttpRequest, kind: str, token: str = "") -> JsonResponse:
    """202 with the payload's id; 404 without a valid token, 413 over 1 MiB, 400 for what is no JSON (which is
    stored all the same, with the reason), 503 while too much of this source waits."""
    source = sources.find(kind, token or _presented(request))
    if source is None:
        return _refusal(404, "not_found", "There is nothing to post to under this address.")
    body = _bounded_body(request)
    if body is None:
        return _refusal(413, "too_large", f"A body may have {receive.LARGEST:,} bytes; send less at once.")
    try:
        payload = receive.receive(source, body=body, content_type=request.headers.get("Content-Type", ""))
    except receive.Overloaded:
        answer = _refusal(503, "overloaded", "Too much is waiting from this source. Try again shortly.")
        answer["Retry-After"] = str(RETRY_AFTER_S)
        return answer
    if payload.state == Payload.State.UNREADABLE:
        return JsonResponse({"detail": payload.trouble, "code": "malformed", "id": payload.pk}, status=400)
    return JsonResponse({"status": "accepted", "id": payload.pk}, status=202)


def _presented(request: HttpRequest) -> str:
    """The token of the Authorization header: Bearer, or the password of Basic."""
    scheme, _, rest = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(rest.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            return ""
        return pair.partition(":")[2]
    return ""


def _bounded_body(request: HttpRequest) -> bytes | None:
    """The body, or None where it is too large. A stated length may lie, so reading stops by itself too."""
    stated = request.headers.get("Content-Length", "")
    if stated.isdecimal() and int(stated) > receive.LARGEST:
        return None
    body = request.read(receive.LARGEST + 1)
    return body if len(body) <= receive.LARGEST else None


def _refusal(status: int, code: str, sentence: str) -> JsonResponse:
    return JsonResponse({"detail": sentence, "code": code}, status=status)
