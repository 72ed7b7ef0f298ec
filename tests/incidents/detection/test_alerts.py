"""What alerts do to incidents: open, join, note; and what people do with alerts."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from incidents import lifecycle
from incidents.detection import alerts, reading
from incidents.lifecycle import Conflict
from incidents.models import Alert, AlertSource, Incident, Kind, LinkKind, Payload, Severity, State
from roles.models import User
from roles.policy import SYSTEM
from tests import make
from tests.incidents.detection.payloads import alertmanager

REASON = "It was over before we looked."
heard: list[tuple[str, str]] = []


def told(incident: Incident) -> list[str]:
    """What the timeline says of alerts, oldest first."""
    return [entry.data["status"] for entry in incident.entries.filter(kind=Kind.ALERT_LINKED).order_by("number")]


def listen(alert: Alert) -> None:
    heard.append((alert.dedup_key, alert.status))


def test_a_firing_alert_opens_an_incident_in_triage(post, prometheus: AlertSource):
    payments = make.make_service("payments")
    post(prometheus, alertmanager())
    incident, alert = Incident.objects.get(), Alert.objects.get()
    assert (incident.title, incident.summary) == ("5xx at 8 % on payments", "One request in twelve fails.")
    assert (incident.state, incident.severity, incident.declared_by) == (State.TRIAGE, Severity.SEV2, None)
    assert (incident.source, incident.dedup_key) == (prometheus, "9f2c41d07b3a6e58")
    assert list(incident.services.all()) == [payments]
    assert incident.detected_at == datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
    assert (alert.incident, alert.service, alert.status, alert.seen_count) == (incident, payments, "firing", 1)
    assert alert.links == {"Runbook": "https://runbooks.example/5xx", "Source": "http://prometheus.example/graph"}
    assert told(incident) == ["firing"]


def test_the_same_fingerprint_joins_and_a_mere_repeat_leaves_no_trace(post, prometheus: AlertSource):
    for _ in range(3):
        post(prometheus, alertmanager())
    assert Alert.objects.get().seen_count == 3
    assert told(Incident.objects.get()) == ["firing"]


def test_two_fingerprints_open_two_incidents(post, prometheus: AlertSource):
    post(prometheus, alertmanager("a"))
    post(prometheus, alertmanager("b"))
    assert Incident.objects.count() == 2


def test_the_same_key_of_another_source_is_another_alert(post, prometheus: AlertSource, scripts: AlertSource):
    post(prometheus, alertmanager("a"))
    post(scripts, {"title": "Disk full", "dedup_key": "a"})
    assert Incident.objects.count() == 2


def test_the_same_key_twice_in_one_post_counts_once(post, scripts: AlertSource):
    post(scripts, [{"title": "Disk 81 %", "dedup_key": "disk"}, {"title": "Disk 97 %", "dedup_key": "disk"}])
    assert Incident.objects.get().title == "Disk 97 %"
    assert Alert.objects.get().seen_count == 1


def test_resolved_is_noted_and_ends_nothing(post, prometheus: AlertSource):
    post(prometheus, alertmanager())
    post(prometheus, alertmanager(status="resolved"))
    incident = Incident.objects.get()
    assert incident.state == State.TRIAGE
    assert told(incident) == ["firing", "resolved"]
    assert Alert.objects.get().ends_at == datetime(2026, 1, 5, 10, 20, tzinfo=UTC)


def test_resolved_of_an_unknown_alert_opens_nothing(post, prometheus: AlertSource):
    post(prometheus, alertmanager(status="resolved"))
    assert Alert.objects.get().status == Alert.Status.RESOLVED
    assert not Incident.objects.exists()


def test_firing_again_joins_while_the_incident_is_open(post, prometheus: AlertSource):
    for status in ("firing", "resolved", "firing"):
        post(prometheus, alertmanager(status=status))
    assert told(Incident.objects.get()) == ["firing", "resolved", "firing"]


def resolved(incident: Incident, *, hours_ago: int = 1) -> Incident:
    for verb in ("declare", "resolve"):
        lifecycle.move(incident, verb, by=SYSTEM, reason=REASON)
    incident.resolved_at = timezone.now() - timedelta(hours=hours_ago)
    incident.save(update_fields=["resolved_at"])
    return incident


def test_firing_within_a_day_of_the_end_is_a_regression_and_opens_nothing(post, prometheus: AlertSource):
    post(prometheus, alertmanager())
    incident = resolved(Incident.objects.get(), hours_ago=23)
    for status in ("resolved", "firing", "firing", "resolved", "firing"):
        post(prometheus, alertmanager(status=status))
    assert Incident.objects.get().state == State.RESOLVED
    row = incident.entries.get(kind=Kind.REGRESSION)
    assert (row.body, row.data["alert"]) == (
        "5xx at 8 % on payments fires after this was resolved.",
        Alert.objects.get().pk,
    )
    assert told(incident) == ["firing", "resolved", "resolved", "firing"]


def test_an_alert_that_never_went_quiet_is_a_regression_too(post, prometheus: AlertSource):
    post(prometheus, alertmanager())
    incident = resolved(Incident.objects.get())
    post(prometheus, alertmanager())
    assert incident.entries.filter(kind=Kind.REGRESSION).count() == 1
    assert Incident.objects.count() == 1


def test_each_resolution_has_its_own_regression(post, prometheus: AlertSource):
    post(prometheus, alertmanager())
    incident = resolved(Incident.objects.get())
    post(prometheus, alertmanager())
    lifecycle.move(incident, "reopen", by=SYSTEM, reason=REASON)
    lifecycle.move(incident, "resolve", by=SYSTEM, reason=REASON)
    post(prometheus, alertmanager())
    assert incident.entries.filter(kind=Kind.REGRESSION).count() == 2


@pytest.mark.parametrize("verb", ["", "close"])
def test_firing_later_or_after_it_was_closed_opens_a_new_one_that_names_the_old(
    post, prometheus: AlertSource, verb: str
):
    post(prometheus, alertmanager())
    first = resolved(Incident.objects.get(), hours_ago=1 if verb else 25)
    if verb:
        lifecycle.move(first, verb, by=SYSTEM, reason=REASON)
    post(prometheus, alertmanager())
    second = Incident.objects.exclude(pk=first.pk).get()
    assert (second.state, Alert.objects.get().incident) == (State.TRIAGE, second)
    link = second.links.get()
    assert (link.other, link.kind) == (first, LinkKind.RECURRENCE_OF)
    assert not first.entries.filter(kind=Kind.REGRESSION).exists()


def test_a_cancelled_incident_stays_cancelled_until_the_alert_fires_anew(post, prometheus: AlertSource):
    post(prometheus, alertmanager())
    lifecycle.move(Incident.objects.get(), "cancel", by=SYSTEM, reason=REASON)
    post(prometheus, alertmanager())
    assert Incident.objects.count() == 1
    post(prometheus, alertmanager(status="resolved"))
    post(prometheus, alertmanager())
    assert Incident.objects.count() == 2


def test_a_graver_repeat_is_told_and_moves_nothing(post, prometheus: AlertSource):
    post(prometheus, alertmanager(severity="warning"))
    post(prometheus, alertmanager(severity="critical"))
    incident = Incident.objects.get()
    assert incident.severity == Severity.SEV4
    assert told(incident) == ["firing", "firing"]


@pytest.mark.parametrize(
    ("said", "of_the_source", "severity"),
    [
        ("critical", "", "SEV2"),
        ("error", "", "SEV3"),
        ("warning", "", "SEV4"),
        ("info", "", "SEV5"),
        ("", "", "SEV3"),
        ("", "SEV1", "SEV1"),
        ("purple", "SEV4", "SEV4"),
        ("warning", "SEV1", "SEV4"),
    ],
)
def test_severity_is_the_alerts_or_else_the_sources(
    post, scripts: AlertSource, said: str, of_the_source: str, severity: str
):
    AlertSource.objects.update(severity=of_the_source)
    post(scripts, {"title": "Disk full", "severity": said})
    assert Incident.objects.get().severity == severity


@pytest.mark.parametrize(
    ("alert", "slug", "hint"),
    [
        ({"service": "payments"}, "payments", "payments"),
        ({"labels": {"job": "Payments API"}}, "payments", "Payments API"),
        ({"labels": {"app": "pay-legacy"}}, "payments", "pay-legacy"),
        ({"labels": {"component": "payments", "job": "ledger"}}, "payments", "payments"),
        ({"service": "ledger"}, None, "ledger"),
        ({}, None, ""),
    ],
)
def test_a_service_is_found_by_any_of_its_names_and_an_unknown_one_kept_as_a_hint(
    post, scripts: AlertSource, alert: dict[str, object], slug: str | None, hint: str
):
    make.make_service("payments", name="Payments API", alert_names=["pay-legacy"])
    make.make_service("search")
    post(scripts, {"title": "Slow", **alert})
    found = Alert.objects.get()
    assert (found.service and found.service.slug, found.component_hint) == (slug, hint)
    assert [service.slug for service in Incident.objects.get().services.all()] == ([slug] if slug else [])


def test_a_source_that_opens_nothing_only_notes(post, scripts: AlertSource):
    AlertSource.objects.update(opens_incidents=False)
    post(scripts, {"title": "Disk full"})
    assert Alert.objects.get().status == Alert.Status.FIRING
    assert not Incident.objects.exists()


def test_a_test_opens_nothing(post, scripts: AlertSource):
    post(scripts, {"title": "Is this on?", "status": "test"})
    assert Alert.objects.get().status == Alert.Status.TEST
    assert not Incident.objects.exists()


def test_working_a_payload_off_twice_changes_nothing(post, prometheus: AlertSource):
    post(prometheus, alertmanager())
    Payload.objects.update(state=Payload.State.RECEIVED, due_at="2026-01-01T00:00:00Z")
    reading.work_off(Payload.objects.get().pk)
    assert Alert.objects.get().seen_count == 1
    assert told(Incident.objects.get()) == ["firing"]


def test_a_payload_that_was_overtaken_does_not_set_the_clock_back(client, prometheus: AlertSource, worker):
    for status in ("firing", "resolved"):
        Payload.objects.create(source=prometheus, body=json.dumps(alertmanager(status=status)).encode())
    older, newer = Payload.objects.order_by("pk")
    reading.work_off(newer.pk)
    reading.work_off(older.pk)
    alert = Alert.objects.get()
    assert (alert.status, alert.seen_count) == (Alert.Status.RESOLVED, 2)
    assert not Incident.objects.exists()


def test_listeners_hear_what_changed_and_not_what_repeats(post, prometheus: AlertSource, settings):
    settings.ALERT_LISTENERS = [f"{__name__}.listen"]
    heard.clear()
    for status in ("firing", "firing", "resolved"):
        post(prometheus, alertmanager("a", status=status))
    assert heard == [("a", "firing"), ("a", "resolved")]


def test_what_no_database_takes_is_left_out(post, scripts: AlertSource):
    post(scripts, '{"title": "Nul \\u0000 and half \\ud800", "labels": {"a\\u0000": "\\udfff b"}, "dedup_key": 7}')
    alert = Alert.objects.get()
    assert (alert.title, alert.labels, alert.dedup_key) == ("Nul and half", {"a": "b"}, "7")


def test_a_link_is_a_web_address_or_nothing(post, scripts: AlertSource):
    post(scripts, {"title": "x", "links": {"good": "https://a.example/", "bad": "javascript:alert(1)"}})
    assert Alert.objects.get().links == {"good": "https://a.example/"}


@pytest.mark.parametrize(
    "moment", ["yesterday", "2026-13-45", 1e300, True, "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]
)
def test_a_moment_that_is_none_is_left_out(post, scripts: AlertSource, moment: object):
    post(scripts, {"title": "x", "starts_at": moment})
    assert Alert.objects.get().starts_at is None


# --- people -----------------------------------------------------------------------------------


@pytest.fixture
def firing(post, prometheus: AlertSource) -> Alert:
    post(prometheus, alertmanager())
    return Alert.objects.get()


def test_a_responder_acknowledges_and_repeats_do_not_undo_it(post, prometheus: AlertSource, firing: Alert):
    amara = make.make_user("amara")
    alerts.acknowledge(firing, by=amara)
    post(prometheus, alertmanager())
    firing.refresh_from_db()
    assert (firing.status, firing.acknowledged_by) == (Alert.Status.ACKNOWLEDGED, amara)
    assert told(firing.incident) == ["firing", "acknowledged"]


def test_firing_after_it_was_resolved_asks_for_somebody_again(post, prometheus: AlertSource, firing: Alert):
    alerts.acknowledge(firing, by=make.make_user("amara"))
    post(prometheus, alertmanager(status="resolved"))
    post(prometheus, alertmanager())
    firing.refresh_from_db()
    assert (firing.status, firing.acknowledged_by, firing.acknowledged_at) == (Alert.Status.FIRING, None, None)


def test_a_second_acknowledgement_is_told_who_was_first(firing: Alert):
    alerts.acknowledge(firing, by=make.make_user("amara"))
    with pytest.raises(Conflict, match="Amara acknowledged it already"):
        alerts.acknowledge(firing, by=make.make_user("jonas"))


def test_what_is_over_is_not_acknowledged(post, prometheus: AlertSource, firing: Alert):
    post(prometheus, alertmanager(status="resolved"))
    with pytest.raises(Conflict, match="nothing to acknowledge"):
        alerts.acknowledge(firing, by=make.make_user("amara"))


def test_a_stakeholder_neither_acknowledges_nor_links(firing: Alert, outsider: User, incident: Incident):
    with pytest.raises(PermissionDenied):
        alerts.acknowledge(firing, by=outsider)
    with pytest.raises(PermissionDenied):
        alerts.link(firing, incident, by=outsider)


def test_a_linked_alert_stays_with_its_incident(post, scripts: AlertSource, incident: Incident, bystander: User):
    AlertSource.objects.update(opens_incidents=False)
    post(scripts, {"title": "Disk full"})
    alerts.link(Alert.objects.get(), incident, by=bystander)
    AlertSource.objects.update(opens_incidents=True)
    post(scripts, {"title": "Disk full"})
    post(scripts, {"title": "Disk full", "status": "ok"})
    assert told(incident) == ["firing", "resolved"]
    assert Incident.objects.get() == incident


def test_an_alert_of_one_open_incident_is_not_taken_by_another(firing: Alert, incident: Incident, bystander: User):
    with pytest.raises(Conflict, match="part of another incident"):
        alerts.link(firing, incident, by=bystander)


def test_nothing_is_linked_to_what_is_closed(post, scripts: AlertSource, bystander: User):
    AlertSource.objects.update(opens_incidents=False)
    post(scripts, {"title": "Disk full"})
    with pytest.raises(Conflict, match="nothing more is linked"):
        alerts.link(Alert.objects.get(), make.make_incident(state=State.CLOSED), by=bystander)


def test_suggested_are_open_incidents_on_its_service_that_one_may_see(post, scripts: AlertSource, bystander: User):
    AlertSource.objects.update(opens_incidents=False)
    payments, search = make.make_service("payments"), make.make_service("search")
    shown = make.make_incident(services=[payments])
    make.make_incident(services=[payments], is_private=True)
    make.make_incident(services=[payments], state=State.RESOLVED)
    make.make_incident(services=[search])
    post(scripts, {"title": "Slow", "service": "payments"})
    assert alerts.suggestions(Alert.objects.get(), bystander) == [shown]
