"""Evidence: files kept beside entries of the timeline, privately, under random names; none is ever deleted.

The file is written first, then its row: who is killed between the two leaves at most a file that nobody names, and
`sweep` takes it away. The row of the timeline carries the file's SHA-256, so the chain covers its content.
"""

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from incidents import events, file_types, mentions, timeline
from incidents.conflicts import Conflict
from incidents.models import Attachment, Incident, Kind, TimelineEntry, Visibility
from incidents.models.attachment import private_storage
from roles.models import User
from roles.policy import Actor, System, authorize

log = logging.getLogger(__name__)

MOST_PER_INCIDENT = 200
MOST_AT_ONCE = 10
LONGEST_NAME = 120
#: A file without a row is left for so long: its row may be about to be written.
ORPHANS_AFTER = timedelta(hours=6)
SWEEP_EVERY = timedelta(hours=1)


@transaction.atomic
def attach(
    incident: Incident,
    *,
    by: Actor,
    uploads: Iterable[UploadedFile],
    body: str = "",
    kind: str = "",
    occurred_at: datetime | None = None,
    visibility: str = Visibility.STAFF,
) -> TimelineEntry:
    """Keeps files beside an entry; of the kind Evidence, unless another is given, which then needs a text.

    Raises ValidationError where a file is too large, of a kind that we do not take, or one too many.
    """

    def write(kept: list[Attachment]) -> TimelineEntry:
        return _entry(incident, kept, by=by, body=body, kind=kind, occurred_at=occurred_at, visibility=visibility)

    return keep_beside(incident, by=by, uploads=uploads, visibility=visibility, write=write)


@transaction.atomic
def keep_beside(
    incident: Incident,
    *,
    by: Actor,
    uploads: Iterable[UploadedFile],
    visibility: str,
    write: Callable[[list[Attachment]], TimelineEntry],
) -> TimelineEntry:
    """Keeps files beside the entry that `write` makes of them; no file stays behind where it refuses.

    Raises what `attach` raises.
    """
    authorize(by, "incidents.add_entry", incident)
    timeline.refuse_room(incident, by, visibility)
    files = list(uploads)
    if not files:
        raise ValidationError("Choose a file.")
    if len(files) > MOST_AT_ONCE:
        raise ValidationError(f"At most {MOST_AT_ONCE} files go with one entry.")
    kinds = [check(file) for file in files]
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    if incident.attachments.count() + len(files) > MOST_PER_INCIDENT:
        raise Conflict(f"{incident.key} has {MOST_PER_INCIDENT} files at most: link to what lies elsewhere.")
    kept: list[Attachment] = []
    try:
        for file, media_type in zip(files, kinds, strict=True):
            kept.append(_keep(incident, file, media_type, by=by, visibility=visibility))
        entry = write(kept)
        for attachment in kept:
            attachment.entry = entry
            attachment.save(force_insert=True)
    except BaseException:
        for attachment in kept:
            attachment.file.storage.delete(str(attachment.file.name))
        raise
    return entry


def check(file: File) -> str:
    """The media type of an upload by its content; raises ValidationError for what is not taken. Leaves it rewound."""
    if (file.size or 0) > settings.ATTACHMENT_MAX_BYTES:
        raise ValidationError(f"A file has at most {settings.ATTACHMENT_MAX_BYTES / 1024 / 1024:g} MB.")
    file.seek(0)
    content = file.read()
    file.seek(0)
    return file_types.recognise(content, file.name or "")


def readable(incident: Incident, reader: User) -> QuerySet[Attachment]:
    """The files of `incident` that `reader`, who may see it, may read, the newest first."""
    files: QuerySet[Attachment] = incident.attachments.select_related("entry", "attached_by")
    return files if incident.is_in_room(reader) else files.filter(visibility=Visibility.STAFF)


def content_of(attachment: Attachment) -> bytes:
    """The bytes, if they are still those that were attached; Conflict otherwise."""
    with attachment.file.open("rb") as file:
        content: bytes = file.read()
    if hashlib.sha256(content).hexdigest() != attachment.digest:
        raise Conflict(f"{attachment.name} is not as it was attached, and is not given out.")
    return content


