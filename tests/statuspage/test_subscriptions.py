from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from notifications import links, suppressions
from notifications.listening import MessageFact
from notifications.models import Message
from roles.policy import SYSTEM
from statuspage import subscriptions
from statuspage.models import Subscriber
from statuspage.subscriptions import Wish

DANA = "dana@nordlys.example"
PHONE = "+15005550006"


def ask(page, address=DANA, channel="email", network="203.0.113.7", **wish):
    subscriptions.subscribe(page, Wish(channel, address, **wish), network=network)
    return page.subscribers.live().filter(address=address).first()


def sent(address=DANA):
    return [message.content.key.split(":")[0] for message in Message.objects.filter(address=address).order_by("pk")]


def later(subscriber, by=timedelta(hours=25)):
    Subscriber.objects.filter(pk=subscriber.pk).update(confirmation_sent_at=timezone.now() - by)


def test_nobody_is_told_before_they_confirm(page):
    subscriber = ask(page)
    assert sent() == ["confirm"]
    assert list(page.subscribers.confirmed()) == []
    subscriptions.confirm(subscriber)
    assert list(page.subscribers.confirmed()) == [subscriber]
    subscriptions.confirm(subscriber)
    assert sent() == ["confirm", "confirmed"]


def test_the_token_of_a_confirmation_opens_no_other_door(page):
    subscriber = ask(page)
    token = Message.objects.get().token
    assert subscriptions.by_token(page, token, purpose=subscriptions.CONFIRM) == subscriber
    assert subscriptions.by_token(page, token) is None
    assert subscriptions.by_token(page, token + "x", purpose=subscriptions.CONFIRM) is None


def test_one_confirmation_a_day_and_three_in_all_from_however_many_networks(page):
    for number in range(50):
        subscriber = ask(page, network=f"198.51.{number}.1")
    assert sent() == ["confirm"]
    for _ in range(5):
        later(subscriber)
        ask(page)
    assert sent() == ["confirm"] * 3


def test_who_is_confirmed_gets_the_way_to_change_it_and_nothing_is_overwritten(page):
    subscriber = subscriptions.confirm(ask(page, amount="major"))
    later(subscriber)
    ask(page, amount="all")
    assert sent() == ["confirm", "confirmed", "confirmed"]
    subscriber.refresh_from_db()
    assert subscriber.amount == "major"


def test_an_address_that_bounced_gets_nothing_more(page):
    suppressions.suppress("email", DANA, reason="bounced")
    ask(page)
    assert sent() == []


def test_one_network_is_stopped_and_another_is_not(page):
    for number in range(subscriptions.PER_NETWORK):
        ask(page, f"reader{number}@a{number % 7}.example")
    with pytest.raises(subscriptions.AskedTooOften):
        ask(page, "next@b.example", network="203.0.113.99")
    assert ask(page, "next@b.example", network="203.0.114.1")


def test_sms_is_limited_harder(page):
    for number in range(subscriptions.SMS_PER_NETWORK):
        ask(page, f"+1500555{number:04d}", "sms")
    with pytest.raises(subscriptions.AskedTooOften):
        ask(page, PHONE, "sms")


def test_a_code_confirms_once_it_is_right(page):
    subscriber = ask(page, PHONE, "sms")
    text = Message.objects.get().content.sms
    code = text.split("code: ")[1][:6]
    wrong = "000000" if code != "000000" else "111111"
    assert subscriptions.confirm_by_code(subscriber, wrong) is False
    subscriber.refresh_from_db()
    assert subscriptions.confirm_by_code(subscriber, code) is True
    assert list(page.subscribers.confirmed()) == [subscriber]


def test_a_code_cannot_be_guessed_and_does_not_last(page):
    subscriber = ask(page, PHONE, "sms")
    code = Message.objects.get().content.sms.split("code: ")[1][:6]
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(subscriptions.MOST_CODE_FAILURES):
        subscriptions.confirm_by_code(subscriber, wrong)
        subscriber.refresh_from_db()
    assert subscriptions.confirm_by_code(subscriber, code) is False
    Subscriber.objects.update(code_failures=0)
    later(subscriber, timedelta(minutes=11))
    subscriber.refresh_from_db()
    assert subscriptions.confirm_by_code(subscriber, code) is False
    assert list(page.subscribers.confirmed()) == []


