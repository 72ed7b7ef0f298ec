"""The suite's SQLite database: walked through all migrations once, then copied by each process of each run.

Migrating takes seconds and its end depends on the product's own code alone; so a copy is kept under the digest
of that code. PostgreSQL (tests/services) is migrated anew each time.
"""

import fcntl
import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models, transaction

PACKAGES = ("incidentops", "roles", "notifications", "incidents", "statuspage")


def digest() -> str:
    """Of everything that what is in a new database may follow from: the product's code, and what it stands on."""
    found = hashlib.sha256((settings.BASE_DIR / "requirements.txt").read_bytes())
    for package in PACKAGES:
        for path in sorted((settings.BASE_DIR / package).rglob("*.py")):
            found.update(str(path).encode() + path.read_bytes())
    return found.hexdigest()[:24]


def made(folder: Path) -> sqlite3.Connection:
    """A migrated database, made now where the folder has none of this code; whoever comes meanwhile waits."""
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / f"{digest()}.sqlite3"
        if not path.exists():
            call_command("migrate", verbosity=0)
            for old in folder.glob("*.sqlite3"):
                old.unlink()
            _copy(connection.connection, folder / "new")
            os.replace(folder / "new", path)
        with closing(sqlite3.connect(path)) as found:
            found.backup(kept)
    return kept


def _copy(source: sqlite3.Connection, path: Path) -> None:
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as copy:
        source.backup(copy)


def empty() -> None:
    """From now on the default connection speaks to a database in memory."""
    name = connection.creation._get_test_db_name()
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    connection.ensure_connection()


def fill(kept: sqlite3.Connection) -> None:
    """Makes the database what `made` gave, whatever it held."""
    connection.ensure_connection()
    kept.backup(connection.connection)


def sown() -> list[models.Model]:
    """The rows of the product's own tables as they are now: right after migrating, those that migrations put there."""
    return [
        row
        for package in PACKAGES
        for model in apps.get_app_config(package).get_models()
        for row in model._base_manager.all()
    ]


def sow(rows: list[models.Model]) -> None:
    """Puts such rows back into tables that were emptied; numbers go on where they were."""
    with transaction.atomic():
        for row in rows:
            type(row)._base_manager.bulk_create([row], ignore_conflicts=True)
