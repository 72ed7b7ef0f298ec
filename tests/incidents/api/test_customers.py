"""Customers, their reports, escalations and follow-ups by API."""

import json

from django.http import HttpResponse
from django.test import Client

from incidents import lifecycle
from incidents.models import CustomerAccount, CustomerReport, Macro
from notifications.models import Message
from roles.policy import SYSTEM
from tests import make
from tests.incidents.communication.test_customer_reports import report, say


def send(client: Client, method: str, path: str, **body: object) -> HttpResponse:
    return client.generic(method, f"/api/v1/{path}", json.dumps(body), content_type="application/json")


def test_a_program_records_a_report_once(api_of, incident, liaison):
    client = api_of(liaison)
    body = {"symptom": "Are we charged?", "account_name": "Nordlys Travel", "channel": "ticket", "count": 4}
    for _ in range(2):
        answer = send(client, "POST", f"incidents/{incident.key}/customer-reports/", **body, external_id="desk:1")
        assert answer.status_code == 201
    made = answer.json()
    assert (made["source"], made["count"], made["incident"], made["state"]) == ("api", 4, incident.key, "waiting")
    listed = client.get(f"/api/v1/incidents/{incident.key}/customer-reports/").json()
    assert [one["id"] for one in listed["results"]] == [made["id"]]


def test_a_report_is_put_right_dismissed_and_counted_again(api_of, incident, liaison):
    made, client = report(incident), api_of(liaison)
    there = f"incidents/{incident.key}/customer-reports/{made.pk}/"
    assert send(client, "PATCH", there, ticket="HD-1", service="payments").json()["service"] == "payments"
    aside = send(client, "PATCH", there, state="dismissed", note="spam").json()
    assert (aside["state"], aside["note"], aside["ticket"]) == ("dismissed", "spam", "HD-1")
    assert send(client, "PATCH", there, state="waiting").json()["state"] == "waiting"
    assert send(client, "PATCH", there, colour="red").status_code == 400


def test_a_reply_by_api_is_the_macro_and_needs_a_public_word(api_of, incident, page, liaison):
    made, client = report(incident, contact="ada@nordlys.example"), api_of(liaison)
    there = f"incidents/{incident.key}/customer-reports/{made.pk}/reply/"
    refused = send(client, "POST", there)
    assert (refused.status_code, "Nothing was said in public yet" in refused.json()["detail"]) == (409, True)
    say(incident, page)
    answer = send(client, "POST", there, macro=Macro.objects.get(name="What we know now").pk).json()
    assert (answer["state"], answer["answered_by"], answer["answered_through"]) == ("answered", "noor", "email")
    assert Message.objects.filter(address="ada@nordlys.example").count() == 1


def test_what_belongs_to_no_incident_is_received_and_sorted(api_of, incident, administrator):
    client = api_of(administrator)
    made = send(client, "POST", "customer-reports/", symptom="Exports are empty").json()
    assert (made["state"], made["incident"]) == ("unsorted", None)
    assert [one["id"] for one in client.get("/api/v1/customer-reports/").json()["results"]] == [made["id"]]
    assert send(client, "POST", f"customer-reports/{made['id']}/sort/", incident="INC-99").status_code == 400
    assert send(client, "POST", f"customer-reports/{made['id']}/sort/", incident=incident.key).json()["incident"] == (
        incident.key
    )
    other = send(client, "POST", "customer-reports/", symptom="Buy shoes").json()
    assert send(client, "POST", f"customer-reports/{other['id']}/dismiss/").json()["state"] == "dismissed"


