"""What forms are filled in with, as the frontend gets them.

It takes the default of a field before it looks into a section: of a section that has one,
nothing that is kept would be shown, and all of it be erased with the next submission.
"""

import json
from typing import Any

import probatio
import pytest

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import InvalidData
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.json import json_dumps

from .attendance_kit import Site
from .test_attendance_rules import NIGHT, add_shift, enter_rules

RULES: dict[str, Any] = {
    "times": {"start_time": "05:00:00", "workdays": ["mon"], "grace_minutes": 10.0},
    "punches": {"in_window": "04:00-05:45", "keys": "strict", "minimum_gap": 0},
    "working_time": {"breaks": ["12:00-12:45"], "paid_breaks": False},
}


def filled_in(fields: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the frontend fills in, in the order in which it looks for it."""
    found: dict[str, Any] = {}
    for field in fields:
        description = field.get("description") or {}
        if description.get("suggested_value") is not None:
            found[field["name"]] = description["suggested_value"]
        elif "default" in field:
            found[field["name"]] = field["default"]
        elif field.get("type") == "expandable":
            found[field["name"]] = filled_in(field["schema"])
    return found


def sent(form: Any) -> list[dict[str, Any]]:
    """Return the fields of a form, as they are sent."""
    fields: Any = json.loads(
        json_dumps(
            probatio.to_field_list(
                form["data_schema"], custom_serializer=cv.custom_serializer
            )
        )
    )
    assert not [
        field["name"]
        for field in fields
        if field.get("type") == "expandable" and "default" in field
    ]
    return list(fields)


async def ask_rules(hass: HomeAssistant, site: Site) -> Any:
    """Begin to change the rules of the site."""
    options = hass.config_entries.options
    menu = await options.async_init(site.syncid.site.entry_id)
    return await options.async_configure(
        menu["flow_id"], {"next_step_id": "attendance"}
    )


async def ask_shift(hass: HomeAssistant, site: Site) -> Any:
    """Begin to change the only shift, or to make it."""
    shifts = site.syncid.site.subentries
    context: Any = {"source": SOURCE_USER}
    if shifts:
        context = {"source": SOURCE_RECONFIGURE, "subentry_id": next(iter(shifts))}
    return await hass.config_entries.subentries.async_init(
        (site.syncid.site.entry_id, "shift"), context=context
    )


async def test_rules_are_filled_in(hass: HomeAssistant, site: Site) -> None:
    """Rules that are submitted as they are shown stay as they are."""
    await enter_rules(hass, site, **RULES, time_zone="Asia/Karachi")
    kept = dict(site.syncid.site.options)
    shown = filled_in(sent(await ask_rules(hass, site)))
    assert shown == {**RULES, "time_zone": "Asia/Karachi"}
    await enter_rules(hass, site, **shown)
    assert site.syncid.site.options == kept


async def test_shift_is_filled_in(hass: HomeAssistant, site: Site) -> None:
    """So does a shift, and a new one has its days."""
    shown = filled_in(sent(await ask_shift(hass, site)))
    assert shown["times"] == {"workdays": ["mon", "tue", "wed", "thu", "fri"]}
    await add_shift(hass, site, name="Early", groups=["Guards"], **RULES)
    (before,) = site.syncid.site.subentries.values()
    form = await ask_shift(hass, site)
    shown = filled_in(sent(form))
    assert shown == {"name": "Early", "groups": ["Guards"], **RULES}
    await hass.config_entries.subentries.async_configure(form["flow_id"], shown)
    (after,) = site.syncid.site.subentries.values()
    assert after.data == before.data


@pytest.mark.parametrize("missing", RULES)
async def test_section_that_is_missing(
    hass: HomeAssistant, site: Site, missing: str
) -> None:
    """What leaves a section out is refused, and erases nothing of it."""
    await enter_rules(hass, site, **RULES)
    kept = dict(site.syncid.site.options)
    form = await ask_rules(hass, site)
    some = {key: value for key, value in RULES.items() if key != missing}
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(form["flow_id"], some)
    assert site.syncid.site.options == kept
    form = await ask_shift(hass, site)
    with pytest.raises(InvalidData):
        await hass.config_entries.subentries.async_configure(
            form["flow_id"], {"name": "Early", **some}
        )


async def test_error_is_shown_beside_what_was_entered(
    hass: HomeAssistant, site: Site
) -> None:
    """Who has to put something right need not enter the rest again."""
    entered = {**NIGHT, "name": "Night", "working_time": {"breaks": ["soon"]}}
    form = await add_shift(hass, site, **entered)
    assert form["errors"]
    assert filled_in(sent(form)) == {**entered, "punches": {}}
