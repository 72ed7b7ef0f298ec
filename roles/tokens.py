"""API tokens (`iop_<prefix>_<secret>`) and one-time sign-in links: made here, checked here.

A token's secret has 256 bits, so a plain SHA-256 is a sufficient digest; it is found by its prefix
and compared in constant time.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from roles.models import ApiToken, SignInLink, User

SCHEME = "Bearer"
#: `last_used_at` is written at most this often, so that reading does not become writing.
USE_NOTED_EVERY = timedelta(minutes=5)
LINK_LIFE = timedelta(hours=1)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def make(user: User, *, label: str = "", life: timedelta | None = None) -> str:
    """Makes a token of `user` and returns its text, which cannot be read again later."""
    prefix = secrets.token_hex(6)
    secret = secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user,
        label=label,
        prefix=prefix,
        digest=digest(secret),
        expires_at=timezone.now() + life if life else None,
    )
    return f"iop_{prefix}_{secret}"


def owner(text: str) -> User | None:
    """The active person whose live token `text` is, or None."""
    kind, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    if kind != "iop" or not secret:
        return None
    token = ApiToken.objects.select_related("user").filter(prefix=prefix, revoked_at=None).first()
    now = timezone.now()
    if token is None or not hmac.compare_digest(token.digest, digest(secret)):
        return None
    if not token.user.is_active or (token.expires_at and token.expires_at <= now):
        return None
    if token.last_used_at is None or now - token.last_used_at > USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user


def make_link(user: User, *, life: timedelta = LINK_LIFE) -> str:
    """Makes a one-time sign-in link's secret for `user`."""
    secret = secrets.token_urlsafe(32)
    SignInLink.objects.create(user=user, digest=digest(secret), expires_at=timezone.now() + life)
    return secret


@transaction.atomic
def use_link(secret: str) -> User | None:
    """The person of an unused, unexpired link, which is used up by this; None for any other text."""
    now = timezone.now()
    rows = SignInLink.objects.filter(digest=digest(secret), used_at=None, expires_at__gt=now, user__is_active=True)
    if rows.update(used_at=now) != 1:
        return None
    return SignInLink.objects.select_related("user").get(digest=digest(secret)).user


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer iop_…`; no header means another way of signing in may answer."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != SCHEME.lower().encode():
            return None
        if len(parts) != 2 or (user := owner(parts[1].decode("latin-1"))) is None:
            raise exceptions.AuthenticationFailed("This token is not known, has expired or was revoked.")
        return user, "token"

    def authenticate_header(self, request: Request) -> str:
        return SCHEME
