"""What providers report of a message, worked off after it was stored: its state goes forward, never back.

Reports come late, doubled and out of order. A report is stored first (once, by its digest) and made
something of here; `webhooks` checks who sent it.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from notifications import listening, suppressions
from notifications.channels.sms import OPTED_OUT, PASSING, UNREACHABLE
from notifications.listening import FactKind, MessageFact
from notifications.models import Attempt, Callback, ChannelName, Message, State, Suppression

log = logging.getLogger(__name__)

#: From which states a report may move a message to which. `queued` is among them since a message whose
#: answer was lost waits to be sent again, and a report proves that it need not be.
_BEFORE_SENT = (State.QUEUED, State.SENDING, State.UNKNOWN)
_BEFORE_END = (*_BEFORE_SENT, State.SENT)
_AGAIN_AFTER = timedelta(seconds=60)
#: A carrier that could not reach the phone is asked this often in all.
_CARRIER_TRIES = 3
_STOP_WORDS = {"stop", "unsubscribe", "end", "quit", "stopall", "revoke", "optout", "cancel"}
_START_WORDS = {"start", "yes", "unstop"}
_HELP_WORDS = {"help", "info"}
ATTEMPTS = 5


def store(provider: str, kind: str, body: Mapping[str, object], *, message_id: int | None = None) -> Callback | None:
    """Keeps a report as it came; None if the very same one is already there."""
    text = json.dumps(dict(body), sort_keys=True, default=str).replace("\\u0000", "")  # PostgreSQL stores no NUL
    raw = f"{kind}:{message_id}:{text}"
    callback, is_new = Callback.objects.get_or_create(
        provider=provider,
        digest=hashlib.sha256(raw.encode()).hexdigest(),
        defaults={"kind": kind, "body": json.loads(text), "message_id": message_id},
    )
    return callback if is_new else None


def work_off(callback_id: int) -> bool:
    """Makes something of one stored report; safe to repeat. False if it was done before, or failed again."""
    with transaction.atomic():
        callback = Callback.objects.select_for_update().filter(pk=callback_id, worked_at=None).first()
        if callback is None:
            return False
        try:
            with transaction.atomic():
                fact = _WORK[callback.provider, callback.kind](callback)
        except Exception as problem:
            log.exception("a %s report could not be worked off", callback.provider)
            trouble = f"{type(problem).__name__}: {problem}"[:300]
            Callback.objects.filter(pk=callback_id).update(failures=F("failures") + 1, trouble=trouble)
            return False
        Callback.objects.filter(pk=callback_id).update(worked_at=timezone.now(), trouble="")
        if fact is not None:
            transaction.on_commit(lambda: listening.tell(fact), robust=True)
    return True


def unworked() -> list[int]:
    """Reports that nobody has made anything of yet; those that failed five times are left for people."""
    rows = Callback.objects.filter(
        worked_at=None, failures__lt=ATTEMPTS, received_at__lt=timezone.now() - timedelta(seconds=2)
    )
    return list(rows.order_by("received_at").values_list("pk", flat=True)[:200])


def _sms_status(callback: Callback) -> MessageFact | None:
    """Twilio's word on one SMS: queued, sent, delivered, undelivered or failed."""
    message = Message.objects.filter(pk=callback.message_id or 0).first()
    if message is None:
        return None
    body = callback.body
    status, sid = str(body.get("MessageStatus", "")), str(body.get("MessageSid", ""))[:200]
    code = int(body["ErrorCode"]) if str(body.get("ErrorCode", "")).isdecimal() else 0
    if status in {"accepted", "scheduled", "queued", "sending", "sent"}:
        _move(message, _BEFORE_SENT, state=State.SENT, provider_id=sid, sent_at=callback.received_at)
    elif status in {"delivered", "read"}:
        if not _move(message, (State.SENT,), state=State.DELIVERED, provider_id=sid):
            _move(message, _BEFORE_SENT, state=State.DELIVERED, provider_id=sid, sent_at=callback.received_at)
    elif status in {"undelivered", "failed"} and message.provider_id in {"", sid}:
        return _sms_failed(message, code, sid)
    return None


def _sms_failed(message: Message, code: int, sid: str) -> MessageFact | None:
    label = str(code or "undelivered")
    if code in PASSING and message.attempts < _CARRIER_TRIES:
        _move(
            message,
            _BEFORE_END,
            state=State.QUEUED,
            due_at=timezone.now() + _AGAIN_AFTER,
            settled_at=None,
            sent_at=None,
            provider_id="",
            code=label,
            detail="The carrier could not reach the phone; tried again.",
        )
        return None
    told = {"provider_id": sid, "code": label, "detail": "The carrier could not deliver it."}
    if not _move(message, _BEFORE_END, state=State.FAILED, **told):
        return None
    if code in OPTED_OUT:
        suppressions.suppress(ChannelName.SMS, message.address, reason=Suppression.Reason.STOPPED)
        return MessageFact(FactKind.STOP, ChannelName.SMS, message.address, message.pk, label)
    if code in UNREACHABLE:
        suppressions.suppress(ChannelName.SMS, message.address, reason=Suppression.Reason.UNREACHABLE)
        return MessageFact(FactKind.BOUNCE, ChannelName.SMS, message.address, message.pk, label)
    return None


