"""The inbox of alerts and the page of sources, as people use them."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.detection import alerts, receive, sources
from incidents.detection.signal import Signal
from incidents.models import Alert, AlertSource, Incident, Payload
from roles.models import AuditEvent, User
from roles.policy import SYSTEM
from tests import make


@pytest.fixture
def scripts(db: None) -> AlertSource:
    return sources.create("generic", "Scripts", by=SYSTEM, opens_incidents=False)


@pytest.fixture
def browser(bystander: User) -> Client:
    return make.client_of(bystander)


def fire(source: AlertSource, key: str = "disk", *, service: object = None, **fields: object) -> Alert:
    payload = Payload.objects.create(source=source, body=b'{"raw": "<b>body</b>"}')
    signal = Signal(**{"dedup_key": key, "status": "firing", "title": f"{key} is full", **fields})
    return alerts.note(source, signal, payload=payload, service=service)


def allow(user: User, codename: str) -> None:
    user.user_permissions.add(Permission.objects.get(codename=codename))


def titles(page: str) -> list[str]:
    return re.findall(r'<b class="trunc">(.*?)</b>', page)


def test_what_fires_stands_first_and_is_shown_in_full(browser: Client, scripts: AlertSource):
    fire(scripts, "disk", labels={"host": "a<b"}, component_hint="ledger", links={"Runbook": "https://r.example/"})
    fire(scripts, "memory", status="resolved")
    page = browser.get("/alerts/?show=all").content.decode()
    assert titles(page) == ["disk is full", "memory is full"]
    for shown in ("host=a&lt;b", "ledger, which no service here is called", 'href="https://r.example/"', "Scripts"):
        assert shown in page
    assert titles(browser.get("/alerts/").content.decode()) == ["disk is full"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("show=open", ["memory", "disk"]),
        ("show=triage", ["disk"]),
        ("show=acknowledged", []),
        ("show=linked", ["memory"]),
        ("show=resolved", ["net"]),
        ("show=all&q=disk", ["disk"]),
        ("show=all&service=payments", ["net"]),
        ("show=nonsense&source=nonsense", ["memory", "disk"]),
    ],
)
def test_the_list_is_narrowed(browser: Client, scripts: AlertSource, incident: Incident, service, query: str, expected):
    fire(scripts, "disk")
    alerts.link(fire(scripts, "memory"), incident, by=make.make_user("mei"))
    fire(scripts, "net", status="resolved", service=service)
    page = browser.get(f"/alerts/?{query}").content.decode()
    assert titles(page) == [f"{key} is full" for key in expected]


def test_the_list_goes_on(browser: Client, scripts: AlertSource):
    for number in range(53):
        fire(scripts, f"n{number:02}")
    first = browser.get("/alerts/").content.decode()
    assert (len(titles(first)), "from=50" in first) == (50, True)
    assert titles(browser.get("/alerts/?from=50").content.decode()) == [f"n{n:02} is full" for n in (2, 1, 0)]


def test_the_page_costs_the_same_for_one_and_for_three(browser: Client, scripts: AlertSource, service):
    counts = []
    for keys in (["a"], ["b", "c"]):
        for key in keys:
            alerts.link(fire(scripts, key, service=service), make.make_incident(), by=make.make_user())
        browser.get("/alerts/")
        with CaptureQueriesContext(connection) as queries:
            browser.get("/alerts/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_incident_that_one_may_not_see_is_not_named(browser: Client, scripts: AlertSource, incident: Incident):
    alert = alerts.link(fire(scripts), incident, by=make.make_user("mei"))
    assert incident.key in browser.get(f"/alerts/{alert.pk}/").content.decode()
    Incident.objects.update(is_private=True)
    page = browser.get(f"/alerts/{alert.pk}/").content.decode()
    assert incident.key not in page
    assert incident.title not in page


def test_one_click_acknowledges_and_the_second_is_told(browser: Client, scripts: AlertSource, bystander: User):
    alert = fire(scripts)
    answer = browser.post(f"/alerts/{alert.pk}/acknowledge/", follow=True)
    assert (answer.status_code, "Acknowledged by" in answer.content.decode()) == (200, True)
    assert Alert.objects.get().acknowledged_by == bystander
    assert browser.post(f"/alerts/{alert.pk}/acknowledge/").status_code == 409


def test_an_alert_is_linked_to_the_incident_that_it_is_likely_part_of(
    browser: Client, scripts: AlertSource, incident, service
):
    alert = fire(scripts, service=service)
    assert f"May be part of {incident.key}" in browser.get("/alerts/").content.decode()
    browser.post(f"/alerts/{alert.pk}/link/", {"incident": incident.key})
    assert Alert.objects.get().incident == incident
    assert f"Link to {incident.key}" not in browser.get("/alerts/").content.decode()
    other = make.make_incident(title="Other")
    assert browser.post(f"/alerts/{alert.pk}/link/", {"incident": other.key}).status_code == 409


def test_nothing_is_linked_to_an_incident_that_one_may_not_see(
    browser: Client, scripts: AlertSource, incident: Incident
):
    Incident.objects.update(is_private=True)
    alert = fire(scripts)
    for key in (incident.key, "INC-999", ""):
        assert browser.post(f"/alerts/{alert.pk}/link/", {"incident": key}).status_code == 404
    assert Alert.objects.get().incident is None


def test_declaring_from_an_alert_makes_it_part_of_the_new_incident(browser: Client, scripts: AlertSource):
    alert = fire(scripts, body="Since ten.")
    path = f"/declare/?alert={alert.pk}"
    assert path in browser.get("/alerts/").content.decode()
    assert "disk is full" in browser.get(path).content.decode()
    browser.post(path, {"title": "Disk is full", "severity": "SEV3", "is_new": "1"})
    incident = Incident.objects.get()
    assert (Alert.objects.get().incident, incident.title) == (incident, "Disk is full")


def test_a_stakeholder_sees_no_alert(scripts: AlertSource, outsider: User):
    alert = fire(scripts)
    client = make.client_of(outsider)
    for path in (
        "/alerts/",
        "/alerts/?show=unreadable",
        f"/alerts/{alert.pk}/",
        f"/alerts/payloads/{alert.payload_id}/",
    ):
        answer = client.get(path)
        assert (path, answer.status_code, "disk" in answer.content.decode()) == (path, 403, False)
    for path in (f"/alerts/{alert.pk}/acknowledge/", f"/alerts/{alert.pk}/link/"):
        assert client.post(path).status_code == 403


def test_what_could_not_be_read_is_listed_with_the_reason(browser: Client, scripts: AlertSource):
    assert "Unreadable" not in browser.get("/alerts/").content.decode()
    receive.receive(scripts, body=b"{'bad': 1}")
    page = browser.get("/alerts/?show=unreadable").content.decode()
    assert "The body is no JSON" in page
    assert "As it came" not in page


def test_a_payload_is_read_by_those_who_may_and_never_as_markup(browser: Client, scripts: AlertSource, bystander: User):
    alert = fire(scripts)
    assert browser.get(f"/alerts/payloads/{alert.payload_id}/").status_code == 403
    allow(bystander, "view_payload")
    page = browser.get(f"/alerts/payloads/{alert.payload_id}/").content.decode()
    assert "&lt;b&gt;body&lt;/b&gt;" in page
    assert "<b>body</b>" not in page
    assert f"/alerts/payloads/{alert.payload_id}/" in browser.get(f"/alerts/{alert.pk}/").content.decode()


# --- sources ----------------------------------------------------------------------------------


def test_a_keeper_makes_renews_and_switches_off_a_source(browser: Client, bystander: User):
    allow(bystander, "manage_alertsource")
    answer = browser.post(
        "/alerts/sources/", {"kind": "generic", "name": "Scripts", "opens_incidents": "on"}, follow=True
    )
    source = AlertSource.objects.get()
    first = sources.url_of(source, by=SYSTEM)
    assert first in answer.content.decode()
    browser.post(f"/alerts/sources/{source.pk}/rotate/")
    page = browser.get("/alerts/sources/").content.decode()
    assert first not in page
    assert sources.url_of(AlertSource.objects.get(), by=SYSTEM) in page
    browser.post(f"/alerts/sources/{source.pk}/switch/", {"active": "no"})
    assert not AlertSource.objects.get().is_active
    browser.post(f"/alerts/sources/{source.pk}/switch/", {"active": "yes"})
    assert AlertSource.objects.get().is_active
    assert set(AuditEvent.objects.values_list("actor", flat=True)) == {bystander.pk}


def test_a_source_that_makes_no_sense_is_refused_and_what_was_typed_is_kept(browser: Client, bystander: User, scripts):
    allow(bystander, "manage_alertsource")
    answer = browser.post("/alerts/sources/", {"kind": "alertmanager", "name": "Scripts", "severity": "SEV2"})
    page = answer.content.decode()
    assert (answer.status_code, AlertSource.objects.count()) == (400, 1)
    assert "already exists" in page
    assert '<option value="SEV2" selected>' in page


def test_others_neither_see_nor_touch_sources(browser: Client, scripts: AlertSource):
    before = AlertSource.objects.values().get()
    assert browser.get("/alerts/sources/").status_code == 403
    for path in ("", f"{scripts.pk}/rotate/", f"{scripts.pk}/switch/"):
        answer = browser.post(f"/alerts/sources/{path}", {"kind": "generic", "name": "Mine", "active": "no"})
        assert (path, answer.status_code) == (path, 403)
    assert AlertSource.objects.values().get() == before
    assert "Sources" not in browser.get("/alerts/").content.decode()
