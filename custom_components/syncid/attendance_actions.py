"""Actions on attendance: what is known of days, and what humans say of them."""

from collections.abc import Callable, Iterable, Mapping as Map
from datetime import date as Date, datetime, timedelta
from functools import partial
from typing import Any, Final

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID
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

from .attendance import DATA_ATTENDANCE, time_of
from .const import ATTR_END, ATTR_START, DOMAIN
from .core.attendance.corrections import Correction, Corrections
from .core.attendance.marks import STATUSES, Change, Mark, Status
from .core.export import LETTERS, day_list, legend, month_grid, payroll
from .core.people import Person
from .core.records import DIRECTIONS, local_second
from .core.sheets import Sheet, write_csv, write_xlsx
from .exports import async_keep_export
from .persons import ATTR_PERSON, WHOM, async_person, async_whom, ledger_errors
from .roll_call import SLACK, async_assembly, async_roll_call
from .services import async_serial
from .texts import async_words
from .user_actions import DEVICES, UserAction, async_setup_user_actions

ATTR_ASSEMBLY: Final = "assembly_point"
ATTR_DATE: Final = "date"
ATTR_DIRECTION: Final = "direction"
ATTR_DRILL_STARTED: Final = "drill_started"
ATTR_FORMAT: Final = "format"
ATTR_MARK: Final = "mark"
ATTR_TABLE: Final = "table"
ATTR_TIME: Final = "time"
ATTR_WHY: Final = "why"

# Takes back what a human said before.
BY_PUNCHES: Final = "by_punches"
# What a human can say of a day.
MARKS: Final = (
    *(status for status in STATUSES if status not in ("expected", "inactive")),
    BY_PUNCHES,
)
TABLES: Final = ("days", "month", "payroll")
FORMATS: Final = ("xlsx", "csv")
_ONE_DAY: Final = timedelta(days=1)
_MOST_DAYS: Final = 366 * _ONE_DAY
# Marks that are told at once; a list of more is to be exported.
_MOST_MARKS: Final = 100_000
_FOR_ADMINS: Final = frozenset({"external_id", "reasons", "why"})

_WHEN: Final = {vol.Optional(ATTR_START): cv.date, vol.Optional(ATTR_END): cv.date}
_WHY: Final = vol.All(cv.string, vol.Match(r"\s*\S", "say why"))

MARK_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_PERSON): vol.All(cv.ensure_list, [cv.string]),
        vol.Required(ATTR_MARK): vol.In(MARKS),
        vol.Exclusive(ATTR_DATE, "day"): cv.date,
        vol.Exclusive(ATTR_TIME, "day"): cv.datetime,
        vol.Required(ATTR_WHY): _WHY,
    }
)
PUNCH_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_PERSON): cv.string,
        vol.Required(ATTR_TIME): cv.datetime,
        vol.Optional(ATTR_DIRECTION, default="unknown"): vol.In(DIRECTIONS),
        vol.Optional(ATTR_DEVICE_ID): cv.string,
        vol.Required(ATTR_WHY): _WHY,
    }
)
_PUNCH: Final = {
    vol.Required(ATTR_PERSON): cv.string,
    vol.Required(ATTR_TIME): cv.datetime,
    vol.Optional(ATTR_DEVICE_ID): cv.string,
    vol.Required(ATTR_WHY): _WHY,
}
VOID_SCHEMA = vol.Schema(_PUNCH)
TURN_SCHEMA = vol.Schema(
    {**_PUNCH, vol.Required(ATTR_DIRECTION): vol.In(DIRECTIONS)},
)
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
    data, today = call.data, call.hass.data[DATA_ATTENDANCE].async_today()
    first = data.get(ATTR_START, min(today, data.get(ATTR_END, today)))
    last = data.get(ATTR_END, max(today, first))
    if not timedelta() <= last - first < _MOST_DAYS:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="dates_range"
        )
    return first, last


def mark_as_dict(mark: Mark, person: Person) -> dict[str, Any]:
    """Return what is told of a mark: times where Home Assistant is, hours as a number."""
    now = int(dt_util.utcnow().timestamp())
    return {
        "person": person.name,
        "external_id": person.external_id or None,
        **mark.as_row(),
        "first_in": time_of(mark.first_in),
        "last_out": time_of(mark.last_out),
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
    if len(marks) > _MOST_MARKS:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="marks_too_many",
            translation_placeholders={
                "count": str(len(marks)),
                "most": str(_MOST_MARKS),
            },
        )
    user_id = call.context.user_id
    user = await call.hass.auth.async_get_user(user_id) if user_id else None
    # Automations may know all; of users only admins why somebody is away.
    knows_all = user is None or user.is_admin

    def told() -> list[Any]:
        marks.sort(key=lambda mark: (mark.date, people[mark.person_id].name.casefold()))
        found = [mark_as_dict(mark, people[mark.person_id]) for mark in marks]
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
    return await async_roll_call(
        hass, async_whom(call), drill_started=started, assembly=assembly
    )


