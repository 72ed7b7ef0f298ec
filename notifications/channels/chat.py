"""Chat rooms, by the incoming webhook of their service: Slack, Teams, Discord, Mattermost, Google Chat.

A message names its room (`hook:<public id>`), so that the outbox holds no secret; what is posted is the part of
the content that is meant for the room's kind. Messages to one room keep their order: a later one waits for an
earlier one that is still to go out. The room's own row tells what is wrong with it.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

from django.utils import timezone

from notifications import chat_hooks, http, sealing
from notifications.channels.base import Channel, Letter, Outcome, Result
from notifications.channels.file import File
from notifications.models import ChatHook

BUDGET_S = 8.0
#: A service that asks for longer than this is asked again all the same.
LONGEST_WAIT = timedelta(hours=1)
SHORTEST_WAIT = timedelta(seconds=1)
#: The room is gone, or wants nothing from us.
REFUSALS = frozenset({401, 403, 404, 410})


class ChatRooms(Channel):
    """Posts each message to the room that its address names."""

    #: What became of one is on record before the next is looked at, so that the order is known.
    chunk = 1

    def __init__(self) -> None:
        self._files = File("chat")

    @property
    def provider(self) -> str:
        return "chat"

    def send(self, letters: Iterable[Letter]) -> Iterator[Result]:
        for letter in letters:
            yield self._send(letter)

    def _send(self, letter: Letter) -> Result:
        hook = chat_hooks.find(letter.address)
        if hook is None or not hook.is_active:
            return Result(Outcome.REFUSED, code="off", detail="This chat room is switched off.")
        payload = (letter.content.chat or {}).get(hook.kind)
        if payload is None:
            return Result(Outcome.REFUSED, code="no text", detail=f"There are no words for {hook.get_kind_display()}.")
        if earlier := chat_hooks.behind(letter.id, letter.address):
            wait = max(earlier - timezone.now(), SHORTEST_WAIT)
            return Result(Outcome.LATER, code="order", detail="An earlier message goes first.", after=wait)
        try:
            url = chat_hooks.url_of(hook)
        except sealing.Broken as problem:
            chat_hooks.failed(hook, str(problem), is_refusal=True)
            return Result(Outcome.REFUSED, code="address", detail=str(problem))
        if not url:
            return next(iter(self._files.send([letter])))
        return _posted(hook, url, json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode())


def _posted(hook: ChatHook, url: str, body: bytes) -> Result:
    """Posts and writes down on the room's row what is wrong with it."""
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "IncidentOps"}
    try:
        answer = http.fetch("POST", url, body=body, headers=headers, budget_s=BUDGET_S)
    except http.Blocked as problem:
        chat_hooks.failed(hook, str(problem), is_refusal=True)
        return Result(Outcome.REFUSED, code="blocked", detail=str(problem))
    except http.OutboundError as problem:
        chat_hooks.failed(hook, str(problem), is_refusal=False)
        outcome = Outcome.UNCERTAIN if problem.may_have_arrived else Outcome.RETRY
        return Result(outcome, code="silence", detail=str(problem))
    result = verdict(answer)
    if result.outcome is Outcome.SENT:
        chat_hooks.went(hook)
    else:
        is_refusal = answer.status in REFUSALS or 300 <= answer.status < 400
        chat_hooks.failed(hook, result.detail, is_refusal=is_refusal)
    return result


def verdict(answer: http.Answer) -> Result:
    """What an answer of a chat service means. A redirect is a refusal: it is never followed."""
    status = answer.status
    said = " ".join(answer.body[:120].decode("utf-8", "replace").split())
    detail = f"The chat answered {status}{f': {said}' if said and said.isprintable() else ''}."
    if 200 <= status < 300:
        return Result(Outcome.SENT)
    if status == 429:
        return Result(Outcome.LATER, code="429", detail="The chat asks us to slow down.", after=_asked_wait(answer))
    if status in {408, 425} or status >= 500:
        return Result(Outcome.RETRY, code=str(status), detail=detail)
    return Result(Outcome.REFUSED, code=str(status), detail=detail)


def _asked_wait(answer: http.Answer) -> timedelta:
    """`Retry-After`, in seconds or as a date (RFC 9110); five seconds where it says nothing that makes sense."""
    value = answer.headers.get("retry-after", "").strip()
    try:
        wait = timedelta(seconds=float(value))
    except (ValueError, OverflowError):
        try:
            at = parsedate_to_datetime(value)
            wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - timezone.now()
        except (ValueError, TypeError, IndexError):
            wait = timedelta(seconds=5)
    return min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)
