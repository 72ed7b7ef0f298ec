"""The record of an incident to take along: every row that the reader may read, digests, and a signature.

Signed with Ed25519, so that an auditor can check it with the public key alone, years later, on another machine; a
shared secret would let whoever checks also forge. The key is derived from the installation's secret key.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from incidents import events
from incidents.models import Incident, TimelineEntry, TimelineHead
from incidents.timeline import Fault
from roles.models import User
from roles.policy import authorize

FORMAT = "incidentops-timeline-1"
STAMPS = (
    "opened_at", "detected_at", "declared_at", "acknowledged_at", "identified_at", "mitigated_at", "resolved_at",
    "review_opened_at", "closed_at", "cancelled_at", "merged_at",
)  # fmt: skip


def export(incident: Incident, *, by: User) -> dict[str, object]:
    """The record as `by` may read it, signed. Rows that are not for them stand there with their digest alone, so
    that the chain can be followed."""
    authorize(by, "incidents.view_incident", incident)
    readable = set(incident.entries.readable_by(by, incident).values_list("pk", flat=True))
    rows = incident.entries.select_related("actor").order_by("number")
    head = TimelineHead.objects.filter(incident=incident).first()
    record: dict[str, object] = {
        "format": FORMAT,
        "exported_at": timezone.now().isoformat(),
        "exported_by": by.username,
        "incident": _facts(incident),
        "rows": [_row(entry) if entry.pk in readable else _withheld(entry) for entry in rows],
        "head": {"number": head.number, "digest": head.digest} if head else None,
    }
    return {"record": record, "signed": sign(record)}


def sign(record: Mapping[str, object]) -> dict[str, str]:
    """The signature over the record in its canonical form, and the public half of the key."""
    key = _key(settings.SECRET_KEY)
    signature = key.sign(events.canonical(record).encode())
    return {"algorithm": "Ed25519", "public_key": public_key(), "signature": base64.b64encode(signature).decode()}


def public_key(secret: str = "") -> str:
    """What others check our exports with."""
    public = _key(secret or settings.SECRET_KEY).public_key()
    return base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def fault_in(export: Mapping[str, Any]) -> str:
    """What is wrong with an export, as a sentence; empty where it is ours and whole.

    Needs no database: the signature, every row's digest, the chain and its end.
    """
    try:
        record, signed = export["record"], export["signed"]
        rows, head = record["rows"], record["head"]
        if not _is_ours(record, signed):
            return "It was not signed by this installation, or was changed since."
        if broken := _broken(rows):
            return f"Row {broken} is not as it was written."
    except (KeyError, TypeError, ValueError, AttributeError):
        return f"This is no export of the format {FORMAT}."
    last = rows[-1] if rows else {"number": 0, "digest": ""}
    if head is None or (head["number"], head["digest"]) != (last["number"], last["digest"]):
        return f"It ends with row {last['number']}, which is not the last that was sealed."
    return ""


def first_difference(export: Mapping[str, Any], incident: Incident) -> Fault | None:
    """The first row of a sound export that the database tells otherwise now, or no more."""
    now = dict(incident.entries.values_list("number", "digest"))
    for row in export["record"]["rows"]:
        if now.get(row["number"]) != row["digest"]:
            return Fault(row["number"], f"row {row['number']} is not the one that was exported")
    return None


def _facts(incident: Incident) -> dict[str, object]:
    stamps = {name: _iso(getattr(incident, name)) for name in STAMPS if getattr(incident, name)}
    return {
        "key": incident.key,
        "title": incident.title,
        "summary": incident.summary,
        "state": incident.state,
        "severity": incident.severity,
        "kind": incident.kind,
        "is_private": incident.is_private,
        "services": sorted(incident.services.values_list("slug", flat=True)),
        **stamps,
    }


def _row(entry: TimelineEntry) -> dict[str, object]:
    """A row: what its digest covers, the digest, and its doer's name for people."""
    return {
        "number": entry.number,
        "digest": entry.digest,
        "actor": entry.actor.username if entry.actor else None,
        "at": _iso(entry.occurred_at),
        "content": events.content_of(entry),
    }


def _withheld(entry: TimelineEntry) -> dict[str, object]:
    return {"number": entry.number, "digest": entry.digest, "before": entry.digest_before, "withheld": True}


def _broken(rows: list[dict[str, Any]]) -> int:
    """The number of the first row whose content, number or link to the row before does not hold; 0 if all do."""
    before = ""
    for number, row in enumerate(rows, start=1):
        content = row.get("content")
        link = content["before"] if content else row["before"]
        holds = content is None or hashlib.sha256(events.canonical(content).encode()).hexdigest() == row["digest"]
        if row["number"] != number or link != before or not holds or (content and content["number"] != number):
            return number
        before = row["digest"]
    return 0


def _is_ours(record: Mapping[str, object], signed: Mapping[str, str]) -> bool:
    ours = {public_key(str(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)}
    if signed["algorithm"] != "Ed25519" or signed["public_key"] not in ours:
        return False
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signed["public_key"]))
    try:
        key.verify(base64.b64decode(signed["signature"]), events.canonical(record).encode())
    except InvalidSignature:
        return False
    return True


def _key(secret: str) -> Ed25519PrivateKey:
    seed = salted_hmac("incidents.exporting", "signing key", secret=secret, algorithm="sha256").digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


def _iso(moment: datetime) -> str:
    return moment.isoformat()
