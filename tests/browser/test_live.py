"""The room beside others and without its server: news within two seconds, by polling within five, and nothing lost."""

import re
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PHONE, SHOTS, Visit, Visitor
from tests.browser.line import Line, line_to
from tests.services import product

ROOM = "/incidents/INC-284/"
OTHER = "/incidents/INC-281/"
#: What a browser itself writes to the console when a request finds no server.
NO_SERVER = ("net::ERR_", "Failed to load resource", "htmx:sendError", "htmx:afterRequest")
#: The place of the item that holds the focus among all items; its words may change with the time.
FOCUSED_ITEM = """() => {
    const items = [...document.querySelectorAll("[data-item], .tl-item")];
    return items.indexOf(document.activeElement.closest("[data-item], .tl-item"));
}"""


def write(page: Page, words: str) -> None:
    page.fill("#entry-body", words)
    page.press("#entry-body", "Enter")


def expect_news(page: Page, *, seconds: float) -> None:
    expect(page.locator("[data-show-news]")).to_be_visible(timeout=seconds * 1000)


def expect_entries(page: Page, words: str, count: int) -> None:
    expect(page.locator("article.tl-item", has_text=words)).to_have_count(count)


@pytest.fixture
def line(running: product.Product) -> Iterator[Line]:
    """The way to the product, for tests that cut it."""
    with line_to(urlsplit(running.url).port or 0) as between:
        yield between


@pytest.fixture
def by_line(visit: Visit, line: Line) -> Visit:
    """As `visit`, over the line."""

    def arrive(name: str, **how: object) -> Visitor:
        visitor = visit(name, expected=(*NO_SERVER, "409 (Conflict)", "400 (Bad Request)"), **how)
        visitor.url = line.url
        return visitor

    return arrive


def lose(page: Page, line: Line) -> None:
    line.cut()
    expect(page.locator("#stale")).to_be_visible(timeout=16000)


def come_back(page: Page, line: Line) -> None:
    line.mend()
    expect(page.locator("#stale")).to_be_hidden(timeout=16000)


def test_a_second_browser_shows_an_entry_within_two_seconds(visit: Visit) -> None:
    reader, writer = visit("amara").open(ROOM), visit("priya").open(ROOM)
    write(writer, "Pool two answers again.")
    expect_news(reader, seconds=2)


def test_where_streams_are_blocked_the_room_follows_within_five_seconds(visit: Visit) -> None:
    visitor = visit("amara", expected=NO_SERVER)
    visitor.context.route("**/stream/**", lambda route: route.abort())
    reader, writer = visitor.open(ROOM), visit("priya").open(ROOM)
    write(writer, "Pool three answers again.")
    expect_news(reader, seconds=5)
    expect(reader.locator("#stale")).to_be_hidden()


def test_where_a_proxy_keeps_the_stream_to_itself_the_room_follows_as_well(visit: Visit) -> None:
    visitor = visit("amara")
    held: list[Route] = []
    visitor.context.route("**/stream/**", lambda route: held.append(route))  # noqa: PLW0108  it marks what it is given
    reader, writer = visitor.open(ROOM), visit("priya").open(ROOM)
    write(writer, "Pool four answers again.")
    expect_news(reader, seconds=6)
    for route in held:
        route.abort()
    visitor.expected = NO_SERVER


def test_what_is_done_without_a_server_waits_and_is_sent_in_order(by_line: Visit, line: Line) -> None:
    lost = by_line("elif").open(ROOM)
    lose(lost, line)
    expect(lost.locator("#stale")).to_contain_text("Connection lost")
    expect(lost.locator("#stale")).to_contain_text(re.compile(r"What you see is \d+ s old"))
    expect(lost.locator(".roster")).to_have_class(re.compile("dimmed"))
    write(lost, "Offline one.")
    write(lost, "Offline two.")
    expect(lost.locator("#stale")).to_contain_text("2 actions wait for the connection")
    expect(lost.locator("#waiting li")).to_have_count(2)
    lost.screenshot(path=str(SHOTS / "room-lost-1440-light.png"), caret="initial")
    expect_entries(lost, "Offline one.", 0)
    come_back(lost, line)
    expect(lost.locator("#waiting")).to_be_hidden(timeout=10000)
    lost.reload()
    numbers = [
        int(lost.locator("article.tl-item", has_text=words).first.get_attribute("data-number") or 0)
        for words in ("Offline one.", "Offline two.")
    ]
    assert numbers == sorted(numbers)
    expect_entries(lost, "Offline one.", 1)
    expect_entries(lost, "Offline two.", 1)


