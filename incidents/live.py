"""Live rooms: tells open rooms that an incident has news, and carries the news to them.

`announce` publishes on the broker. One `Hub` per web process listens there, reads the new rows of an
incident once for all who watch it, and hands the same bytes to each. A lost announcement only delays:
the hub looks at the database every two seconds as well. Who may watch is asked by the door
(`views.stream`), at the start and again every minute; who may read a row for the response team alone is
asked here, when it is handed out.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import redis
import redis.asyncio
from django.conf import settings
from django.db import connection
from django.db.models import Max

from incidents.models import Incident, TimelineEntry
from incidents.models.entry import Visibility
from roles.models import User

log = logging.getLogger(__name__)

T = TypeVar("T")

CHANNEL = "incidentops:room:"
#: How often the database is looked at, whether or not the broker said anything.
LOOK_EVERY = 2.0
#: How often a silent stream says that it is alive; room.js takes ten seconds without a word for a lost connection.
PING_EVERY = 5.0
#: How often a stream asks anew whether its reader may still see the incident.
ASK_EVERY = 60.0
#: A reader this far behind is cut off and comes back with its Last-Event-ID.
LONGEST_QUEUE = 200
#: How many rows a returning reader is sent from one reading of the database.
LONGEST_BACKLOG = 500
MOST_STREAMS = 3000
MOST_STREAMS_PER_PERSON = 12

#: An event, for scripts do not hear comments; its own name, for programs wait for `entry`.
PING = b"event: ping\ndata: {}\n\n"
#: What a stream begins with: how long to wait before coming back, and that it is there.
OPENING = b"retry: 3000\n" + PING
CLOSED = b"event: closed\ndata: {}\n\n"


class TooManyStreams(Exception):  # noqa: N818 (it says what is, as Http404 does)
    """This process, or this person, has as many streams open as we allow."""


@dataclass(frozen=True, slots=True)
class Event:
    """A timeline row as it is sent, and whether it is for the response team alone."""

    number: int
    text: bytes
    is_for_team: bool


@dataclass(frozen=True, slots=True)
class News:
    """New events of one incident, and who of those that watch it is of its response team."""

    events: list[Event]
    team: frozenset[int]


def channel_of(incident_id: int) -> str:
    return f"{CHANNEL}{incident_id}"


def announce(incident_id: int) -> None:
    """Wakes whoever watches the incident. A lost call only delays them until their next look."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as broker:
            broker.publish(channel_of(incident_id), b"1")
    except redis.RedisError as problem:
        log.warning("could not announce incident %s: %s", incident_id, problem)


def as_event(entry: TimelineEntry) -> bytes:
    """One timeline row as a server-sent event; its id is the row's number."""
    data = {
        "number": entry.number,
        "kind": entry.kind,
        "group": entry.group,
        "body": entry.body,
        "actor": str(entry.actor) if entry.actor else None,
        "role": entry.actor_role or None,
        "occurred_at": entry.occurred_at.isoformat(),
        "recorded_at": entry.recorded_at.isoformat(),
        "supersedes": entry.supersedes_id,
    }
    return f"id: {entry.number}\nevent: entry\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def last_number(incident_id: int) -> int:
    """The number of the newest row of an incident; 0 where there is none."""
    return TimelineEntry.objects.filter(incident=incident_id).aggregate(last=Max("number"))["last"] or 0


def events_after(incident_id: int, number: int, *, limit: int) -> list[Event]:
    """The rows after `number`, oldest first."""
    rows = (
        TimelineEntry.objects.filter(incident=incident_id, number__gt=number)
        .select_related("actor")
        .order_by("number")[:limit]
    )
    return [Event(entry.number, as_event(entry), entry.visibility != Visibility.STAFF) for entry in rows]


def team_of(incident_id: int, people: frozenset[int]) -> frozenset[int]:
    """Who of `people` may read what is for the response team, as of now."""
    incident = Incident.objects.get(pk=incident_id)
    asked = User.objects.filter(pk__in=people, is_active=True)
    return frozenset(user.pk for user in asked if incident.is_in_room(user))


def give_back_connection() -> None:
    """Closes this thread's connection: an open room must not keep one for hours."""
    if not connection.in_atomic_block:
        connection.close()


class Reader:
    """One open stream: what waits to be sent to it."""

    __slots__ = ("is_cut", "person_id", "waiting")

    def __init__(self, person_id: int) -> None:
        self.person_id = person_id
        self.waiting: asyncio.Queue[Event] = asyncio.Queue(LONGEST_QUEUE)
        self.is_cut = False

    def give(self, event: Event) -> None:
        """Hands over an event; a reader that does not keep up is cut."""
        try:
            self.waiting.put_nowait(event)
        except asyncio.QueueFull:
            self.is_cut = True


