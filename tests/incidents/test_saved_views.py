"""Views of the list that people keep: their own, those that are shared, and a deleted one brought back."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import saved_views
from incidents.conflicts import Conflict
from incidents.models import SavedView
from tests import make

LIST = "/incidents/"


@pytest.fixture
def view(bystander):
    return saved_views.save("Bad ones", "severity=SEV1&state=active", by=bystander)


def shown(client, query=""):
    return [one.name for one in client.get(f"{LIST}?{query}").context["views"]]


def test_a_filter_is_kept_under_a_name(bystander, client_of):
    client = client_of(bystander)
    answer = client.post("/views/", {"name": " Bad  ones ", "query": "severity=SEV1&past=9&mine=&x=1&field-region=EU"})
    assert answer["Location"] == f"{LIST}?severity=SEV1&field-region=EU"
    assert SavedView.objects.values_list("owner", "name", "is_shared").get() == (bystander.pk, "Bad ones", False)
    page = client.get(answer["Location"])
    assert page.context["view"].name == "Bad ones"


def test_the_same_filter_in_another_order_is_the_same_view(view, bystander, client_of):
    page = client_of(bystander).get(f"{LIST}?state=active&severity=SEV1&past=7")
    assert page.context["view"] == view


def test_a_refused_name_comes_back_as_typed(view, bystander, client_of):
    answer = client_of(bystander).post("/views/", {"name": "Bad ones", "query": "state=resolved"})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "You keep a view named “Bad ones” already." in text
    assert 'value="Bad ones"' in text
    assert client_of(bystander).post("/views/", {"name": " ", "query": "state=resolved"}).status_code == 400
    assert SavedView.objects.get() == view


def test_a_view_is_ones_own_until_it_is_shared(view, bystander, commander, outsider, client_of):
    others = client_of(commander)
    assert shown(others) == []
    assert others.post(f"/views/{view.pk}/", {"name": "Mine"}).status_code == 404
    client_of(bystander).post(f"/views/{view.pk}/", {"name": "The bad ones", "is_shared": "on"})
    assert shown(others) == ["The bad ones"]
    assert shown(client_of(outsider)) == []
    assert others.post(f"/views/{view.pk}/", {"name": "Mine"}).status_code == 403
    assert others.post(f"/views/{view.pk}/delete/").status_code == 403
    client_of(bystander).post(f"/views/{view.pk}/", {"name": "The bad ones"})
    assert shown(others) == []


def test_a_stakeholder_keeps_views_and_shares_none(outsider):
    saved_views.save("Mine", "state=active", by=outsider)
    with pytest.raises(PermissionDenied):
        saved_views.save("Ours", "state=active", by=outsider, is_shared=True)
    assert list(SavedView.objects.values_list("name", flat=True)) == ["Mine"]


def test_a_deleted_view_can_be_brought_back(view, bystander, commander, client_of):
    client = client_of(bystander)
    answer = client.post(f"/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()
    page = client.get(answer["Location"])
    assert "The view is deleted." in page.content.decode()
    token = page.context["deleted"]
    assert client_of(commander).post("/views/restore/", {"token": token}).status_code == 403
    assert client.post("/views/restore/", {"token": token})["Location"] == f"{LIST}?{view.query}"
    assert SavedView.objects.values_list("name", "query").get() == ("Bad ones", view.query)
    assert client.post("/views/restore/", {"token": "invented"}).status_code == 409


def test_there_is_an_end_to_names_and_filters(bystander, monkeypatch):
    with pytest.raises(ValidationError):
        saved_views.save("x" * 61, "state=active", by=bystander)
    with pytest.raises(ValidationError):
        saved_views.save("Long", f"q={'x' * 600}", by=bystander)
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 1)
    saved_views.save("One", "state=active", by=bystander)
    with pytest.raises(Conflict):
        saved_views.save("Two", "state=active", by=bystander)


def test_views_cost_the_same_for_one_and_for_three(view, client_of, django_assert_num_queries, bystander):
    client = client_of(bystander)
    client.get(LIST)
    with django_assert_num_queries(11):
        client.get(LIST)
    for number in range(2):
        saved_views.save(f"Shared {number}", "state=active", by=make.make_user(f"sharer{number}"), is_shared=True)
    assert len(shown(client)) == 3
    with django_assert_num_queries(11):
        client.get(LIST)
