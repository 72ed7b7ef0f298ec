"""The public page served by our own process, against nginx serving the same published folder.

Both get the same requests over as many connections, with a body (200) and without (304), by turns. nginx
from Debian, with `gzip_static`, as many workers as there are processors; ours is one process.
"""

import os
import re
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROUNDS, SECONDS = 5, 2.0
CONNECTIONS = 32
PATH = "/s/bench/"

NGINX = """
daemon off; master_process on; worker_processes auto; pid {folder}/nginx.pid; error_log {folder}/nginx.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; sendfile on; tcp_nodelay on; open_file_cache max=100;
  types {{ text/html html; }}
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port}; gzip_static on; etag on;
    location /s/bench/ {{ alias {published}/bench/current/; index index.html; add_header Cache-Control "public"; }}
  }}
}}
"""


def run() -> list[dict[str, object]]:
    """Median ratio of several rounds, each of which measures both, for a 200 and for a 304."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        raise SystemExit("public_page needs nginx: apt-get install --no-install-recommends nginx-light")
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        _publish(folder)
        with _ours(folder) as ours, _nginx(nginx, folder) as theirs:
            figures = []
            for title, is_known in (("public_page", False), ("public_page_304", True)):
                ask = [_request(port, is_known) for port in (ours, theirs)]
                rounds = [(_load(ours, ask[0]), _load(theirs, ask[1])) for _ in range(ROUNDS)]
                figures += _figures(title, rounds)
    return figures


def _figures(title: str, rounds: list[tuple[tuple[float, float], tuple[float, float]]]) -> list[dict[str, object]]:
    ours, theirs = ([pair[side] for pair in rounds] for side in (0, 1))
    parts = (("", 0, "requests/s", 0), ("_p99", 1, "ms", 2))
    return [
        {
            "name": f"{title}{suffix}",
            "value": round(statistics.median(one[part] for one in ours), digits),
            "unit": unit,
            "reference": "nginx, same folder",
            "reference_value": round(statistics.median(one[part] for one in theirs), digits),
            "ratio": round(
                statistics.median(mine[part] / other[part] for mine, other in zip(ours, theirs, strict=True)), 3
            ),
            "runs": ROUNDS,
        }
        for suffix, part, unit, digits in parts
    ]


def _publish(folder: Path) -> None:
    """One published page of 50 components, made in a process of its own."""
    code = "import bench.publish as one; one.RUNS = 1; one._product()()"
    subprocess.run([sys.executable, "-c", code], check=True, env=_environment(folder))


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "VAR_DIR": str(folder / "var"),
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "REDIS_URL": "memory://",
        "PUBLISH_DIR": str(folder / "published"),
        "DJANGO_SETTINGS_MODULE": "incidentops.settings",
        "INCIDENTOPS_PROCESS": "web",
    }


@contextmanager
def _ours(folder: Path) -> Iterator[int]:
    """Our web process as `manage.py run` starts it; answers its port."""
    port = _free_port()
    command = [
        *(sys.executable, "-m", "uvicorn", "incidentops.asgi:application", "--port", str(port), "--lifespan", "off"),
        *("--log-level", "warning", "--no-server-header", "--no-proxy-headers", "--no-access-log"),
    ]
    with _running(command, port, _environment(folder)):
        yield port


@contextmanager
def _nginx(nginx: str, folder: Path) -> Iterator[int]:
    port = _free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, published=folder / "published"))
    with _running([nginx, "-c", str(config), "-e", str(folder / "nginx.log")], port, dict(os.environ)):
        yield port


@contextmanager
def _running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        else:
            raise SystemExit(f"{command[0]} did not start.")
        yield
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _request(port: int, is_known: bool) -> bytes:
    """What a browser asks; with the ETag that it knows already for a 304."""
    head = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n"
    if not is_known:
        return f"{head}\r\n".encode()
    answer = _one_answer(port, f"{head}\r\n".encode())
    etag = next(line for line in answer.split(b"\r\n") if line.lower().startswith(b"etag:")).split(b":", 1)[1].strip()
    return f"{head}If-None-Match: {etag.decode()}\r\n\r\n".encode()


def _one_answer(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        connection.settimeout(0.5)
        answer = b""
        try:
            while part := connection.recv(1 << 16):
                answer += part
        except TimeoutError:
            return answer
    return answer


def _load(port: int, request: bytes) -> tuple[float, float]:
    """Requests a second, and the p99 in ms; by wrk where it is installed, else by our own loop.

    wrk asks with less effort than a loop in Python, which takes time away from whom it asks.
    """
    answer = _one_answer(port, request)
    if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 304")):
        raise SystemExit(f"The page was not served: {answer[:60]!r}")
    wrk = shutil.which("wrk")
    return _by_wrk(wrk, port, request) if wrk else _by_loop(port, request, len(answer))


def _by_wrk(wrk: str, port: int, request: bytes) -> tuple[float, float]:
    headers = [part for line in request.decode().split("\r\n")[2:-2] for part in ("-H", line)]
    command = [
        wrk,
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{SECONDS:.0f}",
        "--latency",
        *headers,
        f"http://127.0.0.1:{port}{PATH}",
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    return rate, float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def _by_loop(port: int, request: bytes, expected: int) -> tuple[float, float]:
    waiting: dict[socket.socket, tuple[int, float]] = {}
    took: list[float] = []
    with selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ)
            connection.sendall(request)
            waiting[connection] = (0, time.perf_counter())
        start = time.perf_counter()
        buffer = bytearray(1 << 20)
        while time.perf_counter() - start < SECONDS:
            for key, _ in selector.select(1):
                connection = key.fileobj
                got, asked = waiting[connection]
                count = connection.recv_into(buffer)
                if not count:
                    raise SystemExit("A connection was closed under load.")
                got += count
                if got >= expected:
                    now = time.perf_counter()
                    took.append(now - asked)
                    connection.sendall(request)
                    got, asked = got - expected, now
                waiting[connection] = (got, asked)
        length = time.perf_counter() - start
    for connection in waiting:
        connection.close()
    took.sort()
    return len(took) / length, took[int(len(took) * 0.99)] * 1000
