"""Actions by which humans say what punches and terminals did not: corrections.

They are added to, never changed, and never deleted; what was said is taken back by
saying more.
"""

from collections.abc import Iterable
from datetime import date as Date, datetime, timedelta
from functools import partial
from typing import Any, Final

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..attendance.attendance import DATA_ATTENDANCE
from ..attendance.persons import (
    ATTR_GROUPS,
    ATTR_PERSON,
    WHOM,
    async_person,
    async_whom,
    ledger_errors,
)
from ..attendance.roll_call import SLACK
from ..const import ATTR_END, ATTR_START, DOMAIN
from ..core.attendance.corrections import Correction, Corrections
from ..core.attendance.marks import STATUSES, Change, Mark
from ..core.errors import RuleRefused
from ..core.people import Person
from ..core.records import DIRECTIONS, local_second
from .attendance import async_shift_names, mark_as_dict
from .terminal import async_serial
from .users import UserAction, async_setup_user_actions

ATTR_DATE: Final = "date"
ATTR_DIRECTION: Final = "direction"
ATTR_DRY_RUN: Final = "dry_run"
ATTR_MARK: Final = "mark"
ATTR_SECONDS: Final = "seconds"
ATTR_TIME: Final = "time"
ATTR_WHY: Final = "why"

# Takes back what a human said before.
BY_PUNCHES: Final = "by_punches"
# What a human can say of a day.
MARKS: Final = (
    *(status for status in STATUSES if status not in ("expected", "inactive")),
    BY_PUNCHES,
)
_MOST_DAYS: Final = 366 * timedelta(days=1)
# No clock is farther off: some begin with 1970, some end with 2099.
_MOST_SECONDS: Final = 150 * 366 * 86_400

_WHY: Final = vol.All(cv.string, vol.Match(r"\s*\S", "say why"))

MARK_SCHEMA = vol.Schema(
    {
        **WHOM,
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
CLOCK_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Required(ATTR_START): cv.datetime,
        vol.Required(ATTR_END): cv.datetime,
        vol.Required(ATTR_SECONDS): vol.All(
            vol.Coerce(int), vol.Range(-_MOST_SECONDS, _MOST_SECONDS)
        ),
        vol.Required(ATTR_WHY): _WHY,
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
    }
)


# --- what humans say ----------------------------------------------------------------------


async def _async_said(
    call: ServiceCall, said: Iterable[dict[str, Any]]
) -> list[Correction]:
    """Return corrections, as who made the call says them."""
    user_id = call.context.user_id
    user = await call.hass.auth.async_get_user(user_id) if user_id else None
    return [
        Correction(
            number=0,
            # Automations have no name of their own.
            by=(user and user.name) or "Home Assistant",
            at=int(dt_util.utcnow().timestamp()),
            why=call.data[ATTR_WHY].strip(),
            **one,
        )
        for one in said
    ]


async def _async_correct(
    call: ServiceCall, said: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    """Keep corrections, all of them or none; return the marks that changed."""
    attendance = call.hass.data[DATA_ATTENDANCE]
    people = attendance.people
    try:
        changes = await attendance.async_correct(*await _async_said(call, said))
    except RuleRefused as err:
        # Erased since it was looked up who is meant.
        known = people.get(str(err.value))
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="person_unknown",
            translation_placeholders={"person": known.name if known else ""},
        ) from err
    last: dict[tuple[str, Date], Change] = {
        (change.after.person_id, change.after.date): change for change in changes
    }
    return {"marks": _told(call.hass, [change.after for change in last.values()])}


@callback
def _told(hass: HomeAssistant, marks: Iterable[Mark]) -> list[Any]:
    # Who was erased by now has no name any more.
    people, shifts = hass.data[DATA_ATTENDANCE].people, async_shift_names(hass)
    return [
        mark_as_dict(mark, people[mark.person_id], shifts)
        for mark in marks
        if mark.person_id in people
    ]


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
    people = async_whom(call)
    if not people or not {ATTR_PERSON, ATTR_GROUPS} & {*data}:
        # All at once is hardly meant.
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="nobody_named"
        )
    attendance = hass.data[DATA_ATTENDANCE]
    today = attendance.places.async_today()
    if ATTR_DATE in data:
        dates = dict.fromkeys(people, data[ATTR_DATE])
    else:
        time = dt_util.as_utc(data.get(ATTR_TIME) or dt_util.utcnow())
        if time > dt_util.utcnow() + SLACK:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="mark_in_future"
            )
        dates = {one: attendance.async_date_of(one, time) for one in people}
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
        zone = attendance.places.async_zone_at(serial)
    local = time.astimezone(zone)
    _check_date(local.date(), attendance.places.async_today())
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
        local = moment.astimezone(attendance.places.async_zone_at(user[0]))
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


