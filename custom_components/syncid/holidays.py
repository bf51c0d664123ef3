"""Holidays, from a calendar or from a workday sensor of Home Assistant."""

import asyncio
from datetime import date as Date, timedelta
import logging
from typing import Any, Final

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, split_entity_id
from homeassistant.util import dt as dt_util

_LOGGER = logging.getLogger(__name__)

_ONE_DAY = timedelta(days=1)
# As the workday sensor names the days.
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


# Seconds that a calendar has to answer: days are not closed meanwhile.
_PATIENCE: Final = 30


class HolidaySource:
    """Asks for holidays; what it asks belongs to others, and may do anything."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Have asked nobody yet."""
        self._hass = hass
        # Who was told not to answer.
        self._failing: str | None = None

    async def async_find(
        self, entity_id: str, first: Date, last: Date
    ) -> dict[Date, str] | None:
        """Return the holidays from a date to another; None if nobody can tell now."""
        find = _async_in_calendar
        if split_entity_id(entity_id)[0] == "binary_sensor":
            find = _async_by_workday
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await find(self._hass, entity_id, first, last)
        except Exception as err:  # noqa: BLE001 - or no day would be closed any more
            if self._failing != entity_id:
                self._failing = entity_id
                _LOGGER.warning("%s tells no holidays: %r", entity_id, err)
            return None
        self._failing = None
        return found


async def _async_ask(
    hass: HomeAssistant, domain: str, action: str, entity_id: str, **data: Any
) -> Any:
    response = await hass.services.async_call(
        domain,
        action,
        {ATTR_ENTITY_ID: entity_id, **data},
        blocking=True,
        return_response=True,
    )
    return (response or {})[entity_id]


async def _async_in_calendar(
    hass: HomeAssistant, entity_id: str, first: Date, last: Date
) -> dict[Date, str]:
    told = await _async_ask(
        hass,
        "calendar",
        "get_events",
        entity_id,
        start_date_time=dt_util.start_of_local_day(first),
        end_date_time=dt_util.start_of_local_day(last + _ONE_DAY),
    )
    found: dict[Date, str] = {}
    for event in told["events"]:
        # What has a time is no holiday, but a meeting.
        if len(event["start"]) > len("2026-01-01"):
            continue
        day, end = (Date.fromisoformat(event[key]) for key in ("start", "end"))
        while day < end:
            if first <= day <= last:
                found[day] = event["summary"]
            day += _ONE_DAY
    return found


async def _async_by_workday(
    hass: HomeAssistant, entity_id: str, first: Date, last: Date
) -> dict[Date, str]:
    state = hass.states.get(entity_id)
    told_of = state.attributes if state else {}
    # What it never counts as worked, holiday or not, is no holiday: in which countries
    # that is Friday and Saturday, it knows.
    week = {*told_of.get("workdays", _WEEK[:5])} - {*told_of.get("excludes", ())}
    found: dict[Date, str] = {}
    day = first
    while day <= last:
        told = await _async_ask(
            hass, "workday", "check_date", entity_id, check_date=day
        )
        # Which days are worked, the shifts say: a weekend is no holiday.
        if not told["workday"] and _WEEK[day.weekday()] in week:
            found[day] = state.name if state else entity_id
        day += _ONE_DAY
    return found
