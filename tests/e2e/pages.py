"""Home Assistant's pages, as far as the tests need them."""

from playwright.async_api import Locator, Page, expect


async def open_add_form(page: Page) -> Locator:
    """Go from the list of integrations to the form for a terminal; return it."""
    await page.goto("/config/integrations/dashboard")
    await page.get_by_role("button", name="Add integration").click()
    dialog = page.locator("dialog-add-integration")
    await dialog.get_by_placeholder("Search for a brand name").fill("SyncID")
    await dialog.get_by_text("SyncID", exact=True).click()
    form = page.locator("dialog-data-entry-flow")
    await form.get_by_text("SyncID connects to the terminal").click()
    await expect(form.get_by_role("textbox", name="Name")).to_be_visible()
    return form


async def open_options(page: Page, name: str) -> Locator:
    """Open the options of a terminal on the page of the integration."""
    row = page.locator("ha-config-entry-row", has_text=name)
    await row.get_by_role("button", name="Configure").click()
    return page.locator("dialog-data-entry-flow")


def number(form: Locator, name: str) -> Locator:
    """Return a field for a number."""
    return form.get_by_role("spinbutton", name=name)


async def fill_add_form(form: Locator, name: str, host: str, port: int) -> None:
    """Enter what must be entered."""
    await form.get_by_role("textbox", name="Name").fill(name)
    await form.get_by_role("textbox", name="Address").fill(host)
    await number(form, "Port").fill(str(port))


async def submit(form: Locator) -> None:
    """Press the button of a form."""
    await form.get_by_role("button", name="Submit").click()


async def finish(form: Locator) -> None:
    """Leave the form in which a new device can be named."""
    await expect(form.get_by_text("Name and assign")).to_be_visible()
    await form.get_by_role("button", name="Skip and finish").click()
