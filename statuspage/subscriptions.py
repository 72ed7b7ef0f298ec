"""Who is told: subscribing with a confirmation, changing it, leaving, and what carriers report of an address.

Answers to a stranger are the same for a new, a pending, a confirmed and a blocked address: the truth goes
by mail. Leaving holds at once, for messages that are queued already too, since it is looked up when they
are sent.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, ip_address, ip_network

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from notifications import addresses, limits, links, outbox, suppressions
from notifications.listening import FactKind, MessageFact
from notifications.models import Suppression
from roles.policy import Actor, authorize
from statuspage import announcements, branding
from statuspage.models import Component, StatusPage, Subscriber

#: Purpose of the token in a confirmation: it proves that the address was read.
CONFIRM = "confirm"
#: One confirmation for an address in this time, and so many in all.
CONFIRM_EVERY = timedelta(hours=24)
MOST_CONFIRMATIONS = 3
#: An SMS code is good for this long and for so many tries; the link beside it for as long as the row is kept.
CODE_LIFE = timedelta(minutes=10)
MOST_CODE_FAILURES = 5
#: Nobody confirmed: the address is forgotten.
FORGET_AFTER = timedelta(days=7)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PER_NETWORK, PER_DOMAIN, PER_PAGE = 100, 500, 2000
#: Every SMS costs money: a page sends at most so many confirmations a day.
SMS_PER_NETWORK, SMS_PER_PAGE = 20, 300


class AskedTooOften(ValidationError):  # noqa: N818  a refusal, not a fault
    """Asked too often from one network, for one recipient domain or on one page; doors answer 429."""


@dataclass(frozen=True)
class Wish:
    """What somebody asks for: where, how much, and about which components (none: everything)."""

    channel: str
    address: str
    amount: str = Subscriber.Amount.ALL
    components: tuple[int, ...] = ()


def address_of(channel: str, typed: str, *, country: str | None = None) -> str:
    """An address as rows hold it, or ValidationError with a sentence that helps to write it right."""
    if channel == Subscriber.Channel.EMAIL:
        address = addresses.normal(channel, typed)
        try:
            validate_email(address)
        except ValidationError as problem:
            raise ValidationError("That is no e-mail address: it should look like you@company.com.") from problem
        if not addresses.is_usable(channel, address) or len(address) > 254:
            raise ValidationError("Mail cannot be sent to this address.")
        return address
    try:
        number = phonenumbers.parse(typed, country.upper() if country else None)
    except phonenumbers.NumberParseException as problem:
        raise ValidationError(
            "That is no phone number: begin with + and the country, like +34 600 000 000."
        ) from problem
    if not phonenumbers.is_possible_number(number):
        raise ValidationError("That phone number is too short or too long for its country.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def subscribe(page: StatusPage, wish: Wish, *, network: str, source: str = "page") -> None:
    """Notes the wish and sends a confirmation, or, to who is confirmed already, the way to change it.

    `wish.address` comes from `address_of`; `network` is the asking IP address. Tells nothing of what it
    found. Raises AskedTooOften.
    """
    _limit(page, wish, network)
    with transaction.atomic():
        subscriber = _note(page, wish, source)
        if suppressions.is_suppressed(wish.channel, wish.address):
            return
        now = timezone.now()
        due = Subscriber.objects.filter(pk=subscriber.pk).exclude(confirmation_sent_at__gt=now - CONFIRM_EVERY)
        if subscriber.confirmed_at is None:
            due = due.filter(confirmation_count__lt=MOST_CONFIRMATIONS)
        code = f"{secrets.randbelow(1_000_000):06}"
        changes = {
            "confirmation_sent_at": now,
            "confirmation_count": subscriber.confirmation_count + 1,
            "code_digest": _digest(subscriber, code),
            "code_failures": 0,
        }
        if due.update(**changes):
            subscriber.confirmation_count += 1
            _send(subscriber, "confirm" if subscriber.confirmed_at is None else "confirmed", code)


def code_token(page: StatusPage, channel: str, address: str) -> str:
    """A token for the form that takes a code: it names the address and proves nothing."""
    return links.sign("code", f"{page.pk}:{channel}:{address}")


def awaiting_code(page: StatusPage, token: str) -> Subscriber | None:
    """Whom such a token names, if they wait for a code; None otherwise."""
    named = links.read("code", token)
    if named is None or not named.startswith(f"{page.pk}:"):
        return None
    _, channel, address = named.split(":", 2)
    return page.subscribers.live().filter(channel=channel, address=address).first()


@transaction.atomic
def confirm(subscriber: Subscriber) -> Subscriber:
    """Begins to tell this subscriber, who has shown that the address is theirs. Safe to repeat."""
    fresh = Subscriber.objects.live().filter(pk=subscriber.pk, confirmed_at=None)
    if fresh.update(confirmed_at=timezone.now(), code_digest=""):
        suppressions.unsuppress(
            subscriber.channel,
            subscriber.address,
            list_name=subscriber.page.list_name,
            reason=Suppression.Reason.UNSUBSCRIBED,
        )
        _send(subscriber, "confirmed")
    subscriber.refresh_from_db()
    return subscriber


@transaction.atomic
def confirm_by_code(subscriber: Subscriber | None, code: str) -> bool:
    """Confirms where the code is right, fresh and not guessed at too often; says no more than yes or no."""
    if subscriber is None or subscriber.confirmed_at is not None or not subscriber.confirmation_sent_at:
        return False
    is_fresh = timezone.now() - subscriber.confirmation_sent_at < CODE_LIFE
    # Each try is counted before it is looked at, so that a hundred at once are no more than five.
    tries = Subscriber.objects.filter(pk=subscriber.pk, code_failures__lt=MOST_CODE_FAILURES)
    if not is_fresh or not tries.update(code_failures=F("code_failures") + 1):
        return False
    if not constant_time_compare(_digest(subscriber, code.strip()), subscriber.code_digest):
        return False
    confirm(subscriber)
    return True


def by_token(page: StatusPage, token: str, *, purpose: str = announcements.SUBSCRIBER) -> Subscriber | None:
    """The subscriber of this page that a signed link was made for, left or not; None for any other token."""
    public_id = links.read(purpose, token)
    if public_id is None:
        return None
    return page.subscribers.filter(public_id=public_id).select_related("page").first()


@transaction.atomic
def change(subscriber: Subscriber, *, amount: str, components: Iterable[Component]) -> Subscriber:
    """Changes how much, and about which components, a subscriber is told; none means everything."""
    if amount not in Subscriber.Amount.values:
        raise ValidationError(f"{amount} is no amount; they are {', '.join(Subscriber.Amount.values)}.")
    if subscriber.unsubscribed_at is not None:
        raise ValidationError("This subscription has ended: subscribe again to be told.")
    Subscriber.objects.filter(pk=subscriber.pk).update(amount=amount)
    subscriber.amount = amount
    subscriber.components.set([component for component in components if component.page_id == subscriber.page_id])
    return subscriber


@transaction.atomic
def unsubscribe(subscriber: Subscriber) -> None:
    """Ends it, at once, for whatever this address asked of the page; safe to repeat."""
    live = Subscriber.objects.live().filter(
        page=subscriber.page_id, channel=subscriber.channel, address=subscriber.address
    )
    live.update(unsubscribed_at=timezone.now())
    suppressions.suppress(subscriber.channel, subscriber.address, list_name=subscriber.page.list_name)


@transaction.atomic
def add_confirmed(page: StatusPage, channel: str, to: Iterable[str], *, by: Actor, source: str = "import") -> int:
    """Adds addresses that have agreed elsewhere, confirmed and told nothing; those present stay as they are."""
    authorize(by, "statuspage.manage_subscribers", page)
    now = timezone.now()
    present = set(page.subscribers.live().filter(channel=channel).values_list("address", flat=True))
    wanted = dict.fromkeys(address_of(channel, address) for address in to)
    rows = [
        Subscriber(page=page, channel=channel, address=address, source=source, confirmed_at=now)
        for address in wanted
        if address not in present
    ]
    Subscriber.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def forget_unconfirmed() -> int:
    """Deletes who did not confirm within a week; returns how many."""
    gone = Subscriber.objects.live().filter(confirmed_at=None, created_at__lt=timezone.now() - FORGET_AFTER)
    return gone.delete()[0]


def on_message(fact: MessageFact) -> None:
    """Hears what carriers report: who bounces, complains or texts STOP is told nothing more by any page.

    The suppression for all lists is written below; here the subscription ends, so that counts stay true.
    """
    if fact.kind in {FactKind.BOUNCE, FactKind.COMPLAINT, FactKind.STOP, FactKind.UNSUBSCRIBE}:
        address = addresses.normal(fact.channel, fact.address)
        Subscriber.objects.live().filter(channel=fact.channel, address=address).update(unsubscribed_at=timezone.now())


# --- inside -----------------------------------------------------------------------------------


def _limit(page: StatusPage, wish: Wish, network: str) -> None:
    is_sms = wish.channel == Subscriber.Channel.SMS
    buckets = [
        (f"subscribe:{wish.channel}:net:{_network(network)}", SMS_PER_NETWORK if is_sms else PER_NETWORK, HOUR),
        (f"subscribe:{wish.channel}:page:{page.pk}", SMS_PER_PAGE if is_sms else PER_PAGE, DAY if is_sms else HOUR),
    ]
    if not is_sms:
        domain = wish.address.rpartition("@")[2]
        buckets.append((f"subscribe:{page.pk}:domain:{domain}", PER_DOMAIN, HOUR))
    for name, capacity, per in buckets:
        if not limits.take(name[:200], capacity=capacity, per=per):
            raise AskedTooOften("Too many requests. Wait a few minutes, then try again.")


def _network(address: str) -> str:
    """The /24 or /64 that an address belongs to."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network(f"{ip}/{24 if isinstance(ip, IPv4Address) else 64}", strict=False))


