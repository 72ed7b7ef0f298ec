"""What a mail that somebody wrote to us says, as a few plain fields that can be stored and read again.

What becomes of it is for the listeners of `settings.MESSAGE_LISTENERS`.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.utils.html import strip_tags

#: Longer texts are cut: whoever writes so much sends a log, not a question.
LONGEST_TEXT = 100_000
LONGEST_FIELD = 1000
#: Headers by which machines say that nobody wrote this by hand (RFC 3834 and what came before it).
_AUTOMATIC = frozenset({"bulk", "auto_reply", "auto-reply", "junk"})
_MACHINES = ("mailer-daemon@", "postmaster@", "no-reply@", "noreply@")


def body_of(event: Any) -> dict[str, object]:
    """An inbound event of anymail as fields: from, name, to, subject, text, message_id, automatic, attachments."""
    message = event.message
    sender = message.from_email
    sender = sender[0] if isinstance(sender, list) else sender
    to = [one.addr_spec for one in [*message.to, *message.cc] if one.addr_spec]
    if message.envelope_recipient and message.envelope_recipient not in to:
        to.append(message.envelope_recipient)
    text = message.stripped_text or message.text or strip_tags(message.html or "")
    return {
        "from": _short(sender.addr_spec.lower() if sender else message.envelope_sender or ""),
        "name": _short(sender.display_name if sender else ""),
        "to": [_short(one) for one in to[:20]],
        "subject": _short(message.subject or ""),
        "text": text.strip()[:LONGEST_TEXT],
        "message_id": _short(message["Message-ID"] or event.event_id or ""),
        "automatic": automatic(message),
        "attachments": [_short(part.get_filename() or "file") for part in message.attachments[:20]],
    }


def automatic(message: Any) -> str:
    """Why nobody wrote this by hand: an answering machine, or a mail that came back; empty where somebody did."""
    sender = message.from_email
    address = sender.addr_spec.lower() if sender and not isinstance(sender, list) else ""
    if message.get_content_type() == "multipart/report" or address.startswith(_MACHINES[:2]):
        return "A mail of ours came back"
    if str(message["Auto-Submitted"] or "no").split(";")[0].strip().lower() != "no":
        return "An answering machine wrote it"
    if str(message["Precedence"] or "").strip().lower() in _AUTOMATIC or message["X-Autoreply"]:
        return "An answering machine wrote it"
    return "A machine wrote it" if address.startswith(_MACHINES[2:]) else ""


def unreadable(raw: bytes | Mapping[str, object]) -> dict[str, object]:
    """What is kept of a mail that could not be read."""
    text = raw.decode(errors="replace") if isinstance(raw, bytes) else repr(dict(raw))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"from": "", "subject": "", "text": text[:LONGEST_TEXT], "message_id": digest, "is_unreadable": True}


def _short(text: str) -> str:
    return " ".join(str(text).split())[:LONGEST_FIELD]
