"""The panel where things are not as usual: restarts, other users, screens and languages."""

from datetime import datetime, timedelta

from playwright.async_api import Page, ViewportSize, expect
import pytest

from scripts.lib.client import Client
from scripts.lib.home import Home
from scripts.lib.places import PEOPLE, TERMINALS

from .conftest import Site, take_picture
from .panel import PHONE, dialog, go_to, is_too_wide, no_complaints, serious
from .test_panel import panel

__all__ = ["panel"]

GATE, WAREHOUSE, OFFICE = TERMINALS
TABLET = ViewportSize(width=768, height=1024)
DESK = ViewportSize(width=1280, height=800)
WIDE = ViewportSize(width=1600, height=900)

PAGES = (
    ("live", "/syncid/live", "Arrivals over the day"),
    ("terminals", "/syncid/terminals", GATE.name),
    ("terminal", f"/syncid/terminals/{GATE.serial}", "Health"),
    ("people", "/syncid/people", "Amina"),
    ("nobody", "/syncid/people?view=nobody", "Petra"),
    ("users", "/syncid/people?view=users", "Amina"),
    ("attendance", "/syncid/attendance?date={yesterday}", "Amina"),
    ("month", "/syncid/attendance?view=month&date={yesterday}", "Amina"),
    ("rules", "/syncid/rules", "Usual rules"),
)


def workday() -> str:
    """Return the date of the last workday, of which the demo has punches."""
    day = datetime.now().date() - timedelta(days=1)
    while day.weekday() > 4:
        day -= timedelta(days=1)
    return day.isoformat()


@pytest.fixture
async def directory(panel: Page, client: Client) -> Page:
    """Return the panel, with most users taken as people."""
    known = [user_id for user_id, _, _ in PEOPLE[:-1]]
    await client.command("syncid/people/adopt", user_ids=known)
    await client.command("syncid/rules/save", start_time="08:00", end_time="16:30")
    return panel


async def open_page(page: Page, path: str, text: str) -> None:
    """Open a page of the panel, and wait for what is on it."""
    await page.goto(path)
    await expect(
        page.locator("syncid-panel").get_by_text(text, exact=True).first
    ).to_be_visible()


# --- restarts -------------------------------------------------------------------------


async def test_restart_of_home_assistant(
    panel: Page, client: Client, site: Site, home: Home
) -> None:
    """Who looks at the panel meanwhile is told, and sees the next punch; a drill goes on."""
    await open_page(panel, "/syncid", "Punches over the day")
    await client.command("syncid/drill/begin")
    drill = panel.get_by_text("begun by Olga")
    await expect(drill).to_be_visible()
    await home.stop()
    await expect(
        panel.get_by_text("The connection to Home Assistant is lost")
    ).to_be_visible()
    await home.start()
    await expect(
        panel.get_by_text("The connection to Home Assistant is lost")
    ).to_be_hidden()
    # Nobody is thrown out.
    await expect(panel.locator(".tile", has_text="Terminals online")).to_contain_text(
        "3 of 3"
    )
    site.punch(GATE, "1007")
    await expect(
        panel.locator("sid-live").get_by_role("listitem").first
    ).to_contain_text("Grace")
    await panel.reload()
    await expect(drill).to_be_visible()


async def test_reload_of_a_terminal(panel: Page, client: Client) -> None:
    """The page stays where it is, and knows."""
    async with no_complaints(panel):
        await open_page(panel, "/syncid/terminals?search=office", OFFICE.name)
        for entry in await client.command("config_entries/get", domain="syncid"):
            await client.post(
                f"/api/config/config_entries/entry/{entry['entry_id']}/reload"
            )
        await expect(panel.get_by_role("article")).to_contain_text("Online")
        assert panel.url.endswith("/syncid/terminals?search=office")


async def put_away(panel: Page) -> None:
    """Take the panel off the page, and put another one there."""
    await panel.evaluate(
        """() => {
            const old = document.querySelector("home-assistant").shadowRoot
              .querySelector("home-assistant-main").shadowRoot
              .querySelector("ha-panel-custom").querySelector("syncid-panel");
            const other = document.createElement("syncid-panel");
            Object.assign(other, { hass: old.hass, narrow: old.narrow, panel: old.panel });
            old.replaceWith(other);
        }"""
    )


async def test_put_away(panel: Page) -> None:
    """Home Assistant takes the panel off the page after a while, and makes another one."""
    async with no_complaints(panel):
        await open_page(panel, "/syncid/people?view=users&search=ami", "Amina")
        await put_away(panel)
        rows = panel.locator("sid-table tbody tr")
        await expect(rows).to_have_count(1)
        await expect(panel.get_by_placeholder("Name or user ID")).to_have_value("ami")


