"""Writing an update in the browser: from a template, with live previews, by two people, until it is out."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Visitor

ROOM = "/incidents/INC-284/"


def composer_of(visitor: Visitor, *, seat: str = "comms_lead", query: str = "") -> Page:
    page = visitor.open(f"{ROOM}?seat={seat}{query}")
    expect(page.locator("#composer-form")).to_be_visible()
    return page


def tab(page: Page, name: str) -> None:
    page.locator("#preview .seg label", has_text=name).click()


def tick(page: Page, audience: str) -> None:
    """Turns one audience on or off: its box lies unseen over the chip."""
    page.locator("#composer-form .chip", has_text=audience).click()


def test_an_update_is_written_with_all_that_helps(visit: Callable[..., Visitor]) -> None:
    jonas = visit("jonas")
    page = composer_of(jonas)

    # A template fills in from the facts, and is taken back.
    page.locator("#id_body").fill("My own words.")
    page.locator("#start-from").select_option(index=1)
    expect(page.locator("#id_body")).not_to_have_value("My own words.")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("#id_body")).to_have_value("My own words.")

    # What it becomes, as one types.
    page.locator("#id_title").fill("EU card payments recovering")
    page.locator("#id_body").fill("Capacity is restored for most EU card payments. About 2% still fail.")
    expect(page.locator("#composer-measure")).to_contain_text("12 words, reads at grade")
    expect(page.frame_locator("iframe[title='The page as it would be']").locator("h1")).to_have_text(
        "EU card payments recovering"
    )
    tab(page, "E-mail")
    expect(page.locator("[data-ch=email] dd").first).to_contain_text("EU card payments recovering")
    expect(page.frame_locator("iframe[title='The e-mail as HTML']").locator("h1")).to_have_text(
        "EU card payments recovering"
    )
    tab(page, "SMS")
    expect(page.locator(".bubble")).to_contain_text("Halyard: EU card payments recovering.")
    expect(page.locator("[data-ch=sms] dl")).to_contain_text("1 segment")
    expect(page.locator("[data-ch=sms] dl")).to_contain_text("6 in 1 country")
    tab(page, "Slack")
    expect(page.locator("[data-ch=slack] .chat-preview")).to_contain_text("About 2% still fail.")
    expect(page.locator("#what-changed ins").first).to_be_visible()
    expect(page.locator("#findings")).to_contain_text("of 7")
    jonas.check_access()
    jonas.shoot("composer-1440-light")

    # Nothing typed is lost: another page, another visit.
    expect(page.locator("[data-kept]")).to_contain_text("Kept")
    again = visit("jonas", width=PHONE, dark=True)
    elsewhere = composer_of(again)
    expect(elsewhere.locator("#id_title")).to_have_value("EU card payments recovering")
    expect(elsewhere.get_by_text("Restored what you typed")).to_be_visible()
    again.check_access()
    again.shoot("composer-390-dark")
    page = composer_of(jonas)
    expect(page.locator("#id_body")).to_have_value(
        "Capacity is restored for most EU card payments. About 2% still fail."
    )

    # Several audiences by one save.
    tick(page, "Internal")
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("#pending")).to_contain_text("EU card payments recovering")
    expect(page.locator("#id_body")).to_have_value("")
    assert jonas.complaints == []


def test_two_people_do_not_write_over_each_other(visit: Callable[..., Visitor]) -> None:
    # The refusal at the end is a 409, which browsers write to the console.
    jonas, amara = visit("jonas", expected=("409 (Conflict)", "Response Status Error Code 409")), visit("amara")
    page = composer_of(jonas)
    tick(page, "Public page")
    tick(page, "Internal")
    page.locator("#id_title").fill("Ledger pool")
    page.locator("#id_body").fill("The limit is restored on two nodes.")
    page.get_by_role("button", name="Save draft").click()
    card = page.locator("#pending article", has_text="Ledger pool")
    card.get_by_role("link", name="Edit").click()
    page.locator("#id_body").fill("The limit is restored on all nodes.")
    expect(page.locator("[data-kept]")).to_contain_text("Kept")

    number = page.locator("#composer-form [name=update]").get_attribute("value")
    theirs = composer_of(amara, seat="commander", query=f"&edit={number}")
    expect(theirs.get_by_text("Jonas Lindqvist is writing this text until")).to_be_visible()
    theirs.get_by_role("button", name="Take it over").click()
    expect(theirs.get_by_text("is writing this text until")).to_be_hidden()
    theirs.locator("#id_title").fill("Ledger pool restored")
    theirs.get_by_role("button", name="Save draft").click()
    expect(theirs.locator("main")).to_contain_text("Ledger pool restored")

    # Who had it is told, and keeps what they typed.
    page.locator("#id_body").fill("The limit is restored on all nodes, and holds.")
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("body")).to_contain_text("Amara Okafor")
    expect(page.locator("body")).to_contain_text("on all nodes, and holds.")


def test_templates_are_kept_on_their_page(visit: Callable[..., Visitor]) -> None:
    amara = visit("amara")
    page = amara.open("/settings/words/templates/?audience=executive")
    expect(page.locator("tbody tr").first).to_contain_text("Executive")
    amara.check_access()
    page.locator("tbody a").first.click()
    expect(page.get_by_text("Filled from the facts of")).to_be_visible()
    amara.check_access()
    amara.shoot("template-1440-light")
    assert amara.complaints == []


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_without_script_a_text_is_written_previewed_and_saved(visit: Callable[..., Visitor], width: int) -> None:
    kenji = visit("kenji", width=width, script=False)
    page = kenji.open(f"{ROOM}?seat=status_page_manager")
    page.locator("#id_title").fill("Cards, without script")
    page.locator("#id_body").fill("Some cards fail.")
    page.get_by_role("button", name="Show it").click()
    expect(page.locator("#preview .bubble")).to_contain_text("Cards, without script")
    expect(page.locator("#id_body")).to_have_value("Some cards fail.")
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("#ready")).to_contain_text("Cards, without script")
