"""The site's rules and shifts, as an admin enters them, and what comes of them."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.syncid.flows.shift_form import SECTIONS
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData

from .attendance_kit import Site
from .kit import OTHER_SERIAL

NIGHT: dict[str, Any] = {
    "name": " Night ",
    "times": {
        "start_time": "22:00:00",
        "end_time": "06:00:00",
        "workdays": ["mon", "tue", "wed", "thu", "fri"],
        "grace_minutes": 5,
    },
}


def folded(**entered: Any) -> dict[str, Any]:
    """Return what was entered with all sections, as the frontend sends it."""
    return {**{name: {} for name in SECTIONS}, **entered}


async def enter_rules(hass: HomeAssistant, site: Site, **entered: Any) -> Any:
    """Enter the rules of the site, and return what comes of it."""
    options = hass.config_entries.options
    menu = await options.async_init(site.syncid.site.entry_id)
    assert menu["type"] is FlowResultType.MENU
    form = await options.async_configure(
        menu["flow_id"], {"next_step_id": "attendance"}
    )
    assert form["type"] is FlowResultType.FORM
    result = await options.async_configure(form["flow_id"], folded(**entered))
    await site.syncid.settle()
    return result


async def add_shift(hass: HomeAssistant, site: Site, **entered: Any) -> Any:
    """Add a shift, and return what comes of it."""
    flows = hass.config_entries.subentries
    form = await flows.async_init(
        (site.syncid.site.entry_id, "shift"), context={"source": SOURCE_USER}
    )
    assert form["type"] is FlowResultType.FORM
    result = await flows.async_configure(form["flow_id"], folded(**entered))
    await site.syncid.settle()
    return result


# --- the site -------------------------------------------------------------------------


async def test_rules_of_the_site(hass: HomeAssistant, site: Site) -> None:
    """What is entered in sections is kept flat, shown again, and holds at once."""
    await site.rule(live_minutes=7)
    await site.add("Amina", "1001")
    await site.punch("1001", "2026-11-02 05:30:00")
    assert site.mark().status == "present"
    entered: dict[str, Any] = {
        "times": {"start_time": "05:00:00", "grace_minutes": 10.0},
        "punches": {"in_window": "04:00-05:45", "minimum_gap": 0},
        "working_time": {"breaks": ["12:00-12:45"], "paid_breaks": True},
    }
    result = await enter_rules(hass, site, **entered)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert site.syncid.site.options == {
        "live_minutes": 7,
        "start_time": "05:00:00",
        "grace_minutes": 10.0,
        "in_window": "04:00-05:45",
        "minimum_gap": 0,
        "breaks": ["12:00-12:45"],
        "paid_breaks": True,
    }
    assert site.mark().status == "late"
    shift = site.attendance.async_site_rules().default
    assert (shift.grace_late, shift.minimum_gap) == (600, 0)
    assert (shift.punched_breaks_paid, shift.days) == (True, frozenset(range(7)))
    options = hass.config_entries.options
    menu = await options.async_init(site.syncid.site.entry_id)
    form = await options.async_configure(
        menu["flow_id"], {"next_step_id": "attendance"}
    )
    assert form["data_schema"] is not None
    shown = {
        str(section): {
            str(key): key.description["suggested_value"]
            for key in inner.schema.schema
            if key.description
        }
        for section, inner in form["data_schema"].schema.items()
        if section not in ("holidays", "time_zone")
    }
    assert shown == entered
    await enter_rules(hass, site)
    assert site.syncid.site.options == {"live_minutes": 7}
    assert site.mark().status == "present"


@pytest.mark.parametrize(
    ("entered", "error"),
    [
        ({"punches": {"in_window": "soon"}}, "rule_window_written"),
        ({"punches": {"out_window": "15:00-25:00"}}, "rule_window_written"),
        ({"punches": {"missing_out": "cap"}}, "rule_cap_missing"),
        ({"working_time": {"rounding_minutes": 0}}, "rule_rounding_step"),
        (
            {"working_time": {"half_day_hours": 2, "absent_hours": 4}},
            "rule_half_day_order",
        ),
    ],
)
async def test_wrong_rules(
    hass: HomeAssistant, site: Site, entered: dict[str, Any], error: str
) -> None:
    """What makes no sense is said at the form, and nothing is kept."""
    result = await enter_rules(hass, site, **entered)
    assert result["errors"] == {"base": error}
    assert site.syncid.site.options == {}
    again = await hass.config_entries.options.async_configure(
        result["flow_id"], folded()
    )
    assert again["type"] is FlowResultType.CREATE_ENTRY


async def test_impossible_rules(hass: HomeAssistant, site: Site) -> None:
    """What a form cannot send is refused."""
    for wrong in (
        {"times": {"start_time": "25:00:00"}},
        {"times": {"workdays": ["someday"]}},
        {"times": {"grace_minutes": -1}},
        {"working_time": {"overtime": "always"}},
    ):
        with pytest.raises(InvalidData):
            await enter_rules(hass, site, **wrong)


# --- shifts ---------------------------------------------------------------------------


async def test_shift(hass: HomeAssistant, site: Site) -> None:
    """A shift is a part of the site; whose it is, is marked by it, over midnight too."""
    amina = await site.add("Amina", "1001", external_id="17", groups=["Guards"])
    await site.add("Bruno", "1002")
    result = await add_shift(hass, site, **NIGHT, groups=["Guards"], persons=[])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = site.syncid.site.subentries.values()
    assert (subentry.title, dict(subentry.data)) == (
        "Night",
        {"name": "Night", "groups": ["Guards"], **NIGHT["times"]},
    )
    await site.at("2026-11-02 22:10")
    await site.punch("1001")
    assert site.mark().status == "late"
    plan = site.attendance.async_plan(amina, site.attendance.today)
    assert plan.shift.name == "Night"
    await site.at("2026-11-03 05:00")
    assert site.mark().date.isoformat() == "2026-11-02"
    assert site.mark().presence == "in"
    await site.at("2026-11-03 06:05")
    await site.punch("1001")
    mark = await site.mark_on("2026-11-02")
    assert (mark.presence, mark.shift_id) == ("left", subentry.subentry_id)
    # It counts until the next shift opens.
    assert site.mark().date.isoformat() == "2026-11-02"
    assert site.mark("Bruno").shift_id == ""


async def shown_days(hass: HomeAssistant, site: Site) -> list[str]:
    """Return the days that the form of a new shift has."""
    form: Any = await hass.config_entries.subentries.async_init(
        (site.syncid.site.entry_id, "shift"), context={"source": SOURCE_USER}
    )
    (times,) = (v for k, v in form["data_schema"].schema.items() if str(k) == "times")
    (days,) = (key for key in times.schema.schema if str(key) == "workdays")
    return [*days.description["suggested_value"]]


async def test_days_of_a_new_shift(hass: HomeAssistant, site: Site) -> None:
    """A new shift is of the days of the site; not of all, where nobody said any."""
    assert await shown_days(hass, site) == ["mon", "tue", "wed", "thu", "fri"]
    await site.rule(workdays=["sun", "mon"])
    assert await shown_days(hass, site) == ["sun", "mon"]


async def test_change_and_remove_a_shift(hass: HomeAssistant, site: Site) -> None:
    """A change holds at once, for the past too; who has no shift goes by the site's."""
    amina = await site.add("Amina", "1001")
    await site.at("2026-11-02 08:17")
    await site.punch("1001")
    early = {"name": "Early", "times": {"start_time": "08:00:00"}}
    await add_shift(hass, site, **early, persons=[amina])
    assert site.mark().status == "late"
    (subentry,) = site.syncid.site.subentries.values()
    flows = hass.config_entries.subentries
    form: Any = await flows.async_init(
        (site.syncid.site.entry_id, "shift"),
        context={"source": "reconfigure", "subentry_id": subentry.subentry_id},
    )
    shown = {
        str(key): key.description["suggested_value"]
        for key in form["data_schema"].schema
        if key.description
    }
    assert shown == {"name": "Early", "persons": [amina]}
    result = await flows.async_configure(
        form["flow_id"],
        folded(name="Early", persons=[amina], times={"start_time": "08:30:00"}),
    )
    assert result["reason"] == "reconfigure_successful"
    await site.syncid.settle()
    assert site.mark().status == "present"
    assert site.mark().explain().startswith("present: first in 08:18:01, start 08:30")
    hass.config_entries.async_remove_subentry(site.syncid.site, subentry.subentry_id)
    await site.syncid.settle()
    assert "no start" in site.mark().explain()