def _note(page: StatusPage, wish: Wish, source: str) -> Subscriber:
    """The live row of this address, made if there is none; what a confirmed one chose is not overwritten
    by whoever types the address."""
    row = {"page": page, "channel": wish.channel, "address": wish.address}
    subscriber = Subscriber.objects.live().filter(**row).first()
    if subscriber is None:
        try:
            with transaction.atomic():
                subscriber = Subscriber.objects.create(**row, source=source)
        except IntegrityError:
            subscriber = Subscriber.objects.live().get(**row)
    if subscriber.confirmed_at is None:
        Subscriber.objects.filter(pk=subscriber.pk).update(amount=wish.amount)
        subscriber.components.set(page.components.filter(pk__in=wish.components))
    return subscriber


def _send(subscriber: Subscriber, template: str, code: str = "") -> None:
    page = subscriber.page
    purpose = CONFIRM if template == "confirm" else announcements.SUBSCRIBER
    key = f"{template}:{subscriber.pk}:{subscriber.confirmation_count}"
    content = outbox.content(
        template=f"statuspage/{template}",
        context={
            "page": page,
            **branding.colours(page),
            "code": code,
            "about": ", ".join(subscriber.components.values_list("name", flat=True)),
        },
        topic=f"subscriber:{subscriber.pk}",
        thread=f"subscriber-{subscriber.public_id}",
        sender=announcements.sender(page),
        is_sandbox=page.is_sandbox,
        key=key,
    )
    outbox.queue(
        key=key,
        channel=subscriber.channel,
        address=subscriber.address,
        content=content,
        token=links.sign(purpose, subscriber.public_id),
    )


def _digest(subscriber: Subscriber, code: str) -> str:
    return hashlib.sha256(f"{subscriber.public_id}:{code}".encode()).hexdigest()
