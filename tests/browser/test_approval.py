"""A text on its way: submitted, compared, commented on, sent back, mended, approved, published; and the cadence."""

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Visit

ROOM = "/incidents/INC-284/"


def test_a_text_goes_back_once_and_then_out(visit: Visit) -> None:
    words = "Card payments in the EU work again for two banks of three."
    lead = visit("jonas").open(f"{ROOM}?seat=comms_lead")
    lead.fill("#id_body", words)
    lead.get_by_role("button", name="Ask for approval").last.click()
    card = lead.locator("article.card", has_text=words)
    expect(card).to_contain_text("Waiting for approval")
    path = card.get_by_role("link", name="Open").get_attribute("href")
    assert path

    commander = visit("amara")
    page = commander.open(path)
    expect(page.locator("ins", has_text="two banks of three").first).to_be_visible()
    commander.check_access()
    commander.shoot("approval")
    page.locator("#line-1 summary").click()
    page.fill("#say-1", "Which banks?")
    page.fill("#say-all", "Nearly there.")
    page.get_by_role("button", name="Send back").click()
    expect(page.locator("main")).to_contain_text("Sent back: Nearly there.")

    lead.goto(f"{lead.url.split('/incidents/')[0]}{path}")
    expect(lead.locator("#comments")).to_contain_text("Which banks?")
    lead.locator("#comments").get_by_role("button", name="Seen to").click()
    expect(lead.locator("#comments")).to_contain_text("Seen to")
    lead.get_by_role("link", name="Edit").click()
    lead.fill("#id_body", f"{words} The third follows.")
    lead.get_by_role("button", name="Ask for approval").last.click()
    expect(lead.locator("article.card", has_text="The third follows.")).to_contain_text("Waiting for approval")

    page = commander.open(path)
    expect(page.locator("section", has_text="that was submitted before").locator("ins")).to_contain_text("The third")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("main")).to_contain_text("Approved")

    manager = visit("kenji").open(path)
    manager.get_by_role("button", name="Publish").click()
    expect(manager.locator("main")).to_contain_text("Published")


def test_the_cadence_stands_on_the_consoles_and_on_a_phone(visit: Visit) -> None:
    for width in (1440, PHONE):
        lead = visit("jonas", width=width)
        page = lead.open(f"{ROOM}?seat=comms_lead")
        expect(page.locator("#promise .cadence li").first).to_contain_text("Public")
        lead.check_width()
    commander = visit("amara").open(ROOM)
    expect(commander.locator("#promise")).to_contain_text("kept")


def test_how_often_whom_is_told_is_read_by_everybody_at_work(visit: Visit) -> None:
    reader = visit("ben", width=PHONE)
    page = reader.open("/settings/words/rhythm/")
    expect(page.locator("#SEV1-public")).to_contain_text("first within 5 min, every 20 min")
    reader.check_width()
    reader.check_access()
