"""The photo that a terminal takes of who punches, as an admin sees it."""

from playwright.async_api import Page, expect

from scripts.lib.client import Client
from scripts.lib.home import Home
from scripts.lib.syncid import add_gateway, set_options, until_all_are_loaded
from simulator.adms import AdmsSimulation

from .panel import no_complaints

SERIAL = "CKUJ203460001"


async def test_photo_that_follows(page: Page, client: Client, home: Home) -> None:
    """A photo is shown with its punch as soon as it comes."""
    added, _, _ = await add_gateway(client, "Canteen", SERIAL)
    await set_options(client, added.entry_id, photos=True)
    await until_all_are_loaded(client)
    await page.set_content("<p>Somebody</p>")
    picture = await page.locator("p").screenshot(type="jpeg")
    async with (
        AdmsSimulation(home.url, serial=SERIAL, step=True) as simulation,
        no_complaints(page),
    ):
        simulation.terminal.add_user("1001", "Amina")
        await simulation.cycle()
        await page.goto("/syncid")
        await expect(page.locator("sid-live")).to_contain_text("No punch yet")
        punch = await simulation.punch("1001")
        await simulation.upload("ATTLOG")
        line = page.locator("sid-live").get_by_role("listitem").first
        await expect(line).to_contain_text("Amina")
        simulation.terminal.take_photo("1001", picture, at=punch.time)
        await simulation.upload("ATTPHOTO")
        image = line.locator("img")
        await expect(image).to_be_visible()
        assert await image.evaluate("image => image.naturalWidth") > 0
