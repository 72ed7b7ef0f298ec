"""The folder in which published pages lie: whole generations, and a pointer to the one that is served.

    <PUBLISH_DIR>/<slug>/generations/00000012-3f9a1c/   index.html, index.html.gz, index.html.br … manifest.json
    <PUBLISH_DIR>/<slug>/current -> generations/00000012-3f9a1c

A generation is never changed once it is complete, and the pointer is swapped in one step: a reader sees
the old one or the new one, whole. A web server can serve `current` without any of our processes.
"""

import fcntl
import gzip
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import brotli  # type: ignore[import-untyped]
from django.conf import settings

#: Complete generations that are kept beside the current one.
KEPT = 3
#: A generation that was not completed in this time (s) belongs to a process that died.
ABANDONED_AFTER = 600.0
#: Smaller files gain nothing from being compressed.
SMALLEST_TWIN = 1000
#: Files are brought to the disk so many at a time: they share what each of them waits for.
SYNCED_AT_ONCE = 8
TWINS = {"gzip": ".gz", "br": ".br"}
MANIFEST = "manifest.json"
_UNFINISHED = ".new-"

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".rss": "application/rss+xml; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True)
class Entry:
    """What the manifest knows of one file. `source` tells from what it was made, so that it need not be
    made again; `twins` names the encodings that lie beside it."""

    etag: str
    type: str
    length: int
    source: str = ""
    twins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Generation:
    """One complete generation: where it lies and what is in it."""

    folder: Path
    version: int
    files: Mapping[str, Entry]

    def find(self, path: str) -> tuple[str, Entry] | None:
        """The file that answers `path` ('' is the front page), with its own path; None where there is none."""
        for name in (path, f"{path}index.html", f"{path}/index.html"):
            if name in self.files:
                return name, self.files[name]
        return None

    def read(self, name: str, encoding: str = "") -> bytes:
        """The bytes of a file, or of its twin in an encoding that its entry names."""
        return (self.folder / f"{name}{TWINS.get(encoding, '')}").read_bytes()


@dataclass(frozen=True)
class File:
    """One file to be published."""

    body: bytes
    source: str = ""


def current(slug: str) -> Generation | None:
    """The generation that is served now; None where the page was never published."""
    name = pointer(slug)
    return load(slug, name) if name else None


def pointer(slug: str) -> str:
    """The folder's name of the generation that is served now; empty where there is none. One system call."""
    try:
        return os.path.basename(os.readlink(_home(slug) / "current"))
    except OSError:
        return ""


def load(slug: str, name: str) -> Generation | None:
    """Reads the manifest of one generation; None where it is gone or not whole."""
    folder = _home(slug) / "generations" / name
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    files = {path: Entry(**{**row, "twins": tuple(row["twins"])}) for path, row in manifest["files"].items()}
    return Generation(folder, manifest["version"], files)


@contextmanager
def lock(slug: str) -> Iterator[None]:
    """Only one process publishes a page at a time; the lock ends with its holder, however that ends."""
    home = _home(slug)
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write(
    slug: str, *, version: int, files: Mapping[str, File], kept: Mapping[str, Entry], before: Generation | None
) -> Generation:
    """Writes a complete generation, on disk for good when this returns; serves nothing yet.

    What equals a file of `before`, and all that is named in `kept`, is linked and not written again.
    Raises OSError (a full disk) after removing what it had begun.
    """
    home = _home(slug) / "generations"
    home.mkdir(parents=True, exist_ok=True)
    name = f"{version:08}-{secrets.token_hex(3)}"
    begun = home / f"{_UNFINISHED}{name}"
    try:
        entries: dict[str, Entry] = {}
        fresh: list[Path] = []
        for path, file in files.items():
            entries[path] = _put(begun, path, file, before, fresh)
        for path, entry in kept.items():
            _link(before, begun, path, entry)
            entries[path] = entry
        manifest = {"version": version, "files": {path: asdict(entry) for path, entry in entries.items()}}
        fresh.append(_save(begun / MANIFEST, json.dumps(manifest, separators=(",", ":")).encode()))
        with ThreadPoolExecutor(SYNCED_AT_ONCE) as pool:
            list(pool.map(_sync, fresh))
        # One folder for all: journals keep the order in which names were made, so those before this are there too.
        _sync(begun)
        folder = begun.rename(home / name)
        _sync(home)
    except BaseException:
        shutil.rmtree(begun, ignore_errors=True)
        raise
    return Generation(folder, version, entries)


def point(slug: str, generation: Generation) -> None:
    """Serves a generation from now on, in one step."""
    home = _home(slug)
    fresh = home / f".current-{secrets.token_hex(3)}"
    fresh.symlink_to(Path("generations") / generation.folder.name)
    os.replace(fresh, home / "current")
    _sync(home)


def prune(slug: str) -> int:
    """Removes generations that nobody is served any more, and what a dead process left; returns how many."""
    home = _home(slug) / "generations"
    served = pointer(slug)
    if not served:
        return 0
    complete, gone = [], []
    for folder in home.iterdir():
        if folder.name.startswith(_UNFINISHED):
            gone += [folder] if time.time() - folder.stat().st_mtime > ABANDONED_AFTER else []
        elif folder.name != served:
            complete.append(folder)
    complete.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    gone += complete[KEPT:]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone)


# --- inside -----------------------------------------------------------------------------------


def _home(slug: str) -> Path:
    return Path(settings.PUBLISH_DIR) / slug


def _put(begun: Path, path: str, file: File, before: Generation | None, fresh: list[Path]) -> Entry:
    """Writes a file and its twins, or links them; what was written is added to `fresh`."""
    etag = hashlib.sha256(file.body).hexdigest()[:20]
    known = before.files.get(path) if before else None
    if known is not None and known.etag == etag:
        _link(before, begun, path, known)
        return Entry(etag, known.type, known.length, file.source, known.twins)
    target = begun / path
    target.parent.mkdir(parents=True, exist_ok=True)
    kind = TYPES.get(target.suffix, "application/octet-stream")
    fresh.append(_save(target, file.body))
    twins: tuple[str, ...] = ()
    if len(file.body) >= SMALLEST_TWIN and target.suffix != ".woff2":
        fresh.append(_save(target.with_name(f"{target.name}.gz"), gzip.compress(file.body, 6, mtime=0)))
        fresh.append(_save(target.with_name(f"{target.name}.br"), brotli.compress(file.body, quality=5)))
        twins = tuple(TWINS)
    return Entry(etag, kind, len(file.body), file.source, twins)


def _link(before: Generation | None, begun: Path, path: str, entry: Entry) -> None:
    """The same file under the new generation, without a second copy of it."""
    if before is None:
        raise FileNotFoundError(path)
    target = begun / path
    target.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", *(TWINS[twin] for twin in entry.twins)):
        os.link(before.folder / f"{path}{suffix}", target.with_name(f"{target.name}{suffix}"))


def _save(path: Path, body: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def _sync(path: Path) -> None:
    """Brings a file's content, or a folder's names, to the disk for good."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
