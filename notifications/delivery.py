"""Takes queued messages to their channel: claim, sift, send, record, back off. Only `tasks` imports this module.

A row is claimed by one statement that also raises its count of attempts, so that a message which kills
its worker is given up after five. Between two records no more than one chunk is in flight: what a crash
can repeat. What was claimed and not sent goes back with its lease (`upkeep`).
"""

import logging
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from notifications import addresses, breaker, channels, listening, suppressions
from notifications.channels.base import Channel, Letter, Outcome, ProviderAway, Result
from notifications.listening import FactKind, MessageFact
from notifications.models import Attempt, ChannelName, Content, Lane, Message, State, Suppression
from notifications.models.messages import MOST_ATTEMPTS, MessageQuerySet

log = logging.getLogger(__name__)

#: Longer than everything that one letter can take at its worst, plus the time after which no new one is begun.
LEASE = {Lane.URGENT: timedelta(seconds=15), Lane.BULK: timedelta(seconds=30)}
BEGIN_WITHIN_S = {Lane.URGENT: 4.0, Lane.BULK: 15.0}
#: Results are written down at least this often, whatever the channel's chunk.
RECORD_WITHIN_S = 0.1
CLAIM = {Lane.URGENT: 20, Lane.BULK: 200}
#: From this many tries on a row is claimed alone: if it kills its worker, it takes no other with it.
WORN = 2
OLDEST = {Lane.URGENT: timedelta(minutes=30), Lane.BULK: timedelta(hours=24)}
BACK_OFF = [timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900)]
#: Greylisting servers want to be left alone for five minutes (RFC 6647).
GREY_CODES = {"450", "451"}
GREY_BACK_OFF = [timedelta(minutes=5), timedelta(minutes=15)]
UNCERTAIN_AGAIN = timedelta(seconds=60)
AWAY_AGAIN = timedelta(seconds=5)
_TOKEN = re.compile(r"[A-Za-z0-9._~-]*\Z")


def _never() -> bool:
    return False


@dataclass
class Claim:
    """Letters taken under one lease. The lease is also the proof that they are still ours when we record."""

    lane: Lane
    channel: str
    lease_until: datetime
    letters: list[Letter] = field(default_factory=list)
    old: set[int] = field(default_factory=set)
    taken_at: float = field(default_factory=time.monotonic)

    @property
    def may_begin(self) -> bool:
        """Whether there is time for one more letter at its slowest before the lease ends."""
        return time.monotonic() - self.taken_at < BEGIN_WITHIN_S[self.lane]

    def rows(self, letters: Iterable[Letter]) -> MessageQuerySet:
        """The rows of these letters, as far as nobody else has taken them over or settled them."""
        return Message.objects.filter(
            pk__in=[letter.id for letter in letters], state=State.SENDING, lease_until=self.lease_until
        )


def drain(lane: Lane, channel_name: str, *, seconds: float = 40.0, is_stopping: Callable[[], bool] = _never) -> bool:
    """Delivers what is due in one lane on one channel; True when nothing is left that could go now.

    False when time was up. While the provider is away it ends at once: the rows wait, the sweep asks again.
    """
    ends_at = time.monotonic() + seconds
    contents: dict[int, Content] = {}
    with channels.make(channel_name) as channel, channels.make(channel_name, is_sandbox=True) as sandbox:
        while Message.objects.due().filter(lane=lane, channel=channel_name).exists():
            if time.monotonic() > ends_at or is_stopping():
                return False
            if not _is_ready(channel):
                return True
            for is_worn in (False, True):
                claimed = claim(lane, channel_name, is_worn=is_worn, contents=contents)
                going = sift(claimed)
                _send_all(sandbox, [letter for letter in going if letter.content.is_sandbox], claimed, is_stopping)
                outward = [letter for letter in going if not letter.content.is_sandbox]
                if not _send_all(channel, outward, claimed, is_stopping):
                    return True
    return True


def claim(lane: Lane, channel: str, *, is_worn: bool = False, contents: dict[int, Content] | None = None) -> Claim:
    """Takes due rows for this caller alone: a batch of fresh ones, or one worn by earlier tries."""
    now = timezone.now()
    claimed = Claim(lane, channel, now + LEASE[lane])
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            _claim_sql(is_worn=is_worn),
            [
                adapt(claimed.lease_until),
                *(lane, channel, adapt(now), WORN, 1 if is_worn else CLAIM[lane]),
                adapt(now - OLDEST[lane]),
            ],
        )
        rows = sorted(cursor.fetchall())
    cache = {} if contents is None else contents
    unseen = {row[2] for row in rows} - cache.keys()
    if unseen:
        cache.update(Content.objects.in_bulk(unseen))
    for pk, key, content, address, token, attempts, is_old in rows:
        letter = Letter(pk, key, address, token, lane, attempts, cache[content])
        claimed.letters.append(letter)
        if is_old:
            claimed.old.add(pk)
    return claimed