# --- what humans say ----------------------------------------------------------------------


async def _async_correct(
    call: ServiceCall, said: Iterable[dict[str, Any]]
) -> ServiceResponse:
    """Keep corrections; return the marks that changed."""
    hass, user_id = call.hass, call.context.user_id
    user = await hass.auth.async_get_user(user_id) if user_id else None
    attendance = hass.data[DATA_ATTENDANCE]
    changes: dict[tuple[str, Date], Change] = {}
    for one in said:
        correction = Correction(
            number=0,
            # Automations have no name of their own.
            by=(user and user.name) or "Home Assistant",
            at=int(dt_util.utcnow().timestamp()),
            why=call.data[ATTR_WHY].strip(),
            **one,
        )
        for change in await attendance.async_correct(correction):
            changes[change.after.person_id, change.after.date] = change
    people = attendance.people
    told: list[Any] = [
        mark_as_dict(change.after, people[change.after.person_id])
        for change in changes.values()
    ]
    return {"marks": told}


def _check_date(date: Date, today: Date) -> None:
    """Refuse what is a slip of the hand: the year 1926."""
    if not today - 5 * _MOST_DAYS <= date <= today + _MOST_DAYS:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="date_far_away",
            translation_placeholders={"date": date.isoformat()},
        )


@ledger_errors
async def _async_mark_attendance(call: ServiceCall) -> ServiceResponse:
    """Mark a day of people by hand, over what their punches say, or take that back."""
    hass, data = call.hass, call.data
    people = {one.id: one for one in (async_person(hass, n) for n in data[ATTR_PERSON])}
    attendance = hass.data[DATA_ATTENDANCE]
    today = attendance.async_today()
    day = data.get(ATTR_DATE) or today
    dates = dict.fromkeys(people, day)
    if ATTR_TIME in data:
        if dt_util.as_utc(data[ATTR_TIME]) > dt_util.utcnow() + SLACK:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="mark_in_future"
            )
        dates = {one: attendance.async_date_of(one, data[ATTR_TIME]) for one in people}
    if data[ATTR_MARK] != BY_PUNCHES:
        for date in dates.values():
            _check_date(date, today)
        about = {"kind": "mark", "status": data[ATTR_MARK]}
        return await _async_correct(
            call,
            [{**about, "person_id": one, "date": dates[one]} for one in people],
        )
    book = attendance.book
    said = await hass.async_add_executor_job(book.corrections, [*people])
    held = [
        (person_id, one.number)
        for person_id in people
        for one in _held_marks(person_id, said, dates[person_id])
    ]
    return await _async_correct(
        call,
        [
            {
                "kind": "revoke",
                "person_id": person_id,
                "date": dates[person_id],
                "revokes": number,
            }
            for person_id, number in held
        ],
    )


def _held_marks(
    person_id: str, said: Iterable[Correction], date: Date
) -> list[Correction]:
    """Return what holds of what was said of a day, the last one first."""
    made, held = [*said], []
    while (last := Corrections(person_id, made).marks.get(date)) is not None:
        held.append(last)
        made.remove(last)
    return held


@ledger_errors
async def _async_add_punch(call: ServiceCall) -> ServiceResponse:
    """Add a punch that no terminal made."""
    hass, data = call.hass, call.data
    person = async_person(hass, data[ATTR_PERSON])
    time = dt_util.as_utc(data[ATTR_TIME])
    if time > dt_util.utcnow():
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="punch_in_future"
        )
    attendance = hass.data[DATA_ATTENDANCE]
    serial, zone = "", attendance.async_zone_of(person.id)
    if ATTR_DEVICE_ID in data:
        serial = async_serial(hass, data[ATTR_DEVICE_ID])
        zone = attendance.async_zone_at(serial)
    local = time.astimezone(zone)
    _check_date(local.date(), attendance.async_today())
    said = {
        "kind": "add_punch",
        "person_id": person.id,
        "serial": serial,
        "local_second": local_second(local),
        "utc_second": int(time.timestamp()),
        "direction": data[ATTR_DIRECTION],
    }
    return await _async_correct(call, [said])


