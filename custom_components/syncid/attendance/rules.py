"""The rules of attendance, as the site's options and shifts have them."""

from collections.abc import Iterable, Mapping
from datetime import date as Date, time as Time
from typing import Any, Final, Literal

from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback

from ..const import (
    CONF_ABSENT_HOURS,
    CONF_BREAKS,
    CONF_CAP_HOURS,
    CONF_CLOSES_AFTER_HOURS,
    CONF_DEDUCT_AFTER_HOURS,
    CONF_DEDUCT_MINUTES,
    CONF_EARLY_GRACE_MINUTES,
    CONF_END_TIME,
    CONF_FLEXIBLE_MINUTES,
    CONF_FROM_START,
    CONF_GRACE_MINUTES,
    CONF_GROUPS,
    CONF_HALF_DAY_HOURS,
    CONF_HOURS,
    CONF_IN_WINDOW,
    CONF_KEYS,
    CONF_MINIMUM_GAP,
    CONF_MISSING_OUT,
    CONF_OPENS_BEFORE_HOURS,
    CONF_OUT_WINDOW,
    CONF_OVERTIME,
    CONF_OVERTIME_MINUTES,
    CONF_PAID_BREAK_TIMES,
    CONF_PAID_BREAKS,
    CONF_PERSONS,
    CONF_REQUIRED_HOURS,
    CONF_ROUND_ARRIVAL,
    CONF_ROUND_DEPARTURE,
    CONF_ROUND_TOTAL,
    CONF_ROUNDING_MINUTES,
    CONF_START_TIME,
    CONF_TERMINALS,
    CONF_WORKDAYS,
    DOMAIN,
    SITE_UNIQUE_ID,
    SUBENTRY_SHIFT,
)
from ..core.attendance.policy import DAY, HOUR, MINUTE, Break, Rounding, Shift, Window
from ..core.attendance.schedule import Entry, Rules
from ..core.errors import RuleReason, RuleRefused

# As Home Assistant names them, Monday first.
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# The choices of a shift.
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    CONF_HOURS: ("first_last", "pairs"),
    CONF_KEYS: ("auto", "strict", "ignore"),
    CONF_MISSING_OUT: ("none", "shift_end", "cap"),
    CONF_OVERTIME: ("none", "keys", "hours", "both"),
    "rounding": ("none", "up", "down", "nearest"),
}
# To how many minutes hours are rounded where that is not said.
ROUNDING_MINUTES: Final = 15
# What cannot be wrong with what an admin enters of a shift.
NEVER_IN_A_SHIFT: Final[tuple[RuleReason, ...]] = (
    "entry_order",
    "entry_part",
    "person_unknown",
    "shift_twice",
    "shift_unknown",
    "why_missing",
    "zone_unknown",
)
# Option, field of a shift, and how many seconds one of it has.
_DURATIONS: Final = (
    (CONF_GRACE_MINUTES, "grace_late", MINUTE),
    (CONF_EARLY_GRACE_MINUTES, "grace_early", MINUTE),
    (CONF_FLEXIBLE_MINUTES, "flexible", MINUTE),
    (CONF_OPENS_BEFORE_HOURS, "opens_before", HOUR),
    (CONF_CLOSES_AFTER_HOURS, "closes_after", HOUR),
    (CONF_REQUIRED_HOURS, "required", HOUR),
    (CONF_HALF_DAY_HOURS, "half_day_below", HOUR),
    (CONF_ABSENT_HOURS, "absent_below", HOUR),
    (CONF_DEDUCT_MINUTES, "deduct", MINUTE),
    (CONF_DEDUCT_AFTER_HOURS, "deduct_after", HOUR),
    (CONF_MINIMUM_GAP, "minimum_gap", 1),
    (CONF_OVERTIME_MINUTES, "overtime_least", MINUTE),
    (CONF_CAP_HOURS, "cap", HOUR),
)
_WORDS: Final = (CONF_HOURS, CONF_KEYS, CONF_MISSING_OUT, CONF_OVERTIME)


