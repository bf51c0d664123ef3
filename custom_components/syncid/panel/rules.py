"""The rules of attendance, as the panel shows them: with what they would do."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import voluptuous as vol

from homeassistant.const import CONF_NAME, CONF_TIME_ZONE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv

from ..attendance import DATA_ATTENDANCE
from ..const import (
    CONF_CLOSES_AFTER_HOURS,
    CONF_DEDUCT_AFTER_HOURS,
    CONF_END_TIME,
    CONF_FROM_START,
    CONF_GRACE_MINUTES,
    CONF_GROUPS,
    CONF_IN_WINDOW,
    CONF_OPENS_BEFORE_HOURS,
    CONF_OUT_WINDOW,
    CONF_PAID_BREAK_TIMES,
    CONF_PERSONS,
    CONF_ROUND_TOTAL,
    CONF_START_TIME,
    CONF_TERMINALS,
    CONF_WORKDAYS,
    DOMAIN,
    SITE_UNIQUE_ID,
    SUBENTRY_SHIFT,
)
from ..core.attendance.readings import zone_info
from ..core.errors import RuleRefused
from ..rules import CHOICES, WEEKDAYS, shift_of
from .command import command
from .payloads import Differs, HolidayRow, Preview, RuleBook, ShiftRow
from .terminals import async_entries

# What is told of a preview one by one.
_MOST = 50
_SAID = (
    {
        vol.Optional(key): vol.Any(None, str)
        for key in (CONF_START_TIME, CONF_END_TIME, CONF_IN_WINDOW, CONF_OUT_WINDOW)
    }
    | {
        vol.Optional(key): vol.Any(
            None, vol.All(vol.Any(int, float), vol.Range(min=0, max=24))
        )
        for key in (
            CONF_OPENS_BEFORE_HOURS,
            CONF_CLOSES_AFTER_HOURS,
            CONF_DEDUCT_AFTER_HOURS,
        )
    }
    | {
        vol.Optional(CONF_GRACE_MINUTES): vol.All(int, vol.Range(min=0, max=240)),
        vol.Optional(CONF_WORKDAYS): [vol.In(WEEKDAYS)],
        vol.Optional(CONF_FROM_START): bool,
        vol.Optional(CONF_PAID_BREAK_TIMES): vol.Any(None, [str]),
        vol.Optional(CONF_ROUND_TOTAL): vol.Any(None, vol.In(CHOICES["rounding"])),
        vol.Optional(CONF_TIME_ZONE): vol.Any(None, str),
    }
)


def _shift(data: Any, shift_id: str, names: dict[str, dict[str, str]]) -> ShiftRow:
    def called(key: str) -> list[str]:
        return [names[key].get(one, one) for one in data.get(key, ())]

    return ShiftRow(
        id=shift_id,
        name=data.get(CONF_NAME, ""),
        start=data.get(CONF_START_TIME),
        end=data.get(CONF_END_TIME),
        grace_minutes=int(data.get(CONF_GRACE_MINUTES) or 0),
        in_window=data.get(CONF_IN_WINDOW),
        out_window=data.get(CONF_OUT_WINDOW),
        workdays=list(data.get(CONF_WORKDAYS) or WEEKDAYS),
        opens_before_hours=data.get(CONF_OPENS_BEFORE_HOURS),
        closes_after_hours=data.get(CONF_CLOSES_AFTER_HOURS),
        deduct_after_hours=data.get(CONF_DEDUCT_AFTER_HOURS),
        from_start=bool(data.get(CONF_FROM_START)),
        paid_break_times=list(data.get(CONF_PAID_BREAK_TIMES, ())),
        round_total=data.get(CONF_ROUND_TOTAL, "none"),
        people=called(CONF_PERSONS),
        groups=called(CONF_GROUPS),
        terminals=called(CONF_TERMINALS),
    )


@command("rules/get")
async def rules_get(hass: HomeAssistant, msg: dict[str, Any]) -> RuleBook:
    """Return the rules of the site."""
    attendance = hass.data[DATA_ATTENDANCE]
    site = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    names: dict[str, dict[str, str]] = {
        CONF_PERSONS: {one.id: one.name for one in attendance.people.values()},
        CONF_GROUPS: {},
        CONF_TERMINALS: {
            str(entry.unique_id): entry.title for entry in async_entries(hass)
        },
    }
    today = attendance.async_today()
    holidays = attendance.async_site_rules().holidays
    return RuleBook(
        usual=_shift(site.options if site else {}, "", names),
        shifts=[
            _shift(one.data, one.subentry_id, names)
            for one in (site.get_subentries_of_type(SUBENTRY_SHIFT) if site else ())
        ],
        holidays=[
            HolidayRow(date=date.isoformat(), name=name)
            for date, name in sorted(holidays.items())
            if date >= today
        ],
        time_zone=site.options.get(CONF_TIME_ZONE) if site else None,
        zone=attendance.zone_name,
        entry_id=site.entry_id if site else None,
    )


async def _async_changed(
    hass: HomeAssistant, msg: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Return the site, and its options as they would be; raises what is wrong."""
    site = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    if site is None:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_site")
    said = {str(key): msg[str(key)] for key in _SAID if str(key) in msg}
    options = {**site.options, **said}
    options = {
        key: value for key, value in options.items() if value not in (None, "", [])
    }
    try:
        shift_of(options)
        if zone := options.get(CONF_TIME_ZONE):
            await hass.async_add_executor_job(zone_info, zone)
    except RuleRefused as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="rule_wrong",
            translation_placeholders={"error": str(err)},
        ) from err
    return site, options


@command("rules/preview", {**_SAID, vol.Optional("date"): cv.date})
async def rules_preview(hass: HomeAssistant, msg: dict[str, Any]) -> Preview:
    """Say what a day would have been, of who has no shift of their own."""
    attendance = hass.data[DATA_ATTENDANCE]
    _, options = await _async_changed(hass, msg)
    case = attendance.async_case()
    date = msg.get("date") or case.today - timedelta(days=1)
    usual, zone = shift_of(options), options.get(CONF_TIME_ZONE)
    case = replace(case, rules=replace(case.rules, default=usual, zone=zone))
    found = await attendance.hub.async_read(attendance.book.preview, case, date)
    people = case.directory.people
    differs = [
        Differs(
            person=people[mark.person_id].name,
            before=before.status if before else None,
            after=mark.status,
        )
        for mark, before in found
        if before is None or before.status != mark.status
    ]
    differs.sort(key=lambda one: one["person"].casefold())
    return Preview(
        date=date.isoformat(),
        before=dict(Counter(before.status for _, before in found if before)),
        after=dict(Counter(mark.status for mark, _ in found)),
        differs=differs[:_MOST],
    )


@command("rules/save", _SAID)
async def rules_save(hass: HomeAssistant, msg: dict[str, Any]) -> None:
    """Keep the rules of who has no shift of their own."""
    site, options = await _async_changed(hass, msg)
    hass.config_entries.async_update_entry(site, options=options)
