"""Attendance in the panel: from terminals with users to marks that are right."""

from datetime import datetime, timedelta
import re

from playwright.async_api import Browser, Page, expect

from scripts.lib.client import Client
from scripts.lib.home import Home
from scripts.lib.places import PEOPLE, TERMINALS

from .conftest import Owned, Site, logged_in, take_picture
from .panel import PHONE, dialog, finished, go_to, no_complaints
from .test_panel import panel
from .test_panel_around import workday

__all__ = ["panel"]

GATE, WAREHOUSE, OFFICE = TERMINALS


async def test_first_marks(panel: Page, site: Site) -> None:
    """Whoever opens the panel for the first time has people and marks after a few presses."""
    async with no_complaints(panel):
        await panel.goto("/syncid")
        await go_to(panel, "Attendance")
        await panel.get_by_role("button", name="Go to People").click()
        await panel.get_by_role("button", name="Take all users as people").click()
        done = await finished(panel, f"New people: {len(PEOPLE)}")
        await done.get_by_role("button", name="Close").last.click()
        rows = panel.locator("sid-table tbody tr")
        await expect(rows).to_have_count(len(PEOPLE))
        site.punch(GATE, "1001")
        amina = rows.filter(has_text="Amina")
        await expect(amina).to_contain_text("Present")
        await go_to(panel, "Live")
        await expect(
            panel.locator(".tile", has_text="In the building")
        ).to_contain_text("1")
        await take_picture(panel, "panel-live-people")


async def test_correct_a_day(panel: Page, client: Client) -> None:
    """Why somebody was late is seen, and put right, with a reason that is kept."""
    await client.command("syncid/people/adopt")
    await client.command("syncid/rules/save", start_time="06:00", end_time="16:30")
    async with no_complaints(panel):
        await panel.goto(f"/syncid/attendance?date={workday()}")
        row = panel.locator("sid-table tbody tr").filter(has_text="Amina")
        await expect(row).to_contain_text("Late")
        await take_picture(panel, "panel-attendance")
        await panel.get_by_role("button", name="Open Amina").click()
        day = dialog(panel)
        await expect(day).to_contain_text("late: first in")
        await expect(day).to_contain_text("Main gate")
        await take_picture(panel, "panel-day-why")
        save = day.get_by_role("button", name="Save")
        await expect(save).to_be_disabled()
        await day.get_by_label("Mark as").select_option("Excused")
        await day.get_by_label("Reason").fill("The bus was late")
        await save.click()
        await expect(day).to_contain_text("Olga: The bus was late")
        await expect(day).to_contain_text("Marked by the usual rules")
        # With the word that made it, and not once more.
        await expect(day.get_by_text("Corrected", exact=True)).to_have_count(0)
        await take_picture(panel, "panel-day")
        # A punch is taken out, and taken back: both with a reason, and both are told.
        for choice, reason, told in (
            ("Take it out: it does not count", "For somebody else", "Punch taken out"),
            ("Take it back in: it counts again", "It was hers", "Taken back"),
        ):
            await day.get_by_role("button", name="Correct the punch at").first.click()
            await day.get_by_label("What is right").select_option(choice)
            await day.get_by_label("Reason").fill(reason)
            if told == "Punch taken out":
                await take_picture(panel, "panel-day-punch")
            await save.click()
            await expect(day.locator("li", has_text=reason)).to_contain_text(told)
            await expect(day.get_by_label("Mark as")).to_be_visible()
        await panel.keyboard.press("Escape")
        await expect(row).to_contain_text("Excused")
        # The mark is a filter, and so is a name; both are in the address.
        await panel.get_by_role("button", name="Excused").click()
        await expect(panel.locator("sid-table tbody tr")).to_have_count(1)
        assert "only=excused" in panel.url


