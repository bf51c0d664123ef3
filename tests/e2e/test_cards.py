"""The card and the dashboard, as a staff room sees them: without an admin's rights."""

from datetime import datetime

from playwright.async_api import Locator, Page, ViewportSize, expect
import pytest

from scripts.lib.client import Client
from scripts.lib.places import PEOPLE, TERMINALS
from scripts.lib.simulated import add_terminals
from scripts.lib.syncid import until_history_is_read

from .conftest import Site, take_picture
from .panel import PHONE, is_too_wide, no_complaints, serious

GATE, WAREHOUSE, OFFICE = TERMINALS
KIOSK = ViewportSize(width=1280, height=800)


async def add_dashboard(client: Client, path: str, **config: object) -> None:
    """Add a dashboard that everybody sees."""
    await client.command(
        "lovelace/dashboards/create", url_path=path, title=path, mode="storage"
    )
    await client.command("lovelace/config/save", url_path=path, config=config)


def card(page: Page, title: str) -> Locator:
    """Return a part of a card."""
    return page.locator("syncid-card").get_by_role("region", name=title)


@pytest.fixture
async def staff_room(client: Client, site: Site, guest: Page) -> Page:
    """Return a page of a dashboard that makes itself, of people who are known."""
    for terminal in (await add_terminals(client, site.ports)).values():
        await until_history_is_read(client, terminal)  # and who is enrolled there
    await client.command(
        "syncid/people/adopt", user_ids=[user_id for user_id, _, _ in PEOPLE]
    )
    await client.command(
        "call_service",
        domain="syncid",
        service="mark_attendance",
        service_data={
            "person": "Bilal",
            "mark": "late",
            "date": datetime.now().date().isoformat(),
            "why": "The bus",
        },
    )
    await add_dashboard(client, "staff-room", strategy={"type": "custom:syncid"})
    await guest.set_viewport_size(KIOSK)
    return guest


async def test_dashboard(staff_room: Page, site: Site) -> None:
    """Who comes is in, and among the last punches, without anybody touching the page."""
    page = staff_room
    async with no_complaints(page):
        await page.goto("/staff-room")
        await expect(card(page, "In the building")).to_contain_text("Nobody is in.")
        await expect(card(page, "Late today")).to_contain_text("Bilal")
        for user_id in ("1001", "1007"):
            site.punch(GATE, user_id)
            name = "Amina" if user_id == "1001" else "Grace"
            await expect(
                card(page, "In the building").get_by_role("listitem")
            ).to_contain_text([name] if user_id == "1001" else ["Amina", "Grace"])
            await expect(
                card(page, "Last punches").get_by_role("listitem").first
            ).to_contain_text(name)
        site.punch(OFFICE, "1003")
        first = card(page, "Last punches").get_by_role("listitem").first
        await expect(first).to_contain_text("Carmen")
        await expect(first).to_contain_text("Check in")
        await expect(first).to_contain_text("Office")
        # What was seen stays, when the view is left and comes back.
        await page.get_by_role("link", name="Overview").click()
        await page.get_by_role("link", name="staff-room").click()
        await expect(
            card(page, "Last punches").get_by_role("listitem")
        ).to_contain_text(["Carmen", "Grace", "Amina"])
        await expect(page.locator("hui-tile-card")).to_have_count(4)
        await take_picture(page, "dashboard")
        await expect(
            card(page, "In the building").get_by_role("listitem")
        ).to_contain_text(["Amina", "Carmen", "Grace"])


