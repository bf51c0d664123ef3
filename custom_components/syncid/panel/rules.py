"""The rules of attendance, as the panel shows them: with what they would do."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import voluptuous as vol

from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..attendance import DATA_ATTENDANCE
from ..const import (
    CONF_END_TIME,
    CONF_GRACE_MINUTES,
    CONF_GROUPS,
    CONF_IN_WINDOW,
    CONF_OUT_WINDOW,
    CONF_PERSONS,
    CONF_START_TIME,
    CONF_TERMINALS,
    CONF_WORKDAYS,
    DOMAIN,
    SITE_UNIQUE_ID,
    SUBENTRY_SHIFT,
)
from ..core.errors import RuleRefused
from ..rules import WEEKDAYS, shift_of
from .command import DATE, command
from .payloads import Differs, HolidayRow, Preview, RuleBook, ShiftRow
from .terminals import async_entries

# What is told of a preview one by one.
_MOST = 50
_SAID = {
    vol.Optional(key): vol.Any(None, str)
    for key in (CONF_START_TIME, CONF_END_TIME, CONF_IN_WINDOW, CONF_OUT_WINDOW)
} | {
    vol.Optional(CONF_GRACE_MINUTES): vol.All(int, vol.Range(min=0, max=240)),
    vol.Optional(CONF_WORKDAYS): [vol.In(WEEKDAYS)],
}


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
        workdays=list(data.get(CONF_WORKDAYS) or WEEKDAYS[:5]),
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
    today = dt_util.now().date()
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
        entry_id=site.entry_id if site else None,
    )


@callback
def _async_changed(
    hass: HomeAssistant, msg: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Return the site, and its options as they would be; raises what is wrong."""
    site = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    if site is None:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_site")
    said = {str(key): msg[str(key)] for key in _SAID if str(key) in msg}
    # It would be kept as if nothing were said of them.
    if said.get(CONF_WORKDAYS) == []:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="rule_no_workdays"
        )
    options = {**site.options, **said}
    options = {key: value for key, value in options.items() if value not in (None, "")}
    try:
        shift_of(options)
    except RuleRefused as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="rule_wrong",
            translation_placeholders={"error": str(err)},
        ) from err
    return site, options


@command("rules/preview", {**_SAID, vol.Optional("date"): DATE})
async def rules_preview(hass: HomeAssistant, msg: dict[str, Any]) -> Preview:
    """Say what a day would have been, of who has no shift of their own."""
    attendance = hass.data[DATA_ATTENDANCE]
    _, options = _async_changed(hass, msg)
    case = attendance.async_case()
    date = msg.get("date") or case.today - timedelta(days=1)
    case = replace(case, rules=replace(case.rules, default=shift_of(options)))
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
    site, options = _async_changed(hass, msg)
    hass.config_entries.async_update_entry(site, options=options)
