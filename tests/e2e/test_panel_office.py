"""The panel of whoever keeps the lists: corrections, months, leave, rules, roll calls."""

import asyncio
from datetime import datetime, timedelta
from io import BytesIO
import re
from typing import Any

from openpyxl import load_workbook
from playwright.async_api import Locator, Page, expect
import pytest

from scripts.lib.client import Client
from scripts.lib.places import TERMINALS

from .conftest import PICTURES, Site, take_picture
from .panel import PHONE, dialog, go_to, is_too_wide, no_complaints, serious
from .test_panel import panel
from .test_panel_around import directory, workday

__all__ = ["directory", "panel"]

GATE, WAREHOUSE, OFFICE = TERMINALS


def after(days: int) -> str:
    """Return the date some days from today."""
    return (datetime.now().date() + timedelta(days=days)).isoformat()


def row(page: Page, name: str) -> Locator:
    """Return the line of somebody in a list."""
    return page.locator("sid-table tbody tr").filter(has_text=name)


# --- attendance -----------------------------------------------------------------------


async def test_month_on_a_phone(directory: Page) -> None:
    """Names stay where they are when days are pushed aside, and so does their heading."""
    await directory.set_viewport_size(PHONE)
    async with no_complaints(directory):
        await directory.goto(f"/syncid/attendance?view=month&date={workday()}")
        corner = directory.get_by_role("columnheader", name="Name")
        await expect(corner).to_be_visible()
        name = directory.get_by_role("rowheader", name="Amina")
        await directory.locator(".scroll").evaluate("box => box.scrollLeft = 9999")
        for heading in (corner, name):
            at: list[Any] = await heading.evaluate(
                """(it) => {
                    const { left, top, height } = it.getBoundingClientRect();
                    const box = it.closest(".scroll").getBoundingClientRect();
                    const seen = it.getRootNode().elementFromPoint(left + 9, top + height / 2);
                    return [left - box.left, seen === it];
                }"""
            )
            assert abs(at[0]) < 4
            assert at[1], "something lies on it"
        legend = directory.get_by_role("region", name="What the letters mean")
        await expect(
            legend.get_by_role("listitem").filter(has_text="Late")
        ).to_contain_text("L")
        await expect(legend).to_contain_text("may still change")
        assert not await is_too_wide(directory)
        assert await serious(directory) == []


@pytest.mark.parametrize("width", [1280, 1600])
async def test_month_at_a_desk(directory: Page, width: int) -> None:
    """All days of a month are in sight, beside Home Assistant's sidebar too."""
    await directory.set_viewport_size({"width": width, "height": 800})
    async with no_complaints(directory):
        # 31 days.
        await directory.goto("/syncid/attendance?view=month&date=2026-10-01")
        await expect(directory.get_by_role("rowheader", name="Amina")).to_be_visible()
        hidden = await directory.locator(".scroll").evaluate(
            "box => box.scrollWidth - box.clientWidth"
        )
        assert hidden <= 0
        await expect(directory.locator(".more")).to_have_css("--shade", "0")
        await take_picture(directory, f"panel-month-{width}")


async def test_month_that_is_cut_off(directory: Page) -> None:
    """Where a month is wider than the screen, its edge says that there is more."""
    await directory.set_viewport_size(PHONE)
    async with no_complaints(directory):
        await directory.goto("/syncid/attendance?view=month&date=2026-10-01")
        await expect(directory.get_by_role("rowheader", name="Amina")).to_be_visible()
        edge = directory.locator(".more")
        await expect(edge).to_have_css("--shade", "1")
        await take_picture(directory, "panel-month-more")
        await directory.locator(".scroll").focus()
        await directory.keyboard.press("End")
        await directory.locator(".scroll").evaluate("box => box.scrollLeft = 9999")
        await expect(edge).to_have_css("--shade", "0")


