"""Actions on who a terminal's user is, and on tables of people; for admins only."""

from collections.abc import Iterable, Iterator, Mapping as Map
from functools import partial
from typing import Any, Final
from uuid import uuid4

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..attendance.attendance import DATA_ATTENDANCE
from ..attendance.erasing import async_erase_users
from ..attendance.persons import (
    ATTR_PERSON,
    async_ha_persons,
    async_person,
    ledger_errors,
    person_as_dict,
)
from ..const import CONF_SERIAL, DOMAIN
from ..core.errors import SheetUnreadable
from ..core.people import Directory, Mapping, Person, Suggestion, suggest_mappings
from ..core.people_import import Report, import_people
from ..core.people_rows import Problem
from ..core.records import DeviceUser
from ..core.shelf import Unmapped
from ..entries import async_device_entries
from ..hub import DATA_HUB
from ..texts import async_text
from ..user_fields import ATTR_USER_ID
from .files import read_file
from .templates import ATTR_DRY_RUN
from .terminal import async_serial
from .users import DEVICES, UserAction, async_serials, async_setup_user_actions

ATTR_APPLY: Final = "apply"
ATTR_FILE: Final = "file"

# Bytes: far more than any list of people.
MAX_FILE: Final = 16 * 1024 * 1024
# Rows that an error tells of.
_MOST_TOLD: Final = 10

MAP_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): DEVICES,
        vol.Required(ATTR_USER_ID): cv.string,
        vol.Required(ATTR_PERSON): cv.string,
    }
)
UNMAP_SCHEMA = vol.Schema(
    {vol.Required(ATTR_DEVICE_ID): DEVICES, vol.Required(ATTR_USER_ID): cv.string}
)
AUTOMAP_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_DEVICE_ID): DEVICES,
        vol.Optional(ATTR_APPLY): vol.All(vol.Coerce(float), vol.Range(min=0, max=1)),
    }
)
IMPORT_PEOPLE_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_FILE): cv.string,
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
    }
)


# --- who a user is ------------------------------------------------------------------------


@ledger_errors
async def _async_map_user(call: ServiceCall) -> ServiceResponse:
    """Say who a user is; what they punched is theirs from the first punch on."""
    hass, user_id = call.hass, call.data[ATTR_USER_ID]
    attendance = hass.data[DATA_ATTENDANCE]
    serials = async_serials(hass, call.data[ATTR_DEVICE_ID]).values()
    async with attendance.editing:
        person = async_person(hass, call.data[ATTR_PERSON])
        for serial in serials:
            known = hass.data[DATA_HUB].directory.person_of(serial, user_id)
            if known is not None and known.id != person.id:
                raise ServiceValidationError(
                    translation_domain=DOMAIN,
                    translation_key="user_mapped",
                    translation_placeholders={
                        "user_id": user_id,
                        "device": serial,
                        "name": known.name,
                    },
                )
        changed = await attendance.async_save(
            mapped=[Mapping(serial, user_id, person.id) for serial in serials]
        )
    return {**person_as_dict(hass, person), "marks_changed": changed}


@ledger_errors
async def _async_unmap_user(call: ServiceCall) -> ServiceResponse:
    """Have a user be nobody again."""
    hass, user_id = call.hass, call.data[ATTR_USER_ID]
    attendance = hass.data[DATA_ATTENDANCE]
    serials = async_serials(hass, call.data[ATTR_DEVICE_ID]).values()
    async with attendance.editing:
        person_of = hass.data[DATA_HUB].directory.person_of
        users = [(one, user_id) for one in serials if person_of(one, user_id)]
        if not users:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="user_not_mapped",
                translation_placeholders={"user_id": user_id},
            )
        changed = await attendance.async_save(unmapped=users)
    return {"unmapped": len(users), "marks_changed": changed}


