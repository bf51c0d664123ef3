"""Homes, and a browser to look at them."""

from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import re
import shutil

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect
import pytest

from scripts.lib.client import Client, Owner, connect, log_in, sign_up
from scripts.lib.home import HOST, ROOT, Home, free_port
from scripts.lib.places import TERMINALS
from scripts.lib.simulated import Simulated

RESULTS = ROOT / "test-results"
PICTURES = Path(os.environ.get("SYNCID_SCREENSHOTS") or RESULTS)
# Not in a sandbox, which needs another user than root, and without calling home.
_CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# A page may take its time on a machine that has much to do.
expect.set_options(timeout=20_000)
_SIZE = ViewportSize(width=1280, height=800)

_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixtures know whether a test has failed."""
    report = yield
    if report.failed:
        item.stash[_failed] = True
    return report


def _evidence(request: pytest.FixtureRequest, name: str) -> Path | None:
    """Return the file for what shows why a test failed, or None if it has not."""
    if _failed not in request.node.stash:
        return None
    RESULTS.mkdir(exist_ok=True)
    return RESULTS / f"{request.node.name}-{name}"


@dataclass(frozen=True, slots=True)
class Owned:
    """A home that belongs to somebody, and is asleep."""

    home: Home
    token: str

    def wake_in(self, folder: Path) -> Home:
        """Return a copy of it, which may run."""
        return self.home.copy_to(folder, free_port())


@pytest.fixture(scope="session")
async def owned(tmp_path_factory: pytest.TempPathFactory) -> Owned:
    """Return a home with nothing in it but its owner."""
    home = Home(tmp_path_factory.mktemp("owned") / "home", free_port())
    home.prepare()
    async with home.running():
        token = await sign_up(home.url, Owner("Olga", "olga", "only-for-tests"))
        async with connect(home.url, token) as client:
            await client.until_running()
    # A recorder whose last run ended ten minutes ago complains that it was not clean.
    for file in home.folder.glob("home-assistant_v2.db*"):
        file.unlink()
    return Owned(home, token)


class Site(Simulated):
    """The terminals of the demo, on ports of their own."""

    host = HOST

    def __init__(self, folder: Path) -> None:
        """Find ports that are free."""
        super().__init__(folder)
        self.ports = {place.name: free_port() for place in TERMINALS}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """Return terminals that answer."""
    site = Site(tmp_path)
    async with site.serving(site.ports):
        yield site


@pytest.fixture
async def home(
    owned: Owned, site: Site, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Home]:
    """Return a home that runs, and look in the end whether it complained.

    It ends before the terminals, whose end it would complain of.
    """
    assert site
    home = owned.wake_in(tmp_path / "home")
    async with home.running():
        yield home
    if (file := _evidence(request, "console.log")) is not None:
        shutil.copy(home.console, file)
    assert list(home.complaints()) == []


@pytest.fixture
async def client(home: Home, owned: Owned) -> AsyncIterator[Client]:
    """Return a connection to the home, as its owner."""
    async with connect(home.url, owned.token) as client:
        await client.until_running()
        yield client


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Return the browser that scripts/test found: CHROME, else playwright's own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=os.environ.get("CHROME"), args=_CHROMIUM_ARGUMENTS
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def logged_in(browser: Browser, home: Home, token: str) -> AsyncIterator[Page]:
    """Open a page of the browser, in which the user of a token is logged in."""
    tokens = {
        "access_token": token,
        "token_type": "Bearer",
        "refresh_token": "",
        "expires_in": 10**9,
        "expires": 10**14,
        "hassUrl": home.url,
        "clientId": f"{home.url}/",
    }
    context = await browser.new_context(
        base_url=home.url, viewport=_SIZE, locale="en-GB", reduced_motion="reduce"
    )
    await context.add_init_script(
        f"localStorage.hassTokens = {json.dumps(json.dumps(tokens))}"
    )
    # Home Assistant gets the pictures of other integrations from the internet.
    await context.route(
        re.compile(r"/api/brands/(?!.*/syncid/)"), lambda route: route.abort()
    )
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def page(
    browser: Browser, home: Home, owned: Owned, request: pytest.FixtureRequest
) -> AsyncIterator[Page]:
    """Return a page of the browser, in which the owner is logged in."""
    async with logged_in(browser, home, owned.token) as page:
        yield page
        if (file := _evidence(request, "page.png")) is not None:
            await page.screenshot(path=file)


@pytest.fixture
async def guest(
    browser: Browser, home: Home, client: Client, request: pytest.FixtureRequest
) -> AsyncIterator[Page]:
    """Return a page of the browser, in which somebody is logged in who is no admin."""
    guest = Owner("Guest", "guest", "only-for-guests")
    made = await client.command(
        "config/auth/create", name=guest.name, group_ids=["system-users"]
    )
    await client.command(
        "config/auth_provider/homeassistant/create",
        user_id=made["user"]["id"],
        username=guest.username,
        password=guest.password,
    )
    async with logged_in(browser, home, await log_in(home.url, guest)) as page:
        yield page
        if (file := _evidence(request, "guest.png")) is not None:
            await page.screenshot(path=file)


async def take_picture(page: Page, name: str) -> None:
    """Take a picture of the page, for the README or to look at."""
    await page.wait_for_load_state("networkidle")  # its icons
    await page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
