"""The product as a person meets it: started whole, with the demo organisation, and looked at in Chromium.

Whatever a page writes to the console as a warning or an error fails the test that looked at it.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.services import product

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "harbour-lights"
#: Where the pictures go, so that somebody can look at them beside the designs.
SHOTS = Path(os.environ.get("SHOTS_DIR", Path(__file__).resolve().parents[2] / "var" / "shots"))
PHONE = 390
DESKTOP = 1440


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[product.Product]:
    """The product with the demo organisation, for the whole run."""
    with product.running(tmp_path_factory.mktemp("browser") / "product") as started:
        yield started


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody at a browser. `complaints` is what the pages wrote to the console."""

    url: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def open(self, path: str) -> Page:
        """Goes to a page and waits until it is drawn and its parts are fetched."""
        self.page.goto(f"{self.url}{path}", wait_until="load")
        self.page.wait_for_timeout(300)
        return self.page

    def check_access(self) -> None:
        """Fails on anything that axe finds on the page."""
        # Without preload: it writes the imported sheets into the page, which the content policy refuses.
        found = Axe().run(self.page, options={"preload": False})
        assert found.violations_count == 0, found.generate_report()

    def shoot(self, name: str, *, whole: bool = True) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        # Hiding the caret would leave a style on each field, which the content policy refuses at the next swap.
        self.page.screenshot(path=str(SHOTS / f"{name}.png"), full_page=whole, caret="initial")

    def check_width(self) -> None:
        """Nothing sticks out sideways."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{wide} px too wide"

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(words in message.text for words in self.expected):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def signed_in(running: product.Product, chromium: Browser) -> Callable[[str], dict[str, object]]:
    """What a browser keeps of somebody who has signed in by the form; asked for once a person."""
    kept: dict[str, dict[str, object]] = {}

    def sign_in(name: str) -> dict[str, object]:
        if name not in kept:
            context = chromium.new_context()
            page = context.new_page()
            page.goto(f"{running.url}/accounts/login/")
            page.fill("#login", name)
            page.fill("#password", PASSWORD)
            page.press("#password", "Enter")
            page.wait_for_url(f"{running.url}/")
            kept[name] = context.storage_state()
            context.close()
        return kept[name]

    return sign_in


@pytest.fixture
def visit(
    running: product.Product, chromium: Browser, signed_in: Callable[[str], dict[str, object]]
) -> Iterator[Visit]:
    """`visit("amara")` is her browser; without a name, the public's."""
    opened: list[Visitor] = []

    def arrive(
        name: str = "", *, width: int = DESKTOP, dark: bool = False, script: bool = True, expected: tuple[str, ...] = ()
    ) -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": 900 if width > PHONE else 844},
            color_scheme="dark" if dark else "light",
            storage_state=signed_in(name) if name else None,
            java_script_enabled=script,
            has_touch=width == PHONE,
        )
        visitor = Visitor(running.url, context, context.new_page(), expected=expected)
        visitor.page.on("console", visitor.hear)
        visitor.page.on("pageerror", lambda problem: visitor.complaints.append(str(problem)))
        opened.append(visitor)
        return visitor

    yield arrive
    complaints = [complaint for visitor in opened for complaint in visitor.complaints]
    for visitor in opened:
        visitor.context.close()
    assert complaints == []