async def _async_named(call: ServiceCall) -> tuple[Person, list[dict[str, Any]]]:
    """Return of whom a call about a punch is, and how corrections name the punch."""
    hass, data = call.hass, call.data
    person, moment = async_person(hass, data[ATTR_PERSON]), data[ATTR_TIME]
    device_id = data.get(ATTR_DEVICE_ID)
    serial = None if device_id is None else async_serial(hass, device_id)
    found = await _async_find_punches(hass, person, dt_util.as_utc(moment), serial)
    if not found:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="punch_unknown",
            translation_placeholders={"person": person.name, "time": _written(moment)},
        )
    return person, found


def _written(moment: datetime) -> str:
    return dt_util.as_local(dt_util.as_utc(moment)).isoformat(" ", "seconds")


@ledger_errors
async def _async_correct_punch(call: ServiceCall) -> ServiceResponse:
    """Take a punch away, or say what it meant; the terminal's stays as it is."""
    _, found = await _async_named(call)
    about = {
        "kind": call.service,
        "direction": call.data.get(ATTR_DIRECTION, "unknown"),
    }
    return await _async_correct(call, [{**about, **one} for one in found])


@ledger_errors
async def _async_restore_punch(call: ServiceCall) -> ServiceResponse:
    """Let a punch count again that was taken away."""
    hass, data = call.hass, call.data
    person, found = await _async_named(call)
    book = hass.data[DATA_ATTENDANCE].book
    said = await hass.async_add_executor_job(book.corrections, [person.id])
    taken_back = [
        {"kind": "revoke", "revokes": number, **one}
        for one in found
        for number in _voids(person.id, said, (one["serial"], one["local_second"]))
    ]
    if not taken_back:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="punch_not_voided",
            translation_placeholders={
                "person": person.name,
                "time": _written(data[ATTR_TIME]),
            },
        )
    return await _async_correct(call, taken_back)


def _voids(
    person_id: str, said: Iterable[Correction], name: tuple[str, int]
) -> list[int]:
    """Return the numbers of all by which a punch is taken away."""
    made, held = [*said], []
    while (last := Corrections(person_id, made).voided_by(name)) is not None:
        held.append(last.number)
        made.remove(last)
    return held


@ledger_errors
async def _async_correct_clock(call: ServiceCall) -> ServiceResponse:
    """Put right what a terminal's clock told wrongly for a while."""
    hass, data = call.hass, call.data
    attendance = hass.data[DATA_ATTENDANCE]
    serial = async_serial(hass, data[ATTR_DEVICE_ID])
    zone = attendance.places.async_zone_at(serial)
    # What the terminal showed, unless an automation says it with an offset.
    first, last = (
        local_second(time.astimezone(zone) if time.tzinfo else time)
        for time in (data[ATTR_START], data[ATTR_END])
    )
    if last < first:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="period_order"
        )
    about = {
        "kind": "shift_clock",
        "serial": serial,
        "local_second": first,
        "until": last,
        "seconds": data[ATTR_SECONDS],
    }
    (clock,) = await _async_said(call, [about])
    found = await attendance.async_find_clock(clock)
    if not found.punches:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="period_empty"
        )
    if data[ATTR_DRY_RUN]:
        preview = partial(attendance.book.preview_word, found.case, found.due)
        marks = await attendance.hub.async_read(preview, clock)
    else:
        marks = await attendance.async_correct_clock(clock, found)
    return {
        "dry_run": data[ATTR_DRY_RUN],
        "punches": found.punches,
        "people": len(found.due),
        "days": sum(map(len, found.due.values())),
        "marks": _told(hass, marks),
    }


CORRECTION_ACTIONS = tuple(
    UserAction(name, schema, handle, knows_roads=True)
    for name, schema, handle in (
        ("mark_attendance", MARK_SCHEMA, _async_mark_attendance),
        ("add_punch", PUNCH_SCHEMA, _async_add_punch),
        ("void_punch", VOID_SCHEMA, _async_correct_punch),
        ("restore_punch", VOID_SCHEMA, _async_restore_punch),
        ("set_direction", TURN_SCHEMA, _async_correct_punch),
        ("correct_clock", CLOCK_SCHEMA, _async_correct_clock),
    )
)


@callback
def async_setup_correction_actions(hass: HomeAssistant) -> None:
    """Set up the actions."""
    async_setup_user_actions(hass, CORRECTION_ACTIONS)
