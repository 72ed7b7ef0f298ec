"""Keeps the processes of one installation running: broker, web, and the two worker lanes.

Run by `manage.py run` after everything is set up, as a plain script without Django, so that watching
costs little memory. What dies is started again, ever later; a lane whose heartbeat stops is restarted
though its process is up, and so is a broker that does not answer; stopping goes web first, broker last.
On Linux no child outlives this process, even if it is killed.
"""

import argparse
import contextlib
import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
#: Loaded here, since nothing should be loaded between fork and exec. Other systems have no such call.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
#: So many starts within a minute and it is given up: something is wrong that starting does not mend.
STARTS_A_MINUTE = 6
#: What has given no sign of life for so long has stopped working, whatever its process looks like.
SILENCE_S = 60.0
#: How often (s) the children are looked at, and asked for a sign of life.
LOOK_EVERY_S = 0.2
ASK_EVERY_S = 5.0
#: Saves memory: glibc keeps an arena per thread otherwise, and Celery's checks load every page into workers.
SPARING = {"MALLOC_ARENA_MAX": "2", "CELERY_SKIP_CHECKS": "1"}
#: Who runs it as root knows: Celery need not say so at every start.
QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
WEB_STOP_S = 6.0
WORKER_STOP_S = 30.0
BROKER_STOP_S = 10.0


@dataclass
class Child:
    """One process under watch. `sign_of_life` changes its answer, or answers anew, as long as the process works."""

    name: str
    command: Sequence[str]
    stop_within: float
    death_signal: int = signal.SIGKILL
    environment: dict[str, str] = field(default_factory=dict)
    sign_of_life: Callable[[], float | None] | None = None
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)
    due_at: float = 0.0
    last_sign: float | None = None
    heard_at: float = 0.0
    asked_at: float = 0.0

    def start(self) -> None:
        now = time.monotonic()
        self.starts = [*(start for start in self.starts if now - start < 60), now]
        self.due_at = 0.0
        self.heard_at = now
        self.process = subprocess.Popen(  # noqa: S603
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **SPARING, **QUIET, **self.environment},
            process_group=0,  # Ctrl-C reaches only us
            preexec_fn=lambda: _end_with_parent(self.death_signal),  # noqa: PLW1509  there are no threads here
        )

    @property
    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_silent(self) -> bool:
        """Asks for a sign of life now and then; true when there was none for too long."""
        now = time.monotonic()
        if self.sign_of_life is None or not self.is_up or now - self.asked_at < ASK_EVERY_S:
            return False
        self.asked_at = now
        sign = self.sign_of_life()
        if sign is not None and sign != self.last_sign:
            self.last_sign = sign
            self.heard_at = now
        return now - self.heard_at > SILENCE_S

    def ask_to_stop(self) -> None:
        if self.is_up and self.process is not None:
            self.process.terminate()

    def stop(self, prefix: "Prefix") -> None:
        """Asks, waits while passing on what is said, and then makes it."""
        self.ask_to_stop()
        end = time.monotonic() + self.stop_within
        while self.is_up and time.monotonic() < end:
            prefix.pass_on(0.05)
        if self.is_up and self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _end_with_parent(death_signal: int) -> None:
    """In the child: on Linux it is signalled when its parent ends, however that comes about."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, death_signal)


class Prefix:
    """Passes on what the children print, each line behind the name of who said it."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._rests: dict[int, bytes] = {}

    def follow(self, child: Child) -> None:
        if child.process is not None and child.process.stdout is not None:
            os.set_blocking(child.process.stdout.fileno(), False)
            self._selector.register(child.process.stdout, selectors.EVENT_READ, child.name)

    def pass_on(self, seconds: float) -> None:
        """Waits up to `seconds` for something to be said, and prints the whole lines of it."""
        for key, _ in self._selector.select(seconds):
            text = os.read(key.fd, 65536)
            *lines, rest = (self._rests.pop(key.fd, b"") + text).split(b"\n")
            if not text:
                self._selector.unregister(key.fileobj)
                lines += [rest] if rest else []
            elif rest:
                self._rests[key.fd] = rest
            for line in lines:
                sys.stdout.buffer.write(f"{key.data:<7}| ".encode() + line + b"\n")
        sys.stdout.buffer.flush()


def last_touched(file: Path) -> Callable[[], float | None]:
    """A sign of life: when a file was last written."""

    def look() -> float | None:
        try:
            return file.stat().st_mtime
        except FileNotFoundError:
            return None

    return look


