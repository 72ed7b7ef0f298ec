import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents.communication import phrases
from incidents.models import MessageTemplate, PublicStatus
from roles import grants, policy
from roles.models import AuditEvent
from roles.policy import SYSTEM
from statuspage import branding, page_roles, pages
from statuspage.models import Component, PageRole, StatusPage


def test_a_new_page_has_approved_texts_for_each_move(page):
    own = MessageTemplate.objects.filter(page=page.slug, is_approved=True)
    assert set(own.values_list("phase", flat=True)) == set(PublicStatus) - {"postmortem"}


def test_only_administrators_make_pages(db, administrator, bystander, keeper):
    for person in (bystander, keeper):
        with pytest.raises(PermissionDenied):
            pages.create(slug="mine", name="Mine", by=person)
    assert pages.create(slug="mine", name="Mine", by=administrator).name == "Mine"


def test_its_manager_changes_a_page_and_it_is_kept_who_did(page, keeper, bystander):
    version = page.wanted_version
    with pytest.raises(PermissionDenied):
        pages.change(page, by=bystander, name="Mine now")
    pages.change(page, by=keeper, name="Halyard payments")
    page.refresh_from_db()
    assert (page.name, page.wanted_version) == ("Halyard payments", version + 1)
    event = AuditEvent.objects.get(action="page.changed")
    assert (event.actor, event.data["before"]) == (keeper, {"name": "Halyard"})


def test_counters_and_stamps_cannot_be_set(page):
    with pytest.raises(ValidationError, match="wanted_version cannot be set"):
        pages.change(page, by=SYSTEM, wanted_version=99)


@pytest.mark.parametrize("colour", ["red", "#fff", "#ABCDEF", "#15244b;}body{display:none", "url(x)"])
def test_only_a_plain_colour_reaches_a_sheet(page, colour):
    with pytest.raises(ValidationError):
        pages.change(page, by=SYSTEM, brand_colour=colour)
    StatusPage.objects.update(brand_colour=colour[:7])
    page.refresh_from_db()
    assert branding.FALLBACK in branding.sheet(page) or colour[:7] == "#15244b"


def test_what_stands_on_the_brand_can_be_read():
    assert branding.on("#15244b") == "#ffffff"
    assert branding.on("#ffe08a") == "#14191f"


@pytest.mark.parametrize("text", ["{secret}", "{title.__class__}", "{0}", "{}", "{title!r}", "{ title }"])
def test_an_unknown_placeholder_is_refused_at_save(page, text):
    template = MessageTemplate.objects.get(page=page.slug, phase="identified")
    with pytest.raises(ValidationError, match="is no placeholder"):
        pages.write_text(page, by=SYSTEM, template=template, body=f"We know {text}.")
    assert MessageTemplate.objects.get(pk=template.pk).body == template.body


def test_its_manager_keeps_the_pages_own_texts_and_no_others(page, keeper, bystander):
    own = MessageTemplate.objects.get(page=page.slug, phase="identified")
    pages.write_text(page, by=keeper, template=own, body="We know why, and restore {components}.")
    own.refresh_from_db()
    assert (own.body, own.edited_by, own.version) == ("We know why, and restore {components}.", keeper, 2)
    with pytest.raises(PermissionDenied):
        pages.write_text(page, by=bystander, template=own, body="Mine.")
    with pytest.raises(ValidationError, match="is no text of Halyard"):
        pages.write_text(page, by=keeper, template=MessageTemplate.objects.filter(page="").first(), body="Mine.")


@pytest.mark.parametrize("text", ["{{7*7}}", "{% now %}", "%s", "${title}"])
def test_other_template_languages_stay_text_or_are_refused(text):
    try:
        phrases.check(text)
    except ValidationError:
        return
    assert phrases.fill(text, {"title": "T"}) in {text, text.replace("{title}", "T")}


def test_what_is_put_in_is_not_looked_through_again():
    values = {"title": "{components}", "components": "Cards"}
    assert phrases.fill("{title} and {components}", values) == "{components} and Cards"


def test_keeping_a_component_never_sets_its_status(page, keeper):
    component = page.components.get(slug="payouts")
    component.status, component.name = "major_outage", "Pay-outs"
    pages.keep(component, by=keeper)
    assert Component.objects.filter(slug="payouts").values_list("name", "status").get() == ("Pay-outs", "operational")


def test_a_component_stays_in_groups_of_its_own_page(page):
    other = pages.create(slug="other", name="Other", by=SYSTEM)
    group = pages.add_group(other, slug="core", name="Core", by=SYSTEM)
    component = page.components.get(slug="payouts")
    component.group = group
    with pytest.raises(ValidationError, match="group of another page"):
        pages.keep(component, by=SYSTEM)


def test_a_page_role_brings_its_rights_and_takes_them_along(page, bystander, administrator):
    assert not policy.may(bystander, "statuspage.publish_page", page)
    seat, is_new = page_roles.assign(page, bystander, by=administrator)
    assert is_new
    assert grants.held(bystander, page) >= {"statuspage.publish_page", "statuspage.manage_page"}
    assert policy.may(bystander, "statuspage.publish_page", page)
    assert page_roles.assign(page, bystander, by=administrator) == (seat, False)
    page_roles.release(seat, by=administrator)
    assert not policy.may(bystander, "statuspage.publish_page", StatusPage.objects.get(pk=page.pk))
    with pytest.raises(ValidationError, match="does not hold"):
        page_roles.release(seat, by=administrator)
    assert AuditEvent.objects.filter(action__startswith="page_role").count() == 2


def test_nobody_gives_a_page_to_themselves(page, bystander, outsider, keeper):
    with pytest.raises(PermissionDenied):
        page_roles.assign(page, bystander, by=bystander)
    with pytest.raises(ValidationError, match="not an active responder"):
        page_roles.assign(page, outsider, by=keeper)
    assert list(PageRole.objects.values_list("user", flat=True)) == [keeper.pk]
