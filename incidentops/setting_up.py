"""Brings an installation into the state in which it can run: schema, rights, static files, first people.

Safe to repeat; what is in order already costs little.
"""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from incidentops import accounts, demo
from incidentops.environment import Environment
from incidentops.statics import NOT_SERVED
from roles import tokens
from roles.models import User

env = Environment()


@dataclass(frozen=True)
class Welcome:
    """What to print after setting up; empty where there is nothing to say."""

    page_url: str = ""
    sign_in_url: str = ""
    set_up_url: str = ""
    demo_password: str = ""


def set_up() -> Welcome:
    """Migrates, collects static files, and makes the demo organisation or the way in for a first administrator."""
    if _has_migrations_to_do():
        call_command("migrate", interactive=False, verbosity=0)
    call_command("sync_grants", verbosity=0, stdout=_Nowhere())
    call_command("index_incidents", verbosity=0, stdout=_Nowhere())
    _collect_static()
    password = ""
    if env.flag("DEMO", True) and not User.objects.exists():
        given = env.str("DEMO_PASSWORD", default="")
        demo.load(password=given or (password := secrets.token_urlsafe(9)))
        call_command("publish", verbosity=0, stdout=_Nowhere())
    guide = User.objects.filter(username="amara", email="amara@halyard.example", is_active=True).first()
    if guide is None and accounts.is_empty():
        token = tokens.make_link(accounts.first_administrator())
        return Welcome(set_up_url=f"{settings.SITE_URL}/accounts/setup/{token}/")
    if guide is None:
        return Welcome()
    return Welcome(
        page_url=f"{settings.SITE_URL}/s/halyard/",
        sign_in_url=f"{settings.SITE_URL}/accounts/link/{tokens.make_link(guide)}/",
        demo_password=password,
    )


class _Nowhere:
    """An output that nobody reads."""

    def write(self, text: str) -> None:
        return None


def _has_migrations_to_do() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _collect_static() -> None:
    """Collects static files when any of them changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    state = _state_of_static()
    if stamp.exists() and stamp.read_text() == state:
        return
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=NOT_SERVED)
    stamp.write_text(state)


def _state_of_static() -> str:
    """A digest over name, size and time of change of every static file."""
    digest = hashlib.sha256()
    for finder in finders.get_finders():
        for path, storage in finder.list(NOT_SERVED):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
