"""A fan-out by mail as the product does it, against the same mails sent without anything around them.

Ours: a row per recipient made, claimed, checked against suppressions, sent with its own unsubscribe link
and Message-ID, and recorded; two sender processes. The reference (f4): two processes with a bare
pipelining client that fill a skeleton and know no database. Both to postfix's smtp-sink.
"""

import multiprocessing
import os
import resource
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Event
from typing import BinaryIO

from bench.sinks import smtp_sink

MESSAGES = 20_000
ROUNDS = 5
PROCESSES = 2
_context = multiprocessing.get_context("fork")

TEXT = "The incident 'Checkout API errors' is now Identified. We found the cause and are rolling back.\n" * 8
ROW = "<p class='card'>We found the cause and are rolling back the change. Nothing is lost.</p>\n"


def run() -> list[dict[str, object]]:
    """Median of several rounds, each of which measures both; on SQLite, or on BENCH_DATABASE_URL."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, smtp_sink() as port:
        os.environ |= {
            "VAR_DIR": folder,
            "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", f"sqlite:///{folder}/db.sqlite3"),
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "REDIS_URL": "memory://",
            "DJANGO_SETTINGS_MODULE": "incidentops.settings",
        }
        product = _product()
        rounds = [(product(MESSAGES), reference(port, MESSAGES)) for _ in range(ROUNDS)]
    ours, cpu = ([figure[part] for figure, _ in rounds] for part in (0, 1))
    bare = [rate for _, rate in rounds]
    ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, bare, strict=True))
    return [
        {
            "name": "email_fanout",
            "value": round(statistics.median(ours)),
            "unit": "messages/s",
            "reference": "f4",
            "reference_value": round(statistics.median(bare)),
            "ratio": round(ratio, 3),
            "runs": ROUNDS,
        },
        {
            "name": "email_fanout_cpu",
            "value": round(statistics.median(cpu), 1),
            "unit": "µs of CPU a message in the senders",
            "reference": "goal",
            "reference_value": 150,
            "ratio": round(statistics.median(cpu) / 150, 3),
            "runs": ROUNDS,
        },
    ]


def _product() -> Callable[[int], tuple[float, float]]:
    """Sets the product up and answers what measures one fan-out: messages a second, µs of CPU each."""
    import django  # noqa: PLC0415  only after the environment is set

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    from notifications import delivery, links, outbox  # noqa: PLC0415
    from notifications.models import Attempt, Content, Lane, Message, State, Suppression  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    Suppression.objects.bulk_create(
        Suppression(channel="email", address=f"left{number}@example.net", list_name="halyard") for number in range(1000)
    )

    def recipients(content: Content, count: int) -> Iterator[outbox.Recipient]:
        for number in range(count):
            yield outbox.Recipient(
                key=f"{content.key}:{number}",
                channel="email",
                address=f"user{number}@example.net",
                token=f"tok{number:08d}",
            )

    def send(start: Event, spent: "multiprocessing.Queue[float]") -> None:
        start.wait()
        before = _cpu()
        while Message.objects.filter(state__in=[State.QUEUED, State.SENDING]).exists():
            delivery.drain(Lane.BULK, "email")
        spent.put(_cpu() - before)
        connections.close_all()

    def fan_out(count: int) -> tuple[float, float]:
        Attempt.objects.all().delete()
        Message.objects.all().delete()
        Content.objects.all().delete()
        content = Content.objects.create(
            key=f"bench:{time.time()}",
            topic="bench",
            subject="[Identified] Checkout API errors",
            text=f"{TEXT}https://status.example.org/unsubscribe/{links.TOKEN_MARK}/\n",
            html=f"<!doctype html><html><body>{ROW * 45}<a href='https://x.example/u/{links.TOKEN_MARK}'>Leave</a></body></html>",
            list_name="halyard",
            thread="incident-1",
            unsubscribe_url=f"https://status.example.org/unsubscribe/{links.TOKEN_MARK}/",
        )
        connections.close_all()
        start, spent = _context.Event(), _context.Queue()
        senders = [_context.Process(target=send, args=(start, spent)) for _ in range(PROCESSES)]
        for sender in senders:
            sender.start()
        time.sleep(0.3)
        began = time.perf_counter()
        outbox.queue_many(content, recipients(content, count))
        start.set()
        cpu = sum(spent.get() for _ in senders)
        for sender in senders:
            sender.join()
        took = time.perf_counter() - began
        states = set(Message.objects.values_list("state", "attempts"))
        if states != {(State.SENT, 1)} or Message.objects.count() != count:
            raise SystemExit(f"not every message went out once: {states}")
        return count / took, cpu / count * 1e6

    return fan_out


def reference(port: int, count: int) -> float:
    """f4: how many a second two processes send with nothing but a skeleton and a socket."""
    start = _context.Event()
    senders = [_context.Process(target=_send_bare, args=(port, count // PROCESSES, start)) for _ in range(PROCESSES)]
    for sender in senders:
        sender.start()
    time.sleep(0.3)
    began = time.perf_counter()
    start.set()
    for sender in senders:
        sender.join()
    return count / (time.perf_counter() - began)


def _send_bare(port: int, count: int, start: Event) -> None:
    skeleton = _bare_mail()
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers = line.makefile("rb")
        _expect(answers, b"220")
        line.sendall(b"EHLO localhost\r\n")
        _expect(answers, b"250")
        start.wait()
        for number in range(count):
            line.sendall(b"MAIL FROM:<status@example.org>\r\nRCPT TO:<user%d@example.net>\r\nDATA\r\n" % number)
            for code in (b"250", b"250", b"354"):
                _expect(answers, code)
            line.sendall(skeleton.replace(b"TOKENTOKEN", b"tok%07d" % number) + b"\r\n.\r\n")
            _expect(answers, b"250")
        line.sendall(b"QUIT\r\n")


def _bare_mail() -> bytes:
    head = (
        "From: Status <status@example.org>\r\nTo: TOKENTOKEN@example.net\r\n"
        "Subject: [Identified] Checkout API errors\r\n"
        "Message-ID: <TOKENTOKEN@example.org>\r\nMIME-Version: 1.0\r\n"
        "List-Unsubscribe: <https://status.example.org/unsubscribe/TOKENTOKEN/>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nContent-Type: text/html\r\n\r\n"
    )
    return (head + (TEXT + ROW * 45 + "https://x.example/u/TOKENTOKEN").replace("\n", "\r\n")).encode()


def _expect(answers: BinaryIO, code: bytes) -> None:
    while (line := answers.readline())[3:4] == b"-":
        pass
    if not line.startswith(code):
        raise SystemExit(f"the sink answers {line!r}, expected {code!r}")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
