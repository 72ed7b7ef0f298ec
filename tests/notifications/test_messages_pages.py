"""The outbox on the screen and in the admin: who sees what, and who may try again."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from notifications.models import Breaker, ChannelName, Content, Message, State, Suppression
from roles.models import User
from tests import make
from tests.notifications.conftest import Queue

ClientOf = Callable[[User], Client]


@pytest.fixture
def reader(db: None) -> User:
    """May see messages, and nothing more."""
    person = make.make_user("kenji")
    person.user_permissions.add(Permission.objects.get(codename="view_message"))
    return person


@pytest.fixture
def sent(queue: Queue) -> Message:
    (message,) = queue("dana@nordlys.example", state=State.SENT)
    return message


@pytest.fixture
def dead(queue: Queue) -> Message:
    (message,) = queue("ops@ostrava.example", state=State.FAILED, attempts=5, detail="5.1.1 no such user")
    return message


def page(client: Client, **query: str) -> str:
    answer = client.get(reverse("notifications:messages"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_shows_masked_addresses(client_of: ClientOf, reader: User, sent: Message) -> None:
    shown = page(client_of(reader))
    assert "d•••@nordlys.example" in shown
    assert "dana@nordlys.example" not in shown


def test_an_administrator_sees_whole_addresses(client_of: ClientOf, administrator: User, sent: Message) -> None:
    assert "dana@nordlys.example" in page(client_of(administrator))


@pytest.mark.parametrize("name", ["messages", "message", "retry"])
def test_nobody_without_the_right_sees_or_does_anything(
    client_of: ClientOf, bystander: User, dead: Message, name: str
) -> None:
    url = reverse(f"notifications:{name}", args=[] if name == "messages" else [dead.pk])
    client = client_of(bystander)
    assert (client.post(url) if name == "retry" else client.get(url)).status_code == 403
    dead.refresh_from_db()
    assert dead.state == State.FAILED


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "failed"}, ["ops@ostrava.example"]),
        ({"state": "sent"}, ["dana@nordlys.example"]),
        ({"channel": "sms"}, []),
        ({"lane": "bulk"}, ["ops@ostrava.example", "dana@nordlys.example"]),
        ({"topic": "update:1"}, ["ops@ostrava.example", "dana@nordlys.example"]),
        ({"topic": "update:2"}, []),
        ({"q": "ostrava"}, ["ops@ostrava.example"]),
        ({"q": "recovering"}, ["ops@ostrava.example", "dana@nordlys.example"]),
    ],
)
def test_the_list_can_be_narrowed(
    client_of: ClientOf, administrator: User, sent: Message, dead: Message, query: dict[str, str], found: list[str]
) -> None:
    answer = client_of(administrator).get(reverse("notifications:messages"), query)
    assert [row.address for row in answer.context["rows"]] == found


def test_an_address_cannot_be_guessed_letter_by_letter(client_of: ClientOf, reader: User, sent: Message) -> None:
    client = client_of(reader)
    assert "No message fits" in page(client, q="dana@nord")
    assert "d•••@nordlys.example" in page(client, q="dana@nordlys.example")


def test_a_filter_that_makes_no_sense_says_so_and_shows_the_list(
    client_of: ClientOf, reader: User, sent: Message
) -> None:
    shown = page(client_of(reader), state="nonsense", before="x")
    assert "d•••@nordlys.example" in shown
    assert "Select a valid choice" in shown


def test_a_long_list_goes_on_where_it_stopped(client_of: ClientOf, reader: User, queue: Queue) -> None:
    queue(*[f"s{number}@x.example" for number in range(53)])
    client = client_of(reader)
    first = client.get(reverse("notifications:messages"))
    assert len(first.context["rows"]) == 50
    second = client.get(reverse("notifications:messages") + "?" + first.context["older"])
    assert len(second.context["rows"]) == 3
    assert second.context["older"] == ""


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_database_the_same_whatever_its_length(
    client_of: ClientOf, administrator: User, queue: Queue, count: int, django_assert_num_queries: Callable[..., object]
) -> None:
    queue(*[f"s{number}@x.example" for number in range(count)])
    client = client_of(administrator)
    page(client)
    with django_assert_num_queries(QUERIES_OF_A_LIST):  # type: ignore[attr-defined]
        page(client)


QUERIES_OF_A_LIST = 9


def test_a_provider_that_is_away_is_said(client_of: ClientOf, reader: User) -> None:
    Breaker.objects.create(provider="smtp mail.example:25", trouble="Connection refused")
    assert "mail.example" not in page(client_of(reader))
    Breaker.objects.update(open_until="2026-11-23T03:00:00Z")
    assert "smtp mail.example:25 does not take messages" in page(client_of(reader))


def test_a_message_shows_its_words_and_what_happened(client_of: ClientOf, reader: User, dead: Message) -> None:
    dead.tries.create(outcome="refused", code="550", detail="5.1.1 no such user")
    shown = client_of(reader).get(reverse("notifications:message", args=[dead.pk])).content.decode()
    assert "About 2% still fail." in shown
    assert "Refused: 5.1.1 no such user" in shown
    assert "ops@ostrava.example" not in shown
    assert "Try again" not in shown


def test_a_message_that_is_not_there_is_not_found(client_of: ClientOf, administrator: User) -> None:
    assert client_of(administrator).get(reverse("notifications:message", args=[999])).status_code == 404


def test_who_may_can_try_again(client_of: ClientOf, administrator: User, dead: Message) -> None:
    client = client_of(administrator)
    shown = client.get(reverse("notifications:message", args=[dead.pk])).content.decode()
    assert "Try again" in shown
    answer = client.post(reverse("notifications:retry", args=[dead.pk]))
    assert answer.headers["Location"] == reverse("notifications:message", args=[dead.pk])
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == (State.QUEUED, 0)


def test_trying_again_what_was_sent_is_refused_in_words(
    client_of: ClientOf, administrator: User, sent: Message
) -> None:
    answer = client_of(administrator).post(reverse("notifications:retry", args=[sent.pk]))
    assert answer.status_code == 409
    assert "nothing to try again" in answer.content.decode()


def test_the_page_of_an_sms_says_what_it_costs(client_of: ClientOf, administrator: User, queue: Queue) -> None:
    (message,) = queue("+15550100001", channel="sms")
    shown = client_of(administrator).get(reverse("notifications:message", args=[message.pk])).content.decode()
    assert "GSM-7, 1 segment" in shown


def test_the_admin_shows_messages_and_changes_none(client_of: ClientOf, administrator: User, dead: Message) -> None:
    client = client_of(administrator)
    shown = client.get(reverse("admin:notifications_message_changelist"))
    assert shown.status_code == 200
    url = reverse("admin:notifications_message_change", args=[dead.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"state": "sent"}).status_code == 403
    dead.refresh_from_db()
    assert dead.state == State.FAILED


def test_an_administrator_stops_an_address_by_hand(client_of: ClientOf, administrator: User) -> None:
    client = client_of(administrator)
    form = {"channel": "email", "address": " Gone@X.example", "list_name": ""}
    answer = client.post(reverse("admin:notifications_suppression_add"), form)
    assert answer.status_code == 302
    assert list(Suppression.objects.values_list("address", "reason")) == [("gone@x.example", "by_hand")]


@pytest.mark.parametrize("channel", ChannelName.values)
def test_a_message_on_any_road_is_listed_with_its_sign(channel: str, administrator: User) -> None:
    content = Content.objects.create(key=f"road:{channel}", topic="t", subject=f"By {channel}", text="Said.")
    Message.objects.create(key=f"road:{channel}", content=content, channel=channel, address="hook:abcdefghijkl")
    assert f"By {channel}" in make.client_of(administrator).get("/messages/").content.decode()
