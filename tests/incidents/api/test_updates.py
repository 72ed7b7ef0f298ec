"""Updates by API: the same road as in the room, with the same refusals."""

import pytest

from incidents.models import Incident, Severity, Update
from roles.models import User
from statuspage.models import StatusPage
from tests import make

LEAST = {"id", "state", "audience", "page", "status", "title", "body"}
BODY = {
    "audience": "public",
    "page": "halyard",
    "title": "Card payments are failing",
    "status": "investigating",
    "body": "Some card payments in the EU are declined.",
    "components": {"card-payments": "partial_outage"},
}


def path(incident: Incident, rest: str = "") -> str:
    return f"incidents/{incident.key}/updates/{rest}"


def test_the_road_of_a_public_update(
    call, comms_lead: User, commander: User, page_manager: User, incident: Incident, page: StatusPage
):
    drafted = call(comms_lead, "post", path(incident), BODY)
    assert drafted.status_code == 201
    said = drafted.json()
    assert said.keys() >= LEAST
    assert (said["state"], said["author"], {name: said[name] for name in BODY}) == ("draft", "jonas", BODY)
    step = lambda name: path(incident, f"{said['id']}/{name}/")  # noqa: E731
    assert call(page_manager, "post", step("publish")).json()["needed"] == ["approval"]
    assert call(comms_lead, "post", step("submit")).json()["state"] == "submitted"
    assert call(comms_lead, "post", step("approve")).status_code == 403
    assert call(commander, "post", step("approve")).json()["approved_by"] == "amara"
    assert call(commander, "post", step("publish")).status_code == 403
    published = call(page_manager, "post", step("publish"))
    assert (published.status_code, published.json()["state"]) == (200, "published")
    again = call(page_manager, "post", step("publish"))
    assert again.status_code == 409
    assert "published since" in again.json()["detail"]
    assert [row["id"] for row in call(comms_lead, "get", path(incident)).json()["results"]] == [said["id"]]


def test_a_text_is_sent_back_with_a_comment_and_rewritten(call, comms_lead: User, commander: User, draft: Update):
    here = path(draft.incident, f"{draft.pk}/")
    call(comms_lead, "post", f"{here}submit/")
    assert call(commander, "post", f"{here}send-back/").status_code == 400
    assert call(comms_lead, "post", f"{here}send-back/", {"comment": "x"}).status_code == 403
    back = call(commander, "post", f"{here}send-back/", {"comment": "Name the region."}).json()
    assert (back["state"], back["comment"]) == ("draft", "Name the region.")
    changed = call(comms_lead, "patch", here, {"body": "In the EU.", "version": back["version"]})
    assert (changed.status_code, changed.json()["body"]) == (200, "In the EU.")
    stale = call(comms_lead, "patch", here, {"body": "Mine.", "version": back["version"]})
    assert (stale.status_code, "changed this text" in stale.json()["detail"]) == (409, True)
    assert call(comms_lead, "patch", here, {"body": "Without a version."}).status_code == 200
    assert call(comms_lead, "get", here).json()["body"] == "Without a version."


def test_a_text_that_will_not_go_out_is_dropped(call, comms_lead: User, scribe: User, draft: Update):
    here = path(draft.incident, f"{draft.pk}/discard/")
    assert call(scribe, "post", here).status_code == 403
    assert call(comms_lead, "post", here).json()["state"] == "discarded"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"audience": "everybody"}, "audience"),
        ({"body": ""}, "body"),
        ({"body": "x" * 20_001}, "body"),
        ({"status": "broken"}, "status"),
        ({"components": ["card-payments"]}, "components"),
        ({"components": {"card-payments": {"x": 1}}}, "components"),
        ({"next_update_at": "soon"}, "next_update_at"),
        ({"state": "published"}, "state"),
        ({"approved_by": "jonas"}, "approved_by"),
        ({"version": 7}, "version"),
    ],
)
def test_a_draft_that_makes_no_sense_is_refused_by_field(
    call, comms_lead: User, incident, page, change: dict, field: str
):
    answer = call(comms_lead, "post", path(incident), {**BODY, **change})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not Update.objects.exists()


@pytest.mark.parametrize("change", [{"page": "nowhere"}, {"components": {"nothing": "major_outage"}}])
def test_a_page_or_component_that_is_none_is_refused_with_a_sentence(
    call, comms_lead: User, incident, page, change: dict
):
    answer = call(comms_lead, "post", path(incident), {**BODY, **change})
    assert answer.status_code in {400, 409}
    assert next(iter(change.values())) == "nowhere" or "nothing" in answer.json()["detail"]
    assert not Update.objects.exists()


def test_who_may_not_draft_reads_only(call, scribe: User, bystander: User, incident: Incident, page: StatusPage):
    for person in (scribe, bystander):
        assert call(person, "post", path(incident), BODY).status_code == 403
        assert call(person, "get", path(incident)).status_code == 200


def test_below_sev3_no_approval_is_asked_for(call, comms_lead: User, page_manager: User, incident: Incident, page):
    Incident.objects.update(severity=Severity.SEV4)
    made = call(comms_lead, "post", path(incident), BODY).json()
    answer = call(page_manager, "post", path(incident, f"{made['id']}/publish/"))
    assert (answer.status_code, answer.json()["state"]) == (200, "published")


def test_an_update_of_another_incident_is_not_found_here(call, commander: User, draft: Update):
    other = make.make_incident(title="Other")
    make.seat(other, "commander", commander)
    for method, rest in (("get", ""), ("patch", ""), ("post", "approve/"), ("post", "publish/"), ("post", "discard/")):
        assert call(commander, method, path(other, f"{draft.pk}/{rest}")).status_code == 404
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_the_list_is_narrowed(call, comms_lead: User, draft: Update):
    here = path(draft.incident)
    assert len(call(comms_lead, "get", here, {"state": "draft", "audience": "public"}).json()["results"]) == 1
    assert call(comms_lead, "get", here, {"state": "published"}).json()["results"] == []
    assert call(comms_lead, "get", here, {"state": "lost"}).status_code == 400
