"""Faces that users get in the panel, and what is left of users who are nobody."""

from base64 import b64decode
from pathlib import Path

from playwright.async_api import Page, expect

from scripts.lib.client import Client
from scripts.lib.home import Home
from scripts.lib.places import TERMINALS
from scripts.lib.syncid import add_gateway, until_all_are_loaded
from simulator.adms import FACE, AdmsSimulation

from .conftest import Site, take_picture
from .panel import PHONE, dialog, finished, is_too_wide, no_complaints, serious
from .test_panel import panel
from .test_panel_people import told

__all__ = ["panel"]

SERIAL = "CKUJ203460001"
GATE = TERMINALS[0]


async def test_faces(page: Page, client: Client, home: Home, tmp_path: Path) -> None:
    """A face of a large picture, and another one that is shown to the terminal."""
    await add_gateway(client, "Canteen", SERIAL)
    await until_all_are_loaded(client)
    await page.set_content("<h1>Amina</h1>")
    file = tmp_path / "amina.png"
    await page.screenshot(path=file)  # 1280 x 800
    await page.set_viewport_size(PHONE)
    async with (
        AdmsSimulation(home.url, serial=SERIAL, delay=0.2) as simulation,
        no_complaints(page),
    ):
        terminal = simulation.terminal
        for user_id, name in (("1001", "Amina"), ("1002", "Bruno")):
            terminal.add_user(user_id, name)
        await page.goto(f"/syncid/terminals/{SERIAL}")
        await page.get_by_role("button", name="Face from a picture").click()
        await dialog(page).get_by_label("Amina").check()
        start = dialog(page).get_by_role("button", name="Start")
        await expect(start).to_be_disabled()
        await dialog(page).locator("input[type=file]").set_input_files(file)
        shown = dialog(page).locator("img")
        await expect(shown).to_be_visible()
        await shown.scroll_into_view_if_needed()
        await take_picture(page, "panel-face-phone")
        assert not await is_too_wide(page)
        assert await serious(page) == []
        await start.click()
        await finished(page, "Done.")
        picture = b64decode(terminal.face_photos["1001"])
        assert picture.startswith(b"\xff\xd8\xff")
        width = await page.evaluate(
            "async (url) => (await createImageBitmap(await (await fetch(url)).blob())).width",
            f"data:image/jpeg;base64,{terminal.face_photos['1001']}",
        )
        assert width == 960

        await dialog(page).get_by_role("button", name="Close").last.click()
        await page.get_by_role("button", name="Enrol a face").click()
        await dialog(page).get_by_label("Bruno").check()
        await dialog(page).get_by_role("button", name="Start").click()
        await simulation.until(lambda: terminal.enrolment)
        await expect(dialog(page)).to_contain_text("looks straight at the terminal")
        await take_picture(page, "panel-face-waits-phone")
        terminal.press()
        await finished(page, "The face is enrolled.")
        await take_picture(page, "panel-face-enrolled-phone")
        assert [one.kind for one in terminal.templates_of("1002")] == [FACE]


async def test_forget_user(panel: Page, client: Client, site: Site) -> None:
    """What somebody left who is nobody is erased in words; who is taken can be undone."""
    site.terminals[GATE.name].punch("1007")
    await client.post("/api/services/syncid/add_person", name="Amina")
    async with no_complaints(panel):
        await panel.goto("/syncid")
        await expect(panel.locator("sid-live li").first).to_be_visible()
        # They are counted every minute, and by who looks for suggestions.
        await client.post("/api/services/syncid/automap?return_response", apply=1)
        await panel.goto("/syncid/people?view=nobody")
        line = panel.locator("li[data-user='1007']", has_text=GATE.name)
        await take_picture(panel, "panel-nobody")
        await panel.set_viewport_size(PHONE)
        await take_picture(panel, "panel-nobody-phone")
        assert not await is_too_wide(panel)
        await line.get_by_role("button", name="Erase what").click()
        erase = dialog(panel).get_by_role("button", name="Erase")
        await expect(erase).to_be_disabled()
        await take_picture(panel, "panel-forget-phone")
        assert await serious(panel) == []
        word = await line.locator("strong").inner_text()
        await dialog(panel).get_by_role("textbox").fill(word)
        await erase.click()
        await told(panel, f"What {word} left is erased. Punches: ")

        amina = panel.locator("li[data-user='1001']", has_text=GATE.name)
        await amina.get_by_role("button", name="This is Amina").click()
        # What was told before is still there.
        toast = panel.locator("ha-toast", has_text=f"Amina at {GATE.name} is Amina.")
        await expect(toast).to_be_visible()
        await take_picture(panel, "panel-taken-phone")
        await expect(amina).to_have_count(0)
        await toast.get_by_role("button", name="Undo").click()
        await expect(amina).to_have_count(1)
