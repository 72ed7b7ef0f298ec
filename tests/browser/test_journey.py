"""A whole SEV1, from the first word to resolved, by seven people in seven browsers; each works in their own console."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Visit, Visitor

TITLE = "Payouts to Norway are stuck in the queue"
#: Who works in which seat, in the order in which the room shows them.
CREW = {
    "commander": "amara",
    "comms_lead": "jonas",
    "tech_lead": "priya",
    "sme": "tomas",
    "scribe": "elif",
    "support_liaison": "noor",
    "status_page_manager": "kenji",
}
CAUSE = "A rollout cut the payout pool to a tenth"
FIX = "Restore the payout pool on all nodes"
PUBLIC = "Payouts to Norway are late. No money is lost. We know the cause and are restoring the payout queue."
SHOW_NEWS = (
    "() => { const news = document.querySelector('.tl-news:not([hidden]) [data-show-news]'); if (news) news.click(); }"
)


@dataclass
class Room:
    """The incident as each of the seven sees it."""

    crew: dict[str, Visitor]
    path: str = ""

    def of(self, role: str) -> Page:
        return self.crew[role].page

    def enter(self, role: str) -> Page:
        return self.crew[role].open(f"{self.path}?seat={role}")

    def says(self, words: str, *, to: str, seconds: float = 8) -> None:
        """Somebody else's page tells of it by itself, or behind its button for what is new."""
        page = self.of(to)
        entry = page.locator("#timeline").get_by_text(words).first
        until = time.monotonic() + seconds
        while not entry.is_visible():
            assert time.monotonic() < until, f"{to} does not see within {seconds:.0f} s: {words}"
            # At one stroke: what is new may come by itself between a look at the button and a click.
            page.evaluate(SHOW_NEWS)
            page.wait_for_timeout(200)


@pytest.fixture
def room(visit: Visit) -> Iterator[Room]:
    yield Room({role: visit(name) for role, name in CREW.items()})


def opened(page: Page, section: str, button: str) -> Locator:
    """A section of the console with its form for something new unfolded."""
    here = page.locator(f"#{section}")
    here.locator("summary", has_text=button).first.click()
    return here


def advance(page: Page, verb: str, state: str, reason: str) -> None:
    """The commander moves the incident on; where something is still open, with a reason."""
    form = page.locator(f"#moves form[action$='/moves/{verb}/']").first
    # At one stroke: the console may be put anew between a look at the fold and a click.
    form.evaluate("form => { const fold = form.closest('details'); if (fold) fold.open = true; }")
    expect(form).to_be_visible()
    field = form.locator("input[name=reason]")
    if field.count():
        field.fill(reason)
    form.get_by_role("button").click()
    expect(page.locator("#head [aria-current=step]")).to_contain_text(state)


def declare(room: Room) -> None:
    page = room.crew["commander"].open("/declare/")
    page.fill("#id_title", TITLE)
    page.locator("label", has=page.locator("input[name=severity][value=SEV1]")).click()
    page.get_by_role("button", name="Declare SEV1").click()
    page.wait_for_url("**/incidents/INC-*/**")
    room.path = page.url.removeprefix(room.crew["commander"].url).partition("?")[0]


def take_seats(room: Room) -> None:
    """The commander takes the seat and offers one; the others take theirs, each once."""
    page = room.enter("commander")
    page.get_by_role("button", name="Take it yourself").click()
    expect(page.locator("#h-console")).to_have_text("Commander")
    room.enter("comms_lead")
    page.goto(f"{room.crew['commander'].url}{room.path}?seat=comms_lead")
    page.get_by_role("button", name="Offer to Jonas Lindqvist").click()
    expect(page.locator(".roster")).to_contain_text("offered to Jonas")
    jonas = room.enter("comms_lead")
    jonas.get_by_role("button", name="Accept").click()
    expect(jonas.locator("#composer")).to_be_visible()
    for role in ("tech_lead", "sme", "scribe", "support_liaison", "status_page_manager"):
        theirs = room.enter(role)
        theirs.get_by_role("button", name="Take it yourself").click()
        expect(theirs.locator(".slot.you")).to_be_visible()
    room.enter("commander")
    expect(page.locator(".slot[data-tone=bad]")).to_have_count(0)


def find_the_cause(room: Room) -> None:
    lead, expert = room.of("tech_lead"), room.of("sme")
    board = opened(lead, "hypotheses", "Hypothesis")
    board.locator("#hypothesis-title").fill(CAUSE)
    board.get_by_role("button", name="Put it on the board").click()
    expect(lead.locator("#hypotheses .ticket")).to_contain_text(CAUSE)

    advice = opened(lead, "advice", "Ask")
    advice.locator("#ask-question").fill("Is the payout pool as large as before the rollout?")
    advice.locator("#ask-whom").select_option(label=option(advice.locator("#ask-whom"), "Tomás Herrera"))
    advice.get_by_role("button", name="Ask", exact=True).click()
    expect(lead.locator("#advice")).to_contain_text("Is the payout pool as large as before")

    question = expert.locator("#questions article", has_text="payout pool")
    expect(question).to_be_visible(timeout=6000)
    question.get_by_label("Your answer").fill("No. It is 120 where it was 1,200.")
    question.get_by_role("button", name="Answer").click()
    expect(expert.locator("#questions")).to_contain_text("Nobody waits for an answer of yours")
    expert.fill("#can-conditions", "Payouts wait 40 minutes, none is lost")
    expert.fill("#can-actions", "Watching the queue")
    expert.fill("#can-needs", "The old pool size")
    expert.get_by_role("button", name="Send report").click()
    room.says("Payouts wait 40 minutes", to="commander")

    ticket = lead.locator("#hypotheses .ticket", has_text=CAUSE)
    ticket.locator("summary").click()
    ticket.get_by_label("What proves it, or speaks against it").fill("Pool size 120, cut by the rollout at noon")
    ticket.get_by_role("button", name="Confirm").click()
    expect(lead.locator("#hypotheses .lane", has_text="Confirmed")).to_contain_text(CAUSE)
    advance(room.of("commander"), "identify", "Identified", "The cause is found and proven.")


