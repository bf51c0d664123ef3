"""Actions on plans: who works which shift when, and who is away; for admins only."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date as Date, time as Time, timedelta
from typing import Any, Final

import voluptuous as vol

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..attendance.attendance import DATA_ATTENDANCE
from ..attendance.persons import (
    ATTR_GROUPS,
    ATTR_PERSON,
    WHOM,
    async_person,
    async_whom,
    ledger_errors,
)
from ..const import ATTR_END, ATTR_START, DOMAIN, OFF, USUAL
from ..core.attendance.policy import DAY
from ..core.attendance.reasons import clock
from ..core.attendance.schedule import Entry, whose
from .users import UserAction, async_setup_user_actions

ATTR_FROM_TIME: Final = "from_time"
ATTR_KIND: Final = "kind"
ATTR_NOTE: Final = "note"
ATTR_SHIFT: Final = "shift"
ATTR_UNTIL_TIME: Final = "until_time"

LEAVE_KINDS: Final = ("leave", "excuse")
_ONE_DAY: Final = timedelta(days=1)
_MOST_DAYS: Final = timedelta(days=366)

_WHEN: Final = {vol.Required(ATTR_START): cv.date, vol.Optional(ATTR_END): cv.date}

ROTA_SCHEMA = vol.Schema({**WHOM, **_WHEN, vol.Required(ATTR_SHIFT): cv.string})
LEAVE_SCHEMA = vol.Schema(
    {
        **WHOM,
        **_WHEN,
        vol.Optional(ATTR_KIND, default="leave"): vol.In(LEAVE_KINDS),
        vol.Inclusive(ATTR_FROM_TIME, "part"): cv.time,
        vol.Inclusive(ATTR_UNTIL_TIME, "part"): cv.time,
        vol.Optional(ATTR_NOTE, default=""): cv.string,
    }
)
REMOVE_LEAVE_SCHEMA = vol.Schema({**WHOM, **_WHEN})
GET_LEAVE_SCHEMA = vol.Schema(
    {**WHOM, vol.Optional(ATTR_START): cv.date, vol.Optional(ATTR_END): cv.date}
)


def _when(call: ServiceCall) -> tuple[Date, Date]:
    first: Date = call.data[ATTR_START]
    last: Date = call.data.get(ATTR_END, first)
    if not timedelta() <= last - first < _MOST_DAYS:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="dates_range"
        )
    return first, last


@callback
def _async_who(call: ServiceCall) -> list[str]:
    """Return ids of people, and groups as they are written; refuse nobody."""
    people = call.hass.data[DATA_ATTENDANCE].people.values()
    found = [async_person(call.hass, one).id for one in call.data.get(ATTR_PERSON, ())]
    known = {group.casefold(): group for one in people for group in one.groups}
    for group in call.data.get(ATTR_GROUPS, ()):
        if (name := known.get(group.strip().casefold())) is None:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="people_group_unknown",
                translation_placeholders={"group": group},
            )
        found.append(name)
    if not found:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="nobody_named"
        )
    return [*dict.fromkeys(found)]


@ledger_errors
async def _async_set_rota(call: ServiceCall) -> ServiceResponse:
    """Say who works which shift on some days."""
    attendance = call.hass.data[DATA_ATTENDANCE]
    (first, last), named = _when(call), call.data[ATTR_SHIFT].strip()
    async with attendance.editing:
        who = _async_who(call)
        if named == USUAL:
            changed = await attendance.async_unplan(who, first, last)
            return {"marks_changed": changed}
        shift_id = None
        if named != OFF:
            shifts = attendance.async_site_rules().shifts
            found = [one.id for one in shifts if named in (one.name, one.id)]
            if not found:
                raise ServiceValidationError(
                    translation_domain=DOMAIN,
                    translation_key="shift_unknown",
                    translation_placeholders={"shift": named},
                )
            shift_id = found[0]
        changed = await attendance.async_plan_shift(who, first, last, shift_id)
    return {"marks_changed": changed}


def _second(time: Time) -> int:
    return time.hour * 3600 + time.minute * 60 + time.second


@callback
def _async_told(
    hass: HomeAssistant, entries: Iterable[tuple[int, Entry]]
) -> list[dict[str, Any]]:
    people = hass.data[DATA_ATTENDANCE].people
    return [
        {
            "id": number,
            "person": people[one.who].name if one.who in people else None,
            "group": None if one.who in people else one.who,
            "kind": one.kind,
            "start": one.first.isoformat(),
            "end": one.last.isoformat(),
            "whole_day": one.part is None,
            "from_time": clock(one.part[0]) if one.part else None,
            "until_time": clock(one.part[1]) if one.part else None,
            "note": one.note,
        }
        for number, one in entries
    ]


@ledger_errors
async def _async_add_leave(call: ServiceCall) -> ServiceResponse:
    """Say that somebody is away, for whole days or a part of each."""
    hass, data = call.hass, call.data
    attendance = hass.data[DATA_ATTENDANCE]
    first, last = _when(call)
    part = None
    if ATTR_FROM_TIME in data:
        begin, end = _second(data[ATTR_FROM_TIME]), _second(data[ATTR_UNTIL_TIME])
        if begin == end:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="leave_part"
            )
        part = begin, end if begin < end else end + DAY
    async with attendance.editing:
        known = {*attendance.leave}
        made = [
            Entry(
                who=one,
                kind=data[ATTR_KIND],
                first=first,
                last=last,
                note=data[ATTR_NOTE].strip(),
                part=part,
            )
            for one in _async_who(call)
        ]
        changed = await attendance.async_add_leave(made)
        added = [one for one in attendance.leave.items() if one[0] not in known]
    told: list[Any] = _async_told(hass, added)
    return {"leave": told, "marks_changed": changed}


@callback
def _async_refuse_of_groups(
    hass: HomeAssistant, who: Iterable[str], entries: Collection[Entry]
) -> None:
    """Refuse to bring back who has no leave but that of a group, which is not named."""
    people = hass.data[DATA_ATTENDANCE].people
    named = {one.casefold() for one in who}
    of = {entry.who.casefold() for entry in entries}
    for person in (people[one] for one in who if one in people):
        if person.id.casefold() in of:
            continue
        for group in person.groups:
            if group.casefold() in of - named:
                raise ServiceValidationError(
                    translation_domain=DOMAIN,
                    translation_key="leave_of_group",
                    translation_placeholders={"person": person.name, "group": group},
                )


@ledger_errors
async def _async_remove_leave(call: ServiceCall) -> ServiceResponse:
    """Take back that somebody is away on some days; on others they still are."""
    hass, attendance = call.hass, call.hass.data[DATA_ATTENDANCE]
    first, last = _when(call)
    async with attendance.editing:
        who = _async_who(call)
        then = {
            number: one
            for number, one in attendance.leave.items()
            if one.first <= last and first <= one.last
        }
        _async_refuse_of_groups(hass, who, then.values())
        named = {one.casefold() for one in who}
        gone = {
            number: one for number, one in then.items() if one.who.casefold() in named
        }
        told: list[Any] = _async_told(
            hass,
            [
                (
                    number,
                    replace(one, first=max(first, one.first), last=min(last, one.last)),
                )
                for number, one in gone.items()
            ],
        )
        left = [
            part
            for one in gone.values()
            for part in (
                replace(one, last=first - _ONE_DAY) if one.first < first else None,
                replace(one, first=last + _ONE_DAY) if last < one.last else None,
            )
            if part is not None
        ]
        changed = await attendance.async_remove_leave([*gone], left) if gone else 0
    return {"leave": told, "marks_changed": changed}


async def _async_get_leave(call: ServiceCall) -> ServiceResponse:
    """Return leave and excuses of people, their groups' too: else all, from today on."""
    hass, data = call.hass, call.data
    attendance = hass.data[DATA_ATTENDANCE]
    first = data.get(ATTR_START, attendance.places.async_today())
    last = data.get(ATTR_END, Date.max)
    if last < first:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="dates_range"
        )
    people = async_whom(call)
    of_all = not {ATTR_PERSON, ATTR_GROUPS} & {*data}
    named = {one for person in people.values() for one in whose(person)}
    found = [
        (number, one)
        for number, one in attendance.leave.items()
        if one.first <= last
        and first <= one.last
        and (of_all or one.who.casefold() in named)
    ]
    found.sort(key=lambda each: (each[1].first, each[0]))
    told: list[Any] = _async_told(hass, found)
    return {"leave": told}


PLAN_ACTIONS = (
    UserAction(
        "get_leave",
        GET_LEAVE_SCHEMA,
        _async_get_leave,
        SupportsResponse.ONLY,
        knows_roads=True,
    ),
    *(
        UserAction(name, schema, handle, knows_roads=True)
        for name, schema, handle in (
            ("set_rota", ROTA_SCHEMA, _async_set_rota),
            ("add_leave", LEAVE_SCHEMA, _async_add_leave),
            ("remove_leave", REMOVE_LEAVE_SCHEMA, _async_remove_leave),
        )
    ),
)


@callback
def async_setup_plan_actions(hass: HomeAssistant) -> None:
    """Set up the actions."""
    async_setup_user_actions(hass, PLAN_ACTIONS)