def test_escalations_run_their_course(api_of, incident, liaison, tech_lead):
    body = {"title": "Are Nordlys bookings charged?", "urgency": "now", "owner_role": "tech_lead"}
    made = send(api_of(liaison), "POST", f"incidents/{incident.key}/escalations/", **body).json()
    there = f"incidents/{incident.key}/escalations/{made['id']}/"
    lead = api_of(tech_lead)
    assert send(lead, "POST", f"{there}acknowledge/").json()["acknowledged_by"] == "priya"
    assert send(lead, "POST", f"{there}answer/", outcome="They are not.").json()["state"] == "answered"
    assert send(api_of(liaison), "POST", f"{there}withdraw/").status_code == 409
    assert (
        send(
            api_of(liaison), "POST", f"incidents/{incident.key}/escalations/", title="x", owner_role="scribe"
        ).status_code
        == 400
    )


def test_follow_ups_are_sent_and_settled(api_of, incident, page, liaison, worker):
    say(incident, page)
    report(incident, contact="ada@nordlys.example")
    phone = report(incident, account_name="By phone")
    client = api_of(liaison)
    assert send(client, "POST", f"incidents/{incident.key}/follow-ups/send/").status_code == 409
    for verb in ("identify", "monitor", "resolve"):
        lifecycle.move(incident, verb, by=SYSTEM, reason=make.REASON)
    worker.run()
    told = send(client, "POST", f"incidents/{incident.key}/follow-ups/send/").json()
    assert told == {"sent": 1, "total": 2, "done": 1, "percent": 50}
    rows = client.get(f"/api/v1/incidents/{incident.key}/follow-ups/").json()["results"]
    waiting = next(one for one in rows if one["report"] == phone.pk)
    there = f"incidents/{incident.key}/follow-ups/{waiting['id']}/"
    assert send(client, "PATCH", there, state="contacted", note="called").json()["state"] == "contacted"


def test_customers_tiers_rules_and_macros_are_kept_by_who_may(api_of, administrator, bystander):
    client = api_of(administrator)
    made = send(client, "POST", "customer-accounts/", name="Nordlys Travel", tier="enterprise", is_vip=True)
    assert (made.status_code, made.json()["tier"]) == (201, "enterprise")
    there = f"customer-accounts/{made.json()['id']}/"
    assert send(client, "PATCH", there, domain="nordlys.example", version=1).json()["domain"] == "nordlys.example"
    assert send(client, "PATCH", there, domain="other.example", version=1).status_code == 409
    assert send(api_of(bystander), "PATCH", there, name="x").status_code == 403
    tier = send(client, "POST", "customer-tiers/", slug="gold", name="Gold", answer_within="00:10:00").json()
    assert send(client, "PATCH", f"customer-tiers/{tier['id']}/", weight=9).json()["weight"] == 9
    rule = send(
        client, "POST", "signal-rules/", name="Two", reports=2, within="00:05:00", suggests_severity="SEV2"
    ).json()
    assert send(client, "PATCH", f"signal-rules/{rule['id']}/", is_active=False).json()["is_active"] is False
    bad = send(client, "POST", "macros/", name="Why", body="It was {cause}")
    assert (bad.status_code, "There is no {cause}" in str(bad.json())) == (400, True)
    macro = send(client, "POST", "macros/", name="Hello", body="Hello {customer}").json()
    assert send(client, "PATCH", f"macros/{macro['id']}/", body="Hi {customer}").json()["body"] == "Hi {customer}"
    assert client.delete(f"/api/v1/{there}").status_code == 204
    assert not CustomerAccount.objects.exists()


def test_signals_are_followed_or_put_aside(api_of, service, administrator):
    incident = make.make_incident(severity="SEV4", services=[service])
    for _ in range(3):
        report(incident)
    client = api_of(administrator)
    (signal,) = client.get(f"/api/v1/incidents/{incident.key}/signals/").json()["results"]
    there = f"incidents/{incident.key}/signals/{signal['id']}/"
    assert send(client, "POST", f"{there}follow/").json()["is_followed"] is True
    assert send(client, "POST", f"{there}put-aside/", reason="no").status_code == 409
    assert CustomerReport.objects.filter(incident=incident).count() == 3
