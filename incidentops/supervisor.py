"""Keeps the processes of one installation running: broker, web, and the two worker lanes.

Run by `manage.py run` after everything is set up, as a plain script without Django, so that watching
costs little memory. What dies is started again, ever later; a lane whose heartbeat stops is restarted
though its process is up; stopping goes web first, broker last. On Linux no child outlives this
process, even if it is killed.
"""

import argparse
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
#: So many starts within a minute and it is given up: something is wrong that starting does not mend.
STARTS_A_MINUTE = 6
#: A lane that took no task for so long has stopped consuming, whatever its process looks like.
SILENCE_S = 60.0
#: Saves memory: glibc keeps an arena per thread otherwise, and Celery's checks load every page into workers.
SPARING = {"MALLOC_ARENA_MAX": "2", "CELERY_SKIP_CHECKS": "1"}
WEB_STOP_S = 6.0
WORKER_STOP_S = 30.0
BROKER_STOP_S = 10.0


@dataclass
class Child:
    """One process under watch. `heartbeat` is a file that it touches while it works."""

    name: str
    command: Sequence[str]
    stop_within: float
    death_signal: int = signal.SIGKILL
    environment: dict[str, str] = field(default_factory=dict)
    heartbeat: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)
    due_at: float = 0.0

    def start(self) -> None:
        now = time.monotonic()
        self.starts = [*(start for start in self.starts if now - start < 60), now]
        self.due_at = 0.0
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **SPARING, **self.environment},
            preexec_fn=lambda: _tie_to_parent(self.death_signal),
        )
        threading.Thread(target=_prefix, args=(self.name, self.process), daemon=True).start()

    @property
    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def is_silent(self) -> bool:
        """Up for long enough to have been heard of, and not heard of."""
        if self.heartbeat is None or not self.is_up or time.monotonic() - self.starts[-1] < SILENCE_S:
            return False
        try:
            return time.time() - self.heartbeat.stat().st_mtime > SILENCE_S
        except FileNotFoundError:
            return True

    def ask_to_stop(self) -> None:
        if self.is_up and self.process is not None:
            self.process.terminate()

    def stop(self) -> None:
        """Asks, waits, and then makes it."""
        self.ask_to_stop()
        if self.process is None:
            return
        try:
            self.process.wait(self.stop_within)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _tie_to_parent(death_signal: int) -> None:
    """In the child: an own process group, so that Ctrl-C reaches only us, and an end when we end."""
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)


def _prefix(name: str, process: subprocess.Popen[bytes]) -> None:
    if process.stdout is None:
        return
    for line in process.stdout:
        sys.stdout.buffer.write(f"{name:<7}| ".encode() + line)
        sys.stdout.buffer.flush()


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
        )
    uvicorn = [
        *(python, "-m", "uvicorn", "incidentops.asgi:application"),
        *("--host", options.host, "--port", str(options.port)),
        *("--lifespan", "off", "--timeout-graceful-shutdown", "3", "--log-level", "warning", "--no-server-header"),
    ]
    worker = [
        *(python, "-m", "celery", "-A", "incidentops", "worker", "-l", "WARNING"),
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
            heartbeat=alive / "urgent",
        ),
        Child(
            "bulk",
            [*worker, "-c", "2", "-Q", "bulk", "-n", "bulk@%h"],
            WORKER_STOP_S,
            environment={"INCIDENTOPS_PROCESS": "bulk"},
            heartbeat=alive / "bulk",
        ),
    ]


def wait_for_socket(path: Path, broker: Child) -> None:
    """Until the broker listens; what was left by one that was killed is not taken for it."""
    for _ in range(200):
        if path.is_socket() or not broker.is_up:
            return
        time.sleep(0.02)


def greet(options: argparse.Namespace, started_at: float, stopping: threading.Event) -> None:
    """Says when the web process answers."""
    url = f"http://{options.host}:{options.port}/healthz"
    while not stopping.wait(0.1):
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310
                say(f"ready after {time.time() - started_at:.1f} s: {options.url}")
                return
        except (urllib.error.URLError, OSError):
            continue


def watch(children: list[Child], stopping: threading.Event) -> int:
    """Until told to stop; 1 if something could not be kept up."""
    while not stopping.wait(0.2):
        for child in children:
            if child.is_silent:
                say(f"{child.name} has not taken a task for {SILENCE_S:.0f} s: restarting it")
                child.stop()
            if child.is_up:
                continue
            now = time.monotonic()
            if not child.due_at:
                recent = [start for start in child.starts if now - start < 60]
                if len(recent) >= STARTS_A_MINUTE:
                    say(f"{child.name} ended {len(recent)} times within a minute: giving up")
                    return 1
                pause = min(0.1 * 2 ** len(recent), 5.0)
                code = child.process.returncode if child.process else None
                say(f"{child.name} ended with {code}: starting it again in {pause:.1f} s")
                child.due_at = now + pause
            elif now >= child.due_at:
                child.start()
    return 0


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

    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: stopping.set())
    pid_file = options.var / "run.pid"
    pid_file.write_text(f"{os.getpid()}\n")
    (options.var / "alive").mkdir(exist_ok=True)

    broker, workers = children_of(options)
    if broker is not None:
        options.socket.unlink(missing_ok=True)
        broker.start()
        wait_for_socket(options.socket, broker)
    for child in workers:
        child.start()
    threading.Thread(target=greet, args=(options, options.started_at, stopping), daemon=True).start()
    try:
        return watch([*([broker] if broker else []), *workers], stopping)
    finally:
        stopping.set()
        web, *lanes = workers
        web.stop()
        for lane in lanes:
            lane.ask_to_stop()
        for lane in lanes:
            lane.stop()
        if broker is not None:
            broker.stop()
        pid_file.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
