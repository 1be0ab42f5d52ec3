"""A real Chromium against a real site; the network beyond this machine is shut, and every request is checked."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.prepared import demo_site
from tests.browser.site import ROOT, Site

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
PASSWORD = "mitate-demo"
# A machine that runs tests does other things as well; the driver's own patience ends after 5 s.
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the browser."""
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium, which resolves no name at all: a page that asked another host would get nothing."""
    chromium = playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--lang=ja"],
    )
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def demo_sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo sites of this run lie: one folder for all processes of pytest-xdist."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "demo-sites"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def site(demo_sites: Path) -> Iterator[Site]:
    """A site with the demo data for a module: what one module leaves on it is not there for the next."""
    running = demo_site(demo_sites)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def take_picture() -> Callable[[Page, str], None]:
    """Keep a picture of a page in build/screenshots; those that README and guides show are brought up to date when asked for."""
    folder = ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("guide*.md")] if os.environ.get("MITATE_UPDATE_IMAGES") == "1" else []
    shown = "".join(page.read_text("utf-8") for page in pages)

    def take(page: Page, name: str) -> None:
        picture = folder / f"{name}-{page.locator('html').get_attribute('lang')}.png"
        page.screenshot(path=picture)
        if f"/{picture.name}" in shown:
            shutil.copyfile(picture, ROOT / "docs" / "images" / picture.name)
        if f"/{picture.stem}.jpg" in shown:
            page.screenshot(path=ROOT / "docs" / "images" / f"{picture.stem}.jpg", type="jpeg", quality=80)

    return take


class Visit:
    """One person at one browser: a page, what went wrong on it, and where its requests went."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context = context
        self.site = site
        self.errors: list[str] = []
        self.foreign: list[str] = []
        context.on("weberror", lambda problem: self.errors.append(f"Uncaught {problem.error}"))
        context.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        context.on("request", lambda request: self._note(request.url))
        self.page: Page = context.new_page()

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != f"127.0.0.1:{self.site.port}":
            self.foreign.append(url)

    def enter(self, user: str) -> None:
        """Come with a session that is open already, as people do who signed in this morning; no page is open yet."""
        opened = {"sessionid": self.site.sessions[user].pop(), "csrftoken": secrets.token_hex(16)}
        self.context.add_cookies([{"name": name, "value": value, "url": self.site.url} for name, value in opened.items()])

    def sign_in(self, user: str) -> None:
        """Sign in by the form, as a person does."""
        self.page.goto(f"{self.site.url}/login/")
        self.fill_in_login(self.page, user)
        self.page.wait_for_url(f"{self.site.url}/")

    def fill_in_login(self, page: Page, user: str) -> None:
        """Give name and password on a sign-in page and wait until it is gone."""
        page.fill("input[name=username]", user)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login/" not in url)


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Visit]]:
    """Open a browser as somebody in a language; after the test no page may have asked another host or broken the policy."""
    visits: list[Visit] = []

    def begin(user: str | None = None, language: str = "ja", **options: object) -> Visit:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="ja-JP" if language == "ja" else "en-GB", **options)
        context.add_cookies([{"name": "django_language", "value": language, "url": site.url}])
        context.set_default_timeout(15_000)
        fresh = Visit(context, site)
        visits.append(fresh)
        if user is not None:
            fresh.enter(user)
        return fresh

    yield begin
    for done in visits:
        done.context.close()
        assert not done.foreign, f"requests to other hosts: {done.foreign}"
        broken = [error for error in done.errors if "Content Security Policy" in error or "Uncaught" in error]
        assert not broken, broken
