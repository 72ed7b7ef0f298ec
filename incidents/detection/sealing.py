"""Secrets that must be shown again are stored sealed: readable with the installation's secret key only."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class Broken(ValueError):  # noqa: N818  a broken seal
    """The seal does not open: the text was altered, or the secret key is another one now."""


def seal(secret: str) -> str:
    """The secret as text that says nothing without the key."""
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret again; raises Broken."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as problem:
        raise Broken("This secret was stored under another SECRET_KEY.") from problem


def _box() -> Fernet:
    # A key of its own for this use, so that no other use of SECRET_KEY can open what is sealed here.
    key = hashlib.sha256(b"incidents.detection.sealing:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
