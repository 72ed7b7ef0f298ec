"""Walks every address of the product and compares who gets which answer with the access table."""

import re
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from incidents import attachments
from incidents.communication import updates
from incidents.detection import sources
from incidents.models import Alert, Incident, MessageTemplate, Payload
from notifications.models import Message
from roles.models import User
from roles.policy import SYSTEM
from statuspage.models import StatusPage
from tests import make
from tests.access import ACCESS, COLUMNS, WAYS_IN, WITHOUT_CSRF
from tests.worker import Worker

pytestmark = pytest.mark.usefixtures("short_streams")


def walk(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address below `resolver`, as it is written in the URLconf."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern, route)
        else:
            yield route, pattern


def routes() -> dict[str, URLPattern]:
    return dict(walk(get_resolver()))


@pytest.fixture
def stage(incident: Incident, page: StatusPage, commander: User, worker: Worker) -> dict[str, str]:
    """What to write for the parts of an address that are not fixed: by their name, or by what stands before them."""
    source = sources.create("generic", "probe", by=SYSTEM)
    alert = Alert.objects.create(source=source, dedup_key="cards", status="firing", title="Cards fail")
    published = updates.publish(make.make_draft(incident, by=SYSTEM, page=page), by=SYSTEM)
    draft = make.make_draft(incident, by=commander, page=page)
    seat = incident.seats.get(user=commander)
    file = attachments.attach(incident, by=SYSTEM, uploads=[SimpleUploadedFile("pool.log", b"declined")])
    worker.run()
    return {
        "key": incident.key,
        "seat_id": str(seat.pk),
        "update_id": str(draft.pk),
        "number": "1",
        "verb": "identify",
        "role": "scribe",
        "step": "submit",
        "slug": page.slug,
        "component": "card-payments",
        "token": "invented",
        "public_id": published.public_update.public_incident.public_id,
        "path": "history/",
        "kind": "generic",
        "provider": "mailgun",
        "alert_id": str(alert.pk),
        "payload_id": str(Payload.objects.create(source=source, body=b"{}").pk),
        "source_id": str(source.pk),
        "roster/pk": str(seat.pk),
        "timeline/pk": str(incident.entries.earliest("pk").pk),
        "updates/pk": str(draft.pk),
        "alerts/pk": str(alert.pk),
        "evidence/public_id": file.attachments.get().public_id,
        "attachments/public_id": file.attachments.get().public_id,
        "messages/pk": str(Message.objects.earliest("pk").pk),
        "template_id": str(MessageTemplate.objects.earliest("pk").pk),
        "message-templates/pk": str(MessageTemplate.objects.earliest("pk").pk),
    }


def path_of(route: str, stage: dict[str, str]) -> str:
    """A real address for a route: `roster/<int:pk>` is looked up as "roster/pk", then as "pk"."""
    path, before = [], ""
    for part in route.split("/"):
        if match := re.fullmatch(r"<(?:\w+:)?(\w+)>", part):
            path.append(stage.get(f"{before}/{match[1]}") or stage.get(match[1], "0"))
        else:
            path.append(part)
        before = part
    return "/" + "/".join(path)


def status_of(client: Client, stage: dict[str, str], route: str) -> int:
    cache.clear()
    answer: HttpResponseBase = client.get(path_of(route, stage))
    return answer.status_code


@pytest.fixture
def people(outsider: User, bystander: User, commander: User, administrator: User) -> dict[str, Client]:
    signed_in = (make.client_of(person) for person in (outsider, bystander, commander, administrator))
    return dict(zip(COLUMNS, (Client(), *signed_in), strict=True))


#: Pages of the admin itself, beside its models.
OF_THE_ADMIN = re.compile(r"admin/(login|logout|password_change|password_change/done|autocomplete|jsi18n|search|r/.*)/")
LIST_OF_THE_ADMIN = re.compile(r"admin/(\w+/\w+/)?")


def listed(route: str) -> bool:
    """Whether a route has a row of its own: all but the admin's inner pages and the ways in."""
    if route.startswith("admin/"):
        return bool(LIST_OF_THE_ADMIN.fullmatch(route)) and not OF_THE_ADMIN.fullmatch(route)
    return not route.startswith("accounts/")


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert {route for route in routes() if listed(route)} == ACCESS.keys()


@pytest.mark.parametrize("column", COLUMNS)
def test_everybody_gets_the_answer_that_is_written(
    people: dict[str, Client], stage: dict[str, str], monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    monkeypatch.setattr("incidentops.health._broker", lambda: False)
    written = {route: row.split()[COLUMNS.index(column)] for route, row in ACCESS.items()}
    assert {route: str(status_of(people[column], stage, route)) for route in ACCESS} == written


def test_the_admin_opens_nothing_to_visitors_and_outsiders(people: dict[str, Client], stage: dict[str, str]) -> None:
    inside = [route for route in routes() if route.startswith("admin/")]
    assert len(inside) > 50
    for name in ("visitor", "outsider"):
        opened = {route for route in inside if status_of(people[name], stage, route) == 200}
        assert opened == set(), name


def test_visitors_find_only_the_ways_in(people: dict[str, Client], stage: dict[str, str]) -> None:
    accounts = [route for route in routes() if route.startswith("accounts/")]
    assert {route for route in accounts if status_of(people["visitor"], stage, route) == 200} == WAYS_IN


def test_what_needs_no_csrf_token_is_listed_with_what_it_asks_instead() -> None:
    exempt = {
        route
        for route, pattern in routes().items()
        if getattr(pattern.callback, "csrf_exempt", False) and not route.lstrip("^").startswith("api/")
    }
    assert exempt == WITHOUT_CSRF.keys()


def test_the_api_asks_a_session_for_a_csrf_token(commander: User, incident: Incident) -> None:
    client = make.client_of(commander, enforce_csrf_checks=True)
    answer = client.post(f"/api/v1/incidents/{incident.key}/moves/", {"verb": "identify"}, "application/json")
    assert answer.status_code == 403
    assert Incident.objects.get().state == "investigating"


def test_a_private_incident_is_nowhere_to_be_found(
    stage: dict[str, str], former_holder: User, bystander: User, outsider: User, commander: User
) -> None:
    """Every address below its key, for those who may not know of it; the commander finds them all."""
    below = [route for route in routes() if "<str:key>" in route]
    assert len(below) > 30
    Incident.objects.update(is_private=True)
    for person in (bystander, former_holder, outsider):
        client = make.client_of(person)
        for route in below:
            path = path_of(route, stage)
            method = "post" if client.get(path).status_code == 405 else "get"
            status = getattr(client, method)(path).status_code
            for method in ("delete", "patch"):
                status = getattr(client, method)(path).status_code if status == 405 else status
            assert status == 404, f"{person}: {method} {path}"
    insider = make.client_of(commander)
    found = {route: str(insider.get(path_of(route, stage)).status_code) for route in below}
    assert found == {route: ACCESS[route].split()[COLUMNS.index("commander")] for route in below}


SECRET = "A colleague reads mail"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/incidents/",
        "/incidents/?q=colleague",
        "/alerts/",
        "/api/v1/incidents/",
        "/api/v1/incidents/?q=colleague",
        "/admin/incidents/incident/",
        "/admin/incidents/incident/?q=colleague",
        "/admin/incidents/update/",
        "/admin/search/?s=colleague",
    ],
)
def test_lists_do_not_name_a_private_incident(
    incident: Incident, commander: User, bystander: User, former_holder: User, path: str
) -> None:
    Incident.objects.update(is_private=True, title=SECRET)
    make.make_draft(Incident.objects.get(), by=SYSTEM, body=SECRET)
    for person in (bystander, former_holder):
        hidden = make.client_of(person).get(path).content.decode()
        assert SECRET not in hidden
        assert incident.key not in hidden


