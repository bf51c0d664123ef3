"""The rules of attendance, as Home Assistant's own forms show and keep them."""

from typing import Any

from playwright.async_api import Locator, Page, expect
import pytest

from scripts.lib.client import Client

from .conftest import Site, take_picture
from .pages import number, submit
from .test_panel import panel

__all__ = ["panel"]

_FLOWS = "/api/config/config_entries"
RULES: dict[str, Any] = {
    "times": {
        "start_time": "08:30:00",
        "end_time": "17:00:00",
        "workdays": ["sun", "mon", "tue"],
        "grace_minutes": 7,
    },
    "punches": {"in_window": "07:00-10:00", "keys": "strict", "minimum_gap": 90},
    "working_time": {
        "required_hours": 7.5,
        "from_start": True,
        "breaks": ["12:00-12:45"],
        "overtime": "hours",
    },
}


def filled_in(form: dict[str, Any]) -> dict[str, Any]:
    """Return what a form has, as it is sent to the frontend."""
    found: dict[str, Any] = {}
    for field in form["data_schema"]:
        if field.get("type") == "expandable":
            found[field["name"]] = filled_in({"data_schema": field["schema"]})
        elif (
            value := (field.get("description") or {}).get("suggested_value")
        ) is not None:
            found[field["name"]] = value
    return found


async def ask_rules(client: Client) -> Any:
    """Begin to change the rules of the site; return the form."""
    book = await client.command("syncid/rules/get")
    menu = await client.post(f"{_FLOWS}/options/flow", handler=book["entry_id"])
    return await client.post(
        f"{_FLOWS}/options/flow/{menu['flow_id']}", next_step_id="attendance"
    )


async def ask_shift(client: Client, **subentry: str) -> Any:
    """Begin to make a shift, or to change one; return the form."""
    book = await client.command("syncid/rules/get")
    return await client.post(
        f"{_FLOWS}/subentries/flow",
        handler=[book["entry_id"], "shift"],
        **subentry,
    )


async def shift_id(client: Client) -> str:
    """Return which the only shift is."""
    entry = (await client.command("syncid/rules/get"))["entry_id"]
    (one,) = await client.command("config_entries/subentries/list", entry_id=entry)
    return str(one["subentry_id"])


@pytest.fixture
async def settings(panel: Page, client: Client, site: Site) -> Page:
    """Return the page of the integration, with rules of the site."""
    form = await ask_rules(client)
    done = await client.post(f"{_FLOWS}/options/flow/{form['flow_id']}", **RULES)
    assert done["type"] == "create_entry", done
    await panel.goto("/config/integrations/integration/syncid")
    return panel


async def open_rules(page: Page) -> Locator:
    """Open the rules of the site."""
    row = page.locator("ha-config-entry-row").filter(
        has=page.get_by_text("SyncID", exact=True)
    )
    await row.get_by_role("button", name="Configure").first.click()
    form = page.locator("dialog-data-entry-flow")
    await form.get_by_text("Attendance: rules for who has no shift").click()
    await expect(number(form, "Grace (minutes)")).to_be_visible()
    return form


async def test_rules_stay_as_they_are(settings: Page, client: Client) -> None:
    """Who opens the rules of the site and changes nothing, changes nothing."""
    form = await open_rules(settings)
    await expect(number(form, "Grace (minutes)")).to_have_value("7")
    await take_picture(settings, "rules-form")
    await submit(form)
    await expect(form.get_by_text("Options successfully saved")).to_be_visible()
    assert filled_in(await ask_rules(client)) == RULES
    await form.get_by_role("button", name="Finish").click()

    # What is emptied is gone, and nothing else.
    form = await open_rules(settings)
    await number(form, "Grace (minutes)").fill("")
    for day in ("Sunday", "Monday", "Tuesday"):
        await form.get_by_text(day, exact=True).click()
    await form.get_by_text("Punches", exact=True).click()
    await form.get_by_role("textbox", name="In-window").fill("")
    await form.get_by_text("Hours, breaks, overtime", exact=True).click()
    switch = form.get_by_role("switch", name="Count from the start only")
    await switch.press("Space")
    await expect(switch).not_to_be_checked()
    await form.get_by_role("button", name="Remove").first.click()
    await take_picture(settings, "rules-emptied")
    await submit(form)
    await expect(form.get_by_text("Options successfully saved")).to_be_visible()
    assert filled_in(await ask_rules(client)) == {
        "times": {"start_time": "08:30:00", "end_time": "17:00:00"},
        "punches": {"keys": "strict", "minimum_gap": 90},
        "working_time": {
            "required_hours": 7.5,
            "from_start": False,
            "overtime": "hours",
        },
    }


async def test_shift_stays_as_it_is(settings: Page, client: Client) -> None:
    """So does who opens a shift."""
    asked = await ask_shift(client)
    shift = {"name": "Night watch", "groups": ["Guards"], **RULES}
    made = await client.post(f"{_FLOWS}/subentries/flow/{asked['flow_id']}", **shift)
    assert made["type"] == "create_entry", made
    row = settings.locator("ha-config-sub-entry-row", has_text="Night watch")
    await row.get_by_role("button", name="Change the shift").click()
    form = settings.locator("dialog-data-entry-flow")
    await expect(number(form, "Grace (minutes)")).to_have_value("7")
    await take_picture(settings, "shift-form")
    await submit(form)
    await expect(form.get_by_text("successful")).to_be_visible()
    again = await ask_shift(client, subentry_id=await shift_id(client))
    assert filled_in(again) == shift


async def test_new_shift_has_the_days_of_the_site(
    settings: Page, client: Client
) -> None:
    """A new shift has the days that are chosen for the usual rules."""
    await settings.get_by_role("button", name="Add a shift").click()
    form = settings.locator("dialog-data-entry-flow")
    await expect(form.get_by_role("checkbox", name="Sunday")).to_be_checked()
    await expect(form.get_by_role("checkbox", name="Wednesday")).not_to_be_checked()
    await take_picture(settings, "shift-new")
    await form.get_by_role("textbox", name="Name").fill("Early")
    await submit(form)
    await expect(
        form.get_by_text("successful").or_(form.get_by_text("created"))
    ).to_be_visible()
    again = await ask_shift(client, subentry_id=await shift_id(client))
    assert filled_in(again)["times"] == {"workdays": RULES["times"]["workdays"]}
