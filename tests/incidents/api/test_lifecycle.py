"""By API: merging, recurrences, what is written down afterwards, severities, access, links, corrected times."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import access, links
from incidents.models import Incident, IncidentLink, Kind, LinkKind, SeverityRule, State
from roles.models import User
from roles.policy import SYSTEM
from tests import make

REASON = "The same pool is behind both."


@pytest.fixture
def other(incident: Incident) -> Incident:
    return make.make_incident(title="Ledger pool exhausted")


def test_a_merged_incident_answers_where_it_goes_on(call, commander: User, incident: Incident, other: Incident):
    path = f"incidents/{incident.key}/"
    answer = call(commander, "post", f"{path}moves/", {"verb": "merge", "into": other.key, "reason": REASON})
    assert (answer.status_code, answer.json()["state"], answer.json()["merged_into"]) == (200, "merged", other.key)
    again = call(commander, "get", path).json()
    assert (again["state"], again["merged_into"]) == ("merged", other.key)
    assert call(commander, "get", f"{path}timeline/").json()["results"]
    Incident.objects.filter(pk=other.pk).update(is_private=True)
    for rest in ("", "timeline/", "moves/", "timeline/export/"):
        assert call(commander, "get", f"{path}{rest}").status_code == 404
    listed = call(commander, "get", f"incidents/?q={incident.key}").json()["results"]
    assert [one["key"] for one in listed] == []


def test_a_merge_that_cannot_be_says_why(call, commander: User, incident: Incident, other: Incident):
    path = f"incidents/{incident.key}/moves/"
    secret = make.make_incident(is_private=True)
    for body, status, word in (
        ({"verb": "merge", "reason": REASON}, 409, "Name the incident"),
        ({"verb": "merge", "into": incident.key, "reason": REASON}, 409, "into itself"),
        ({"verb": "merge", "into": secret.key, "reason": REASON}, 404, "no such thing"),
        ({"verb": "merge", "into": "INC-999", "reason": REASON}, 404, "no such thing"),
        ({"verb": "identify", "into": other.key}, 400, "Only `merge`"),
    ):
        answer = call(commander, "post", path, body)
        assert (answer.status_code, word in answer.json()["detail"]) == (status, True), answer.json()
    incident.refresh_from_db()
    assert incident.state == State.INVESTIGATING


def test_every_check_of_a_move_is_listed(call, commander: User, incident: Incident):
    offers = {one["verb"]: one for one in call(commander, "get", f"incidents/{incident.key}/moves/").json()["results"]}
    sentence = "It was not watched in Monitoring: say how you know that it is over."
    assert {"sentence": sentence, "is_met": False} in offers["resolve"]["checks"]
    assert sentence in offers["resolve"]["unmet"]
    assert (offers["merge"]["needs_target"], offers["identify"]["needs_target"]) == (True, False)


def test_what_came_back_names_what_it_was(call, bystander: User, incident: Incident):
    said = call(bystander, "post", "incidents/", {"title": "Cards fail again", "recurrence_of": incident.key})
    assert said.status_code == 201
    link = IncidentLink.objects.get()
    assert (link.incident.key, link.other, link.kind) == (said.json()["key"], incident, LinkKind.RECURRENCE_OF)
    Incident.objects.filter(pk=incident.pk).update(is_private=True)
    hidden = call(bystander, "post", "incidents/", {"title": "And again", "recurrence_of": incident.key})
    assert (hidden.status_code, list(hidden.json()["fields"])) == (400, ["recurrence_of"])
    assert not Incident.objects.filter(title="And again").exists()


def test_a_backfilled_incident_has_the_stamps_of_then(call, bystander: User):
    start = timezone.now().replace(microsecond=0) - timedelta(days=2)
    body = {
        "title": "Cards failed on Friday",
        "kind": "backfilled",
        "declared_at": start.isoformat(),
        "resolved_at": (start + timedelta(minutes=40)).isoformat(),
    }
    said = call(bystander, "post", "incidents/", body).json()
    assert (said["kind"], said["state"]) == ("backfilled", "resolved")
    stored = Incident.objects.get()
    assert (stored.opened_at, stored.declared_at, stored.resolved_at) == (start, start, start + timedelta(minutes=40))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "real", "resolved_at": "2026-01-02T03:04:05Z"}, "resolved_at"),
        ({"kind": "backfilled", "resolved_at": "2026-01-02T03:04:05Z"}, "declared_at"),
        (
            {"kind": "backfilled", "declared_at": "2026-01-02T03:04:05Z", "resolved_at": "2026-01-01T00:00:00Z"},
            "resolved_at",
        ),
        ({"kind": "backfilled", "declared_at": "2199-01-02T03:04:05Z"}, "detected_at"),
    ],
)
def test_past_stamps_that_make_no_sense_are_refused_by_field(call, bystander: User, body: dict, field: str):
    answer = call(bystander, "post", "incidents/", {"title": "Cards failed", **body})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not Incident.objects.exists()


def test_everybody_signed_in_reads_what_severities_ask_for(call, outsider: User):
    listed = call(outsider, "get", "severities/").json()["results"]
    assert [one["severity"] for one in listed] == ["SEV1", "SEV2", "SEV3", "SEV4", "SEV5"]
    assert (listed[0]["update_every_minutes"], listed[0]["review"], len(listed[0]["required_roles"])) == (
        20,
        "required",
        7,
    )
    assert listed[4]["update_every_minutes"] is None


def test_an_administrator_changes_what_a_severity_asks_for(call, administrator: User, commander: User):
    body = {"review_within_minutes": 45, "required_roles": ["commander"], "acknowledge_within_minutes": None}
    assert call(commander, "patch", "severities/SEV3/", body).status_code == 403
    said = call(administrator, "patch", "severities/SEV3/", body).json()
    assert (said["review_within_minutes"], said["required_roles"]) == (45, ["commander"])
    row = SeverityRule.objects.get(severity="SEV3")
    assert (row.review_within, row.acknowledge_within) == (timedelta(minutes=45), None)
    answer = call(administrator, "patch", "severities/SEV3/", {"required_roles": ["scribe"]})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["required_roles"])
    assert call(administrator, "patch", "severities/SEV9/", body).status_code == 404
    assert call(administrator, "patch", "severities/SEV3/", {"review_within_minutes": 0}).status_code == 400
    assert call(administrator, "patch", "severities/SEV3/", {"update_every_minutes": 45}).status_code == 400


def test_a_severity_that_somebody_changed_meanwhile_is_not_overwritten_by_api(call, administrator: User):
    seen = call(administrator, "get", "severities/").json()["results"][2]["version"]
    first = call(administrator, "patch", "severities/SEV3/", {"meaning": "Part is lost.", "version": seen})
    assert (first.status_code, first.json()["version"]) == (200, seen + 1)
    second = call(administrator, "patch", "severities/SEV3/", {"meaning": "Some are stopped.", "version": seen})
    assert (second.status_code, SeverityRule.objects.get(severity="SEV3").meaning) == (409, "Part is lost.")
    assert "Part is lost." in str(second.json())


def test_access_is_read_changed_and_taken_back(
    call, commander: User, bystander: User, outsider: User, incident: Incident
):
    path = f"incidents/{incident.key}/access/"
    said = call(commander, "post", path, {"is_private": True, "invite": outsider.username, "reason": "HR."}).json()
    assert said["is_private"] is True
    assert [(one["user"], one["why"], one["is_invited"]) for one in said["people"]] == [
        ("amara", "Incident Commander", False),
        ("lucia", "Invited", True),
    ]
    assert call(bystander, "get", path).status_code == 404
    assert call(outsider, "get", f"incidents/{incident.key}/").status_code == 200
    assert call(outsider, "post", path, {"is_private": False}).status_code == 403
    assert call(commander, "delete", f"{path}lucia/").json()["people"][0]["user"] == "amara"
    assert call(outsider, "get", f"incidents/{incident.key}/").status_code == 404
    assert call(commander, "delete", f"{path}lucia/").status_code == 404
    assert call(commander, "post", path, {}).status_code == 400


def test_links_are_made_listed_and_taken_back(
    call, tech_lead: User, bystander: User, incident: Incident, other: Incident
):
    path = f"incidents/{incident.key}/links/"
    body = {"other": other.key, "kind": "caused_by"}
    assert call(bystander, "post", path, body).status_code == 403
    said = call(tech_lead, "post", path, body)
    assert (said.status_code, said.json()["says"], said.json()["key"]) == (201, "caused by", other.key)
    back = call(bystander, "get", f"incidents/{other.key}/links/").json()["results"]
    assert [(one["says"], one["key"]) for one in back] == [("cause of", incident.key)]
    assert call(tech_lead, "post", path, body).status_code == 409
    number = said.json()["id"]
    assert call(tech_lead, "delete", f"{path}{number}/").status_code == 200
    assert call(tech_lead, "delete", f"{path}{number}/").status_code == 404
    assert not IncidentLink.objects.exists()


def test_a_link_to_what_one_may_not_see_is_not_there(call, tech_lead: User, incident: Incident):
    secret = make.make_incident(is_private=True)
    assert call(tech_lead, "post", f"incidents/{incident.key}/links/", {"other": secret.key}).status_code == 404
    links.link(secret, incident, by=SYSTEM)
    assert call(tech_lead, "get", f"incidents/{incident.key}/links/").json()["results"] == []


def test_times_are_corrected_with_a_reason(call, scribe: User, tech_lead: User, incident: Incident):
    path = f"incidents/{incident.key}/times/"
    at = (incident.detected_at - timedelta(minutes=9)).replace(microsecond=0)
    body = {"detected_at": at.isoformat(), "reason": "The graph shows it clearly."}
    assert call(tech_lead, "patch", path, body).status_code == 403
    assert call(scribe, "patch", path, {**body, "reason": "Graph."}).status_code == 409
    said = call(scribe, "patch", path, body)
    assert said.status_code == 200
    incident.refresh_from_db()
    assert (incident.detected_at, incident.version) == (at, 2)
    assert incident.entries.filter(kind=Kind.TIMES_CORRECTED).count() == 1
    assert said.json()["took_seconds"]["declare"] == pytest.approx(9 * 60, abs=1)
    assert said.json()["took_seconds"]["resolve"] is None
    late = call(scribe, "patch", path, {**body, "detected_at": "2199-01-01T00:00:00Z"})
    assert (late.status_code, list(late.json()["fields"])) == (400, ["detected_at"])
    overtaken = call(scribe, "patch", path, {**body, "detected_at": "2026-01-01T00:00:00Z", "version": 1})
    assert (overtaken.status_code, overtaken.json()["code"]) == (409, "conflict")


def test_two_who_edit_the_words_by_api_at_once(call, commander: User, incident: Incident):
    path = f"incidents/{incident.key}/"
    assert call(commander, "patch", path, {"title": "Cards fail in Germany", "version": 1}).json()["version"] == 2
    answer = call(commander, "patch", path, {"title": "Cards fail in Austria", "version": 1})
    assert answer.status_code == 409
    incident.refresh_from_db()
    assert incident.title == "Cards fail in Germany"


def test_a_stakeholder_who_is_invited_reads_it_by_api(call, outsider: User, incident: Incident):
    assert call(outsider, "get", "incidents/").json()["results"] == []
    access.invite(incident, outsider, by=SYSTEM)
    assert [one["key"] for one in call(outsider, "get", "incidents/").json()["results"]] == [incident.key]
