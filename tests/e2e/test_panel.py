"""The panel, as an admin uses it."""

import re

from playwright.async_api import Page, expect
import pytest

from scripts.lib.client import Client
from scripts.lib.places import PEOPLE, TERMINALS
from scripts.lib.simulated import add_terminals
from simulator.device import Enrolment

from .conftest import Site, take_picture
from .panel import PHONE, dialog, finished, go_to, no_complaints

GATE, WAREHOUSE, OFFICE = TERMINALS


@pytest.fixture
async def panel(page: Page, client: Client, site: Site) -> Page:
    """Return the panel, with the terminals of the demo."""
    await add_terminals(client, site.ports)
    return page


# --- live -----------------------------------------------------------------------------


async def test_live(panel: Page, site: Site) -> None:
    """A punch is on the screen as soon as it is made, and counted."""
    async with no_complaints(panel):
        await panel.goto("/syncid")
        tile = panel.locator(".tile", has_text="Terminals online")
        await expect(tile).to_contain_text("3 of 3")
        # What has been is there before.
        ticker = panel.locator("sid-live").get_by_role("listitem")
        await expect(ticker.first).to_contain_text("Check out")
        people = [user_id for user_id, _, at in PEOPLE if at != WAREHOUSE.name]
        for user_id in people:
            site.punch(GATE if user_id == "1001" else OFFICE, user_id)
        await expect(ticker.filter(has_text="Amina").first).to_contain_text("Main gate")
        await expect(
            panel.locator(".tile", has_text="People seen today")
        ).to_contain_text(str(len(people)))
        await take_picture(panel, "panel-live")


async def test_pause(panel: Page, site: Site) -> None:
    """Who reads is not disturbed: what comes meanwhile is counted, and then there."""
    async with no_complaints(panel):
        await panel.goto("/syncid")
        ticker = panel.locator("sid-live").get_by_role("listitem")
        await expect(ticker.first).to_be_visible()
        await panel.get_by_role("button", name="Pause").click()
        site.punch(GATE, "1007")
        await panel.get_by_role("button", name="Go on (1 new)").click()
        await expect(ticker.first).to_contain_text("Grace")
        await expect(panel.get_by_role("button", name="Pause")).to_be_visible()


# --- terminals ------------------------------------------------------------------------


async def test_collect(panel: Page, site: Site) -> None:
    """Work at a terminal is begun, left, and found again with what came of it."""
    async with no_complaints(panel):
        await panel.goto("/syncid/terminals")
        card = panel.get_by_role("article").filter(has_text=WAREHOUSE.name)
        await expect(card).to_contain_text("K14")
        await take_picture(panel, "panel-terminals")
        await card.get_by_role("button", name="Collect").click()
        await finished(panel, "New punches")
        await panel.keyboard.press("Escape")
        await expect(dialog(panel)).to_have_count(0)
        await go_to(panel, "Live")
        await panel.get_by_role("button", name="Tasks").click()
        await dialog(panel).get_by_role("button", name="Collect punches").click()
        await expect(await finished(panel, "New punches")).to_contain_text(
            WAREHOUSE.name
        )


async def test_clock(panel: Page, site: Site) -> None:
    """A wrong clock is seen, and set."""
    site.terminals[OFFICE.name].faults.clock_offset = 3600
    async with no_complaints(panel):
        await panel.goto(f"/syncid/terminals/{OFFICE.serial}")
        await expect(panel.get_by_role("heading", name=OFFICE.name)).to_be_visible()
        await panel.get_by_role("button", name="Set the clock").click()
        await finished(panel, re.compile("The clock was off by .*, and is right now"))


async def test_door_and_restart(panel: Page) -> None:
    """What others notice is asked for first."""
    async with no_complaints(panel):
        await panel.goto(f"/syncid/terminals/{GATE.serial}")
        await panel.get_by_role("button", name="Unlock the door").click()
        await expect(dialog(panel)).to_contain_text("Whoever stands there can come in")
        await dialog(panel).get_by_role("button", name="Cancel").click()
        await expect(dialog(panel)).to_have_count(0)
        await panel.get_by_role("button", name="Restart").click()
        await dialog(panel).get_by_role("button", name="Restart").click()
        await finished(panel, "Done")


async def test_log_is_emptied_in_words(panel: Page, site: Site) -> None:
    """There is no way back: the terminal's name has to be written."""
    log = site.terminals[OFFICE.name].log
    async with no_complaints(panel):
        await panel.goto(f"/syncid/terminals/{OFFICE.serial}")
        await panel.get_by_role("button", name="Empty the log").click()
        button = dialog(panel).get_by_role("button", name="Empty the log")
        await expect(button).to_be_disabled()
        await dialog(panel).get_by_role("textbox").fill("gate")
        await expect(button).to_be_disabled()
        await dialog(panel).get_by_role("textbox").fill(OFFICE.name)
        await button.click()
        await finished(panel, "Punches removed from the terminal: 80")
    assert len(log) == 0


async def test_copy(panel: Page, site: Site) -> None:
    """Users go to another terminal: first a plan, then the deed, and who was not brought."""
    office = site.terminals[OFFICE.name]
    for user_id in ("1001", "1002"):
        office.users.remove(office.users[user_id])
    async with no_complaints(panel):
        await panel.goto(f"/syncid/terminals/{GATE.serial}")
        await panel.get_by_role("button", name="Copy users").click()
        await dialog(panel).get_by_label(OFFICE.name).check()
        await dialog(panel).get_by_label("Some of them").check()
        await dialog(panel).get_by_label("User IDs").fill("1001, 1002 1003")
        await dialog(panel).get_by_role("button", name="Show the plan").click()
        plan = await finished(panel, "New: 2")
        await expect(
            plan.get_by_role("listitem").filter(has_text="Amina")
        ).to_be_visible()
        assert "1001" not in [user.user_id for user in office.users]
        await take_picture(panel, "panel-plan")
        await plan.get_by_role("button", name="Do it").click()
        done = dialog(panel)
        await expect(
            done.get_by_role("heading", name="Copy users", exact=True)
        ).to_be_visible()
        await finished(panel, "New: 2")
    assert "1001" in [user.user_id for user in office.users]


