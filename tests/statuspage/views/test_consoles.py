import pytest

from roles.policy import SYSTEM
from statuspage import component_status, publishing
from statuspage.models import StatusPage
from tests import make


def test_responders_see_the_pages_and_outsiders_do_not(page, client_of, bystander, outsider, client):
    assert b"Halyard" in client_of(bystander).get("/pages/").content
    assert b"Halyard" not in client_of(outsider).get("/pages/").content
    assert client_of(bystander).get("/pages/halyard/").status_code == 200
    for path in ("/pages/halyard/", "/pages/halyard/panel/"):
        assert client_of(outsider).get(path).status_code == 404
        assert client.get(path).status_code == 302


@pytest.mark.parametrize("path", ["publish/", "components/payouts/"])
def test_who_does_not_hold_the_page_may_look_but_not_touch(page, client_of, bystander, outsider, path):
    assert (
        b"<form" not in client_of(bystander).get("/pages/halyard/").content.split(b'id="main"')[1].split(b"</main>")[0]
    )
    before = StatusPage.objects.get().wanted_version
    assert client_of(bystander).post(f"/pages/halyard/{path}", {"status": "major_outage"}).status_code == 403
    assert client_of(outsider).post(f"/pages/halyard/{path}", {"status": "major_outage"}).status_code == 404
    assert StatusPage.objects.get().wanted_version == before
    assert page.components.get(slug="payouts").status == "operational"


def test_its_manager_publishes_and_sets_a_component(page, client_of, keeper, worker):
    browser = client_of(keeper)
    assert browser.post("/pages/halyard/components/payouts/", {"status": "major_outage"}).status_code == 302
    assert page.components.get(slug="payouts").status == "major_outage"
    assert browser.post("/pages/halyard/publish/").status_code == 302
    assert "statuspage.tasks.republish" in worker.run()
    page.refresh_from_db()
    assert not page.is_stale


def test_a_status_that_does_not_exist_is_refused(page, client_of, keeper):
    assert client_of(keeper).post("/pages/halyard/components/payouts/", {"status": "on_fire"}).status_code == 409


def test_the_panel_names_what_is_wrong_and_counts_the_rest(page, client_of, bystander):
    component_status.set_status(page.components.get(slug="payouts"), "major_outage", by=SYSTEM)
    html = client_of(bystander).get("/pages/halyard/panel/").content.decode()
    assert "Payouts" in html
    assert "Major outage" in html
    assert "1 other component operational" in html


def test_the_list_costs_the_same_queries_for_one_page_and_for_three(
    page, client_of, bystander, django_assert_max_num_queries
):
    browser = client_of(bystander)
    browser.get("/pages/")
    with django_assert_max_num_queries(14) as first:
        browser.get("/pages/")
    for slug in ("two", "three"):
        make.make_page(slug)
    with django_assert_max_num_queries(14) as then:
        assert b"Two status" in browser.get("/pages/").content
    assert len(first) == len(then)


def test_a_page_that_could_not_be_published_says_so(page, client_of, bystander):
    publishing.publish(page.pk)
    StatusPage.objects.update(trouble="OSError: No space left on device")
    html = client_of(bystander).get("/pages/halyard/").content.decode()
    assert "could not be published" in html
    assert "No space left on device" in html
