"""Reads the environment, so that settings.py stays a list of settings.

Every name may also be given as NAME_FILE, whose content is the value (container secrets).
"""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

#: sun_path holds 108 bytes on Linux, one of them the closing zero (unix(7)).
LONGEST_SOCKET_PATH = 107


class Environment(environ.FileAwareEnv):
    """django-environ with NAME_FILE support and failures that are sentences."""

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """The value of `name`, which must be one of `allowed`; raises ImproperlyConfigured otherwise."""
        value = str(self.str(name, default=default))
        if value not in allowed:
            raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of: {', '.join(allowed)}.")
        return value

    def flag(self, name: str, default: bool) -> bool:
        """A yes/no setting: 1, true, yes, on or 0, false, no, off."""
        text = self.str(name, default="1" if default else "0").strip().lower()
        if text in {"1", "true", "yes", "on"}:
            return True
        if text in {"0", "false", "no", "off", ""}:
            return False
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be 1 or 0.")

    def database(self, name: str, default: str) -> dict[str, Any]:
        """A database by its URL: SQLite or PostgreSQL."""
        if self.str(name, default=default).partition("://")[0] not in {"sqlite", "postgres", "postgresql"}:
            raise ImproperlyConfigured(
                f"{name} must be like postgres://user:password@host:5432/name or sqlite:///path."
            )
        try:
            found: dict[str, Any] = self.db_url(name, default=default)
        except ValueError as problem:
            raise ImproperlyConfigured(f"{name} cannot be read: {problem}.") from problem
        return found

    def port(self, name: str, default: int) -> int:
        """A TCP port."""
        text = self.str(name, default=str(default))
        if not text.isdigit() or not 0 < int(text) < 65536:
            raise ImproperlyConfigured(f"{name} is {text!r}; it must be a number from 1 to 65535.")
        return int(text)


def state_folder(path: Path) -> Path:
    """Makes the folder that holds all state, readable by its owner only."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise ImproperlyConfigured(f"VAR_DIR {path} cannot be made: {problem.strerror}.") from problem
    return path


def secret_key(folder: Path) -> str:
    """The key of this installation, drawn once and kept in `folder` with rights 0600."""
    file = folder / "secret_key"
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    key = secrets.token_urlsafe(50)
    with os.fdopen(handle, "w") as stream:
        stream.write(key)
    return key


def broker_socket(folder: Path) -> Path:
    """Where the embedded broker listens: in `folder`, or, where that path is too long for a unix
    socket, in a private folder under the system's temporary folder."""
    path = folder.resolve() / "broker.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = "incidentops-" + hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return state_folder(Path(tempfile.gettempdir()) / name) / "broker.sock"
