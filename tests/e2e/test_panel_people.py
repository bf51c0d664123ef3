"""People in the panel: brought by a table, made one of two, added where they are asked for."""

from pathlib import Path
import re

from playwright.async_api import Page, ViewportSize, expect
import pytest

from scripts.lib.client import Client
from scripts.lib.places import PEOPLE, TERMINALS

from .conftest import Site, take_picture
from .panel import PHONE, dialog, finished, go_to, is_too_wide, no_complaints, serious
from .test_panel import panel

__all__ = ["panel"]

GATE, _, OFFICE = TERMINALS
DESK = ViewportSize(width=1280, height=800)

# What a terminal is told when what was written is to hold.
_REFRESH = 1013


async def told(page: Page, text: str | re.Pattern[str]) -> None:
    """Wait for what Home Assistant tells at the edge of the screen."""
    await expect(page.locator("ha-toast")).to_contain_text(text)


async def choose(page: Page, file: Path) -> None:
    """Choose a file, as the dialog of the browser does."""
    await page.locator("sid-import input[type=file]").set_input_files(file)


async def test_import(panel: Page, tmp_path: Path) -> None:
    """A table is looked at, put right, and taken as a whole."""
    file = tmp_path / "people.csv"
    rows = [f"Person {number},P{number},staff" for number in range(1, 61)]
    file.write_text("\n".join(["Name,ID,Kind", *rows, ",P99,staff", "Zoe,P98,chef"]))
    async with no_complaints(panel):
        await panel.goto("/syncid/people")
        await panel.get_by_role("button", name="Import", exact=True).click()
        await expect(
            dialog(panel).get_by_role("button", name="Choose a file")
        ).to_be_visible()
        await choose(panel, file)
        lines = dialog(panel).locator("tbody tr")
        await expect(lines.nth(0)).to_contain_text("There is no name.")
        await expect(lines.nth(1)).to_contain_text("There is no such kind: chef")
        take = dialog(panel).get_by_role("button", name="Import 60 people")
        await expect(take).to_be_disabled()
        await take_picture(panel, "panel-import-problems")
        # The next page of what would be.
        await dialog(panel).get_by_role("button", name="Next page").click()
        await expect(lines).to_have_count(12)
        file.write_text("\n".join(["Name,ID,Kind,Shoe size", *rows]))
        await choose(panel, file)
        await expect(dialog(panel)).to_contain_text("Shoe size")
        await expect(lines).to_have_count(50)
        await take.click()
        await expect(dialog(panel)).to_contain_text("Imported. New: 60, changed: 0")
        await dialog(panel).get_by_role("button", name="Close").last.click()
        await expect(panel.locator("sid-table tbody tr")).to_have_count(50)
        # Once more, and nothing is left to do.
        await panel.get_by_role("button", name="Import", exact=True).click()
        await choose(panel, file)
        await expect(dialog(panel)).to_contain_text("nothing differs")
        # What each row changes is seen before it is done.
        file.write_text(
            "Name,ID,Kind,Group,Valid until,User ID\n"
            "Person 1,P1,student,5A;Choir,2027-06-30,\n"
            f"Person 2,P2,staff,,,{PEOPLE[0][0]}\n"
            "Zoë,P70,visitor,,,\n"
        )
        await choose(panel, file)
        await expect(lines).to_have_count(3)
        await expect(lines.filter(has_text="Person 1")).to_contain_text(
            re.compile(
                r"Kind: Staff\s*Student\s*Groups:\s*5A, Choir\s*Until:\s*30 Jun 2027"
            )
        )
        await expect(lines.filter(has_text="Zoë")).to_contain_text(
            re.compile(r"Kind:\s*Visitor")
        )
        await expect(lines.filter(has_text="Person 2")).to_contain_text(
            f"Known at terminals as: {PEOPLE[0][0]} · "
        )
        await take_picture(panel, "panel-import-changes")
        assert await serious(panel) == []


async def test_file_that_is_no_table(panel: Page, tmp_path: Path) -> None:
    """What is no table is refused in words, and another file can be chosen."""
    file = tmp_path / "photo.csv"
    file.write_text("ID\n17\n")
    async with no_complaints(panel):
        await panel.goto("/syncid/people")
        await panel.get_by_role("button", name="Import", exact=True).click()
        await choose(panel, file)
        await expect(dialog(panel).get_by_role("alert")).to_contain_text(
            "has no column for names"
        )
        await expect(
            dialog(panel).get_by_role("button", name="Choose a file")
        ).to_be_enabled()