async def test_clock_that_was_wrong(panel: Page, client: Client) -> None:
    """What a clock told wrongly is put right, once it was seen what that changes."""
    await client.command("syncid/people/adopt")
    await client.command("syncid/rules/save", start_time="07:00", end_time="16:30")
    day = workday()
    async with no_complaints(panel):
        await panel.goto(f"/syncid/attendance?date={day}")
        row = panel.locator("sid-table tbody tr").filter(has_text="Amina")
        await expect(row).to_contain_text("Late")
        await panel.goto("/syncid/terminals")
        await panel.get_by_role("button", name=f"Open {GATE.name}").click()
        await panel.get_by_role("button", name="Put punches right").click()
        fields = dialog(panel)
        plan = fields.get_by_role("button", name="Show what would change")
        await fields.get_by_label("First wrong time").fill(f"{day}T05:00:00")
        await fields.get_by_label("What that really was").fill(f"{day}T03:00:00")
        await expect(fields).to_contain_text("Added to each punch: -2 h")
        await fields.get_by_label("Last wrong time").fill(f"{day}T12:00:00")
        await expect(plan).to_be_disabled()
        await fields.get_by_label("Reason").fill("Two hours fast in the morning")
        await take_picture(panel, "panel-clock")
        await plan.click()
        seen = panel.locator("sid-confirm li", has_text="Amina")
        await expect(seen).to_contain_text("Present")
        await take_picture(panel, "panel-clock-plan")
        go_on = dialog(panel).get_by_role("button", name="Put them right")
        await expect(go_on).to_be_disabled()
        await dialog(panel).get_by_role("textbox").fill(GATE.name)
        await go_on.click()
        await expect(panel.locator("sid-dialog")).to_have_count(0)
        await panel.goto(f"/syncid/attendance?date={day}")
        await expect(row).to_contain_text("Present")


async def test_month(panel: Page, client: Client) -> None:
    """A month at a glance, from which each day opens; and a file of it."""
    await client.command("syncid/people/adopt")
    async with no_complaints(panel):
        await panel.goto(f"/syncid/attendance?date={workday()}&view=month")
        day = datetime.fromisoformat(workday())
        cell = panel.get_by_role(
            "button", name=re.compile(rf"^Amina, \w+,? {day.day} \w+: Present")
        )
        await expect(cell).to_have_text("P")
        await take_picture(panel, "panel-month")
        async with panel.expect_download() as download:
            await panel.get_by_role("button", name="Export").click()
        assert (await download.value).suggested_filename.startswith("month-")
        await cell.click()
        await expect(dialog(panel)).to_contain_text("Why")
        await panel.keyboard.press("Escape")
        await panel.get_by_role("button", name="Earlier").click()
        before = (day.replace(day=1) - timedelta(days=1)).replace(day=1)
        await expect(panel).to_have_url(re.compile(f"date={before:%Y-%m-%d}"))


async def test_who_is_this(panel: Page, client: Client, site: Site) -> None:
    """Somebody who punches and is nobody is mapped where they are seen."""
    await client.post(
        "/api/services/syncid/add_person", name="Grace Okafor", external_id="G7"
    )
    await client.command("syncid/people/adopt", user_ids=["1001"])
    async with no_complaints(panel):
        await panel.goto("/syncid")
        site.punch(GATE, "1007")
        line = panel.locator("sid-live").get_by_role("listitem").first
        await expect(line).to_contain_text("Grace")
        chip = line.get_by_role("button", name="Who is this?")
        await chip.click()
        await expect(dialog(panel)).to_contain_text(GATE.name)
        await take_picture(panel, "panel-who")
        await dialog(panel).get_by_role("button", name="This is Grace Okafor").click()
        await expect(panel.locator("sid-dialog")).to_have_count(0)
        # On the page where they were seen, and on no other.
        await expect(line).to_contain_text("Grace Okafor")
        await expect(chip).to_have_count(0)
        assert panel.url.endswith("/syncid")


async def test_person(panel: Page) -> None:
    """A person is added, changed, and erased in words."""
    async with no_complaints(panel):
        await panel.goto("/syncid/people")
        await panel.get_by_role("button", name="Add a person").click()
        await dialog(panel).get_by_role("textbox", name="Name").fill("Noor")
        await dialog(panel).get_by_label("Groups").fill("Office, Night")
        await dialog(panel).get_by_role("button", name="Save").click()
        row = panel.locator("sid-table tbody tr")
        await expect(row).to_contain_text("Night")
        await panel.get_by_role("button", name="Open Noor").click()
        await dialog(panel).get_by_role("textbox", name="Name").fill("Noor Khan")
        await dialog(panel).get_by_role("button", name="Save").click()
        await expect(row).to_contain_text("Noor Khan")
        await panel.get_by_role("button", name="Open Noor Khan").click()
        await dialog(panel).get_by_role("button", name="Erase").click()
        await dialog(panel).get_by_role("textbox").fill("noor khan")
        await dialog(panel).get_by_role("button", name="Erase").click()
        await expect(panel.get_by_role("heading", name="No people yet")).to_be_visible()


