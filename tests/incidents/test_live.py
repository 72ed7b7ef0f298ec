"""The live stream: what a reader gets, from where it resumes, and who may watch.

The hub reads in threads of its own, so these tests commit what they write.
"""

import asyncio
import json

import pytest
from django.db import transaction

from incidents import events, live, timeline
from incidents.models import Incident, Kind
from incidents.models.entry import Visibility
from incidents.response import staffing
from roles.models import User
from roles.policy import SYSTEM
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> type[live.Hub]:
    """A hub that looks at the database often, and never for a broker."""

    async def deaf(self: live.Hub) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(live.Hub, "_listen", deaf)
    monkeypatch.setattr(live, "LOOK_EVERY", 0.05)
    return live.Hub


def note(incident: Incident, body: str) -> int:
    return timeline.add_entry(incident, by=SYSTEM, body=body).number


async def read(stream, count: int) -> list[bytes]:
    async def some() -> list[bytes]:
        return [await anext(stream) for _ in range(count)]

    return await asyncio.wait_for(some(), 5)


def body_of(event: bytes) -> str:
    line = next(line for line in event.decode().splitlines() if line.startswith("data: "))
    return json.loads(line.removeprefix("data: "))["body"]


def always() -> bool:
    return True


def test_a_reader_gets_what_comes_after_it_joined(hub):
    incident = make.make_incident()

    async def watch() -> list[bytes]:
        stream = hub().stream(incident.pk, 1, after=None, may_watch=always)
        first = await read(stream, 1)
        await asyncio.to_thread(note, incident, "News.")
        return first + await read(stream, 1)

    opening, event = asyncio.run(watch())
    assert opening == b"retry: 3000\nevent: ping\ndata: {}\n\n"
    assert event.startswith(b"id: 2\nevent: entry\n")
    assert body_of(event) == "News."


def test_a_returning_reader_gets_what_it_missed_and_no_row_twice(hub):
    incident = make.make_incident()
    for number in range(4):
        note(incident, f"Row {number}")

    async def watch() -> list[bytes]:
        stream = hub().stream(incident.pk, 1, after=2, may_watch=always)
        missed = (await read(stream, 4))[1:]
        await asyncio.to_thread(note, incident, "Row 4")
        return missed + await read(stream, 1)

    assert [body_of(event) for event in asyncio.run(watch())] == ["Row 1", "Row 2", "Row 3", "Row 4"]


def test_a_long_absence_is_caught_up_in_pieces(hub, monkeypatch):
    monkeypatch.setattr(live, "LONGEST_BACKLOG", 2)
    incident = make.make_incident()
    for number in range(5):
        note(incident, f"Row {number}")

    async def watch() -> list[bytes]:
        return (await read(hub().stream(incident.pk, 1, after=1, may_watch=always), 6))[1:]

    assert [body_of(event) for event in asyncio.run(watch())] == [f"Row {number}" for number in range(5)]


def test_all_readers_of_one_incident_get_the_same_bytes_and_others_nothing(hub):
    incident, other = make.make_incident(title="One"), make.make_incident(title="Two")

    async def watch() -> tuple[list[bytes], bool]:
        room = hub()
        streams = [room.stream(incident.pk, person, after=None, may_watch=always) for person in (1, 2, 3)]
        elsewhere = room.stream(other.pk, 4, after=None, may_watch=always)
        for stream in (*streams, elsewhere):
            await read(stream, 1)
        await asyncio.to_thread(note, incident, "News.")
        events = [(await read(stream, 1))[0] for stream in streams]
        silent = asyncio.ensure_future(anext(elsewhere))
        done, _ = await asyncio.wait({silent}, timeout=0.3)
        silent.cancel()
        return events, not done

    events, is_silent = asyncio.run(watch())
    assert len(set(events)) == 1
    assert is_silent


def test_a_reader_who_may_no_longer_watch_is_told_and_cut(hub, monkeypatch):
    monkeypatch.setattr(live, "ASK_EVERY", 0.0)
    monkeypatch.setattr(live, "PING_EVERY", 0.05)
    incident = make.make_incident()

    async def watch() -> list[bytes]:
        stream = hub().stream(incident.pk, 1, after=None, may_watch=lambda: False)
        return [event async for event in stream]

    assert asyncio.run(asyncio.wait_for(watch(), 5))[-1] == b"event: closed\ndata: {}\n\n"