def test_guesses_sent_at_once_are_counted_one_by_one(page):
    """Each of them read the row before any was counted."""
    subscriber = ask(page, PHONE, "sms")
    code = Message.objects.get().content.sms.split("code: ")[1][:6]
    wrong = "000000" if code != "000000" else "111111"
    readings = [Subscriber.objects.get(pk=subscriber.pk) for _ in range(subscriptions.MOST_CODE_FAILURES + 1)]
    for reading in readings[:-1]:
        assert subscriptions.confirm_by_code(reading, wrong) is False
    assert subscriptions.confirm_by_code(readings[-1], code) is False
    assert list(page.subscribers.confirmed()) == []


def test_the_confirmation_by_sms_is_one_segment(page, settings):
    settings.SITE_URL = "https://status.halyard.example"
    ask(page, PHONE, "sms")
    message = Message.objects.get()
    assert len(message.content.sms.replace(links.TOKEN_MARK, message.token)) <= 160


def test_leaving_holds_for_what_is_queued_already_and_may_be_repeated(page, reader):
    subscriptions.unsubscribe(reader)
    subscriptions.unsubscribe(reader)
    assert list(page.subscribers.live()) == []
    assert suppressions.is_suppressed("email", reader.address, list_name="page:halyard")
    assert not suppressions.is_suppressed("email", reader.address, list_name="page:other")


def test_coming_back_lifts_what_leaving_set_and_old_links_still_leave(page, reader):
    subscriptions.unsubscribe(reader)
    again = ask(page, reader.address)
    assert suppressions.is_suppressed("email", reader.address, list_name="page:halyard")
    subscriptions.confirm(again)
    assert not suppressions.is_suppressed("email", reader.address, list_name="page:halyard")
    subscriptions.unsubscribe(reader)
    assert list(page.subscribers.live()) == []


def test_coming_back_does_not_lift_a_bounce(page, reader):
    subscriptions.unsubscribe(reader)
    again = ask(page, reader.address)
    suppressions.suppress("email", reader.address, reason="bounced")
    subscriptions.confirm(again)
    assert suppressions.is_suppressed("email", reader.address, list_name="page:halyard")


def test_stop_and_bounce_end_the_subscription_and_a_reply_does_not(page):
    subscriber = make_confirmed(page, PHONE, "sms")
    subscriptions.on_message(MessageFact("reply", "sms", PHONE, text="thanks"))
    assert list(page.subscribers.live()) == [subscriber]
    subscriptions.on_message(MessageFact("stop", "sms", PHONE))
    assert list(page.subscribers.live()) == []


def make_confirmed(page, address, channel):
    subscriptions.add_confirmed(page, channel, [address], by=SYSTEM)
    return page.subscribers.get(address=address)


def test_unconfirmed_addresses_are_forgotten_after_a_week(page, reader):
    subscriber = ask(page, "waiting@subscribers.example")
    assert subscriptions.forget_unconfirmed() == 0
    Subscriber.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert subscriptions.forget_unconfirmed() == 1
    assert not Subscriber.objects.filter(pk=subscriber.pk).exists()
    assert Subscriber.objects.filter(pk=reader.pk).exists()


def test_adding_those_who_agreed_elsewhere_tells_them_nothing(page, bystander):
    added = subscriptions.add_confirmed(page, "email", ["A@x.example", "a@x.example", "b@x.example"], by=SYSTEM)
    assert added == 2
    assert subscriptions.add_confirmed(page, "email", ["b@x.example"], by=SYSTEM) == 0
    assert not Message.objects.exists()
    with pytest.raises(PermissionDenied):
        subscriptions.add_confirmed(page, "email", ["c@x.example"], by=bystander)


@pytest.mark.parametrize(
    "typed", ["", "nobody", "a b@x.example", "a@x.example\nBcc: b@x.example", "<a@x.example>", "a@"]
)
def test_what_is_no_address_is_refused_with_a_sentence(typed):
    with pytest.raises(ValidationError, match=r"no e-mail address|cannot be sent"):
        subscriptions.address_of("email", typed)


def test_numbers_are_kept_in_one_form():
    assert subscriptions.address_of("sms", "(500) 555-0006", country="us") == PHONE
    assert subscriptions.address_of("sms", "+1 500 555 0006") == PHONE
    with pytest.raises(ValidationError, match="no phone number"):
        subscriptions.address_of("sms", "500")
    with pytest.raises(ValidationError, match="too short"):
        subscriptions.address_of("sms", "+1 500")
