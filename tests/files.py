"""Small files of each kind that the product takes as evidence, made here byte by byte."""

import struct
import zlib
from base64 import b64decode
from io import BytesIO
from zipfile import ZipFile


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png() -> bytes:
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(b"\x00\x7f"))
        + _chunk(b"IEND", b"")
    )


def gif(comment: bytes = b"") -> bytes:
    told = b"\x21\xfe" + bytes([len(comment)]) + comment + b"\x00" if comment else b""
    picture = b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"
    return b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff" + told + picture + b"\x3b"


def jpeg(comment: bytes = b"") -> bytes:
    told = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment if comment else b""
    first = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    return b"\xff\xd8" + first + told + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x7f\x00\x2a" + b"\xff\xd9"


def webp() -> bytes:
    return b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")


def pdf(inside: bytes = b"") -> bytes:
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n" + inside + b"trailer<</Root 1 0 R>>\n%%EOF\n"


def archive() -> bytes:
    kept = BytesIO()
    with ZipFile(kept, "w") as whole:
        whole.writestr("run.sh", "echo")
    return kept.getvalue()
