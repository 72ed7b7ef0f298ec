"""The room at work: live rows, typed words that stay, shortcuts, and everything without script."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Visit

ROOM = "/incidents/INC-284/"
QUIET = "/incidents/INC-281/"


def test_news_of_others_waits_behind_a_button(visit: Visit) -> None:
    reader, writer = visit("amara").open(ROOM), visit("priya").open(ROOM)
    before = reader.locator("article[data-number]").count()
    writer.fill("#entry-body", "Node three is drained.")
    writer.press("#entry-body", "Enter")
    expect(writer.locator("article", has_text="Node three is drained.").first).to_be_visible()
    news = reader.locator("[data-show-news]")
    expect(news).to_have_text("Show 1 new", timeout=5000)
    expect(reader.locator("article[data-number]")).to_have_count(before)
    news.click()
    expect(reader.locator(".tl-new")).to_have_text("1 new since you looked")
    expect(reader.locator("article", has_text="Node three is drained.").first).to_be_visible()


def test_a_refused_move_says_who_was_first_and_keeps_the_words(visit: Visit) -> None:
    first = visit("ben").open(QUIET)
    second = visit("ben", expected=("409 (Conflict)",)).open(QUIET)
    second.locator("#severity-reason").fill("Only two shops are hit.")
    first.get_by_role("button", name="Move to Identified").first.click()
    expect(first.locator("[aria-current=step]")).to_contain_text("Identified")
    second.evaluate("document.querySelector('form[action$=\"moves/identify/\"]').requestSubmit()")
    expect(second.locator("#notices")).to_contain_text("moved by Ben Castillo")
    expect(second.locator("#severity-reason")).to_have_value("Only two shops are hit.")


def test_an_update_goes_from_the_lead_over_the_commander_to_the_public(visit: Visit) -> None:
    words = "Card payments work again for most customers in the EU."
    lead = visit("jonas").open(ROOM)
    lead.fill("#id_body", words)
    lead.get_by_role("button", name="Ask for approval").last.click()
    expect(lead.locator("article", has_text=words).first).to_contain_text("Waiting for approval")

    commander = visit("amara").open(ROOM)
    waiting = commander.locator("article.card", has_text=words)
    waiting.get_by_role("button", name="Approve", exact=True).click()
    expect(waiting).to_be_hidden()

    manager = visit("kenji").open(ROOM)
    manager.locator("article.card", has_text=words).get_by_role("button", name="Publish").click()
    expect(manager.locator("article.card", has_text=words)).to_have_count(0)

    public = visit()
    for _ in range(25):
        if public.open("/s/halyard/").get_by_text(words).count():
            break
    expect(public.page.get_by_text(words).first).to_be_visible()


def test_a_seat_is_filled_by_two_clicks(visit: Visit) -> None:
    page = visit("amara").open(ROOM)
    page.locator(".slot[data-tone=bad]").first.click()
    expect(page.locator("#h-console")).to_have_text("Support")
    # Whoever would be woken is paged instead: at some hours that is the best match, and the next one is assigned.
    assign = page.get_by_role("button", name=re.compile("^Assign ")).first
    first_name = (assign.inner_text()).split()[1]
    assign.click()
    expect(page.locator(".roster")).to_contain_text(first_name)
    expect(page.locator(".slot[data-tone=bad]")).to_have_count(0)


def test_shortcuts(visit: Visit) -> None:
    page = visit("amara").open("/")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/incidents/")
    page.keyboard.press("d")
    page.wait_for_url("**/declare/")
    expect(page.locator("#id_title")).to_be_focused()
    page.keyboard.type("d is a letter here")
    expect(page.locator("#id_title")).to_have_value("d is a letter here")
    page.goto(page.url.replace("/declare/", ROOM))
    page.keyboard.press("n")
    expect(page.locator("#entry-body")).to_be_focused()
    page.keyboard.press("Tab")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#shortcuts")).to_be_hidden()


def test_the_theme_stays_chosen(visit: Visit) -> None:
    page = visit("amara").open("/")
    page.locator("[data-theme-toggle]").first.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_everything_works_without_script(visit: Visit) -> None:
    page = visit("ben", script=False).open("/declare/")
    page.fill("#id_title", "The printer in the lobby hums")
    page.locator("label", has=page.locator("input[value=SEV4]")).click()
    page.get_by_role("button", name=re.compile("^Declare")).click()
    page.wait_for_url("**/incidents/INC-*/")
    page.get_by_role("link", name=re.compile("Commander")).first.click()
    page.get_by_role("button", name="Take it yourself").click()
    expect(page.locator("#h-console")).to_have_text("Commander")
    page.fill("#entry-body", "It hums in B flat.")
    page.locator(".compose-more").get_by_role("button", name="Add").click()
    expect(page.locator("article", has_text="It hums in B flat.").first).to_be_visible()
    page.locator("#moves").get_by_role("button", name="Move to Identified").click()
    expect(page.locator("[aria-current=step]")).to_contain_text("Identified")


#: Every console of a room, by who sits at it in the demo; Ben holds no seat, Noor is Support.
CONSOLES = [
    ("amara", "commander"),
    ("jonas", "comms_lead"),
    ("priya", "tech_lead"),
    ("tomas", "sme"),
    ("elif", "scribe"),
    ("kenji", "status_page_manager"),
    ("noor", "support_liaison"),
    ("ben", ""),
    ("amara", "support_liaison"),
]


@pytest.mark.parametrize(("name", "seat"), CONSOLES)
def test_every_console_fits_a_phone_with_all_that_unfolds_and_opens(visit: Visit, name: str, seat: str) -> None:
    person = visit(name, width=PHONE)
    page = person.open(f"{ROOM}?seat={seat}" if seat else ROOM)
    person.check_width()
    page.evaluate("document.querySelectorAll('.room details').forEach(box => { box.open = true; })")
    person.check_width()
    for dialog in page.locator("[popover].dialog").all():
        dialog.evaluate("box => box.showPopover()")
        box = dialog.bounding_box()
        assert box
        assert (box["x"] >= 0, box["x"] + box["width"] <= PHONE) == (True, True), dialog.get_attribute("id")
        person.check_width()
        dialog.evaluate("box => box.hidePopover()")
    page.get_by_text("Timeline", exact=False).first.click()
    person.check_width()


def test_an_open_dialog_stays_while_others_write_and_what_they_wrote_comes_after_it(visit: Visit) -> None:
    reader, writer = visit("priya").open(ROOM), visit("amara").open(ROOM)
    reader.evaluate(
        "() => { const box = document.createElement('div'); box.popover = 'auto'; box.id = 'asks';"
        " box.textContent = 'Sure?'; document.getElementById('console').append(box); box.showPopover(); }"
    )
    writer.fill("#entry-body", "Node four is drained.")
    writer.press("#entry-body", "Enter")
    expect(reader.locator("[data-show-news]")).to_have_text("Show 1 new", timeout=8000)
    reader.wait_for_timeout(1500)
    expect(reader.locator("#asks")).to_be_visible()
    with reader.expect_response(lambda answer: "/console/" in answer.url):
        reader.keyboard.press("Escape")
    expect(reader.locator("#asks")).to_have_count(0)
