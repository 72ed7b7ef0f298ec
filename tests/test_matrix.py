"""The role matrix: every action of the policy table, tried by everybody, on the pages, by API and in the admin.

What each may do comes from the table. A refusal is 403 where one may look, 404 where one may not; and what
was refused has changed nothing.
"""

import re
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from incidents import timeline
from incidents.communication import updates
from incidents.models import Incident
from roles import policy
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM, Governed
from statuspage import page_roles
from statuspage.models import StatusPage
from tests import make
from tests.attempts import BY_API, IN_THE_ADMIN, ON_PAGES, PARTS, Attempt, Stage

CAST = (
    "commander",
    "comms_lead",
    "tech_lead",
    "sme",
    "scribe",
    "liaison",
    "page_manager",
    "shadow",
    "deputy",
    "bystander",
    "outsider",
    "former_holder",
    "administrator",
    "page_keeper",
)


@pytest.fixture
def page_keeper(page: StatusPage) -> User:
    """Holds the standing role on the page, and no seat on the incident."""
    return page_roles.assign(page, make.make_user("olga"), by=SYSTEM)[0].user


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> dict[str, User]:
    return {name: request.getfixturevalue(name) for name in CAST}


@pytest.fixture
def stage(incident: Incident, page: StatusPage, cast: dict[str, User]) -> Stage:
    """Texts by the product itself: who tried to approve would otherwise fail for having written them."""
    submitted = updates.submit(make.make_draft(incident, by=SYSTEM, page=page), by=SYSTEM)
    approved = updates.approve(updates.submit(make.make_draft(incident, by=SYSTEM, page=page), by=SYSTEM), by=SYSTEM)
    stage = Stage(
        incident=incident,
        vacant=make.make_incident(title="Webhooks are late"),
        page=page,
        someone=make.make_user("someone"),
        seat=make.seat(incident, Role.TECH_LEAD, make.make_user("expert"), kind=Holding.DEPUTY),
        comms=incident.seats.get(user=cast["comms_lead"]),
        note=timeline.add_entry(incident, by=SYSTEM, body="Seen."),
        submitted=submitted,
        approved=approved,
        administrator=make.client_of(cast["administrator"]),
    )
    stage.parts.update({name: part.prepare(stage) for name, part in PARTS.items()})
    return stage


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


def surprises(
    attempts: dict[str, list[Attempt]], enter: Callable[[User], Client], cast: dict[str, User], stage: Stage
) -> list[str]:
    """Every attempt by everybody that did not end as the table says."""
    clients = {name: enter(who) for name, who in cast.items()}
    found = []
    for action, ways in attempts.items():
        for number, attempt in enumerate(ways):
            for name, who in cast.items():
                ended, is_changed = tried(attempt, who, clients[name], stage)
                wanted = expected(action, who, stage)
                if ended != wanted or is_changed != (wanted == "done" and attempt.writes):
                    found.append(f"{action}[{number}] by {name}: {ended}, expected {wanted}, changed: {is_changed}")
    return found


def test_everybody_tries_everything_on_the_pages(cast: dict[str, User], stage: Stage) -> None:
    assert surprises(ON_PAGES, make.client_of, cast, stage) == []


def test_everybody_tries_everything_by_api(cast: dict[str, User], stage: Stage) -> None:
    assert surprises(BY_API, make.api_of, cast, stage) == []


def test_everybody_tries_everything_in_the_admin(cast: dict[str, User], stage: Stage) -> None:
    assert surprises(IN_THE_ADMIN, make.client_of, cast, stage) == []


def test_every_action_of_the_table_is_tried() -> None:
    assert ON_PAGES.keys() | BY_API.keys() | IN_THE_ADMIN.keys() == policy.POLICY.keys()


@pytest.mark.parametrize("attempts", [ON_PAGES, BY_API, IN_THE_ADMIN], ids=["pages", "api", "admin"])
def test_each_action_is_done_by_somebody_and_refused_to_somebody(
    attempts: dict[str, list[Attempt]], cast: dict[str, User], stage: Stage
) -> None:
    """Otherwise the matrix would prove nothing of it."""
    for action in attempts:
        outcomes = {expected(action, who, stage) for who in cast.values()}
        assert "done" in outcomes, action
        assert outcomes != {"done"}, action
