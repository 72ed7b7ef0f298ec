"""Secrets that must be shown or used again are stored sealed: readable with the installation's secret key only."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

#: What the key is derived for. What was sealed under an older label, or an older secret key, stays readable.
_LABEL = b"notifications.sealing:"
_OLDER_LABELS = (b"incidents.detection.sealing:",)


class Broken(ValueError):  # noqa: N818  a broken seal
    """The seal does not open: the text was altered, or the secret key is another one now."""


def seal(secret: str) -> str:
    """The secret as text that says nothing without the key."""
    return _boxes().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret again; raises Broken."""
    try:
        return _boxes().decrypt(sealed.encode()).decode()
    except InvalidToken as problem:
        raise Broken("This secret was stored under another SECRET_KEY.") from problem


def _boxes() -> MultiFernet:
    """The first seals, all open."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([_box(label, key) for label in (_LABEL, *_OLDER_LABELS) for key in keys])


def _box(label: bytes, key: str) -> Fernet:
    # A key of its own for this use, so that no other use of SECRET_KEY can open what is sealed here.
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(label + key.encode()).digest()))
