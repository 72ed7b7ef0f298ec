"""What one command costs: from a bare clone to the page, its memory when idle, and the second start.

Clones this repository with empty caches and runs `make run` in it; memory is the sum of the proportional
set sizes of all its processes after a minute.
"""

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IDLE_S = 60
GOALS = {"footprint": 350.0, "first_start": 30.0, "second_start": 6.0}


def run() -> list[dict[str, object]]:
    """One round of all three: a clone and its installation are too slow for several."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        environment = _environment(Path(folder))
        with _started(clone, environment) as first_start:
            time.sleep(IDLE_S)
            footprint = sum(_pss(pid) for pid in _family(_supervisor(clone))) / 1024
        with _started(clone, environment) as second_start:
            pass
    return [
        _figure("footprint", footprint, "MB of memory when idle (Pss)"),
        _figure("first_start", first_start, "s from a bare clone to the page"),
        _figure("second_start", second_start, "s to the page the second time"),
    ]


def _figure(name: str, value: float, unit: str) -> dict[str, object]:
    goal = GOALS[name]
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "reference": "goal",
        "reference_value": goal,
        "ratio": round(value / goal, 3),
        "runs": 1,
    }


def _environment(folder: Path) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {
        name: value for name, value in os.environ.items() if name.startswith(("PATH", "LANG", "SSL_", "PIP_", "UV_"))
    }
    return kept | {"HOME": str(folder), "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1", "PORT": str(port)}


@contextlib.contextmanager
def _started(clone: Path, environment: dict[str, str]) -> Iterator[float]:
    """`make run` until its page is served; the seconds that took. Stopped, and seen to stop, at the end."""
    begun = time.monotonic()
    with (clone.parent / "log").open("ab") as log:
        process = subprocess.Popen(["make", "run"], cwd=clone, env=environment, stdout=log, stderr=log)
    page = f"http://127.0.0.1:{environment['PORT']}/s/halyard/"
    while not _is_served(page):
        if process.poll() is not None or time.monotonic() - begun > 300:
            raise SystemExit((clone.parent / "log").read_text())
        time.sleep(0.05)
    yield time.monotonic() - begun
    os.kill(_supervisor(clone), signal.SIGTERM)
    process.wait(60)


def _is_served(page: str) -> bool:
    try:
        with urllib.request.urlopen(page, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _supervisor(clone: Path) -> int:
    return int((clone / "var" / "run.pid").read_text())


def _family(pid: int) -> list[int]:
    """A process and all that came of it."""
    children = [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return [pid, *(member for child in children for member in _family(child))]


def _pss(pid: int) -> int:
    """Proportional set size in kB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
