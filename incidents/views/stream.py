"""The live stream of one incident, for its room and for the API.

`LiveStreams` stands in front of Django and keeps an open stream without a thread of its own: Django holds one
for each request until it ends. Whoever may not watch is passed on, so that refusals are Django's in every case.
The views are for servers and tests without it.
"""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib import import_module
from typing import Any, TypeAlias

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import auth
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from incidents import live
from incidents.models import Incident
from roles import tokens
from roles.models import User

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_PATH = re.compile(r"/incidents/([^/]+)/stream/|(/api/v1)/incidents/([^/]+)/stream")
#: A stream is read as it comes: kept by nobody, gathered by no proxy.
HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
RETRY_AFTER_S = 30


@dataclass(frozen=True, slots=True)
class Claim:
    """Who asks to watch which incident, by what their request brought. Small: each stream keeps its own."""

    key: str
    session: str = ""
    token: str = ""

    def person(self) -> User | None:
        """Who it is, as of now: signed out, revoked or switched off is nobody."""
        if self.token:
            return tokens.owner(self.token)
        if not self.session:
            return None
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(self.session)
        user = auth.get_user(request)
        return user if isinstance(user, User) else None

    def admitted(self) -> tuple[int, int] | None:
        """The incident's and the person's primary key, if they may watch it; None otherwise."""
        user = self.person()
        if user is None:
            return None
        incident_id = Incident.objects.visible_to(user).filter(key=self.key).values_list("pk", flat=True).first()
        return None if incident_id is None else (incident_id, user.pk)

    def still_holds(self) -> bool:
        """Whether they still may, asked anew."""
        return self.admitted() is not None


def claim_of(request: HttpRequest, key: str, *, takes_tokens: bool = False) -> Claim:
    """The claim of a request: by session, and where programs ask, by token. A token that is sent is what counts."""
    if takes_tokens and (said := request.headers.get("Authorization", "")):
        scheme, _, text = said.partition(" ")
        return Claim(key, token=text.strip() if scheme.lower() == tokens.SCHEME.lower() else "")
    return Claim(key, session=request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))


def after_of(request: HttpRequest) -> int | None:
    """The row after which the stream goes on: Last-Event-ID, or `?after=` on the first connection."""
    named = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return int(named) if named.isdecimal() and len(named) < 10 else None


async def stream(request: HttpRequest, key: str) -> HttpResponseBase:
    """`text/event-stream` of the incident's new rows; 404 unless it may be seen, 503 when too many listen."""
    return await answer(request, claim_of(request, key))


async def answer(request: HttpRequest, claim: Claim) -> HttpResponseBase:
    """The stream by way of Django; raises Http404 unless the incident may be seen."""
    admitted = await sync_to_async(claim.admitted)()
    if admitted is None:
        raise Http404
    # Django would keep the request's own connection until the stream ends.
    await sync_to_async(live.give_back_connection)()
    rows = live.hub().stream(*admitted, after=after_of(request), may_watch=claim.still_holds)
    try:
        opening = await anext(rows)
    except live.TooManyStreams:
        return HttpResponse("Too many live streams are open.", status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
    return StreamingHttpResponse(_all(opening, rows), headers=HEADERS)


async def _all(opening: bytes, rows: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        yield opening
        async for row in rows:
            yield row
    finally:
        await rows.aclose()  # type: ignore[attr-defined]


class LiveStreams:
    """ASGI middleware that answers open rooms with neither a thread nor a database connection each."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if found is None:
            await self.app(scope, receive, send)
            return
        page_key, is_api, api_key = found.groups()
        claim, after = _asked(scope, page_key or api_key, takes_tokens=bool(is_api))
        admitted = await live.hub().ask(claim.admitted) if claim else None
        if claim is None or admitted is None:
            await self.app(scope, receive, send)
            return
        rows = live.hub().stream(*admitted, after=after, may_watch=claim.still_holds)
        try:
            opening = await anext(rows)
        except live.TooManyStreams:
            await _refuse(send)
            return
        await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": _RAW_HEADERS})
        await _until_either(_pour(opening, rows, send), _gone(receive))


def _asked(scope: Scope, key: str, *, takes_tokens: bool) -> tuple[Claim | None, int | None]:
    """What the request claims and where it goes on; no claim where Django has something to say first."""
    request = ASGIRequest(scope, io.BytesIO())
    try:
        request.get_host()
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return None, None
        return claim_of(request, key, takes_tokens=takes_tokens), after_of(request)
    except (SuspiciousOperation, BadRequest):
        return None, None


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain"), (b"retry-after", str(RETRY_AFTER_S).encode())]
    await send({"type": "http.response.start", "status": HTTPStatus.SERVICE_UNAVAILABLE, "headers": headers})
    await send({"type": "http.response.body", "body": b"Too many live streams are open."})


async def _pour(opening: bytes, rows: AsyncIterator[bytes], send: Send) -> None:
    async for row in _all(opening, rows):
        await send({"type": "http.response.body", "body": row, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive) -> None:
    """Waits until the reader hangs up; a server drops what is sent after that without a word."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _until_either(pouring: Awaitable[None], leaving: Awaitable[None]) -> None:
    """Runs both until one ends, and ends the other in its own good order."""
    tasks = [asyncio.ensure_future(one) for one in (pouring, leaving)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