@pytest.mark.parametrize(
    ("entered", "errors"),
    [
        ({"name": "  "}, {"name": "name_missing"}),
        ({"name": "Night"}, {"name": "name_taken"}),
        ({"name": " off"}, {"name": "name_reserved"}),
        ({"name": "usual"}, {"name": "name_reserved"}),
        ({"persons": "amina"}, {"persons": "taken"}),
        ({"groups": ["Guards"]}, {"groups": "taken"}),
        ({"terminals": ["GATEWAY-1"]}, {"terminals": "taken"}),
        ({"working_time": {"breaks": ["12:00"]}}, {"base": "rule_window_written"}),
    ],
)
async def test_wrong_shift(
    hass: HomeAssistant, site: Site, entered: dict[str, Any], errors: dict[str, str]
) -> None:
    """What cannot be is refused at its field, and can be put right."""
    amina = await site.add("Amina", "1001", groups=["Guards"], external_id="17")
    await add_shift(
        hass, site, **NIGHT, persons=[amina], groups=["Guards"], terminals=["GATEWAY-1"]
    )
    if "persons" in entered:
        entered = {"persons": [amina]}
    form = await add_shift(hass, site, **{"name": "Early", **entered})
    assert form["errors"] == errors
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"], folded(name="Early")
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_shift_of_what_is_gone(hass: HomeAssistant, site: Site) -> None:
    """A terminal that was taken out can be taken out of a shift."""
    other = await site.syncid.add_push_device(
        OTHER_SERIAL, token="another-token", webhook_id="5ecb" * 16
    )
    await add_shift(hass, site, **NIGHT, terminals=[OTHER_SERIAL])
    await hass.config_entries.async_remove(other.entry.entry_id)
    (subentry,) = site.syncid.site.subentries.values()
    flows = hass.config_entries.subentries
    form: Any = await flows.async_init(
        (site.syncid.site.entry_id, "shift"),
        context={"source": "reconfigure", "subentry_id": subentry.subentry_id},
    )
    result = await flows.async_configure(
        form["flow_id"], folded(**NIGHT, terminals=[OTHER_SERIAL])
    )
    assert result["reason"] == "reconfigure_successful"