def plain_name(name: str) -> str:
    """The last part of what somebody called a file, printable, on one line, of a bearable length."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*').strip(" .") or "file"
    stem, dot, ending = text.rpartition(".")
    if len(text) <= LONGEST_NAME:
        return text
    return f"{stem[: LONGEST_NAME - 1 - len(ending)]}{dot}{ending}" if dot and len(ending) < 10 else text[:LONGEST_NAME]


def _keep(incident: Incident, file: UploadedFile, media_type: str, *, by: Actor, visibility: str) -> Attachment:
    """Writes the file under a name of ours; the row is not saved yet."""
    public_id = secrets.token_hex(8)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    stored = private_storage().save(f"{public_id[:2]}/{secrets.token_hex(16)}", file)
    return Attachment(
        incident=incident,
        public_id=public_id,
        name=plain_name(file.name or ""),
        media_type=media_type,
        size=file.size or 0,
        digest=digest.hexdigest(),
        file=stored,
        visibility=visibility,
        attached_by=None if isinstance(by, System) else by,
        attached_at=events.moment(),
    )


def _entry(
    incident: Incident,
    kept: list[Attachment],
    *,
    by: Actor,
    body: str,
    kind: str,
    occurred_at: datetime | None,
    visibility: str,
) -> TimelineEntry:
    """The row that says what was attached: a written one with its text, or one of the kind Evidence."""
    files = [fact_of(attachment) for attachment in kept]
    if kind and kind != Kind.ATTACHED:
        return timeline.add_entry(
            incident, by=by, body=body, kind=kind, occurred_at=occurred_at, visibility=visibility, files=files
        )
    if len(body) > timeline.LONGEST_ENTRY:
        raise ValidationError(f"An entry has at most {timeline.LONGEST_ENTRY:,} characters.")
    if occurred_at is not None and occurred_at > timezone.now():
        raise ValidationError("An entry cannot lie in the future.")
    named = mentions.named_in(body, incident, by=by, visibility=visibility)
    return events.record(
        incident,
        Kind.ATTACHED,
        by=by,
        body=body.strip(),
        occurred_at=occurred_at,
        visibility=visibility,
        files=files,
        **named.as_data(),
    )


def fact_of(attachment: Attachment) -> dict[str, object]:
    """What the timeline's row says of a file, and its chain covers."""
    return {
        "id": attachment.public_id,
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
        "sha256": attachment.digest,
    }


def first_fault(incident: Incident) -> timeline.Fault | None:
    """The first file that is not what the timeline says was attached: gone, altered, or never told of."""
    told: dict[str, tuple[int, dict[str, object]]] = {}
    for number, data in incident.entries.filter(data__has_key="files").order_by("number").values_list("number", "data"):
        told |= {str(fact["id"]): (number, fact) for fact in data["files"]}
    there = {attachment.public_id: attachment for attachment in incident.attachments.select_related("entry")}
    for public_id, (number, fact) in told.items():
        attachment = there.pop(public_id, None)
        if attachment is None or fact_of(attachment) != fact:
            return timeline.Fault(number, f"row {number}: {fact['name']} is not the file that was attached")
        if problem := _trouble_with(attachment):
            return timeline.Fault(number, f"row {number}: {attachment.name} {problem}")
    for attachment in there.values():
        number = attachment.entry.number if attachment.entry else 0
        return timeline.Fault(number, f"row {number} does not tell of {attachment.name}")
    return None


def _trouble_with(attachment: Attachment) -> str:
    digest = hashlib.sha256()
    try:
        with attachment.file.open("rb") as file:
            for chunk in iter(lambda: file.read(1 << 16), b""):
                digest.update(chunk)
    except OSError:
        return "cannot be read"
    return "" if digest.hexdigest() == attachment.digest else "is not as it was attached"


def sweep() -> None:
    """Takes away files that no row names, which a kill has left. Once an hour is enough; safe to repeat."""
    if not cache.add("attachments-swept", True, SWEEP_EVERY.total_seconds()):
        return
    for path in orphans():
        log.warning("taking away %s: no row of an attachment names it", path.name)
        path.unlink(missing_ok=True)


def orphans() -> list[Path]:
    """Files in the folder of attachments that have waited for a row for hours."""
    folder, before = Path(settings.ATTACHMENT_DIR), (timezone.now() - ORPHANS_AFTER).timestamp()
    old = {str(path.relative_to(folder)): path for path in _files_below(folder) if path.stat().st_mtime < before}
    named: set[str] = set()
    names = list(old)
    for start in range(0, len(names), 500):
        known = Attachment.objects.filter(file__in=names[start : start + 500])
        named.update(known.values_list("file", flat=True))
    return [path for name, path in old.items() if name not in named]


def _files_below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("*/*") if path.is_file() and not path.is_symlink())
