"""What a file is, by its content: a short list of kinds that are looked at, not run.

A file has to be of one kind from its first byte to its last. What is also something else (a picture that ends in an
archive, a PDF that is a page too) is refused, since another program may take it for that. Forty lines of our own read
better than a library here: those recognise thousands of kinds by their first bytes, and the last ones are our concern.
"""

import io
import re
import struct
import zipfile

from django.core.exceptions import ValidationError

PNG, JPEG, GIF, WEBP, PDF = "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"
TEXT, JSON, CSV, DIFF = "text/plain", "application/json", "text/csv", "text/x-diff"
IMAGES = frozenset({PNG, JPEG, GIF, WEBP})

#: Kind → the endings that a file of it may have when it is given back; the first is added where none fits.
ENDINGS = {
    PNG: (".png",),
    JPEG: (".jpg", ".jpeg"),
    GIF: (".gif",),
    WEBP: (".webp",),
    PDF: (".pdf",),
    JSON: (".json",),
    CSV: (".csv", ".tsv"),
    DIFF: (".diff", ".patch"),
    TEXT: (".txt", ".log", ".md", ".yaml", ".yml", ".ini", ".conf", ".cfg", ".toml", ".sql", ".out", ".patch", ".diff"),
}
WANTED = "PNG, JPEG, GIF, WebP, PDF and text (log, CSV, JSON, diff) in UTF-8"

#: What makes a browser, a shell or an interpreter run something; no picture or PDF of ours holds one.
_ACTIVE = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body|script|svg|iframe|object|embed)\b|<\?php", re.IGNORECASE)
_ACTIVE_IN_PDF = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFile|RichMedia)\b")
#: A text that starts so is a page, a drawing or a program.
_PROGRAM = re.compile(
    r"\s*(?:<!--.*?-->\s*)*(?:<\s*(?:!doctype|html|head|body|script|svg|iframe|object|embed|style|img"
    r"|a|b|p|div|br|table|title|h1|font|meta|link)\b|<[?%]|#!|%!PS|\{\\rtf|%PDF)",
    re.IGNORECASE | re.DOTALL,
)
#: Control characters that no log holds; tabs, line ends, form feeds and terminal colours are allowed.
_CONTROLS = re.compile(rb"[\x00-\x07\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_DIFF = re.compile(r"\A(?:diff --git |--- \S.*\n\+\+\+ |Index: )", re.MULTILINE)


def recognise(content: bytes, name: str = "") -> str:
    """The media type of a file. Raises ValidationError for what is none of ours, or is more than one thing.

    `name` only helps to tell kinds of text from each other.
    """
    if not content:
        raise ValidationError("The file is empty.")
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise _refused("holds an archive")
    for kind, starts, ends in _BINARIES:
        if content.startswith(starts):
            if not ends(content):
                raise _refused("does not end where its kind says that it does")
            if _ACTIVE.search(content) or (kind == PDF and _ACTIVE_IN_PDF.search(content)):
                raise _refused("holds something that could be run")
            return kind
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        if len(content) != struct.unpack("<I", content[4:8])[0] + 8 or _ACTIVE.search(content):
            raise _refused("does not end where its kind says that it does")
        return WEBP
    return _kind_of_text(content, name.lower())


def safe_name(name: str, kind: str) -> str:
    """What a file is called when it is given back: with an ending that fits its content, so that nothing runs it."""
    endings = ENDINGS[kind]
    return name if name.lower().endswith(endings) else f"{name}{endings[0]}"


def _kind_of_text(content: bytes, name: str) -> str:
    if _CONTROLS.search(content):
        raise _refused("is none of these")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise _refused("is none of these") from problem
    if _PROGRAM.match(text):
        raise _refused("is a page, a drawing or a program")
    if _DIFF.match(text):
        return DIFF
    if name.endswith(".json") and text.lstrip()[:1] in "{[":
        return JSON
    return CSV if name.endswith((".csv", ".tsv")) else TEXT


def _refused(why: str) -> ValidationError:
    return ValidationError(f"Evidence is {WANTED}. This file {why}.")


def _ends_as_png(content: bytes) -> bool:
    """Chunk by chunk to IEND, and nothing behind it."""
    at = 8
    while at + 12 <= len(content):
        length, name = struct.unpack(">I4s", content[at : at + 8])
        at += 12 + length
        if name == b"IEND":
            return bool(at == len(content))
    return False


def _ends_as_jpeg(content: bytes) -> bool:
    """Segment by segment to the picture, and from there to the mark of its end, with nothing behind it."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])[0]
        if content[at + 2 : at + 4] == b"/*" or length < 2:
            return False
        if marker == 0xDA:
            return bool(content.find(b"\xff\xd9", at + 2 + length) == len(content) - 2)
        at += 2 + length
    return False


def _ends_as_gif(content: bytes) -> bool:
    """Block by block to the trailer, and nothing behind it. A width that opens a script's comment is none."""
    if len(content) < 14 or content[6:8] == b"/*":
        return False
    flags = content[10]
    at = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
    while at < len(content):
        block = content[at]
        if block == 0x3B:
            return at == len(content) - 1
        if block == 0x21:
            at += 2
        elif block == 0x2C and at + 10 < len(content):
            local = content[at + 9]
            at += 11 + (3 << ((local & 7) + 1) if local & 0x80 else 0)
        else:
            return False
        while at < len(content) and content[at]:
            at += content[at] + 1
        at += 1
    return False


def _ends_as_pdf(content: bytes) -> bool:
    """One document: the mark of its end, and only line ends behind it."""
    return content.rstrip(b"\r\n \x00").endswith(b"%%EOF")


_BINARIES = (
    (PNG, b"\x89PNG\r\n\x1a\n", _ends_as_png),
    (JPEG, b"\xff\xd8\xff", _ends_as_jpeg),
    (GIF, (b"GIF87a", b"GIF89a"), _ends_as_gif),
    (PDF, b"%PDF-", _ends_as_pdf),
)