@ledger_errors
async def _async_forget_user(call: ServiceCall) -> ServiceResponse:
    """Erase what a user left who is nobody; return what was deleted."""
    hass, user_id = call.hass, call.data[ATTR_USER_ID]
    attendance = hass.data[DATA_ATTENDANCE]
    serials = async_serials(hass, call.data[ATTR_DEVICE_ID]).values()
    async with attendance.editing:
        for serial in serials:
            if known := hass.data[DATA_HUB].directory.person_of(serial, user_id):
                raise ServiceValidationError(
                    translation_domain=DOMAIN,
                    translation_key="forget_mapped",
                    translation_placeholders={
                        "user_id": user_id,
                        "device": serial,
                        "name": known.name,
                    },
                )
        counts = await async_erase_users(hass, [(one, user_id) for one in serials])
    deleted: dict[str, Any] = {**counts}
    return {"deleted": deleted, "wiped": attendance.hub.ledger.is_wiped}


def _mappings(directory: Directory) -> list[Mapping]:
    return [
        Mapping(serial, user_id, person_id)
        for person_id in directory.people
        for serial, user_id in directory.users_of(person_id)
    ]


def suggest(
    directory: Directory,
    told: Map[str, Map[str, DeviceUser]],
    punched: Iterable[Unmapped],
) -> tuple[list[Suggestion], dict[tuple[str, str], DeviceUser]]:
    """Return who users may be that are nobody yet, and all of those, by terminal and id.

    `told` are the users of each terminal, by serial number.
    """
    nobody = {
        (serial, user_id): user
        for serial, users in told.items()
        for user_id, user in users.items()
        if directory.person_of(serial, user_id) is None
    }
    for one in punched:
        # Of who punched and is not told of, the id is known.
        if one.serial in told:
            unknown = DeviceUser(0, one.user_id, "", 0)
            nobody.setdefault((one.serial, one.user_id), unknown)
    users: dict[str, list[DeviceUser]] = {serial: [] for serial in told}
    for (serial, _), user in nobody.items():
        users[serial].append(user)
    if not nobody:
        return [], {}
    people = directory.people.values()
    return suggest_mappings(people, users, _mappings(directory)), nobody


@callback
def _async_names(hass: HomeAssistant) -> dict[str, str]:
    """Return what all terminals are called, by serial number: some may be alike."""
    return {
        entry.data[CONF_SERIAL]: entry.title for entry in async_device_entries(hass)
    }


@ledger_errors
async def _async_automap(call: ServiceCall) -> ServiceResponse:
    """Suggest who users are; map those that are sure enough, if that is wanted."""
    hass = call.hass
    hub, attendance = hass.data[DATA_HUB], hass.data[DATA_ATTENDANCE]
    serials = {*_async_names(hass)}
    if ATTR_DEVICE_ID in call.data:
        serials = {async_serial(hass, one) for one in call.data[ATTR_DEVICE_ID]}
    async with attendance.editing:
        await attendance.async_look_for_unmapped()
        nobody = [one for one in attendance.unmapped if one.serial in serials]
        people = dict(attendance.people)
        suggestions, users = await hass.async_add_executor_job(
            suggest,
            hub.directory,
            {serial: hub.users(serial) for serial in serials},
            nobody,
        )
        least = call.data.get(ATTR_APPLY)
        taken = [
            one
            for one in suggestions
            if least is not None and one.score >= least and not one.rivals
        ]
        if taken:
            await attendance.async_save(
                mapped=[
                    Mapping(one.serial, one.user_id, one.person_id) for one in taken
                ]
            )
    done = {(one.serial, one.user_id) for one in taken}
    return {
        "suggestions": [_suggestion(one, people, done) for one in suggestions],
        "mapped": len(taken),
        "unmapped": [
            {
                "device": one.serial,
                "user_id": one.user_id,
                "user_name": users[one.serial, one.user_id].name or None,
                "punches": one.count,
            }
            for one in nobody
            if (one.serial, one.user_id) not in done
        ],
    }


def _suggestion(
    one: Suggestion, people: Map[str, Person], done: set[tuple[str, str]]
) -> dict[str, Any]:
    return {
        "device": one.serial,
        "user_id": one.user_id,
        "user_name": one.name or None,
        "person_id": one.person_id,
        "person": people[one.person_id].name,
        "score": one.score,
        "basis": one.basis,
        "rivals": [people[rival].name for rival in one.rivals],
        "mapped": (one.serial, one.user_id) in done,
    }


