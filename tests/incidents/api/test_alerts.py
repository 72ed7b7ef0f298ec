"""Alerts, sources and services by API."""

from django.contrib.auth.models import Permission

from incidents.detection import alerts, sources
from incidents.detection.signal import Signal
from incidents.models import Alert, AlertSource, Incident, Payload
from roles.models import User
from roles.policy import SYSTEM
from tests import make


def fire(source: AlertSource, key: str = "disk", **fields: str) -> Alert:
    payload = Payload.objects.create(source=source, body=b"{}")
    signal = Signal(**{"dedup_key": key, "status": "firing", "title": f"{key} is full", **fields})
    return alerts.note(source, signal, payload=payload, service=None)


def scripts() -> AlertSource:
    return sources.create("generic", "Scripts", by=SYSTEM)


def test_alerts_are_listed_last_seen_first_with_their_incident(call, bystander: User):
    source = scripts()
    one, two = fire(source, "disk"), fire(source, "memory", status="resolved")
    rows = call(bystander, "get", "alerts/").json()["results"]
    assert [(row["id"], row["status"], row["source"], row["incident"]) for row in rows] == [
        (two.pk, "resolved", "Scripts", None),
        (one.pk, "firing", "Scripts", one.incident.key),
    ]
    assert [row["id"] for row in call(bystander, "get", "alerts/?status=firing").json()["results"]] == [one.pk]
    assert [row["id"] for row in call(bystander, "get", f"alerts/?q=memory&source={source.pk}").json()["results"]] == [
        two.pk
    ]
    assert call(bystander, "get", "alerts/?status=loud").status_code == 400


def test_an_incident_that_one_may_not_see_is_not_named(call, bystander: User, administrator: User):
    alert = fire(scripts())
    Incident.objects.update(is_private=True)
    assert call(bystander, "get", f"alerts/{alert.pk}/").json()["incident"] is None
    assert call(administrator, "get", f"alerts/{alert.pk}/").json()["incident"] == alert.incident.key


def test_an_alert_is_acknowledged_once(call, bystander: User):
    alert = fire(scripts())
    answer = call(bystander, "post", f"alerts/{alert.pk}/acknowledge/")
    assert (answer.status_code, answer.json()["status"], answer.json()["acknowledged_by"]) == (
        200,
        "acknowledged",
        bystander.username,
    )
    assert call(bystander, "post", f"alerts/{alert.pk}/acknowledge/").status_code == 409


def test_alerts_and_services_are_for_responders(call, outsider: User):
    alert = fire(scripts())
    for method, path in (
        ("get", "alerts/"),
        ("get", f"alerts/{alert.pk}/"),
        ("post", f"alerts/{alert.pk}/acknowledge/"),
        ("get", "alert-sources/"),
        ("post", "alert-sources/"),
        ("get", "services/"),
    ):
        assert (path, call(outsider, method, path).status_code) == (path, 403)
    alert.refresh_from_db()
    assert alert.status == Alert.Status.FIRING


def test_who_manages_sources_sees_their_whole_address(call, bystander: User, client):
    bystander.user_permissions.add(Permission.objects.get(codename="manage_alertsource"))
    made = call(bystander, "post", "alert-sources/", {"kind": "generic", "name": "Scripts"})
    assert made.status_code == 201
    assert made.json().keys() >= {"id", "kind", "name", "url"}
    listed = call(bystander, "get", "alert-sources/").json()["results"]
    assert [source["url"] for source in listed] == [made.json()["url"]]
    path = made.json()["url"].split("/in/")[1]
    assert client.post(f"/in/{path}", '{"title": "x"}', content_type="application/json").status_code == 202


def test_other_responders_neither_see_nor_make_sources(call, bystander: User):
    scripts()
    assert call(bystander, "get", "alert-sources/").status_code == 403
    assert call(bystander, "post", "alert-sources/", {"kind": "generic", "name": "Mine"}).status_code == 403
    assert AlertSource.objects.count() == 1


def test_a_source_that_makes_no_sense_is_refused_by_field(call, administrator: User):
    scripts()
    for body, field in (
        ({"kind": "generic"}, "name"),
        ({"kind": "nagios", "name": "x"}, "kind"),
        ({"kind": "generic", "name": "Scripts"}, "name"),
        ({"kind": "generic", "name": "x", "token": "mine"}, "token"),
    ):
        answer = call(administrator, "post", "alert-sources/", body)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert AlertSource.objects.count() == 1


def test_services_are_listed(call, bystander: User):
    make.make_service("payments", alert_names=["pay"])
    (row,) = call(bystander, "get", "services/").json()["results"]
    assert (row["slug"], row["name"], row["alert_names"], row["team"]) == ("payments", "Payments", ["pay"], None)
