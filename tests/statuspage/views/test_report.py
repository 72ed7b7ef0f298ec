"""The form "Report a problem": without a cookie, the same answer always, limited, and off unless a page wants it."""

import time

import pytest
from django.http import HttpResponse

from incidents.models import CustomerReport
from incidents.models import ReportState as R
from statuspage import problem_reports, publishing, store
from statuspage.forms.report import ReportForm
from statuspage.models import StatusPage
from tests import make
from tests.incidents.communication.test_customer_reports import say


@pytest.fixture
def page(page: StatusPage) -> StatusPage:
    StatusPage.objects.update(takes_reports=True)
    page.refresh_from_db()
    return page


@pytest.fixture
def send(client, page, monkeypatch):
    """`send(symptom=…)`: a person who took ten seconds."""
    then = time.time() - 10
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: then)
        stamp = ReportForm(page=page).fresh_stamp()

    def post(**fields: str) -> HttpResponse:
        given = {"symptom": "Checkout hangs", "stamp": stamp, **fields}
        return client.post(f"/s/{page.slug}/report/", given)

    return post


def test_a_page_that_takes_no_reports_has_no_form(client, page):
    StatusPage.objects.update(takes_reports=False)
    assert client.get(f"/s/{page.slug}/report/").status_code == 404


def test_a_report_waits_to_be_sorted_and_sets_no_cookie(send, page):
    answer = send(email="Ada@Nordlys.example", name="Nordlys Travel", component="card-payments", details="at 02:09")
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Thank you" in answer.content.decode()
    report = CustomerReport.objects.get()
    assert (report.state, report.symptom, report.contact, report.page, report.component, report.channel) == (
        R.UNSORTED, "Checkout hangs", "ada@nordlys.example", "halyard", "card-payments", "web",
    )  # fmt: skip
    assert report.service.slug == "payments"


def test_it_goes_to_the_only_incident_that_the_page_shows(send, page, incident):
    say(incident, page)
    send()
    assert CustomerReport.objects.get().incident == incident
    say(make.make_incident(title="Webhooks are late"), page)
    send(symptom="Which one is it?")
    assert CustomerReport.objects.get(symptom="Which one is it?").state == R.UNSORTED


def test_robots_are_thanked_and_not_heard(send, client, page):
    assert "Thank you" in send(website="http://spam.example").content.decode()
    assert client.post(f"/s/{page.slug}/report/", {"symptom": "x", "stamp": "forged"}).status_code == 400
    assert not CustomerReport.objects.exists()


def test_what_was_typed_stays_beside_what_is_wrong(send):
    answer = send(email="nonsense", details="It hangs since noon")
    text = answer.content.decode()
    assert (answer.status_code, "It hangs since noon" in text, "no e-mail address" in text) == (400, True, True)


def test_one_address_is_heard_ten_times_and_thanked_always(send, monkeypatch):
    monkeypatch.setattr(problem_reports, "PER_ADDRESS", 2)
    answers = [send(email="ada@nordlys.example").content for _ in range(4)]
    assert len(set(answers)) == 1
    assert CustomerReport.objects.count() == 2


def test_one_network_is_told_to_wait(send, monkeypatch):
    monkeypatch.setattr(problem_reports, "PER_NETWORK", 2)
    assert [send().status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("takes", [True, False])
def test_the_published_page_links_to_it_and_stays_static(client, page, takes):
    StatusPage.objects.update(takes_reports=takes, wanted_version=5)
    publishing.publish(page.pk)
    html = client.get(f"/s/{page.slug}/").content.decode()
    assert ("/s/halyard/report/" in html) is takes
    assert "report/index.html" not in store.current(page.slug).files
