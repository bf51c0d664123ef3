"""Actions on people; all for admins only."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr

from ..attendance.attendance import DATA_ATTENDANCE
from ..attendance.erasing import async_erase_person
from ..attendance.persons import (
    ATTR_GROUPS,
    ATTR_PERSON,
    WHOM,
    async_ha_persons,
    async_person,
    async_whom,
    ledger_errors,
    person_as_dict,
)
from ..const import BACKUP_FOLDER, DOMAIN
from ..core.people import KINDS, Person, refusal
from ..user_fields import ATTR_USER_ID
from .users import UserAction, async_setup_user_actions

ATTR_CARDS: Final = "cards"
ATTR_EXTERNAL_ID: Final = "external_id"
ATTR_FROM_TERMINALS: Final = "from_terminals"
ATTR_HA_PERSON: Final = "ha_person"
ATTR_KIND: Final = "kind"
ATTR_VALID_FROM: Final = "valid_from"
ATTR_VALID_UNTIL: Final = "valid_until"

# Empty takes away what was there.
_FIELDS: Final = {
    vol.Optional(ATTR_EXTERNAL_ID): cv.string,
    vol.Optional(ATTR_KIND): vol.In(KINDS),
    vol.Optional(ATTR_GROUPS): vol.All(cv.ensure_list, [cv.string]),
    vol.Optional(ATTR_HA_PERSON): vol.Any("", cv.entity_domain("person")),
    vol.Optional(ATTR_VALID_FROM): vol.Any("", cv.date),
    vol.Optional(ATTR_VALID_UNTIL): vol.Any("", cv.date),
    vol.Optional(ATTR_CARDS): vol.All(
        cv.ensure_list, [vol.All(vol.Coerce(int), vol.Range(min=1, max=2**32 - 1))]
    ),
}
ADD_SCHEMA = vol.Schema({vol.Required(ATTR_NAME): cv.string, **_FIELDS})
UPDATE_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_PERSON): cv.string,
        vol.Optional(ATTR_NAME): cv.string,
        **_FIELDS,
    }
)
REMOVE_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_PERSON): cv.string,
        vol.Optional(ATTR_FROM_TERMINALS, default=False): cv.boolean,
    }
)


@callback
def async_refuse(made: Person, others: Iterable[Person]) -> None:
    """Refuse a person who cannot be beside others."""
    if reason := refusal(made, others):
        key = f"person_{reason}"
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={
                "name": made.name,
                "external_id": made.external_id,
                "ha_person": made.ha_person,
            },
        )


@callback
def _async_with(hass: HomeAssistant, person: Person, data: dict[str, Any]) -> Person:
    """Return a person as a call has it; refuse what cannot be."""
    fields: dict[str, Any] = {
        key: " ".join(data[key].split())
        for key in (ATTR_NAME, ATTR_EXTERNAL_ID)
        if key in data
    }
    fields |= {key: data[key] for key in (ATTR_KIND, ATTR_HA_PERSON) if key in data}
    fields |= {
        key: data[key] or None
        for key in (ATTR_VALID_FROM, ATTR_VALID_UNTIL)
        if key in data
    }
    if ATTR_GROUPS in data:
        groups = (group.strip() for group in data[ATTR_GROUPS])
        fields[ATTR_GROUPS] = tuple(dict.fromkeys(filter(None, groups)))
    if ATTR_CARDS in data:
        fields[ATTR_CARDS] = frozenset(data[ATTR_CARDS])
    made = replace(person, **fields)
    named = made.ha_person
    if named not in ("", person.ha_person, *async_ha_persons(hass)):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="person_ha_person_unknown",
            translation_placeholders={"ha_person": named},
        )
    async_refuse(made, hass.data[DATA_ATTENDANCE].people.values())
    return made


@ledger_errors
async def _async_add_person(call: ServiceCall) -> ServiceResponse:
    """Add somebody."""
    hass, attendance = call.hass, call.hass.data[DATA_ATTENDANCE]
    async with attendance.editing:
        person = _async_with(hass, Person(id=uuid4().hex, name=""), call.data)
        await attendance.async_save([person])
    return person_as_dict(hass, person)


@ledger_errors
async def _async_update_person(call: ServiceCall) -> ServiceResponse:
    """Change what is known of somebody."""
    hass, attendance = call.hass, call.hass.data[DATA_ATTENDANCE]
    async with attendance.editing:
        known = async_person(hass, call.data[ATTR_PERSON])
        person = _async_with(hass, known, call.data)
        await attendance.async_save([person])
    return person_as_dict(hass, person)


@ledger_errors
async def _async_remove_person(call: ServiceCall) -> ServiceResponse:
    """Erase somebody; return what was deleted where."""
    hass, attendance = call.hass, call.hass.data[DATA_ATTENDANCE]
    person = async_person(hass, call.data[ATTR_PERSON])
    terminals: list[Any] = []
    if call.data[ATTR_FROM_TERMINALS]:
        users = attendance.hub.directory.users_of(person.id)
        # All of them are there, or nothing is done.
        devices = [(_async_device_id(hass, one[0]), *one) for one in users]
        for device_id, serial, user_id in devices:
            # First: if one is away, the person is known, and all can be done again.
            told = await _async_remove_user(call, device_id, user_id)
            terminals.append({"device": serial, "user_id": user_id, **told})
    async with attendance.editing:
        try:
            counts, others = await async_erase_person(hass, person.id)
        except OSError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="exports_not_deleted",
                translation_placeholders={"error": err.strerror or str(err)},
            ) from err
    deleted: dict[str, Any] = {**counts}
    put_aside: list[Any] = []
    put_aside += await hass.async_add_executor_job(attendance.hub.ledger.put_aside)
    history_left: list[Any] = sorted(others)
    backups: list[Any] = []
    backups += await hass.async_add_executor_job(_backups, hass)
    return {
        "person_id": person.id,
        "deleted": deleted,
        # While somebody reads the ledger, its log keeps what they may still read.
        "wiped": attendance.hub.ledger.is_wiped,
        # Nothing can be deleted from what cannot be read: that is for a human.
        "put_aside": put_aside,
        # As little as from what only a passphrase opens.
        "backups": backups,
        # What somebody else's entity has recorded by the same name would go, too.
        "history_left": history_left,
        "terminals": terminals,
    }


def _backups(hass: HomeAssistant) -> list[str]:
    """Return the files that users of terminals were backed up to; blocks."""
    return sorted(
        one.name for one in Path(hass.config.path(BACKUP_FOLDER)).glob("*.syncid")
    )


async def _async_remove_user(
    call: ServiceCall, device_id: str, user_id: str
) -> dict[str, Any]:
    try:
        told = await call.hass.services.async_call(
            DOMAIN,
            "remove_user",
            {ATTR_DEVICE_ID: device_id, ATTR_USER_ID: user_id},
            blocking=True,
            context=call.context,
            return_response=True,
        )
    except HomeAssistantError as err:
        # Who is gone already, and who was never there: a gateway has no users.
        if err.translation_key not in ("user_unknown", "not_by_push"):
            raise
        return {"removed": False, "reason": err.translation_key}
    terminals: Any = told and told["terminals"]
    if any(one.get("queued") for one in terminals or ()):
        # It names the user until the terminal has done it.
        return {"removed": False, "queued": True, "told": told}
    return {"removed": True, "told": told}


@callback
def _async_device_id(hass: HomeAssistant, serial: str) -> str:
    entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, serial)
    device = (
        dr.async_get(hass).async_get_device_by_identifier(
            (DOMAIN, serial), entry.entry_id
        )
        if entry
        else None
    )
    if not isinstance(device, dr.DeviceEntry):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="person_terminal_gone",
            translation_placeholders={"device": serial},
        )
    return device.id


async def _async_get_people(call: ServiceCall) -> ServiceResponse:
    """Return people, with who they are at terminals, by name."""
    people = async_whom(call).values()
    told: list[Any] = [
        person_as_dict(call.hass, one)
        for one in sorted(people, key=lambda one: (one.name.casefold(), one.id))
    ]
    return {"people": told}


PEOPLE_ACTIONS = (
    UserAction(
        "get_people",
        vol.Schema(WHOM),
        _async_get_people,
        SupportsResponse.ONLY,
        knows_roads=True,
    ),
    *(
        UserAction(name, schema, handle, knows_roads=True)
        for name, schema, handle in (
            ("add_person", ADD_SCHEMA, _async_add_person),
            ("update_person", UPDATE_SCHEMA, _async_update_person),
            ("remove_person", REMOVE_SCHEMA, _async_remove_person),
        )
    ),
)


@callback
def async_setup_people_actions(hass: HomeAssistant) -> None:
    """Set up the actions."""
    async_setup_user_actions(hass, PEOPLE_ACTIONS)
