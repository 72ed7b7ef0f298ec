"""Every page, light and dark, on a desk and in a hand: accessible, quiet, not too wide, and pictured."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Visit

ROOM = "/incidents/INC-284/"
#: name → (who looks, where)
PAGES = {
    "situation": ("amara", "/"),
    "declare": ("amara", "/declare/"),
    "incidents": ("amara", "/incidents/"),
    "room-commander": ("amara", ROOM),
    "room-comms": ("jonas", ROOM),
    "room-status-page": ("kenji", ROOM),
    "room-observer": ("ben", ROOM),
    "room-seat": ("amara", f"{ROOM}?seat=support_liaison"),
    "room-monitoring": ("amara", "/incidents/INC-283/"),
    "words": ("amara", f"{ROOM}words/"),
    "groups": ("amara", "/settings/words/groups/"),
    "group": ("amara", "/settings/words/groups/executives/"),
    "chats": ("amara", "/settings/words/chats/"),
    "style": ("amara", "/settings/words/style/?text=Outage+on+db-03.prod.internal+since+02:14"),
    "templates": ("amara", "/settings/words/templates/"),
    "rhythm": ("amara", "/settings/words/rhythm/"),
    "customer-settings": ("amara", "/settings/words/customers/"),
    "support-desk": ("noor", "/support/"),
    "support-incident": ("noor", "/support/incidents/INC-284/"),
    "report-inbox": ("amara", "/support/reports/"),
    "feedback": ("amara", f"{ROOM}feedback/"),
    "summary": ("jonas", f"{ROOM}summary/"),
    "team-questions": ("jonas", f"{ROOM}team-questions/"),
    "alerts": ("amara", "/alerts/"),
    "alert-sources": ("amara", "/alerts/sources/"),
    "messages": ("amara", "/messages/"),
    "pages": ("kenji", "/pages/"),
    "page": ("kenji", "/pages/halyard/"),
    "account": ("amara", "/accounts/"),
    "two-step": ("amara", "/accounts/2fa/"),
    "signin": ("", "/accounts/login/"),
    "public": ("", "/s/halyard/"),
    "public-history": ("", "/s/halyard/history/"),
    "public-subscribe": ("", "/s/halyard/subscribe/"),
}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("name", PAGES)
def test_page(name: str, width: int, dark: bool, visit: Visit) -> None:
    person, path = PAGES[name]
    visitor = visit(person, width=width, dark=dark)
    visitor.open(path)
    visitor.shoot(
        f"{name}-{width}-{'dark' if dark else 'light'}", whole=not (name.startswith("room") and width > PHONE)
    )
    visitor.check_width()
    visitor.check_access()


def test_what_is_not_there(visit: Visit) -> None:
    visitor = visit("amara", expected=("404 (Not Found)",))
    visitor.open("/incidents/INC-1/")
    expect(visitor.page.get_by_text("There is no such page, or it is not shared with you.")).to_be_visible()
    visitor.check_access()
