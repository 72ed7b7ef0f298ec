"""A board for somebody outside: Jonas shares it, a director asks, Jonas answers, the board shows it by itself."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Visit

ROOM = "/incidents/INC-284/"
QUESTION = "Do we lose the contract with Nordlys?"


def test_a_director_asks_and_reads_the_answer_on_the_board(visit: Visit) -> None:
    jonas = visit("jonas")
    room = jonas.open(ROOM)
    boards = room.locator("#boards")
    boards.get_by_text("Share", exact=True).click()
    boards.get_by_label("For whom").fill("Supervisory board")
    boards.get_by_role("button", name="Make the link").click()
    row = room.locator("#boards li", has_text="Supervisory board")
    expect(row).to_be_visible()
    path = "/board/" + row.locator("code").inner_text().partition("/board/")[2]

    director = visit("", expected=("404 (Not Found)",))
    board = director.open(path)
    expect(board.locator("h1")).to_have_text("EU card payments are failing")
    assert board.context.cookies() == []
    board.get_by_label("Your name").fill("Ada Holm")
    board.get_by_label("Your question").fill(QUESTION)
    board.get_by_role("button", name="Ask").click()
    expect(board.get_by_role("status")).to_contain_text("The team has your question")
    director.check_access()

    room = jonas.open(f"{ROOM}team-questions/")
    asked = room.locator("article", has_text=QUESTION)
    expect(asked).to_contain_text("Ada Holm, by link")
    asked.locator("summary", has_text=re.compile("^Answer")).click()
    asked.get_by_label("Answer", exact=True).fill("No. They were told and wait with us.")
    asked.get_by_role("button", name="Send the answer").click()
    expect(room.get_by_text("They were told and wait with us.")).to_be_visible()

    board = director.open(path)
    expect(board.locator("#board")).to_contain_text("They were told and wait with us.")

    room = jonas.open(ROOM)
    room.get_by_role("button", name="Take back the link for Supervisory board").click()
    expect(room.locator("#boards li", has_text="Supervisory board")).to_have_count(0)
    gone = director.open(path)
    expect(gone.get_by_text("There is no such page, or it is not shared with you.")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_board_is_accessible_and_fits(visit: Visit, width: int, dark: bool) -> None:
    link = visit("jonas").open(ROOM).locator("#boards code").first.inner_text()
    visitor = visit("", width=width, dark=dark)
    visitor.open("/board/" + link.partition("/board/")[2])
    visitor.shoot(f"board-{width}-{'dark' if dark else 'light'}")
    visitor.check_width()
    visitor.check_access()
