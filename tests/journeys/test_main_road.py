"""The main road, end to end in one process: an alert becomes an incident, people take their seats, an update is
approved, and every reader and the page know, once."""

import json
import re

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from incidents.models import Alert, Incident, Kind, State, Update, UpdateState
from notifications.models import Message
from roles.catalog import Role
from roles.models import User
from roles.policy import may
from statuspage.models import StatusPage
from tests import make
from tests.journeys.mailbag import about, letters, newest_to
from tests.worker import Worker

TITLE = "Card payments are declined"


def notification(status: str = "firing", fingerprint: str = "4a1b2c3d") -> dict[str, object]:
    """What Alertmanager posts."""
    alert = {
        "status": status,
        "fingerprint": fingerprint,
        "labels": {"alertname": "CardErrors", "severity": "critical", "service": "payments"},
        "annotations": {"summary": "Card errors above 5%"},
        "startsAt": timezone.now().isoformat(),
    }
    return {"version": "4", "status": status, "alerts": [alert]}


def room(incident: Incident, *parts: object) -> str:
    return "/".join(["/incidents", incident.key, *map(str, parts), ""])


def seat_in_admin(client: Client, incident: Incident, people: dict[str, User]) -> HttpResponse:
    """Names people in the rows of the admin's form that wait for their roles, and sends it. Without the form, as
    somebody who may not give roles has none, it is sent as they would forge it."""
    path = f"/admin/incidents/incident/{incident.pk}/change/"
    form = make.form_of(client.get(path))
    waiting = {value: name.removesuffix("-role") for name, value in form.items() if name.endswith("-role")}
    for number, (role, person) in enumerate(people.items()):
        row = waiting.get(role, f"seats-{number}")
        form |= {f"{row}-role": role, f"{row}-user": person.pk, f"{row}-kind": "primary"}
    return client.post(path, form)


