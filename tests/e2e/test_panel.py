"""The panel, as an admin uses it."""

from playwright.async_api import Page, expect

from scripts.lib.client import Client
from scripts.lib.places import PEOPLE, PLACES, add_all

from .conftest import Site, take_picture

GATE, WAREHOUSE, OFFICE = PLACES


async def test_live(page: Page, client: Client, site: Site) -> None:
    """A punch is on the screen as soon as it is made."""
    await add_all(client, site.ports)
    await page.goto("/syncid")
    await expect(
        page.get_by_role("heading", name="Punches over the day")
    ).to_be_visible()
    site.punch(GATE, "1001")
    line = page.get_by_role("listitem").filter(has_text="Amina").first
    await expect(line).to_contain_text("Check in")
    for user_id, _, at in PEOPLE:
        if at != WAREHOUSE.name and user_id != "1001":
            site.punch(GATE if at == GATE.name else OFFICE, user_id)
    await page.wait_for_timeout(2500)
    await take_picture(page, "panel-live")
    await page.set_viewport_size({"width": 390, "height": 844})
    await take_picture(page, "panel-live-phone")
    await page.goto("/syncid/terminals")
    await expect(page.get_by_role("heading", name=GATE.name)).to_be_visible()
    await take_picture(page, "panel-terminals-phone")
    await page.goto("/syncid/people")
    await expect(page.get_by_text("Amina")).to_be_visible()
    await take_picture(page, "panel-people-phone")
    await page.set_viewport_size({"width": 1280, "height": 800})
    await take_picture(page, "panel-people")
    await page.get_by_text("Amina").click()
    await page.wait_for_timeout(1500)
    await take_picture(page, "panel-user")
    await page.goto(f"/syncid/terminals/{GATE.serial}")
    await expect(page.get_by_role("heading", name=GATE.name)).to_be_visible()
    await take_picture(page, "panel-terminal")
    await page.goto("/syncid/terminals")
    await expect(page.get_by_role("heading", name=GATE.name)).to_be_visible()
    await take_picture(page, "panel-terminals")