async def test_texts(staff_room: Page) -> None:
    """However often the page is loaded, or come back to, all of it is in words."""
    page = staff_room
    for _ in range(10):
        await page.goto("/staff-room")
        await expect(page.locator("syncid-card")).to_have_count(3)
        for title in ("In the building", "Late today", "Last punches"):
            await expect(card(page, title)).to_be_visible()
        await expect(page.locator("hui-root")).to_contain_text("Attendance")
        await expect(page.locator("hui-root")).not_to_contain_text("card.")
        await page.get_by_role("link", name="Overview").click()
        await page.get_by_role("link", name="staff-room").click()
        await expect(card(page, "In the building")).to_be_visible()
        await expect(page.locator("hui-root")).not_to_contain_text("card.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_screens(staff_room: Page, site: Site, scheme: str) -> None:
    """On a phone and in the dark, and for who does not see it."""
    page = staff_room
    await page.emulate_media(
        color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
    )
    await page.goto("/staff-room")
    site.punch(GATE, "1001")
    await expect(card(page, "In the building")).to_contain_text("Amina")
    for size in (PHONE, KIOSK):
        await page.set_viewport_size(size)
        await page.goto("/staff-room")
        await expect(card(page, "In the building")).to_contain_text("Amina")
        assert not await is_too_wide(page)
        await take_picture(page, f"dashboard-{size['width']}-{scheme}")
        for part in await page.locator("syncid-card").all():
            assert await serious(page, part) == []


async def test_right_to_left(staff_room: Page, site: Site) -> None:
    """In a language that is written the other way all is on the other side."""
    page = staff_room
    await page.add_init_script('localStorage.selectedLanguage = JSON.stringify("ur")')
    site.punch(GATE, "1001")
    for size in (KIOSK, PHONE):
        await page.set_viewport_size(size)
        await page.goto("/staff-room")
        chip = page.locator("syncid-card").get_by_text("Amina", exact=True).first
        await expect(chip).to_be_visible()
        assert not await is_too_wide(page)
        await take_picture(page, f"dashboard-{size['width']}-rtl")
        box, around = (
            await chip.bounding_box(),
            await page.locator("syncid-card").first.bounding_box(),
        )
        assert box
        assert around
        assert box["x"] - around["x"] > around["width"] / 2


async def test_admin_adds_a_card(
    staff_room: Page, page: Page, client: Client, site: Site
) -> None:
    """It is among the cards to choose from, and has a form."""
    assert staff_room
    await add_dashboard(
        client,
        "hall-kiosk",
        views=[
            {
                "title": "Hall",
                "type": "sections",
                "sections": [{"type": "grid", "cards": []}],
            }
        ],
    )
    await page.goto("/hall-kiosk/0?edit=1")
    await page.get_by_role("button", name="Add card").first.click()
    await page.get_by_role("tab", name="By card").click()
    picker = page.locator("hui-card-picker")
    await (
        picker.get_by_role("textbox")
        .or_(picker.get_by_role("searchbox"))
        .first.fill("SyncID")
    )
    offered = picker.locator(".card", has_text="SyncID").first
    await expect(offered).to_contain_text("SyncID")
    await take_picture(page, "card-picker")
    await offered.locator(".overlay").click()
    editor = page.locator("hui-dialog-edit-card")
    await expect(editor.get_by_text("How many punches")).to_be_visible()
    await editor.get_by_role("textbox").first.fill("Staff")
    await expect(
        editor.locator("syncid-card").get_by_role("heading", name="Staff")
    ).to_be_visible()
    await take_picture(page, "card-editor")
    await editor.get_by_role("button", name="Save").click()
    await expect(
        page.locator("hui-sections-view syncid-card").get_by_role(
            "heading", name="Staff"
        )
    ).to_be_visible()
    saved = await client.command("lovelace/config", url_path="hall-kiosk")
    (added,) = saved["views"][0]["sections"][0]["cards"]
    assert added == {
        "type": "custom:syncid-card",
        "title": "Staff",
        "show": ["in", "late", "punches"],
        "punches": 5,
    }


async def test_admin_adds_a_dashboard(staff_room: Page, page: Page) -> None:
    """The dashboard that makes itself is among those to choose from, and says what it is."""
    assert staff_room
    await page.goto("/config/lovelace/dashboards")
    await page.get_by_role("button", name="Add dashboard").click()
    offered = page.locator("dashboard-card", has_text="SyncID")
    await expect(offered).to_contain_text("for a kiosk or a staff room")
    await take_picture(page, "dashboard-picker")