async def test_day_on_a_phone(directory: Page) -> None:
    """What a time is stands before it where there is no heading."""
    await directory.set_viewport_size(PHONE)
    async with no_complaints(directory):
        await directory.goto(f"/syncid/attendance?date={workday()}")
        await expect(row(directory, "Amina")).to_be_visible()
        titles = await (
            row(directory, "Amina")
            .locator("td:not(:empty)")
            .evaluate_all(
                "all => all.map((it) => getComputedStyle(it, '::before').content)"
            )
        )
        said = " ".join(titles)
        assert all(f'"{word}' in said for word in ("In", "Out", "Hours")), said
        await take_picture(directory, "panel-attendance-phone")


async def names(page: Page) -> list[str]:
    """Return who a table lists, in its order."""
    return await page.locator("sid-table tbody td.main").all_inner_texts()


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_sort_on_a_phone(directory: Page, language: str) -> None:
    """Cards have no headings to press: what they are sorted by is chosen."""
    await directory.add_init_script(
        f"localStorage.selectedLanguage = JSON.stringify({language!r})"
    )
    await directory.set_viewport_size(PHONE)
    async with no_complaints(directory):
        await directory.goto("/syncid/people")
        await expect(row(directory, "Amina")).to_be_visible()
        everybody = await names(directory)
        assert everybody == sorted(everybody)
        chosen = directory.locator("sid-table select")
        await chosen.select_option("external_id")
        await expect(directory).to_have_url(re.compile("sort=external_id$"))
        await expect(chosen).to_have_value("external_id")
        turn = directory.locator("sid-table .by button")
        await turn.click()
        await expect(directory).to_have_url(re.compile("sort=external_id&down=1$"))
        await expect(turn).to_have_attribute("aria-pressed", "true")
        # In the demo they have their numbers in the order of their names.
        await expect(directory.locator("td.main").first).to_have_text(everybody[-1])
        assert await names(directory) == everybody[::-1]
        # From there the keyboard comes to the first card, and is seen there.
        await turn.focus()
        await directory.keyboard.press("Tab")
        first = directory.locator("sid-table button.open").first
        await expect(first).to_be_focused()
        box = await first.bounding_box()
        assert box and box["height"] > 20
        # A card is a row still, to who hears it.
        await expect(
            directory.get_by_role("row").first.get_by_role("cell").first
        ).to_be_visible()
        assert not await is_too_wide(directory)
        assert await serious(directory) == []
        await take_picture(directory, f"panel-sort-phone-{language}")
        # Who has headings needs no choice.
        await directory.set_viewport_size({"width": 1600, "height": 900})
        await expect(chosen).to_be_hidden()
        await expect(directory.get_by_role("columnheader").first).to_be_visible()


@pytest.mark.parametrize(
    ("language", "later", "earlier"),
    [("en", "ArrowRight", "ArrowLeft"), ("ur", "ArrowLeft", "ArrowRight")],
)
async def test_month_with_the_keyboard(
    directory: Page, language: str, later: str, earlier: str
) -> None:
    """A month is one stop of the tab key, in which arrow keys lead on."""
    await directory.add_init_script(
        f"localStorage.selectedLanguage = JSON.stringify({language!r})"
    )
    await directory.set_viewport_size(PHONE)
    async with no_complaints(directory):
        await directory.goto(f"/syncid/attendance?view=month&date={workday()}")
        cells = directory.locator(".scroll tbody button")
        await expect(cells.first).to_be_visible()
        stops = directory.locator(".scroll tbody button[tabindex='0']")
        await expect(stops).to_have_count(1)

        async def at() -> list[int]:
            """Return the row and the day where the keyboard is."""
            found: list[int] = await directory.locator(
                ".scroll tbody button:focus"
            ).evaluate("it => [it.closest('tr').rowIndex, it.closest('td').cellIndex]")
            return found

        await directory.locator(".scroll").focus()
        await directory.keyboard.press("Tab")
        await expect(cells.first).to_be_focused()
        begin = await at()
        await directory.keyboard.press("ArrowDown")
        assert await at() == [begin[0] + 1, begin[1]]
        await directory.keyboard.press("End")
        end = await at()
        if end != [begin[0] + 1, begin[1]]:
            await directory.keyboard.press(earlier)
            assert (await at())[1] < end[1]
            await directory.keyboard.press(later)
        assert await at() == end
        # It is not under the names, which stay where they are.
        await directory.keyboard.press("Home")
        assert await directory.locator(".scroll tbody button:focus").evaluate(
            """(it) => {
                const { left, top, width, height } = it.getBoundingClientRect();
                return it.getRootNode().elementFromPoint(left + width / 2, top + height / 2) === it;
            }"""
        )
        here = await at()
        await expect(stops).to_have_count(1)
        await directory.keyboard.press("Enter")
        await expect(dialog(directory).locator("dialog")).to_be_visible()
        await directory.keyboard.press("Escape")
        await expect(dialog(directory)).to_have_count(0)
        assert await at() == here
        await directory.keyboard.press("Tab")
        await expect(directory.locator(".scroll tbody button:focus")).to_have_count(0)
        assert await serious(directory) == []