def _seconds(text: str, reason: Literal["time_written", "window_written"]) -> int:
    text = text.strip()
    if text == "24:00":
        return DAY
    try:
        time = Time.fromisoformat(text)
    except ValueError:
        raise RuleRefused(reason, text) from None
    return time.hour * HOUR + time.minute * MINUTE + time.second


def window_of(text: str) -> Window:
    """Return a window that is written `07:00-09:00`; raises `RuleRefused`."""
    begin, dash, end = text.replace("\N{EN DASH}", "-").partition("-")
    if not dash:
        raise RuleRefused("window_written", text)
    return _seconds(begin, "window_written"), _seconds(end, "window_written")


def shift_of(data: Mapping[str, Any], shift_id: str = "") -> Shift:
    """Return the shift that options describe; raises `RuleRefused`."""
    fields: dict[str, Any] = {"id": shift_id, "name": data.get(CONF_NAME, "")}
    for key, name in ((CONF_START_TIME, "start"), (CONF_END_TIME, "end")):
        if data.get(key):
            fields[name] = _seconds(data[key], "time_written")
    for key in (CONF_IN_WINDOW, CONF_OUT_WINDOW):
        if data.get(key):
            fields[key] = window_of(data[key])
    if data.get(CONF_WORKDAYS):
        fields["days"] = frozenset(map(WEEKDAYS.index, data[CONF_WORKDAYS]))
    for key, name, unit in _DURATIONS:
        if data.get(key) is not None:
            fields[name] = round(data[key] * unit)
    for key in _WORDS:
        if data.get(key):
            fields[key] = data[key]
    if CONF_PAID_BREAKS in data:
        fields["punched_breaks_paid"] = data[CONF_PAID_BREAKS]
    fields["counts_early"] = not data.get(CONF_FROM_START)
    start, end = fields.get("start"), fields.get("end")
    fields["breaks"] = tuple(
        Break(*_in_shift(window_of(text), start, end), paid)
        for key, paid in ((CONF_BREAKS, False), (CONF_PAID_BREAK_TIMES, True))
        for text in data.get(key, ())
    )
    fields["rounding"] = Rounding(
        step=round(data.get(CONF_ROUNDING_MINUTES, ROUNDING_MINUTES) * MINUTE),
        arrival=data.get(CONF_ROUND_ARRIVAL, "none"),
        departure=data.get(CONF_ROUND_DEPARTURE, "none"),
        total=data.get(CONF_ROUND_TOTAL, "none"),
    )
    return Shift(**fields)


def _in_shift(window: Window, start: int | None, end: int | None) -> Window:
    """Return a break where it is: of a night shift it may be on the day after."""
    begin, until = window
    if start is not None and end is not None and end <= start and begin < start:
        begin, until = begin + DAY, until + DAY
    return begin, until + DAY if until < begin else until


@callback
def async_rules(
    hass: HomeAssistant,
    holidays: Mapping[Date, str],
    rota: Mapping[tuple[str, Date], str | None],
    entries: Iterable[Entry],
    zone: str | None,
) -> Rules:
    """Return the rules of the site as it is configured now.

    `zone` is one that was read from disk, which is not for the event loop.
    """
    site = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    if site is None:
        return Rules(holidays=holidays, entries=tuple(entries))
    shifts: list[Shift] = []
    of: dict[str, dict[str, str]] = {
        CONF_PERSONS: {},
        CONF_GROUPS: {},
        CONF_TERMINALS: {},
    }
    for subentry in site.get_subentries_of_type(SUBENTRY_SHIFT):
        shifts.append(shift_of(subentry.data, subentry.subentry_id))
        for key, shift_by in of.items():
            for one in subentry.data.get(key, ()):
                shift_by[one] = subentry.subentry_id
    return Rules(
        default=shift_of(site.options),
        zone=zone,
        shifts=tuple(shifts),
        of_person=of[CONF_PERSONS],
        of_group=of[CONF_GROUPS],
        of_terminal=of[CONF_TERMINALS],
        # Of a shift that was removed, the rota says nothing any more.
        rota={
            turn: shift_id
            for turn, shift_id in rota.items()
            if shift_id is None or shift_id in site.subentries
        },
        holidays=holidays,
        entries=tuple(entries),
    )
