"""Serves published pages in front of Django: no database, no session, no template, files from memory.

A raw ASGI short-cut. What it does not have, and all that is not GET or HEAD, is passed on to the
application behind it. The pointer is looked at once in a while, so a new generation shows at once and
a page outlives database, broker and workers.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from statuspage import store

Scope: TypeAlias = MutableMapping[str, object]
Event: TypeAlias = MutableMapping[str, object]
Send: TypeAlias = Callable[[Event], Awaitable[None]]
Receive: TypeAlias = Callable[[], Awaitable[Event]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]

#: How long (s) a pointer is believed before it is looked at again.
BELIEVED_FOR = 0.2
#: Pages kept in memory, the least used of them dropped first; and answers kept of each.
MOST_PAGES = 64
MOST_ANSWERS = 400

#: A page may be a few seconds old, and may be shown when we are down.
FRESH = "public, max-age=3, stale-if-error=86400"
#: Named by its content's digest: never changes.
FOREVER = "public, max-age=31536000, immutable"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
#: What a page can be called: nothing else is looked for in the store.
_SLUG = re.compile(r"[a-z0-9_-]{1,50}\Z", re.IGNORECASE)
#: What any site may read: the JSON and the feeds.
_OPEN = re.compile(r"api/v2/|[^/]+\.(?:atom|rss|json)\Z")


@dataclass(frozen=True)
class Answer:
    """One file in one encoding, with all headers made ready."""

    etag: bytes
    headers: Headers
    not_modified: Headers
    body: bytes


@dataclass
class Shelf:
    """What is kept in memory of one page: its generation, and the answers that were asked for."""

    name: str
    generation: store.Generation
    looked_at: float
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)


class Library:
    """The published pages of this process, read from the store as they are asked for."""

    def __init__(self) -> None:
        self._shelves: OrderedDict[str, Shelf] = OrderedDict()

    def answer(self, slug: str, path: str, encoding: str) -> Answer | None:
        """The answer to a path of a page, in that encoding if there is such a twin; None where there is none."""
        shelf = self._shelf(slug)
        if shelf is None:
            return None
        known = shelf.answers.get((path, encoding))
        if known is not None:
            return known
        found = shelf.generation.find(path)
        if found is None:
            return None
        try:
            made = _answer(shelf.generation, *found, encoding)
        except OSError:
            # The generation was pruned under us: what is served now is newer.
            self._shelves.pop(slug, None)
            return None
        if len(shelf.answers) < MOST_ANSWERS:
            shelf.answers[path, encoding] = made
        return made

    def _shelf(self, slug: str) -> Shelf | None:
        now = time.monotonic()
        shelf = self._shelves.get(slug)
        if shelf is not None and now - shelf.looked_at < BELIEVED_FOR:
            return shelf
        if shelf is None and not _SLUG.match(slug):
            return None
        name = store.pointer(slug)
        if shelf is None or shelf.name != name:
            generation = store.load(slug, name) if name else None
            if generation is None:
                # Without a pointer that leads anywhere, what is in memory is still the best there is.
                return shelf
            shelf = self._shelves[slug] = Shelf(name, generation, now)
            while len(self._shelves) > MOST_PAGES:
                self._shelves.popitem(last=False)
        shelf.looked_at = now
        self._shelves.move_to_end(slug)
        return shelf


class PublishedPages:
    """ASGI middleware that answers `/s/<slug>/…` from the published generation."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.library = Library()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path")
        if (
            scope["type"] != "http"
            or not isinstance(path, str)
            or not path.startswith("/s/")
            or scope["method"] not in {"GET", "HEAD"}
        ):
            await self.app(scope, receive, send)
            return
        accepted = known = b""
        for name, value in scope["headers"]:  # type: ignore[attr-defined]
            if name == b"accept-encoding":
                accepted = value
            elif name == b"if-none-match":
                known = value
        slug, slash, rest = path[3:].partition("/")
        answer = self.library.answer(slug, rest, best_encoding(accepted.decode("latin-1"))) if slash else None
        if answer is None:
            await self.app(scope, receive, send)
            return
        if known and answer.etag in known:
            await send({"type": "http.response.start", "status": 304, "headers": answer.not_modified})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": answer.headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})


@lru_cache(maxsize=256)
def best_encoding(accepted: str) -> str:
    """'br', 'gzip' or '' — the smallest that the reader takes; a quality of 0 is a no."""
    if not accepted:
        return ""
    taken = set(_taken(accepted))
    return next((encoding for encoding in ("br", "gzip") if encoding in taken), "")


def headers_of(name: str, entry: store.Entry, encoding: str) -> dict[str, str]:
    """The headers of a published file; `encoding` is one of its twins or empty."""
    headers = {
        "Content-Type": entry.type,
        "ETag": f'"{entry.etag}{f"-{encoding}" if encoding else ""}"',
        "Cache-Control": FOREVER if name.startswith("assets/") else FRESH,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Content-Security-Policy": POLICY,
    }
    if encoding:
        headers["Content-Encoding"] = encoding
    if _OPEN.match(name):
        headers["Access-Control-Allow-Origin"] = "*"
    return headers


def _answer(generation: store.Generation, name: str, entry: store.Entry, accepted: str) -> Answer:
    encoding = accepted if accepted in entry.twins else ""
    body = generation.read(name, encoding)
    headers = headers_of(name, entry, encoding)
    without_body = {"ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin"}
    return Answer(
        etag=headers["ETag"].encode(),
        headers=[*_raw(headers.items()), (b"content-length", str(len(body)).encode())],
        not_modified=_raw((key, value) for key, value in headers.items() if key in without_body),
        body=body,
    )


def _raw(headers: Iterable[tuple[str, str]]) -> Headers:
    return [(name.lower().encode(), value.encode()) for name, value in headers]


def _taken(accepted: str) -> Iterable[str]:
    for part in accepted.split(","):
        name, _, quality = part.strip().partition(";")
        if not re.fullmatch(r"\s*q=0(\.0*)?\s*", quality):
            yield name.strip().lower()
