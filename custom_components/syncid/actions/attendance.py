"""Actions on attendance: what is known of days, and what humans say of them."""

from collections.abc import Callable, Collection, Iterable, Mapping as Map
from datetime import date as Date, timedelta
from functools import partial
from typing import Any, Final

import voluptuous as vol

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..attendance.attendance import DATA_ATTENDANCE
from ..attendance.events import time_of
from ..attendance.persons import WHOM, async_knows_all, async_whom, ledger_errors
from ..attendance.roll_call import async_assembly, async_roll_call
from ..const import ATTR_END, ATTR_START, DOMAIN
from ..core.attendance.marks import STATUSES, Brief, Mark, Status
from ..core.book import Book
from ..core.export import LETTERS, day_list, legend, month_grid, payroll
from ..core.people import Person
from ..core.sheets import Sheet, write_csv, write_xlsx
from ..exports import async_keep_export
from ..hub import DATA_HUB
from ..texts import async_words
from .users import DEVICES, UserAction, async_setup_user_actions

ATTR_ASSEMBLY: Final = "assembly_point"
ATTR_DRILL_STARTED: Final = "drill_started"
ATTR_FORMAT: Final = "format"
ATTR_TABLE: Final = "table"

TABLES: Final = ("days", "month", "payroll")
FORMATS: Final = ("xlsx", "csv")
_ONE_DAY: Final = timedelta(days=1)
_MOST_DAYS: Final = 366 * _ONE_DAY
# Marks that are told at once; a list of more is to be exported.
_MOST_MARKS: Final = 100_000
_FOR_ADMINS: Final = frozenset({"external_id", "reasons", "why"})

_WHEN: Final = {vol.Optional(ATTR_START): cv.date, vol.Optional(ATTR_END): cv.date}

GET_SCHEMA = vol.Schema({**WHOM, **_WHEN})
ROLL_CALL_SCHEMA = vol.Schema(
    {
        **WHOM,
        vol.Optional(ATTR_DRILL_STARTED): cv.datetime,
        vol.Optional(ATTR_ASSEMBLY): DEVICES,
    }
)
EXPORT_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_TABLE, default="days"): vol.In(TABLES),
        vol.Optional(ATTR_FORMAT, default="xlsx"): vol.In(FORMATS),
        **WHOM,
        **_WHEN,
    }
)


# --- reading ------------------------------------------------------------------------------


def _when(call: ServiceCall) -> tuple[Date, Date]:
    """Return the first and the last date that a call is about: else today."""
    data, today = call.data, call.hass.data[DATA_ATTENDANCE].places.async_today()
    first = data.get(ATTR_START, min(today, data.get(ATTR_END, today)))
    last = data.get(ATTR_END, max(today, first))
    if not timedelta() <= last - first < _MOST_DAYS:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="dates_range"
        )
    return first, last


@callback
def async_shift_names(hass: HomeAssistant) -> dict[str, str]:
    """Return what shifts are called, by their ids."""
    shifts = hass.data[DATA_ATTENDANCE].async_site_rules().shifts
    return {one.id: one.name for one in shifts}


def mark_as_dict(mark: Mark, person: Person, shifts: Map[str, str]) -> dict[str, Any]:
    """Return what is told of a mark: times where Home Assistant is, hours as a number.

    `shifts` are the names of shifts; the site's own has none.
    """
    now = int(dt_util.utcnow().timestamp())
    return {
        "person": person.name,
        "external_id": person.external_id or None,
        **mark.as_row(),
        "shift": shifts.get(mark.shift_id),
        "first_in": time_of(mark.first_in),
        "last_out": time_of(mark.went),
        "hours": round(mark.hours_at(now) / 3600, 2),
        "on_site": mark.is_on_site,
        "why": mark.explain(),
        "reasons": [
            {"key": reason.key, **reason.placeholders} for reason in mark.reasons
        ],
    }


@ledger_errors
async def _async_get_attendance(call: ServiceCall) -> ServiceResponse:
    """Return the marks of people on some days, with the reasons."""
    people, (first, last) = async_whom(call), _when(call)
    attendance = call.hass.data[DATA_ATTENDANCE]
    marks = await attendance.async_marks(first, last, people.keys())
    if not {ATTR_START, ATTR_END} & {*call.data}:
        # After midnight a night is yesterday's.
        marks += [
            mark
            for mark in attendance.async_on_site()
            if mark.person_id in people and mark.date != first
        ]
    if len(marks) > _MOST_MARKS:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="marks_too_many",
            translation_placeholders={
                "count": str(len(marks)),
                "most": str(_MOST_MARKS),
            },
        )
    knows_all = await async_knows_all(call)
    shifts = async_shift_names(call.hass)

    def told() -> list[Any]:
        marks.sort(key=lambda mark: (mark.date, people[mark.person_id].name.casefold()))
        found = [mark_as_dict(mark, people[mark.person_id], shifts) for mark in marks]
        return found if knows_all else [_for_everybody(one) for one in found]

    return {"marks": await call.hass.async_add_executor_job(told)}


