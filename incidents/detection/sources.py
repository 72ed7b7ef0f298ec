"""Alert sources: made, renewed and switched off by those who may, and found again by the token they post with."""

import hashlib
import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from incidents.detection.intake import READERS
from incidents.models import AlertSource, Severity
from notifications import sealing
from roles import audit
from roles.policy import Actor, authorize

#: What a person may set, beside kind and token.
CHANGEABLE = ("name", "severity", "opens_incidents")


@transaction.atomic
def create(kind: str, name: str, *, by: Actor, severity: str = "", opens_incidents: bool = True) -> AlertSource:
    """Makes a source with a fresh token. Raises PermissionDenied, or ValidationError where kind, name or
    severity make no sense."""
    authorize(by, "incidents.manage_alertsource")
    if kind not in READERS:
        raise ValidationError({"kind": f"{kind} is no kind of source; they are {', '.join(READERS)}."})
    token = _token()
    source = AlertSource(
        kind=kind,
        name=" ".join(name.split()),
        severity=severity,
        opens_incidents=opens_incidents,
        token_digest=digest(token),
        token_encrypted=sealing.seal(token),
    )
    _check(source)
    source.save(force_insert=True)
    audit.note(by, "alert_source.created", source, kind=kind)
    return source


@transaction.atomic
def change(source: AlertSource, *, by: Actor, **changes: object) -> AlertSource:
    """Changes name, severity or whether it opens incidents; raises as `create` does."""
    authorize(by, "incidents.manage_alertsource")
    if unknown := changes.keys() - set(CHANGEABLE):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be changed in a source.")
    before = {name: getattr(source, name) for name, value in changes.items() if getattr(source, name) != value}
    if not before:
        return source
    for name in before:
        setattr(source, name, changes[name])
    _check(source)
    source.save(update_fields=list(before))
    audit.note(by, "alert_source.changed", source, before=before, after={name: changes[name] for name in before})
    return source


@transaction.atomic
def rotate(source: AlertSource, *, by: Actor) -> AlertSource:
    """Gives the source a new token; the address with the old one is closed at once."""
    authorize(by, "incidents.manage_alertsource")
    token = _token()
    source.token_digest = digest(token)
    source.token_encrypted = sealing.seal(token)
    source.save(update_fields=["token_digest", "token_encrypted"])
    audit.note(by, "alert_source.rotated", source)
    return source


@transaction.atomic
def set_active(source: AlertSource, is_active: bool, *, by: Actor) -> AlertSource:
    """Opens or closes the address; what came by it before is kept."""
    authorize(by, "incidents.manage_alertsource")
    if source.is_active != is_active:
        source.is_active = is_active
        source.save(update_fields=["is_active"])
        audit.note(by, "alert_source.activated" if is_active else "alert_source.deactivated", source)
    return source


def url_of(source: AlertSource, *, by: Actor) -> str:
    """The whole address to post to, token included; empty where the token can no longer be read, so
    that it must be renewed. Raises PermissionDenied: only those who manage sources may see it."""
    authorize(by, "incidents.manage_alertsource")
    try:
        token = sealing.unseal(source.token_encrypted)
    except sealing.Broken:
        return ""
    return f"{settings.SITE_URL}/in/{source.kind}/{token}"


def find(kind: str, token: str) -> AlertSource | None:
    """The active source of this kind and token. Found by the token's digest, so that neither the time it
    takes nor the answer tells how close a guess was."""
    source = AlertSource.objects.filter(token_digest=digest(token)).first()
    return source if source is not None and source.kind == kind and source.is_active else None


def digest(token: str) -> str:
    """A token has 256 random bits, so a plain SHA-256 is enough to find it by."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _token() -> str:
    return secrets.token_urlsafe(32)


def _check(source: AlertSource) -> None:
    if source.severity and source.severity not in Severity.values:
        raise ValidationError({"severity": f"{source.severity} is no severity; they run from SEV1 to SEV5."})
    if not source.name.strip():
        raise ValidationError({"name": "A source needs a name, so that people know where an alert comes from."})
    source.full_clean(exclude=["kind", "severity"])
