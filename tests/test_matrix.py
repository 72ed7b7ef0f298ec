"""The role matrix: every action of the policy table, tried by everybody, on the pages, by API and in the admin.

What each may do comes from the table. A refusal is 403 where one may look, 404 where one may not; and what
was refused has changed nothing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

from incidents import taxonomy, timeline
from incidents.communication import updates
from incidents.models import Incident
from roles import policy
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM, Governed
from tests import cast, make, prepared
from tests.attempts import BY_API, EVERY_PART, IN_THE_ADMIN, ON_PAGES, PARTS, Attempt, Stage


@dataclass(frozen=True)
class Scene:
    """What is tried on, and who tries."""

    stage: Stage
    cast: dict[str, User]


def build() -> Scene:
    """Texts by the product itself: who tried to approve would otherwise fail for having written them."""
    service = make.make_service("payments")
    incident = make.make_incident(services=[service])
    page = make.make_page(services=[service])
    everybody = cast.everybody(incident, page)
    submitted = updates.submit(make.make_draft(incident, by=SYSTEM, page=page), by=SYSTEM)
    approved = updates.approve(updates.submit(make.make_draft(incident, by=SYSTEM, page=page), by=SYSTEM), by=SYSTEM)
    stage = Stage(
        incident=incident,
        vacant=make.make_incident(title="Webhooks are late"),
        page=page,
        someone=make.make_user("someone"),
        seat=make.seat(incident, Role.TECH_LEAD, make.make_user("expert"), kind=Holding.DEPUTY),
        comms=incident.seats.get(user=everybody["comms_lead"]),
        note=timeline.add_entry(incident, by=SYSTEM, body="Seen."),
        submitted=submitted,
        approved=approved,
        administrator=make.client_of(everybody["administrator"]),
    )
    stage.parts.update({name: part.prepare(stage) for name, part in PARTS.items()})
    return Scene(stage, everybody)


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    """Made once: every attempt is rolled back anyway."""
    yield from prepared.once(django_db_blocker, build)


@pytest.fixture
def scene(built: Scene, db: None, short_streams: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Files lie where they were put, types are as they were made, and a refusal is its status: how it looks is
    tested beside the pages."""
    settings.ATTACHMENT_DIR = settings.VAR_DIR / "attachments"
    taxonomy.forget()

    def bare(request: HttpRequest, template: str, context: object, *, status: int) -> HttpResponse:
        return HttpResponse(status=status)

    monkeypatch.setattr("incidentops.views.errors.render", bare)
    return built


#: What a request may write without having done anything: that a token was used, that somebody looked.
BESIDE_THE_POINT = ("roles_apitoken", "incidents_look")
WRITES = re.compile(r'(?:INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM) "((?:incidents|statuspage|roles)_\w+)"')


class Watcher:
    """Notes whether anything of ours is written: what is refused must not even begin to."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def __call__(self, execute: Callable[..., object], sql: str, *rest: object) -> object:
        found = WRITES.match(sql)
        if found and found[1] not in BESIDE_THE_POINT:
            self.written.append(found[1])
        return execute(sql, *rest)


def tried(attempt: Attempt, who: User, client: Client, stage: Stage) -> tuple[str, bool]:
    """How it ended and whether anything was written; everything is put back afterwards."""
    cache.clear()
    watcher = Watcher()
    with transaction.atomic():
        with connection.execute_wrapper(watcher):
            answer = attempt.by(who, client, stage)
        transaction.set_rollback(True)
    return outcome(answer), bool(watcher.written)


def where(action: str, stage: Stage) -> Governed | None:
    """What the action is asked about."""
    if action in {"incidents.declare_incident", "incidents.record_change"}:
        return None
    if action == "incidents.take_role":
        return stage.vacant
    return stage.incident if action.startswith("incidents.") else stage.page


def expected(action: str, who: User, stage: Stage) -> str:
    """What the table says of this action for this person: done, refused (403), or unseen (404)."""
    about = where(action, stage)
    if policy.may(who, action, about):
        return "done"
    return "refused" if about is None or about.is_visible_to(who) else "unseen"


def outcome(answer: HttpResponse) -> str:
    """The admin sends people who are no responders to its sign-in page, whatever they asked for."""
    status = answer.status_code
    if status == 302 and answer["Location"].startswith("/admin/login/"):
        return "unseen"
    return {403: "refused", 404: "unseen"}.get(status, "done" if status < 400 else str(status))


def surprises(attempts: dict[str, list[Attempt]], enter: Callable[[User], Client], scene: Scene) -> list[str]:
    """Every attempt by everybody that did not end as the table says."""
    clients = {name: enter(who) for name, who in scene.cast.items()}
    found = []
    for action, ways in attempts.items():
        all_wanted = {name: expected(action, who, scene.stage) for name, who in scene.cast.items()}
        for (number, attempt), (name, who) in product(enumerate(ways), scene.cast.items()):
            ended, is_changed = tried(attempt, who, clients[name], scene.stage)
            wanted = all_wanted[name]
            if ended != wanted or is_changed != (wanted == "done" and attempt.writes):
                found.append(f"{action}[{number}] by {name}: {ended}, expected {wanted}, changed: {is_changed}")
    return found


@pytest.mark.parametrize("part", EVERY_PART)
def test_everybody_tries_everything_on_the_pages(scene: Scene, part: str) -> None:
    assert surprises(EVERY_PART[part].ON_PAGES, make.client_of, scene) == []


@pytest.mark.parametrize("part", EVERY_PART)
def test_everybody_tries_everything_by_api(scene: Scene, part: str) -> None:
    assert surprises(EVERY_PART[part].BY_API, make.api_of, scene) == []


@pytest.mark.parametrize("part", EVERY_PART)
def test_everybody_tries_everything_in_the_admin(scene: Scene, part: str) -> None:
    assert surprises(EVERY_PART[part].IN_THE_ADMIN, make.client_of, scene) == []


def test_every_action_of_the_table_is_tried() -> None:
    assert ON_PAGES.keys() | BY_API.keys() | IN_THE_ADMIN.keys() == policy.POLICY.keys()


def test_each_action_is_done_by_somebody_and_refused_to_somebody(scene: Scene) -> None:
    """Otherwise the matrix would prove nothing of it."""
    for action in ON_PAGES.keys() | BY_API.keys() | IN_THE_ADMIN.keys():
        outcomes = {expected(action, who, scene.stage) for who in scene.cast.values()}
        assert "done" in outcomes, action
        assert outcomes != {"done"}, action


#: Who may not know of a private incident: no seat, none any more, or one on its page alone.
UNAWARE = {"bystander", "outsider", "former_holder", "page_keeper"}


@pytest.mark.parametrize(
    ("path", "enter"),
    [("/incidents/{}/stream/", make.client_of), ("/api/v1/incidents/{}/stream", make.api_of)],
    ids=["page", "api"],
)
def test_a_private_room_streams_to_every_seat_and_shadow_and_to_nobody_else(
    scene: Scene, path: str, enter: Callable[[User], Client]
) -> None:
    Incident.objects.filter(pk=scene.stage.incident.pk).update(is_private=True)
    there = path.format(scene.stage.incident.key)
    found = {name: enter(who).get(there).status_code for name, who in scene.cast.items()}
    assert found == {name: 404 if name in UNAWARE else 200 for name in scene.cast}
