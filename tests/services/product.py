"""The whole product in processes of its own, as `manage.py run` starts it, with its state in a folder that goes.

Nothing of the test's process is shared with it: what it does is asked over HTTP, looked up by a script in
its own environment, or seen by the servers that it talks to.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[2]
#: What a process of the product needs of the machine; every setting is given by the test.
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")
T = TypeVar("T")


def free_port() -> int:
    """A port of this machine on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(ask: Callable[[], T], *, seconds: float, what: str, log: Callable[[], str] = str) -> T:
    """The first true answer of `ask`; fails naming `what`, with the log, when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        if answer := ask():
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {what} (last answer: {answer!r})\n{log()}")
        time.sleep(0.1)


@dataclass(frozen=True)
class Answer:
    """What a request was answered, and how long that took."""

    status: int
    body: bytes
    seconds: float

    @property
    def json(self) -> dict[str, object]:
        read: dict[str, object] = json.loads(self.body)
        return read


@dataclass
class Product:
    """One installation: started, asked, hurt and stopped."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def var(self) -> Path:
        return self.folder / "var"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """All that it has printed."""
        return (self.folder / "log").read_text(errors="replace")

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return (
            inherited
            | {"VAR_DIR": str(self.var), "PORT": str(self.port), "DEMO_PASSWORD": "harbour-lights"}
            | self.settings
        )

    def start(self) -> "Product":
        """Starts it and waits until it serves and both lanes work."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run"], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        wait_for(self._is_up, seconds=60, what="the product serving", log=lambda: self.log)
        return self

    def _is_up(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}:\n{self.log}")
        try:
            return self.get("/readyz").status == 200
        except OSError:
            return False

    def wait_for_lanes(self) -> None:
        """Until both workers have shown that they take tasks."""
        alive = self.var / "alive"
        since = time.time()

        def both() -> bool:
            files = [alive / "urgent", alive / "bulk"]
            return all(file.exists() and file.stat().st_mtime > since - 5 for file in files)

        wait_for(both, seconds=40, what="both lanes at work", log=lambda: self.log)

    def stop(self, sign: int = signal.SIGTERM) -> int:
        """Stops it as a person would; answers its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(sign)
        code = self.process.wait(60)
        self.process = None
        return code

    # --- processes ----------------------------------------------------------------------------

    def pids(self, name: str = "") -> list[int]:
        """The living processes that belong to this installation, all or those of one part."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                # The broker writes its title over its environment, and names its socket there.
                surroundings = (entry / "environ").read_bytes().split(b"\0")
                names_us = f"VAR_DIR={self.var}".encode() in surroundings
                names_us |= str(self.var).encode() in (entry / "cmdline").read_bytes()
                if not names_us or _is_gone(entry):
                    continue
                if not name or _part(entry, surroundings) == name:
                    found.append(int(entry.name))
        return found

    def kill(self, name: str, sign: int = signal.SIGKILL) -> list[int]:
        """Signals every process of one part: web, urgent, bulk or broker; answers which."""
        pids = self.pids(name)
        assert pids, f"there is no process {name}"
        for pid in pids:
            os.kill(pid, sign)
        return pids

    # --- asking -------------------------------------------------------------------------------

    def get(self, path: str, *, by: str = "") -> Answer:
        return self.request("GET", path, by=by)

    def post(self, path: str, body: object = None, *, by: str = "") -> Answer:
        return self.request("POST", path, body, by=by)

    def request(self, method: str, path: str, body: object = None, *, by: str = "") -> Answer:
        """One request, by a person with a token of theirs, or by nobody."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(path if "://" in path else self.url + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        if by:
            request.add_header("Authorization", f"Bearer {self.token_of(by)}")
        begun = time.monotonic()
        try:
            answer: HTTPResponse | urllib.error.HTTPError = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        with answer:
            return Answer(answer.status or 0, answer.read(), time.monotonic() - begun)

    def token_of(self, person: str) -> str:
        if person not in self.tokens:
            self.tokens_for(person)
        return self.tokens[person]

    def tokens_for(self, *people: str) -> None:
        """Makes tokens for several people by one command."""
        wanted = [person for person in people if person not in self.tokens]
        made = self.script(
            "import json; from roles import tokens; from roles.models import User;"
            f"print(json.dumps({{name: tokens.make(User.objects.get(username=name)) for name in {wanted!r}}}))"
        )
        self.tokens |= json.loads(made)

    def manage(self, *arguments: str) -> str:
        """What a management command prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def script(self, code: str) -> str:
        """What a few lines print that run inside this installation."""
        return self.manage("shell", "--no-imports", "-c", code).strip()

    @property
    def sign_in_link(self) -> str:
        found = re.findall(r"http\S+/accounts/link/\S+/", self.log)
        assert found, self.log
        return str(found[-1])


def _is_gone(entry: Path) -> bool:
    return (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _part(entry: Path, surroundings: list[bytes]) -> str:
    if "valkey" in (entry / "comm").read_text():
        return "broker"
    for line in surroundings:
        if line.startswith(b"INCIDENTOPS_PROCESS="):
            return line.partition(b"=")[2].decode()
    return "supervisor"


@contextlib.contextmanager
def running(folder: Path, **settings: str) -> Iterator[Product]:
    """A started product that is stopped, and seen to be gone, at the end."""
    product = Product(folder, settings)
    try:
        yield product.start()
    finally:
        product.stop()
        for pid in product.pids():
            os.kill(pid, signal.SIGKILL)