async def test_merge(panel: Page, client: Client) -> None:
    """Two who are one are found, compared, and made one in words."""
    known = [user_id for user_id, _, _ in PEOPLE]
    await client.command("syncid/people/adopt", user_ids=known[:1])
    await client.post(
        "/api/services/syncid/add_person", name="amina", external_id="S-1", groups="7b"
    )
    await panel.set_viewport_size(PHONE)
    async with no_complaints(panel):
        await panel.goto("/syncid/people")
        await panel.get_by_role("button", name="Twice?").click()
        await take_picture(panel, "panel-doubles-phone")
        await panel.get_by_role("button", name="Compare").click()
        sides = dialog(panel).locator(".side")
        amina = sides.filter(has_text=GATE.name)
        await expect(sides.filter(has_text="7b")).to_be_visible()
        await amina.get_by_role("radio").check()
        await dialog(panel).get_by_role("textbox", name="ID number").fill("S-1")
        await take_picture(panel, "panel-merge-phone")
        assert not await is_too_wide(panel)
        assert await serious(panel) == []
        await dialog(panel).get_by_role("button", name="Merge").click()
        button = dialog(panel).get_by_role("button", name="Merge")
        await expect(button).to_be_disabled()
        await expect(dialog(panel)).to_contain_text("That cannot be undone.")
        await dialog(panel).get_by_role("textbox").fill("amina")
        await button.click()
        await told(panel, "is one person now")
        await expect(
            panel.get_by_text("Nobody seems to be there twice.")
        ).to_be_visible()
        await panel.get_by_role("button", name=re.compile("^People")).click()
        row = panel.locator("sid-table tbody tr")
        await expect(row).to_have_count(1)
        await expect(row).to_contain_text("S-1")
        await expect(row).to_contain_text("7b")


async def test_merge_with_somebody_picked(panel: Page, client: Client) -> None:
    """Two whom nothing tells to be one are merged from the page of either."""
    for name in ("Maria", "Mary Smith"):
        await client.post("/api/services/syncid/add_person", name=name)
    async with no_complaints(panel):
        await panel.goto("/syncid/people")
        await panel.get_by_role("button", name="Open Mary Smith").click()
        await dialog(panel).get_by_role("button", name="Merge").click()
        await dialog(panel).get_by_role("searchbox").fill("maria")
        await dialog(panel).get_by_role("button", name="This is Maria").click()
        await expect(dialog(panel).locator(".side")).to_have_count(2)
        await dialog(panel).get_by_role("button", name="Merge").click()
        await dialog(panel).get_by_role("textbox").fill("maria")
        await dialog(panel).get_by_role("button", name="Merge").click()
        row = panel.locator("sid-table tbody tr")
        await expect(row).to_have_count(1)
        await expect(row).to_contain_text("Mary Smith")


async def test_copy_that_is_watched(panel: Page, site: Site) -> None:
    """Whom a copy has got to is seen, also by who left it and comes back."""
    office = site.terminals[OFFICE.name]
    for user_id in ("1001", "1002"):
        office.users.remove(office.users[user_id])
    async with no_complaints(panel):
        await panel.goto(f"/syncid/terminals/{GATE.serial}")
        await panel.get_by_role("button", name="Copy users").click()
        await dialog(panel).get_by_label(OFFICE.name).check()
        await dialog(panel).get_by_label("Some of them").check()
        await dialog(panel).get_by_label("User IDs").fill("1001 1002")
        await dialog(panel).get_by_role("button", name="Show the plan").click()
        plan = await finished(panel, "New: 2")
        office.faults.delay[_REFRESH] = 4.0
        await plan.get_by_role("button", name="Do it").click()
        await expect(dialog(panel)).to_contain_text("2 of 2")
        await take_picture(panel, "panel-copy-progress")
        await dialog(panel).get_by_role("button", name="Let it run").click()
        await go_to(panel, "Live")
        await panel.get_by_role("button", name=re.compile("^Tasks")).click()
        await dialog(panel).get_by_role("button", name="Copy users").first.click()
        done = await finished(panel, "New: 2")
        await expect(done.get_by_role("listitem")).to_have_count(2)
        await expect(
            done.get_by_role("listitem").filter(has_text="Amina")
        ).to_contain_text("New")


async def test_kind_and_days(panel: Page) -> None:
    """A person is a student for a year, and who erases them is told what went."""
    async with no_complaints(panel):
        await panel.goto("/syncid/people")
        await panel.get_by_role("button", name="Add a person").click()
        await dialog(panel).get_by_role("textbox", name="Name").fill("Noor")
        await dialog(panel).get_by_label("Kind").select_option("Student")
        await dialog(panel).get_by_label("From", exact=True).fill("2026-09-01")
        await dialog(panel).get_by_label("Until", exact=True).fill("2026-08-01")
        await dialog(panel).get_by_role("button", name="Save").click()
        await expect(dialog(panel).get_by_role("alert")).to_contain_text("before")
        await dialog(panel).get_by_label("Until", exact=True).fill("2027-07-31")
        await take_picture(panel, "panel-person")
        await dialog(panel).get_by_role("button", name="Save").click()
        await panel.get_by_role("button", name="Open Noor").click()
        await expect(dialog(panel).get_by_label("Kind")).to_have_value("student")
        await expect(dialog(panel).get_by_label("Until", exact=True)).to_have_value(
            "2027-07-31"
        )
        await dialog(panel).get_by_role("button", name="Erase").click()
        await dialog(panel).get_by_role("textbox").fill("noor")
        await dialog(panel).get_by_role("button", name="Erase").click()
        await told(panel, "Noor is erased. Punches: 0")


