"""Noor at work as Support Liaison: three reports in twenty seconds, answers in approved words, who cannot wait."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Visit, Visitor

ROOM = "/incidents/INC-284/"


def seated(visitor: Visitor) -> Page:
    """Noor's room, with her in her seat."""
    page = visitor.open(f"{ROOM}?seat=support_liaison")
    if page.get_by_role("button", name="Take it yourself").count():
        page.get_by_role("button", name="Take it yourself").first.click()
        page.wait_for_url("**/incidents/INC-284/**")
    page = visitor.open(ROOM)
    expect(page.locator("#h-console")).to_have_text("Support")
    return page


def test_three_reports_take_less_than_twenty_seconds_by_keyboard_and_move_the_curve(visit: Visit) -> None:
    page = seated(visit("noor"))
    before = int(page.locator("#curve .count").inner_text())
    page.locator("#report-account").focus()
    began = time.monotonic()
    for number, (name, words) in enumerate(
        (
            ("Nordlys Travel", "Refunds are not booked"),
            ("Kiosk 4", "Card reader beeps"),
            ("Maru Sushi", "Payout is late"),
        ),
        start=1,
    ):
        page.keyboard.type(name)
        page.locator("#report-symptom").focus()
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        expect(page.locator("#curve .count")).to_have_text(str(before + number))
        expect(page.locator("#report-account")).to_be_focused()
        expect(page.locator("#report-account")).to_have_value("")
    assert time.monotonic() - began < 20
    expect(page.locator("#quick-report [role=status]")).to_contain_text("Maru Sushi, “Payout is late”")


def test_a_reply_is_sent_in_approved_words(visit: Visit) -> None:
    visitor = visit("noor")
    page = seated(visitor)
    page.locator("#inquiries tr", has_text="Ostrava Tickets").get_by_role("link", name=re.compile("^Reply")).click()
    expect(page.locator("h1")).to_have_text("Ostrava Tickets")
    page.locator("label.pick", has_text="Declined, safe to retry").click()
    visitor.check_access()
    page.get_by_role("button", name=re.compile("^Send to")).click()
    page.wait_for_url("**/reports/")
    row = page.locator("tr", has_text="Ostrava Tickets")
    expect(row).to_contain_text("Answered")


def test_all_who_ask_the_same_are_answered_at_once(visit: Visit) -> None:
    page = seated(visit("noor"))
    form = page.locator("#inquiries form", has_text="same question, “Was I charged?”")
    expect(form).to_contain_text("Reply to all 4")
    form.get_by_role("button", name=re.compile("Macro: Was I charged")).click()
    expect(page.locator("#inquiries form", has_text="“Was I charged?”")).to_have_count(0)


def test_an_escalation_reaches_the_technical_lead_who_has_it(visit: Visit) -> None:
    noor = seated(visit("noor"))
    noor.locator("#escalations summary").click()
    noor.fill("#escalate-title", "May the ferry sail without card payments?")
    noor.locator("#escalations").get_by_role("button", name="Escalate", exact=True).click()
    expect(noor.locator("#escalations")).to_contain_text("May the ferry sail")
    priya = visit("priya").open(ROOM)
    row = priya.locator("#escalations li", has_text="May the ferry sail")
    row.get_by_role("button", name=re.compile("^I have it")).click()
    expect(priya.locator("#escalations li", has_text="May the ferry sail")).to_contain_text("Waiting")


def test_a_visitor_of_the_status_page_reports_and_support_sorts_it(visit: Visit) -> None:
    visitor = visit(width=PHONE)
    public = visitor.open("/s/halyard/report/")
    visitor.check_access()
    public.wait_for_timeout(2200)
    public.fill("#r-symptom", "The export button does nothing")
    public.fill("#r-name", "Dune Hotels")
    public.get_by_role("button", name="Send report").click()
    expect(public.locator("h1")).to_have_text("Thank you")
    assert visitor.context.cookies() == []
    noor = visit("noor").open("/support/reports/")
    card = noor.locator("li.card", has_text="The export button does nothing")
    card.get_by_role("combobox").select_option("INC-284")
    card.get_by_role("button", name=re.compile("^Sort")).click()
    expect(noor.locator("li.card", has_text="The export button does nothing")).to_have_count(0)


def test_a_report_is_written_down_without_script(visit: Visit) -> None:
    page = seated(visit("noor", script=False))
    page.fill("#report-symptom", "The printer prints no receipt")
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_url("**/incidents/INC-284/**")
    page.goto(f"{page.url.partition('/incidents/')[0]}{ROOM}reports/?q=receipt")
    expect(page.locator("table")).to_contain_text("The printer prints no receipt")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize(
    ("name", "who", "path"),
    [
        ("room-support", "noor", ROOM),
        ("customer-reports", "noor", f"{ROOM}reports/"),
        ("follow-up", "noor", f"{ROOM}follow-up/"),
        ("report-inbox", "amara", "/support/reports/"),
        ("customer-settings", "amara", "/settings/words/customers/"),
        ("customer-new", "amara", "/settings/words/customers/signals/"),
        ("public-report", "", "/s/halyard/report/"),
    ],
)
def test_page(name: str, who: str, path: str, width: int, dark: bool, visit: Visit) -> None:
    visitor = visit(who, width=width, dark=dark)
    if name == "room-support":
        seated(visitor)
    visitor.open(path)
    visitor.shoot(
        f"{name}-{width}-{'dark' if dark else 'light'}", whole=not (name.startswith("room") and width > PHONE)
    )
    visitor.check_width()
    visitor.check_access()