def option(select: Locator, name: str) -> str:
    """The whole label of the choice that begins with a name."""
    return next(label for label in select.locator("option").all_text_contents() if label.startswith(name))


def tell_the_public(room: Room) -> None:
    comms, commander, manager = room.of("comms_lead"), room.of("commander"), room.of("status_page_manager")
    composer = comms.locator("#composer")
    composer.locator("#id_status").select_option("identified")
    composer.locator("#id_title").fill("Payouts to Norway are late")
    composer.locator("#id_body").fill(PUBLIC)
    composer.get_by_role("button", name="Ask for approval").click()
    expect(comms.locator("#pending")).to_contain_text("Waiting for approval")
    waiting = commander.locator("#needs article", has_text=PUBLIC)
    expect(waiting).to_be_visible(timeout=6000)
    waiting.get_by_role("button", name="Approve", exact=True).click()
    expect(waiting).to_be_hidden()
    ready = manager.locator("#ready article", has_text=PUBLIC)
    expect(ready).to_be_visible(timeout=6000)
    ready.get_by_role("button", name="Publish").click()
    expect(ready).to_have_count(0)
    room.says("Payouts to Norway are late", to="comms_lead")


def mend(room: Room) -> None:
    lead, commander = room.of("tech_lead"), room.of("commander")
    log = opened(lead, "actions", "Log action")
    log.locator("#action-title").fill(FIX)
    log.locator("#action-undo").fill("Set the pool back to 120")
    log.locator("#action-executor").select_option(label="by you")
    log.get_by_role("button", name="Ask for approval").click()
    row = lead.locator("#actions tr", has_text=FIX)
    expect(row).to_be_visible()
    expect(row.get_by_role("button", name="Start")).to_have_count(0)
    waiting = commander.locator("#needs article", has_text=FIX)
    expect(waiting).to_be_visible(timeout=6000)
    waiting.get_by_role("button", name="Approve").click()
    expect(waiting).to_be_hidden()
    row.get_by_role("button", name="Start").click(timeout=8000)
    row.get_by_label("What it did").fill("Waiting payouts 900 to 12")
    row.get_by_role("button", name="Done").click()
    expect(row).to_contain_text("900 to 12")


def write_it_down(room: Room) -> None:
    scribe, support, commander = room.of("scribe"), room.of("support_liaison"), room.of("commander")
    scribe.fill("#quick-line", "/finding Nine hundred payouts waited at the worst")
    scribe.press("#quick-line", "Enter")
    room.says("Nine hundred payouts waited at the worst", to="tech_lead")
    support.fill("#entry-body", "Fourteen merchants have asked; all were told to wait.")
    support.press("#entry-body", "Enter")
    room.says("Fourteen merchants have asked", to="commander")
    commander.fill("#decision", "No refunds while payouts are only late.")
    commander.fill("#decision-why", "Every payout is still in the queue.")
    commander.get_by_role("button", name="Log decision").click()
    room.says("No refunds while payouts are only late.", to="scribe")


def look_at_every_console(room: Room) -> None:
    """Each console is accessible, fits, and is pictured: on a desk and in a hand, light and dark."""
    for role, visitor in room.crew.items():
        room.enter(role)
        for width, height in ((DESKTOP, 900), (PHONE, 844)):
            visitor.page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                visitor.page.emulate_media(color_scheme=scheme)
                visitor.page.wait_for_timeout(150)
                visitor.shoot(f"journey-{role}-{width}-{scheme}", whole=width == PHONE)
                visitor.check_width()
                visitor.check_access()
        visitor.page.set_viewport_size({"width": DESKTOP, "height": 900})
        visitor.page.emulate_media(color_scheme="light")


def end_it(room: Room) -> None:
    lead, commander = room.of("tech_lead"), room.of("commander")
    advance(commander, "monitor", "Monitoring", "The queue drains on all nodes.")
    checks = opened(lead, "verification", "Check")
    checks.locator("#check-title").fill("Payouts wait under a minute")
    checks.locator("#check-minutes").fill("0")
    checks.get_by_role("button", name="Add check").click()
    check = lead.locator("#verification li", has_text="Payouts wait under a minute")
    check.locator("summary").click()
    check.get_by_label("Reading").fill("20 s")
    check.get_by_role("button", name="It is well").click()
    expect(check).to_contain_text("20 s")
    advance(commander, "resolve", "Resolved", "Tried by hand: a payout arrives in 20 seconds.")
    for role in CREW:
        expect(room.of(role).locator("#head [aria-current=step]")).to_contain_text("Resolved", timeout=8000)


def test_a_sev1_is_worked_by_seven_people_from_declared_to_resolved(room: Room) -> None:
    declare(room)
    take_seats(room)
    find_the_cause(room)
    tell_the_public(room)
    mend(room)
    write_it_down(room)
    look_at_every_console(room)
    end_it(room)