def sift(claimed: Claim) -> list[Letter]:
    """What may go out now; the rest is settled: unsubscribed since, too old, or not to be written to at all."""
    letters, now = claimed.letters, timezone.now()
    if not letters:
        return []
    stopped = suppressions.found(
        claimed.channel, [letter.address for letter in letters], lists={letter.content.list_name for letter in letters}
    )
    going: list[Letter] = []
    held: dict[tuple[State, str, str], list[Letter]] = {}
    for letter in letters:
        if (letter.address, letter.content.list_name) in stopped:
            held.setdefault((State.SUPPRESSED, "suppressed", "The address is not to be written to."), []).append(letter)
        elif letter.id in claimed.old:
            held.setdefault((State.CANCELLED, "too old", "It waited until it was of no use."), []).append(letter)
        elif not addresses.is_usable(claimed.channel, letter.address) or not _TOKEN.match(letter.token):
            held.setdefault((State.FAILED, "address", "The address cannot be used."), []).append(letter)
        elif claimed.channel == ChannelName.SMS and not letter.content.sms:
            held.setdefault((State.FAILED, "no text", "There is no SMS text."), []).append(letter)
        else:
            going.append(letter)
    for (state, code, detail), some in held.items():
        claimed.rows(some).update(state=state, code=code, detail=detail, lease_until=None, settled_at=now)
    return going


def record(claimed: Claim, results: Sequence[tuple[Letter, Result]]) -> None:
    """Writes down what became of the letters: what was taken in one statement, the others one by one."""
    now = timezone.now()
    taken = [letter for letter, result in results if result.outcome is Outcome.SENT and not result.provider_id]
    with transaction.atomic():
        if taken:
            claimed.rows(taken).update(
                state=State.SENT, sent_at=now, settled_at=now, lease_until=None, code="", detail=""
            )
        for letter, result in results:
            if result.outcome is not Outcome.SENT or result.provider_id:
                claimed.rows([letter]).update(lease_until=None, **_changes(letter, result, now))
        Attempt.objects.bulk_create(
            Attempt(
                message_id=letter.id,
                at=now,
                outcome=result.outcome.value,
                code=result.code[:40],
                detail=result.detail[:300],
                provider_id=result.provider_id[:200],
            )
            for letter, result in results
            if result.outcome is not Outcome.UNTRIED and not _tells_itself(letter, result)
        )
    for letter, result in results:
        if result.suppress:
            _stop(claimed.channel, letter, result)


def reconcile(*, since: timedelta = timedelta(minutes=10), limit: int = 20) -> int:
    """Asks providers about messages whose fate is unknown; answers how many turned out to be sent."""
    found = 0
    rows = Message.objects.filter(state=State.UNKNOWN, settled_at__gt=timezone.now() - since).select_related("content")
    for row in rows.order_by("settled_at")[:limit]:
        letter = Letter(row.pk, row.key, row.address, row.token, row.lane, row.attempts, row.content)
        with channels.make(row.channel, is_sandbox=row.content.is_sandbox) as channel:
            provider_id = channel.find(letter, since=since)
        if provider_id:
            found += Message.objects.filter(pk=row.pk, state=State.UNKNOWN).update(
                state=State.SENT, provider_id=provider_id, sent_at=row.settled_at, code="", detail=""
            )
    return found


def _is_ready(channel: Channel) -> bool:
    if not breaker.allows(channel.provider):
        return False
    try:
        channel.open()
    except ProviderAway as problem:
        log.warning("%s is away: %s", channel.provider, problem)
        breaker.failed(channel.provider, str(problem))
        return False
    return True


def _send_all(channel: Channel, letters: Sequence[Letter], claimed: Claim, is_stopping: Callable[[], bool]) -> bool:
    """Sends and records chunk by chunk; what there is no time or no provider for goes back untried.

    False if the provider asks to be left alone for now.
    """
    done, is_wanted, is_going = 0, True, True
    while is_going and done < len(letters) and claimed.may_begin and not is_stopping():
        chunk = letters[done : done + channel.chunk]
        results, is_going = _send(channel, chunk, claimed)
        record(claimed, list(zip(chunk, results, strict=False)))
        done += len(results)
        if any(result.outcome is Outcome.SENT for result in results):
            breaker.succeeded(channel.provider)
        trouble = next((result for result in results if result.is_provider_trouble), None)
        if trouble:
            breaker.failed(channel.provider, f"{trouble.code} {trouble.detail}")
        is_wanted = all(result.outcome is not Outcome.LATER for result in results)
        is_going = is_going and is_wanted and not trouble
    if done < len(letters):
        record(claimed, [(letter, Result(Outcome.UNTRIED)) for letter in letters[done:]])
    return is_wanted


