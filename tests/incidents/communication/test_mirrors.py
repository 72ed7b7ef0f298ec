"""Chats that read along: what reaches which room, in which words, and what never does."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import lifecycle
from incidents.communication import mirrors, updates
from incidents.conflicts import Conflict, Overtaken
from incidents.models import ChatMirror, Incident, IncidentKind, Service, Severity
from notifications import chat_hooks, chats
from notifications.models import Content, Message
from roles.models import AuditEvent, User
from roles.policy import SYSTEM
from statuspage.models import StatusPage
from tests import make
from tests.worker import Worker

URL = "https://hooks.slack.example/services/T0/B0/secret-k7Qx"


def mirror(name: str = "#inc", **about: object) -> ChatMirror:
    return mirrors.add(by=SYSTEM, kind="slack", name=name, **about)  # type: ignore[arg-type]


def heard(worker: Worker, by: ChatMirror) -> list[str]:
    """The titles of what one room got, in order."""
    worker.run()
    rows = Message.objects.filter(channel="chat", address=chat_hooks.address_of(by.hook)).order_by("pk")
    return [content["slack"]["blocks"][0]["text"]["text"] for content in rows.values_list("content__chat", flat=True)]


@pytest.fixture(autouse=True)
def rows(db: None) -> None:
    """All of these tests write."""


def test_a_room_reads_along_of_the_audiences_that_it_was_given(
    incident: Incident, page: StatusPage, worker: Worker
) -> None:
    public, inside = mirror("#public"), mirror("#inside", audiences=["internal", "executive"])
    updates.publish(make.make_draft(incident, by=SYSTEM, page=page), by=SYSTEM)
    updates.publish(
        updates.draft(incident, by=SYSTEM, audience="internal", title="Pool is full", body="So."), by=SYSTEM
    )
    assert heard(worker, public) == ["Card payments are failing"]
    assert heard(worker, inside) == ["Pool is full"]


def test_one_text_for_several_audiences_reaches_a_room_once(
    incident: Incident, page: StatusPage, worker: Worker
) -> None:
    both = mirror(audiences=["public", "internal"])
    updates.publish(make.make_draft(incident, by=SYSTEM, page=page, also_for=["internal"]), by=SYSTEM)
    assert heard(worker, both) == ["Card payments are failing"]


def test_what_is_sent_is_what_a_preview_would_show(incident: Incident, page: StatusPage, worker: Worker) -> None:
    mirror()
    draft = make.make_draft(incident, by=SYSTEM, page=page)
    shown = chats.payloads(mirrors.chat_of_update(draft))
    updates.publish(draft, by=SYSTEM)
    worker.run()
    assert Content.objects.get(key__endswith=":chat").chat == shown


def test_a_room_hears_of_what_opens_moves_and_ends(incident: Incident, worker: Worker) -> None:
    everything = mirror(audiences=[], events=["opened", "moved", "ended"])
    ends = mirror("#ends", audiences=[], events=["ended"])
    lifecycle.move(incident, "identify", by=SYSTEM)
    lifecycle.change_severity(incident, Severity.SEV2, by=SYSTEM, reason="Less than thought.")
    lifecycle.move(incident, "resolve", by=SYSTEM, reason="Watched for an hour.")
    assert heard(worker, everything) == [
        f"{incident.key} is open: {incident.title}",
        f"{incident.key} is identified: {incident.title}",
        f"{incident.key} is SEV2 now: {incident.title}",
        f"{incident.key} is resolved: {incident.title}",
    ]
    assert heard(worker, ends) == [f"{incident.key} is resolved: {incident.title}"]


def test_a_room_hears_by_severity_and_service(incident: Incident, service: Service, worker: Worker) -> None:
    search = make.make_service("search")
    about = {"audiences": [], "events": ["ended"]}
    worst = mirror("#worst", least_severity="SEV1", **about)
    mine = mirror("#mine", services=[service], **about)
    other = mirror("#other", services=[search], **about)
    small = make.make_incident(severity=Severity.SEV4, services=[service], title="Small")
    for one in (incident, small):
        lifecycle.move(one, "resolve", by=SYSTEM, reason="Watched for an hour.")
    assert heard(worker, worst) == [f"{incident.key} is resolved: {incident.title}"]
    assert len(heard(worker, mine)) == 2
    assert heard(worker, other) == []


def test_a_private_incident_is_told_only_to_rooms_that_say_so(worker: Worker) -> None:
    usual = mirror("#usual", audiences=["internal"], events=["opened"])
    trusted = mirror("#trusted", audiences=["internal"], events=["opened"], includes_private=True)
    hidden = make.make_incident(is_private=True, title="Leak")
    updates.publish(updates.draft(hidden, by=SYSTEM, audience="internal", title="Keys", body="Rotated."), by=SYSTEM)
    assert heard(worker, usual) == []
    assert heard(worker, trusted) == [f"{hidden.key} is open: Leak", "Keys"]


@pytest.mark.parametrize("kind", [IncidentKind.DRILL, IncidentKind.TEST])
def test_a_drill_is_mirrored_nowhere(kind: str, worker: Worker) -> None:
    room = mirror(audiences=["internal"], events=["opened", "moved", "ended"], includes_private=True)
    drill = make.make_incident(kind=kind)
    updates.publish(updates.draft(drill, by=SYSTEM, audience="internal", body="A drill."), by=SYSTEM)
    lifecycle.move(drill, "identify", by=SYSTEM)
    assert heard(worker, room) == []


def test_hearing_twice_sends_once(incident: Incident, worker: Worker) -> None:
    room = mirror(audiences=[], events=["opened"])
    worker.run()
    entry = incident.entries.get(kind="opened")
    mirrors.on_event(entry)
    mirrors.on_event(entry)
    assert len(heard(worker, room)) == 1


def test_a_room_that_is_off_hears_nothing(incident: Incident, administrator: User, worker: Worker) -> None:
    room = mirrors.switch(mirror(audiences=[], events=["ended"]), False, by=administrator)
    lifecycle.move(incident, "resolve", by=SYSTEM, reason="Watched for an hour.")
    assert heard(worker, room) == []


def test_only_who_keeps_words_adds_and_changes_and_tries(bystander: User) -> None:
    room = mirror()
    for attempt in (
        lambda: mirrors.add(by=bystander, kind="slack", name="#mine"),
        lambda: mirrors.change(room, by=bystander, name="#mine"),
        lambda: mirrors.switch(room, False, by=bystander),
        lambda: mirrors.try_out(room, by=bystander),
    ):
        with pytest.raises(PermissionDenied):
            attempt()


@pytest.mark.parametrize(
    "about",
    [
        {"audiences": [], "events": []},
        {"audiences": ["nobody"]},
        {"events": ["everything"]},
        {"least_severity": "SEV9"},
        {"url": "gopher://x.example/"},
        {"kind": "irc"},
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_kept(about: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        mirrors.add(by=SYSTEM, **{"kind": "slack", "name": "#x", **about})  # type: ignore[arg-type]
    assert not ChatMirror.objects.exists()


def test_the_address_stands_in_no_record(administrator: User) -> None:
    room = mirrors.add(by=administrator, kind="slack", name="#inc", url=URL)
    mirrors.change(room, by=administrator, url=f"{URL}2")
    assert AuditEvent.objects.filter(action="chat_mirror.changed", data__after__has_new_address=True).count() == 1
    assert not [event for event in AuditEvent.objects.all() if "secret" in str(event.data)]
    assert chat_hooks.url_of(ChatMirror.objects.select_related("hook").get().hook) == f"{URL}2"


def test_of_two_who_change_it_at_once_the_second_sees_both() -> None:
    room = mirror()
    mirrors.change(room, by=SYSTEM, seen_version=1, events=["opened"])
    with pytest.raises(Overtaken):
        mirrors.change(room, by=SYSTEM, seen_version=1, events=["ended"])


def test_a_test_message_goes_to_that_room_alone(administrator: User, worker: Worker) -> None:
    room, other = mirror(), mirror("#other")
    mirrors.try_out(room, by=administrator)
    assert heard(worker, room) == ["Test message"]
    assert heard(worker, other) == []
    mirrors.switch(room, False, by=administrator)
    with pytest.raises(Conflict):
        mirrors.try_out(room, by=administrator)


def test_those_who_keep_words_hear_that_a_room_was_switched_off(
    administrator: User, bystander: User, worker: Worker
) -> None:
    room = mirror(url=URL)
    for _ in range(chat_hooks.MOST_REFUSALS):
        chat_hooks.failed(room.hook, "The chat answered 404: no_service.", is_refusal=True)
    worker.run()
    (message,) = Message.objects.filter(channel="email", content__key__startswith="chat-off:")
    assert message.user == administrator
    assert message.content.subject == "Slack: #inc is switched off: it refuses our messages"
    assert "404: no_service" in message.content.text


def test_switched_on_again_it_starts_with_a_clean_slate(administrator: User) -> None:
    room = mirror(url=URL)
    for _ in range(chat_hooks.MOST_REFUSALS):
        chat_hooks.failed(room.hook, "The chat answered 404.", is_refusal=True)
    switched = mirrors.switch(room, True, by=administrator)
    switched.hook.refresh_from_db()
    assert (switched.hook.is_active, switched.hook.failures, switched.hook.trouble) == (True, 0, "")
