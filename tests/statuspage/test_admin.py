import pytest
from django.urls import reverse

from incidents.models import MessageTemplate
from statuspage.models import PageRole, StatusPage
from tests import make


def is_sent(value):
    """Whether a browser sends the field: an unticked box it does not."""
    return value is not None and value is not False


def posted(client, page, **changes):
    """What the change form of a page posts, as it was shown, with some fields changed."""
    url = reverse("admin:statuspage_statuspage_change", args=[page.pk])
    shown = client.get(url)
    if shown.status_code != 200:
        return url, changes
    form = shown.context["adminform"].form
    data = {name: form[name].value() for name in form.fields if is_sent(form[name].value())}
    for inline in shown.context["inline_admin_formsets"]:
        formset = inline.formset
        for field in formset.management_form:
            data[field.html_name] = field.value()
        for one in formset.forms:
            for field in one:
                if is_sent(field.value()):
                    data[field.html_name] = getattr(field.value(), "pk", field.value())
    return url, {**data, **changes}


def test_its_manager_renames_a_page_in_the_admin(page, keeper, client_of):
    client = client_of(keeper)
    url, data = posted(client, page, name="Halyard payments")
    assert client.post(url, data).status_code == 302
    page.refresh_from_db()
    assert page.name == "Halyard payments"
    assert page.publishes_moves == ["SEV3", "SEV4", "SEV5"]


@pytest.mark.parametrize("who", ["bystander", "commander", "outsider"])
def test_others_cannot_not_even_by_a_forged_post(page, who, keeper, client_of, request):
    _, data = posted(client_of(keeper), page, name="Mine now")
    client = client_of(request.getfixturevalue(who))
    url = reverse("admin:statuspage_statuspage_change", args=[page.pk])
    assert client.post(url, data).status_code in {302, 403}
    page.refresh_from_db()
    assert page.name == "Halyard"


def test_a_role_is_given_and_ended_through_page_roles(page, administrator, bystander, client_of):
    client = client_of(administrator)
    url, data = posted(client, page)
    data |= {"seats-TOTAL_FORMS": 1, "seats-0-user": bystander.pk, "seats-0-kind": "primary", "seats-0-page": page.pk}
    assert client.post(url, data).status_code == 302
    seat = PageRole.objects.live().get()
    assert (seat.user, seat.assigned_by, seat.is_held) == (bystander, administrator, True)
    assert bystander.has_perm("statuspage.publish_page", page)
    url, data = posted(client, page)
    assert client.post(url, {**data, "seats-0-DELETE": "on"}).status_code == 302
    assert not PageRole.objects.live().exists()


def test_an_administrator_makes_a_page(administrator, keeper, client_of):
    url = reverse("admin:statuspage_statuspage_add")
    shown = client_of(administrator).get(url).context["adminform"].form
    data = {name: shown[name].value() for name in shown.fields if is_sent(shown[name].value())}
    data |= {"slug": "new", "name": "New page"}
    assert client_of(keeper).post(url, data).status_code == 403
    assert client_of(administrator).post(url, data).status_code == 302
    assert StatusPage.objects.get(slug="new").name == "New page"
    assert MessageTemplate.objects.filter(page="new", is_approved=True).count() == 4


def test_subscribers_are_read_by_those_who_manage_them_and_masked(page, keeper, bystander, reader, client_of):
    url = reverse("admin:statuspage_subscriber_changelist")
    other = make.make_page("other")
    make.make_subscriber(other, "secret@other.example")
    html = client_of(keeper).get(url).content.decode()
    assert "d•••@nordlys.example" in html
    assert reader.address not in html
    assert "other.example" not in html
    assert client_of(bystander).get(url).status_code == 403
    detail = reverse("admin:statuspage_subscriber_change", args=[reader.pk])
    assert client_of(keeper).post(detail, {"amount": "major"}).status_code == 403
