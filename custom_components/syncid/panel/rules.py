"""The rules of attendance, as the panel shows them: with what they would do."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date as Date, timedelta
from typing import Any

import voluptuous as vol

from homeassistant.const import CONF_NAME, CONF_TIME_ZONE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..attendance.attendance import DATA_ATTENDANCE
from ..attendance.rules import CHOICES, ROUNDING_MINUTES, WEEKDAYS, shift_of
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
from ..core.attendance.policy import DAY, HOUR, Shift
from ..core.attendance.readings import zone_info
from ..core.attendance.reasons import clock
from ..core.attendance.schedule import Entry, Rules
from ..core.book import Book
from ..core.case import Case
from ..core.errors import RuleRefused
from .command import DATE, command, shorten
from .rule_payloads import (
    Differs,
    HolidayRow,
    LeaveRow,
    Preview,
    RotaRow,
    RuleBook,
    ShiftRow,
)
from .terminals import async_entries

# Who begins at 17:00 and ends at 08:00 means a day of nine hours, and has the two the
# wrong way round; longer duties than this are for the form of a shift.
_LONGEST_NIGHT = 13 * HOUR
# What is told of a preview one by one.
_MOST = 50
# People, and groups, whom shifts are for: of all shifts together.
_MOST_NAMED = 300
# Plans that are told: of leave, and of the rota; and letters of what is noted of one.
_MOST_PLANS = 100
_MOST_NOTED = 200
# So long ago plans are told that are over, as the panel says.
_PAST = timedelta(days=31)
_ONE_DAY = timedelta(days=1)
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
        # What is too little or too much is refused in words.
        vol.Optional(CONF_GRACE_MINUTES): int,
        vol.Optional(CONF_WORKDAYS): [vol.In(WEEKDAYS)],
        vol.Optional(CONF_FROM_START): bool,
        vol.Optional(CONF_PAID_BREAK_TIMES): vol.Any(None, [str]),
        vol.Optional(CONF_ROUND_TOTAL): vol.Any(None, vol.In(CHOICES["rounding"])),
        vol.Optional(CONF_TIME_ZONE): vol.Any(None, str),
    }
)


def _shift(
    data: Any, shift_id: str, names: dict[str, dict[str, str]], most: int
) -> ShiftRow:
    """Return a shift, with so many of those that it is for at the most."""

    def called(key: str) -> list[str]:
        return [names[key].get(one, one) for one in data.get(key, ())]

    def minutes(key: str) -> int:
        return int(data.get(key) or 0)

    people, groups = called(CONF_PERSONS), called(CONF_GROUPS)
    named = len(people) + len(groups)

    return ShiftRow(
        id=shift_id,
        name=data.get(CONF_NAME, ""),
        start=data.get(CONF_START_TIME),
        end=data.get(CONF_END_TIME),
        grace_minutes=minutes(CONF_GRACE_MINUTES),
        early_grace_minutes=minutes(CONF_EARLY_GRACE_MINUTES),
        flexible_minutes=minutes(CONF_FLEXIBLE_MINUTES),
        in_window=data.get(CONF_IN_WINDOW),
        out_window=data.get(CONF_OUT_WINDOW),
        # Nothing else is said, so all days are: as the marks have it.
        workdays=list(data.get(CONF_WORKDAYS) or WEEKDAYS),
        breaks=list(data.get(CONF_BREAKS, ())),
        paid_breaks=bool(data.get(CONF_PAID_BREAKS)),
        deduct_minutes=minutes(CONF_DEDUCT_MINUTES),
        required_hours=data.get(CONF_REQUIRED_HOURS),
        half_day_hours=data.get(CONF_HALF_DAY_HOURS),
        absent_hours=data.get(CONF_ABSENT_HOURS),
        overtime=data.get(CONF_OVERTIME, "none"),
        overtime_minutes=minutes(CONF_OVERTIME_MINUTES),
        missing_out=data.get(CONF_MISSING_OUT, "none"),
        opens_before_hours=data.get(CONF_OPENS_BEFORE_HOURS),
        closes_after_hours=data.get(CONF_CLOSES_AFTER_HOURS),
        deduct_after_hours=data.get(CONF_DEDUCT_AFTER_HOURS),
        from_start=bool(data.get(CONF_FROM_START)),
        paid_break_times=list(data.get(CONF_PAID_BREAK_TIMES, ())),
        hours=data.get(CONF_HOURS, "first_last"),
        keys=data.get(CONF_KEYS, "auto"),
        minimum_gap=int(gap)
        if (gap := data.get(CONF_MINIMUM_GAP)) is not None
        else None,
        cap_hours=data.get(CONF_CAP_HOURS),
        rounding_minutes=int(data.get(CONF_ROUNDING_MINUTES, ROUNDING_MINUTES)),
        round_arrival=data.get(CONF_ROUND_ARRIVAL, "none"),
        round_departure=data.get(CONF_ROUND_DEPARTURE, "none"),
        round_total=data.get(CONF_ROUND_TOTAL, "none"),
        people=people[:most],
        groups=groups[:most],
        more=named - len(people[:most]) - len(groups[:most]),
        terminals=called(CONF_TERMINALS),
    )


@command("rules/get", {vol.Optional("past", default=False): bool})
async def rules_get(hass: HomeAssistant, msg: dict[str, Any]) -> RuleBook:
    """Return the rules of the site; its plans are those to come, or those of late."""
    attendance = hass.data[DATA_ATTENDANCE]
    site = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    names: dict[str, dict[str, str]] = {
        CONF_PERSONS: {one.id: one.name for one in attendance.people.values()},
        CONF_GROUPS: {},
        CONF_TERMINALS: {
            str(entry.unique_id): entry.title for entry in async_entries(hass)
        },
    }
    today = attendance.places.async_today()
    rules = attendance.async_site_rules()
    shifts = [*site.get_subentries_of_type(SUBENTRY_SHIFT)] if site else []
    most = max(1, _MOST_NAMED // max(1, len(shifts)))
    past = msg["past"]
    span = (today - _PAST, today - _ONE_DAY) if past else (today, Date.max)
    leave = _leave(names[CONF_PERSONS], attendance.leave.values(), span)
    rota = _rota(names[CONF_PERSONS], rules, span)
    if past:
        # The first ones are those that are nearest to today.
        leave, rota = leave[::-1], rota[::-1]
    return RuleBook(
        usual=_shift(site.options if site else {}, "", names, most),
        workdays_chosen=bool(site and site.options.get(CONF_WORKDAYS)),
        shifts=[_shift(one.data, one.subentry_id, names, most) for one in shifts],
        holidays=[
            HolidayRow(date=date.isoformat(), name=name)
            for date, name in sorted(rules.holidays.items())
            if date >= today
        ],
        leave=leave[:_MOST_PLANS],
        rota=rota[:_MOST_PLANS],
        plans=len(leave) + len(rota),
        past=past,
        time_zone=site.options.get(CONF_TIME_ZONE) if site else None,
        zone=attendance.places.zone_name,
        entry_id=site.entry_id if site else None,
    )


def _leave(
    names: dict[str, str], entries: Iterable[Entry], span: tuple[Date, Date]
) -> list[LeaveRow]:
    """Return leave and excuses that end from a date to another."""
    first, last = span
    told = [
        LeaveRow(
            who=one.who,
            name=names.get(one.who, one.who),
            group=one.who not in names,
            kind=one.kind,
            start=one.first.isoformat(),
            end=one.last.isoformat(),
            from_time=clock(one.part[0]) if one.part else None,
            until_time=clock(one.part[1]) if one.part else None,
            note=shorten(one.note, _MOST_NOTED),
        )
        for one in entries
        if first <= one.last <= last
    ]
    told.sort(key=lambda one: (one["start"], one["name"].casefold()))
    return told


def _rota(
    names: dict[str, str], rules: Rules, span: tuple[Date, Date]
) -> list[RotaRow]:
    """Return planned shifts from a date to another; days that are alike as one."""
    called = {shift.id: shift.name for shift in rules.shifts}
    told: list[RotaRow] = []
    for (who, date), shift_id in sorted(rules.rota.items(), key=lambda one: one[0]):
        shift = None if shift_id is None else called[shift_id]
        if not span[0] <= date <= span[1]:
            continue
        last = told[-1] if told else None
        day_before = (date - _ONE_DAY).isoformat()
        if last and (last["who"], last["shift"], last["end"]) == (
            who,
            shift,
            day_before,
        ):
            last["end"] = date.isoformat()
            continue
        told.append(
            RotaRow(
                who=who,
                name=names.get(who, who),
                group=who not in names,
                start=date.isoformat(),
                end=date.isoformat(),
                shift=shift,
            )
        )
    told.sort(key=lambda one: (one["start"], one["name"].casefold()))
    return told


async def _async_changed(
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
    options = {
        key: value for key, value in options.items() if value not in (None, "", [])
    }
    try:
        shift = shift_of(options)
        if zone := options.get(CONF_TIME_ZONE):
            await hass.async_add_executor_job(zone_info, zone)
    except RuleRefused as err:
        key = f"rule_{err.reason}"
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={"value": str(err.value)},
        ) from err
    if shift.grace_late > DAY:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="rule_hours_long"
        )
    # What is kept already somebody meant so.
    _check_nights(
        shift,
        {key for key, value in said.items() if value != site.options.get(key)},
    )
    return site, options


def _check_nights(shift: Shift, changed: set[str]) -> None:
    """Refuse what ends before it begins, unless it may be a night that is meant so."""
    windows = shift.in_window, shift.out_window
    spans = (
        ({CONF_START_TIME, CONF_END_TIME}, (shift.start, shift.end)),
        ({CONF_IN_WINDOW}, windows[0] or (None, None)),
        ({CONF_OUT_WINDOW}, windows[1] or (None, None)),
        (
            {CONF_IN_WINDOW, CONF_OUT_WINDOW},
            (windows[0][1], windows[1][0])
            if windows[0] and windows[1]
            else (None, None),
        ),
    )
    for keys, (begin, end) in spans:
        if begin is None or end is None or changed.isdisjoint(keys):
            continue
        if end > DAY and end - begin > _LONGEST_NIGHT:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="rule_night_long",
                translation_placeholders={
                    "begin": clock(begin),
                    "end": clock(end),
                    "hours": f"{(end - begin) / HOUR:g}",
                },
            )


@command("rules/preview", {**_SAID, vol.Optional("date"): DATE})
async def rules_preview(hass: HomeAssistant, msg: dict[str, Any]) -> Preview:
    """Say what a day would have been, of who has no shift of their own."""
    attendance = hass.data[DATA_ATTENDANCE]
    _, options = await _async_changed(hass, msg)
    case = attendance.async_case()
    date = msg.get("date") or case.today - timedelta(days=1)
    usual, zone = shift_of(options), options.get(CONF_TIME_ZONE)
    case = replace(case, rules=replace(case.rules, default=usual, zone=zone))
    return await attendance.hub.async_read(_preview, attendance.book, case, date)


def _preview(book: Book, case: Case, date: Date) -> Preview:
    found, people = book.preview(case, date), case.directory.people
    differs = [
        Differs(
            person=people[mark.person_id].name,
            before=before,
            after=mark.status,
        )
        for mark, before in found
        if before != mark.status
    ]
    differs.sort(key=lambda one: one["person"].casefold())
    return Preview(
        date=date.isoformat(),
        before=dict(Counter(before for _, before in found if before)),
        after=dict(Counter(mark.status for mark, _ in found)),
        differs=differs[:_MOST],
    )


@command("rules/save", _SAID)
async def rules_save(hass: HomeAssistant, msg: dict[str, Any]) -> None:
    """Keep the rules of who has no shift of their own."""
    site, options = await _async_changed(hass, msg)
    hass.config_entries.async_update_entry(site, options=options)