async def test_until_midnight(hass: HomeAssistant, site: Site) -> None:
    """A window may end with the day."""
    await add_shift(hass, site, name="Evening", punches={"out_window": "20:00-24:00"})
    (shift,) = site.attendance.async_site_rules().shifts
    assert shift.out_window == (20 * 3600, 24 * 3600)


async def test_site_that_was_removed(hass: HomeAssistant, site: Site) -> None:
    """Without the site's entry days are marked as without rules, and people stay."""
    await site.rule(start_time="05:00:00", holidays="calendar.none")
    person_id = await site.add("Amina", "1001")
    await site.punch("1001", "2026-11-02 05:30:00")
    assert site.mark().status == "late"
    await hass.config_entries.async_remove(site.syncid.site.entry_id)
    await site.syncid.settle()
    await site.minute()
    assert site.mark().status == "present"
    told = await site.call("remove_person", person=person_id)
    assert (told["deleted"]["people"], told["deleted"]["settings"]) == (1, 0)


async def test_break_of_a_night(hass: HomeAssistant, site: Site) -> None:
    """A break after midnight is in the night that began before it."""
    breaks = ["23:30-00:15", "02:00-02:30"]
    await add_shift(hass, site, **NIGHT, working_time={"breaks": breaks})
    (shift,) = site.attendance.async_site_rules().shifts
    hour = 3600
    assert [(one.start / hour, one.end / hour) for one in shift.breaks] == [
        (23.5, 24.25),
        (26, 26.5),
    ]
    assert shift.owed == (8 - 1.25) * hour


async def test_entry_of_another_integration(hass: HomeAssistant, site: Site) -> None:
    """What others change is no rule of ours."""
    await site.add("Amina", "1001")
    before = site.syncid.in_file("SELECT count(*) FROM changes")
    entry = MockConfigEntry(domain="sun")
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, title="Moon")
    await site.syncid.settle()
    assert site.syncid.in_file("SELECT count(*) FROM changes") == before