def _for_everybody(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key not in _FOR_ADMINS}


@ledger_errors
async def _async_get_roll_call(call: ServiceCall) -> ServiceResponse:
    """Return who is in the building, or who has come to the assembly point."""
    hass, data = call.hass, call.data
    assembly = None
    if ATTR_ASSEMBLY in data:
        assembly = async_assembly(hass, data[ATTR_ASSEMBLY])
    started = data.get(ATTR_DRILL_STARTED)
    if started is not None:
        started = dt_util.as_utc(started)
    roll = await async_roll_call(
        hass, async_whom(call), drill_started=started, assembly=assembly
    )
    if not await async_knows_all(call):
        roll["people"] = [_for_everybody(one) for one in roll["people"]]
    return roll


# --- exports ------------------------------------------------------------------------------


def _months(first: Date, last: Date) -> list[Date]:
    """Return the first days of the months that some days lie in."""
    found = [first.replace(day=1)]
    while (following := _next_month(found[-1])) <= last:
        found.append(following)
    return found


def _next_month(first: Date) -> Date:
    return (first + 31 * _ONE_DAY).replace(day=1)


async def _async_letters(hass: HomeAssistant) -> dict[Status, str]:
    """Return the letters that the panel shows too; its dots would be all the same."""
    letters = await async_words(hass, "letters")
    return {
        status: letters[status]
        for status in STATUSES
        if status in letters and LETTERS[status].isalnum()
    }


def _marks(
    book: Book,
    table: str,
    people: Map[str, Person],
    first: Date,
    last: Date,
    status: str | None,
) -> Collection[Mark | Brief]:
    """Return the marks of people for a table; a month shows little of them.

    For the executor: of a month all are looked at.
    """
    found: Iterable[Mark | Brief]
    if table == "month":
        found = (one for one in book.briefs(first, last) if one.person_id in people)
    else:
        found = book.marks(first, last, [*people])
    return [one for one in found if status in (None, one.status)]


@ledger_errors
async def _async_export(call: ServiceCall) -> ServiceResponse:
    """Make a table, and return where it can be fetched."""
    hass, data = call.hass, call.data
    table, ending = data[ATTR_TABLE], data[ATTR_FORMAT]
    first, last = _when(call)
    if table == "month":
        # Who names a month by its first day does not mean all until today.
        last = data.get(ATTR_END, first)
        if ending == "csv" and len(_months(first, last)) > 1:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="export_one_month"
            )
    # Who is erased meanwhile would come back with the file.
    async with hass.data[DATA_ATTENDANCE].editing:
        return await async_export(hass, table, ending, async_whom(call), first, last)


async def async_export(
    hass: HomeAssistant,
    table: str,
    ending: str,
    people: Map[str, Person],
    first: Date,
    last: Date,
    status: str | None = None,
) -> dict[str, Any]:
    """Make a table, of one mark alone if that is named; hold `editing` meanwhile.

    Raises `LedgerError`.
    """
    months = _months(first, last)
    if table == "month":
        first, last = months[0], _next_month(months[-1]) - _ONE_DAY
    hub, book = hass.data[DATA_HUB], hass.data[DATA_ATTENDANCE].book
    marks = await hub.async_read(_marks, book, table, people, first, last, status)
    words = async_shift_names(hass)
    words |= await async_words(hass, "flags", "statuses", "sheet")
    letters = {**LETTERS, **await _async_letters(hass)}
    now = int(dt_util.utcnow().timestamp())
    tables: Map[str, Callable[..., Sheet]] = {
        "days": partial(day_list, now=now),
        "payroll": payroll,
    }

    def written() -> bytes:
        if make := tables.get(table):
            sheets = [make(marks, people, words=words)]
        else:
            sheets = [
                month_grid(marks, people, one.year, one.month, words, letters)
                for one in months
            ]
            sheets.append(legend(words, letters))
        return write_csv(*sheets) if ending == "csv" else write_xlsx(sheets)

    title = f"{table}-{first}-{last}"
    try:
        kept = await async_keep_export(
            hass, title, ending, await hass.async_add_executor_job(written)
        )
    except OSError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="file_not_written",
            translation_placeholders={
                "file": title,
                "error": err.strerror or str(err),
            },
        ) from err
    return {**kept, "days": len(marks)}


ATTENDANCE_ACTIONS = (
    UserAction(
        "export", EXPORT_SCHEMA, _async_export, SupportsResponse.ONLY, knows_roads=True
    ),
)
# For everybody.
READING_ACTIONS = (
    UserAction("get_attendance", GET_SCHEMA, _async_get_attendance),
    UserAction("get_roll_call", ROLL_CALL_SCHEMA, _async_get_roll_call),
)


@callback
def async_setup_attendance_actions(hass: HomeAssistant) -> None:
    """Set up the actions."""
    async_setup_user_actions(hass, ATTENDANCE_ACTIONS)
    for action in READING_ACTIONS:
        hass.services.async_register(
            DOMAIN, action.name, action.handle, action.schema, SupportsResponse.ONLY
        )