@pytest.mark.parametrize("path", ["/", "/incidents/", "/api/v1/incidents/", "/admin/incidents/incident/"])
def test_lists_name_it_to_those_who_work_on_it(incident: Incident, commander: User, path: str) -> None:
    Incident.objects.update(is_private=True, title=SECRET)
    assert SECRET in make.client_of(commander).get(path).content.decode()


def test_declaring_the_same_does_not_reveal_a_private_incident(
    incident: Incident, commander: User, bystander: User
) -> None:
    Incident.objects.update(is_private=True, title=SECRET)
    asked = {"title": SECRET, "severity": "SEV4"}
    hidden = make.client_of(bystander).get("/declare/similar/", asked, headers={"HX-Request": "true"})
    assert incident.key not in hidden.content.decode()
    assert incident.key in make.client_of(commander).post("/declare/", asked).content.decode()
    assert make.client_of(bystander).post("/declare/", asked).status_code == 302
    assert Incident.objects.count() == 2


def test_a_private_incident_is_not_in_the_admin_either(
    incident: Incident, bystander: User, former_holder: User, commander: User
) -> None:
    Incident.objects.update(is_private=True)
    update = make.make_draft(Incident.objects.get(), by=SYSTEM)
    for path in (f"/admin/incidents/incident/{incident.pk}/change/", f"/admin/incidents/update/{update.pk}/change/"):
        for person in (bystander, former_holder):
            assert make.client_of(person).get(path).status_code in {302, 404}, path
        assert make.client_of(commander).get(path).status_code == 200, path
