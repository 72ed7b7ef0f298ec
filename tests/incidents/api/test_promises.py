"""Promises, rhythms and what surrounds an approval, by API."""

from datetime import timedelta

from django.utils import timezone

from incidents.communication import updates
from incidents.models import Incident, MessageTemplate, Promise, Update, UpdatePolicy
from roles.models import User
from roles.policy import SYSTEM
from statuspage.models import StatusPage


def test_promises_of_an_incident_and_the_share_that_was_kept(
    call, draft: Update, commander: User, outsider: User, page_manager: User
):
    updates.publish(draft, by=SYSTEM)
    said = call(commander, "get", f"incidents/{draft.incident.key}/promises/").json()
    public = {(one["page"], one["kind"], one["state"]) for one in said["results"] if one["audience"] == "public"}
    assert public == {("halyard", "next", "open"), ("", "scope", "open"), ("", "first", "kept")}
    assert said["figures"] == {"kept": 1, "late": 0, "broken": 0, "lifted": 0, "rate": 1.0}
    assert call(commander, "get", "promises/?state=kept").json()["results"][0]["kind"] == "first"
    assert call(commander, "get", "promises/?state=torn").status_code == 400
    assert call(outsider, "get", f"incidents/{draft.incident.key}/promises/").status_code == 404


def test_nobody_reads_promises_of_a_private_incident(call, incident: Incident, commander: User, bystander: User):
    Promise.objects.create(incident=incident, audience="public", made_at=timezone.now(), due_at=timezone.now())
    Incident.objects.update(is_private=True)
    assert call(bystander, "get", "promises/").json()["results"] == []


def test_a_policy_is_changed_by_those_who_manage_words(call, administrator: User, commander: User):
    path, body = "update-policies/SEV2/public/", {"every_minutes": 25}
    assert call(commander, "patch", path, body).status_code == 403
    said = call(administrator, "patch", path, body).json()
    assert (said["every_minutes"], said["first_within_minutes"], said["version"]) == (25, 10, 2)
    assert call(administrator, "patch", path, {"later_every_minutes": 5}).status_code == 400
    assert call(administrator, "patch", path, {"every_minutes": 26, "version": 1}).status_code == 409
    assert UpdatePolicy.objects.get(severity="SEV2", audience="public").every == timedelta(minutes=25)


def test_a_slower_rhythm_waits_until_the_incident_is_long(call, incident: Incident, comms_lead: User, scribe: User):
    path, body = f"incidents/{incident.key}/rhythm/", {"every_minutes": 60, "reason": "The vendor works on it."}
    assert call(scribe, "post", path, body).status_code == 403
    refused = call(comms_lead, "post", path, body)
    assert (refused.status_code, "In the first 2 h of SEV1" in refused.json()["detail"]) == (409, True)
    Incident.objects.update(declared_at=timezone.now() - timedelta(hours=3))
    said = call(comms_lead, "post", path, body)
    assert (said.status_code, said.json()["every_minutes"]) == (201, 60)


def test_a_holding_rule_is_made_and_switched_on(call, page: StatusPage, administrator: User, commander: User):
    text = MessageTemplate.objects.create(name="Hold", body="Still at it.", is_approved=True, is_holding=True)
    path, body = "holding-rules/halyard/", {"template": text.pk, "silence_minutes": 15, "is_on": True}
    assert call(commander, "patch", path, body).status_code == 403
    said = call(administrator, "patch", path, body).json()
    assert (said["is_on"], said["silence_minutes"], said["opted_in_by"]) == (True, 15, "hana")
    assert [one["page"] for one in call(commander, "get", "holding-rules/").json()["results"]] == ["halyard"]
    assert call(administrator, "patch", "holding-rules/nowhere/", body).status_code == 404


def test_versions_comments_and_a_time_to_go_out(
    call, draft: Update, comms_lead: User, commander: User, page_manager: User
):
    path = f"incidents/{draft.incident.key}/updates/{draft.pk}/"
    call(comms_lead, "post", f"{path}submit/")
    made = call(commander, "post", f"{path}comments/", {"body": "Since when?", "line": 1})
    assert (made.status_code, made.json()["quote"]) == (201, draft.body)
    assert call(commander, "post", f"{path}comments/", {"body": "Since when?", "line": 9}).status_code == 409
    assert call(comms_lead, "post", f"{path}comments/{made.json()['id']}/settle/").json()["settled_at"]
    assert [one["is_submitted"] for one in call(comms_lead, "get", f"{path}versions/").json()["results"]] == [True]
    when = {"publish_at": (timezone.now() + timedelta(hours=1)).isoformat()}
    assert call(page_manager, "post", f"{path}schedule/", when).status_code == 409
    call(commander, "post", f"{path}approve/")
    assert call(page_manager, "post", f"{path}schedule/", when).status_code == 200
    assert call(page_manager, "delete", f"{path}schedule/").status_code == 200
    assert Update.objects.get(pk=draft.pk).publish_at is None
