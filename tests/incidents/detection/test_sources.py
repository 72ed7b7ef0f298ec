"""Sources: who makes them, who sees their address, and what is stored of the token."""

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError

from incidents.detection import sources
from incidents.models import AlertSource
from roles.models import AuditEvent, User
from roles.policy import SYSTEM
from tests import make


@pytest.fixture
def keeper(db: None) -> User:
    """A responder who may manage sources."""
    user = make.make_user("amara")
    user.user_permissions.add(Permission.objects.get(codename="manage_alertsource"))
    return user


def token_of(source: AlertSource) -> str:
    return sources.url_of(source, by=SYSTEM).rpartition("/")[2]


def test_a_token_is_stored_sealed_and_found_by_its_digest(prometheus: AlertSource):
    token = token_of(prometheus)
    stored = " ".join(str(value) for value in AlertSource.objects.values_list().get())
    assert len(token) >= 43
    assert token not in stored
    assert sources.find("alertmanager", token) == prometheus


def test_the_address_is_whole(prometheus: AlertSource, settings):
    settings.SITE_URL = "https://ops.example"
    assert sources.url_of(prometheus, by=SYSTEM) == f"https://ops.example/in/alertmanager/{token_of(prometheus)}"


def test_only_those_who_may_make_change_and_see(prometheus: AlertSource, bystander: User):
    for attempt in (
        lambda: sources.create("generic", "More", by=bystander),
        lambda: sources.change(prometheus, by=bystander, name="Mine"),
        lambda: sources.rotate(prometheus, by=bystander),
        lambda: sources.set_active(prometheus, False, by=bystander),
        lambda: sources.url_of(prometheus, by=bystander),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert AlertSource.objects.get().name == "Prometheus"


def test_what_a_keeper_does_is_written_down_without_the_token(keeper: User):
    source = sources.create("generic", "  Night   scripts ", by=keeper)
    sources.change(source, by=keeper, severity="SEV4")
    sources.rotate(source, by=keeper)
    sources.set_active(source, False, by=keeper)
    events = list(AuditEvent.objects.order_by("pk"))
    assert [event.action for event in events] == [
        "alert_source.created",
        "alert_source.changed",
        "alert_source.rotated",
        "alert_source.deactivated",
    ]
    assert {(event.actor, event.subject) for event in events} == {(keeper, "Night scripts")}
    assert events[1].data == {"before": {"severity": ""}, "after": {"severity": "SEV4"}}
    assert token_of(source) not in str([event.data for event in events])


def test_a_new_token_closes_the_old_address(prometheus: AlertSource):
    old = token_of(prometheus)
    sources.rotate(prometheus, by=SYSTEM)
    assert sources.find("alertmanager", old) is None
    assert sources.find("alertmanager", token_of(prometheus)) == prometheus


@pytest.mark.parametrize(
    ("kind", "name", "severity", "field"),
    [
        ("nagios", "Nagios", "", "kind"),
        ("generic", "  ", "", "name"),
        ("generic", "Prometheus", "", "name"),
        ("generic", "x" * 101, "", "name"),
        ("generic", "Scripts", "SEV9", "severity"),
    ],
)
def test_a_source_that_makes_no_sense_is_refused_by_field(
    prometheus: AlertSource, kind: str, name: str, severity: str, field: str
):
    with pytest.raises(ValidationError) as refusal:
        sources.create(kind, name, by=SYSTEM, severity=severity)
    assert list(refusal.value.message_dict) == [field]
    assert AlertSource.objects.get() == prometheus


def test_under_another_secret_key_the_address_is_gone_but_the_token_still_works(prometheus: AlertSource, settings):
    token = token_of(prometheus)
    settings.SECRET_KEY = "another"
    assert sources.url_of(prometheus, by=SYSTEM) == ""
    assert sources.find("alertmanager", token) == prometheus