async def test_what_a_correction_needs(directory: Page) -> None:
    """Why it cannot be saved is said, and its history has dates."""
    async with no_complaints(directory):
        await directory.goto(f"/syncid/attendance?date={workday()}")
        await directory.get_by_role("button", name="Open Amina").click()
        day = dialog(directory)
        save = day.get_by_role("button", name="Save")
        needs = day.locator("#needs")
        await expect(needs).to_contain_text("choose a mark")
        await day.get_by_label("Mark as").select_option("Excused")
        await expect(needs).to_contain_text("write a reason")
        await expect(save).to_be_disabled()
        await day.get_by_label("Reason").fill("The bus")
        await expect(needs).to_have_text("")
        await save.click()
        history = day.get_by_role("listitem").filter(has_text="The bus")
        today = datetime.now()
        await expect(history.locator("time")).to_contain_text(f"{today:%a} {today.day}")


async def test_nobody_can_be_late(panel: Page, client: Client) -> None:
    """Where no start is set, the list says so, and leads to where it is."""
    await client.command("syncid/people/adopt")
    async with no_complaints(panel):
        await panel.goto(f"/syncid/attendance?date={workday()}")
        await expect(panel.get_by_text("No start of the day is set")).to_be_visible()
        await panel.get_by_role("button", name="Set a start").click()
        await panel.get_by_label("Start").fill("08:00")
        await panel.get_by_role("button", name="Save rules").click()
        await expect(
            panel.get_by_text("Saved. Days are marked anew.").first
        ).to_be_visible()
        await go_to(panel, "Attendance")
        await expect(panel.locator("sid-table")).to_be_visible()
        await expect(panel.get_by_text("No start of the day is set")).to_have_count(0)


async def exported(page: Page) -> list[tuple[Any, ...]]:
    """Fetch what is shown, and return its lines without the heading."""
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Export").click()
    path = await (await download.value).path()
    data = await asyncio.to_thread(path.read_bytes)
    sheet, *_ = load_workbook(BytesIO(data)).worksheets  # and a legend
    return [*sheet.iter_rows(values_only=True)][1:]


async def test_export_of_what_is_shown(directory: Page) -> None:
    """The file has who is searched for, with the mark that is filtered by."""
    async with no_complaints(directory):
        await directory.goto(f"/syncid/attendance?date={workday()}")
        rows = directory.locator("sid-table tbody tr")
        await expect(rows.first).to_be_visible()
        assert len(await exported(directory)) == await rows.count()
        late = directory.get_by_role("button", name=re.compile(r"^Late \d"))
        await late.click()
        await expect(late).to_have_attribute("aria-pressed", "true")
        await expect(rows.first).to_contain_text("Late")
        shown = await rows.count()
        lines = await exported(directory)
        assert len(lines) == shown
        assert {line[5] for line in lines} == {"Late"}
        await directory.goto(f"/syncid/attendance?date={workday()}&search=amina")
        await expect(rows).to_have_count(1)
        (line,) = await exported(directory)
        assert line[1] == "Amina"
        await directory.goto(
            f"/syncid/attendance?date={workday()}&view=month&search=amina"
        )
        await expect(directory.get_by_role("rowheader")).to_have_count(1)
        assert len(await exported(directory)) == 1