# --- a table of people --------------------------------------------------------------------


def _new_ids() -> Iterator[str]:
    while True:
        yield uuid4().hex


@ledger_errors
async def _async_import_people(call: ServiceCall) -> ServiceResponse:
    """Take people and mappings from a table: all rows or none."""
    hass, name = call.hass, call.data[ATTR_FILE]
    attendance = hass.data[DATA_ATTENDANCE]
    data = await hass.async_add_executor_job(read_file, hass, name, MAX_FILE)
    if call.data[ATTR_DRY_RUN]:
        report = await async_report(hass, name, data)
        return _async_told(hass, report, done=False)
    async with attendance.editing:
        report, _ = await async_import(hass, name, data)
    return _async_told(hass, report, done=True)


async def async_report(hass: HomeAssistant, name: str, data: bytes) -> Report:
    """Return what an import of a file would do."""
    attendance = hass.data[DATA_ATTENDANCE]
    try:
        return await hass.async_add_executor_job(
            partial(
                import_people,
                data,
                list(attendance.people.values()),
                _mappings(attendance.hub.directory),
                new_id=_new_ids(),
                terminals=_async_names(hass),
                ha_persons=async_ha_persons(hass),
            )
        )
    except SheetUnreadable as err:
        key = f"sheet_{err.reason}"
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={"file": name, "value": str(err.value)},
        ) from err


async def async_import(
    hass: HomeAssistant, name: str, data: bytes
) -> tuple[Report, int]:
    """Take all of a file or nothing; `editing` is held. Also: how many marks changed."""
    report = await async_report(hass, name, data)
    if not report.is_good:
        raise _async_refused(hass, report)
    attendance = hass.data[DATA_ATTENDANCE]
    return report, await attendance.async_save(report.people, report.mappings)


@callback
def _async_sentence(hass: HomeAssistant, problem: Problem) -> str:
    key = f"exceptions.row_{problem.reason}.message"
    return async_text(hass, key, value=problem.value)


@callback
def _async_refused(hass: HomeAssistant, report: Report) -> ServiceValidationError:
    wrong = [row for row in report.rows if row.problems]
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="import_refused",
        translation_placeholders={
            "count": str(len(wrong)),
            "rows": " ".join(
                f"{row.number}: "
                + " ".join(_async_sentence(hass, one) for one in row.problems)
                for row in wrong[:_MOST_TOLD]
            ),
        },
    )


@callback
def _async_told(hass: HomeAssistant, report: Report, *, done: bool) -> dict[str, Any]:
    return {
        "done": done,
        "good": report.is_good,
        "counts": dict(report.counts()),
        "mappings": len(report.mappings),
        "ignored_columns": list(report.ignored),
        "encoding": report.encoding,
        "rows": [
            {
                "row": row.number,
                "action": row.action,
                "name": row.name,
                "before": row.before,
                "changes": [one._asdict() for one in row.changes],
                "users": [
                    {"device": one.serial, "user_id": one.user_id}
                    for one in row.mappings
                ],
                "problems": [
                    {
                        "reason": one.reason,
                        "value": one.value,
                        "text": _async_sentence(hass, one),
                    }
                    for one in row.problems
                ],
            }
            for row in report.rows
        ],
    }


MAPPING_ACTIONS = tuple(
    UserAction(name, schema, handle, knows_roads=True)
    for name, schema, handle in (
        ("map_user", MAP_SCHEMA, _async_map_user),
        ("unmap_user", UNMAP_SCHEMA, _async_unmap_user),
        ("forget_user", UNMAP_SCHEMA, _async_forget_user),
        ("automap", AUTOMAP_SCHEMA, _async_automap),
        ("import_people", IMPORT_PEOPLE_SCHEMA, _async_import_people),
    )
)


@callback
def async_setup_mapping_actions(hass: HomeAssistant) -> None:
    """Set up the actions."""
    async_setup_user_actions(hass, MAPPING_ACTIONS)
