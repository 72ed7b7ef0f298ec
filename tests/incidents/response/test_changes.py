"""Changes of what we run: told once, told again, and listed beside the incident that they may have caused."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents.models import ChangeEvent, Incident, Service
from incidents.response import changes
from roles.models import User
from roles.policy import SYSTEM
from tests import make

TITLE = "Config rollout 8841"


def earlier(incident: Incident, **length: float) -> object:
    return (incident.detected_at or incident.opened_at) - timedelta(**length)


def test_a_responder_writes_a_change_down(bystander: User, service: Service):
    change, is_new = changes.record(
        by=bystander, kind="configuration", title=f"  {TITLE} ", services=[service], labels={"region": "eu"}
    )
    assert is_new
    assert (change.title, change.recorded_by, list(change.services.all()), change.labels) == (
        TITLE,
        bystander,
        [service],
        {"region": "eu"},
    )


def test_a_stakeholder_does_not(outsider: User):
    with pytest.raises(PermissionDenied):
        changes.record(by=outsider, title=TITLE)
    assert not ChangeEvent.objects.exists()


def test_the_same_id_again_is_the_same_change_brought_up_to_date(bystander, service):
    first, _ = changes.record(by=bystander, title=TITLE, external_id="deploy-1", services=[service], author="ci")
    again, is_new = changes.record(by=bystander, title=f"{TITLE}, rolled back", external_id="deploy-1")
    assert (again.pk, is_new, ChangeEvent.objects.count()) == (first.pk, False, 1)
    again.refresh_from_db()
    assert again.title == f"{TITLE}, rolled back"
    assert (list(again.services.all()), again.happened_at) == ([service], first.happened_at)


def test_two_who_tell_of_it_at_once_write_one_row(bystander, monkeypatch):
    """The second looked before the first was there."""
    first, _ = changes.record(by=bystander, title=TITLE, external_id="deploy-1")
    looks = iter([None, first])
    monkeypatch.setattr(changes, "_known", lambda _: next(looks))
    _, is_new = changes.record(by=bystander, title=f"{TITLE} again", external_id="deploy-1")
    assert not is_new
    assert [change.title for change in ChangeEvent.objects.all()] == [f"{TITLE} again"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": " "}, "needs a title"),
        ({"title": "x" * 201}, "title has at most 200"),
        ({"kind": "party"}, "no kind of change"),
        ({"url": "javascript:alert(1)"}, "starts with http"),
        ({"url": "ftp://files.example/x"}, "starts with http"),
        ({"external_id": "x" * 201}, "external id has at most 200"),
        ({"labels": {str(number): "x" for number in range(51)}}, "at most 50 labels"),
        ({"labels": {"a": "x" * 201}}, "at most 50 labels of 200"),
        ({"happened_at": timezone.now() + timedelta(hours=1)}, "lies in the future"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_in_words(wrong, sentence, bystander):
    with pytest.raises(ValidationError, match=sentence):
        changes.record(by=bystander, **{"title": TITLE, **wrong})
    assert not ChangeEvent.objects.exists()


def test_a_clock_that_is_a_minute_ahead_is_forgiven(bystander):
    change, _ = changes.record(by=bystander, title=TITLE, happened_at=timezone.now() + timedelta(minutes=1))
    assert change.happened_at <= timezone.now()


# --- beside an incident -----------------------------------------------------------------------


def test_changes_of_its_services_come_first_then_others_the_nearest_on_top(incident, service):
    other = make.make_service("search")
    for title, services, minutes in (
        ("Other, near", [other], 5),
        ("Ours, far", [service], 300),
        ("Ours, near", [service], 14),
        ("Ours, after", [service], -1),
        ("Too old", [service], 361),
    ):
        happened_at = earlier(incident, minutes=minutes)
        ChangeEvent.objects.create(title=title, happened_at=happened_at).services.set(services)
    ChangeEvent.objects.filter(title="Ours, after").update(happened_at=timezone.now())
    near = changes.near(incident)
    assert [one.change.title for one in near] == ["Ours, near", "Ours, far", "Ours, after", "Other, near"]
    assert [one.is_before for one in near] == [True, True, False, True]
    assert near[0].apart == timedelta(minutes=14)


def test_minutes_count_from_the_first_sign_not_from_the_declaration(service):
    seen_at = timezone.now() - timedelta(minutes=30)
    incident = make.make_incident(services=[service], detected_at=seen_at)
    changes.record(by=SYSTEM, title=TITLE, services=[service], happened_at=seen_at - timedelta(minutes=7))
    assert changes.near(incident)[0].apart == timedelta(minutes=7)


def test_a_change_on_two_of_its_services_is_listed_once(service):
    second = make.make_service("ledger")
    incident = make.make_incident(services=[service, second])
    changes.record(by=SYSTEM, title=TITLE, services=[service, second], happened_at=earlier(incident, minutes=3))
    assert [one.change.title for one in changes.near(incident)] == [TITLE]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_however_much_there_is(count, incident, service, django_assert_num_queries):
    for number in range(count):
        for services in ([service], []):
            happened_at = earlier(incident, minutes=number + 1)
            changes.record(by=SYSTEM, title=f"Change {number}", services=services, happened_at=happened_at)
    with django_assert_num_queries(6):
        assert [list(one.change.services.all()) for one in changes.near(incident)]
