"""The live stream of one incident, for its room and for the API."""

from collections.abc import AsyncIterator
from functools import partial

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from incidents import live
from incidents.models import Incident
from roles.models import User


async def stream(request: HttpRequest, key: str) -> HttpResponseBase:
    """`text/event-stream` of the incident's new rows; 404 unless it may be seen, 503 when too many listen.

    Resumes after the row named by Last-Event-ID, or by `?after=` on the first connection.
    """
    user = await request.auser()
    if not isinstance(user, User):
        raise Http404
    return await answer(request, user, key)


async def answer(request: HttpRequest, user: User, key: str) -> HttpResponseBase:
    """The stream for a person who is known by now: by session here, by token in the API."""
    incident_id = await sync_to_async(_visible_id)(user.pk, key)
    if incident_id is None:
        raise Http404
    # Django would keep the request's own connection until the stream ends.
    await sync_to_async(live.give_back_connection)()
    hub = live.hub()
    rows = hub.stream(incident_id, user.pk, after=_after(request), may_watch=partial(_may_watch, user.pk, key))
    try:
        opening = await anext(rows)
    except live.TooManyStreams:
        return HttpResponse("Too many live streams are open.", status=503, headers={"Retry-After": "30"})
    response = StreamingHttpResponse(_all(opening, rows), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


async def _all(opening: bytes, rows: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        yield opening
        async for row in rows:
            yield row
    finally:
        await rows.aclose()  # type: ignore[attr-defined]


def _after(request: HttpRequest) -> int | None:
    named = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return int(named) if named.isdecimal() and len(named) < 10 else None


def _visible_id(user_id: int, key: str) -> int | None:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return None
    return Incident.objects.visible_to(user).filter(key=key).values_list("pk", flat=True).first()


def _may_watch(user_id: int, key: str) -> bool:
    return _visible_id(user_id, key) is not None
