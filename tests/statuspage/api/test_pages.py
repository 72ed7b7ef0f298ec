import pytest

from statuspage.models import StatusPage
from tests import make


def test_pages_are_listed_with_their_least_fields(page, bystander, api_of):
    body = api_of(bystander).get("/api/v1/pages/").json()
    assert body["next"] is None
    assert [one["slug"] for one in body["results"]] == ["halyard"]
    assert api_of(bystander).get("/api/v1/pages/halyard/").json()["name"] == "Halyard"


def test_components_come_in_the_pages_order(page, bystander, api_of):
    body = api_of(bystander).get("/api/v1/pages/halyard/components/").json()
    assert [one["slug"] for one in body["results"]] == ["card-payments", "payouts"]
    assert body["results"][0].keys() >= {"id", "slug", "name", "status", "group"}
    assert body["results"][0]["group"] is None


@pytest.mark.parametrize("part", ["", "components/", "groups/", "templates/", "subscribers/"])
def test_who_may_not_see_the_page_finds_nothing(page, outsider, api_of, client, part):
    assert api_of(outsider).get(f"/api/v1/pages/halyard/{part}").status_code == 404
    assert client.get(f"/api/v1/pages/halyard/{part}").status_code == 401


def test_subscribers_are_for_those_who_manage_them_and_masked(page, reader, bystander, keeper, api_of):
    refused = api_of(bystander).get("/api/v1/pages/halyard/subscribers/")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    [row] = api_of(keeper).get("/api/v1/pages/halyard/subscribers/").json()["results"]
    assert (row["address"], row["state"]) == ("d•••@nordlys.example", "confirmed")


def test_a_component_is_set_by_who_holds_the_page(page, keeper, bystander, api_of):
    url = "/api/v1/pages/halyard/components/payouts/"
    change = {"data": {"status": "partial_outage"}, "content_type": "application/json"}
    assert api_of(bystander).patch(url, **change).status_code == 403
    answer = api_of(keeper).patch(url, **change)
    assert (answer.status_code, answer.json()["status"]) == (200, "partial_outage")
    assert page.components.get(slug="payouts").status == "partial_outage"


@pytest.mark.parametrize("data", [{"status": "on_fire"}, {}, {"status": "operational", "name": "Mine"}])
def test_a_component_takes_a_known_status_and_nothing_else(page, keeper, api_of, data):
    url = "/api/v1/pages/halyard/components/payouts/"
    assert api_of(keeper).patch(url, data=data, content_type="application/json").status_code == 400
    assert page.components.get(slug="payouts").name == "Payouts"


def test_publishing_is_asked_for_by_who_holds_the_page(page, keeper, bystander, api_of):
    before = StatusPage.objects.get().wanted_version
    assert api_of(bystander).post("/api/v1/pages/halyard/publish/").status_code == 403
    assert StatusPage.objects.get().wanted_version == before
    answer = api_of(keeper).post("/api/v1/pages/halyard/publish/")
    assert (answer.status_code, answer.json()["wanted_version"]) == (200, before + 1)


def test_a_list_costs_the_same_queries_for_one_and_for_three(page, bystander, api_of, django_assert_num_queries):
    api = api_of(bystander)
    api.get("/api/v1/pages/")
    with django_assert_num_queries(2):
        api.get("/api/v1/pages/")
    for slug in ("two", "three"):
        make.make_page(slug)
    with django_assert_num_queries(2):
        assert len(api.get("/api/v1/pages/").json()["results"]) == 3