def json_of(client: Client, path: str) -> dict[str, object]:
    """A published JSON file, as anybody reads it."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    found: dict[str, object] = json.loads(answer.getvalue())
    return found


def test_an_alert_becomes_news_for_every_reader(
    page: StatusPage,
    alert_url: str,
    administrator: User,
    amara: User,
    jonas: User,
    kenji: User,
    visitor: Client,
    worker: Worker,
) -> None:
    mails = {make.make_subscriber(page).address for _ in range(3)}
    phones = {make.make_subscriber(page, channel="sms").address for _ in range(2)}
    unconfirmed = make.make_subscriber(page, is_confirmed=False).address
    leaver = make.make_subscriber(page)

    # Monitoring fires twice: one incident, in triage, and the one who could command is called.
    for _ in range(2):
        assert visitor.post(alert_url, notification(), "application/json").status_code == 202
        worker.run()
    incident = Incident.objects.get()
    assert (incident.state, incident.severity, incident.declared_by) == (State.TRIAGE, "SEV2", None)
    assert Alert.objects.get().incident == incident
    assert about("Card errors above 5%") == {amara.email: 1, str(amara.phone): 1}

    # An administrator gives her command in the admin. She says how bad it is, declares, and seats two others there.
    commander, comms, manager = (make.client_of(person) for person in (amara, jonas, kenji))
    assert seat_in_admin(make.client_of(administrator), incident, {Role.COMMANDER: amara}).status_code == 302
    assert commander.post(room(incident, "severity"), {"severity": "SEV1"}).status_code == 302
    assert commander.post(room(incident, "moves", "declare"), {"seen": "triage"}).status_code == 302
    seats = {Role.COMMS_LEAD: jonas, Role.STATUS_PAGE_MANAGER: kenji}
    assert seat_in_admin(comms, incident, seats).status_code == 403
    assert seat_in_admin(commander, incident, seats).status_code == 302
    worker.run()
    assert newest_to(amara.email).subject == f"You are Incident Commander on {incident.key}"
    assert newest_to(jonas.email).subject == f"You are Communication Lead on {incident.key}"
    assert page.incidents.count() == 0, "at SEV1 a move leaves a draft, and says nothing in public"

    # The Communication Lead writes and submits; her own approval is refused; the commander's is not.
    words = {
        "page": page.slug,
        "status": "investigating",
        "title": TITLE,
        "body": "Some card payments are declined. We are looking into it.",
        "c:halyard:card-payments": "major_outage",
        "notify": "on",
        "then": "submit",
    }
    assert comms.post(room(incident, "updates"), words).status_code == 302
    update = Update.objects.get(title=TITLE)
    assert update.state == UpdateState.SUBMITTED
    assert comms.post(room(incident, "updates", update.pk, "approve")).status_code == 403
    assert comms.post(room(incident, "updates", update.pk, "publish")).status_code == 403
    assert manager.post(room(incident, "updates", update.pk, "publish")).status_code == 409
    assert commander.post(room(incident, "updates", update.pk, "approve")).status_code == 302
    assert commander.post(room(incident, "updates", update.pk, "publish")).status_code == 403
    assert TITLE not in visitor.get("/s/halyard/").getvalue().decode()
    assert manager.post(room(incident, "updates", update.pk, "publish")).status_code == 302

    # It is queued for every confirmed reader; one of them leaves before it goes out, by one click without a cookie.
    worker.run(but="deliver_bulk")
    queued = Message.objects.get(address=leaver.address)
    assert queued.state == "queued"
    left = visitor.post(f"/s/halyard/unsubscribe/{queued.token}/", {"List-Unsubscribe": "One-Click"})
    assert left.status_code == 200
    worker.run()

    # Everybody else has it once: by mail, by text, on the page, in its JSON and in its feed.
    told = about(TITLE)
    assert {address: count for address, count in told.items() if "nordlys" not in address} == dict.fromkeys(
        mails | phones, 1
    )
    assert unconfirmed not in told
    assert leaver.address not in told
    assert Message.objects.get(pk=queued.pk).state == "suppressed"
    assert TITLE in visitor.get("/s/halyard/").getvalue().decode()
    summary = json_of(visitor, "/s/halyard/api/v2/summary.json")
    assert {one["name"]: one["status"] for one in summary["components"]} == {
        "Card payments": "major_outage",
        "Payouts": "operational",
    }
    assert [one["name"] for one in summary["incidents"]] == [TITLE]
    assert TITLE in visitor.get("/s/halyard/history.atom").getvalue().decode()

    # And the timeline tells it all, in a chain that holds.
    kinds = list(incident.entries.values_list("kind", flat=True))
    assert kinds.count(Kind.UPDATE_PUBLISHED) == 1
    assert [kind for kind in kinds if kind in {Kind.OPENED, Kind.MOVED}] == [Kind.OPENED, Kind.MOVED]
    assert not incident.entries.filter(told_at=None).exists()


def test_what_everybody_got_can_be_left_by_its_own_header(
    page: StatusPage, amara: User, visitor: Client, worker: Worker
) -> None:
    reader = make.make_subscriber(page)
    incident = make.make_incident(severity="SEV4", services=page.components.first().services.all())
    worker.run()
    first = newest_to(reader.address)
    assert first.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.search(r"<https?://[^/]+(/[^>]+)>", first.headers["List-Unsubscribe"])
    assert link is not None
    assert visitor.get(link[1]).status_code == 200
    assert not page.subscribers.get().unsubscribed_at, "looking changes nothing"
    for _ in range(2):
        assert visitor.post(link[1], {"List-Unsubscribe": "One-Click"}).status_code == 200
    make.seat(incident, Role.COMMANDER, amara)
    make.client_of(amara).post(room(incident, "moves", "identify"))
    worker.run()
    assert newest_to(reader.address) == first


def test_a_reader_subscribes_confirms_and_is_told(page: StatusPage, visitor: Client, worker: Worker) -> None:
    answer = visitor.post(
        "/s/halyard/api/v2/subscribers.json", {"subscriber": {"email": "Rosa@Subscribers.example"}}, "application/json"
    )
    assert answer.status_code == 201
    worker.run()
    asked = newest_to("rosa@subscribers.example")
    path = re.search(r"https?://[^/\s]+(/s/halyard/confirm/\S+)", asked.text)
    assert path is not None
    make.make_incident(severity="SEV4", services=page.components.first().services.all())
    worker.run()
    assert newest_to("rosa@subscribers.example") == asked, "who has not confirmed is told nothing"
    assert visitor.get(path[1]).status_code == 200
    assert page.subscribers.get().confirmed_at is None
    assert visitor.post(path[1]).status_code == 200
    incident = Incident.objects.get()
    commander = make.seat(incident, Role.COMMANDER, make.make_user("amara")).user
    make.client_of(commander).post(room(incident, "moves", "identify"))
    worker.run()
    assert "Identified" in newest_to("rosa@subscribers.example").subject


def test_a_move_of_a_minor_incident_tells_seats_readers_and_page_by_itself(
    page: StatusPage, amara: User, jonas: User, visitor: Client, worker: Worker
) -> None:
    mail = make.make_subscriber(page).address
    phone = make.make_subscriber(page, channel="sms").address
    incident = make.make_incident(severity="SEV4", services=page.components.first().services.all(), title="Slow cards")
    make.seat(incident, Role.COMMANDER, amara)
    make.seat(incident, Role.COMMS_LEAD, jonas)
    worker.run()
    before = len(letters())
    assert make.client_of(amara).post(room(incident, "moves", "identify")).status_code == 302
    done = worker.run()
    assert {name.rpartition(".")[2] for name in done} >= {"dispatch", "deliver_urgent", "deliver_bulk", "republish"}
    told = [letter.to for letter in letters()[before:]]
    assert sorted(told) == sorted([jonas.email, str(jonas.phone), mail, phone])
    assert "Slow cards" not in newest_to(mail).text, "the internal title is never told"
    summary = json_of(visitor, "/s/halyard/api/v2/summary.json")
    assert [one["status"] for one in summary["incidents"]] == ["identified"]
    assert "Identified" in visitor.get("/s/halyard/").getvalue().decode()
    assert "Identified" in visitor.get("/s/halyard/history.atom").getvalue().decode()


def test_the_same_move_at_sev1_leaves_a_draft_that_waits_for_approval(
    page: StatusPage, amara: User, jonas: User, visitor: Client, worker: Worker
) -> None:
    reader = make.make_subscriber(page).address
    incident = make.make_incident(severity="SEV1", services=page.components.first().services.all())
    make.seat(incident, Role.COMMANDER, amara)
    make.seat(incident, Role.COMMS_LEAD, jonas)
    worker.run()
    assert make.client_of(amara).post(room(incident, "moves", "identify")).status_code == 302
    worker.run()
    waiting = Update.objects.pending().get()
    assert (waiting.state, waiting.status, waiting.author) == (UpdateState.DRAFT, "identified", None)
    assert reader not in about("")
    assert json_of(visitor, "/s/halyard/api/v2/summary.json")["incidents"] == []
    comms, commander = make.client_of(jonas), make.client_of(amara)
    assert comms.post(room(incident, "updates", waiting.pk, "submit")).status_code == 302
    assert comms.post(room(incident, "updates", waiting.pk, "publish")).status_code == 409
    assert commander.post(room(incident, "updates", waiting.pk, "approve-and-publish")).status_code == 302
    worker.run()
    assert about("")[reader] == 1
    assert [one["status"] for one in json_of(visitor, "/s/halyard/api/v2/summary.json")["incidents"]] == ["identified"]


def test_a_drill_never_leaves_the_house(page: StatusPage, amara: User, visitor: Client, worker: Worker) -> None:
    reader = make.make_subscriber(page).address
    drill = make.make_incident(severity="SEV4", kind="drill", services=page.components.first().services.all())
    make.seat(drill, Role.COMMANDER, amara)
    make.client_of(amara).post(room(drill, "moves", "identify"))
    worker.run()
    assert reader not in about("")
    assert not Update.objects.exists()
    assert json_of(visitor, "/s/halyard/api/v2/summary.json")["incidents"] == []


def test_told_again_after_a_crash_nobody_gets_it_twice(page: StatusPage, amara: User, worker: Worker) -> None:
    """Every row is told anew, as after a worker that died before it could note what it had told."""
    make.make_subscriber(page)
    incident = make.make_incident(severity="SEV4", services=page.components.first().services.all())
    make.seat(incident, Role.COMMANDER, amara)
    worker.run()
    sent = sorted((letter.channel, letter.to, letter.subject) for letter in letters())
    assert sent != []
    incident.entries.update(told_at=None)
    worker.tick()
    assert not incident.entries.filter(told_at=None).exists()
    assert sorted((letter.channel, letter.to, letter.subject) for letter in letters()) == sent
    assert may(amara, "incidents.change_state", incident)
