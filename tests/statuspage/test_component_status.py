from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from roles.policy import SYSTEM
from statuspage import component_status, history, snapshot
from statuspage.models import Interval


@pytest.fixture
def payouts(page):
    return page.components.get(slug="payouts")


def test_a_status_that_is_not_operational_is_an_interval_until_it_changes(payouts):
    start = timezone.now() - timedelta(hours=3)
    component_status.set_status(payouts, "partial_outage", by=SYSTEM, at=start)
    component_status.set_status(payouts, "major_outage", by=SYSTEM, at=start + timedelta(hours=1))
    component_status.set_status(payouts, "operational", by=SYSTEM, at=start + timedelta(hours=2))
    hour = timedelta(hours=1)
    assert list(Interval.objects.values_list("status", "started_at", "ended_at")) == [
        ("partial_outage", start, start + hour),
        ("major_outage", start + hour, start + 2 * hour),
    ]


def test_setting_the_same_status_again_changes_nothing(payouts):
    component_status.set_status(payouts, "major_outage", by=SYSTEM)
    component_status.set_status(payouts, "major_outage", by=SYSTEM)
    assert Interval.objects.count() == 1


def test_a_responder_without_the_page_cannot_set_it_and_its_manager_can(payouts, bystander, keeper):
    with pytest.raises(PermissionDenied):
        component_status.set_status(payouts, "major_outage", by=bystander)
    payouts.refresh_from_db()
    assert payouts.status == "operational"
    component_status.set_status(payouts, "major_outage", by=keeper)
    payouts.refresh_from_db()
    assert payouts.status == "major_outage"


def test_an_unknown_status_is_refused_by_name(payouts):
    with pytest.raises(ValidationError, match="on_fire is no component status"):
        component_status.set_status(payouts, "on_fire", by=SYSTEM)


def test_a_change_cannot_lie_before_the_last_one(payouts):
    component_status.set_status(payouts, "major_outage", by=SYSTEM)
    with pytest.raises(ValidationError, match="after that time"):
        component_status.set_status(payouts, "operational", by=SYSTEM, at=timezone.now() - timedelta(days=1))


def test_a_change_marks_the_page_stale(payouts, page, worker):
    before = page.wanted_version
    component_status.set_status(payouts, "degraded_performance", by=SYSTEM)
    page.refresh_from_db()
    assert page.wanted_version == before + 1
    assert "statuspage.tasks.republish" in worker.run()


def test_uptime_weighs_a_partial_outage_by_three_tenths_and_leaves_maintenance_out(payouts, page):
    now = timezone.now()

    def spell(status, ago, hours):
        start = now - timedelta(days=ago)
        Interval.objects.create(
            component=payouts, status=status, started_at=start, ended_at=start + timedelta(hours=hours)
        )

    spell("partial_outage", 10, 10)
    spell("degraded_performance", 20, 50)
    spell("under_maintenance", 30, 24)
    view = snapshot.read(page.pk)
    record = history.records(view)[payouts.pk]
    today = (view.at - view.at.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    known = 89 * 86400 + today - 24 * 3600
    assert record.share == pytest.approx(1 - 0.3 * 36000 / known)
    assert len(record.days) == 90
    assert {day.tone for day in record.told} == {"partial", "caution", "plan"}


def test_an_outage_never_rounds_away():
    assert history.percent(0.99999) == "99.99"
    assert history.percent(1.0) == "100"
    assert history.percent(None) == ""


def test_days_before_the_component_was_known_have_no_data_and_do_not_count(payouts, page):
    payouts.start_date = timezone.now().date() - timedelta(days=9)
    payouts.save(update_fields=["start_date"])
    record = history.records(snapshot.read(page.pk))[payouts.pk]
    assert [day.tone for day in record.days] == ["mute"] * 80 + [""] * 10
    assert record.percent == "100"
