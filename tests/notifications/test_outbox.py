"""The door in: what is asked twice is written once."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.template import TemplateDoesNotExist
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import outbox
from notifications.models import Attempt, ContactMethod, Content, Lane, Message, Preference, State
from roles.models import User
from tests import make
from tests.notifications.conftest import Queue
from tests.worker import Asked, Worker


def recipients(count: int, start: int = 0) -> list[outbox.Recipient]:
    return [
        outbox.Recipient(key=f"update:1:{number}", channel="email", address=f"S{number}@X.example ", token=f"t{number}")
        for number in range(start, start + count)
    ]


def test_one_key_makes_one_message(text: Content, worker: Worker) -> None:
    first = outbox.queue(key="k", channel="email", address="A@x.example", content=text)
    assert outbox.queue(key="k", channel="email", address="A@x.example", content=text) is None
    assert list(Message.objects.all()) == [first]
    assert first is not None
    assert (first.address, first.state, first.lane) == ("a@x.example", State.QUEUED, Lane.URGENT)


def test_what_is_queued_is_asked_for_in_its_lane(text: Content, worker: Worker) -> None:
    outbox.queue(key="k", channel="sms", address="+1 (555) 010-0001", content=text)
    outbox.queue_many(text, recipients(3))
    worker.commit()
    assert worker.asked == [
        Asked("notifications.tasks.deliver_urgent", ("sms",)),
        Asked("notifications.tasks.deliver_bulk", ("email",)),
    ]
    assert Message.objects.get(channel="sms").address == "+15550100001"


def test_queueing_many_twice_writes_each_once(text: Content) -> None:
    assert outbox.queue_many(text, recipients(3)) == 3
    assert outbox.queue_many(text, recipients(4)) == 1
    rows = Message.objects.order_by("pk").values_list("key", "address", "token", "lane", "state", "attempts")
    assert list(rows) == [
        (f"update:1:{number}", f"s{number}@x.example", f"t{number}", "bulk", "queued", 0) for number in range(4)
    ]


def test_queueing_many_of_nobody_is_nothing(text: Content, worker: Worker) -> None:
    assert outbox.queue_many(text, []) == 0
    worker.commit()
    assert worker.asked == []


def test_a_thousand_recipients_cost_twice_the_statements_of_five_hundred(text: Content) -> None:
    def statements(count: int, start: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            outbox.queue_many(text, recipients(count, start))
        return sum(1 for query in queries if "INSERT" in query["sql"])

    assert statements(3, 0) == 1
    assert statements(500, 10) == 1
    assert statements(1000, 1000) == 2


def test_recipients_are_read_as_a_stream(text: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BATCH", 2)
    read: list[int] = []
    written_when_read: list[int] = []

    def stream() -> object:
        for number, recipient in enumerate(recipients(6)):
            read.append(number)
            written_when_read.append(Message.objects.count())
            yield recipient

    outbox.queue_many(text, stream())  # type: ignore[arg-type]
    assert written_when_read == [0, 0, 2, 2, 4, 4]


@pytest.mark.parametrize("count", [1, 3])
def test_queueing_a_message_costs_the_same_however_many_there_are(text: Content, count: int) -> None:
    outbox.queue_many(text, recipients(count))
    with CaptureQueriesContext(connection) as queries:
        outbox.queue(key="k", channel="email", address="a@x.example", content=text)
    assert len(queries) == 4


# --- people -----------------------------------------------------------------------------------


def ways(person: User, text: Content, **options: object) -> list[tuple[str, str]]:
    written = outbox.queue_person(person, key="event:1:7", content=text, **options)  # type: ignore[arg-type]
    return [(message.key, message.address) for message in written]


def test_a_person_is_told_by_mail_and_sms(text: Content, bystander: User) -> None:
    assert ways(bystander, text) == [
        ("event:1:7:email", "ben@nordlys.example"),
        ("event:1:7:sms", str(bystander.phone)),
    ]
    assert ways(bystander, text) == []


def test_a_channel_that_a_person_turned_off_stays_silent(text: Content, bystander: User) -> None:
    Preference.objects.create(user=bystander, channel="sms", is_enabled=False)
    assert ways(bystander, text) == [("event:1:7:email", "ben@nordlys.example")]


def test_a_verified_contact_method_comes_before_the_account(text: Content, bystander: User) -> None:
    ContactMethod.objects.create(user=bystander, channel="email", address="night@x.example", is_verified=True)
    ContactMethod.objects.create(user=bystander, channel="sms", address="+15550109999", is_verified=False)
    assert ways(bystander, text) == [("event:1:7:email", "night@x.example"), ("event:1:7:sms", str(bystander.phone))]


def test_a_person_without_a_phone_gets_mail_alone(text: Content, db: None) -> None:
    assert ways(make.make_user("dev", phone=""), text) == [("event:1:7:email", "dev@nordlys.example")]


def test_a_text_without_an_sms_is_sent_by_mail_alone(text: Content, bystander: User) -> None:
    text.sms = ""
    assert ways(bystander, text) == [("event:1:7:email", "ben@nordlys.example")]


# --- contents ---------------------------------------------------------------------------------


@pytest.fixture
def templates(monkeypatch: pytest.MonkeyPatch, settings: object) -> None:
    settings.TEMPLATES = [  # type: ignore[attr-defined]
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    (
                        "django.template.loaders.locmem.Loader",
                        {
                            "ops/messages/moved.subject.txt": "{{ title }}\n is here",
                            "ops/messages/moved.txt": "{{ title }} https://x.example/{{ token }}/",
                            "ops/messages/moved.html": "<p>{{ title }}</p>",
                        },
                    )
                ]
            },
        }
    ]


def test_a_content_is_rendered_once_per_key(templates: None, db: None) -> None:
    first = outbox.content(template="ops/moved", context={"title": "R&D"}, topic="t", key="event:1")
    again = outbox.content(template="ops/moved", context={"title": "Other"}, topic="t", key="event:1")
    assert again == first
    assert (first.subject, first.text) == ("R&D is here", "R&D https://x.example/x-own-token-x/\n")
    assert (first.html, first.sms) == ("<p>R&amp;D</p>\n", "")


def test_contents_without_a_key_stay_apart(templates: None, db: None) -> None:
    made = {outbox.content(template="ops/moved", context={}, topic="t").pk for _ in range(2)}
    assert len(made) == 2


def test_a_template_that_is_not_there_is_a_loud_mistake(templates: None, db: None) -> None:
    with pytest.raises(TemplateDoesNotExist):
        outbox.content(template="ops/nothing", context={}, topic="t")
    assert not Content.objects.exists()


# --- withdrawing, trying again, counting ------------------------------------------------------


def test_withdrawing_a_topic_touches_only_what_still_waits(queue: Queue) -> None:
    waiting, sent = queue("a@x.example", "b@x.example")
    Message.objects.filter(pk=sent.pk).update(state=State.SENT)
    other = Content.objects.create(key="o", topic="other", text="x")
    (elsewhere,) = queue("c@x.example", content=other)
    assert outbox.cancel(topic="update:1") == 1
    assert dict(Message.objects.values_list("pk", "state")) == {
        waiting.pk: State.CANCELLED,
        sent.pk: State.SENT,
        elsewhere.pk: State.QUEUED,
    }


def test_withdrawing_can_spare_what_came_later(queue: Queue) -> None:
    (old,) = queue("a@x.example", queued_at=timezone.now() - timedelta(minutes=5))
    (new,) = queue("b@x.example")
    assert outbox.cancel(topic="update:1", before=timezone.now() - timedelta(minutes=1)) == 1
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, new.state) == (State.CANCELLED, State.QUEUED)


@pytest.mark.parametrize("state", [State.FAILED, State.BOUNCED, State.UNKNOWN])
def test_a_given_up_message_may_be_tried_again(queue: Queue, administrator: User, worker: Worker, state: State) -> None:
    (message,) = queue("a@x.example", state=state, attempts=5, detail="No.")
    worker.commit()
    worker.asked.clear()
    outbox.retry(message, by=administrator)
    assert (message.state, message.attempts) == (State.QUEUED, 0)
    assert list(Attempt.objects.values_list("outcome", "by")) == [("again", administrator.pk)]
    worker.commit()
    assert worker.asked == [Asked("notifications.tasks.deliver_bulk", ("email",))]


@pytest.mark.parametrize("state", [State.QUEUED, State.SENT, State.SUPPRESSED, State.CANCELLED])
def test_what_was_not_given_up_is_not_tried_again(queue: Queue, administrator: User, state: State) -> None:
    (message,) = queue("a@x.example", state=state)
    with pytest.raises(ValidationError, match="nothing to try again"):
        outbox.retry(message, by=administrator)
    assert not Attempt.objects.exists()


def test_nobody_without_the_right_tries_again(queue: Queue, bystander: User) -> None:
    (message,) = queue("a@x.example", state=State.FAILED)
    with pytest.raises(PermissionDenied):
        outbox.retry(message, by=bystander)
    message.refresh_from_db()
    assert message.state == State.FAILED


def test_the_proof_counts_each_channel(queue: Queue) -> None:
    start = timezone.now() - timedelta(minutes=1)
    for number in range(10):
        queue(f"s{number}@x.example", state=State.SENT, queued_at=start, sent_at=start + timedelta(seconds=number + 1))
    queue("bounced@x.example", state=State.BOUNCED, queued_at=start, sent_at=start + timedelta(seconds=30))
    queue("gone@x.example", state=State.FAILED)
    queue("left@x.example", state=State.SUPPRESSED)
    queue("+15550100001", channel="sms", state=State.DELIVERED, queued_at=start, sent_at=start + timedelta(seconds=2))
    queue("+15550100002", channel="sms")
    proof = outbox.summary("update:1")
    assert proof["email"] == {
        "total": 13,
        "queued": 0,
        "sent": 11,
        "delivered": 0,
        "failed": 2,
        "unknown": 0,
        "suppressed": 1,
        "cancelled": 0,
        "t50": 6.0,
        "t95": 30.0,
    }
    assert (proof["sms"]["queued"], proof["sms"]["sent"], proof["sms"]["delivered"]) == (1, 1, 1)
    assert outbox.summary("nothing") == {}
