"""Two people who are one: all that is of one goes to the other, who stays."""

from dataclasses import replace
from typing import Any, Final

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import ATTR_NAME
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)

from ..attendance.attendance import DATA_ATTENDANCE
from ..attendance.persons import (
    ATTR_PERSON,
    async_person,
    ledger_errors,
    person_as_dict,
)
from ..const import DOMAIN, SITE_UNIQUE_ID
from ..core.doubles import merged
from ..core.people import Person
from .people import ATTR_EXTERNAL_ID, async_refuse
from .users import UserAction, async_setup_user_actions

ATTR_OTHER: Final = "other_person"

MERGE_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_PERSON): cv.string,
        vol.Required(ATTR_OTHER): cv.string,
        vol.Optional(ATTR_NAME): cv.string,
        vol.Optional(ATTR_EXTERNAL_ID): cv.string,
    }
)


@ledger_errors
async def _async_merge_people(call: ServiceCall) -> ServiceResponse:
    """Make one person of two."""
    hass, attendance = call.hass, call.hass.data[DATA_ATTENDANCE]
    async with attendance.editing:
        kept = async_person(hass, call.data[ATTR_PERSON])
        gone = async_person(hass, call.data[ATTR_OTHER])
        if kept.id == gone.id:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="merge_same",
                translation_placeholders={"name": kept.name},
            )
        fields: dict[str, Any] = {
            key: " ".join(call.data[key].split())
            for key in (ATTR_NAME, ATTR_EXTERNAL_ID)
            if key in call.data
        }
        person = replace(merged(kept, gone), **fields)
        everybody = attendance.people.values()
        async_refuse(person, [one for one in everybody if one.id != gone.id])
        marks = await _async_merge(hass, person, gone.id)
    return {**person_as_dict(hass, person), "merged": gone.id, "marks_changed": marks}


async def _async_merge(hass: HomeAssistant, kept: Person, gone: str) -> int:
    """Merge them in the ledger, and in all that Home Assistant knows besides."""
    merge = hass.data[DATA_ATTENDANCE].async_merge
    entries = hass.config_entries
    site = entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    if site is None or site.state is not ConfigEntryState.LOADED:
        return await merge(kept, gone)
    # What an entity is to be called by, it learns when it is made.
    await entries.async_unload(site.entry_id)
    try:
        marks = await merge(kept, gone)
        _async_hand_over_entities(hass, site, kept.id, gone)
        _async_hand_over_settings(hass, site, kept.id, gone)
    finally:
        await entries.async_setup(site.entry_id)
    return marks


@callback
def _async_hand_over_entities(
    hass: HomeAssistant, site: ConfigEntry, kept: str, gone: str
) -> None:
    """Have entities of who goes be those of who stays, if that one has none."""
    entities, devices = er.async_get(hass), dr.async_get(hass)
    ours = er.async_entries_for_config_entry(entities, site.entry_id)
    of_gone = [one for one in ours if one.unique_id.startswith(gone)]
    has_some = any(one.unique_id.startswith(kept) for one in ours)
    device = devices.async_get_device_by_identifier((DOMAIN, gone), site.entry_id)
    if has_some:
        for one in of_gone:
            entities.async_remove(one.entity_id)
        if device is not None:
            devices.async_remove_device(device.id)
        return
    for one in of_gone:
        entities.async_update_entity(
            one.entity_id, new_unique_id=kept + one.unique_id.removeprefix(gone)
        )
    if device is not None:
        devices.async_update_device(device.id, new_identifiers={(DOMAIN, kept)})


@callback
def _async_hand_over_settings(
    hass: HomeAssistant, site: ConfigEntry, kept: str, gone: str
) -> None:
    """Put who stays in the place of who goes, in the lists of the site and its parts."""
    entries = hass.config_entries
    entries.async_update_entry(site, options=_renamed(site.options, kept, gone))
    for subentry in [*site.subentries.values()]:
        entries.async_update_subentry(
            site, subentry, data=_renamed(subentry.data, kept, gone)
        )


def _renamed(data: Any, kept: str, gone: str) -> dict[str, Any]:
    return {
        key: [*dict.fromkeys(kept if one == gone else one for one in value)]
        if isinstance(value, list) and gone in value
        else value
        for key, value in data.items()
    }


MERGE_ACTION = UserAction(
    "merge_people", MERGE_SCHEMA, _async_merge_people, knows_roads=True
)


@callback
def async_setup_merge_action(hass: HomeAssistant) -> None:
    """Set up the action."""
    async_setup_user_actions(hass, [MERGE_ACTION])