async def test_drill(
    panel: Page,
    client: Client,
    site: Site,
    browser: Browser,
    home: Home,
    owned: Owned,
) -> None:
    """In a drill, on a phone, one sees who has not come out yet; so do other admins."""
    await client.command("syncid/people/adopt")
    for user_id in ("1001", "1007"):
        site.punch(GATE, user_id)
    await panel.set_viewport_size(PHONE)
    async with (
        logged_in(browser, home, owned.token) as office,
        no_complaints(panel),
        no_complaints(office),
    ):
        await office.goto("/syncid/people")
        await expect(
            office.get_by_role("button", name="Add a person").first
        ).to_be_visible()
        await panel.goto("/syncid")
        tile = panel.locator(".tile", has_text="In the building")
        await expect(tile).to_contain_text("2")
        await tile.click()
        await dialog(panel).get_by_role("button", name="Start a drill").click()
        await expect(dialog(panel)).to_contain_text("2 of 2 missing")
        # Who sits at another page hears of it, and takes part.
        banner = office.get_by_role("status").filter(has_text="begun by Olga")
        await expect(banner).to_contain_text("Drill since")
        await take_picture(office, "panel-drill-office")
        await banner.get_by_role("button", name="Roll call").click()
        await expect(dialog(office)).to_contain_text("2 of 2 missing")
        # Who punches in the second in which it begins was there before.
        second = await panel.evaluate("Math.floor(Date.now() / 1000)")
        await panel.wait_for_function(f"Date.now() / 1000 > {second + 1}")
        site.punch(GATE, "1001")
        await expect(dialog(panel)).to_contain_text("1 of 2 missing")
        await expect(dialog(office)).to_contain_text("1 of 2 missing")
        await take_picture(panel, "panel-drill")
        # The phone has ended the app: it knows nothing any more.
        await panel.evaluate("sessionStorage.clear()")
        await panel.goto("/syncid")
        await expect(tile).to_be_visible()
        begun = panel.get_by_role("status").filter(has_text="Drill since")
        await expect(begun).to_be_visible()
        await take_picture(panel, "panel-drill-again")
        await begun.get_by_role("button", name="Roll call").click()
        await expect(dialog(panel)).to_contain_text("1 of 2 missing")
        await dialog(panel).get_by_role("button", name="End the drill").click()
        await take_picture(panel, "panel-drill-end")
        sure = dialog(panel).get_by_role("button", name="End the drill")
        await expect(sure).to_be_disabled()
        await dialog(panel).get_by_role("textbox").fill("drill")
        await sure.click()
        for page in (panel, office):
            await expect(
                dialog(page).get_by_role("button", name="Start a drill")
            ).to_be_visible()


async def test_rules(panel: Page, client: Client) -> None:
    """Rules show what they would have made of yesterday, before they hold."""
    await client.command("syncid/people/adopt")
    async with no_complaints(panel):
        await panel.goto("/syncid/rules")
        await panel.get_by_label("Start").fill("06:00")
        await panel.get_by_label("Start").press("Tab")
        # Home Assistant's own country; without one, Saturday and Sunday are off.
        await expect(panel.locator(".days [aria-pressed=true]")).to_have_count(5)
        await expect(panel.get_by_text("A usual working week")).to_be_visible()
        await panel.get_by_role("button", name="What would it have been").click()
        await expect(
            panel.get_by_role("heading", name="With these rules")
        ).to_be_visible()
        await take_picture(panel, "panel-rules")
        await panel.get_by_role("button", name="Save rules").click()
        await expect(
            panel.get_by_text("Saved. Days are marked anew.").first
        ).to_be_visible()
        await panel.reload()
        await expect(panel.get_by_label("Start")).to_have_value("06:00")
        await expect(panel.locator(".days [aria-pressed=true]")).to_have_count(5)
        await panel.goto(f"/syncid/attendance?date={workday()}")
        await expect(
            panel.locator("sid-table tbody tr").filter(has_text="Amina")
        ).to_contain_text("Late")