async def test_why_in_another_language(directory: Page) -> None:
    """Who reads Arabic reads in Arabic why a mark is what it is."""
    await directory.add_init_script(
        "localStorage.selectedLanguage = JSON.stringify('ar')"
    )
    await directory.goto(f"/syncid/attendance?date={workday()}")
    await directory.locator("sid-table tbody button").first.click()
    await expect(dialog(directory)).to_contain_text("أول دخول")
    await take_picture(directory, "panel-day-ar")


# --- rules ----------------------------------------------------------------------------


async def test_rules_that_cannot_hold(directory: Page) -> None:
    """What is wrong is said at its field, and Save says why it is off."""
    async with no_complaints(directory):
        await directory.goto("/syncid/rules")
        save = directory.get_by_role("button", name="Save rules")
        off = directory.locator("#off")
        await expect(off).to_contain_text("Nothing is changed")
        await expect(save).to_be_disabled()
        for name, wrong, said, right in (
            ("Grace in minutes", "-5", "from 0 to 240", "5"),
            ("In-window", "7 to 9", "like 07:00-09:00", "07:00-09:00"),
        ):
            field = directory.get_by_label(name)
            await field.fill(wrong)
            await expect(field).to_have_attribute("aria-invalid", "true")
            await expect(directory.get_by_role("alert")).to_contain_text(said)
            await expect(off).to_contain_text("Cannot be saved yet")
            await expect(save).to_be_disabled()
            await field.fill(right)
            await expect(directory.get_by_role("alert")).to_have_count(0)
        end = directory.get_by_label("End", exact=True)
        await end.fill("06:00")
        await expect(directory.get_by_role("alert")).to_contain_text("not after")
        await take_picture(directory, "panel-rules-wrong")
        assert await serious(directory) == []
        await directory.get_by_label("It ends on the next day").check()
        await expect(directory.get_by_role("alert")).to_have_count(0)
        await expect(save).to_be_enabled()
        await end.fill("16:30")
        for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"):
            await directory.get_by_role("button", name=day, exact=True).click()
        await expect(directory.get_by_role("alert")).to_contain_text("at least one day")
        await directory.get_by_role("button", name="Mon", exact=True).click()
        await save.click()
        await expect(
            directory.get_by_text("Saved. Days are marked anew.").first
        ).to_be_visible()
        await directory.reload()
        await expect(directory.get_by_label("Grace in minutes")).to_have_value("5")


async def test_preview_of_a_day(directory: Page) -> None:
    """What would have been is asked of any day."""
    day = datetime.fromisoformat(workday()) - timedelta(days=7)
    async with no_complaints(directory):
        await directory.goto("/syncid/rules")
        await directory.get_by_label("Start", exact=True).fill("06:00")
        await directory.get_by_label("Try these rules on").fill(f"{day:%Y-%m-%d}")
        await directory.get_by_role("button", name="What would it have been").click()
        heading = directory.get_by_role("heading", name="With these rules")
        await expect(heading).to_contain_text(f"{day.day} {day:%b}")
        await take_picture(directory, "panel-rules-preview")
        assert await serious(directory) == []