def test_what_waits_outlives_a_reload(visit: Visit) -> None:
    visitor = visit("noor", expected=NO_SERVER)
    page = visitor.open(ROOM)
    visitor.context.route(
        "**/timeline/", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    write(page, "Kept over a reload.")
    expect(page.locator("#waiting li")).to_have_count(1)
    page.reload()
    page.wait_for_timeout(1500)
    expect(page.locator("#waiting li")).to_contain_text("Kept over a reload.")
    visitor.context.unroute("**/timeline/")
    expect(page.locator("#waiting")).to_be_hidden(timeout=12000)
    page.reload()
    expect_entries(page, "Kept over a reload.", 1)


def test_a_post_whose_answer_was_lost_is_not_done_twice(visit: Visit) -> None:
    visitor = visit("noor", expected=NO_SERVER)
    page = visitor.open(ROOM)
    lost = []

    def lose_the_first_answer(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    visitor.context.route("**/timeline/", lose_the_first_answer)
    write(page, "Said once.")
    expect(page.locator("#toast")).to_contain_text("1 action was sent.", timeout=15000)
    page.reload()
    assert lost[0].status == 200
    expect_entries(page, "Said once.", 1)


def test_approving_and_publishing_are_off_without_a_server(by_line: Visit, line: Line) -> None:
    page = by_line("amara").open(ROOM)
    approve = page.locator("button[formaction$='/approve/']").first
    expect(approve).to_be_enabled()
    lose(page, line)
    expect(approve).to_be_disabled()
    come_back(page, line)
    expect(approve).to_be_enabled()


def test_what_the_server_then_refuses_is_shown_with_its_words(by_line: Visit, line: Line) -> None:
    page = by_line("ben").open(OTHER)
    lose(page, line)
    page.evaluate(
        """() => {
            const form = document.querySelector("form.compose-box");
            form.insertAdjacentHTML("beforeend", '<input type="hidden" name="occurred_at" value="2999-01-01T00:00">');
        }"""
    )
    write(page, "From the year 2999.")
    expect(page.locator("#waiting li")).to_have_count(1)
    come_back(page, line)
    refused = page.locator("#waiting li[data-tone=bad]")
    expect(refused).to_contain_text("From the year 2999.", timeout=10000)
    expect(refused).to_contain_text("Not done:")
    refused.get_by_role("button", name="Dismiss").click()
    expect(page.locator("#waiting")).to_be_hidden()


def test_what_is_being_typed_outlives_a_reload_and_goes_once_it_is_sent(visit: Visit) -> None:
    page = visit("elif").open(ROOM)
    page.fill("#entry-body", "Half a sentence")
    page.reload()
    expect(page.locator("#entry-body")).to_have_value("Half a sentence")
    page.press("#entry-body", "Enter")
    expect(page.locator("article.tl-item", has_text="Half a sentence").first).to_be_visible()
    page.reload()
    expect(page.locator("#entry-body")).to_have_value("")


def test_news_never_takes_the_focus_away(visit: Visit) -> None:
    reader, writer = visit("amara").open(ROOM), visit("priya").open(ROOM)
    more = reader.locator("#head").get_by_role("button", name="More about this incident")
    more.focus()
    reader.locator("#head").evaluate("head => { head.dataset.old = ''; }")
    write(writer, "Something new.")
    expect(reader.locator("#head:not([data-old])")).to_have_count(1, timeout=6000)
    expect(more).to_be_focused()


def test_words_in_the_console_hold_off_its_refreshing(visit: Visit) -> None:
    reader, writer = visit("amara").open(ROOM), visit("priya").open(ROOM)
    field = reader.locator("#severity-reason")
    field.fill("Half the traffic is")
    write(writer, "Another row.")
    expect(reader.locator("#console-waits")).to_be_visible(timeout=6000)
    expect(field).to_have_value("Half the traffic is")
    expect(field).to_be_focused()


def test_what_falls_due_turns_red_at_its_instant_and_is_counted(visit: Visit) -> None:
    page = visit("amara").open("/incidents/")
    page.evaluate(
        """() => {
            const due = new Date(incidentops.now() + 2500).toISOString();
            document.querySelector("main").insertAdjacentHTML("afterbegin", `
              <section data-lane><h2>Doing <span data-overdue-count hidden></span></h2>
                <p data-due-row id="row"><button id="held">Done</button>
                  <span class="due"><time data-due datetime="${due}">00:02</time></span></p>
              </section>`);
        }"""
    )
    page.locator("#held").focus()
    begun = time.monotonic()
    row = page.locator("#row")
    page.wait_for_timeout(1500)
    assert row.get_attribute("data-tone") is None
    expect(row).to_have_attribute("data-tone", "bad", timeout=2500)
    assert time.monotonic() - begun < 3.5
    expect(page.locator("[data-overdue-count]")).to_have_text("1 overdue")
    expect(page.locator("#row .due")).to_have_class(re.compile("over"))
    expect(page.locator("#held")).to_be_focused()


def test_a_toast_offers_the_way_back_for_eight_seconds(visit: Visit) -> None:
    page = visit("amara").open("/incidents/")
    page.evaluate("""() => document.body.dispatchEvent(new CustomEvent("toast",
        {bubbles: true, detail: {text: "Noor Haddad is now Support.", undo: "/nowhere/"}}))""")
    toast = page.locator("#toast")
    expect(toast).to_contain_text("Noor Haddad is now Support.")
    expect(toast.get_by_role("button", name="Undo")).to_be_visible()
    page.wait_for_timeout(7000)
    expect(toast).to_be_visible()
    expect(toast).to_be_hidden(timeout=3000)


def test_the_header_folds_while_somebody_reads_and_title_and_clocks_stay(visit: Visit) -> None:
    page = visit("amara").open(ROOM)
    page.locator(".pane-tl").evaluate("pane => pane.scrollTo(0, 400)")
    expect(page.locator(".room-head .roster")).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".room-clocks")).to_be_visible()
    page.locator(".pane-tl").evaluate("pane => pane.scrollTo(0, 0)")
    page.wait_for_timeout(300)
    page.locator(".pane-tl").evaluate("pane => pane.dispatchEvent(new Event('scroll'))")
    expect(page.locator(".room-head .roster")).to_be_visible()


