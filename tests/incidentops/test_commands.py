"""Commands for whoever runs the product."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from incidents.models import Incident, TimelineEntry
from incidents.models import IncidentGrant as Grant
from roles import tokens
from roles.models import User
from statuspage.models import StatusPage

Run = Callable[..., str]


@pytest.fixture
def run() -> Run:
    """`run("token", "amara")` is what the command prints."""

    def call(*arguments: str) -> str:
        out = StringIO()
        call_command(*arguments, stdout=out)
        return out.getvalue()

    return call


def test_a_token_opens_the_api_for_its_owner(run: Run, bystander: User) -> None:
    assert tokens.owner(run("token", bystander.username).strip()) == bystander


def test_there_is_no_token_for_somebody_unknown_or_gone(run: Run, bystander: User) -> None:
    with pytest.raises(CommandError, match="no active account named nobody"):
        run("token", "nobody")
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="no active account"):
        run("token", bystander.username)


def test_a_whole_chain_holds(run: Run, incident: Incident, commander: User) -> None:
    assert run("verify_timeline", incident.key) == f"{incident.entries.count()} rows hold.\n"


def test_an_altered_row_is_named(run: Run, incident: Incident, commander: User) -> None:
    TimelineEntry.objects.filter(incident=incident, number=1).update(body="Nothing happened")
    with pytest.raises(CommandError, match=f"{incident.key}: row 1"):
        run("verify_timeline")


def test_an_unknown_incident_cannot_be_verified(run: Run, db: None) -> None:
    with pytest.raises(CommandError, match="no incident INC-99999"):
        run("verify_timeline", "INC-99999")


def test_grants_are_written_anew_from_the_seats(run: Run, incident: Incident, commander: User, outsider: User) -> None:
    rights = set(Grant.objects.filter(user=commander).values_list("permission__codename", flat=True))
    stolen = Grant.objects.filter(user=commander).first()
    Grant.objects.create(user=outsider, content_object=incident, permission=stolen.permission)
    Grant.objects.filter(user=commander).delete()
    run("sync_grants")
    assert set(Grant.objects.filter(user=commander).values_list("permission__codename", flat=True)) == rights
    assert not Grant.objects.filter(user=outsider).exists()


def test_a_page_is_published_without_a_worker(run: Run, page: StatusPage, settings: Settings) -> None:
    assert "is published" in run("publish", page.slug)
    assert (settings.PUBLISH_DIR / page.slug / "current" / "index.html").exists()


def test_an_unknown_page_cannot_be_published(run: Run, db: None) -> None:
    with pytest.raises(CommandError, match="no page nowhere"):
        run("publish", "nowhere")


def test_the_demo_goes_into_an_empty_installation_only(run: Run, bystander: User) -> None:
    with pytest.raises(CommandError, match="has people already"):
        run("demo")
    assert User.objects.count() == 1