async def test_shift_in_words(directory: Page, client: Client) -> None:
    """A shift is told with all it has, and whose it is."""
    book = await client.command("syncid/rules/get")
    url = "/api/config/config_entries/subentries/flow"
    flow = await client.post(url, handler=[book["entry_id"], "shift"])
    (amina,) = (await client.command("syncid/people/list", search="Amina"))["people"]
    made = await client.post(
        f"{url}/{flow['flow_id']}",
        name="Night watch",
        persons=[amina["person_id"]],
        times={
            "start_time": "22:00:00",
            "end_time": "06:00:00",
            "workdays": ["mon", "tue"],
            "grace_minutes": 10,
        },
        punches={"opens_before_hours": 1.5, "minimum_gap": 90, "keys": "strict"},
        working_time={
            "breaks": ["02:00-02:30"],
            "paid_break_times": ["04:00-04:15"],
            "overtime": "hours",
            "from_start": True,
            "deduct_minutes": 30,
            "round_total": "down",
        },
    )
    assert made["type"] == "create_entry", made
    async with no_complaints(directory):
        await directory.goto("/syncid/rules")
        shift = directory.get_by_role("article", name="Night watch")
        for text in (
            "22:00 – 06:00 (next day)",
            "Mon, Tue",
            "02:00 – 02:30",
            "04:00 – 04:15",
            "By hours",
            "Opens before the start1:30",
            "90 s",
            "Always",
            "Work does not count",
            "30 min, above 6:00 hours",
            "Total: down (15 min)",
            "Amina",
        ):
            await expect(shift).to_contain_text(text)
        usual = directory.get_by_role("form", name="Usual rules")
        await expect(usual).to_contain_text("Days begin by the clock of")
        await take_picture(directory, "panel-rules-shift")
        assert await serious(directory) == []
        await shift.get_by_role("link", name="Change").click()
        await expect(directory.get_by_text("Night watch").first).to_be_visible()
        assert "/config/integrations/integration/syncid" in directory.url
        # The options of the site, where the rest of the usual rules is, are there too.
        await directory.go_back()
        await usual.get_by_role("link", name="Change the rest").click()
        await expect(directory.get_by_text("Night watch").first).to_be_visible()
        assert "/config/integrations/integration/syncid" in directory.url


async def test_leave(directory: Page) -> None:
    """Leave is entered for some days, listed, and taken back; so is a day off."""
    await directory.set_viewport_size(PHONE)
    async with no_complaints(directory):
        await directory.goto("/syncid/rules")
        plans = directory.locator("sid-plans")
        await expect(plans).to_contain_text("Nobody has leave")
        await plans.get_by_role("button", name="Enter leave").click()
        save = dialog(directory).get_by_role("button", name="Save")
        await expect(dialog(directory)).to_contain_text("choose who it is for")
        await dialog(directory).get_by_placeholder("Name or ID number").fill("bil")
        await expect(dialog(directory).get_by_role("radio")).to_have_count(1)
        await dialog(directory).get_by_label("Bilal").check()
        await dialog(directory).get_by_label("First day").fill(after(3))
        await expect(dialog(directory)).to_contain_text("before the first")
        await expect(save).to_be_disabled()
        await dialog(directory).get_by_label("Last day").fill(after(4))
        await dialog(directory).get_by_label("Reason").fill("At the sea")
        await take_picture(directory, "panel-leave-phone")
        assert await serious(directory) == []
        await save.click()
        line = plans.get_by_role("listitem").filter(has_text="Bilal")
        await expect(line).to_contain_text("At the sea")
        await expect(line).to_contain_text("On leave")
        await plans.get_by_role("button", name="Enter leave").click()
        await dialog(directory).get_by_label("Amina").check()
        await dialog(directory).get_by_label("What").select_option("Day off")
        await dialog(directory).get_by_role("button", name="Save").click()
        await expect(
            plans.get_by_role("listitem").filter(has_text="Amina")
        ).to_contain_text("Day off")
        await go_to(directory, "Attendance")
        await expect(row(directory, "Amina")).to_contain_text("Day off")
        await go_to(directory, "Rules")
        for name in ("Bilal", "Amina"):
            await plans.get_by_role("button", name=f"Take back: {name}").click()
            # The list gets shorter, and what is below it comes up.
            await expect(
                plans.get_by_role("listitem").filter(has_text=name)
            ).to_have_count(0)
        await expect(plans).to_contain_text("Nobody has leave")
        await plans.get_by_role("button", name="Enter leave").click()
        await dialog(directory).get_by_placeholder("Name or ID number").fill("bil")
        await expect(dialog(directory).get_by_role("radio")).to_have_count(1)
        await dialog(directory).get_by_label("Bilal").check()
        for field in ("First day", "Last day"):
            await dialog(directory).get_by_label(field).fill(after(-3))
        await dialog(directory).get_by_role("button", name="Save").click()
        await expect(dialog(directory)).to_have_count(0)
        await expect(plans).to_contain_text("Nobody has leave")
        await plans.get_by_role("button", name="Last 31 days").click()
        await expect(line).to_contain_text("On leave")
        await take_picture(directory, "panel-leave-past-phone")
        assert await serious(directory) == []
        await plans.get_by_role("button", name="Take back: Bilal").click()
        await expect(plans).to_contain_text("Nobody had leave")