def test_on_a_phone_the_tabs_and_the_countdown_stay(visit: Visit) -> None:
    page = visit("amara", width=PHONE).open(ROOM)
    page.evaluate("scrollTo(0, 1200)")
    expect(page.locator(".room-tabs")).to_be_in_viewport()
    box = page.locator(".room-tabs").bounding_box()
    assert box is not None
    assert box["y"] == pytest.approx(0, abs=2)
    expect(page.locator("#tab-due time")).to_be_in_viewport()


def test_the_live_bar_leads_back_to_the_room(visit: Visit) -> None:
    page = visit("amara").open("/alerts/")
    bar = page.locator("a.livebar")
    expect(bar).to_contain_text("Card payments failing in the EU")
    expect(bar.locator("time")).to_have_count(2)
    bar.click()
    page.wait_for_url(f"**{ROOM}")
    expect(page.locator("#livebar")).to_have_count(0)


@pytest.mark.parametrize(
    ("keys", "where"), [("gs", r"/$"), ("ga", r"/alerts/"), ("gi", r"/incidents/$"), ("d", r"/declare/")]
)
def test_keys_lead_everywhere_from_the_room(keys: str, where: str, visit: Visit) -> None:
    page = visit("amara").open(ROOM)
    for key in keys:
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile(where))


def test_keys_of_the_room(visit: Visit) -> None:
    page = visit("amara").open(ROOM)
    page.keyboard.press("3")
    page.wait_for_url("**?seat=tech_lead")
    page.keyboard.press("1")
    page.wait_for_url("**?seat=commander")
    page.keyboard.press("t")
    expect(page.locator(".chips .chip:focus")).to_have_count(1)
    page.keyboard.press("j")
    first = page.evaluate(FOCUSED_ITEM)
    assert first >= 0
    page.keyboard.press("j")
    assert page.evaluate(FOCUSED_ITEM) != first
    page.keyboard.press("k")
    assert page.evaluate(FOCUSED_ITEM) == first
    page.keyboard.press("h")
    page.wait_for_url(re.compile("hand-over"))


def test_the_next_open_role_is_one_key_away(visit: Visit) -> None:
    page = visit("ben").open("/declare/")
    page.fill("#id_title", "Zebra labels smear in the warehouse")
    page.get_by_role("button", name=re.compile("^Declare")).click()
    page.wait_for_url("**/incidents/INC-*/")
    gap = page.locator(".slot[data-tone=bad]").first
    wanted = gap.get_attribute("href")
    page.keyboard.press("r")
    page.wait_for_url(f"**{wanted}")
    assert page.url.endswith(str(wanted))


def test_keys_can_be_switched_off(visit: Visit) -> None:
    page = visit("amara").open(ROOM)
    page.keyboard.press("?")
    page.locator("#single-keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.wait_for_timeout(400)
    assert page.url.endswith(ROOM)
    page.keyboard.press("?")
    page.locator("#single-keys").check()
