"""SyncID in a browser."""

from playwright.async_api import Page, expect

from scripts.lib.client import Client
from scripts.lib.places import PEOPLE, TERMINALS
from scripts.lib.simulated import add_terminals

from .conftest import Site, take_picture
from .pages import fill_add_form, finish, number, open_add_form, open_options, submit

GATE, WAREHOUSE, OFFICE = TERMINALS


async def test_added_terminal_shows_punches(
    page: Page, client: Client, site: Site
) -> None:
    """Add a terminal as its admin does, and see who punches there."""
    form = await open_add_form(page)
    await fill_add_form(form, GATE.name, "192.168.1.201", 4370)
    await take_picture(page, "add-terminal")
    await fill_add_form(form, GATE.name, site.host, site.ports[GATE.name])
    await submit(form)
    await finish(form)

    await page.goto("/config/integrations/integration/syncid")
    await page.locator("ha-config-entry-device-row", has_text=GATE.name).click()
    events = page.locator("ha-device-entities-card", has_text="Events")
    await expect(events).to_contain_text("Unknown")
    people = {user_id: name for user_id, name, at in PEOPLE if at == GATE.name}
    for user_id in people:
        site.punch(GATE, user_id)
    await expect(events).to_contain_text("Check in")
    await page.reload()
    activity = page.locator("ha-logbook")
    await expect(activity.get_by_text("checked in at Main gate")).to_have_count(
        len(people)
    )
    for name in people.values():
        await expect(activity.get_by_text(f"{name} checked in")).to_be_visible()
    await take_picture(page, "device")


async def test_wrong_comm_key_can_be_corrected(page: Page, site: Site) -> None:
    """A wrong comm key is called so, and nothing else need be entered again."""
    form = await open_add_form(page)
    await fill_add_form(form, OFFICE.name, site.host, site.ports[OFFICE.name])
    await number(form, "Comm key").fill(str(OFFICE.comm_key + 1))
    await submit(form)
    await expect(form.get_by_text("The comm key is wrong.")).to_be_visible()
    await number(form, "Comm key").fill(str(OFFICE.comm_key))
    await submit(form)
    await finish(form)

    await page.goto("/config/integrations/integration/syncid")
    device = page.locator("ha-config-entry-device-row", has_text=OFFICE.name)
    await expect(device).to_contain_text("iFace702")


async def test_options_are_kept(page: Page, client: Client, site: Site) -> None:
    """The options of a terminal open, are saved, and are there the next time."""
    await add_terminals(client, site.ports)
    await page.goto("/config/integrations/integration/syncid")
    await expect(page.get_by_text("3 devices")).to_be_visible()
    await take_picture(page, "integration")

    form = await open_options(page, GATE.name)
    await expect(number(form, "Poll interval")).to_have_value("")
    await number(form, "Poll interval").fill("120")
    await submit(form)
    await expect(form.get_by_text("Options successfully saved")).to_be_visible()
    await form.get_by_role("button", name="Finish").click()

    form = await open_options(page, GATE.name)
    await expect(number(form, "Poll interval")).to_have_value("120")