# --- live -----------------------------------------------------------------------------


async def test_pictures(directory: Page, client: Client, site: Site) -> None:
    """Who is a person of Home Assistant's too is seen, others have their letters."""
    (amina,) = (await client.command("syncid/people/list", search="Amina"))["people"]
    await client.post(
        "/api/states/person.amina",
        state="home",
        attributes={"entity_picture": "/static/icons/favicon-192x192.png"},
    )
    await client.post(
        "/api/services/syncid/update_person",
        person=amina["person_id"],
        ha_person="person.amina",
    )
    async with no_complaints(directory):
        await directory.goto("/syncid")
        for user_id in ("1001", "1007"):
            site.punch(GATE, user_id)
        ticker = directory.locator("sid-live").get_by_role("listitem")
        picture = ticker.filter(has_text="Amina").first.locator("img")
        await expect(picture).to_be_visible()
        assert await picture.evaluate("it => it.decode().then(() => it.naturalWidth)")
        grace = ticker.filter(has_text="Grace").first
        await expect(grace.locator(".face")).to_contain_text("G")
        await expect(grace.locator("img")).to_have_count(0)
        await expect(
            directory.get_by_role("heading", name="Arrivals over the day")
        ).to_be_visible()
        await take_picture(directory, "panel-live-pictures")
        assert await serious(directory) == []


async def test_roll_call_on_paper(panel: Page, client: Client, site: Site) -> None:
    """The list that is printed has headings, and everybody who is in."""
    # With no hours of work, somebody who comes is in whenever the test runs.
    await client.command("syncid/people/adopt")
    for user_id in ("1001", "1007"):
        site.punch(GATE, user_id)
    await panel.add_init_script(
        "window.print = () => { top.printed = document.body.innerText; }"
    )
    async with no_complaints(panel):
        await panel.goto("/syncid")
        tile = panel.locator(".tile", has_text="In the building")
        await expect(tile).to_contain_text("2")
        await tile.click()
        call = dialog(panel)
        await expect(call.get_by_role("listitem")).to_have_count(2)
        await take_picture(panel, "panel-rollcall")
        assert await serious(panel) == []
        await call.get_by_role("button", name="Print").click()
        await panel.wait_for_function("top.printed")
        paper: str = await panel.evaluate("top.printed")
        for text in ("2 in the building", "Name", "Where", "Seen last", "Found"):
            assert text in paper
        assert paper.index("Found") < paper.index("Amina") < paper.index("Grace")
        # Nothing came of it, as in apps: it is there to be looked at.
        sheet = call.locator("iframe")
        await expect(sheet).to_be_visible()
        await expect(sheet.content_frame.get_by_role("row")).to_have_count(3)
        # A frame without an address is never at rest, which take_picture waits for.
        await panel.screenshot(path=PICTURES / "panel-rollcall-sheet.png")
        await call.get_by_role("button", name="Close").last.click()
        await expect(call).to_have_count(0)


async def test_roll_call_at_a_printer(panel: Page, client: Client, site: Site) -> None:
    """What is printed is not on the screen besides, and goes when that has ended."""
    await client.command("syncid/people/adopt")
    site.punch(GATE, "1001")
    async with no_complaints(panel):
        await panel.goto("/syncid")
        tile = panel.locator(".tile", has_text="In the building")
        await expect(tile).to_contain_text("1")
        await tile.click()
        call = dialog(panel)
        await expect(call.get_by_role("listitem")).to_have_count(1)
        await call.get_by_role("button", name="Print").click()
        sheet = call.locator("iframe")
        await expect(sheet).to_have_count(1)
        await expect(sheet).to_be_hidden()
        # Without a head, Chromium shows nothing that could end.
        await sheet.evaluate(
            "it => it.contentWindow.dispatchEvent(new Event('afterprint'))"
        )
        await expect(sheet).to_have_count(0)