async def _async_find_punches(
    hass: HomeAssistant, person: Person, moment: datetime, serial: str | None
) -> list[dict[str, Any]]:
    """Return how a correction names what a person punched in a second, or had added."""
    attendance = hass.data[DATA_ATTENDANCE]
    utc = int(moment.timestamp())
    users: dict[int, set[tuple[str, str]]] = {}
    for user in attendance.hub.directory.users_of(person.id):
        local = moment.astimezone(attendance.async_zone_at(user[0]))
        users.setdefault(local_second(local), set()).add(user)
    book = attendance.book

    def find() -> set[tuple[str, int]]:
        made = {
            (one.serial, one.punch.local_second)
            for second, of_second in users.items()
            for one in book.punches_at(of_second, second)
        }
        added = {
            (one.serial, one.local_second)
            for one in book.corrections([person.id])
            if one.kind == "add_punch" and one.utc_second == utc
            if one.local_second is not None
        }
        return made | added

    found = await attendance.hub.async_read(find)
    return [
        {
            "person_id": person.id,
            "serial": one,
            "local_second": second,
            "utc_second": utc,
        }
        for one, second in sorted(found)
        if serial in (None, one)
    ]


@ledger_errors
async def _async_correct_punch(call: ServiceCall) -> ServiceResponse:
    """Take a punch away, or say what it meant; the terminal's stays as it is."""
    hass, data = call.hass, call.data
    person, moment = async_person(hass, data[ATTR_PERSON]), data[ATTR_TIME]
    device_id = data.get(ATTR_DEVICE_ID)
    serial = None if device_id is None else async_serial(hass, device_id)
    moment = dt_util.as_utc(moment)
    found = await _async_find_punches(hass, person, moment, serial)
    if not found:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="punch_unknown",
            translation_placeholders={
                "person": person.name,
                "time": dt_util.as_local(moment).isoformat(" ", "seconds"),
            },
        )
    about = {"kind": call.service, "direction": data.get(ATTR_DIRECTION, "unknown")}
    return await _async_correct(call, [{**about, **one} for one in found])


# --- exports ------------------------------------------------------------------------------


def _month_of(first: Date) -> tuple[Date, Date]:
    following = (first.replace(day=1) + 31 * _ONE_DAY).replace(day=1)
    return first.replace(day=1), following - _ONE_DAY


async def _async_letters(hass: HomeAssistant) -> dict[Status, str]:
    """Return the letters that the panel shows too; its dots would be all the same."""
    letters = await async_words(hass, "letters")
    return {
        status: letters[status]
        for status in STATUSES
        if status in letters and LETTERS[status].isalnum()
    }


@ledger_errors
async def _async_export(call: ServiceCall) -> ServiceResponse:
    """Make a table, and return where it can be fetched."""
    hass, data = call.hass, call.data
    table, ending = data[ATTR_TABLE], data[ATTR_FORMAT]
    # Who is erased meanwhile would come back with the file.
    async with hass.data[DATA_ATTENDANCE].editing:
        return await async_export(hass, table, ending, async_whom(call), *_when(call))


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
    if table == "month":
        first, last = _month_of(first)
    attendance = hass.data[DATA_ATTENDANCE]
    marks = [
        mark
        for mark in await attendance.async_marks(first, last, [*people])
        if status in (None, mark.status)
    ]
    shifts = attendance.async_site_rules().shifts
    words = {one.id: one.name for one in shifts}
    words |= await async_words(hass, "flags", "statuses", "sheet")
    letters = {**LETTERS, **await _async_letters(hass)}
    month = partial(month_grid, year=first.year, month=first.month, letters=letters)
    make: Callable[..., Sheet] = {"days": day_list, "payroll": payroll}.get(
        table, month
    )

    def written() -> bytes:
        sheets = [make(marks, people, words=words)]
        if make is month:
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
        "mark_attendance", MARK_SCHEMA, _async_mark_attendance, knows_roads=True
    ),
    UserAction("add_punch", PUNCH_SCHEMA, _async_add_punch, knows_roads=True),
    UserAction("void_punch", VOID_SCHEMA, _async_correct_punch, knows_roads=True),
    UserAction("set_direction", TURN_SCHEMA, _async_correct_punch, knows_roads=True),
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
