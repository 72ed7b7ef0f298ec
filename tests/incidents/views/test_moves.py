"""Moves and severity as the console shows them: what is met, what is lacking, what follows."""

import pytest
from pytest_django import Settings

from incidents import lifecycle
from incidents.models import Incident, State
from incidents.response import merging
from incidents.views.desk import desk
from incidents.views.panels import moves
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make

HTMX = {"HX-Request": "true"}
REASON = "The same pool is behind both."


@pytest.fixture(autouse=True)
def own_checks(settings: Settings) -> None:
    """What the wings ask for before a move is tested with them."""
    settings.INCIDENT_CHECKS = ["incidents.checks.unmet", "statuspage.checks.unmet"]


def room(incident: Incident, rest: str = "") -> str:
    return f"/incidents/{incident.key}/{rest}"


def test_the_next_step_stands_with_its_checks_and_the_others_behind(
    incident: Incident, commander: User, client_of
) -> None:
    lifecycle.move(incident, "identify", by=commander)
    page = client_of(commander).get(room(incident))
    shown = page.content.decode()
    assert "Before Monitoring" in shown
    assert "1 of 1" in shown
    assert "Faulty part known since" in shown
    assert page.context["next_offer"].move.verb == "monitor"
    assert [offer.move.verb for offer in page.context["other_offers"]] == ["resolve", "investigate", "merge"]
    assert "Resolve all the same" in shown


def test_an_unmet_move_goes_on_with_a_reason_and_the_timeline_shows_both(
    incident: Incident, commander: User, client_of
) -> None:
    client = client_of(commander)
    refused = client.post(room(incident, "moves/resolve/"), {"seen": "investigating"})
    assert refused.status_code == 409
    assert "It was not watched in Monitoring" in refused.content.decode()
    assert client.post(room(incident, "moves/resolve/"), {"reason": "The provider says so."}).status_code == 302
    incident.refresh_from_db()
    assert incident.state == State.RESOLVED
    timeline = client.get(room(incident)).content.decode()
    assert "The provider says so." in timeline
    assert "Went on without:" in timeline
    assert "<li>It was not watched in Monitoring: say how you know that it is over.</li>" in timeline


def test_a_merge_leads_to_where_it_goes_on(incident: Incident, commander: User, client_of) -> None:
    target = make.make_incident(title="Ledger pool exhausted")
    client = client_of(commander)
    assert f'<option value="{target.key}">' in client.get(room(incident)).content.decode()
    answer = client.post(room(incident, "moves/merge/"), {"into": target.key, "reason": REASON})
    assert (answer.status_code, answer["Location"]) == (302, room(target))
    there = client.get(room(incident), follow=True)
    assert there.redirect_chain == [(room(target), 302)]
    assert "INC-1 was merged into this incident." in there.content.decode()
    kept = client.get(room(incident, "?as=merged"))
    assert kept.status_code == 200
    assert incident.title in kept.content.decode()


def test_a_chain_of_merges_ends_in_the_last(incident: Incident, bystander: User, client_of) -> None:
    second, third = make.make_incident(), make.make_incident()
    merging.merge(incident, second, by=SYSTEM, reason=REASON)
    merging.merge(second, third, by=SYSTEM, reason=REASON)
    assert client_of(bystander).get(room(incident))["Location"] == room(third)
    Incident.objects.filter(pk=third.pk).update(is_private=True)
    client = client_of(bystander)
    assert client.get(room(second)).status_code == 404
    shown = client.get(room(incident))
    assert (shown.status_code, f'href="{room(second)}"' in shown.content.decode()) == (200, False)


def test_a_merge_into_nowhere_is_refused(incident: Incident, commander: User, client_of) -> None:
    client = client_of(commander)
    assert client.post(room(incident, "moves/merge/"), {"into": "INC-99", "reason": REASON}).status_code == 404
    without = client.post(room(incident, "moves/merge/"), {"reason": REASON})
    assert without.status_code == 409
    assert REASON in without.content.decode()


def test_only_what_one_may_see_is_offered_as_a_target(incident: Incident, commander: User, rf) -> None:
    seen = make.make_incident()
    Incident.objects.filter(pk=make.make_incident().pk).update(is_private=True)
    request = rf.get("/")
    request.user = commander
    assert moves.shown(desk(request, incident))["merge_targets"] == [seen]


def test_each_severity_says_what_it_would_mean(incident: Incident, commander: User, client_of) -> None:
    client = client_of(commander)
    page = client.get(room(incident)).content.decode()
    assert "All seven roles; public update every 20 min; texts approved by somebody else; review required." in page
    assert "Expert and Support no longer needed; updates every 30 min." in page
    client.post(room(incident, "severity/"), {"severity": "SEV2", "reason": "Fewer are hit."})
    after = client.get(room(incident)).content.decode()
    assert "Severity changed from SEV1 to SEV2. Fewer are hit. Expert and Support no longer needed" in after


def test_after_its_end_the_commander_sees_what_closing_asks_for(incident: Incident, commander: User, client_of) -> None:
    for verb in make.ROAD[State.RESOLVED]:
        lifecycle.move(incident, verb, by=commander)
    page = client_of(commander).get(room(incident))
    assert page.context["next_offer"].move.verb == "review"
    assert [offer.move.verb for offer in page.context["other_offers"]] == ["close", "reopen"]
    assert "Not reviewed, and SEV1 asks for a review." in page.content.decode()


def test_what_ended_long_ago_leads_to_declaring_anew(incident: Incident, commander: User, client_of) -> None:
    for verb in make.ROAD[State.CLOSED]:
        lifecycle.move(incident, verb, by=SYSTEM, reason=REASON)
    assert f"/declare/?recurrence_of={incident.key}" in client_of(commander).get(room(incident)).content.decode()


def test_who_may_not_move_sees_neither_moves_nor_severity(
    incident: Incident, commander: User, scribe: User, bystander: User, client_of
) -> None:
    for person in (scribe, bystander):
        page = client_of(person).get(room(incident)).content.decode()
        assert "/moves/" not in page
        assert room(incident, "severity/") not in page
        assert room(incident, "access/") not in page
    assert make.seat(incident, Role.SME, bystander).is_held


def test_an_administrator_moves_it_without_a_seat(incident: Incident, administrator: User, client_of) -> None:
    client = client_of(administrator)
    for query in ("", "?seat=commander"):
        page = client.get(room(incident, query)).content.decode()
        assert 'id="moves"' in page
        assert room(incident, "moves/identify/") in page
    assert 'id="severity"' in client.get(room(incident, "?seat=commander")).content.decode()
    for verb in make.ROAD[State.CLOSED]:
        lifecycle.move(incident, verb, by=SYSTEM, reason=REASON)
    assert room(incident, "moves/review/") in client.get(room(incident)).content.decode()
    assert client.post(room(incident, "moves/review/")).status_code == 302
    incident.refresh_from_db()
    assert incident.state == State.REVIEWING