def _sms_inbound(callback: Callback) -> MessageFact | None:
    """An SMS from somebody: STOP and START are mirrored here, since the carrier acts on them itself."""
    address, text = str(callback.body.get("From", "")), str(callback.body.get("Body", "")).strip()
    word = str(callback.body.get("OptOutType", "") or text).strip().lower()
    if word in _STOP_WORDS:
        suppressions.suppress(ChannelName.SMS, address, reason=Suppression.Reason.STOPPED)
        return MessageFact(FactKind.STOP, ChannelName.SMS, address, text=text)
    if word in _START_WORDS:
        suppressions.unsuppress(ChannelName.SMS, address, reason=Suppression.Reason.STOPPED)
        return MessageFact(FactKind.START, ChannelName.SMS, address, text=text)
    return None if word in _HELP_WORDS else MessageFact(FactKind.REPLY, ChannelName.SMS, address, text=text)


def _email_event(callback: Callback) -> MessageFact | None:
    """An e-mail provider's word on one message, in anymail's normal form."""
    body = callback.body
    kind, address = str(body.get("event_type", "")), str(body.get("recipient") or "")
    message = _mailed(str(body.get("message_id") or ""), address)
    number, said = message.pk if message else None, str(body.get("description") or body.get("mta_response") or "")[:280]
    address = address or (message.address if message else "")
    if kind == "delivered" and message:
        _move(message, _BEFORE_END, state=State.DELIVERED)
    elif kind in {"bounced", "rejected"}:
        if message:
            _move(message, (*_BEFORE_END, State.DELIVERED), state=State.BOUNCED, code=kind, detail=said)
        if body.get("reject_reason") in {"bounced", "invalid"} and address:
            suppressions.suppress(ChannelName.EMAIL, address, reason=Suppression.Reason.BOUNCED)
            return MessageFact(FactKind.BOUNCE, ChannelName.EMAIL, address, number, said)
    elif kind == "failed" and message:
        _move(message, _BEFORE_END, state=State.FAILED, code=kind, detail=said)
    elif kind == "complained" and address:
        suppressions.suppress(ChannelName.EMAIL, address, reason=Suppression.Reason.COMPLAINED)
        return MessageFact(FactKind.COMPLAINT, ChannelName.EMAIL, address, number, said)
    elif kind == "unsubscribed" and address:
        suppressions.suppress(ChannelName.EMAIL, address)
        return MessageFact(FactKind.UNSUBSCRIBE, ChannelName.EMAIL, address, number, said)
    return None


def _email_inbound(callback: Callback) -> None:
    """A mail that somebody wrote to us: taken by a listener in this transaction, or it is tried again."""
    body = callback.body
    address = str(body.get("from") or "")
    told = {**body, "id": callback.pk, "received_at": callback.received_at}
    listening.hand_over(
        MessageFact(FactKind.MAIL, ChannelName.EMAIL, address, text=str(body.get("text") or ""), data=told)
    )


def forget_mail(address: str) -> int:
    """Takes out of the stored reports what a person wrote to us from this address; answers how many."""
    rows = Callback.objects.filter(provider="email", kind="inbound", body__from=address.lower())
    return rows.update(body={"is_erased": True})


_WORK: dict[tuple[str, str], Callable[[Callback], MessageFact | None]] = {
    ("twilio", "status"): _sms_status,
    ("twilio", "inbound"): _sms_inbound,
    ("email", "tracking"): _email_event,
    ("email", "inbound"): _email_inbound,
}


def _mailed(provider_id: str, address: str) -> Message | None:
    """The message of a provider's id; where one id stands for a whole batch, the one to this address."""
    if not provider_id:
        return None
    rows = Message.objects.filter(channel=ChannelName.EMAIL, provider_id=provider_id)
    return (rows.filter(address=address.lower()).first() if address else None) or (
        rows.get() if rows.count() == 1 else None
    )


def _move(message: Message, sources: tuple[State, ...], **changes: object) -> bool:
    """Moves a message on if it still stands in one of `sources`; what was reported becomes an attempt row."""
    values = {"settled_at": timezone.now(), "code": "", "detail": "", "lease_until": None, **changes}
    if not Message.objects.filter(pk=message.pk, state__in=sources).update(**values):
        return False
    Attempt.objects.create(
        message=message,
        outcome=str(values["state"]),
        code=str(values["code"]),
        detail=str(values["detail"]) or "Reported by the provider.",
        provider_id=str(values.get("provider_id", "")),
    )
    return True
