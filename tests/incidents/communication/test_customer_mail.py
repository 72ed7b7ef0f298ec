"""Customers who write: stored first, sorted by what they name, and never lost."""

import base64
import json

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from incidents.communication import customer_mail, customer_reports, customers
from incidents.models import CustomerAccount, CustomerReport
from incidents.models import ReportState as R
from notifications import callbacks
from notifications.models import Callback
from roles.policy import SYSTEM
from tests.worker import Worker

WRITTEN = {
    "FromFull": {"Email": "Ada@Nordlys.example", "Name": "Ada L."},
    "ToFull": [{"Email": "support@halyard.example", "Name": ""}],
    "Subject": "Re: Are we charged?",
    "TextBody": "212 bookings were declined.\nAre they charged?",
    "MessageID": "0001",
    "Headers": [{"Name": "Message-ID", "Value": "<1@nordlys.example>"}],
}


@pytest.fixture(autouse=True)
def postmark(settings: Settings) -> None:
    settings.EMAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": ["user:secret"]}


def bring(client: Client, *, secret: str = "user:secret", raw: str | None = None, **fields: object) -> HttpResponse:
    return client.generic(
        "POST",
        "/hooks/email/postmark/inbound/",
        raw if raw is not None else json.dumps(WRITTEN | fields),
        content_type="application/json",
        headers={"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()},
    )


def test_a_mail_becomes_a_report_of_a_known_customer_to_be_sorted(client, worker: Worker, db):
    customers.keep(CustomerAccount(), by=SYSTEM, name="Nordlys Travel", domain="nordlys.example")
    assert bring(client).status_code == 200
    assert Callback.objects.get().body["text"].startswith("212 bookings")
    worker.run()
    report = CustomerReport.objects.get()
    assert (report.state, report.symptom, report.account.name, report.contact, report.source, report.channel) == (
        R.UNSORTED, "Are we charged?", "Nordlys Travel", "ada@nordlys.example", "email", "email",
    )  # fmt: skip


@pytest.mark.parametrize(
    "named",
    [{"Subject": "[INC-1] still broken"}, {"ToFull": [{"Email": "support+inc-1@halyard.example", "Name": ""}]}],
)
def test_it_goes_to_the_incident_that_it_names(client, worker: Worker, incident, named):
    bring(client, **named)
    worker.run()
    assert CustomerReport.objects.get().incident == incident


def test_of_an_incident_that_is_closed_it_is_to_be_sorted(client, worker: Worker, incident):
    type(incident).objects.update(state="closed")
    bring(client, Subject="INC-1 again")
    worker.run()
    assert CustomerReport.objects.get().state == R.UNSORTED


def test_the_same_mail_twice_is_one_report(client, worker: Worker, db):
    bring(client)
    bring(client)
    bring(client, MessageID="0002")
    worker.run()
    assert CustomerReport.objects.count() == 1


@pytest.mark.parametrize(
    ("headers", "sender", "why"),
    [
        ([{"Name": "Auto-Submitted", "Value": "auto-replied"}], "ada@nordlys.example", "An answering machine wrote it"),
        ([{"Name": "Precedence", "Value": "bulk"}], "ada@nordlys.example", "An answering machine wrote it"),
        ([], "MAILER-DAEMON@nordlys.example", "A mail of ours came back"),
        ([], "no-reply@nordlys.example", "A machine wrote it"),
    ],
)
def test_machines_are_put_aside_and_shown(client, worker: Worker, administrator, client_of, headers, sender, why):
    bring(client, Headers=headers, FromFull={"Email": sender, "Name": ""})
    worker.run()
    report = CustomerReport.objects.get()
    assert (report.state, report.note) == (R.DISMISSED, why)
    assert why in client_of(administrator).get("/support/reports/").content.decode()


def test_a_mail_that_cannot_be_read_is_kept_and_shown(client, worker: Worker, administrator, client_of):
    assert bring(client, raw='{"FromFull": "broken').status_code == 200
    worker.run()
    report = CustomerReport.objects.get()
    assert (report.state, report.symptom) == (R.UNSORTED, customer_mail.UNREADABLE)
    assert "broken" in report.verbatim
    assert customer_mail.UNREADABLE in client_of(administrator).get("/support/reports/").content.decode()


def test_a_wrong_secret_is_refused_and_stores_nothing(client, db):
    assert bring(client, secret="user:guess").status_code == 403
    assert not Callback.objects.exists()


def test_a_fault_of_ours_loses_no_mail(client, worker: Worker, db, monkeypatch):
    def broken(**_: object) -> None:
        raise RuntimeError("no database")

    with monkeypatch.context() as patch:
        patch.setattr(customer_reports, "receive", broken)
        bring(client)
        worker.run()
    stored = Callback.objects.get()
    assert (stored.worked_at, stored.failures, CustomerReport.objects.count()) == (None, 1, 0)
    assert callbacks.work_off(stored.pk)
    assert CustomerReport.objects.count() == 1


def test_html_alone_and_files_are_told(client, worker: Worker, db):
    file = {"Name": "log.txt", "ContentType": "text/plain", "Content": base64.b64encode(b"x").decode()}
    bring(client, TextBody="", HtmlBody="<p>It is <b>down</b></p>", Attachments=[file])
    worker.run()
    report = CustomerReport.objects.get()
    assert report.verbatim == "It is down\n\nNot kept: log.txt"
