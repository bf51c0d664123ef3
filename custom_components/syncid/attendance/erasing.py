"""Erasing a person: from the ledger, and from all that Home Assistant knows besides."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    restore_state,
)
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.recorder import DATA_INSTANCE

from ..const import DOMAIN, SITE_UNIQUE_ID
from ..exports import async_delete_exports
from ..push.photos import delete_photos
from ..push.server import DATA_ADMS
from ..signals import SIGNAL_ERASED, is_about
from .attendance import DATA_ATTENDANCE

# Where Home Assistant holds states to restore: until 2026.10, and since.
_RESTORED: Final = (
    "last_states",
    "last_states_by_entity_id",
    "last_states_by_entity_registry_id",
)


# What a device is known by in the end that was somebody's.
_ERASED: Final = "erased"


async def async_erase_person(
    hass: HomeAssistant, person_id: str
) -> tuple[dict[str, int], set[str]]:
    """Erase a person everywhere; return how much of what.

    And the entities of others that have names which the person's had: what was recorded
    by these names stays, or the others would lose theirs.

    `editing` is held, or an export that has begun would be written after it. First the
    ledger: nothing that may fail comes before it.
    """
    attendance = hass.data[DATA_ATTENDANCE]
    users = attendance.hub.directory.users_of(person_id)
    # With the person they go, and who records them must know which.
    entities = _async_entities(hass, person_id)
    before = _async_entities_before(hass, person_id) - entities
    others = {one for one in before if _async_is_there(hass, one)}
    recorded = entities | before - others
    devices = _async_devices(hass, person_id)
    said = await _async_unsay(hass, users)
    counts = await attendance.async_erase(person_id)
    counts["commands"] += said
    await _async_forget_events(hass, person_id, users)
    counts["photos"] = await _async_delete_photos(hass, users)
    counts["settings"] = _async_forget_settings(hass, person_id)
    _async_forget_entities(hass, person_id)
    _async_forget_device(hass, person_id)
    counts |= {"entities": len(entities), "devices": len(devices)}
    # Nobody knows who is in which.
    counts["exports"] = await async_delete_exports(hass)
    await _async_forget_recorded(hass, recorded)
    return counts, others


async def async_erase_users(
    hass: HomeAssistant, users: Collection[tuple[str, str]]
) -> dict[str, int]:
    """Erase what users left who are nobody; return how much of what."""
    attendance = hass.data[DATA_ATTENDANCE]
    said = await _async_unsay(hass, users)
    counts = await hass.async_add_executor_job(attendance.book.erase_users, users)
    counts["commands"] += said
    await _async_forget_events(hass, "", users)
    counts["photos"] = await _async_delete_photos(hass, users)
    await attendance.async_look_for_unmapped()
    return counts


async def _async_forget_recorded(hass: HomeAssistant, recorded: set[str]) -> None:
    """Have the recorder forget entities: what they showed, and their statistics."""
    if recorded and hass.services.has_service("recorder", "purge_entities"):
        await hass.services.async_call(
            "recorder",
            "purge_entities",
            {"entity_id": [*recorded], "keep_days": 0},
            blocking=True,
        )
    if recorded and DATA_INSTANCE in hass.data:
        hass.data[DATA_INSTANCE].async_clear_statistics([*recorded])


async def _async_unsay(hass: HomeAssistant, users: Collection[tuple[str, str]]) -> int:
    """Say nothing any more of users to terminals; return how much that was."""
    said = 0
    for serial, user_id in users:
        if adms := hass.data[DATA_ADMS].async_terminal(serial):
            said += await adms.queue.async_forget_user(user_id)
    return said


async def _async_delete_photos(
    hass: HomeAssistant, users: Collection[tuple[str, str]]
) -> int:
    media = Path(hass.config.path("media", DOMAIN))
    return await hass.async_add_executor_job(delete_photos, media, users)


async def _async_forget_events(
    hass: HomeAssistant, person_id: str, users: Collection[tuple[str, str]]
) -> None:
    """Have the last events of terminals not be a person's, nor come back as such."""
    async_dispatcher_send(hass, SIGNAL_ERASED, person_id, users)
    # Of those that are not loaded, too.
    restored = restore_state.async_get(hass)
    for name in _RESTORED:
        kept: dict[str, restore_state.StoredState] = getattr(restored, name, {})
        for key, stored in [*kept.items()]:
            if is_about(stored.state.attributes, person_id, users):
                del kept[key]
    await restored.async_dump_states()


@callback
def _async_forget_settings(hass: HomeAssistant, person_id: str) -> int:
    """Take a person out of the lists of the site and of its parts."""
    entries = hass.config_entries
    site = entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    if site is None:
        return 0
    count = 0
    options = _without(site.options, person_id)
    if options != site.options:
        entries.async_update_entry(site, options=options)
        count += 1
    for subentry in [*site.subentries.values()]:
        data = _without(subentry.data, person_id)
        if data != subentry.data:
            entries.async_update_subentry(site, subentry, data=data)
            count += 1
    return count


def _without(data: Any, person_id: str) -> dict[str, Any]:
    return {
        key: [one for one in value if one != person_id]
        if isinstance(value, list)
        else value
        for key, value in data.items()
    }


@callback
def _async_entities(hass: HomeAssistant, person_id: str) -> set[str]:
    """Return the entities of a person: their unique ids begin with the person's id."""
    return {
        entry.entity_id
        for entry in er.async_get(hass).entities.values()
        if entry.platform == DOMAIN and entry.unique_id.startswith(person_id)
    }


@callback
def _async_entities_before(hass: HomeAssistant, person_id: str) -> set[str]:
    """Return the entities that a person had, and has no more."""
    return {
        entry.entity_id
        for entry in er.async_get(hass).deleted_entities.values()
        if entry.platform == DOMAIN and entry.unique_id.startswith(person_id)
    }


@callback
def _async_is_there(hass: HomeAssistant, entity_id: str) -> bool:
    """Tell whether there is an entity of a name, in the registry or out of it."""
    return (
        er.async_get(hass).async_is_registered(entity_id)
        or hass.states.get(entity_id) is not None
    )


@callback
def _async_devices(hass: HomeAssistant, person_id: str) -> set[str]:
    """Return the devices of a person: their identifiers begin with the person's id."""
    site = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    if site is None:
        return set()
    return {
        device.id
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), site.entry_id
        )
        if any(one[1].startswith(person_id) for one in device.identifiers)
    }


@callback
def _async_forget_entities(hass: HomeAssistant, person_id: str) -> None:
    """Remove a person's entities, and what the registry keeps of removed ones."""
    entities = er.async_get(hass)
    for entity_id in _async_entities(hass, person_id):
        entities.async_remove(entity_id)
    for key in [*entities.deleted_entities]:
        if key[1] == DOMAIN and key[2].startswith(person_id):
            del entities.deleted_entities[key]
            entities.async_schedule_save()


@callback
def _async_forget_device(hass: HomeAssistant, person_id: str) -> None:
    """Remove a person's device, and what the registry keeps of one that is removed.

    That is what it is known by and what a user called it, also of one that went long
    ago, which comes back to be called nothing.
    """
    site = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    if site is None:
        return
    devices = dr.async_get(hass)
    device = devices.async_get_or_create(
        config_entry_id=site.entry_id, identifiers={(DOMAIN, person_id)}
    )
    # Nobody's: of several that are known by the same, the registry keeps the last.
    devices.async_update_device(
        device.id,
        area_id=None,
        labels=set(),
        name_by_user=None,
        new_identifiers={(DOMAIN, _ERASED)},
    )
    devices.async_remove_device(device.id)