class Hub:
    """The streams of one process, on one event loop."""

    def __init__(self) -> None:
        self._rooms: dict[int, set[Reader]] = {}
        self._last: dict[int, int] = {}
        self._woken: set[int] = set()
        self._wake = asyncio.Event()
        self._jobs: list[asyncio.Task[None]] = []
        # Own threads: Django's per-request thread ends with the request that opened the stream.
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live")

    def count(self) -> int:
        """How many streams are open."""
        return sum(len(readers) for readers in self._rooms.values())

    async def ask(self, question: Callable[..., T], *args: object) -> T:
        """Asks the database in a thread of the hub and gives its connection back."""

        def answered() -> T:
            try:
                return question(*args)
            finally:
                give_back_connection()

        return await asyncio.get_running_loop().run_in_executor(self._threads, answered)

    def admit(self, incident_id: int, person_id: int) -> Reader:
        """Opens a place for one reader, who must leave by `dismiss`; raises TooManyStreams."""
        own = sum(reader.person_id == person_id for readers in self._rooms.values() for reader in readers)
        if self.count() >= MOST_STREAMS or own >= MOST_STREAMS_PER_PERSON:
            raise TooManyStreams
        reader = Reader(person_id)
        self._rooms.setdefault(incident_id, set()).add(reader)
        if not self._jobs:
            self._jobs = [asyncio.create_task(self._listen()), asyncio.create_task(self._deal())]
        return reader

    def dismiss(self, incident_id: int, reader: Reader) -> None:
        """Closes a reader's place; the last one to leave stops the hub's work."""
        readers = self._rooms.get(incident_id, set())
        readers.discard(reader)
        if not readers:
            self._rooms.pop(incident_id, None)
            self._last.pop(incident_id, None)
        if not self._rooms:
            for job in self._jobs:
                job.cancel()
            self._jobs = []

    async def stream(
        self,
        incident_id: int,
        person_id: int,
        *,
        after: int | None,
        may_watch: Callable[[], bool],
    ) -> AsyncIterator[bytes]:
        """The events of one incident after the row `after` (None: from now on), until the reader leaves,
        may no longer watch, or falls too far behind."""
        reader = self.admit(incident_id, person_id)
        try:
            newest = await self.ask(last_number, incident_id)
            self._last.setdefault(incident_id, newest)
            yield OPENING
            sent = newest if after is None else after
            while sent < newest:
                missed = await self.ask(_backlog, incident_id, sent, person_id)
                if not missed.events:
                    break
                for event in missed.events:
                    if not event.is_for_team or person_id in missed.team:
                        yield event.text
                    sent = event.number
            loop = asyncio.get_running_loop()
            asked_at = loop.time()
            while not reader.is_cut:
                try:
                    async with asyncio.timeout(PING_EVERY):
                        event = await reader.waiting.get()
                except TimeoutError:
                    yield PING
                else:
                    if event.number > sent:
                        yield event.text
                        sent = event.number
                if loop.time() - asked_at > ASK_EVERY:
                    if not await self.ask(may_watch):
                        yield CLOSED
                        return
                    asked_at = loop.time()
        finally:
            self.dismiss(incident_id, reader)

    async def _listen(self) -> None:
        """Hears announcements as long as anybody watches; without a broker the two-second look remains."""
        pause = 1.0
        while True:
            try:
                async with redis.asyncio.Redis.from_url(settings.REDIS_URL) as broker, broker.pubsub() as line:
                    await line.psubscribe(f"{CHANNEL}*")
                    pause = 1.0
                    async for message in line.listen():
                        if message["type"] == "pmessage":
                            self._note(message["channel"])
            except (redis.RedisError, OSError) as problem:
                log.info("no announcements: %s; trying again in %.0f s", problem, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 30.0)

    def _note(self, channel: bytes | str) -> None:
        name = channel.decode() if isinstance(channel, bytes) else channel
        with contextlib.suppress(ValueError):
            incident_id = int(name.removeprefix(CHANNEL))
            if incident_id in self._rooms:
                self._woken.add(incident_id)
                self._wake.set()

    async def _deal(self) -> None:
        """Reads what is new, once per incident, and hands it to all who watch."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_EVERY)
            self._wake.clear()
            rooms = self._woken & self._rooms.keys() or set(self._rooms)
            self._woken = set()
            try:
                known = {room: self._last[room] for room in rooms if room in self._last}
                watchers = {room: frozenset(one.person_id for one in self._rooms[room]) for room in known}
                news = await self.ask(_news, known, watchers)
            except Exception:
                log.exception("could not read the news of %s rooms", len(rooms))
                await asyncio.sleep(LOOK_EVERY)
                continue
            for incident_id, new in news.items():
                self._last[incident_id] = max(self._last.get(incident_id, 0), new.events[-1].number)
                for reader in self._rooms.get(incident_id, ()):
                    for event in new.events:
                        if not event.is_for_team or reader.person_id in new.team:
                            reader.give(event)


def _read(incident_id: int, after: int, people: frozenset[int], *, limit: int) -> News:
    events = events_after(incident_id, after, limit=limit)
    is_asked = any(event.is_for_team for event in events)
    return News(events, team_of(incident_id, people) if is_asked else frozenset())


def _backlog(incident_id: int, after: int, person_id: int) -> News:
    return _read(incident_id, after, frozenset({person_id}), limit=LONGEST_BACKLOG)


def _news(known: dict[int, int], watchers: dict[int, frozenset[int]]) -> dict[int, News]:
    """New events per incident, given the last number known of each; one query where nothing is new."""
    newest = dict(
        TimelineEntry.objects.filter(incident__in=known).order_by().values_list("incident").annotate(last=Max("number"))
    )
    return {
        incident_id: _read(incident_id, number, watchers[incident_id], limit=LONGEST_QUEUE)
        for incident_id, number in known.items()
        if newest.get(incident_id, 0) > number
    }


@cache
def _hub_of(loop: asyncio.AbstractEventLoop) -> Hub:
    return Hub()


def hub() -> Hub:
    """The hub of the running event loop; made on first use."""
    return _hub_of(asyncio.get_running_loop())