async def test_backup_and_restore(panel: Page, site: Site) -> None:
    """A file is made, its passphrase shown once, and the file looked into with it."""
    gate = site.terminals[GATE.name]
    async with no_complaints(panel):
        await panel.goto(f"/syncid/terminals/{GATE.serial}")
        await panel.get_by_role("button", name="Back up users").click()
        made = await finished(panel, "The file is")
        passphrase = await made.locator(".secret").inner_text()
        await made.get_by_role("button", name="I have noted it").click()
        await expect(dialog(panel)).to_have_count(0)
        gate.users.remove(gate.users["1001"])

        await panel.get_by_role("button", name="Restore users").click()
        await dialog(panel).get_by_label("Passphrase").fill(passphrase)
        await dialog(panel).get_by_role("button", name="Show the plan").click()
        await finished(panel, "New: 1")
        await panel.keyboard.press("Escape")
        # The plan was shown above the form, which is there still.
        await dialog(panel).get_by_label("To go on, write").fill(GATE.name)
        await dialog(panel).get_by_role("button", name="Restore users").click()
        await finished(panel, "New: 1")
    assert gate.users["1001"].name == "Amina"


# --- people ---------------------------------------------------------------------------


async def test_find_somebody(panel: Page) -> None:
    """Search, filters and the way back are in the address."""
    async with no_complaints(panel):
        await panel.goto("/syncid/people?view=users")
        rows = panel.locator("sid-table tbody tr")
        await expect(rows).to_have_count(len(PEOPLE))
        await panel.get_by_placeholder("Name or user ID").fill("ele")
        await expect(rows).to_have_count(0)
        await panel.get_by_placeholder("Name or user ID").fill("elif")
        await expect(rows).to_have_count(1)
        await panel.get_by_role("button", name="Open Elif").click()
        await expect(dialog(panel)).to_contain_text("Fingers: 1")
        assert "/people/1005?view=users&search=elif" in panel.url
        await take_picture(panel, "panel-user")
        await panel.reload()
        await expect(dialog(panel)).to_contain_text("Fingers: 1")
        await panel.keyboard.press("Escape")
        await expect(rows).to_have_count(1)
        assert panel.url.endswith("/people?view=users&search=elif")


async def test_rename_and_remove(panel: Page, site: Site) -> None:
    """A name is changed at all terminals, and somebody removed from one, in words."""
    async with no_complaints(panel):
        await panel.goto("/syncid/people/1005?view=users")
        await dialog(panel).get_by_role("button", name="Rename").click()
        await dialog(panel).get_by_role("textbox").fill("Elif K")
        await dialog(panel).get_by_role("button", name="Rename").click()
        await finished(panel, "Done")
        assert {
            terminal.users["1005"].name for terminal in site.terminals.values()
        } == {"Elif K"}
        await panel.keyboard.press("Escape")
        place = dialog(panel).get_by_role("listitem").filter(has_text=OFFICE.name)
        await place.get_by_role("button", name="Remove").click()
        await dialog(panel).get_by_role("textbox").fill("elif k")
        await dialog(panel).get_by_role("button", name="Remove").click()
        await finished(panel, "Done")
    assert "1005" not in [user.user_id for user in site.terminals[OFFICE.name].users]


async def test_enrol_on_a_phone(panel: Page, site: Site) -> None:
    """At the gate: who, which finger, and three presses that are followed."""
    office = site.terminals[OFFICE.name]
    await panel.set_viewport_size(PHONE)
    async with no_complaints(panel):
        await panel.goto("/syncid/people?view=users")
        await panel.get_by_role("button", name="Enrol a finger").click()
        await dialog(panel).get_by_label("At which terminal").select_option(OFFICE.name)
        await dialog(panel).get_by_role("button", name="Somebody new").click()
        await dialog(panel).get_by_label("User ID").fill("2001")
        await dialog(panel).get_by_label("Name").fill("Noor")
        await dialog(panel).locator("select").last.select_option("Right index finger")
        await take_picture(panel, "panel-enrol-phone")
        await dialog(panel).get_by_role("button", name="Start").click()
        done = await finished(panel, "The finger is enrolled")
        await expect(done.get_by_label("Presses: 3 of 3")).to_be_visible()
        await take_picture(panel, "panel-enrolled-phone")
    noor = office.users["2001"]
    assert noor.name == "Noor"
    assert len(office.fingerprints.of(noor.uid)) == 1


async def test_enrolment_that_fails(panel: Page, site: Site) -> None:
    """Why a finger was not taken is said, with what to do."""
    site.terminals[OFFICE.name].enroll_script = Enrolment(result=5)
    async with no_complaints(panel):
        await panel.goto(f"/syncid/terminals/{OFFICE.serial}")
        await panel.get_by_role("button", name="Enrol a finger").click()
        await dialog(panel).get_by_label("Amina").check()
        await dialog(panel).locator("select").last.select_option("Left thumb")
        await dialog(panel).get_by_role("button", name="Start").click()
        await finished(panel, "already belongs to somebody")