def _send(channel: Channel, chunk: Sequence[Letter], claimed: Claim) -> tuple[list[Result], bool]:
    """The results of the first letters of `chunk`, and whether the channel took all that it was given.

    Less than the chunk is given to a slow channel, so that what is in flight stays small in time too. A
    defect of the channel costs the letter that it struck one try.
    """
    results: list[Result] = []
    given = 0

    def in_time() -> Iterator[Letter]:
        nonlocal given
        ends_at = time.monotonic() + RECORD_WITHIN_S
        for letter in chunk:
            if given and (time.monotonic() > ends_at or not claimed.may_begin):
                return
            given += 1
            yield letter

    try:
        results.extend(channel.send(in_time()))  # keeps what came before a defect
    except Exception as problem:
        log.exception("the %s channel broke", claimed.channel)
        results.append(Result(Outcome.RETRY, code="defect", detail=f"{type(problem).__name__}: {problem}"[:280]))
    return results, len(results) == given


def _changes(letter: Letter, result: Result, now: datetime) -> dict[str, object]:
    """The fields that a result sets on its row."""
    told = {"code": result.code[:40], "detail": result.detail[:300]}
    ended = {**told, "settled_at": now}
    is_last = letter.attempt >= MOST_ATTEMPTS
    match result.outcome:
        case Outcome.SENT:
            return {**ended, "state": State.SENT, "sent_at": now, "provider_id": result.provider_id[:200]}
        case Outcome.UNTRIED:
            return {"state": State.QUEUED, "attempts": letter.attempt - 1}
        case Outcome.LATER:
            wait = result.after or AWAY_AGAIN
            return {**told, "state": State.QUEUED, "attempts": letter.attempt - 1, "due_at": now + _jittered(wait)}
        case Outcome.RETRY if not is_last:
            return {**told, "state": State.QUEUED, "due_at": now + back_off(letter.attempt, result)}
        case Outcome.UNCERTAIN if letter.lane == Lane.URGENT and not is_last:
            return {**told, "state": State.QUEUED, "due_at": now + UNCERTAIN_AGAIN}
        case Outcome.UNCERTAIN:
            return {**ended, "state": State.UNKNOWN}
        case _:
            return {**ended, "state": State.FAILED}


def back_off(attempt: int, result: Result) -> timedelta:
    """How long to wait after the given try: full jitter, but never less than a greylisting server asks for."""
    if result.after is not None:
        return result.after
    if result.code in GREY_CODES:
        wait = GREY_BACK_OFF[min(attempt, len(GREY_BACK_OFF)) - 1]
        return wait + random.random() * timedelta(seconds=30)  # noqa: S311  no secret
    return random.random() * BACK_OFF[min(attempt, len(BACK_OFF)) - 1]  # noqa: S311  no secret


def _jittered(wait: timedelta) -> timedelta:
    return wait * (1 + random.random())  # noqa: S311  no secret


def _tells_itself(letter: Letter, result: Result) -> bool:
    """Whether the message's own row says all there is: see `Attempt`."""
    return result.outcome is Outcome.SENT and letter.attempt == 1 and letter.lane == Lane.BULK


def _stop(channel: str, letter: Letter, result: Result) -> None:
    suppressions.suppress(channel, letter.address, reason=result.suppress)
    kind = FactKind.STOP if result.suppress == Suppression.Reason.STOPPED else FactKind.BOUNCE
    listening.tell(MessageFact(kind, channel, letter.address, letter.id, result.detail))


def _claim_sql(*, is_worn: bool) -> str:
    """One statement for both databases. `= ANY(ARRAY(…))` keeps PostgreSQL on the index of due rows."""
    is_postgres = connection.vendor == "postgresql"
    opening, closing = ("= ANY(ARRAY(", "))") if is_postgres else ("IN (", ")")
    return f"""
        UPDATE notifications_message SET state = 'sending', attempts = attempts + 1, lease_until = %s
        WHERE id {opening}
            SELECT id FROM notifications_message
            WHERE state = 'queued' AND lane = %s AND channel = %s AND due_at <= %s
                AND attempts {">=" if is_worn else "<"} %s
            ORDER BY due_at, id LIMIT %s {"FOR UPDATE SKIP LOCKED" if is_postgres else ""}
        {closing}
        RETURNING id, key, content_id, address, token, attempts, queued_at < %s
    """  # noqa: S608  nothing in it comes from outside