async def test_put_away_while_written(directory: Page) -> None:
    """What is not saved yet is there again, until it is taken back."""
    panel = directory
    async with no_complaints(panel):
        await open_page(panel, "/syncid/rules", "Usual rules")
        grace = panel.get_by_role("spinbutton")
        before = await grace.input_value()
        await grace.fill("17")
        await put_away(panel)
        await expect(grace).to_have_value("17")
        await panel.get_by_role("button", name="Cancel").click()
        await expect(grace).to_have_value(before)
        await put_away(panel)
        await expect(grace).to_have_value(before)

        await open_page(panel, "/syncid/people", "Amina")
        await panel.get_by_role("button", name="Open Amina").click()
        name = dialog(panel).get_by_label("Name")
        await name.fill("Amina Noor")
        await put_away(panel)
        await expect(name).to_have_value("Amina Noor")
        await dialog(panel).get_by_role("button", name="Cancel").click()
        await panel.get_by_role("button", name="Open Amina").click()
        await expect(name).to_have_value("Amina")


# --- others ---------------------------------------------------------------------------


async def test_who_is_no_admin(panel: Page, guest: Page) -> None:
    """They neither see the panel nor get there by its address."""
    assert panel
    await guest.goto("/syncid")
    await expect(guest.get_by_role("link", name="Overview")).to_be_visible()
    await expect(guest.get_by_role("link", name="SyncID")).to_have_count(0)
    await expect(guest.locator("syncid-panel")).to_have_count(0)


# --- screens --------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_screens(directory: Page, scheme: str) -> None:
    """Nothing is wider than a phone, and axe finds nothing that keeps anybody out."""
    panel = directory
    await panel.emulate_media(
        color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
    )
    found = []
    for size in (PHONE, TABLET, DESK, WIDE):
        await panel.set_viewport_size(size)
        for name, path, text in PAGES:
            await open_page(panel, path.format(yesterday=workday()), text)
            await take_picture(panel, f"panel-{name}-{size['width']}-{scheme}")
            assert not await is_too_wide(panel), f"{name} at {size}"
            found += [(name, size["width"], one) for one in await serious(panel)]
    assert found == []


async def test_dialogs_for_everybody(panel: Page) -> None:
    """Dialogs too can be used by who does not see them, and with the keyboard alone."""
    await panel.set_viewport_size(PHONE)
    await open_page(panel, f"/syncid/terminals/{GATE.serial}", "Health")
    for name in (
        "Enrol a finger",
        "Copy users",
        "Restore users",
        "Empty the log",
        "Put punches right",
    ):
        button = panel.get_by_role("button", name=name)
        await button.focus()
        await panel.keyboard.press("Enter")
        await expect(dialog(panel).locator("dialog")).to_be_visible()
        assert await serious(panel) == [], name
        await take_picture(panel, f"panel-{name.split()[0].lower()}-390")
        await panel.keyboard.press("Escape")
        await expect(dialog(panel)).to_have_count(0)
        await expect(button).to_be_focused()
    await panel.get_by_role("button", name="Tasks").click()
    assert await serious(panel) == []


@pytest.mark.parametrize(
    ("language", "word", "direction"),
    [
        ("ur", "حاضری", "rtl"),
        ("ar", "الحضور", "rtl"),
        ("es", "Asistencia", "ltr"),
        ("fr", "Présence", "ltr"),
        ("hi", "उपस्थिति", "ltr"),
    ],
)
async def test_languages(
    directory: Page, language: str, word: str, direction: str
) -> None:
    """In each language all fits, and some are written the other way round.

    Swahili is there too, but not yet one of Home Assistant's languages.
    """
    await directory.add_init_script(
        f"localStorage.selectedLanguage = JSON.stringify({language!r})"
    )
    for name, path, _ in PAGES:
        for size in (PHONE, DESK):
            await directory.set_viewport_size(size)
            await directory.goto(path.format(yesterday=workday()))
            frame = directory.locator("syncid-panel .frame")
            await expect(frame).to_have_attribute("dir", direction)
            await expect(
                frame.get_by_role("link", name=word).locator("visible=true")
            ).to_be_visible()
            assert not await is_too_wide(directory), f"{name} at {size}"
            for one in await frame.locator(".filters button").all():
                box = await one.bounding_box()
                assert box and box["x"] >= 0, f"{name} at {size}"
                assert box["x"] + box["width"] <= size["width"], f"{name} at {size}"
            await take_picture(directory, f"panel-{name}-{size['width']}-{language}")


async def test_without_elements_of_home_assistant(panel: Page, site: Site) -> None:
    """What Home Assistant drops some day is not missed: there is something plain."""
    await panel.set_viewport_size(PHONE)
    await open_page(panel, "/syncid/terminals", GATE.name)
    await panel.evaluate(
        """() => {
            const get = customElements.get.bind(customElements);
            customElements.get = (name) =>
              ["ha-chart-base", "ha-menu-button"].includes(name) ? undefined : get(name);
        }"""
    )
    async with no_complaints(panel):
        await go_to(panel, "Live")
        site.punch(GATE, "1007")
        await expect(panel.locator(".plain-chart")).to_be_visible()
        await take_picture(panel, "panel-plain")
        await panel.get_by_role("button", name="Menu").click()
        await expect(panel.get_by_role("link", name="Overview")).to_be_visible()
