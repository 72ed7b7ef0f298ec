"""Several processes and one outbox: each row is taken by one of them."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROWS = 900
PROCESSES = 3

QUEUE = f"""
from notifications import outbox
from notifications.models import Content
text = Content.objects.create(key="k", topic="t", subject="Hello", text="Hello", sms="Hello")
outbox.queue_many(text, (outbox.Recipient(f"k:{{n}}", "sms", f"+1555{{n:07d}}") for n in range({ROWS})))
"""
DRAIN = """
from notifications import delivery
from notifications.models import Lane, Message
while Message.objects.waiting().exists():
    delivery.drain(Lane.BULK, "sms")
"""
COUNT = """
from collections import Counter
from notifications.models import Message
print(Counter(Message.objects.values_list("state", "attempts")))
"""


@pytest.fixture
def environment(tmp_path: Path, settings_of: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    own = {"VAR_DIR": str(tmp_path), "REDIS_URL": "memory://", "DJANGO_SETTINGS_MODULE": "incidentops.settings"}
    return {**kept, **settings_of, **own}


def start(script: str, environment: dict[str, str]) -> "subprocess.Popen[str]":
    code = f"import django; django.setup()\n{script}"
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)


def output(process: "subprocess.Popen[str]") -> str:
    told, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return told.strip()


def test_processes_that_drain_together_send_everything_once(environment: dict[str, str], tmp_path: Path) -> None:
    migrate = "from django.core.management import call_command; call_command('migrate', verbosity=0)"
    output(start(migrate, environment))
    output(start(QUEUE, environment))
    for drain in [start(DRAIN, environment) for _ in range(PROCESSES)]:
        output(drain)
    assert output(start(COUNT, environment)) == str(Counter({("sent", 1): ROWS}))
    numbers = Counter(file.name.split("-")[2] for file in (tmp_path / "sent").glob("*.json"))
    assert len(numbers) == ROWS
    assert set(numbers.values()) == {1}
