"""Signed values for links: short enough for an SMS, readable by this installation only.

A token names what it may be used for; without `max_age` it does not expire. What a token allows is
decided by whoever reads it.
"""

import base64
import binascii
import re
import time
from datetime import timedelta

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

#: Stands in shared texts where each recipient's own token belongs. Survives URL, HTML and mail encoding.
TOKEN_MARK = "x-own-token-x"  # noqa: S105  the place of a token, not one

#: 96 bits: nobody guesses one, and it costs an SMS no more than it must.
_SIGNATURE_BYTES = 12
_PLAIN = re.compile(r"[A-Za-z0-9_-]+\Z")
_LONGEST_TOKEN = 500


def sign(purpose: str, value: str | int, *, timed: bool = False) -> str:
    """A URL-safe token holding `value` for one `purpose`; `timed` lets `read` ask for its age."""
    parts = [_pack(str(value))]
    if timed:
        parts.append(format(int(time.time()), "x"))
    body = ".".join(parts)
    return f"{body}.{_signature(settings.SECRET_KEY, purpose, body)}"


def read(purpose: str, token: str, *, max_age: timedelta | None = None) -> str | None:
    """The value signed for `purpose`; None for anything forged, cut, meant for something else or too old."""
    body, _, given = token.rpartition(".")
    if not body or len(token) > _LONGEST_TOKEN or not given.isascii():
        return None
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not any(constant_time_compare(given, _signature(key, purpose, body)) for key in keys):
        return None
    packed, _, stamp = body.partition(".")
    if max_age is not None and (not stamp or time.time() - int(stamp, 16) > max_age.total_seconds()):
        return None
    return _unpack(packed)


def _signature(key: str | bytes, purpose: str, body: str) -> str:
    digest = salted_hmac(f"notifications.links:{purpose}", body, secret=key, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode()


def _pack(value: str) -> str:
    if _PLAIN.match(value):
        return value
    return "~" + base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def _unpack(packed: str) -> str | None:
    if not packed.startswith("~"):
        return packed
    try:
        return base64.urlsafe_b64decode(packed[1:] + "=" * (-len(packed[1:]) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