async def test_erased_from_terminals(panel: Page, client: Client) -> None:
    """Who leaves is removed from the terminals too; the keyboard is where one writes."""
    async with no_complaints(panel):
        await panel.goto("/syncid/people?view=users&search=1001")
        for terminal in TERMINALS:
            await expect(panel.locator("sid-table tbody")).to_contain_text(
                terminal.name
            )
        await client.command("syncid/people/adopt", user_ids=["1001"])
        await go_to(panel, "People")
        await panel.get_by_role("button", name="Open Amina").click()
        await expect(dialog(panel).get_by_role("heading", name="Amina")).to_be_focused()
        await dialog(panel).get_by_role("button", name="Erase").click()
        name = dialog(panel).get_by_role("textbox")
        await expect(name).to_be_focused()
        await panel.get_by_label("From the terminals too").check()
        await name.fill("Amina")
        await take_picture(panel, "panel-erase")
        assert await serious(panel) == []
        await dialog(panel).get_by_role("button", name="Erase").click()
        await told(panel, f"users at terminals: {len(TERMINALS)}")
        users = await client.command("syncid/users/list", search="1001")
        assert users["count"] == 0


async def test_rest_as_new_people(panel: Page, client: Client) -> None:
    """It is asked first, with how many they are, and of which kind."""
    await client.command("syncid/people/adopt", user_ids=["1001"])
    rest = len(PEOPLE) - 1
    async with no_complaints(panel):
        await panel.goto("/syncid/people?view=nobody")
        await panel.get_by_role("button", name="Take the rest").click()
        await expect(dialog(panel)).to_contain_text(f"New people: {rest}.")
        await dialog(panel).get_by_label("Kind").select_option("Visitor")
        await take_picture(panel, "panel-adopt")
        await dialog(panel).get_by_role("button", name=f"Take {rest}").click()
        await finished(panel, f"New people: {rest}")
        await expect(panel.locator("li[data-user='1007']")).to_have_count(0)
        page = await client.command("syncid/people/list")
        assert [one["kind"] for one in page["people"]].count("visitor") == rest


async def test_new_person_in_place(panel: Page, client: Client) -> None:
    """Whoever is in no list of people is added where they were asked for."""
    await client.command("syncid/people/adopt", user_ids=["1001"])
    async with no_complaints(panel):
        await panel.goto("/syncid/people?view=nobody")
        user = panel.locator("li[data-user='1007']", has_text=GATE.name)
        await user.get_by_role("button", name="Who is this?").click()
        await dialog(panel).get_by_role("button", name="Add as new person").click()
        await expect(
            dialog(panel).get_by_role("textbox", name="ID number")
        ).to_have_value("1007")
        await dialog(panel).get_by_role("textbox", name="Name").fill("Grace Okafor")
        await dialog(panel).get_by_role("button", name="Save").click()
        await expect(user).to_have_count(0)
        page = await client.command("syncid/people/list", search="okafor")
        assert [one["user_id"] for one in page["people"][0]["users"]] == ["1007"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_screens_of_people(
    panel: Page, client: Client, scheme: str, tmp_path: Path
) -> None:
    """The dialogs of people fit a phone, and axe finds nothing that keeps anybody out."""
    await client.command("syncid/people/adopt", user_ids=["1001"])
    await client.post("/api/services/syncid/add_person", name="amina", external_id="S1")
    file = tmp_path / "people.csv"
    file.write_text("Name,ID,Kind,Shoe size\nZoe,P1,staff,38\n,P2,staff,40\n")
    await panel.emulate_media(
        color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
    )
    found = []
    for size in (PHONE, DESK):
        await panel.set_viewport_size(size)
        for name, path, button in (
            ("import", "/syncid/people", "Import"),
            ("person", "/syncid/people", "Open amina"),
            ("doubles", "/syncid/people?view=doubles", "Compare"),
            ("rest", "/syncid/people?view=nobody", "Take the rest as new people"),
        ):
            await panel.goto(path)
            await panel.get_by_role("button", name=button, exact=True).click()
            await expect(dialog(panel).get_by_role("heading").first).to_be_visible()
            if name == "import":
                await choose(panel, file)
                await expect(dialog(panel)).to_contain_text("There is no name.")
            await take_picture(panel, f"panel-{name}-{size['width']}-{scheme}")
            assert not await is_too_wide(panel), f"{name} at {size}"
            found += [(name, size["width"], one) for one in await serious(panel)]
    assert found == []