def answers_ping(path: Path) -> Callable[[], float | None]:
    """A sign of life: the broker on a unix socket answers."""

    def ask() -> float | None:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1.0)
            try:
                line.connect(str(path))
                line.sendall(b"PING\r\n")
                return time.monotonic() if line.recv(16).startswith(b"+PONG") else None
            except OSError:
                return None

    return ask


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def children_of(options: argparse.Namespace) -> tuple[Child | None, list[Child]]:
    """The broker, unless another one is used, and the processes that need it, in order of their start."""
    python = sys.executable
    broker = None
    if options.broker:
        broker = Child(
            "broker",
            [
                options.broker,
                *("--port", "0"),
                *("--unixsocket", str(options.socket), "--unixsocketperm", "700"),
                *("--dir", str(options.var), "--dbfilename", "broker.rdb"),
                *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
                *("--maxmemory-policy", "noeviction", "--loglevel", "warning"),
            ],
            BROKER_STOP_S,
            death_signal=signal.SIGTERM,
            sign_of_life=answers_ping(options.socket),
        )
    uvicorn = [
        *(python, "-m", "uvicorn", "incidentops.asgi:application"),
        *("--host", options.host, "--port", str(options.port)),
        *("--lifespan", "off", "--timeout-graceful-shutdown", "3", "--log-level", "warning"),
        *("--no-server-header", "--no-proxy-headers", "--no-access-log"),
    ]
    worker = [
        *(python, "-m", "celery", "-q", "-A", "incidentops", "worker", "-l", "WARNING"),
        *("--without-gossip", "--without-mingle", "-P", "threads"),
    ]
    alive = options.var / "alive"
    return broker, [
        Child("web", uvicorn, WEB_STOP_S, environment={"INCIDENTOPS_PROCESS": "web"}),
        Child(
            "urgent",
            [*worker, "-c", "4", "-Q", "urgent,default", "-n", "urgent@%h", "--clock"],
            WORKER_STOP_S,
            environment={"INCIDENTOPS_PROCESS": "urgent"},
            sign_of_life=last_touched(alive / "urgent"),
        ),
        Child(
            "bulk",
            [*worker, "-c", "2", "-Q", "bulk", "-n", "bulk@%h"],
            WORKER_STOP_S,
            environment={"INCIDENTOPS_PROCESS": "bulk"},
            sign_of_life=last_touched(alive / "bulk"),
        ),
    ]


def wait_for_broker(path: Path, broker: Child, prefix: Prefix) -> None:
    """Until the broker answers, or has ended."""
    ask = answers_ping(path)
    for _ in range(250):
        if not broker.is_up or ask() is not None:
            return
        prefix.pass_on(0.02)


def serves(host: str, port: int) -> bool:
    """Whether the web process takes connections."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


class Watch:
    """Keeps children up until it is told to stop."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children
        self.prefix = Prefix()
        self.is_stopping = False

    def start(self, child: Child) -> None:
        child.start()
        self.prefix.follow(child)

    def keep_up(self, *, greet: Callable[[], bool]) -> int:
        """Until told to stop: 0, or 1 if something could not be kept up. Calls `greet` until it says that it has."""
        has_greeted = False
        while not self.is_stopping:
            self.prefix.pass_on(LOOK_EVERY_S)
            has_greeted = has_greeted or greet()
            for child in self.children:
                if child.is_silent():
                    say(f"{child.name} gave no sign of life for {SILENCE_S:.0f} s: restarting it")
                    child.stop(self.prefix)
                if not child.is_up and not self._mend(child):
                    return 1
        return 0

    def _mend(self, child: Child) -> bool:
        """Starts a child again when its time has come; false when that was tried too often."""
        now = time.monotonic()
        if child.due_at:
            if now >= child.due_at:
                self.start(child)
            return True
        recent = [start for start in child.starts if now - start < 60]
        if len(recent) >= STARTS_A_MINUTE:
            say(f"{child.name} ended {len(recent)} times within a minute: giving up")
            return False
        pause = min(0.1 * 2 ** len(recent), 5.0)
        code = child.process.returncode if child.process else None
        say(f"{child.name} ended with {code}: starting it again in {pause:.1f} s")
        child.due_at = now + pause
        return True


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--var", type=Path, required=True)
    parser.add_argument("--broker", default="", help="path of the broker's binary; empty where REDIS_URL names one")
    parser.add_argument("--socket", type=Path)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--started-at", type=float, required=True)
    options = parser.parse_args(arguments)

    broker, workers = children_of(options)
    watch = Watch([*([broker] if broker else []), *workers])

    def stop(*_: object) -> None:
        watch.is_stopping = True

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, stop)
    pid_file = options.var / "run.pid"
    pid_file.write_text(f"{os.getpid()}\n")
    (options.var / "alive").mkdir(exist_ok=True)

    def greet() -> bool:
        if not serves(options.host, options.port):
            return False
        say(f"ready after {time.time() - options.started_at:.1f} s: {options.url}")
        return True

    try:
        if broker is not None:
            options.socket.unlink(missing_ok=True)
            watch.start(broker)
            wait_for_broker(options.socket, broker, watch.prefix)
        for child in workers:
            watch.start(child)
        return watch.keep_up(greet=greet)
    finally:
        web, *lanes = workers
        web.stop(watch.prefix)
        for lane in lanes:
            lane.ask_to_stop()
        for lane in lanes:
            lane.stop(watch.prefix)
        if broker is not None:
            broker.stop(watch.prefix)
        pid_file.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