def for_team(incident: Incident, body: str) -> int:
    with transaction.atomic():
        return events.record(incident, Kind.NOTE, by=SYSTEM, body=body, visibility=Visibility.ROOM).number


def test_rows_for_the_response_team_reach_it_alone(hub, commander, bystander, incident):
    async def watch() -> tuple[str, str]:
        room = hub()
        streams = [room.stream(incident.pk, one.pk, after=None, may_watch=always) for one in (commander, bystander)]
        for stream in streams:
            await read(stream, 1)
        await asyncio.to_thread(for_team, incident, "Whose key it was.")
        await asyncio.to_thread(note, incident, "For all staff.")
        return tuple([body_of((await read(stream, 1))[0]) for stream in streams])

    assert asyncio.run(watch()) == ("Whose key it was.", "For all staff.")


def test_a_returning_reader_without_a_seat_misses_nothing_but_the_teams_rows(hub, commander, bystander, incident):
    last = note(incident, "Seen before.")
    for body in ("One", "Two"):
        for_team(incident, f"{body} for the team")
        note(incident, body)

    async def watch(person: User) -> list[str]:
        room = hub()
        stream = room.stream(incident.pk, person.pk, after=last, may_watch=always)
        count = 4 if person == commander else 2
        missed = (await read(stream, count + 1))[1:]
        await stream.aclose()
        return [body_of(event) for event in missed]

    assert asyncio.run(watch(bystander)) == ["One", "Two"]
    assert asyncio.run(watch(commander)) == ["One for the team", "One", "Two for the team", "Two"]


def test_who_gave_up_the_seat_gets_no_more_of_the_teams_rows(hub, deputy, incident):
    incident.forget_seats()
    seat = next(iter(incident.seats_held_by(deputy)))

    async def watch() -> list[str]:
        room = hub()
        stream = room.stream(incident.pk, deputy.pk, after=None, may_watch=always)
        await read(stream, 1)
        await asyncio.to_thread(for_team, incident, "While seated.")
        first = body_of((await read(stream, 1))[0])
        await asyncio.to_thread(staffing.release, seat, by=SYSTEM)
        await asyncio.to_thread(for_team, incident, "Afterwards.")
        await asyncio.to_thread(note, incident, "For all staff.")
        later = [body_of(event) for event in await read(stream, 2)]
        return [first, *later]

    assert "Afterwards." not in asyncio.run(watch())


def test_a_silent_stream_says_that_it_is_alive(hub, monkeypatch):
    monkeypatch.setattr(live, "PING_EVERY", 0.05)
    incident = make.make_incident()

    async def watch() -> list[bytes]:
        return await read(hub().stream(incident.pk, 1, after=None, may_watch=always), 2)

    assert asyncio.run(watch())[1] == b"event: ping\ndata: {}\n\n"


def test_one_person_cannot_open_streams_without_end(hub):
    incident = make.make_incident()

    async def open_many() -> int:
        room = hub()
        for _ in range(live.MOST_STREAMS_PER_PERSON):
            room.admit(incident.pk, 1)
        with pytest.raises(live.TooManyStreams):
            room.admit(incident.pk, 1)
        room.admit(incident.pk, 2)
        return room.count()

    assert asyncio.run(open_many()) == live.MOST_STREAMS_PER_PERSON + 1


def test_a_reader_that_does_not_keep_up_is_cut_off():
    async def fall_behind() -> bool:
        reader = live.Reader(1)
        for number in range(live.LONGEST_QUEUE + 1):
            reader.give(live.Event(number, b"", is_for_team=False))
        return reader.is_cut

    assert asyncio.run(fall_behind())


def test_the_last_reader_to_leave_stops_the_work(hub):
    incident = make.make_incident()

    async def come_and_go() -> tuple[int, list[object]]:
        room = hub()
        stream = room.stream(incident.pk, 1, after=None, may_watch=always)
        await read(stream, 1)
        await stream.aclose()
        return room.count(), room._jobs

    assert asyncio.run(come_and_go()) == (0, [])
