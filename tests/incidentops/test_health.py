"""What load balancers and operators ask."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from incidentops import health, tasks
from incidentops.models import Heartbeat
from incidents.models import Incident, TimelineEntry
from tests import make


def test_alive_touches_no_database(client: Client, django_assert_num_queries: DjangoAssertNumQueries, db: None) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"alive\n")


@pytest.mark.django_db
def test_ready_names_what_is_not(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_broker", lambda: False)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": True, "migrations": True, "broker": False}


@pytest.mark.django_db
def test_ready_keeps_the_reason_to_itself(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> bool:
        raise ConnectionError("password of the broker is swordfish")

    monkeypatch.setattr(health, "_broker", fail)
    answer = client.get("/readyz")
    assert answer.json()["broker"] is False
    assert b"swordfish" not in answer.content


@pytest.mark.django_db
def test_ready_is_200_when_all_is_well(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_broker", lambda: True)
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic open", "Bearer ", "open"])
def test_metrics_are_closed_without_the_token(client: Client, settings: Settings, header: str, db: None) -> None:
    settings.METRICS_TOKEN = "open-sesame"
    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


def test_metrics_are_closed_where_no_token_is_set(client: Client, settings: Settings, db: None) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_metrics_tell_what_waits(client: Client, settings: Settings, incident: Incident) -> None:
    settings.METRICS_TOKEN = "open-sesame"
    make.make_page()
    TimelineEntry.objects.update(told_at=None)
    Heartbeat.objects.create(lane="urgent", beaten_at=timezone.now() - timedelta(seconds=90))
    text = client.get("/metrics", headers={"Authorization": "Bearer open-sesame"}).content.decode()
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(figures["incidentops_entries_untold"]) == TimelineEntry.objects.count() > 0
    assert float(figures["incidentops_entries_parked"]) == 0
    assert float(figures["incidentops_pages_stale"]) == 1
    assert float(figures['incidentops_incidents_active{severity="SEV1"}']) == 1
    assert 89 < float(figures['incidentops_heartbeat_age_seconds{lane="urgent"}']) < 100
    assert float(figures['incidentops_queue_age_seconds{lane="bulk"}']) == 0


@pytest.mark.django_db
def test_a_heartbeat_stamps_row_and_file(settings: Settings) -> None:
    tasks.beat("urgent")
    first = Heartbeat.objects.get().beaten_at
    tasks.beat("urgent")
    assert Heartbeat.objects.get().beaten_at > first
    assert (settings.VAR_DIR / "alive" / "urgent").exists()


@pytest.mark.django_db
def test_the_health_check_of_a_worker_fails_when_its_lane_stands_still(settings: Settings) -> None:
    settings.PROCESS = "bulk"
    with pytest.raises(CommandError, match="never seen"):
        call_command("heartbeat")
    beat = Heartbeat.objects.create(lane="bulk", beaten_at=timezone.now())
    call_command("heartbeat")
    beat.beaten_at = timezone.now() - timedelta(seconds=61)
    beat.save()
    with pytest.raises(CommandError, match="bulk"):
        call_command("heartbeat")
