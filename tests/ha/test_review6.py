"""What a review of holidays and of news claims."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import date as Date, timedelta
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.syncid.attendance.holidays import Holidays
from custom_components.syncid.core.errors import LedgerError
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .attendance_kit import MONDAY, Site
from .test_attendance_entities_calendar import add_shift
from .test_attendance_holidays import all_day, calendar
from .test_attendance_told import EIGHT
from .test_blueprints import HEAD, Messages, _automations_end, messages, use

__all__ = ["_automations_end", "messages"]

SNOW = all_day(MONDAY, "2026-11-03", "Snow")
CALENDAR = "calendar.holidays"


async def test_calendar_that_changes_while_days_are_marked(
    hass: HomeAssistant,
) -> None:
    """What is put into a calendar while its last answer is worked on is asked for."""
    today = Date.fromisoformat(MONDAY)
    events: list[dict[str, str]] = []
    calendar(hass, events)
    told: list[Mapping[Date, str]] = []

    async def keep(_: Date, __: Date, found: Mapping[Date, str], ___: Date) -> None:
        told.append({**found})
        if len(told) == 2:
            # As long as thousands of days are marked anew, minutes pass.
            events.append(SNOW)
            hass.states.async_set(CALENDAR, "on", {"message": "Snow"})
            holidays.async_look(CALENDAR, today)

    holidays = Holidays(hass, keep)
    hass.states.async_set(CALENDAR, "off")
    holidays.async_look(CALENDAR, today)
    await hass.async_block_till_done(wait_background_tasks=True)
    hass.states.async_set(CALENDAR, "on", {"message": "Meeting"})
    holidays.async_look(CALENDAR, today)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(told) >= 2
    holidays.async_look(CALENDAR, today)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert today in told[-1]


async def test_fresh_answer_of_other_days(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Before a day of last week is closed it is asked for, though today was just now."""
    today = Date(2026, 11, 9)
    events: list[dict[str, str]] = []
    asked = calendar(hass, events)
    told: dict[Date, str] = {}

    async def keep(_: Date, __: Date, found: Mapping[Date, str], ___: Date) -> None:
        told.update(found)

    holidays = Holidays(hass, keep)
    hass.states.async_set(CALENDAR, "off")
    holidays.async_look(CALENDAR, today)
    await hass.async_block_till_done(wait_background_tasks=True)
    freezer.tick(timedelta(hours=1))
    events.append(SNOW)
    hass.states.async_set(CALENDAR, "on", {"message": "Meeting"})
    holidays.async_look(CALENDAR, today)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(asked) == 2
    await holidays.async_make_sure(Date.fromisoformat(MONDAY))
    assert Date.fromisoformat(MONDAY) in told


async def test_night_that_is_not_over_when_somebody_is_mapped(site: Site) -> None:
    """Who is mapped in the middle of a night is waited for, and told absent from it."""
    await site.rule(start_time="22:00:00", end_time="06:00:00")
    await site.add("Bruno", "1002")
    await site.at("2026-10-30 21:55")
    await site.punch("1001")
    await site.at("2026-11-03 01:00")
    await site.add("Amina", "1001")
    mark = await site.mark_on(MONDAY)
    assert (mark.status, mark.final) == ("expected", False)
    site.told()
    await site.at("2026-11-03 15:00")
    await site.read_all()
    assert (await site.mark_on(MONDAY)).status == "absent"
    assert ("Amina", MONDAY, "expected", "absent", True) in site.told()


async def test_group_of_a_shift_is_a_rule(hass: HomeAssistant, site: Site) -> None:
    """Who is put into a group of another shift is not told late for all the week.

    An import that sets the groups of 2,000 pupils would tell of 10,000 days at once.
    """
    await site.rule(start_time="08:00:00", end_time="16:00:00")
    await add_shift(site, "Early", start_time="07:00:00", groups=["Early"])
    await site.add("Amina", "1001")
    for day in range(2, 5):
        await site.at(f"2026-11-0{day} 07:55")
        await site.punch("1001")
        await site.at(f"2026-11-0{day} 16:00")
        await site.punch("1001")
    await site.at("2026-11-06 00:30")
    await site.read_all()
    site.told()
    await site.call("update_person", person="Amina", groups=["Early"])
    assert (await site.mark_on(MONDAY)).status == "late"
    assert [one for one in site.told() if one[1] in (MONDAY, "2026-11-03")] == []


async def test_leave_that_is_computed_later_is_told(site: Site) -> None:
    """Leave of a day that was closed is told, too, if the disk was full meanwhile."""
    await site.rule(**EIGHT)
    await site.add("Amina", "1001")
    await site.at("2026-11-02 09:55")
    await site.punch("1001")
    await site.at("2026-11-03 00:30")
    await site.read_all()
    await site.at("2026-11-05 09:00")
    site.told()
    part = {"from_time": "08:00:00", "until_time": "10:00:00"}
    with (
        patch.object(site.attendance.book, "work", side_effect=LedgerError("full")),
        suppress(HomeAssistantError),
    ):
        await site.call("add_leave", person="Amina", start=MONDAY, **part)
    await site.minute()
    assert (await site.mark_on(MONDAY)).status == "present"
    assert ("Amina", MONDAY, "late", "present", True) in site.told()


async def test_terminal_that_is_offline_after_a_restart(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """A terminal that does not come back when Home Assistant starts is offline, too."""
    entity_id = "binary_sensor.gate"
    hass.states.async_set(entity_id, "unavailable")
    wait = {"minutes": 10}
    await use(hass, "terminal_offline", terminals=[entity_id], told=[HEAD], wait=wait)
    hass.states.async_set(entity_id, "off", {"friendly_name": "Gate"})
    for passed in (0, 11):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=passed))
        # The automation goes on to wait for the terminal.
        for _ in range(50):
            await asyncio.sleep(0)
    assert len(messages.take()) == 1
